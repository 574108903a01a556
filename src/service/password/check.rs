//! Whether a password is right: the same work and the same answer for whoever is not known.

use jiff::Timestamp;
use serde_json::Value;

use crate::config::Secret;
use crate::login::password::{self, Memory, Typed};
use crate::scim::filter;
use crate::scim::schema::ResourceType;
use crate::scim::syntax;
use crate::scim::value::fold;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Find, Password, Record, Tx, Viewer};

/// How many accounts with one address are looked at, to find the one whose address somebody vouches for.
const LOOKED_AT: u64 = 20;

/// Somebody whose password was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) struct Right {
    /// The SCIM id; the account may be shut or deleted.
    pub(in crate::service) id: String,
    /// When the password was set: a login goes on only while it is still that one.
    pub(in crate::service) changed: Timestamp,
}

/// What one turn of the pool came to.
struct Verdict {
    right: bool,
    rehashed: Option<String>,
}

impl Gateway {
    /// Whose password this is, by user name or, where that is nobody's, by address; `None` when it is wrong or there is
    /// nobody. Shut and deleted people are found as well: whoever proves who they are may be told so. A right password
    /// with a hash of old parameters is hashed anew.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait.
    pub(in crate::service) async fn check_password(
        &self,
        name: &str,
        password: &Secret,
    ) -> Result<Option<Right>> {
        let (gateway, sought) = (self.clone(), name.to_owned());
        let found = self
            .store()
            .read(move |tx| holder(&gateway, tx, &sought))
            .await?;
        self.is_password(found, password).await
    }

    /// Whether this is the password of somebody who is known already.
    ///
    /// # Errors
    /// As [`Gateway::check_password`].
    pub(in crate::service) async fn check_password_of(
        &self,
        id: &str,
        password: &Secret,
    ) -> Result<Option<Right>> {
        let sought = id.to_owned();
        let found = self
            .store()
            .read(move |tx| {
                Ok::<_, Error>(tx.password(&sought)?.map(|found| (sought.clone(), found)))
            })
            .await?;
        self.is_password(found, password).await
    }

    /// Returns true if this is the stored password of the user `id`.
    ///
    /// # Errors
    /// As [`Gateway::check_password`].
    pub(in crate::service) async fn is_password_of(
        &self,
        id: &str,
        stored: &Password,
        password: &Secret,
    ) -> Result<bool> {
        let right = self.is_password(Some((id.to_owned(), stored.clone())), password);
        Ok(right.await?.is_some())
    }

    async fn is_password(
        &self,
        stored: Option<(String, Password)>,
        password: &Secret,
    ) -> Result<Option<Right>> {
        let typed = Typed::new(password.expose());
        let (phc, salt) = (
            stored.as_ref().map(|(_, stored)| stored.phc.clone()),
            self.clock().random()?,
        );
        let judge = move |memory: &mut Memory| {
            let right = password::verify(&typed, phc.as_deref(), memory);
            let is_old = right && phc.is_some_and(|phc| !password::is_current(&phc));
            let rehashed = is_old
                .then(|| password::rehash(&typed, salt, memory).ok())
                .flatten();
            Verdict { right, rehashed }
        };
        let Verdict { right, rehashed } = self.passwords().run(judge).await?;
        let Some((id, Password { phc, changed })) = stored.filter(|_| right) else {
            return Ok(None);
        };
        if let Some(new) = rehashed {
            let (cause, id) = (self.cause(Actor::System, ""), id.clone());
            let write = move |tx: &mut Tx<'_>| tx.rehash_password(&id, &phc, &new);
            self.store().write(cause, write).await?;
        }
        Ok(Some(Right { id, changed }))
    }
}

/// The account that goes by this name, with its password; `None` also for one without a password.
fn holder(gateway: &Gateway, tx: &mut Tx<'_>, name: &str) -> Result<Option<(String, Password)>> {
    if name.contains('\0') {
        return Ok(None);
    }
    let rt = gateway.user_type()?;
    let max_scan = gateway.settings().scim.max_scan;
    let live = match tx.lookup(&Viewer::All, &rt, "userName", &fold(name, false))? {
        Some(record) => Some(record),
        None => by_address(tx, &rt, name, max_scan)?,
    };
    let found = match live {
        Some(record) => Some(record),
        None => deleted(tx, &rt, name)?,
    };
    let Some(record) = found else {
        return Ok(None);
    };
    Ok(tx
        .password(&record.id)?
        .map(|password| (record.id, password)))
}

/// The one account with this address. One that somebody gave themself does not stand in the way of another's.
fn by_address(
    tx: &mut Tx<'_>,
    rt: &ResourceType,
    address: &str,
    max_scan: u64,
) -> Result<Option<Record>> {
    let text = format!("emails.value eq {}", Value::from(address));
    // What is too long for a filter is no address.
    let Ok(filter) = syntax::Filter::parse(&text) else {
        return Ok(None);
    };
    let filter = filter::check(rt, &filter)?;
    let found = tx.find(&Find {
        viewer: &Viewer::All,
        rt,
        filter: Some(&filter),
        sort: None,
        start_index: 1,
        count: LOOKED_AT,
        max_scan,
    })?;
    let (mut vouched, mut own) = (Vec::new(), Vec::new());
    for record in found.records {
        if tx.is_own_address(&record.id, address)? {
            own.push(record);
        } else {
            vouched.push(record);
        }
    }
    let mut candidates = if vouched.is_empty() { own } else { vouched };
    Ok(candidates.pop().filter(|_| candidates.is_empty()))
}

/// The latest deleted account of this user name.
fn deleted(tx: &mut Tx<'_>, rt: &ResourceType, name: &str) -> Result<Option<Record>> {
    let Some(attr) = rt.attribute("userName") else {
        return Ok(None);
    };
    Ok(tx.former(rt, &attr, name)?.into_iter().next())
}

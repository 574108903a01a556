//! Which assertions are credentials of a connection (`muster connection federate`).

use crate::config::Location;
use crate::scim;
use crate::service::audit::{self, Changes, Entry};
use crate::service::token::no_connection;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, Federation};

/// What `muster connection federate` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederationInfo {
    /// `iss`
    pub issuer: String,
    /// `sub`
    pub subject: String,
    /// `aud`
    pub audience: String,
    /// `tid`, where one is asked for.
    pub tenant: Option<String>,
    /// The URL of the issuer's keys.
    pub keys: String,
}

impl Gateway {
    /// Accepts these assertions for a connection, instead of those it accepted before; `None`: no more any. Access tokens
    /// that it has end.
    ///
    /// # Errors
    /// 404 when there is no such connection; 400 for an empty name or keys that are at no URL; 409 when the same assertion
    /// is another connection's.
    pub async fn federate(
        &self,
        actor: Actor,
        name: &str,
        accepted: Option<FederationInfo>,
    ) -> Result<()> {
        if let Some(info) = &accepted {
            check(info)?;
        }
        let (cause, gateway, name) = (self.cause(actor, ""), self.clone(), name.to_owned());
        let at = cause.at;
        self.store()
            .write(cause, move |tx| {
                if tx.connection(&name)?.is_none() {
                    return Err(no_connection(&name));
                }
                let before = tx.federation(&name)?;
                match &accepted {
                    Some(info) => {
                        let others = tx.federations_of(&info.issuer, &info.subject)?;
                        let taken = others.iter().find(|other| {
                            other.audience == info.audience && other.connection != name
                        });
                        if let Some(other) = taken {
                            return Err(taken_by(&other.connection));
                        }
                        tx.set_federation(&row(&name, info, at))?;
                    }
                    None if before.is_none() => return Err(not_federated(&name)),
                    None => drop(tx.drop_federation(&name)?),
                }
                tx.drop_access_tokens(&name)?;
                let changes = changes(before.map(shown), accepted.clone());
                let entry = Entry {
                    action: "connection.federate",
                    kind: "Connection",
                    resource: &name,
                    owner: Some(&name),
                    changes: &changes,
                };
                Ok(audit::record(tx, gateway.keys(), &entry)?)
            })
            .await
    }

    /// What is accepted for which connection.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn federations(&self) -> Result<Vec<(String, FederationInfo)>> {
        let all = self
            .store()
            .read(|tx| tx.federations().map_err(Error::from))
            .await?;
        Ok(all
            .into_iter()
            .map(|one| (one.connection.clone(), shown(one)))
            .collect())
    }
}

fn check(info: &FederationInfo) -> Result<()> {
    let named = [
        ("issuer", &info.issuer),
        ("subject", &info.subject),
        ("audience", &info.audience),
    ];
    if let Some((name, _)) = named.iter().find(|(_, value)| value.trim().is_empty()) {
        return Err(scim::Error::value(format!("The {name} is empty.")).into());
    }
    match info.keys.parse() {
        Ok(Location::Url(_)) => Ok(()),
        Ok(Location::File(_)) | Err(_) => {
            let detail = "The keys must be at a URL, such as https://login.microsoftonline.com/TENANT/discovery/v2.0/keys.";
            Err(scim::Error::value(detail).into())
        }
    }
}

fn row(name: &str, info: &FederationInfo, at: jiff::Timestamp) -> Federation {
    Federation {
        connection: name.to_owned(),
        issuer: info.issuer.clone(),
        subject: info.subject.clone(),
        audience: info.audience.clone(),
        tenant: info.tenant.clone(),
        keys: info.keys.clone(),
        created: at,
    }
}

fn shown(row: Federation) -> FederationInfo {
    FederationInfo {
        issuer: row.issuer,
        subject: row.subject,
        audience: row.audience,
        tenant: row.tenant,
        keys: row.keys,
    }
}

fn changes(before: Option<FederationInfo>, after: Option<FederationInfo>) -> Changes {
    type Part = fn(&FederationInfo) -> Option<&str>;
    let parts: [(&str, Part); 5] = [
        ("issuer", |info| Some(&info.issuer)),
        ("subject", |info| Some(&info.subject)),
        ("audience", |info| Some(&info.audience)),
        ("tenant", |info| info.tenant.as_deref()),
        ("keys", |info| Some(&info.keys)),
    ];
    let mut changes = Changes::default();
    for (name, part) in parts {
        let (was, is) = (
            before.as_ref().and_then(part),
            after.as_ref().and_then(part),
        );
        if was != is {
            changes = changes.set(name, was, is);
        }
    }
    changes
}

fn taken_by(connection: &str) -> Error {
    let detail = format!(
        "The connection \"{connection}\" accepts this issuer, subject and audience already: an assertion stands for one \
         connection."
    );
    scim::Error::new(scim::ErrorKind::Conflict, detail).into()
}

fn not_federated(name: &str) -> Error {
    let detail = format!("The connection \"{name}\" accepts no assertions.");
    scim::Error::new(scim::ErrorKind::NotFound, detail).into()
}

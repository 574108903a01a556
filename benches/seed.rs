//! Users and stores full of them, made through the gateway itself and kept for the next run.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use actix_web::rt;
use serde_json::Value;

use crate::Result;
use crate::gateway::{Gateway, workshop};
use crate::load::Connection;

/// Users in one bulk request.
pub(crate) const AT_ONCE: u64 = 1_000;

/// A store with this many users.
pub(crate) struct Seeded {
    pub(crate) folder: PathBuf,
    pub(crate) ids: Rc<Vec<String>>,
}

/// The store of `users` users, made if it is not there.
pub(crate) fn users(users: u64) -> Result<Seeded> {
    let folder = workshop().join(format!("users-{users}"));
    let list = folder.join("ids");
    if !list.exists() {
        drop(fs::remove_dir_all(&folder));
        println!("  making {users} users; they are kept");
        let gateway = Gateway::start(&folder)?;
        let ids = fill(&gateway, users)?;
        gateway.stop()?;
        fs::write(&list, ids.join("\n"))?;
    }
    let ids = fs::read_to_string(&list)?
        .lines()
        .map(str::to_owned)
        .collect();
    Ok(Seeded {
        folder,
        ids: Rc::new(ids),
    })
}

/// A folder without a store.
pub(crate) fn empty(name: &str) -> Result<PathBuf> {
    let folder = workshop().join(name);
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn fill(gateway: &Gateway, users: u64) -> Result<Vec<String>> {
    let (address, write) = (gateway.address, gateway.writer());
    rt::System::new().block_on(async move {
        let ids = Rc::new(RefCell::new(Vec::new()));
        let mut tasks = Vec::new();
        // Two, so that one is read while the other is written.
        for part in 0..2 {
            let (ids, write) = (Rc::clone(&ids), write.clone());
            tasks.push(rt::spawn(async move {
                let mut connection = Connection::open(address)
                    .await
                    .map_err(|why| why.to_string())?;
                connection.keep();
                let mut first = part * AT_ONCE;
                while first < users {
                    let body = bulk(first, AT_ONCE.min(users - first));
                    connection.out.clear();
                    write(
                        &mut connection.out,
                        "POST",
                        "/scim/v2/Bulk",
                        body.as_bytes(),
                    );
                    connection.exchange().await.map_err(|why| why.to_string())?;
                    let answer: Value =
                        serde_json::from_slice(connection.keep()).map_err(|why| why.to_string())?;
                    let made = made(&answer).ok_or_else(|| answer.to_string())?;
                    ids.borrow_mut().extend(made);
                    first += 2 * AT_ONCE;
                }
                Ok::<_, String>(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        let mut ids = ids.take();
        ids.sort();
        Ok(ids)
    })
}

/// The ids in the answer to a bulk request whose operations were all done.
fn made(answer: &Value) -> Option<Vec<String>> {
    let operations = answer.get("Operations")?.as_array()?;
    operations
        .iter()
        .map(|operation| {
            (operation.get("status")? == "201").then_some(())?;
            let location = operation.get("location")?.as_str()?;
            location.rsplit('/').next().map(str::to_owned)
        })
        .collect()
}

/// A bulk request that makes `count` users from the `first` on.
pub(crate) fn bulk(first: u64, count: u64) -> String {
    let mut body =
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":["#
            .to_owned();
    for n in first..first + count {
        let comma = if n == first { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{comma}{{"method":"POST","path":"/Users","bulkId":"b{n}","data":{}}}"#,
            user(n)
        );
    }
    body + "]}"
}

/// A number as it stands in names.
pub(crate) fn digits(n: u64) -> String {
    format!("{n:08}")
}

/// The name of the `n`th user.
pub(crate) fn name(n: u64) -> String {
    format!("user{}@example.com", digits(n))
}

/// What an identity provider sends of the `n`th user.
pub(crate) fn user(n: u64) -> String {
    let (digits, name) = (digits(n), name(n));
    let given = [
        "Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan",
    ];
    let family = [
        "Lovelace", "Hopper", "Dijkstra", "Liskov", "Knuth", "Allen", "Turing", "Hamilton",
    ];
    let pick = |list: &[&'static str]| {
        let position = usize::try_from(n).unwrap_or(0) % list.len().max(1);
        list.get(position).copied().unwrap_or_default()
    };
    let (given, family, department) = (pick(&given), pick(&family), n % 200);
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"00u{digits}","userName":"{name}","name":{{"givenName":"{given}","familyName":"{family}","formatted":"{given} {family}"}},"displayName":"{given} {family} {digits}","title":"Engineer {department}","preferredLanguage":"en-US","timezone":"Europe/Berlin","active":true,"emails":[{{"value":"{name}","type":"work","primary":true}}],"phoneNumbers":[{{"value":"+49 30 {digits}","type":"work"}}],"addresses":[{{"type":"work","streetAddress":"1 Main Street","locality":"Berlin","postalCode":"10115","country":"DE"}}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{{"employeeNumber":"{digits}","department":"Department {department}","organization":"Example"}}}}"#
    )
}

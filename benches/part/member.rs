//! One more member, in a group of a hundred thousand and in one of ten.

use std::fmt::Write as _;
use std::time::Instant;

use crate::gateway::Gateway;
use crate::measure::{median, millis};
use crate::report::Figure;
use crate::seed::Seeded;
use crate::{Result, seed};

const USERS: u64 = 100_000;
/// How often one is added to each.
const TIMES: usize = 300;
/// Members in one request.
const AT_ONCE: usize = 5_000;

pub(crate) fn run() -> Result<Vec<Figure>> {
    let store = seed::users(USERS)?;
    let gateway = Gateway::start(&store.folder)?;
    let large = group(&gateway, "everybody", &store, store.ids.len() - TIMES)?;
    let small = group(&gateway, "ten", &store, 10)?;
    let (mut slow, mut fast) = (Vec::new(), Vec::new());
    for id in store.ids.iter().rev().take(TIMES) {
        for (group, times) in [(&large, &mut slow), (&small, &mut fast)] {
            let started = Instant::now();
            change(&gateway, group, "add", std::slice::from_ref(id))?;
            times.push(millis(started.elapsed()));
        }
    }
    for id in store.ids.iter().rev().take(TIMES) {
        for group in [&large, &small] {
            change(&gateway, group, "remove", std::slice::from_ref(id))?;
        }
    }
    gateway.stop()?;
    let (slow, fast) = (median(slow), median(fast));
    Ok(vec![Figure {
        name: "member",
        value: slow / fast,
        note: format!("{slow:.2} ms and {fast:.2} ms"),
    }])
}

/// The id of the group of this name, made with so many members if it is not there.
pub(crate) fn group(
    gateway: &Gateway,
    name: &str,
    store: &Seeded,
    members: usize,
) -> Result<String> {
    let path = format!(
        "/scim/v2/Groups?excludedAttributes=members&filter=displayName%20eq%20%22{name}%22"
    );
    let (_, found) = gateway.ask("GET", &path, b"")?;
    if let Some(id) = found.pointer("/Resources/0/id").and_then(|id| id.as_str()) {
        return Ok(id.to_owned());
    }
    let body = format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{name}"}}"#
    );
    let (_, made) = gateway.ask("POST", "/scim/v2/Groups", body.as_bytes())?;
    let id = made
        .get("id")
        .and_then(|id| id.as_str())
        .ok_or("no group")?
        .to_owned();
    let all = store.ids.get(..members).ok_or("too few users")?;
    for some in all.chunks(AT_ONCE) {
        change(gateway, &id, "add", some)?;
    }
    Ok(id)
}

fn change(gateway: &Gateway, group: &str, op: &str, ids: &[String]) -> Result<()> {
    let mut body =
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":["#.to_owned();
    if let ("remove", [id]) = (op, ids) {
        // Writing to a String cannot fail.
        let _ = write!(
            body,
            r#"{{"op":"remove","path":"members[value eq \"{id}\"]"}}"#
        );
    } else {
        let _ = write!(body, r#"{{"op":"{op}","path":"members","value":["#);
        for (position, id) in ids.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            let _ = write!(body, r#"{comma}{{"value":"{id}"}}"#);
        }
        body.push_str("]}");
    }
    body.push_str("]}");
    let path = format!("/scim/v2/Groups/{group}?excludedAttributes=members");
    let (status, answer) = gateway.fetch("PATCH", &path, body.as_bytes())?;
    if status != 200 && status != 204 {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(())
}

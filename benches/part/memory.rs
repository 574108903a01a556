//! Memory: of a gateway that does nothing, and of the answer with a hundred thousand members.

use std::thread;
use std::time::Duration;

use super::member;
use super::million::mebibytes;
use crate::gateway::Gateway;
use crate::measure::{TIMES, median};
use crate::report::Figure;
use crate::{Result, process, seed};

/// After that time nothing is left of the start.
const SETTLES: Duration = Duration::from_secs(3);

pub(crate) fn run() -> Result<Vec<Figure>> {
    let gateway = Gateway::start(&seed::empty("idle")?)?;
    thread::sleep(SETTLES);
    let idle = process::memory(gateway.pid)?.now;
    gateway.stop()?;

    let store = seed::users(100_000)?;
    let gateway = Gateway::start(&store.folder)?;
    let group = member::group(&gateway, "everybody", &store, store.ids.len() - 300)?;
    gateway.stop()?;
    let (mut added, mut size) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let gateway = Gateway::start(&store.folder)?;
        // One of each: what is kept ready for all requests is not this answer's.
        gateway.fetch("GET", "/scim/v2/Groups?excludedAttributes=members", b"")?;
        process::forget_peak(gateway.pid)?;
        let before = process::memory(gateway.pid)?.now;
        let (status, body) = gateway.fetch("GET", &format!("/scim/v2/Groups/{group}"), b"")?;
        if status != 200 {
            return Err(format!("the group is answered with {status}").into());
        }
        size = body.len();
        added.push(mebibytes(
            process::memory(gateway.pid)?.peak.saturating_sub(before),
        ));
        gateway.stop()?;
    }
    Ok(vec![
        Figure {
            name: "idle",
            value: mebibytes(idle),
            note: "3 s after the first start".to_owned(),
        },
        Figure {
            name: "group-memory",
            value: median(added),
            note: format!("at its highest; the answer has {size} bytes"),
        },
    ])
}

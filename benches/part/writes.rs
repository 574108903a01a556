//! Creates, one by one and by the thousand, in turns with a loop that commits the same rows.

use std::path::Path;
use std::time::Duration;

use crate::gateway::Gateway;
use crate::load::{Outcome, Target, load};
use crate::measure::{TIMES, median, ratio};
use crate::report::Figure;
use crate::{Result, bare_store, seed};

const CONNECTIONS: u64 = 32;
const TIME: Duration = Duration::from_secs(3);
/// The tracer: it stops the gateway only when one of these calls is made.
const TRACER: [&str; 7] = [
    "strace",
    "-f",
    "--seccomp-bpf",
    "-e",
    "trace=fdatasync,fsync",
    "-o",
    "syncs",
];

pub(crate) fn single() -> Result<Vec<Figure>> {
    let folder = seed::empty("writes")?;
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for turn in 0..TIMES as u64 {
        let gateway = Gateway::start(&folder)?;
        ours.push(create(&gateway, (turn + 1) * 1_000_000)?.rate());
        gateway.stop()?;
        limits.push(bare_store::measure(&folder, CONNECTIONS)?);
    }
    let value = ratio(&ours, &limits);
    let (ours, limit) = (median(ours), median(limits));
    let post = Figure {
        name: "post",
        value,
        note: format!("{ours:.0} of {limit:.0} users/s"),
    };
    Ok(vec![post, syncs(&folder)?])
}

/// Makes users from the `first` on.
fn create(gateway: &Gateway, first: u64) -> Result<Outcome> {
    let write = gateway.writer();
    let target = Target::hot(gateway.address, CONNECTIONS, TIME);
    load(target, Some(201), move |n, out| {
        write(
            out,
            "POST",
            "/scim/v2/Users",
            seed::user(first + n).as_bytes(),
        );
    })
}

/// Syncs to the disk while users are made, as the system calls of the gateway tell.
fn syncs(folder: &Path) -> Result<Figure> {
    let gateway = Gateway::start_under(folder, &TRACER)?;
    let count = || -> Result<usize> {
        let text = std::fs::read_to_string(folder.join("syncs"))?;
        Ok(text.lines().filter(|line| line.contains("sync(")).count())
    };
    let before = count()?;
    let outcome = create(&gateway, 9_000_000)?;
    let syncs = count()?.saturating_sub(before);
    gateway.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
    let value = syncs as f64 / outcome.done as f64;
    Ok(Figure {
        name: "syncs",
        value,
        note: format!("{syncs} for {} creates, counted by strace", outcome.done),
    })
}

pub(crate) fn bulk() -> Result<Vec<Figure>> {
    let folder = seed::empty("bulk")?;
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for turn in 0..TIMES as u64 {
        let gateway = Gateway::start(&folder)?;
        let write = gateway.writer();
        let first = (turn + 1) * 1_000_000;
        let target = Target::hot(gateway.address, 1, TIME);
        let outcome = load(target, Some(200), move |n, out| {
            let body = seed::bulk(first + n * seed::AT_ONCE, seed::AT_ONCE);
            write(out, "POST", "/scim/v2/Bulk", body.as_bytes());
        })?;
        #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
        let users = seed::AT_ONCE as f64;
        // Without the time in which the requests were made.
        let seconds: f64 = outcome.latencies.iter().sum::<f64>() / 1_000.0;
        #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
        ours.push(outcome.done as f64 * users / seconds);
        gateway.stop()?;
        limits.push(bare_store::measure(&folder, seed::AT_ONCE)?);
    }
    let value = ratio(&ours, &limits);
    let (ours, limit) = (median(ours), median(limits));
    Ok(vec![Figure {
        name: "bulk",
        value,
        note: format!("{ours:.0} of {limit:.0} users/s"),
    }])
}

//! Single creates of one connection beside the worst that another one may send.

use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use actix_web::rt;
use serde_json::Value;

use crate::gateway::{self, Gateway, RequestWriter};
use crate::load::{Connection, Outcome, Target, load};
use crate::measure::{median, percentile};
use crate::report::Figure;
use crate::{Result, seed};

/// How long each of them is measured: some hundred creates.
const TIME: Duration = Duration::from_secs(15);
/// How long the bystander rests after each create.
const PAUSE: Duration = Duration::from_millis(20);
/// Connections of the one who sends the worst.
const CONNECTIONS: u64 = 4;
/// Members of the group that filters look at.
const MEMBERS: u64 = 10_000;
/// Comparisons in each filter: with 10,000 members just below what one operation may cost.
const TERMS: usize = 80;
/// Members in the body of a PUT: some 1.9 MiB of the 2 MiB that a body may have.
const IN_A_BODY: u64 = 95_000;

/// A body of the `n`th request.
type Body = fn(u64, &str) -> String;

struct Attack {
    name: &'static str,
    method: &'static str,
    body: Body,
}

const BULKS: [Attack; 4] = [
    Attack {
        name: "filters over a group",
        method: "POST",
        body: filters,
    },
    Attack {
        name: "names of all members",
        method: "POST",
        body: displays,
    },
    Attack {
        name: "creates",
        method: "POST",
        body: creates,
    },
    Attack {
        name: "a group of other members",
        method: "POST",
        body: exchange,
    },
];

pub(crate) fn run() -> Result<Vec<Figure>> {
    let folder = seed::empty("bystander")?;
    let gateway = Gateway::start(&folder)?;
    let attacker = gateway::writer_for(&folder, "attacker")?;
    let group = made_group(&gateway, &attacker)?;
    let mut first = 0;
    let mut beside = |attack: Option<&Attack>| -> Result<Outcome> {
        first += 1_000_000;
        measure(&gateway, &attacker, &group, first, attack)
    };
    let alone = percentile(&beside(None)?.latencies, 0.99);
    let (mut worst, mut notes) = (0.0_f64, format!("alone {alone:.0} ms"));
    for attack in &BULKS {
        let latencies = beside(Some(attack))?.latencies;
        let p99 = percentile(&latencies, 0.99);
        worst = worst.max(p99);
        // Writing to a String cannot fail.
        let _ = write!(
            notes,
            "; {} {p99:.0} ms of {}",
            attack.name,
            latencies.len()
        );
    }
    let put = Attack {
        name: "PUT",
        method: "PUT",
        body: other_members,
    };
    let latencies = beside(Some(&put))?.latencies;
    let figures = vec![
        Figure {
            name: "beside-bulk",
            value: worst,
            note: notes,
        },
        Figure {
            name: "beside-put",
            value: percentile(&latencies, 0.99),
            note: format!(
                "median {:.0} ms of {} creates; each PUT exchanges {IN_A_BODY} members",
                median(latencies.clone()),
                latencies.len()
            ),
        },
    ];
    gateway.stop()?;
    Ok(figures)
}

/// Creates of the bystander, one after the other, beside an attack.
fn measure(
    gateway: &Gateway,
    attacker: &impl RequestWriter,
    group: &str,
    first: u64,
    attack: Option<&Attack>,
) -> Result<Outcome> {
    let bystander = Target {
        address: gateway.address,
        connections: 1,
        time: TIME,
        pause: PAUSE,
    };
    let write = gateway.writer();
    thread::scope(|scope| {
        if let Some(attack) = attack {
            let target = Target::hot(gateway.address, CONNECTIONS, TIME);
            let (write, group) = (attacker.clone(), group.to_owned());
            let (method, body) = (attack.method, attack.body);
            scope.spawn(move || {
                let path = match method {
                    "PUT" => format!("/scim/v2/Groups/{group}?attributes=displayName"),
                    _ => "/scim/v2/Bulk".to_owned(),
                };
                let sent = load(target, None, move |n, out| {
                    write(out, method, &path, body(n, &group).as_bytes());
                });
                if let Err(why) = sent {
                    println!("    the attack ended: {why}");
                }
            });
        }
        load(bystander, Some(201), move |n, out| {
            let user = seed::user(first + n);
            write(out, "POST", "/scim/v2/Users", user.as_bytes());
        })
    })
}

/// The id of a new group of [`MEMBERS`] members, which the attacker has made.
fn made_group(gateway: &Gateway, write: &impl RequestWriter) -> Result<String> {
    let body = group_body(&(0..MEMBERS).map(|n| format!("m{n}")).collect::<Vec<_>>());
    rt::System::new().block_on(async {
        let mut connection = Connection::open(gateway.address).await?;
        let path = "/scim/v2/Groups?attributes=displayName";
        write(&mut connection.out, "POST", path, body.as_bytes());
        connection.keep();
        let status = connection.exchange().await?.status;
        let made: Value = serde_json::from_slice(connection.keep())?;
        let id = made.get("id").and_then(Value::as_str);
        Ok(id
            .ok_or(format!("the group is answered with {status}"))?
            .to_owned())
    })
}

fn group_body(ids: &[String]) -> String {
    let members: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"value":"{id}"}}"#))
        .collect();
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"large","members":[{}]}}"#,
        members.join(",")
    )
}

/// A group of [`IN_A_BODY`] members, none of which the one before had.
fn other_members(n: u64, _: &str) -> String {
    let mark = if n.is_multiple_of(2) { 'a' } else { 'b' };
    let ids: Vec<String> = (0..IN_A_BODY).map(|id| format!("{mark}{id}")).collect();
    group_body(&ids)
}

/// A Bulk request of these operations.
fn bulk(operations: &[String]) -> String {
    format!(
        r#"{{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{}]}}"#,
        operations.join(",")
    )
}

/// Fifty times the same PATCH of the group.
fn patches(group: &str, operation: &str) -> String {
    let patch = format!(
        r#"{{"method":"PATCH","path":"/Groups/{group}","data":{{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{operation}]}}}}"#
    );
    bulk(&vec![patch; 50])
}

fn filters(_: u64, group: &str) -> String {
    let filter = vec![r#"value eq \"\""#; TERMS].join(" or ");
    patches(
        group,
        &format!(r#"{{"op":"remove","path":"members[{filter}]"}}"#),
    )
}

fn displays(n: u64, group: &str) -> String {
    let operation = format!(r#"{{"op":"replace","path":"members.display","value":"{n}"}}"#);
    patches(group, &operation)
}

fn creates(n: u64, _: &str) -> String {
    seed::bulk(500_000_000 + n * seed::AT_ONCE, seed::AT_ONCE)
}

fn exchange(n: u64, group: &str) -> String {
    let data = other_members(n, group);
    bulk(&[format!(
        r#"{{"method":"PUT","path":"/Groups/{group}","data":{data}}}"#
    )])
}

//! The audit log and the provisioning log: what their rows cost, and which of them go.

use jiff::Timestamp;
use muster::store::{AuditRow, Error, LogEntry, LogFind, Nature, Tx};
use serde_json::json;

use crate::store::fixture::{Fixture, cause, document, insert};

/// How many entries there are when the cost is looked at again.
const MANY: u64 = 3_000;

fn audit(tx: &mut Tx<'_>, number: u64) -> AuditRow {
    AuditRow {
        id: format!("{}-{number:06}", tx.draw_id().unwrap()),
        at: "2026-03-01T12:00:00.000000000Z".to_owned(),
        actor: "connection:okta".to_owned(),
        request: "01900000-0000-7000-8000-000000000000".to_owned(),
        action: "user.update".to_owned(),
        kind: "User".to_owned(),
        resource: format!("01900000-0000-7000-8000-{:012}", number % 97),
        owner: Some("okta".to_owned()),
        values_mac: Some(vec![1; 32]),
        mac: vec![2; 32],
        seal: None,
        values: Some(r#"[{"path":"title","before":"a","after":"b"}]"#.to_owned()),
    }
}

fn entry(number: u64) -> LogEntry {
    LogEntry {
        id: String::new(),
        at: Timestamp::UNIX_EPOCH,
        nature: Nature::Change,
        connection: "okta".to_owned(),
        request: "01900000-0000-7000-8000-000000000000".to_owned(),
        method: "PATCH".to_owned(),
        route: "/scim/v2/Users/{id}".to_owned(),
        operation: None,
        resource: Some(format!("01900000-0000-7000-8000-{:012}", number % 97)),
        status: 200,
        scim_type: None,
        detail: None,
        micros: 900,
        fields: vec!["title".to_owned()],
        corrected: Vec::new(),
        dropped: Vec::new(),
    }
}

/// The rows that tell of a change cost less than the change, and the same however many there are.
pub(crate) async fn telling_of_a_change_costs_little_and_does_not_grow(at: &Fixture) {
    let (rt, id) = (at.user.clone(), at.id());
    let emails =
        json!([{ "value": "ada@example.org", "primary": true }, { "value": "a@example.org" }]);
    let name = json!({ "givenName": "Ada", "familyName": "Lovelace" });
    let ada = document(&json!({ "userName": "ada", "emails": emails, "name": name }));
    let made = at.write(move |tx| {
        let before = tx.effort();
        insert(tx, &rt, &id, &ada)?;
        Ok(tx.effort() - before)
    });
    let made = made.await.unwrap();
    let store = at.store();
    let told = |from: u64, count: u64| {
        // Ids are drawn from the cause, so each change has its own.
        let second = i64::try_from(from).unwrap() + 10;
        store.write(cause(second), move |tx| {
            let before = tx.effort();
            for number in from..from + count {
                let row = audit(tx, number);
                tx.insert_audit(&row)?;
                tx.insert_log(&entry(number))?;
            }
            Ok::<_, Error>((tx.effort() - before) / count)
        })
    };
    let first = told(0, 10).await.unwrap();
    told(10, MANY).await.unwrap();
    let last = told(10 + MANY, 10).await.unwrap();
    println!("steps: a user {made}, what tells of it {first}");
    // An engine that does not tell its effort has nothing to compare.
    assert!(first == 0 || first * 2 < made, "{first} of {made}");
    assert!(
        first == 0 || last < first + first / 4,
        "{first} then {last}"
    );
}

/// Dropping goes by age alone, a bounded number at a time.
pub(crate) async fn the_oldest_entries_are_dropped_first(at: &Fixture) {
    let filled = at.write(|tx| {
        for number in 0..20 {
            tx.insert_log(&entry(number))?;
        }
        Ok(())
    });
    filled.await.unwrap();
    let behind = at.read(|tx| tx.log_behind(None, 5)).await.unwrap().unwrap();
    assert_eq!(at.read(|tx| tx.log_behind(None, 20)).await.unwrap(), None);
    let mut dropped = Vec::new();
    for _ in 0..3 {
        let last = behind.clone();
        dropped.push(at.write(move |tx| tx.drop_log(&last, 10)).await.unwrap());
    }
    assert_eq!(dropped, [10, 5, 0]);
    let find = LogFind {
        limit: 100,
        ..LogFind::default()
    };
    let left = at.read(move |tx| tx.find_log(&find)).await.unwrap();
    assert_eq!(left.len(), 5);
    assert!(left.iter().all(|entry| entry.id > behind));
}

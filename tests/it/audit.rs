//! The audit log: complete, in the transaction of the change, and proof against tampering.

use std::collections::BTreeMap;

use muster::service::{Actor, AuditEntry, AuditFilter, Gateway, Wanted};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply, Setup, TOKEN, World, group, patch_body, user};

/// All entries, oldest first.
fn entries(fixture: &Fixture) -> Vec<AuditEntry> {
    let everything = AuditFilter::default();
    let mut all: Vec<AuditEntry> = Vec::new();
    loop {
        let after = all.last().map(|entry| entry.id.clone());
        let page = fixture.gateway.audit(&everything, after.as_deref());
        let page = fixture.block_on(page).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The last entry.
fn last(fixture: &Fixture) -> AuditEntry {
    entries(fixture).pop().unwrap()
}

#[test]
fn each_kind_of_change_has_its_name_and_its_values() {
    let world = World::strict();
    let (client, fixture) = (&world.client, &world.fixture);
    let path = format!("/Users/{}", world.user);
    let replace =
        |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let reply = client
        .operations(&path, &replace("title", json!("Countess")))
        .expect(200);
    let entry = last(fixture);
    assert_eq!(
        (entry.action.as_str(), entry.kind.as_str(), &entry.resource),
        ("user.update", "User", &world.user)
    );
    assert_eq!(entry.actor, "connection:config");
    assert_eq!(entry.owner.as_deref(), Some("config"));
    assert_eq!(entry.request, reply.header("x-request-id").unwrap());
    assert_eq!(
        entry.changes,
        Some(json!([{ "path": "title", "after": "Countess" }]))
    );

    client
        .operations(&path, &replace("active", json!(false)))
        .expect(200);
    let entry = last(fixture);
    assert_eq!(entry.action, "user.deactivate");
    assert_eq!(entry.changes.unwrap()[0]["after"], json!(false));
    client
        .operations(&path, &replace("active", json!(true)))
        .expect(200);
    assert_eq!(last(fixture).action, "user.activate");

    let members = json!([{ "op": "add", "path": "members", "value": [{ "value": world.other }] },
                         { "op": "remove", "path": format!("members[value eq \"{}\"]", world.user) }]);
    client
        .operations(&format!("/Groups/{}", world.group), &members)
        .expect(200);
    let entry = last(fixture);
    assert_eq!(entry.action, "group.members");
    let expected = json!([{ "path": "members", "added": { "count": 1, "ids": [world.other] },
                            "removed": { "count": 1, "ids": [world.user] } }]);
    assert_eq!(entry.changes, Some(expected));

    client.delete(&path).expect(204);
    let entry = last(fixture);
    assert_eq!(
        (entry.action.as_str(), entry.changes),
        ("user.delete", None)
    );

    let created = entries(fixture)
        .into_iter()
        .find(|entry| entry.action == "user.create");
    let changes = created.unwrap().changes.unwrap().to_string();
    assert!(
        changes.contains(r#"{"path":"userName","after":"ada"}"#),
        "{changes}"
    );
}

#[test]
fn passwords_are_in_no_entry() {
    let fixture = Fixture::start();
    let mut body = user("secretive");
    body["password"] = json!("canary-password");
    fixture.client().post("/Users", &body).expect(201);
    let all = format!("{:?}", entries(&fixture));
    assert!(
        !all.contains("canary-password") && !all.contains("assword"),
        "{all}"
    );
}

#[test]
fn tokens_are_audited() {
    let fixture = Fixture::start();
    let day = std::time::Duration::from_secs(86_400);
    fixture
        .block_on(fixture.gateway.create_token("okta", Wanted::default(), day))
        .unwrap();
    assert_eq!(
        fixture
            .block_on(fixture.gateway.revoke_tokens("okta"))
            .unwrap(),
        1
    );
    assert_eq!(
        fixture
            .block_on(fixture.gateway.revoke_tokens("okta"))
            .unwrap(),
        0
    );
    let told: Vec<(String, String)> = entries(&fixture)
        .into_iter()
        .map(|entry| (entry.action, entry.actor))
        .collect();
    let names = ["connection.create", "token.create", "token.revoke"];
    assert_eq!(told, names.map(|name| (name.to_owned(), "cli".to_owned())));
}

/// Draws numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// One operation out of all there are, on one of a few resources, many of them refused or without effect.
fn random(client: &Client, dice: &mut Dice, ids: &mut Vec<String>, number: usize) -> Vec<Reply> {
    let name = format!("name{}", dice.below(40));
    let one = |dice: &mut Dice, ids: &[String]| match ids.len() {
        0 => "none".to_owned(),
        count => ids[dice.below(count)].clone(),
    };
    let title = json!([{ "op": "replace", "path": "title", "value": (["a", "b"][dice.below(2)]) }]);
    let active = json!([{ "op": "replace", "path": "active", "value": dice.below(2) == 0 }]);
    let id = one(dice, ids);
    let reply = match dice.below(10) {
        0 | 1 => client.post("/Users", &user(&name)),
        2 => {
            let members = json!([{ "value": id }, { "value": one(dice, ids) }]);
            client.post("/Groups", &group(&format!("group{number}"), &members))
        }
        3 => client.put(&format!("/Users/{id}"), &user(&name)),
        4 => client.operations(&format!("/Users/{id}"), &title),
        5 => client.operations(&format!("/Users/{id}"), &active),
        6 => client.delete(&format!("/{}/{id}", ["Users", "Groups"][dice.below(2)])),
        7 => {
            let op = ["add", "remove"][dice.below(2)];
            let path = if op == "add" {
                "members".to_owned()
            } else {
                format!("members[value eq \"{id}\"]")
            };
            let mut operation = json!({ "op": op, "path": path });
            if op == "add" {
                operation["value"] = json!([{ "value": id }]);
            }
            client.operations(&format!("/Groups/{}", one(dice, ids)), &json!([operation]))
        }
        8 => client.operations(
            &format!("/Users/{id}"),
            &json!([{ "op": "add", "path": "nothing", "value": 1 }]),
        ),
        _ => return bulk(client, dice, ids, &id),
    };
    if reply.status == 201 {
        ids.push(reply.id());
    }
    vec![reply]
}

fn bulk(client: &Client, dice: &mut Dice, ids: &mut Vec<String>, id: &str) -> Vec<Reply> {
    let data = patch_body(
        &json!([{ "op": "replace", "path": "nickName", "value": (["x", "y"][dice.below(2)]) }]),
    );
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": user(&format!("bulk{}", dice.below(60))) },
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": data },
        ],
    });
    let reply = client.post("/Bulk", &body);
    let answers = reply.json();
    if answers["Operations"][0]["status"] == "201" {
        let location = answers["Operations"][0]["location"].as_str().unwrap();
        ids.push(location.rsplit('/').next().unwrap().to_owned());
    }
    vec![reply]
}

/// From now on, remembers which groups hide a member: that is a version of theirs, and told by the entry of the member.
fn watch_hidden(path: &std::path::Path) {
    let watch = "CREATE TABLE hidden_by (group_id TEXT);
        CREATE TRIGGER hidden AFTER UPDATE OF hidden ON member BEGIN INSERT INTO hidden_by VALUES (NEW.group_id); END";
    Connection::open(path)
        .unwrap()
        .execute_batch(watch)
        .unwrap();
}

/// How often each resource was changed: its version counts that.
fn changes(path: &std::path::Path) -> BTreeMap<String, i64> {
    let connection = Connection::open(path).unwrap();
    let mut statement = connection
        .prepare("SELECT id, version - (SELECT count(*) FROM hidden_by WHERE group_id = id) FROM resource")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

/// Bar 69.
#[test]
fn every_change_of_a_random_run_has_exactly_one_entry() {
    let fixture = Fixture::start();
    let client = fixture.client();
    watch_hidden(&fixture.database());
    let (mut dice, mut ids) = (Dice(4), Vec::new());
    let mut requests = Vec::new();
    for number in 0..1_000 {
        for reply in random(&client, &mut dice, &mut ids, number) {
            assert!(reply.status < 500, "{}", reply.text());
            requests.push((
                reply.header("x-request-id").unwrap().to_owned(),
                reply.status,
            ));
        }
    }
    let mut counted: BTreeMap<String, i64> = BTreeMap::new();
    for entry in entries(&fixture) {
        *counted.entry(entry.resource.clone()).or_default() += 1;
        let (_, status) = requests
            .iter()
            .find(|(id, _)| *id == entry.request)
            .unwrap();
        assert!((200..300).contains(status), "{status}: {entry:?}");
    }
    let changes = changes(&fixture.database());
    assert!(changes.len() > 50 && changes.values().any(|version| *version > 3));
    assert_eq!(counted, changes);
}

#[test]
fn a_name_that_is_pinned_to_a_group_is_told() {
    let fixture = Fixture::with(Setup {
        settings: vec![("roles.admin_groups", "Admins")],
        ..Setup::default()
    });
    let body = group("ADMINS", &json!([]));
    let reply = fixture.client().post("/Groups", &body).expect(201);
    let pins = |fixture: &Fixture| {
        let all = entries(fixture).into_iter();
        all.filter(|entry| entry.action == "role.pin")
            .collect::<Vec<_>>()
    };
    let told = pins(&fixture);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (&told[0].resource, &told[0].request),
        (
            &reply.id(),
            &reply.header("x-request-id").unwrap().to_owned()
        )
    );
    assert_eq!(
        told[0].changes,
        Some(json!([{ "path": "name", "after": "Admins" }]))
    );
    fixture
        .client()
        .operations(
            &format!("/Groups/{}", reply.id()),
            &json!([{ "op": "add", "path": "externalId", "value": "x" }]),
        )
        .expect(200);
    assert_eq!(pins(&fixture).len(), 1, "once");
    fixture
        .block_on(fixture.gateway.unpin(Actor::Cli, "Admins"))
        .unwrap();
    fixture.block_on(fixture.gateway.pin_groups()).unwrap();
    let told = pins(&fixture);
    assert_eq!(
        (told.len(), told[1].actor.as_str()),
        (2, "system"),
        "found at start"
    );
}

/// Bar 69: no change without its entry.
#[test]
fn a_change_whose_entry_cannot_be_written_is_not_made() {
    let world = World::strict();
    let day = std::time::Duration::from_secs(86_400);
    let connection = Connection::open(world.fixture.database()).unwrap();
    let forbid =
        "CREATE TRIGGER forbid BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no audit'); END";
    connection.execute_batch(forbid).unwrap();
    let path = format!("/Users/{}", world.user);
    let title = json!([{ "op": "replace", "path": "title", "value": "x" }]);
    for (what, attempt) in [
        (
            "POST",
            &(|client: &Client| client.post("/Users", &user("new"))) as &dyn Fn(&Client) -> Reply,
        ),
        ("PUT", &|client| client.put(&path, &user("renamed"))),
        ("PATCH", &|client| client.operations(&path, &title)),
        ("DELETE", &|client| client.delete(&path)),
    ] {
        let reply = world.unchanged_by(what, attempt);
        assert_eq!(reply.status, 500, "{what}");
    }
    let gateway = &world.fixture.gateway;
    world
        .fixture
        .block_on(gateway.create_token("unaudited", Wanted::default(), day))
        .unwrap_err();
    assert_eq!(world.fixture.block_on(gateway.tokens()).unwrap(), []);
    connection.execute_batch("DROP TRIGGER forbid").unwrap();
    world.client.delete(&path).expect(204);
}

/// A gateway with a sealed chain of some entries, stopped, whose database can be meddled with.
struct Sealed {
    fixture: Fixture,
    head: String,
}

impl Sealed {
    fn new() -> Self {
        let mut fixture = Fixture::start();
        let client = fixture.client();
        for number in 0..12 {
            client
                .post("/Users", &user(&format!("user{number}")))
                .expect(201);
        }
        fixture.stop();
        let (_, unsealed, head) = report(&fixture, None);
        assert_eq!(unsealed, 0, "a stop seals what waits");
        let head = head.unwrap();
        Self { fixture, head }
    }

    fn meddle(&self, sql: &str) {
        let connection = Connection::open(self.fixture.database()).unwrap();
        connection.execute_batch(sql).unwrap();
    }
}

/// Faults, unsealed entries and head, as a command beside the gateway finds them.
fn report(fixture: &Fixture, head: Option<&str>) -> (Vec<String>, u64, Option<String>) {
    let gateway = fixture.beside();
    let report = fixture.block_on(gateway.verify_audit(head)).unwrap();
    gateway.close();
    (report.faults, report.unsealed, report.head)
}

/// Bar 70. Each way to tamper, and the fault that names it.
#[test]
fn tampering_shows() {
    let cases = [
        ("edit", "UPDATE audit SET actor = 'connection:other' WHERE seq = 5", "was changed"),
        ("edit the time", "UPDATE audit SET at = 'yesterday' WHERE seq = 5", "was changed"),
        ("edit the values", "UPDATE audit_value SET json = replace(json, 'user5', 'user6')", "values of entry"),
        ("exchange values", "CREATE TABLE x AS SELECT * FROM audit_value; DELETE FROM audit_value;
          INSERT INTO audit_value SELECT a.audit, b.json FROM (SELECT rowid AS n, * FROM x) a
          JOIN (SELECT rowid AS n, * FROM x) b ON b.n = 13 - a.n; DROP TABLE x", "values of entry"),
        ("forget values", "DELETE FROM audit_value WHERE audit = (SELECT id FROM audit WHERE seq = 3)", "are gone"),
        ("delete", "DELETE FROM audit_value WHERE audit = (SELECT id FROM audit WHERE seq = 7);
          DELETE FROM audit WHERE seq = 7", "entries 7 to 7 are missing"),
        ("delete and close the gap", "DELETE FROM audit_value WHERE audit = (SELECT id FROM audit WHERE seq = 7);
          DELETE FROM audit WHERE seq = 7; UPDATE audit SET seq = seq - 1 WHERE seq > 7", "does not follow"),
        ("reorder", "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
          UPDATE audit SET seq = 5 WHERE seq = -1", "does not follow"),
        ("truncate", "DELETE FROM audit_value WHERE audit IN (SELECT id FROM audit WHERE seq > 9);
          DELETE FROM audit WHERE seq > 9", "was cut off: it ends at 9 and went on to 12"),
        ("truncate with its head", "DELETE FROM audit_value WHERE audit IN (SELECT id FROM audit WHERE seq > 9);
          DELETE FROM audit WHERE seq > 9;
          UPDATE audit_head SET seq = 9, chain = (SELECT chain FROM audit WHERE seq = 9)", "was changed"),
        ("truncate without a head", "DELETE FROM audit_value WHERE audit IN (SELECT id FROM audit WHERE seq > 9);
          DELETE FROM audit WHERE seq > 9; DELETE FROM audit_head", "ends is gone"),
        ("re-insert at the end", "CREATE TABLE x AS SELECT * FROM audit WHERE seq = 3; UPDATE x SET id = 'copy', seq = 13;
          INSERT INTO audit SELECT * FROM x; DROP TABLE x", "was changed"),
        ("re-insert unsealed", "CREATE TABLE x AS SELECT * FROM audit WHERE seq = 3; UPDATE x SET id = 'copy', seq = NULL, chain = NULL;
          INSERT INTO audit SELECT * FROM x; DROP TABLE x", "was changed"),
        ("forge", "INSERT INTO audit (id, at, actor, request, action, kind, resource, mac, seq, chain)
          VALUES ('x', 'now', 'cli', '', 'user.create', 'User', 'x', x'00', -3, x'00')", "where none can"),
    ];
    for (what, sql, expected) in cases {
        let sealed = Sealed::new();
        assert_eq!(
            report(&sealed.fixture, Some(&sealed.head)).0,
            Vec::<String>::new()
        );
        sealed.meddle(sql);
        let (faults, ..) = report(&sealed.fixture, None);
        assert!(
            faults.iter().any(|fault| fault.contains(expected)),
            "{what}: {faults:?}"
        );
        sealed.fixture.forsake();
    }
}

/// Bar 70: who has an old copy of the database can put that in its place, and only a head that was written down tells.
#[test]
fn an_exported_head_shows_that_the_end_was_cut_off() {
    let mut fixture = Fixture::start();
    fixture.client().post("/Users", &user("early")).expect(201);
    fixture.stop();
    let old = std::fs::read(fixture.database()).unwrap();
    let early = report(&fixture, None).2.unwrap();
    let gateway = fixture.beside();
    let day = std::time::Duration::from_secs(86_400);
    fixture
        .block_on(gateway.create_token("late", Wanted::default(), day))
        .unwrap();
    fixture.block_on(gateway.seal_audit()).unwrap();
    gateway.close();
    let late = report(&fixture, Some(&early)).2.unwrap();
    assert_ne!(late, early);
    assert_eq!(report(&fixture, Some(&late)).0, Vec::<String>::new());

    for suffix in ["-wal", "-shm"] {
        let beside = format!("{}{suffix}", fixture.database().display());
        // SQLite removes them itself when nobody has the database open any more.
        drop(std::fs::remove_file(beside));
    }
    std::fs::write(fixture.database(), old).unwrap();
    assert_eq!(report(&fixture, None).0, Vec::<String>::new());
    let (faults, ..) = report(&fixture, Some(&late));
    assert!(
        faults[0].contains("does not hold the given head"),
        "{faults:?}"
    );
}

#[test]
fn what_is_written_without_a_sealer_waits_and_is_sealed_by_the_next() {
    let mut fixture = Fixture::start();
    fixture.stop();
    let gateway = fixture.beside();
    let day = std::time::Duration::from_secs(86_400);
    fixture
        .block_on(gateway.create_token("okta", Wanted::default(), day))
        .unwrap();
    gateway.close();
    assert_eq!(
        report(&fixture, None),
        (Vec::new(), 2, None),
        "the connection and its token"
    );
    let gateway = fixture.beside();
    fixture.block_on(gateway.sealer().finish());
    gateway.close();
    let (faults, unsealed, head) = report(&fixture, None);
    assert_eq!((faults, unsealed), (Vec::new(), 0));
    let log = crate::support::log::text();
    assert!(log.contains("audit head") && log.contains(&head.unwrap()));
}

/// Two gateways on one database seal one chain.
#[test]
fn two_sealers_make_one_chain() {
    let fixture = Fixture::start();
    let other: Gateway = fixture.beside();
    let client = fixture.client();
    for round in 0..20 {
        client
            .post("/Users", &user(&format!("round{round}")))
            .expect(201);
        fixture.block_on(async {
            let (one, two) = (fixture.gateway.seal_audit(), other.seal_audit());
            let (one, two) = futures_util::future::join(one, two).await;
            one.and(two).unwrap();
        });
    }
    let report = fixture
        .block_on(fixture.gateway.verify_audit(None))
        .unwrap();
    assert_eq!((report.faults, report.sealed), (Vec::new(), 20));
    other.close();
}

#[test]
fn the_log_of_one_user_and_since_a_time() {
    let world = World::strict();
    let gateway = &world.fixture.gateway;
    let id = world.fixture.block_on(gateway.audited_user("ADA")).unwrap();
    assert_eq!(id, world.user);
    let filter = AuditFilter {
        resource: Some(id),
        since: None,
    };
    let found = world
        .fixture
        .block_on(gateway.audit(&filter, None))
        .unwrap();
    assert_eq!(found.len(), 1);
    let now = gateway.clock().now();
    for (since, count) in [(now, 0), (found[0].at.unwrap(), 3)] {
        let filter = AuditFilter {
            resource: None,
            since: Some(since),
        };
        let found = world
            .fixture
            .block_on(gateway.audit(&filter, None))
            .unwrap();
        assert_eq!(found.len(), count);
    }
    assert!(!format!("{found:?}").contains(TOKEN));
}

//! Records that are released or moved: all of them, with their groups, and no version moves.

use serde_json::json;

use super::{connect, nobodys};
use crate::life::{groups, members};
use crate::roles::made_group;
use crate::support::{Client, Fixture, user};

struct Full {
    fixture: Fixture,
    old: Client,
    new: Client,
    users: Vec<String>,
    group: String,
}

impl Full {
    /// More records than one transaction hands over, the last of them deleted.
    fn new(count: usize) -> Self {
        let fixture = Fixture::start();
        let [old, new] = ["old", "new"].map(|name| connect(&fixture, name));
        let mut users = Vec::new();
        for first in (0..count).step_by(500) {
            let operations: Vec<_> = (first..count.min(first + 500))
                .map(|number| {
                    json!({ "method": "POST", "path": "/Users", "bulkId": format!("b{number}"),
                    "data": user(&format!("p{number}")) })
                })
                .collect();
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
            let done = old.post("/Bulk", &body).expect(200).json();
            for operation in done["Operations"].as_array().unwrap() {
                let location = operation["location"].as_str().unwrap();
                users.push(location.rsplit('/').next().unwrap().to_owned());
            }
        }
        let free = nobodys(&fixture, "free@example.org");
        let group = made_group(&old, "Staff", &[&users[0], &free]);
        let gone = users.pop().unwrap();
        old.delete(&format!("/Users/{gone}")).expect(204);
        users.push(gone);
        Self {
            fixture,
            old,
            new,
            users,
            group,
        }
    }

    fn total(client: &Client) -> serde_json::Value {
        client.get("/Users?count=0").expect(200).json()["totalResults"].clone()
    }
}

#[test]
fn released_records_belong_to_nobody_and_keep_version_and_groups() {
    let full = Full::new(3);
    let path = format!("/Users/{}", full.users[0]);
    let before = full.old.get(&path).expect(200).json();
    let told = full
        .fixture
        .muster(&["connection", "release", "old"])
        .done();
    assert_eq!(told, "4 records belong to nobody now\n");
    for client in [&full.old, &full.new] {
        assert_eq!(client.get(&path).expect(200).json(), before);
        assert_eq!(Full::total(client), 3);
        assert_eq!(members(client, &full.group).len(), 2);
    }
    // Deleted ones are released too.
    full.fixture
        .muster(&["user", "restore", "--id", &full.users[2]])
        .done();
    full.new
        .get(&format!("/Users/{}", full.users[2]))
        .expect(200);
    full.new.put(&path, &user("p0")).expect(200);
    full.old.get(&path).refused(404, None);
    let log = full.fixture.muster(&["audit", "list", "--json"]).done();
    assert_eq!(log.matches("connection.release").count(), 1, "{log}");
}

#[test]
fn moved_records_belong_to_the_other_connection_as_they_are() {
    let full = Full::new(2_300);
    let path = format!("/Users/{}", full.users[0]);
    let before = full.old.get(&path).expect(200).json();
    let told = full
        .fixture
        .muster(&["connection", "move", "old", "--to", "new"])
        .done();
    assert_eq!(told, "2301 records belong to new now\n");
    assert_eq!(
        (Full::total(&full.old), Full::total(&full.new)),
        (json!(1), json!(2_300))
    );
    full.old.get(&path).refused(404, None);
    assert_eq!(full.new.get(&path).expect(200).json(), before);
    assert_eq!(groups(&full.new, &full.users[0]), ["Staff"]);
    assert_eq!(members(&full.new, &full.group).len(), 2);
    let listed = full
        .fixture
        .muster(&["connection", "list", "--json"])
        .json();
    assert_eq!(
        (&listed[0]["records"], &listed[1]["records"]),
        (&json!(2_301), &json!(0))
    );
    // Again there is nothing to do.
    let told = full
        .fixture
        .muster(&["connection", "move", "old", "--to", "new"])
        .done();
    assert_eq!(told, "0 records belong to new now\n");
    let log = full.fixture.muster(&["audit", "list", "--json"]).done();
    assert_eq!(log.matches("connection.move").count(), 3, "{log}");
}

#[test]
fn records_go_to_a_connection_that_there_is() {
    let full = Full::new(1);
    for line in [
        ["connection", "release", "nobody", "", ""],
        ["connection", "move", "old", "--to", "nobody"],
        ["connection", "move", "nobody", "--to", "new"],
    ] {
        let line: Vec<&str> = line.into_iter().filter(|word| !word.is_empty()).collect();
        let why = full.fixture.muster(&line).failed();
        assert!(why.contains("muster connection list"), "{why}");
    }
    full.fixture
        .muster(&["connection", "move", "old", "--to", "old"])
        .failed();
    assert_eq!(
        full.fixture
            .muster(&["connection", "release", "config"])
            .done(),
        "0 records belong to nobody now\n"
    );
}

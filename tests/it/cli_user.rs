//! `muster user|roles|count|purge` as the real program, beside a gateway that is running.

use serde_json::{Value, json};

use crate::life::made;
use crate::roles::{is_admin, made_group, with};
use crate::support::{Fixture, user};

#[test]
fn create_makes_one_user_who_belongs_to_nobody() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let create = [
        "user",
        "create",
        "--email",
        "ada@example.org",
        "--given-name",
        "Ada",
        "--family-name",
        "Lovelace",
        "--admin",
        "--skip-email",
    ];
    let told = fixture.muster(&create).done();
    let found = client
        .get("/Users?filter=userName%20eq%20%22ada@example.org%22")
        .json();
    let ada = &found["Resources"][0];
    let id = ada["id"].as_str().unwrap();
    let who = format!("id: {id}\nuserName: ada@example.org\nstate: active\nadministrator: yes\n");
    let link = told.strip_prefix(&who).unwrap_or_else(|| panic!("{told}"));
    assert!(
        link.starts_with("set password at: http://127.0.0.1:8080/password/")
            && link.contains("once, until"),
        "{link}"
    );
    assert_eq!(
        ada["name"],
        json!({ "givenName": "Ada", "familyName": "Lovelace" })
    );
    assert_eq!(ada["emails"][0]["value"], "ada@example.org");
    assert!(is_admin(&fixture, id));
    // Once more: nobody is made, and the name may be written otherwise.
    let again = fixture.muster(&["user", "create", "--email", "ADA@example.org"]);
    assert_eq!((again.status, again.out.contains(id)), (0, true));
    let shown = fixture
        .muster(&["user", "show", "--id", id, "--json"])
        .json();
    assert_eq!(shown["muster"]["owner"], Value::Null);
    assert_eq!(shown["muster"]["roles"][0]["from"], "manual");
    assert_eq!(shown["muster"]["roles"][0]["by"], "cli");
    assert_eq!(client.get("/Users").json()["totalResults"], 1);
    let wrong = fixture
        .muster(&["user", "create", "--email", "ada"])
        .failed();
    assert!(wrong.contains("no e-mail address"), "{wrong}");
}

#[test]
fn a_life_by_commands_takes_effect_in_the_running_gateway_at_once() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let mut body = user("ada");
    body["emails"] = json!([{ "value": "ada@example.org" }]);
    let id = client.post("/Users", &body).expect(201).id();
    let path = format!("/Users/{id}");
    let run = |command: &str| fixture.muster(&["user", command, "--email", "ada@example.org"]);
    assert!(run("deactivate").done().contains("locked"));
    assert_eq!(client.get(&path).json()["active"], false);
    run("activate").done();
    assert_eq!(client.get(&path).json()["active"], true);
    let delete = ["user", "delete", "--skip-email", "--user", "ADA"];
    fixture.muster(&delete).done();
    client.get(&path).refused(404, None);
    assert!(run("activate").failed().contains("muster user restore"));
    let listed = fixture.muster(&["user", "list", "--deleted"]).done();
    assert!(
        listed.contains(&id) && listed.contains("deleted since"),
        "{listed}"
    );
    let filtered = |filter| {
        let listed = fixture.muster(&["user", "list", "--deleted", "--json", "--filter", filter]);
        listed.done().lines().count()
    };
    assert_eq!(
        (
            filtered("userName eq \"ada\""),
            filtered("userName eq \"eve\"")
        ),
        (1, 0)
    );
    assert!(!fixture.muster(&["user", "list"]).done().contains(&id));
    let shown = fixture.muster(&["user", "show", "--user", "ada"]).done();
    assert!(shown.contains("state: deleted since"), "{shown}");
    run("restore").done();
    client.get(&path).expect(200);
    assert!(run("restore").failed().contains("not deleted"));
    assert!(
        fixture
            .muster(&["user", "purge", "--yes", "--id", &id])
            .failed()
            .contains("not deleted")
    );
    fixture.muster(&delete).done();
    fixture
        .muster(&["user", "hold", "--id", &id, "--reason", "case 7"])
        .done();
    let held = fixture
        .muster(&["user", "purge", "--yes", "--id", &id])
        .failed();
    assert!(held.contains("case 7") && held.contains("unhold"), "{held}");
    fixture.muster(&["user", "unhold", "--id", &id]).done();
    fixture
        .muster(&["user", "purge", "--yes", "--email", "ada@example.org"])
        .done();
    assert!(run("show").failed().contains("no such user"));
}

#[test]
fn a_purge_wants_a_yes_and_wrong_usage_is_status_2() {
    let fixture = Fixture::start();
    for wrong in [
        &["user", "purge", "--id", "x"][..],
        &["user", "hold", "--id", "x"],
        &["user", "create"],
        &["user", "activate"],
        &["user", "activate", "--id", "x", "--user", "y"],
        &["roles", "unpin"],
    ] {
        assert_eq!(fixture.muster(wrong).status, 2, "{wrong:?}");
    }
}

#[test]
fn more_than_one_match_is_refused_with_the_ids() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ids = ["ada", "eve"].map(|name| {
        let mut body = user(name);
        body["emails"] = json!([{ "value": "both@example.org" }]);
        client.post("/Users", &body).expect(201).id()
    });
    let both = ["--email", "both@example.org"];
    let why = fixture
        .muster(&[&["user", "deactivate"], &both[..]].concat())
        .failed();
    assert!(ids.iter().all(|id| why.contains(id)), "{why}");
    for id in &ids {
        fixture.muster(&["user", "delete", "--id", id]).done();
    }
    let why = fixture
        .muster(&[&["user", "restore"], &both[..]].concat())
        .failed();
    assert!(ids.iter().all(|id| why.contains(id)), "{why}");
}

#[test]
fn a_restore_whose_name_is_taken_names_the_holder() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "ada");
    fixture.muster(&["user", "delete", "--id", &ada]).done();
    let holder = made(&client, "ada");
    let why = fixture.muster(&["user", "restore", "--id", &ada]).failed();
    assert!(why.contains(&holder), "{why}");
}

#[test]
fn show_and_roles_list_say_why_somebody_is_an_administrator() {
    let fixture = with(vec![("roles.admin_groups", "[\"Chefs\", \"Nobody\"]")]);
    let client = fixture.client();
    let ada = made(&client, "ada");
    let chefs = made_group(&client, "Chefs", &[&ada]);
    fixture
        .muster(&["user", "set-admin", "--user", "ada"])
        .done();
    let shown = fixture.muster(&["user", "show", "--user", "ada"]).done();
    for part in ["by hand", "by cli", &chefs, "\"Chefs\"", "pinned"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let listed = fixture.muster(&["roles", "list"]).done();
    for part in [
        "admin",
        &chefs,
        "by name",
        "1 people",
        "no such group yet",
        &ada,
        "by cli",
    ] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    let records = fixture.muster(&["roles", "list", "--json"]).json();
    assert_eq!(records[0]["groups"][0]["id"], chefs);
    fixture
        .muster(&["user", "set-admin", "--revoke", "--user", "ada"])
        .done();
    assert!(is_admin(&fixture, &ada), "the group still gives it");
    let why = fixture
        .muster(&["user", "set-admin", "--revoke", "--user", "ada"])
        .failed();
    assert!(why.contains("by hand"), "{why}");
}

#[test]
fn set_admin_revoke_takes_the_last_administrator_too() {
    let fixture = Fixture::start();
    let ada = made(&fixture.client(), "ada");
    fixture.muster(&["user", "set-admin", "--id", &ada]).done();
    let told = fixture
        .muster(&["user", "set-admin", "--revoke", "--id", &ada])
        .done();
    assert!(told.contains("administrator: no"), "{told}");
}

#[test]
fn count_counts() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ids = ["ada", "eve", "bob", "kim"].map(|name| made(&client, name));
    fixture
        .muster(&["user", "deactivate", "--id", &ids[0]])
        .done();
    fixture.muster(&["user", "delete", "--id", &ids[1]]).done();
    for id in &ids {
        drop(fixture.muster(&["user", "set-admin", "--id", id]));
    }
    let told = fixture.muster(&["count"]).done();
    assert_eq!(
        told,
        "total: 3\nactive in the last 365 days: 0\ndeactivated: 1\ndeleted: 1\nadministrators: 2\n"
    );
    let record = fixture.muster(&["count", "--json"]).json();
    assert_eq!(
        (&record["total"], &record["administrators"]),
        (&json!(3), &json!(2))
    );
}

#[test]
fn purge_previews_and_then_does_what_it_said() {
    let fixture = with(vec![("retention.purge", "true"), ("retention.days", "0")]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    for id in [&ada, &eve] {
        fixture.muster(&["user", "delete", "--id", id]).done();
    }
    fixture
        .muster(&["user", "hold", "--id", &eve, "--reason", "case 7"])
        .done();
    let preview = fixture.muster(&["purge", "--dry-run"]).done();
    assert!(
        preview.contains(&ada) && preview.contains("case 7"),
        "{preview}"
    );
    assert!(
        preview.contains("1 would be removed for good, 1 kept"),
        "{preview}"
    );
    let done = fixture.muster(&["purge"]).done();
    assert!(done.contains("1 removed for good, 1 kept"), "{done}");
    let left = fixture.muster(&["user", "list", "--deleted"]).done();
    assert!(!left.contains(&ada) && left.contains(&eve), "{left}");
    let off = Fixture::start();
    assert!(off.muster(&["purge"]).failed().contains("retention.purge"));
    assert!(
        off.muster(&["purge", "--dry-run"])
            .done()
            .contains("if retention.purge were true")
    );
}

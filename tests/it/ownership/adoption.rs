//! A first write adopts; the record of an administrator only after a decision.

use serde_json::{Value, json};

use super::{audited, bulk, connect, inbox, mailed, nobodys, nobodys_admin};
use crate::life::{groups, person, set_active};
use crate::roles::{made_group, make_admin, with};
use crate::support::{Client, Fixture, Reply, group, user};

fn owner(fixture: &Fixture, who: &str) -> Option<String> {
    person(fixture, who).owner
}

/// A write, with the path of the user it is about.
type Write<'w> = &'w dyn Fn(&Client, &str) -> Reply;

#[test]
fn a_record_belongs_to_the_connection_that_made_it() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let ada = okta.post("/Users", &user("ada")).expect(201).id();
    assert_eq!(owner(&fixture, &ada).as_deref(), Some("okta"));
    assert_eq!(owner(&fixture, &nobodys(&fixture, "bob@example.org")), None);
}

#[test]
fn a_connection_sees_and_changes_those_that_belong_to_nobody_and_its_first_write_adopts() {
    let fixture = Fixture::start();
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let unchanged = json!([{ "op": "replace", "path": "active", "value": true }]);
    let writes: [(&str, Write<'_>); 4] = [
        ("PATCH", &|client, path| {
            client.operations(
                path,
                &json!([{ "op": "add", "path": "title", "value": "Dr" }]),
            )
        }),
        ("PATCH that changes nothing", &|client, path| {
            client.operations(path, &unchanged)
        }),
        ("PUT", &|client, path| {
            let name = client.get(path).json()["userName"].clone();
            client.put(path, &user(name.as_str().unwrap_or("nobody")))
        }),
        ("DELETE", &|client, path| client.delete(path)),
    ];
    for (number, (what, write)) in writes.iter().enumerate() {
        let id = nobodys(&fixture, &format!("p{number}@example.org"));
        let path = format!("/Users/{id}");
        let before = okta.get(&path).expect(200).json();
        assert_eq!(before, entra.get(&path).expect(200).json());
        let done = write(&okta, &path);
        assert!(done.status < 300, "{what}: {}", done.text());
        assert_eq!(owner(&fixture, &id).as_deref(), Some("okta"), "{what}");
        entra.get(&path).refused(404, None);
        write(&entra, &path).refused(404, None);
        let log = audited(&fixture, &id);
        assert_eq!(
            log.iter().filter(|action| *action == "user.adopt").count(),
            1,
            "{log:?}"
        );
        if *what == "PATCH that changes nothing" {
            assert_eq!(okta.get(&path).json()["meta"], before["meta"]);
        }
    }
}

#[test]
fn a_bulk_operation_adopts_too_and_a_read_does_not() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let id = nobodys(&fixture, "ada@example.org");
    okta.get(&format!("/Users/{id}")).expect(200);
    okta.get("/Users?filter=userName%20eq%20%22ada@example.org%22")
        .expect(200);
    assert_eq!(owner(&fixture, &id), None);
    let data = json!({ "Operations": [{ "op": "add", "path": "title", "value": "Dr" }] });
    let (status, _) = bulk(
        &okta,
        &json!({ "method": "PATCH", "path": format!("/Users/{id}"), "data": data }),
    );
    assert_eq!(status, "200");
    assert_eq!(owner(&fixture, &id).as_deref(), Some("okta"));
}

#[test]
fn a_refused_write_adopts_nothing() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let id = nobodys(&fixture, "ada@example.org");
    let path = format!("/Users/{id}");
    okta.operations(
        &path,
        &json!([{ "op": "add", "path": "nonsense", "value": 1 }]),
    )
    .refused(400, Some("invalidPath"));
    okta.send("DELETE", &path, &[("If-Match", "W/\"99\"")], None)
        .refused(412, None);
    assert_eq!(owner(&fixture, &id), None);
    assert_eq!(audited(&fixture, &id), ["user.create"]);
}

/// By hand and by a group that belongs to nobody are the reasons there are.
fn administrators(fixture: &Fixture) -> Vec<String> {
    let by_hand = nobodys_admin(fixture, "root@example.org");
    let by_group = nobodys(fixture, "ops@example.org");
    made_group(&fixture.client(), "Admins", &[&by_group]);
    let shut = nobodys_admin(fixture, "shut@example.org");
    fixture
        .muster(&["user", "deactivate", "--id", &shut])
        .done();
    vec![by_hand, by_group, shut]
}

#[test]
fn an_administrators_record_is_adopted_only_after_a_decision_in_the_inbox() {
    let fixture = with(vec![("roles.admin_groups", "[\"Admins\"]")]);
    let okta = connect(&fixture, "okta");
    for (number, id) in administrators(&fixture).into_iter().enumerate() {
        let path = format!("/Users/{id}");
        let before = okta.get(&path).expect(200).json();
        let title = json!([{ "op": "add", "path": "title", "value": "Dr" }]);
        let data = json!({ "Operations": title });
        let detail = okta.operations(&path, &title).refused(403, None);
        let entry = inbox(&fixture).last().unwrap().clone();
        let decision = entry["id"].as_str().unwrap();
        assert!(
            detail.contains("inbox") && detail.contains(&format!("muster inbox allow {decision}")),
            "{detail}"
        );
        // Asked again, in whatever way, it is one question.
        okta.put(&path, &user("mallory")).refused(403, None);
        okta.delete(&path).refused(403, None);
        set_active(&okta, &id, false).refused(403, None);
        let (status, _) = bulk(
            &okta,
            &json!({ "method": "PATCH", "path": path, "data": data }),
        );
        assert_eq!(status, "403");
        assert_eq!(inbox(&fixture).len(), number + 1);
        assert_eq!(okta.get(&path).expect(200).json(), before);
        assert_eq!(
            (
                &entry["kind"],
                &entry["state"],
                &entry["connection"],
                &entry["user"]["id"]
            ),
            (
                &json!("adoption"),
                &json!("waiting"),
                &json!("okta"),
                &json!(id)
            )
        );

        fixture.muster(&["inbox", "refuse", decision]).done();
        let detail = okta.operations(&path, &title).refused(403, None);
        assert!(
            detail.contains("refused") && detail.contains("muster inbox allow"),
            "{detail}"
        );
        assert_eq!(owner(&fixture, &id), None);

        fixture.muster(&["inbox", "allow", decision]).done();
        assert_eq!(owner(&fixture, &id), None);
        okta.operations(&path, &title).expect(200);
        assert_eq!(owner(&fixture, &id).as_deref(), Some("okta"));
        // The decision is used up; the audit log keeps it.
        assert_eq!(inbox(&fixture).len(), number);
        let log = audited(&fixture, &id);
        for action in ["inbox.ask", "inbox.refuse", "inbox.allow", "user.adopt"] {
            assert_eq!(
                log.iter().filter(|one| *one == action).count(),
                1,
                "{log:?}"
            );
        }
        // So that the next one counts from the same.
        nobodys_admin(&fixture, &format!("next{number}@example.org"));
        let next = nobodys_admin(&fixture, &format!("again{number}@example.org"));
        okta.delete(&format!("/Users/{next}")).refused(403, None);
    }
}

#[test]
fn a_question_that_only_bulk_asked_survives_the_operation_that_was_undone() {
    let fixture = Fixture::start();
    let okta = connect(&fixture, "okta");
    let id = nobodys_admin(&fixture, "root@example.org");
    let (status, done) = bulk(
        &okta,
        &json!({ "method": "DELETE", "path": format!("/Users/{id}") }),
    );
    assert_eq!(status, "403");
    let detail = done["response"]["detail"].as_str().unwrap();
    let entries = inbox(&fixture);
    assert_eq!(entries.len(), 1);
    assert!(
        detail.contains(entries[0]["id"].as_str().unwrap()),
        "{detail}"
    );
}

#[test]
fn a_decision_about_one_connection_says_nothing_about_another() {
    let fixture = Fixture::start();
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let id = nobodys_admin(&fixture, "root@example.org");
    okta.delete(&format!("/Users/{id}")).refused(403, None);
    entra.delete(&format!("/Users/{id}")).refused(403, None);
    let entries = inbox(&fixture);
    assert_eq!(entries.len(), 2);
    let of_okta = entries
        .iter()
        .find(|entry| entry["connection"] == "okta")
        .unwrap();
    fixture
        .muster(&["inbox", "allow", of_okta["id"].as_str().unwrap()])
        .done();
    entra.delete(&format!("/Users/{id}")).refused(403, None);
    // One adopts: the other has nothing to ask any more.
    okta.put(&format!("/Users/{id}"), &user("root@example.org"))
        .expect(200);
    assert_eq!(inbox(&fixture), Vec::<Value>::new());
    entra.delete(&format!("/Users/{id}")).refused(404, None);
}

#[test]
fn an_entry_that_does_not_exist_is_told() {
    let fixture = Fixture::start();
    for verb in ["allow", "refuse"] {
        let why = fixture
            .muster(&["inbox", verb, "0123456789abcdef"])
            .failed();
        assert!(why.contains("muster inbox list"), "{why}");
    }
}

#[test]
fn a_record_that_is_adopted_stands_for_nobody_in_groups_of_others() {
    let fixture = Fixture::start();
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let id = nobodys(&fixture, "ada@example.org");
    let of_okta = made_group(&okta, "Okta", &[&id]);
    let of_entra = made_group(&entra, "Entra", &[&id]);
    assert_eq!(groups(&okta, &id), ["Okta"]);
    assert_eq!(groups(&entra, &id), ["Entra"]);
    set_active(&entra, &id, false).expect(200);
    assert_eq!(groups(&entra, &id), ["Entra"]);
    // What was sent stays, and stands for nobody: no `$ref`.
    let member = |client: &Client, group: &str| {
        client.get(&format!("/Groups/{group}")).expect(200).json()["members"][0].clone()
    };
    assert_eq!(member(&okta, &of_okta), json!({ "value": id }));
    assert!(member(&entra, &of_entra)["$ref"].is_string());
}

#[test]
fn the_last_administrator_is_not_adopted_out_of_the_group_that_makes_them_one() {
    let fixture = with(vec![("roles.admin_groups", "[\"Admins\"]")]);
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let id = nobodys(&fixture, "ops@example.org");
    made_group(&entra, "Admins", &[&id]);
    let path = format!("/Users/{id}");
    okta.put(&path, &mailed("ops@example.org", "ops@example.org"))
        .refused(403, None);
    let question = inbox(&fixture)[0]["id"].as_str().unwrap().to_owned();
    fixture.muster(&["inbox", "allow", &question]).done();
    let detail = okta.put(&path, &user("ops@example.org")).refused(403, None);
    assert!(detail.contains("muster user set-admin"), "{detail}");
    let other = okta.post("/Users", &user("other")).expect(201).id();
    make_admin(&fixture, &other);
    okta.put(&path, &user("ops@example.org")).expect(200);
    assert_eq!(owner(&fixture, &id).as_deref(), Some("okta"));
    assert!(!person(&fixture, &id).administrator);
}

#[test]
fn a_group_of_nobodys_is_adopted_with_the_members_that_are_seen() {
    let fixture = Fixture::start();
    let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
    let [mine, theirs] =
        ["mine", "theirs"].map(|name| okta.post("/Users", &user(name)).expect(201).id());
    let id = made_group(&okta, "Staff", &[&mine, &theirs]);
    fixture.muster(&["connection", "release", "okta"]).done();
    let path = format!("/Groups/{id}");
    okta.put(&format!("/Users/{theirs}"), &user("theirs"))
        .expect(200);
    // What belongs to somebody else is not there for the one who looks.
    assert_eq!(crate::life::members(&entra, &id), [&*mine]);
    entra
        .operations(
            &path,
            &json!([{ "op": "replace", "path": "externalId", "value": "x" }]),
        )
        .expect(200);
    assert_eq!(crate::life::members(&entra, &id), [&*mine]);
    assert_eq!(audited(&fixture, &id).last().unwrap(), "group.update");
    assert_eq!(groups(&okta, &theirs), [""; 0]);
    okta.get(&path).refused(404, None);
    okta.post("/Groups", &group("Staff", &json!([])))
        .refused(409, Some("uniqueness"));
}

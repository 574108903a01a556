//! A POST that names somebody who was deleted (`scim.on_recreate`, CONTRACT section 5).

use muster::service::{Actor, Wanted};
use serde_json::{Value, json};

use super::{delete, groups, id, made, members, person, restore, set_active};
use crate::support::{Fixture, Setup, group, user};

fn known(name: &str, external: &str) -> Value {
    let mut body = user(name);
    body["externalId"] = json!(external);
    body
}

#[test]
fn a_post_with_both_names_of_a_deleted_user_restores_it_without_rights_of_an_administrator() {
    let fixture = Fixture::with(Setup {
        settings: vec![("roles.admin_groups", "Admins")],
        ..Setup::default()
    });
    let client = fixture.client();
    let mut first = known("ada", "e1");
    first["title"] = json!("Countess");
    let made = client.post("/Users", &first).expect(201);
    let ada = made.id();
    for name in ["Staff", "Admins"] {
        let body = group(name, &json!([{ "value": ada }]));
        client.post("/Groups", &body).expect(201);
    }
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &id(&ada)))
        .unwrap();
    // Somebody else stays an administrator, so that SCIM may delete this one.
    let eve = super::made(&client, "eve");
    fixture
        .block_on(fixture.gateway.make_administrator(Actor::Cli, &id(&eve)))
        .unwrap();
    delete(&fixture, &ada);
    let mut second = known("ADA", "e1");
    second["nickName"] = json!("Ada");
    let back = client.post("/Users", &second).expect(201);
    let (old, new) = (made.json(), back.json());
    assert_eq!(back.id(), ada);
    assert_eq!(new["meta"]["created"], old["meta"]["created"]);
    assert_eq!(
        (&new["userName"], &new["nickName"]),
        (&json!("ADA"), &json!("Ada"))
    );
    assert_eq!(
        (new.get("title"), &new["active"]),
        (None, &json!(true)),
        "as a PUT would"
    );
    assert_eq!(groups(&client, &ada), ["Staff"]);
    let person = person(&fixture, &ada);
    assert!(
        !person.administrator && person.reasons.is_empty(),
        "{person:?}"
    );
    assert_eq!(back.header("location"), new["meta"]["location"].as_str());
}

#[test]
fn of_several_deleted_the_latest_is_restored() {
    let fixture = Fixture::with(Setup {
        settings: vec![("scim.on_recreate", "new")],
        ..Setup::default()
    });
    let client = fixture.client();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = client.post("/Users", &known("ada", "e1")).expect(201).id();
        delete(&fixture, &id);
        ids.push(id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "new makes new ones");
    let fixture = fixture.anew(Setup::default());
    let back = fixture
        .client()
        .post("/Users", &known("ada", "e1"))
        .expect(201);
    assert_eq!(back.id(), ids[2]);
}

#[test]
fn a_deactivated_match_is_409() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = client.post("/Users", &known("ada", "e1")).expect(201).id();
    set_active(&client, &ada, false).expect(200);
    client
        .post("/Users", &known("ada", "e1"))
        .refused(409, Some("uniqueness"));
    assert_eq!(person(&fixture, &ada).user.state, "deactivated");
}

#[test]
fn any_other_post_is_a_new_person() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = client.post("/Users", &known("ada", "e1")).expect(201).id();
    delete(&fixture, &ada);
    let none = made(&client, "ada");
    delete(&fixture, &none);
    let token = fixture
        .block_on(fixture.gateway.create_token(
            "other",
            Wanted::default(),
            std::time::Duration::from_secs(60),
        ))
        .unwrap();
    let other = fixture.client_with(Some(&token));
    let posts = [
        (&client, known("ada", "e2")),
        (&client, known("eve", "e1")),
        (&other, known("ada", "e1")),
    ];
    for (client, body) in posts {
        let new = client.post("/Users", &body).expect(201).id();
        assert!(new != ada && new != none, "{body}");
        client.delete(&format!("/Users/{new}")).expect(204);
    }
    assert_eq!(
        client.post("/Users", &known("ada", "e1")).expect(201).id(),
        ada
    );
}

#[test]
fn a_name_that_somebody_else_has_by_now_is_409_and_a_lock_stays() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = client.post("/Users", &known("ada", "e1")).expect(201).id();
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&ada)))
        .unwrap();
    delete(&fixture, &ada);
    let holder = made(&client, "ada");
    client
        .post("/Users", &known("ada", "e1"))
        .refused(409, Some("uniqueness"));
    assert_eq!(person(&fixture, &ada).user.state, "deleted");
    delete(&fixture, &holder);
    let back = client.post("/Users", &known("ada", "e1")).expect(201);
    assert_eq!(
        (back.id(), &back.json()["active"]),
        (ada.clone(), &json!(false))
    );
    assert!(person(&fixture, &ada).user.locked);
}

#[test]
fn bulk_restores_too_and_what_refers_to_the_post_means_the_restored_one() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = client.post("/Users", &known("ada", "e1")).expect(201).id();
    delete(&fixture, &ada);
    let bulk = |operations: Value| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": operations,
        });
        client.post("/Bulk", &body).expect(200).json()["Operations"].clone()
    };
    let done = bulk(json!([
        { "method": "POST", "path": "/Groups", "bulkId": "g",
          "data": group("Staff", &json!([{ "value": "bulkId:u" }])) },
        { "method": "POST", "path": "/Users", "bulkId": "u", "data": known("ada", "e1") },
    ]));
    assert_eq!(done[1]["status"], "201", "{done}");
    assert!(
        done[1]["location"].as_str().unwrap().ends_with(&ada),
        "{done}"
    );
    let group = done[0]["location"].as_str().unwrap();
    let group = group.rsplit('/').next().unwrap();
    assert_eq!(members(&client, group), [ada.as_str()]);
    // Deleted and made anew in one request.
    let done = bulk(json!([
        { "method": "DELETE", "path": format!("/Users/{ada}") },
        { "method": "POST", "path": "/Users", "bulkId": "u", "data": known("ada", "e1") },
    ]));
    assert!(
        done[1]["location"].as_str().unwrap().ends_with(&ada),
        "{done}"
    );
    assert_eq!(groups(&client, &ada), ["Staff"]);
    delete(&fixture, &ada);
    restore(&fixture, &ada).unwrap();
}

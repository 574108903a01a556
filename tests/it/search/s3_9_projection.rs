//! RFC 7644 §3.9: `attributes` and `excludedAttributes` on every verb that answers a resource.

use serde_json::{Value, json};

use super::{GROUP, USER, list, make_group, make_user};
use crate::support::{Fixture, Setup};

fn keys(resource: &Value) -> Vec<&str> {
    resource
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn every_verb_answers_what_was_asked_for() {
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        ..Setup::default()
    });
    let client = fixture.client();
    let person = json!({ "schemas": [USER], "userName": "ada", "title": "Dr", "name": { "givenName": "A", "familyName": "L" } });
    let made = client
        .post("/Users?attributes=title,name.givenName", &person)
        .expect(201);
    let id = made.id();
    let item = format!("/Users/{id}");
    let change = json!([{ "op": "replace", "path": "title", "value": "Prof" }]);
    let search = super::search_body(&json!({ "attributes": ["title", "name.givenName"] }));
    let answers = [
        made.json(),
        client
            .get(&format!("{item}?attributes=title,NAME.givenname"))
            .expect(200)
            .json(),
        client
            .put(&format!("{item}?attributes=title,name.givenName"), &person)
            .expect(200)
            .json(),
        client
            .operations(&format!("{item}?attributes=title,name.givenName"), &change)
            .expect(200)
            .json(),
        list(&client, "/Users", &[("attributes", "title,name.givenName")])["Resources"][0].clone(),
        client.post("/Users/.search", &search).expect(200).json()["Resources"][0].clone(),
    ];
    for answer in &answers {
        assert_eq!(keys(answer), ["id", "schemas", "title", "name"], "{answer}");
        assert_eq!(keys(&answer["name"]), ["givenName"]);
    }
    let without = client
        .get(&format!(
            "{item}?excludedAttributes=meta,name,id,schemas,userName"
        ))
        .expect(200);
    assert_eq!(keys(&without.json()), ["id", "schemas", "title", "active"]);
}

#[test]
fn members_and_groups_come_only_where_they_are_wanted() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = make_user(&client, "ada", json!({}));
    let staff = make_group(&client, "staff", &[&ada]);
    let body = json!({ "schemas": [GROUP], "displayName": "staff", "members": [{ "value": ada }] });
    let change = json!([{ "op": "replace", "path": "externalId", "value": "s" }]);
    for (query, expected) in [
        ("", true),
        ("?attributes=members", true),
        ("?attributes=members.value", true),
        ("?attributes=displayName", false),
        ("?excludedAttributes=members", false),
        ("?excludedAttributes=displayName", true),
    ] {
        let item = format!("/Groups/{staff}{query}");
        let answers = [
            client.get(&item).expect(200).json(),
            client.put(&item, &body).expect(200).json(),
            client.operations(&item, &change).expect(200).json(),
            client.get(&format!("/Groups{query}")).expect(200).json()["Resources"][0].clone(),
        ];
        for answer in answers {
            assert_eq!(
                answer.get("members").is_some(),
                expected,
                "{query} {answer}"
            );
        }
        let query = query
            .replace("members.value", "groups.value")
            .replace("members", "groups");
        let answers = [
            client
                .get(&format!("/Users/{ada}{query}"))
                .expect(200)
                .json(),
            client.get(&format!("/Users{query}")).expect(200).json()["Resources"][0].clone(),
            client.get(&format!("/{query}")).expect(200).json()["Resources"][0].clone(),
        ];
        for answer in answers {
            assert_eq!(answer.get("groups").is_some(), expected, "{query} {answer}");
        }
    }
}

#[test]
fn a_list_knows_the_groups_of_each_user() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ids: Vec<String> = (0..40)
        .map(|number| make_user(&client, &format!("u{number}"), json!({})))
        .collect();
    let odd: Vec<&str> = ids.iter().skip(1).step_by(2).map(String::as_str).collect();
    make_group(&client, "odd", &odd);
    make_group(&client, "first", &[&ids[0], &ids[1]]);
    for path in ["/Users", "/"] {
        let found = list(&client, path, &[("filter", "userName pr")]);
        for one in found["Resources"].as_array().unwrap() {
            let id = one["id"].as_str().unwrap();
            assert_eq!(*one, client.get(&format!("/Users/{id}")).expect(200).json());
        }
        assert_eq!(found["Resources"][1]["groups"].as_array().unwrap().len(), 2);
    }
}

//! Resources from their making to their end: statuses and headers as RFC 7644 §3 wants them.

use serde_json::json;

use crate::support::{Fixture, World, user};

#[test]
fn a_user_is_made_read_changed_and_deleted() {
    let fixture = Fixture::start();
    let client = fixture.client();

    let made = client.post("/Users", &user("ada")).expect(201);
    let (id, location) = (
        made.id(),
        made.json()["meta"]["location"].as_str().unwrap().to_owned(),
    );
    assert_eq!(
        location,
        format!("http://{}/scim/v2/Users/{id}", fixture.address)
    );
    assert_eq!(made.header("location"), Some(&*location));
    assert_eq!(made.header("content-location"), Some(&*location));
    assert_eq!(made.header("content-type"), Some("application/scim+json"));
    assert_eq!(made.json()["meta"]["version"], made.etag());
    assert!(made.etag().starts_with("W/\""));

    let path = format!("/Users/{id}");
    let read = client.get(&path).expect(200);
    assert_eq!((read.json(), read.etag()), (made.json(), made.etag()));
    assert_eq!(read.header("location"), Some(&*location));

    let mut body = user("ada");
    body["title"] = json!("Countess");
    let replaced = client.put(&path, &body).expect(200);
    assert_eq!(replaced.json()["title"], "Countess");
    assert_ne!(replaced.etag(), made.etag());

    let patched = client
        .operations(&path, &json!([{ "op": "remove", "path": "title" }]))
        .expect(200);
    assert_eq!(patched.json().get("title"), None);
    assert_eq!(client.get(&path).json(), patched.json());

    let deleted = client.delete(&path).expect(204);
    assert_eq!(
        (deleted.body.len(), deleted.header("content-type")),
        (0, None)
    );
    for reply in [
        client.get(&path),
        client.put(&path, &body),
        client.delete(&path),
    ] {
        reply.refused(404, None);
    }
    client.post("/Users", &user("ada")).expect(201);
}

#[test]
fn head_is_get_without_the_body() {
    let world = World::strict();
    for path in [
        "/Users".to_owned(),
        format!("/Users/{}", world.user),
        "/Schemas".to_owned(),
    ] {
        let (head, get) = (
            world.client.send("HEAD", &path, &[], None),
            world.client.get(&path),
        );
        assert_eq!(head.status, 200, "{path}");
        assert!(head.body.is_empty());
        assert_eq!(
            head.header("content-length"),
            Some(&*get.body.len().to_string())
        );
        assert_eq!(head.header("etag"), get.header("etag"));
    }
}

#[test]
fn a_list_has_its_counters_and_its_page() {
    let world = World::strict();
    let list = world
        .client
        .get("/Users?startIndex=2&count=1")
        .expect(200)
        .json();
    assert_eq!(list["totalResults"], 2);
    assert_eq!(list["startIndex"], 2);
    assert_eq!(list["itemsPerPage"], 1);
    assert_eq!(list["Resources"][0]["id"], world.other);
    let none = world
        .client
        .get("/Users?filter=userName%20eq%20%22nobody%22")
        .expect(200)
        .json();
    assert_eq!(
        (&none["totalResults"], &none["Resources"]),
        (&json!(0), &json!([]))
    );
    let found = world
        .client
        .get("/Users?filter=userName%20eq%20%22ADA%22&attributes=userName")
        .expect(200)
        .json();
    assert_eq!(found["Resources"][0]["userName"], "ada");
}

#[test]
fn parameters_shape_every_answer() {
    let world = World::strict();
    let path = format!("/Users/{}?attributes=userName", world.user);
    let names = |reply: crate::support::Reply| {
        let body = reply.expect(200).json();
        let mut names: Vec<String> = body.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let expected = ["id", "schemas", "userName"];
    assert_eq!(names(world.client.get(&path)), expected);
    assert_eq!(names(world.client.put(&path, &user("ada"))), expected);
    let change = json!([{ "op": "add", "path": "title", "value": "x" }]);
    assert_eq!(names(world.client.operations(&path, &change)), expected);
    let made = world
        .client
        .post("/Users?excludedAttributes=meta", &user("new"))
        .expect(201);
    assert_eq!(made.json().get("meta"), None);
}

#[test]
fn a_group_that_is_too_large_to_be_held_is_answered_whole() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ids = |group: &serde_json::Value| -> Vec<String> {
        let members = group["members"].as_array().unwrap().iter();
        members
            .map(|member| member["value"].as_str().unwrap().to_owned())
            .collect()
    };
    let wanted: Vec<String> = (0..2_500)
        .map(|number| format!("person-\"{number:04}"))
        .collect();
    let members: Vec<_> = wanted
        .iter()
        .map(|id| json!({ "value": id, "display": id }))
        .collect();
    let body = json!({ "displayName": "all", "members": members });
    let path = format!("/Groups/{}", client.post("/Groups", &body).expect(201).id());

    let whole = client.get(&path).expect(200);
    assert_eq!(ids(&whole.json()), wanted);
    assert_eq!(whole.json()["meta"]["version"], whole.etag());
    assert_eq!(
        whole.json()["members"][2_400]["display"],
        wanted[2_400].as_str()
    );

    let projected = client
        .get(&format!("{path}?attributes=members.value"))
        .expect(200)
        .json();
    assert_eq!(ids(&projected), wanted);
    assert_eq!(
        projected["members"][2_400],
        json!({ "value": wanted[2_400] })
    );
    assert_eq!(projected["meta"], serde_json::Value::Null);
}

#[test]
fn a_page_is_never_older_than_the_last_change() {
    let fixture = Fixture::start();
    let client = fixture.client();
    for number in 0..40 {
        let mut body = user(&format!("user{number}"));
        body["title"] = json!("Engineer ".repeat(30));
        client.post("/Users", &body).expect(201);
    }
    let states = |client: &crate::support::Client| -> Vec<bool> {
        let page = client.get("/Users?count=100").expect(200).json();
        let users = page["Resources"].as_array().unwrap().iter();
        users
            .map(|user| user["active"].as_bool().unwrap())
            .collect()
    };
    assert_eq!(states(&client), [true; 40]);
    assert_eq!(states(&client), [true; 40]);
    // Another process.
    fixture
        .muster(&["user", "deactivate", "--user", "user3"])
        .done();
    for _ in 0..4 {
        assert_eq!(states(&client).iter().filter(|active| !**active).count(), 1);
    }
    let id = client.get("/Users?count=1").expect(200).json()["Resources"][0]["id"].clone();
    let path = format!("/Users/{}", id.as_str().unwrap());
    client
        .operations(
            &path,
            &json!([{ "op": "replace", "path": "active", "value": false }]),
        )
        .expect(200);
    for _ in 0..4 {
        assert_eq!(states(&client).iter().filter(|active| !**active).count(), 2);
    }
}

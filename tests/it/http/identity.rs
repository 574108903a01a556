//! The path says which resource is meant; neither body nor query nor header can say otherwise.

use serde_json::{Value, json};

use crate::support::{Fixture, Setup, World, group, user};

/// In both profiles: the world, and `grace` as she was.
fn worlds() -> Vec<(World, Value)> {
    ["rfc", "auto"]
        .into_iter()
        .map(|profile| {
            let world = World::new(Setup {
                profile,
                ..Setup::default()
            });
            let grace = world.client.get(&format!("/Users/{}", world.other)).json();
            (world, grace)
        })
        .collect()
}

#[test]
fn the_id_in_a_new_resource_is_not_its_id() {
    for (world, grace) in worlds() {
        for (n, id) in ["0", "-1", "admin", &world.other].into_iter().enumerate() {
            let mut body = user(&format!("new{n}"));
            body["id"] = json!(id);
            body["externalId"] = json!(id);
            body["meta"] = json!({ "location": "https://evil.example/x", "version": "W/\"9\"", "resourceType": "Group", "created": "2001-01-01T00:00:00Z" });
            let made = world.client.post("/Users", &body).expect(201);
            assert_ne!(made.id(), id);
            let meta = &made.json()["meta"];
            assert_eq!(meta["resourceType"], "User");
            assert!(meta["location"].as_str().unwrap().ends_with(&made.id()));
            assert!(!meta["created"].as_str().unwrap().starts_with("2001"));
        }
        assert_eq!(
            world.client.get(&format!("/Users/{}", world.other)).json(),
            grace
        );
    }
}

#[test]
fn a_change_goes_to_the_resource_of_the_path() {
    for (world, grace) in worlds() {
        let path = format!("/Users/{}", world.user);
        let mut body = user("ada");
        body["id"] = json!(world.other);
        body["title"] = json!("changed");
        let put = world.client.put(&path, &body);
        assert!([200, 400].contains(&put.status), "{}", put.text());

        for operation in [
            json!({ "op": "replace", "path": "id", "value": world.other }),
            json!({ "op": "replace", "value": { "id": world.other, "title": "changed" } }),
            json!({ "op": "add", "value": { "meta": { "location": "x" } } }),
            json!({ "op": "replace", "path": "meta.resourceType", "value": "Group" }),
        ] {
            let reply = world.client.operations(&path, &json!([operation]));
            assert!(
                [200, 400].contains(&reply.status),
                "{operation}: {}",
                reply.text()
            );
        }
        let ada = world.client.get(&path).expect(200).json();
        assert_eq!(
            (&ada["id"], &ada["meta"]["resourceType"]),
            (&json!(world.user), &json!("User"))
        );
        assert_eq!(
            world.client.get(&format!("/Users/{}", world.other)).json(),
            grace
        );
    }
}

#[test]
fn a_query_names_no_other_resource() {
    for (world, grace) in worlds() {
        let other = &world.other;
        for query in [
            format!("id={other}"),
            format!("value={other}&userId={other}"),
            format!("path=/Users/{other}"),
        ] {
            let path = format!("/Users/{}?{query}", world.user);
            assert_eq!(world.client.get(&path).expect(200).id(), world.user);
            assert_eq!(
                world.client.put(&path, &user("ada")).expect(200).id(),
                world.user
            );
        }
        world
            .client
            .delete(&format!("/Users/{}?id={other}", world.user))
            .expect(204);
        assert_eq!(world.client.get(&format!("/Users/{other}")).json(), grace);
    }
}

#[test]
fn the_schema_in_a_body_does_not_choose_the_type() {
    for (world, _) in worlds() {
        let groups = world.client.get("/Groups").json()["totalResults"].clone();
        let mut body = group("Admins", &json!([]));
        body["userName"] = json!("sneaky");
        let reply = world.client.post("/Users", &body);
        assert!([201, 400].contains(&reply.status), "{}", reply.text());
        if reply.status == 201 {
            assert_eq!(reply.json()["meta"]["resourceType"], "User");
        }
        assert_eq!(world.client.get("/Groups").json()["totalResults"], groups);
    }
}

#[test]
fn no_header_overrides_the_method() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let path = format!("/Users/{}", client.post("/Users", &user("ada")).id());
    for header in [
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
    ] {
        client
            .send("GET", &path, &[(header, "DELETE")], None)
            .expect(200);
        client
            .send_json("POST", "/Users", &[(header, "DELETE")], &user(header))
            .expect(201);
    }
    client.get(&format!("{path}?_method=DELETE")).expect(200);
    client.get(&path).expect(200);
}

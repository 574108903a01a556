//! Versions: conditional reads and changes (RFC 7644 §3.14).

use serde_json::{Value, json};

use crate::support::{Client, Reply, World, user};

fn title(value: &str) -> Value {
    crate::support::patch_body(&json!([{ "op": "replace", "path": "title", "value": value }]))
}

fn if_match(client: &Client, method: &str, path: &str, tag: &str) -> Reply {
    let headers = [("If-Match", tag)];
    match method {
        "PUT" => client.send_json(method, path, &headers, &user("ada")),
        "PATCH" => client.send_json(method, path, &headers, &title(tag)),
        _ => client.send(method, path, &headers, None),
    }
}

#[test]
fn a_known_version_is_not_sent_again() {
    let world = World::strict();
    for path in world.items() {
        let etag = world.client.get(&path).etag();
        let opaque = etag.trim_start_matches("W/").to_owned();
        for tag in [
            etag.clone(),
            opaque,
            format!("\"other\", {etag}"),
            "*".to_owned(),
        ] {
            let reply = world
                .client
                .send("GET", &path, &[("If-None-Match", &tag)], None);
            assert_eq!((reply.status, reply.body.len()), (304, 0), "{tag}");
            assert_eq!(reply.etag(), etag);
        }
        for tag in ["W/\"other\"", "\"W/\""] {
            world
                .client
                .send("GET", &path, &[("If-None-Match", tag)], None)
                .expect(200);
        }
    }
}

#[test]
fn a_stale_version_is_412_and_changes_nothing() {
    let world = World::strict();
    let path = format!("/Users/{}", world.user);
    let stale = world.client.get(&path).etag();
    let fresh = world.client.patch(&path, &title("new")).expect(200).etag();
    assert_ne!(stale, fresh);
    for method in ["PUT", "PATCH", "DELETE"] {
        for tag in [&*stale, "W/\"0\"", "\"other\", \"another\""] {
            let what = format!("{method} {tag}");
            let reply = world.unchanged_by(&what, |client| if_match(client, method, &path, tag));
            reply.refused(412, None);
        }
    }
    if_match(&world.client, "PUT", &path, &format!("{stale}, {fresh}")).expect(200);
    if_match(&world.client, "PATCH", &path, "*").expect(200);
    let fresh = world.client.get(&path).etag();
    if_match(&world.client, "DELETE", &path, &fresh).expect(204);
}

#[test]
fn a_condition_on_what_is_not_there_is_404() {
    let world = World::strict();
    for method in ["PUT", "PATCH", "DELETE"] {
        if_match(&world.client, method, "/Users/none", "*").refused(404, None);
    }
}

#[test]
fn a_condition_that_cannot_be_read_is_refused() {
    let world = World::strict();
    let path = format!("/Users/{}", world.user);
    for tag in ["", " , ", "W/", "\"\""] {
        let reply = world.unchanged_by(tag, |client| if_match(client, "DELETE", &path, tag));
        assert!(
            [400, 412].contains(&reply.status),
            "{tag:?}: {}",
            reply.text()
        );
    }
}

#[test]
fn a_change_that_changes_nothing_keeps_the_version() {
    let world = World::strict();
    let path = format!("/Users/{}", world.user);
    let first = world.client.patch(&path, &title("x")).expect(200);
    let again = world.client.patch(&path, &title("x")).expect(200);
    assert_eq!((first.etag(), first.json()), (again.etag(), again.json()));
}

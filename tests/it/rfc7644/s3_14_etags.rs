//! Section 3.14: versions, conditional reads and conditional changes.

use serde_json::json;

use crate::support::strict::{made, stored, strict, user};

/// `ETag` is `meta.version`, weak, and moves with every change.
#[test]
fn s3_14_etag_is_meta_version() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let reply = client.post("/Users", &user("ada", json!({}))).expect(201);
    let path = format!("/Users/{}", reply.id());
    let mut seen = vec![reply.etag()];
    for title in ["a", "b"] {
        let reply = client
            .operations(
                &path,
                &json!([{ "op": "add", "path": "title", "value": title }]),
            )
            .expect(200);
        assert_eq!(reply.json()["meta"]["version"], reply.etag());
        assert!(reply.etag().starts_with("W/\"") && !seen.contains(&reply.etag()));
        seen.push(reply.etag());
    }
}

/// `If-None-Match` on GET: 304 without a body.
#[test]
fn s3_14_reads_that_know_the_version() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let etag = client.get(&path).etag();
    let strong = etag.trim_start_matches("W/");
    let several = format!("W/\"0\", {etag}");
    for tags in [&*etag, strong, &several, "*"] {
        let reply = client
            .send("GET", &path, &[("If-None-Match", tags)], None)
            .expect(304);
        assert!(reply.body.is_empty());
        assert_eq!(reply.header("etag"), Some(&*etag));
    }
    client
        .send("GET", &path, &[("If-None-Match", "W/\"0\"")], None)
        .expect(200);
    client
        .send("GET", "/Users/nobody", &[("If-None-Match", "*")], None)
        .refused(404, None);
}

/// `If-Match` on PUT, PATCH and DELETE: 412 unless it is the present version, and nothing is changed.
#[test]
fn s3_14_changes_of_a_version() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let before = stored(&client, &path);
    let put = user("ada", json!({ "title": "x" }));
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "add", "path": "title", "value": "y" }],
    });
    let stale = [
        ("If-Match", "W/\"0\""),
        ("If-Match", "\"x\", W/\"y\""),
        ("If-None-Match", "*"),
    ];
    for condition in stale {
        client
            .send_json("PUT", &path, &[condition], &put)
            .refused(412, None);
        client
            .send_json("PATCH", &path, &[condition], &change)
            .refused(412, None);
        client
            .send("DELETE", &path, &[condition], None)
            .refused(412, None);
    }
    for bad in ["", "\"\"", ","] {
        client
            .send_json("PUT", &path, &[("If-Match", bad)], &put)
            .refused(400, Some("invalidValue"));
    }
    assert_eq!(stored(&client, &path), before);
    let first = client.get(&path).etag();
    let second = client
        .send_json("PUT", &path, &[("If-Match", &first)], &put)
        .expect(200)
        .etag();
    client
        .send_json("PATCH", &path, &[("If-Match", &first)], &change)
        .refused(412, None);
    client
        .send_json("PATCH", &path, &[("If-Match", "*")], &change)
        .expect(200);
    client
        .send("DELETE", &path, &[("If-Match", &second)], None)
        .refused(412, None);
    let third = client.get(&path).etag();
    client
        .send("DELETE", &path, &[("If-Match", &third)], None)
        .expect(204);
    client
        .send_json("PUT", &path, &[("If-Match", "*")], &put)
        .refused(404, None);
}

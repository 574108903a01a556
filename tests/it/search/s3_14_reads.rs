//! RFC 7644 §3.14 and RFC 9110 §13: conditions on every verb.

use serde_json::json;

use super::{USER, make_user};
use crate::support::Fixture;

#[test]
fn a_condition_holds_or_nothing_is_done() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let id = make_user(&client, "ada", json!({}));
    let item = format!("/Users/{id}");
    let etag = client.get(&item).expect(200).etag();
    let bare = etag.trim_start_matches("W/").to_owned();
    let person = json!({ "schemas": [USER], "userName": "ada", "title": "Dr" });
    let change = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "add", "path": "title", "value": "Prof" }],
    });
    let old = "W/\"0\"";
    for (name, value, holds) in [
        ("If-Match", old, false),
        ("If-Match", &*etag, true),
        ("If-Match", &*bare, true),
        ("If-Match", "*", true),
        ("If-None-Match", old, true),
        ("If-None-Match", &*etag, false),
        ("If-None-Match", "*", false),
    ] {
        let headers = [(name, value)];
        let read = client.send("GET", &item, &headers, None);
        let expected = match (name, holds) {
            (_, true) => 200,
            ("If-Match", false) => 412,
            (_, false) => 304,
        };
        assert_eq!(read.status, expected, "{name}: {value}");
        if !holds {
            client
                .send_json("PUT", &item, &headers, &person)
                .refused(412, None);
            client
                .send_json("PATCH", &item, &headers, &change)
                .refused(412, None);
            client
                .send("DELETE", &item, &headers, None)
                .refused(412, None);
            assert_eq!(client.get(&item).expect(200).etag(), etag);
        }
    }
    let put = client
        .send_json("PUT", &item, &[("If-Match", &etag)], &person)
        .expect(200);
    let patched = client
        .send_json("PATCH", &item, &[("If-Match", &put.etag())], &change)
        .expect(200);
    client
        .send("DELETE", &item, &[("If-Match", &put.etag())], None)
        .refused(412, None);
    client
        .send("DELETE", &item, &[("If-Match", &patched.etag())], None)
        .expect(204);
}

#[test]
fn what_is_known_is_not_sent_again() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let id = make_user(&client, "ada", json!({}));
    let item = format!("/Users/{id}");
    let whole = client.get(&item).expect(200);
    let known = client
        .send("GET", &item, &[("If-None-Match", &whole.etag())], None)
        .expect(304);
    assert_eq!(known.body, b"");
    assert_eq!(known.etag(), whole.etag());
    // RFC 9110 §15.4.5: what a 200 would have sent of these.
    assert_eq!(
        known.header("content-location"),
        whole.header("content-location")
    );
    assert_eq!(
        whole.header("content-location"),
        whole.json()["meta"]["location"].as_str()
    );
    // If-Match is asked first.
    let both = [("If-Match", "W/\"0\""), ("If-None-Match", &*whole.etag())];
    client.send("GET", &item, &both, None).refused(412, None);
    client
        .send("GET", "/Users/none", &both, None)
        .refused(404, None);
}

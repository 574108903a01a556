//! Section 3.6: DELETE.

use serde_json::json;

use crate::support::strict::{column, group, made, query, strict, user};

/// 204 without a body; afterwards 404 for every verb, absent from every list, and the name is free.
#[test]
fn s3_6_what_is_deleted_is_gone() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let body = user("ada", json!({ "emails": [{ "value": "a@x" }] }));
    let path = made(&client, "/Users", &body);
    let id = path.trim_start_matches("/Users/").to_owned();
    let members = json!({ "members": [{ "value": id }] });
    let staff = made(&client, "/Groups", &group("staff", members));
    let reply = client.delete(&path).expect(204);
    assert!(reply.body.is_empty());
    let operations = json!([{ "op": "add", "path": "title", "value": "x" }]);
    client.get(&path).refused(404, None);
    client.put(&path, &body).refused(404, None);
    client.operations(&path, &operations).refused(404, None);
    client.delete(&path).refused(404, None);
    for filter in [
        "userName eq \"ada\"",
        &format!("id eq \"{id}\""),
        "emails.value eq \"a@x\"",
        "active eq true",
    ] {
        let found = client
            .get(&query("/Users", &[("filter", filter)]))
            .expect(200);
        assert_eq!(
            column(&found, "id"),
            Vec::<serde_json::Value>::new(),
            "{filter}"
        );
    }
    assert_eq!(client.get("/Users").json()["totalResults"], 0);
    assert_eq!(client.get(&staff).expect(200).json().get("members"), None);
    client.post("/Users", &body).expect(201);
    client.delete(&staff).expect(204);
    client
        .post("/Groups", &group("staff", json!({})))
        .expect(201);
    client.delete("/Users/nobody").refused(404, None);
}

//! Work that multiplies, such as filter terms × values × operations, is bounded for each operation, whatever it is made of.

use serde_json::{Value, json};

use crate::support::strict::{Client, group, made, patch_body, stored, strict, user};

/// Comparisons in one filter: the most that one may have.
const TERMS: usize = 256;

/// A filter of many short comparisons that selects nothing.
fn long_filter(attribute: &str) -> String {
    let term = format!("{attribute} eq \"\"");
    vec![term.as_str(); TERMS].join(" or ")
}

fn repeated(count: usize, operation: &Value) -> Value {
    patch_body(&Value::Array(vec![operation.clone(); count]))
}

fn group_of(client: &Client, ids: impl Iterator<Item = String>) -> String {
    let members: Vec<Value> = ids.map(|id| json!({ "value": id })).collect();
    let body = group("large", json!({ "members": members }));
    made(client, "/Groups", &body)
}

/// The terms of a filter count, and not only the members.
#[test]
fn a_filter_of_many_terms_on_many_members_is_refused() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = group_of(&client, (0..10_000).map(|number| format!("m{number}")));
    let version = client.get(&format!("{path}?attributes=displayName")).etag();
    let remove = json!({ "op": "remove", "path": format!("members[{}]", long_filter("value")) });
    let detail = client
        .patch(&path, &repeated(1, &remove))
        .refused(413, None);
    assert!(detail.contains("value eq"), "{detail}");
    let kept = client.get(&format!("{path}?attributes=displayName")).etag();
    assert_eq!(kept, version);
    let few = json!({ "op": "remove", "path": "members[value eq \"m1\" or value eq \"m2\"]" });
    client.patch(&path, &repeated(1, &few)).expect(204);
}

/// The same in Bulk: refused is the operation and nothing else.
#[test]
fn an_operation_of_bulk_past_its_budget_is_refused_alone() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = group_of(&client, (0..10_000).map(|number| format!("m{number}")));
    let heavy = json!([
        { "op": "add", "path": "members", "value": [{ "value": "new" }] },
        { "op": "remove", "path": format!("members[{}]", long_filter("value")) },
    ]);
    let create = |name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": user(name, json!({})) });
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            create("before"),
            { "method": "PATCH", "path": path, "data": patch_body(&heavy) },
            create("after"),
        ],
    });
    let answer = client.post("/Bulk", &bulk).expect(200).json();
    let operations = answer["Operations"].as_array().unwrap();
    let statuses: Vec<&Value> = operations.iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["201", "413", "201"]);
    let members = stored(&client, &path)["members"].as_array().unwrap().len();
    assert_eq!(members, 10_000);
}

/// One id can name many members that differ in case alone: they count too.
#[test]
fn ids_that_differ_in_case_alone_do_not_multiply() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let spelled = |number: usize| -> String {
        let letter = |bit: usize| if number >> bit & 1 == 1 { 'A' } else { 'a' };
        (0..10).map(letter).collect()
    };
    let path = group_of(&client, (0..1_024).map(spelled));
    let one = "members[value eq \"aaaaaaaaaa\"].display";
    let rename = json!({ "op": "replace", "path": one, "value": "x" });
    client
        .patch(&path, &repeated(100, &rename))
        .refused(413, None);
    client.patch(&path, &repeated(3, &rename)).expect(204);
}

/// Filters on values of the document: terms count, and the bytes of the values that are copied.
#[test]
fn filters_on_the_values_of_a_user_are_bounded() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let many: Vec<Value> = (0..1_000)
        .map(|number| json!({ "value": format!("{number}@example.com") }))
        .collect();
    let many = made(&client, "/Users", &user("many", json!({ "emails": many })));
    let remove = json!({ "op": "remove", "path": format!("emails[{}]", long_filter("value")) });
    client
        .patch(&many, &repeated(20, &remove))
        .refused(413, None);
    client.patch(&many, &repeated(1, &remove)).expect(200);

    let long =
        json!([{ "value": "a@example.com", "type": "work", "display": "x".repeat(100_000) }]);
    let large = made(&client, "/Users", &user("large", json!({ "emails": long })));
    let mark =
        json!({ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": true });
    client
        .patch(&large, &repeated(1_000, &mark))
        .refused(413, None);
    client.patch(&large, &repeated(10, &mark)).expect(200);
}

/// Work that is linear in the request is done, however much it is.
#[test]
fn work_that_a_request_names_itself_is_always_done() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = group_of(&client, (0..20_000).map(|number| format!("m{number}")));
    let members: Vec<Value> = (10_000..40_000)
        .map(|number| json!({ "value": format!("m{number}") }))
        .collect();
    let body = group("large", json!({ "members": members }));
    let query = "?attributes=displayName";
    client.put(&format!("{path}{query}"), &body).expect(200);
    assert_eq!(
        stored(&client, &path)["members"].as_array().unwrap().len(),
        30_000
    );
    let before = client.get(&format!("{path}{query}")).etag();
    client.put(&format!("{path}{query}"), &body).expect(200);
    assert_eq!(client.get(&format!("{path}{query}")).etag(), before);
}

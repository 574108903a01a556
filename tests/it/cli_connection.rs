//! `muster connection` beside a running gateway: felt by the next request, and audited.

use serde_json::json;

use crate::support::Fixture;

#[test]
fn a_scope_that_is_taken_away_is_missed_by_the_next_request_and_comes_back() {
    let fixture = Fixture::start();
    let token = fixture
        .muster(&["token", "create", "okta", "--profile", "okta"])
        .done();
    let client = fixture.client_with(Some(token.trim()));
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "G" });

    let shown = fixture
        .muster(&["connection", "scope", "okta", "-groups", "+introspect"])
        .done();
    assert!(
        shown.contains("read users admin-groups introspect"),
        "{shown}"
    );
    let detail = client.post("/Groups", &body).refused(403, None);
    assert!(
        detail.contains("muster connection scope okta +groups"),
        "{detail}"
    );

    fixture
        .muster(&["connection", "scope", "okta", "+groups"])
        .done();
    client.post("/Groups", &body).expect(201);
    let all = fixture.muster(&["connection", "list", "--json"]).json();
    assert_eq!(all[0]["name"], "okta");
    assert_eq!(all[0]["profile"], "okta");
    let audit = fixture.muster(&["audit", "list", "--json"]).done();
    assert_eq!(audit.matches("connection.scope").count(), 2, "{audit}");
}

#[test]
fn what_is_no_connection_or_no_scope_is_told() {
    let fixture = Fixture::start();
    let why = fixture
        .muster(&["connection", "scope", "nobody", "+users"])
        .failed();
    assert!(why.contains("muster connection list"), "{why}");
    let wrong = fixture.muster(&["connection", "scope", "nobody", "users"]);
    assert_eq!(wrong.status, 2, "{}", wrong.err);
    let wrong = fixture.muster(&["connection", "scope", "nobody", "+everything"]);
    assert_eq!(wrong.status, 2, "{}", wrong.err);
}

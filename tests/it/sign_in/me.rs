//! `/Me` (RFC 7644 §3.11): for people, never for a cookie, and to be read only.

use super::{directory, enter, identity, with_cookie, with_token};
use crate::support::TOKEN;

#[test]
fn people_read_their_own_record_and_change_nothing() {
    let (fixture, _) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let jwt = fixture
        .block_on(fixture.gateway.jwt(&signed_in.me))
        .unwrap()
        .token;
    let me = with_token(&fixture, "GET", "/scim/v2/Me", &jwt).expect(200);
    let path = format!("/Users/{}", signed_in.me.id);
    let seen = fixture.client().get(&path);
    assert_eq!(me.json(), seen.json());
    for name in ["content-type", "etag", "location"] {
        assert_eq!(me.header(name), seen.header(name), "{name}");
    }
    let some = with_token(&fixture, "GET", "/scim/v2/Me?attributes=userName", &jwt)
        .expect(200)
        .json();
    assert_eq!(
        some.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["id", "schemas", "userName"],
        "{some}"
    );
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let reply = with_token(&fixture, method, "/scim/v2/Me", &jwt);
        reply.refused(405, None);
        assert_eq!(reply.header("allow"), Some("GET, HEAD"));
    }
    with_cookie(&fixture, "GET", "/scim/v2/Me", &signed_in.session).refused(401, None);
}

#[test]
fn a_connection_is_nobody_in_person() {
    let (fixture, _) = directory(&[]);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        with_token(&fixture, method, "/scim/v2/Me", TOKEN).refused(501, None);
    }
}

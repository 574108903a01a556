//! `/Me` (RFC 7644 §3.11): for people, never for a cookie, and to be read only.

use muster::service::{AccountChange, NewPersonalToken, PersonalScope, Visitor};

use super::{directory, enter, identity, problem, with_cookie, with_token};
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
fn a_personal_token_opens_what_it_was_made_for() {
    let (fixture, hand) = directory(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    let token = |scope| {
        let new = NewPersonalToken {
            name: "script".to_owned(),
            scopes: vec![scope],
            days: 7,
        };
        let change = AccountChange::MakeToken {
            token: new,
            password: muster::config::Secret::new(""),
        };
        let visitor = Visitor::default();
        let made = fixture
            .gateway
            .change_account(&signed_in.me, &change, &visitor);
        fixture.block_on(made).unwrap().unwrap()
    };
    let (me, check) = (token(PersonalScope::Me), token(PersonalScope::Check));
    with_token(&fixture, "GET", "/scim/v2/Me", me.expose()).expect(200);
    with_token(&fixture, "GET", "/auth/check", check.expose()).expect(200);
    with_token(&fixture, "GET", "/scim/v2/Me", check.expose()).refused(401, None);
    assert_eq!(
        problem(
            &with_token(&fixture, "GET", "/auth/check", me.expose()),
            403
        ),
        "forbidden"
    );
    with_token(&fixture, "GET", "/scim/v2/Users", me.expose()).refused(401, None);
    assert_eq!(
        with_token(&fixture, "POST", "/auth/token", me.expose()).status,
        401
    );
    hand.advance(std::time::Duration::from_secs(7 * 86_400));
    with_token(&fixture, "GET", "/scim/v2/Me", me.expose()).refused(401, None);
}

#[test]
fn a_connection_is_nobody_in_person() {
    let (fixture, _) = directory(&[]);
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        with_token(&fixture, method, "/scim/v2/Me", TOKEN).refused(501, None);
    }
}

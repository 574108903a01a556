//! The one road in, sessions and tokens (CONTRACT section 5), by whichever method somebody comes.

mod check;
mod ends;
mod jwt;
mod limits;
mod linking;
mod made;
mod me;
mod refused;
mod roles;
mod session;

use muster::clock::{Clock, Hand};
use muster::config::{LoginMethod, Secret};
use muster::login::{Identity, Trail};
use muster::service::{
    Actor, Credential, Me, NewPerson, Proof, Proved, SignInError, SignedIn, Visitor,
};

use serde_json::Value;

use crate::pages::PASSWORD;
use crate::support::{Client, Fixture, Reply, Setup};

/// A gateway to which a directory vouches for people, and the hand of its clock.
pub fn directory(settings: &[(&'static str, &'static str)]) -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let mut all = vec![
        ("login.method", "ldap"),
        ("ldap.url", "ldap://127.0.0.1:1"),
        ("ldap.search_base", "dc=example,dc=org"),
    ];
    all.extend(settings);
    let fixture = Fixture::with(Setup {
        clock,
        settings: all,
        ..Setup::default()
    });
    (fixture, hand)
}

/// What a directory says of somebody whose address is `NAME@example.org` and whose immutable id is `id-NAME`.
pub fn identity(name: &str) -> Identity {
    Identity {
        source: "ldap".to_owned(),
        subject: format!("id-{name}"),
        user_name: format!("{name}@example.org"),
        emails: vec![format!("{name}@example.org")],
        given_name: Some(name.to_owned()),
        family_name: Some("Example".to_owned()),
        ..Identity::default()
    }
}

pub fn proof(identity: &Identity) -> Proof {
    Proof {
        method: LoginMethod::Ldap,
        who: Proved::Identity(Box::new(identity.clone())),
        trail: Trail::default(),
        once: Vec::new(),
    }
}

pub fn enter(fixture: &Fixture, identity: &Identity) -> Result<SignedIn, SignInError> {
    enter_from(fixture, identity, Visitor::default())
}

pub fn enter_from(
    fixture: &Fixture,
    identity: &Identity,
    from: Visitor,
) -> Result<SignedIn, SignInError> {
    fixture.block_on(fixture.gateway.sign_in(proof(identity), from))
}

/// The id of the account that an identity logs into.
#[track_caller]
pub fn entered(fixture: &Fixture, identity: &Identity) -> String {
    enter(fixture, identity).unwrap().me.id
}

/// The reason code of a login that is refused.
#[track_caller]
pub fn code(fixture: &Fixture, identity: &Identity) -> &'static str {
    match enter(fixture, identity) {
        Err(SignInError::Denied(denied)) => denied.code,
        other => panic!("{other:?}"),
    }
}

/// Whose session it is.
pub fn whoami(fixture: &Fixture, cookie: &Secret) -> Option<Me> {
    let cookie = Credential::Cookie(cookie.clone());
    fixture.block_on(fixture.gateway.whoami(&cookie)).unwrap()
}

/// A client without any token.
pub fn stranger(fixture: &Fixture) -> Client {
    fixture.root().authorized(None)
}

/// A request with the session cookie.
pub fn with_cookie(fixture: &Fixture, method: &str, path: &str, cookie: &Secret) -> Reply {
    let cookie = format!("muster_session={}", cookie.expose());
    stranger(fixture).send(method, path, &[("Cookie", &cookie)], None)
}

/// A request with a bearer token.
pub fn with_token(fixture: &Fixture, method: &str, path: &str, token: &str) -> Reply {
    let client = fixture.root().authorized(Some(&format!("Bearer {token}")));
    client.send(method, path, &[], None)
}

/// The code of a refusal as problem details (RFC 9457).
#[track_caller]
pub fn problem(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(
        reply.header("content-type"),
        Some("application/problem+json")
    );
    let body = reply.json();
    assert_eq!(body["status"], status, "{body}");
    let code = body["code"].as_str().unwrap();
    assert_eq!(body["type"], format!("urn:muster:problem:{code}"));
    assert!(body["detail"].as_str().unwrap().len() > 10, "{body}");
    code.to_owned()
}

/// The entries of the audit log.
pub fn audit(fixture: &Fixture) -> Vec<Value> {
    fixture.block_on(fixture.gateway.flush_refusals()).unwrap();
    let listed = fixture.muster(&["audit", "list", "--json"]).done();
    listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Makes somebody with the usual password, whatever the public URL is; answers their id.
pub fn local(fixture: &Fixture, email: &str) -> String {
    let new = NewPerson {
        email: email.to_owned(),
        ..NewPerson::default()
    };
    let made = fixture
        .block_on(fixture.gateway.create_user(Actor::Cli, &new))
        .unwrap();
    let url = made.link.unwrap().url;
    let (_, secret) = url.expose().rsplit_once('/').unwrap();
    let (secret, password) = (Secret::new(secret), Secret::new(PASSWORD));
    fixture
        .block_on(fixture.gateway.use_link(&secret, &password, ""))
        .unwrap();
    made.person.user.id
}

//! Refusals: a stable reason, a reference that the log of failed logins keeps, and a trail that is the same in a dry run.

use muster::config::LoginMethod;
use muster::login::Trail;
use muster::service::{Actor, Proof, Proved, Refused, SignInError, StepResult, Visitor};

use super::{audit, directory, enter, entered, identity, proof};
use crate::life::id;

#[test]
fn a_refusal_has_a_reference_under_which_its_steps_are_kept() {
    let (fixture, _) = directory(&[("login.jit", "false")]);
    let Err(SignInError::Denied(denied)) = enter(&fixture, &identity("ada")) else {
        panic!("let in")
    };
    assert_eq!(
        (denied.code, denied.refused),
        ("user.jit_off", Refused::Denied)
    );
    assert_eq!(denied.reference.len(), 9, "{}", denied.reference);
    let kept = fixture
        .block_on(
            fixture
                .gateway
                .failed_logins(Some(&denied.reference.to_lowercase())),
        )
        .unwrap();
    let [kept] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(
        (kept.code.as_str(), kept.method.as_str()),
        ("user.jit_off", "ldap")
    );
    let steps: Vec<&str> = kept
        .steps
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "road.link",
            "road.external_id",
            "road.user_name",
            "road.email",
            "road.create"
        ]
    );
    assert_eq!(kept.steps[4]["result"], "failed");
}

#[test]
fn a_dry_run_takes_the_same_steps_and_writes_nothing() {
    let (fixture, _) = directory(&[("roles.map", r#"{ "w" = "author" }"#)]);
    let mut who = identity("ada");
    who.groups = vec!["W".to_owned()];
    who.admin = Some(true);
    let tried = fixture
        .block_on(fixture.gateway.try_sign_in(&who, Trail::default()))
        .unwrap();
    assert_eq!((tried.refusal, tried.resource), (None, None));
    assert_eq!(tried.roles, ["admin", "author"]);
    let failed = |trail: &Trail| {
        trail
            .steps()
            .iter()
            .any(|step| step.result == StepResult::Failed)
    };
    assert!(!failed(&tried.trail));
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);

    let made = entered(&fixture, &who);
    let tried = fixture
        .block_on(fixture.gateway.try_sign_in(&who, Trail::default()))
        .unwrap();
    assert_eq!(tried.resource, Some(made.clone()));
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&made)))
        .unwrap();
    let tried = fixture
        .block_on(fixture.gateway.try_sign_in(&who, Trail::default()))
        .unwrap();
    assert_eq!(
        tried.refusal.map(|refusal| refusal.code),
        Some("user.deactivated")
    );
    assert!(failed(&tried.trail));
    assert_eq!(
        fixture
            .block_on(fixture.gateway.failed_logins(None))
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn nobody_logs_in_by_a_method_that_is_not_set() {
    let (fixture, _) = directory(&[]);
    for method in [LoginMethod::Local, LoginMethod::Saml] {
        let other = Proof {
            method,
            ..proof(&identity("ada"))
        };
        let Err(SignInError::Denied(denied)) =
            fixture.block_on(fixture.gateway.sign_in(other, Visitor::default()))
        else {
            panic!("let in by {method}")
        };
        assert_eq!(denied.code, "login.method");
    }
    let account = Proof {
        who: Proved::Account("0198c0de-0000-7000-8000-000000000000".to_owned()),
        ..proof(&identity("ada"))
    };
    assert!(
        fixture
            .block_on(fixture.gateway.sign_in(account, Visitor::default()))
            .is_err()
    );
}

#[test]
fn a_refused_login_of_somebody_who_is_known_is_in_their_history() {
    let (fixture, _) = directory(&[]);
    let made = entered(&fixture, &identity("ada"));
    fixture
        .block_on(fixture.gateway.deactivate_user(Actor::Cli, &id(&made)))
        .unwrap();
    assert!(enter(&fixture, &identity("ada")).is_err());
    let listed = audit(&fixture);
    let refused = listed
        .iter()
        .filter(|entry| entry["action"] == "user.login_refused");
    assert_eq!(refused.count(), 1, "{listed:?}");
}

#[test]
fn only_the_last_thousand_are_kept_and_a_purge_takes_those_of_the_person() {
    let (fixture, _) = directory(&[("login.jit", "false")]);
    for place in 0..1_010 {
        let who = identity(&format!("u{place}"));
        assert!(enter(&fixture, &who).is_err());
    }
    assert_eq!(
        fixture
            .block_on(fixture.gateway.failed_logins(None))
            .unwrap()
            .len(),
        1_000
    );
}

//! Links, sessions, what a login brought, and the keys of JWTs.

use jiff::{SignedDuration, Timestamp};

use muster::store::{FailedLogin, LoginState, Session, SessionName, SigningKey, State};
use serde_json::json;

use crate::store::fixture::{Fixture, at as moment};

fn session(id: &str, resource: &str, at: Timestamp) -> Session {
    Session {
        hash: format!("hash of {id}").into_bytes(),
        id: id.to_owned(),
        resource: resource.to_owned(),
        created: at,
        seen: at,
        expires: at.saturating_add(SignedDuration::from_hours(24)).unwrap(),
        method: "saml".to_owned(),
        address: None,
        agent: None,
        logout: None,
    }
}

pub(crate) async fn a_link_follows_the_life_of_its_record(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    at.write(move |tx| tx.set_login_link("ldap", "1", &id))
        .await
        .unwrap();
    let link = || at.read(|tx| tx.login_link("ldap", "1"));
    assert_eq!(link().await.unwrap().unwrap().shut, None);
    let body = json!({ "userName": "ada", "active": false });
    let ada = at
        .update(&at.user, &ada, body, State::Deactivated)
        .await
        .unwrap();
    let shut = link().await.unwrap().unwrap().shut;
    assert_eq!(shut, Some(ada.modified));
    let body = json!({ "userName": "ada", "title": "Dr" });
    let ada = at
        .update(&at.user, &ada, body, State::Deactivated)
        .await
        .unwrap();
    let ada = at.delete(&at.user, &ada).await;
    assert_eq!(
        link().await.unwrap().unwrap().shut,
        shut,
        "since it was shut first"
    );
    at.write(move |tx| tx.purge(&ada)).await.unwrap();
    assert_eq!(link().await, Ok(None));
}

pub(crate) async fn an_identity_has_one_record(at: &Fixture) {
    let [ada, eve] = [at.make_user("ada").await, at.make_user("eve").await];
    let (one, other) = (ada.id.clone(), eve.id.clone());
    let found = at.write(move |tx| {
        tx.set_login_link("ldap", "1", &one)?;
        tx.set_login_link("saml", "1", &one)?;
        tx.set_login_link("ldap", "1", &other)?;
        Ok((
            tx.login_links_of(&one)?.len(),
            tx.login_link("ldap", "1")?.unwrap().resource == other,
        ))
    });
    assert_eq!(found.await, Ok((1, true)));
}

pub(crate) async fn a_session_is_found_by_its_cookie_its_id_and_its_name(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let found = at.write(move |tx| {
        let name = |index| SessionName {
            issuer: "idp",
            name_id: "ada",
            index,
        };
        for (place, index) in ["x", "y"].into_iter().enumerate() {
            tx.begin_session(
                &session(&format!("s{place}"), &id, moment(1)),
                Some(name(Some(index))),
            )?;
        }
        tx.begin_session(&session("s2", &id, moment(1)), None)?;
        let named = |found: Vec<Session>| {
            found
                .into_iter()
                .map(|session| session.id)
                .collect::<Vec<_>>()
        };
        Ok((
            tx.session(b"hash of s1")?.map(|session| session.id),
            tx.session_by_id("s2")?.map(|session| session.hash),
            named(tx.sessions_of(&id)?),
            named(tx.sessions_named(name(None))?),
            named(tx.sessions_named(name(Some("y")))?),
            tx.end_oldest_sessions(&id, 2)?,
            named(tx.sessions_of(&id)?),
            tx.end_sessions_of(&id, Some("s2"))?,
        ))
    });
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    let expected = (
        Some("s1".to_owned()),
        Some(b"hash of s2".to_vec()),
        names(&["s2", "s1", "s0"]),
        names(&["s0", "s1"]),
        names(&["s1"]),
        1,
        names(&["s2", "s1"]),
        1,
    );
    assert_eq!(found.await, Ok(expected));
}

pub(crate) async fn sessions_end_with_the_account(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    at.write(move |tx| tx.begin_session(&session("s", &id, moment(1)), None))
        .await
        .unwrap();
    let body = json!({ "userName": "ada", "active": false });
    at.update(&at.user, &ada, body, State::Deactivated)
        .await
        .unwrap();
    assert_eq!(at.read(|tx| tx.session_by_id("s")).await, Ok(None));
}

pub(crate) async fn what_a_login_brought_makes_an_administrator(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let found = at.write(move |tx| {
        let state = |admin| LoginState {
            resource: id.clone(),
            source: "ldap".to_owned(),
            brought: "[]".to_owned(),
            admin,
        };
        let of = muster::store::Holders {
            role: "admin",
            kind: "User",
            groups: &[],
            by_login: true,
        };
        tx.set_login_state(&state(Some(moment(1))))?;
        let with = (
            tx.any_holder(of, None)?,
            tx.count_holders(of)?,
            tx.any_holder(of, Some(&id))?,
        );
        let listed = tx.administrators_by_login()?.len();
        tx.set_login_state(&state(None))?;
        Ok((with, listed, tx.any_holder(of, None)?))
    });
    assert_eq!(found.await, Ok(((true, 1, false), 1, false)));
}

pub(crate) async fn one_key_signs_in_one_period(at: &Fixture) {
    let key = |kid: &str, sealer: &str, period| SigningKey {
        kid: kid.to_owned(),
        sealer: sealer.to_owned(),
        period,
        public: "{}".to_owned(),
        sealed: vec![1],
    };
    let found = at.write(move |tx| {
        for new in [
            key("a", "one", 1),
            key("b", "one", 1),
            key("c", "one", 2),
            key("d", "other", 1),
        ] {
            tx.insert_signing_key(&new)?;
        }
        let kids = |keys: Vec<SigningKey>| {
            keys.into_iter()
                .map(|key| key.kid)
                .collect::<Vec<_>>()
                .concat()
        };
        Ok((
            kids(tx.signing_keys("one")?),
            kids(tx.signing_keys("other")?),
            tx.signing_key("one", "d")?.is_some(),
            tx.drop_signing_keys(2)?,
            kids(tx.signing_keys("one")?),
        ))
    });
    assert_eq!(
        found.await,
        Ok(("ac".to_owned(), "d".to_owned(), false, 2, "c".to_owned()))
    );
}

pub(crate) async fn the_last_failed_logins_are_kept(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let id = ada.id.clone();
    let found = at.write(move |tx| {
        let new = |number: i64, of: &str| FailedLogin {
            reference: format!("R{number}"),
            at: moment(number),
            method: "local".to_owned(),
            code: "local.credentials".to_owned(),
            resource: Some(of.to_owned()),
            address: None,
            trail: "[]".to_owned(),
        };
        let mut all: Vec<FailedLogin> = (0..5).map(|number| new(number, &id)).collect();
        all.push(new(6, "purged in the meantime"));
        tx.insert_failed_logins(&all, moment(2))?;
        let names = |found: Vec<FailedLogin>| {
            found
                .into_iter()
                .map(|failed| failed.reference)
                .collect::<Vec<_>>()
        };
        Ok((
            names(tx.failed_logins(None, 10)?),
            names(tx.failed_logins(Some("R3"), 10)?),
        ))
    });
    let names = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found.await,
        Ok((names(&["R4", "R3", "R2"]), names(&["R3"])))
    );
}

//! Connections and tokens.

use muster::store::{Connection, Token};

use crate::store::fixture::{Fixture, at as moment};

pub(crate) async fn tokens_live_and_are_revoked(at: &Fixture) {
    let connection = Connection {
        name: "entra".to_owned(),
        profile: Some("auto".to_owned()),
        scopes: vec!["read".to_owned(), "users".to_owned()],
        created: moment(1),
    };
    let token = |id: &str| Token {
        id: id.to_owned(),
        connection: "entra".to_owned(),
        hash: vec![7; 32],
        created: moment(1),
        expires: moment(100),
        revoked: None,
        used: None,
    };
    let (new, tokens) = (connection.clone(), [token("one"), token("two")]);
    let made = at.write(move |tx| {
        let made = [tx.insert_connection(&new)?, tx.insert_connection(&new)?];
        tokens.iter().try_for_each(|token| tx.insert_token(token))?;
        tx.touch_token("two", moment(5))?;
        Ok(made)
    });
    assert_eq!(made.await, Ok([true, false]));
    let used = Token {
        used: Some(moment(5)),
        ..token("two")
    };
    let expected = vec![token("one"), used.clone()];
    assert_eq!(
        at.read(|tx| tx.connections()).await,
        Ok(vec![connection.clone()])
    );
    assert_eq!(
        at.read(|tx| tx.connection("entra")).await,
        Ok(Some(connection))
    );
    assert_eq!(at.read(|tx| tx.connection("okta")).await, Ok(None));
    assert_eq!(at.read(|tx| tx.tokens(None)).await, Ok(expected));
    assert_eq!(at.read(|tx| tx.tokens(Some("okta"))).await, Ok(vec![]));
    let proves = |hash: &'static [u8]| {
        at.read(move |tx| {
            tx.credential("two", |stored| stored.is_some_and(|stored| stored == hash))
        })
    };
    let live = proves(&[7; 32]).await.unwrap().unwrap();
    assert_eq!(live.0.id, "two");
    assert_eq!((live.1.name.as_str(), live.1.scopes.len()), ("entra", 2));
    assert_eq!(proves(&[8; 32]).await, Ok(None));
    assert_eq!(
        at.read(|tx| tx.credential("three", |_| true)).await,
        Ok(None)
    );
    let one = || at.write(|tx| tx.revoke_token("one", moment(8)));
    assert_eq!((one().await, one().await), (Ok(1), Ok(0)));
    let revoke = |second| at.write(move |tx| tx.revoke_tokens("entra", moment(second)));
    assert_eq!((revoke(9).await, revoke(10).await), (Ok(1), Ok(0)));
    let revoked = Token {
        revoked: Some(moment(9)),
        ..used
    };
    assert_eq!(at.read(|tx| tx.token("two")).await, Ok(Some(revoked)));
    assert_eq!(at.read(|tx| tx.token("three")).await, Ok(None));
}

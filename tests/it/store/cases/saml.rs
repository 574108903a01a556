//! Logins by SAML: what was used, what was good.

use jiff::SignedDuration;

use muster::store::SamlMetadata;

use crate::store::fixture::{Fixture, at as moment};

pub(crate) async fn a_message_is_used_once_by_each_issuer(at: &Fixture) {
    let until = moment(1) + SignedDuration::from_secs(60);
    let used = at.write(move |tx| {
        Ok([
            tx.is_saml_message_used("idp", "_1")?,
            tx.use_saml_message("idp", "_1", until)?,
            tx.use_saml_message("idp", "_1", until)?,
            tx.use_saml_message("other", "_1", until)?,
            tx.is_saml_message_used("idp", "_1")?,
        ])
    });
    assert_eq!(used.await, Ok([false, true, false, true, true]));
}

pub(crate) async fn the_last_good_metadata_stay(at: &Fixture) {
    let metadata = |hash: &str, alarm: Option<&str>| SamlMetadata {
        source: "idp.xml".to_owned(),
        entity_id: "idp".to_owned(),
        document: format!("<{hash}/>"),
        hash: hash.to_owned(),
        read: moment(1),
        alarm: alarm.map(str::to_owned),
    };
    let (first, second) = (metadata("a", None), metadata("b", Some("no key")));
    let kept = at.write(move |tx| {
        tx.keep_saml_metadata(&first)?;
        tx.keep_saml_metadata(&second)?;
        Ok((
            tx.saml_metadata_hash("idp.xml")?,
            tx.saml_metadata("other")?,
            tx.saml_metadata("idp.xml")? == Some(second.clone()),
        ))
    });
    assert_eq!(kept.await, Ok((Some("b".to_owned()), None, true)));
}

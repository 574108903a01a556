//! The settings of logins by SAML, and the rules between them.

use super::Login;
use crate::config::Location;
use crate::config::LoginMethod;
use crate::config::Pem;
use crate::config::Period;
use crate::config::Secret;
use crate::config::layers::Key;
use crate::config::reader::Reader;
use crate::config::reader::section;
use crate::config::value::Setting;

section! {
    /// Logins by SAML 2.0.
    Saml "saml" {
        /// Where the metadata of the identity provider are; `None`: the three next settings stand for them.
        idp_metadata: Option<Location>,
        /// Its entity id; with metadata, which provider of those in them.
        idp_entity_id: Option<String>,
        /// Where people log in.
        idp_sso_url: Option<String>,
        /// Its certificates.
        idp_certificate: Vec<Pem>,
        /// Our entity id; `None`: the URL of our metadata.
        entity_id: Option<String>,
        /// The text on the button.
        name: String,
        /// Attributes, by name or friendly name, the first that comes counts; `nameID` is the NameID.
        email_attribute: Vec<String>,
        /// What a person is called; without one the first address.
        user_name_attribute: Vec<String>,
        /// Given name.
        given_name_attribute: Vec<String>,
        /// Family name.
        family_name_attribute: Vec<String>,
        /// Groups.
        groups_attribute: Vec<String>,
        /// The id for ever; without one the NameID.
        id_attribute: Vec<String>,
        /// The attribute that administrators carry; set if and only if `admin_value` is.
        admin_attribute: Option<Vec<String>>,
        /// The value of it.
        admin_value: Option<String>,
        /// Which NameID is asked for.
        name_id_format: Option<String>,
        /// Whether people authenticate anew at each login.
        force_authn: bool,
        /// Whether logins that the identity provider begins are let in.
        allow_unsolicited: bool,
        /// By how much clocks may differ.
        clock_skew: Period where NO_SKEW..=MAX_SKEW,
        /// The key that signs requests and logout messages, PEM; set if and only if `sp_cert` is.
        sp_key: Option<Secret>,
        /// Its certificate.
        sp_cert: Option<Pem>,
    }
}

const NO_SKEW: Period = Period::seconds(0);
/// A clock that is off by more has to be mended: an assertion lives five minutes.
const MAX_SKEW: Period = Period::seconds(600);

/// The rules between settings.
pub(super) fn check(saml: &Saml, login: &Login, reader: &mut Reader) {
    let three = [
        ("saml.idp_entity_id", saml.idp_entity_id.is_some()),
        ("saml.idp_sso_url", saml.idp_sso_url.is_some()),
        ("saml.idp_certificate", !saml.idp_certificate.is_empty()),
    ];
    let names = |set: bool| {
        let those = three.iter().filter(move |(_, is_set)| *is_set == set);
        those.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let (given, missing) = (names(true), names(false));
    if saml.idp_metadata.is_some() {
        for name in given.iter().filter(|name| **name != "saml.idp_entity_id") {
            reader.refuse(
                name,
                &[],
                "stands in the metadata: leave out this, or saml.idp_metadata",
            );
        }
    } else if let (Some(first), false) = (given.first(), missing.is_empty()) {
        let why = format!(
            "is not enough to know the identity provider: set {} too",
            missing.join(" and ")
        );
        reader.refuse(first, &missing, why);
    } else if login.method == LoginMethod::Saml && given.is_empty() {
        let why = "saml needs an identity provider: set saml.idp_metadata, or saml.idp_entity_id, saml.idp_sso_url and saml.idp_certificate";
        reader.refuse(
            "login.method",
            &[
                "saml.idp_metadata",
                "saml.idp_entity_id",
                "saml.idp_sso_url",
                "saml.idp_certificate",
            ],
            why,
        );
    }
    if let Some(url) = &saml.idp_sso_url
        && !["https://", "http://"]
            .iter()
            .any(|scheme| url.to_ascii_lowercase().starts_with(scheme))
    {
        reader.refuse(
            "saml.idp_sso_url",
            &[],
            "must start with https:// or http://",
        );
    }
    pair(
        reader,
        ("saml.sp_key", saml.sp_key.is_some()),
        ("saml.sp_cert", saml.sp_cert.is_some()),
    );
    pair(
        reader,
        ("saml.admin_attribute", saml.admin_attribute.is_some()),
        ("saml.admin_value", saml.admin_value.is_some()),
    );
}

/// Two settings that mean nothing without each other.
fn pair(reader: &mut Reader, one: (&'static str, bool), two: (&'static str, bool)) {
    if one.1 == two.1 {
        return;
    }
    let (set, missing) = if one.1 {
        (one.0, two.0)
    } else {
        (two.0, one.0)
    };
    let why = format!("means nothing without {missing}: set that too");
    reader.refuse(set, &[missing], why);
}

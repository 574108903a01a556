//! `OVERLEAF_SAML_…`.

use super::draft::{Draft, Toml};
use super::rule::{Rule, Then, list, take as table};
use super::variables::Variables;

const TABLE: &[Rule] = &[
    Rule {
        name: "SAML_IDENTITY_SERVICE_NAME",
        then: Then::Text("saml.name"),
    },
    Rule {
        name: "SAML_ENTRYPOINT",
        then: Then::Text("saml.idp_sso_url"),
    },
    Rule {
        name: "SAML_EMAIL_FIELD",
        then: Then::Text("saml.email_attribute"),
    },
    Rule {
        name: "SAML_EMAIL_FIELD_NAME",
        then: Then::Text("saml.email_attribute"),
    },
    Rule {
        name: "SAML_FIRST_NAME_FIELD",
        then: Then::Text("saml.given_name_attribute"),
    },
    Rule {
        name: "SAML_LAST_NAME_FIELD",
        then: Then::Text("saml.family_name_attribute"),
    },
    Rule {
        name: "SAML_UPDATE_USER_DETAILS_ON_LOGIN",
        then: Then::Bool("login.update_details"),
    },
    Rule {
        name: "SAML_IDENTIFIER_FORMAT",
        then: Then::Text("saml.name_id_format"),
    },
    Rule {
        name: "SAML_FORCE_AUTHN",
        then: Then::Bool("saml.force_authn"),
    },
    Rule {
        name: "SAML_PRIVATE_CERT",
        then: Then::Text("saml.sp_key_file"),
    },
    Rule {
        name: "SAML_SIGNING_CERT",
        then: Then::Text("saml.sp_cert"),
    },
    Rule {
        name: "SAML_IS_ADMIN_FIELD",
        then: Then::Text("saml.admin_attribute"),
    },
    Rule {
        name: "SAML_IS_ADMIN_FIELD_VALUE",
        then: Then::Text("saml.admin_value"),
    },
    Rule {
        name: "SAML_DECRYPTION_PVK",
        then: Then::Warn(
            "encrypted assertions are refused: switch encryption off at the identity provider",
        ),
    },
    Rule {
        name: "SAML_DECRYPTION_CERT",
        then: Then::Warn(
            "encrypted assertions are refused: switch encryption off at the identity provider",
        ),
    },
    Rule {
        name: "SAML_SIGNATURE_ALGORITHM",
        then: Then::WarnIf(
            "sha1",
            "messages are signed with RSA and SHA-256, and SHA-1 is accepted from nobody",
        ),
    },
    Rule {
        name: "SAML_ADDITIONAL_PARAMS",
        then: Then::Warn("no further parameters are added to requests"),
    },
    Rule {
        name: "SAML_ADDITIONAL_AUTHORIZE_PARAMS",
        then: Then::Warn("no further parameters are added to requests"),
    },
    Rule {
        name: "SAML_ADDITIONAL_LOGOUT_PARAMS",
        then: Then::Warn("no further parameters are added to requests"),
    },
    Rule {
        name: "SAML_ATTRIBUTE_CONSUMING_SERVICE_INDEX",
        then: Then::Warn(
            "requests name no attribute consuming service: choose the attributes at the identity provider",
        ),
    },
    Rule {
        name: "SAML_AUTHN_CONTEXT",
        then: Then::Warn(
            "requests ask for no authentication context: the identity provider decides",
        ),
    },
    Rule {
        name: "SAML_DISABLE_REQUESTED_AUTHN_CONTEXT",
        then: Then::Needless,
    },
    Rule {
        name: "SAML_SKIP_REQUEST_COMPRESSION",
        then: Then::WarnIf(
            "true",
            "requests go by HTTP-Redirect, compressed, as the binding says",
        ),
    },
    Rule {
        name: "SAML_AUTHN_REQUEST_BINDING",
        then: Then::WarnIf("HTTP-POST", "requests go by HTTP-Redirect"),
    },
    Rule {
        name: "SAML_REQUEST_ID_EXPIRATION_PERIOD_MS",
        then: Then::Warn("a login that was begun must end within 10 minutes (Overleaf: 8 h)"),
    },
    Rule {
        name: "SAML_CACHE_PROVIDER",
        then: Then::Needless,
    },
    Rule {
        name: "SAML_LOGOUT_URL",
        then: Then::Warn(
            "the logout URL is taken from the metadata of the identity provider: set saml.idp_metadata for single logout",
        ),
    },
    Rule {
        name: "SAML_LOGOUT_CALLBACK_URL",
        then: Then::Warn(
            "the logout URL of the gateway is <public_url>/saml/slo: change it at the identity provider",
        ),
    },
];

/// Variables that are read by a rule of their own.
const OTHERS: [&str; 6] = [
    "SAML_CERT",
    "SAML_ISSUER",
    "SAML_AUDIENCE",
    "SAML_CALLBACK_URL",
    "SAML_ACCEPTED_CLOCK_SKEW_MS",
    "SAML_VALIDATE_IN_RESPONSE_TO",
];

pub(super) fn take(variables: &mut Variables, draft: &mut Draft, used: bool) {
    if !used {
        if names()
            .into_iter()
            .filter(|name| variables.take(name).is_some())
            .count()
            > 0
        {
            draft.note("login", "OVERLEAF_SAML_… is set and not in use: left out.");
        }
        return;
    }
    certificates(variables, draft);
    entity(variables, draft);
    clock(variables, draft);
    if !variables
        .take("SAML_VALIDATE_IN_RESPONSE_TO")
        .is_some_and(|value| {
            !value.eq_ignore_ascii_case("never") && !value.eq_ignore_ascii_case("false")
        })
    {
        draft.warn("saml", "an answer must be to a request of the same browser (Overleaf did not check): logins that begin at the identity provider need saml.allow_unsolicited = true".to_owned());
    }
    table(variables, draft, "saml", TABLE);
    draft.warn("saml", "saml.idp_entity_id is missing (Overleaf does not check who answers): take it from the identity provider, or set saml.idp_metadata instead of the three idp_ settings".to_owned());
}

/// All variables that are read.
pub(super) fn names() -> Vec<&'static str> {
    TABLE.iter().map(|rule| rule.name).chain(OTHERS).collect()
}

fn certificates(variables: &mut Variables, draft: &mut Draft) {
    match variables.take("SAML_CERT") {
        Some(all) => draft.set("saml.idp_certificate", &Toml::List(list(&all))),
        None => draft.warn("saml", "OVERLEAF_SAML_CERT is not set: without a certificate of the identity provider no answer is believed".to_owned()),
    }
}

/// The audience of assertions is the entity id of the gateway; Overleaf may have had two names.
fn entity(variables: &mut Variables, draft: &mut Draft) {
    let (issuer, audience) = (
        variables.take("SAML_ISSUER"),
        variables.take("SAML_AUDIENCE"),
    );
    if let (Some(issuer), Some(audience)) = (&issuer, &audience)
        && issuer != audience
    {
        draft.warn("saml", format!("OVERLEAF_SAML_AUDIENCE={audience} differs from OVERLEAF_SAML_ISSUER: assertions must be for saml.entity_id; make the identity provider use one name"));
    }
    if let Some(name) = issuer.or(audience) {
        draft.set("saml.entity_id", &Toml::Text(name));
    }
    if let Some(url) = variables.take("SAML_CALLBACK_URL") {
        draft.warn("saml", format!("OVERLEAF_SAML_CALLBACK_URL={url}: the gateway is answered at <public_url>/saml/acs; change it at the identity provider"));
    }
}

fn clock(variables: &mut Variables, draft: &mut Draft) {
    let Some(skew) = variables.take("SAML_ACCEPTED_CLOCK_SKEW_MS") else {
        return;
    };
    match skew.trim().parse::<i64>() {
        Ok(millis) if millis < 0 => draft.warn("saml", format!("OVERLEAF_SAML_ACCEPTED_CLOCK_SKEW_MS={millis}: times cannot be left unchecked; clocks may differ by saml.clock_skew = 60s")),
        Ok(millis) => draft.set("saml.clock_skew", &Toml::Text(format!("{}s", (millis + 999) / 1_000))),
        Err(_) => draft.warn("saml", format!("OVERLEAF_SAML_ACCEPTED_CLOCK_SKEW_MS={skew} is no number of milliseconds: left out")),
    }
}

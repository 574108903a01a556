//! Properly signed responses that are for somebody else, of another time, of another login, or about nobody.

use super::super::document::{
    Pieces, SAML, SUCCESS, Signed, at, authn, conditions, confirmation, name_id, subject,
};
use super::{Line, MALFORMED, STRUCTURE, World};

const EXPIRED: &str = "saml.expired";
const EARLY: &str = "saml.not_yet_valid";
const AUDIENCE: &str = "saml.audience";
const CONDITIONS: &str = "saml.conditions";
const RECIPIENT: &str = "saml.recipient";
const DESTINATION: &str = "saml.destination";
const NOT_MINE: &str = "saml.not_my_request";
const CONFIRMATION: &str = "saml.confirmation";
const NAME_ID: &str = "saml.name_id";
const STATUS: &str = "saml.status";
const ISSUER: &str = "saml.issuer";

pub(super) const ATTACKS: &[Line] = &[
    ("bad-expired", EXPIRED, |w| valid(w, -900, -120)),
    ("bad-expired-a-year", EXPIRED, |w| {
        valid(w, -900, -31_536_000)
    }),
    ("bad-expired-just", EXPIRED, |w| valid(w, -900, -62)),
    ("bad-expired-confirmation", EXPIRED, |w| {
        confirmed(w, &w.login.data(-120))
    }),
    ("bad-not-yet-valid", EARLY, |w| valid(w, 120, 900)),
    ("bad-not-yet-valid-confirmation", EARLY, |w| {
        let data = w.login.data(300);
        let data = data.replacen(
            " NotOnOrAfter",
            &format!(r#" NotBefore="{}" NotOnOrAfter"#, at(w.login.now, 120)),
            1,
        );
        confirmed(w, &data)
    }),
    ("bad-issueinstant-old", EXPIRED, |w| {
        issued(w, &at(w.login.now, -420))
    }),
    ("bad-issueinstant-future", EARLY, |w| {
        issued(w, &at(w.login.now, 120))
    }),
    ("bad-issueinstant-day-ahead", EARLY, |w| {
        issued(w, &at(w.login.now, 86_400))
    }),
    ("bad-issueinstant-garbage", MALFORMED, |w| {
        issued(w, "yesterday")
    }),
    ("bad-issueinstant-no-zone", MALFORMED, |w| {
        issued(w, &at(w.login.now, 0).replace('Z', ""))
    }),
    ("bad-issueinstant-huge", MALFORMED, |w| {
        issued(w, "999999999-01-01T00:00:00Z")
    }),
    ("bad-issueinstant-missing", MALFORMED, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.attributes = r#" Version="2.0""#.to_owned();
        })
    }),
    ("bad-issueinstant-response-old", EXPIRED, |w| {
        w.bent(Signed::Assertion, |p| p.issued = at(w.login.now, -420))
    }),
    ("bad-issueinstant-response-future", EARLY, |w| {
        w.bent(Signed::Response, |p| p.issued = at(w.login.now, 120))
    }),
    ("bad-clock-an-hour-behind", EXPIRED, |w| hour(w, -3600)),
    ("bad-clock-an-hour-ahead", EARLY, |w| hour(w, 3600)),
    ("bad-session-expired", "saml.session_expired", |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.authn = authn(&format!(
                r#" AuthnInstant="{}" SessionNotOnOrAfter="{}""#,
                at(w.login.now, -900),
                at(w.login.now, -120)
            ));
        })
    }),
    ("bad-no-authn-statement", "saml.authentication", |w| {
        w.bent(Signed::Assertion, |p| p.assertion.authn.clear())
    }),
    ("bad-audience", AUDIENCE, |w| {
        audiences(w, &[&["https://other.example.org"]])
    }),
    ("bad-audience-prefix", AUDIENCE, |w| {
        audiences(w, &[&[&format!("{}/more", w.login.entity_id)]])
    }),
    ("bad-audience-shorter", AUDIENCE, |w| {
        audiences(w, &[&[&w.login.entity_id[..w.login.entity_id.len() - 1]]])
    }),
    ("bad-audience-case", AUDIENCE, |w| {
        audiences(w, &[&[&w.login.entity_id.to_uppercase()]])
    }),
    ("bad-audience-blank", AUDIENCE, |w| {
        audiences(w, &[&[&format!(" {}", w.login.entity_id)]])
    }),
    ("bad-audience-empty", AUDIENCE, |w| audiences(w, &[&[""]])),
    ("bad-audience-none-in-restriction", AUDIENCE, |w| {
        audiences(w, &[&[]])
    }),
    ("bad-no-audience", AUDIENCE, |w| audiences(w, &[])),
    ("bad-two-audience-restrictions-AND", AUDIENCE, |w| {
        audiences(w, &[&[&w.login.entity_id], &["https://other.example.org"]])
    }),
    ("bad-no-conditions", CONDITIONS, |w| {
        w.bent(Signed::Assertion, |p| p.assertion.conditions.clear())
    }),
    ("bad-conditions-unknown", CONDITIONS, |w| {
        w.bent(Signed::Assertion, |p| {
            let more = r#"<x:Only xmlns:x="urn:x"></x:Only></saml:Conditions>"#;
            p.assertion.conditions = p.assertion.conditions.replace("</saml:Conditions>", more);
        })
    }),
    ("bad-conditions-for-ever", CONDITIONS, |w| {
        w.bent(Signed::Assertion, |p| {
            let until = format!(r#" NotOnOrAfter="{}""#, at(w.login.now, 300));
            p.assertion.conditions = p.assertion.conditions.replacen(&until, "", 1);
        })
    }),
    ("bad-conditions-twice", STRUCTURE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.conditions = p.assertion.conditions.repeat(2);
        })
    }),
    ("bad-recipient", RECIPIENT, |w| {
        recipient(w, "https://other.example.org/saml/acs")
    }),
    ("bad-recipient-prefix", RECIPIENT, |w| {
        recipient(w, &format!("{}/more", w.login.acs))
    }),
    ("bad-recipient-case", RECIPIENT, |w| {
        recipient(w, &w.login.acs.to_uppercase())
    }),
    ("bad-recipient-missing", RECIPIENT, |w| {
        confirmed(
            w,
            &w.login
                .data(300)
                .replace(&format!(r#" Recipient="{}""#, w.login.acs), ""),
        )
    }),
    ("bad-destination", DESTINATION, |w| {
        destination(
            w,
            Signed::Assertion,
            Some("https://other.example.org/saml/acs"),
        )
    }),
    ("bad-destination-signed", DESTINATION, |w| {
        destination(
            w,
            Signed::Response,
            Some("https://other.example.org/saml/acs"),
        )
    }),
    ("bad-destination-prefix", DESTINATION, |w| {
        destination(w, Signed::Response, Some(&format!("{}x", w.login.acs)))
    }),
    ("bad-destination-empty", DESTINATION, |w| {
        destination(w, Signed::Response, Some(""))
    }),
    ("bad-destination-missing", DESTINATION, |w| {
        destination(w, Signed::Response, None)
    }),
    ("bad-destination-missing-both", DESTINATION, |w| {
        destination(w, Signed::Both, None)
    }),
    ("bad-unsolicited", "saml.unsolicited", |w| {
        w.bent(Signed::Assertion, |p| {
            p.in_response_to = None;
            let unasked = w.login.data(300).replace(&irt(w), "");
            p.assertion.subject = subject(&name_id(&w.login.name_id), &bearer(&unasked));
        })
    }),
    ("bad-unsolicited-confirmation", "saml.unsolicited", |w| {
        confirmed(w, &w.login.data(300).replace(&irt(w), ""))
    }),
    ("bad-inresponseto", NOT_MINE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.in_response_to = Some("_other".to_owned());
        })
    }),
    ("bad-inresponseto-empty", NOT_MINE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.in_response_to = Some(String::new());
        })
    }),
    ("bad-inresponseto-confirmation", NOT_MINE, |w| {
        confirmed(
            w,
            &w.login
                .data(300)
                .replace(&irt(w), r#" InResponseTo="_other""#),
        )
    }),
    ("bad-irt-case", NOT_MINE, |w| {
        w.bent(Signed::Response, |p| {
            p.in_response_to = p.in_response_to.as_ref().map(|id| id.to_uppercase());
        })
    }),
    ("bad-method-holder-of-key", CONFIRMATION, |w| {
        method(w, "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key")
    }),
    ("bad-method-sender-vouches", CONFIRMATION, |w| {
        method(w, "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches")
    }),
    ("bad-method-unknown", CONFIRMATION, |w| method(w, "urn:x")),
    ("bad-method-none", CONFIRMATION, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.subject = subject(&name_id(&w.login.name_id), "");
        })
    }),
    ("bad-method-no-data", CONFIRMATION, |w| {
        w.bent(Signed::Assertion, |p| {
            let bare = r#"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"></saml:SubjectConfirmation>"#;
            p.assertion.subject = subject(&name_id(&w.login.name_id), bare);
        })
    }),
    ("bad-confirmation-for-ever", CONFIRMATION, |w| {
        let until = format!(r#" NotOnOrAfter="{}""#, at(w.login.now, 300));
        confirmed(w, &w.login.data(300).replace(&until, ""))
    }),
    ("bad-status-responder", STATUS, |w| {
        status(w, &SUCCESS.replace("status:Success", "status:Responder"))
    }),
    ("bad-status-unsigned", STATUS, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("status:Success", "status:AuthnFailed")
        })
    }),
    ("bad-status-missing", STATUS, |w| status(w, "")),
    ("bad-status-empty", STATUS, |w| {
        status(w, "<samlp:Status></samlp:Status>")
    }),
    ("bad-status-two-codes", STATUS, |w| {
        let code = r#"<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"></samlp:StatusCode></samlp:Status>"#;
        status(w, &SUCCESS.replace("</samlp:Status>", code))
    }),
    ("bad-status-twice", STRUCTURE, |w| {
        status(w, &SUCCESS.repeat(2))
    }),
    ("bad-issuer", ISSUER, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.issuer = "<saml:Issuer>https://evil.example.org</saml:Issuer>".to_owned();
        })
    }),
    ("bad-issuer-response", ISSUER, |w| {
        w.bent(Signed::Assertion, |p| {
            p.issuer = Some("https://evil.example.org".to_owned());
        })
    }),
    ("bad-issuer-missing", ISSUER, |w| {
        w.bent(Signed::Assertion, |p| p.assertion.issuer.clear())
    }),
    ("bad-issuer-twice", STRUCTURE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.issuer = p.assertion.issuer.repeat(2);
        })
    }),
    ("bad-version", STRUCTURE, |w| {
        w.bent(Signed::Response, |p| p.version = "1.1".to_owned())
    }),
    ("bad-version-assertion", STRUCTURE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.attributes = p.assertion.attributes.replace("2.0", "1.1");
        })
    }),
    ("bad-no-subject", NAME_ID, |w| {
        w.bent(Signed::Assertion, |p| p.assertion.subject.clear())
    }),
    ("bad-no-nameid", NAME_ID, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.subject = subject("", &w.login.bearer());
        })
    }),
    ("odd-nameid-crlf", NAME_ID, |w| {
        named(w, "a@example.org&#xD;&#xA;Remote-User: admin")
    }),
    ("odd-nameid-newline", NAME_ID, |w| {
        named(w, "a@example.org&#xA;b")
    }),
    ("odd-nameid-tab", NAME_ID, |w| {
        named(w, "a&#x9;@example.org")
    }),
    ("odd-nameid-padding", NAME_ID, |w| {
        named(w, " a@example.org")
    }),
    ("odd-nameid-padding-after", NAME_ID, |w| {
        named(w, "a@example.org ")
    }),
    ("odd-nameid-nbsp", NAME_ID, |w| {
        named(w, "\u{a0}a@example.org")
    }),
    ("odd-nameid-blank", NAME_ID, |w| named(w, "   ")),
    ("odd-nameid-empty", NAME_ID, |w| named(w, "")),
    ("odd-nameid-long", NAME_ID, |w| named(w, &"a".repeat(257))),
    ("odd-nameid-c1", NAME_ID, |w| named(w, "a\u{85}b")),
    ("odd-nameid-element", NAME_ID, |w| {
        named(w, &format!(r#"a<saml:x xmlns:saml="{SAML}"></saml:x>b"#))
    }),
    ("odd-nameid-two", NAME_ID, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.subject = subject(&name_id("a@example.org").repeat(2), &w.login.bearer());
        })
    }),
];

fn valid(w: &World, from: i64, until: i64) -> String {
    w.bent(Signed::Assertion, |p| {
        p.assertion.conditions = conditions(w.login.now, from, until, &[&[&w.login.entity_id]]);
    })
}

fn audiences(w: &World, all: &[&[&str]]) -> String {
    w.bent(Signed::Assertion, |p| {
        p.assertion.conditions = conditions(w.login.now, -10, 300, all);
    })
}

fn issued(w: &World, when: &str) -> String {
    w.bent(Signed::Assertion, |p| {
        p.assertion.attributes = format!(r#" IssueInstant="{when}" Version="2.0""#);
    })
}

/// Everything as if it were another time.
fn hour(w: &World, seconds: i64) -> String {
    let mut login = w.login.clone();
    login.now += jiff::SignedDuration::from_secs(seconds);
    super::field(&login.pieces(&w.nonce).sign(Signed::Both, &w.key))
}

fn confirmed(w: &World, data: &str) -> String {
    w.bent(Signed::Assertion, |p| {
        p.assertion.subject = subject(&name_id(&w.login.name_id), &bearer(data));
    })
}

fn bearer(data: &str) -> String {
    confirmation("urn:oasis:names:tc:SAML:2.0:cm:bearer", data)
}

fn recipient(w: &World, to: &str) -> String {
    confirmed(w, &w.login.data(300).replace(&w.login.acs, to))
}

fn destination(w: &World, signed: Signed, to: Option<&str>) -> String {
    w.bent(signed, |p| p.destination = to.map(str::to_owned))
}

fn irt(w: &World) -> String {
    format!(
        r#" InResponseTo="{}""#,
        w.login.request.clone().unwrap_or_default()
    )
}

fn method(w: &World, method: &str) -> String {
    let confirmation = confirmation(method, &w.login.data(300));
    w.bent(Signed::Assertion, |p| {
        p.assertion.subject = subject(&name_id(&w.login.name_id), &confirmation);
    })
}

fn status(w: &World, status: &str) -> String {
    w.bent(Signed::Response, |p: &mut Pieces| {
        p.status = status.to_owned();
    })
}

fn named(w: &World, name: &str) -> String {
    w.bent(Signed::Assertion, |p| {
        p.assertion.subject = subject(&name_id(name), &w.login.bearer());
    })
}

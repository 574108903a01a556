//! Signature wrapping (XSW), and signatures that are missing or cover something else.

use super::super::document::{Pieces, SAML, Signed};
use super::super::signer::{DS, Signing};
use super::{FORM, Line, SIGNATURE, STRUCTURE, World, field};

pub(super) const ATTACKS: &[Line] = &[
    // 1–8 as SAML Raider numbers them.
    ("bad-xsw1", STRUCTURE, |w| {
        let good = w.pieces().sign(Signed::Response, &w.key);
        let (signature, original) = (
            cut_signature(&good),
            w.pieces().around("", &w.pieces().assertion.render("")),
        );
        let signature = signature.replace("</ds:Signature>", &format!("{original}</ds:Signature>"));
        field(&w.evil().around(&signature, &w.evil().assertion.render("")))
    }),
    ("bad-xsw2", STRUCTURE, |w| {
        let good = w.pieces().sign(Signed::Response, &w.key);
        let original = w.pieces().around("", &w.pieces().assertion.render(""));
        let both = format!("{original}{}", cut_signature(&good));
        field(&w.evil().around(&both, &w.evil().assertion.render("")))
    }),
    ("bad-xsw3", STRUCTURE, |w| {
        let signed = signed(w);
        field(
            &w.pieces()
                .around("", &format!("{}{signed}", w.evil().assertion.render(""))),
        )
    }),
    ("bad-xsw4", STRUCTURE, |w| {
        let signed = signed(w);
        field(&w.pieces().around("", &inside(w.evil(), &signed)))
    }),
    ("bad-xsw5", STRUCTURE, |w| {
        let evil = w.evil().assertion.render(&cut_signature(&signed(w)));
        field(
            &w.pieces()
                .around("", &format!("{evil}{}", w.pieces().assertion.render(""))),
        )
    }),
    ("bad-xsw6", STRUCTURE, |w| {
        let original = w.pieces().assertion.render("");
        let signature = cut_signature(&signed(w))
            .replace("</ds:Signature>", &format!("{original}</ds:Signature>"));
        field(
            &w.pieces()
                .around("", &w.evil().assertion.render(&signature)),
        )
    }),
    ("bad-xsw7", STRUCTURE, |w| {
        let mut pieces = w.pieces();
        pieces.extensions = format!(
            "<samlp:Extensions>{}</samlp:Extensions>",
            w.evil().assertion.render("")
        );
        field(&pieces.around("", &signed(w)))
    }),
    ("bad-xsw8", FORM, |w| {
        let object = format!(
            "<ds:Object>{}</ds:Object></ds:Signature>",
            w.pieces().assertion.render("")
        );
        let signature = cut_signature(&signed(w)).replace("</ds:Signature>", &object);
        field(
            &w.pieces()
                .around("", &w.evil().assertion.render(&signature)),
        )
    }),
    ("bad-xsw9", STRUCTURE, |w| {
        let mut pieces = w.pieces();
        let detail = format!(
            "<samlp:StatusDetail>{}</samlp:StatusDetail></samlp:Status>",
            signed(w)
        );
        pieces.status = pieces.status.replace("</samlp:Status>", &detail);
        field(&pieces.around("", &w.evil().assertion.render("")))
    }),
    ("bad-xsw10", STRUCTURE, |w| {
        let mut evil = w.evil();
        evil.assertion.advice = format!("<saml:Advice>{}</saml:Advice>", signed(w));
        field(&w.pieces().around("", &evil.assertion.render("")))
    }),
    ("bad-xsw11", STRUCTURE, |w| {
        let evil = w.evil().assertion.render("").replacen(" ID=", " Id=", 1);
        field(&w.pieces().around("", &format!("{evil}{}", signed(w))))
    }),
    ("bad-xsw12", STRUCTURE, |w| {
        let evil = w
            .evil()
            .assertion
            .render("")
            .replacen(" ID=", " xml:id=", 1);
        field(&w.pieces().around("", &format!("{evil}{}", signed(w))))
    }),
    ("bad-xsw13", STRUCTURE, |w| {
        let mut evil = w.evil();
        evil.assertion.id = w.pieces().assertion.id;
        field(
            &w.pieces()
                .around("", &format!("{}{}", evil.assertion.render(""), signed(w))),
        )
    }),
    ("bad-xsw14", STRUCTURE, |w| {
        let evil = w.evil().assertion.render("").replace(SAML, "urn:evil");
        field(&w.pieces().around("", &format!("{evil}{}", signed(w))))
    }),
    ("bad-unsigned", "saml.no_signature", |w| {
        field(&w.pieces().sign(Signed::Nothing, &w.key))
    }),
    ("bad-stripped", "saml.no_signature", |w| {
        let evil = w.evil().sign(Signed::Both, &w.key);
        let once = evil.replacen(&cut_signature(&evil), "", 1);
        field(&once.replacen(&cut_signature(&once), "", 1))
    }),
    ("bad-empty-sigvalue", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            between(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>", "")
        })
    }),
    ("bad-empty-signature", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(
                &cut_signature(&xml),
                &format!(r#"<ds:Signature xmlns:ds="{DS}"></ds:Signature>"#),
            )
        })
    }),
    ("bad-signed-other-element", FORM, |w| {
        let other = format!(
            r#"<samlp:LogoutResponse xmlns:samlp="{}" ID="_other" Version="2.0"></samlp:LogoutResponse>"#,
            super::super::document::SAMLP
        );
        let signature = Signing::good(&w.key).sign("_other", &other);
        let mut pieces = w.evil();
        pieces.extensions = format!(
            "<samlp:Extensions>{}</samlp:Extensions>",
            other.replace("></samlp", &format!(">{signature}</samlp"))
        );
        field(&pieces.sign(Signed::Nothing, &w.key))
    }),
    ("bad-signature-of-another", FORM, |w| {
        let signature = cut_signature(&signed(w));
        field(&w.evil().around("", &w.evil().assertion.render(&signature)))
    }),
    ("bad-signature-in-status", FORM, |w| {
        let mut pieces = w.evil();
        pieces.status = pieces.status.replace(
            "</samlp:Status>",
            &format!("{}</samlp:Status>", cut_signature(&signed(w))),
        );
        field(&pieces.sign(Signed::Nothing, &w.key))
    }),
    ("bad-logoutresponse-to-acs", STRUCTURE, |w| {
        w.after(Signed::Response, |xml| {
            xml.replace("samlp:Response", "samlp:LogoutResponse")
        })
    }),
    ("bad-two-signed-assertions", STRUCTURE, |w| {
        let second = w.evil().assertion.signed(&Signing::good(&w.key));
        field(&w.pieces().around("", &format!("{}{second}", signed(w))))
    }),
    ("bad-two-assertions-in-signed-response", STRUCTURE, |w| {
        let both = format!(
            "{}{}",
            w.pieces().assertion.render(""),
            w.evil().assertion.render("")
        );
        field(
            &w.pieces()
                .finish(Signed::Response, &Signing::good(&w.key), &both),
        )
    }),
    ("bad-two-signatures-in-one", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            let signature = cut_signature(&xml);
            xml.replace(&signature, &format!("{signature}{signature}"))
        })
    }),
    ("bad-two-references", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            let reference = cut(&xml, "<ds:Reference ", "</ds:Reference>");
            xml.replace(&reference, &format!("{reference}{reference}"))
        })
    }),
    ("bad-bare-assertion", STRUCTURE, |w| field(&signed(w))),
    ("bad-assertion-nested", STRUCTURE, |w| {
        let mut pieces = w.pieces();
        pieces.extensions = format!("<samlp:Extensions>{}</samlp:Extensions>", signed(w));
        field(&pieces.around("", ""))
    }),
    (
        "bad-encrypted-assertion",
        "saml.encrypted_unsupported",
        |w| {
            let mut pieces = w.pieces();
            pieces.more = format!(
                r#"<saml:EncryptedAssertion xmlns:saml="{SAML}"></saml:EncryptedAssertion>"#
            );
            field(&pieces.around("", ""))
        },
    ),
    ("bad-encrypted-id", "saml.encrypted_unsupported", |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.subject = p
                .assertion
                .subject
                .replace("saml:NameID", "saml:EncryptedID");
        })
    }),
    ("bad-tampered-nameid", SIGNATURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(&w.login.name_id, "admin@example.org")
        })
    }),
    ("bad-tampered-nameid-in-signed-response", SIGNATURE, |w| {
        w.after(Signed::Response, |xml| {
            xml.replace(&w.login.name_id, "admin@example.org")
        })
    }),
    ("bad-tampered-nameid-in-both", SIGNATURE, |w| {
        w.after(Signed::Both, |xml| {
            xml.replace(&w.login.name_id, "admin@example.org")
        })
    }),
    ("bad-tampered-attribute", SIGNATURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("staff", "administrators")
        })
    }),
    ("bad-tampered-attribute-added", SIGNATURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(
                "</saml:AttributeValue>",
                "</saml:AttributeValue><saml:AttributeValue>administrators</saml:AttributeValue>",
            )
        })
    }),
    ("bad-tampered-session", SIGNATURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("SessionIndex=\"_s", "SessionIndex=\"_t")
        })
    }),
    ("bad-tampered-id", FORM, |w| {
        w.after(Signed::Assertion, |xml| xml.replace(" ID=\"_a", " ID=\"_b"))
    }),
    ("bad-tampered-response-id", FORM, |w| {
        w.after(Signed::Both, |xml| xml.replace(" ID=\"_r", " ID=\"_q"))
    }),
    ("bad-tampered-sigvalue", SIGNATURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<ds:SignatureValue>", "<ds:SignatureValue>AAAA")
        })
    }),
    ("bad-tampered-sigvalue-zero", SIGNATURE, |w| {
        let zeros = "A".repeat(342) + "==";
        w.after(Signed::Assertion, |xml| {
            between(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>", &zeros)
        })
    }),
    ("bad-tampered-digest", SIGNATURE, |w| {
        let zeros = "A".repeat(43) + "=";
        w.after(Signed::Assertion, |xml| {
            between(&xml, "<ds:DigestValue>", "</ds:DigestValue>", &zeros)
        })
    }),
    ("bad-tampered-digest-fitted", SIGNATURE, |w| {
        // The digest of the forged assertion in the signature of the good one.
        let evil = w.evil().assertion.signed(&Signing::good(&w.evil));
        let value = cut(&signed(w), "<ds:SignatureValue>", "</ds:SignatureValue>");
        let forged = evil.replace(
            &cut(&evil, "<ds:SignatureValue>", "</ds:SignatureValue>"),
            &value,
        );
        field(&w.pieces().around("", &forged))
    }),
];

fn signed(w: &World) -> String {
    w.pieces().assertion.signed(&Signing::good(&w.key))
}

/// The evil assertion with another one inside of it.
fn inside(evil: Pieces, other: &str) -> String {
    evil.assertion
        .render("")
        .replace("</saml:Assertion>", &format!("{other}</saml:Assertion>"))
}

/// The first signature in a document.
pub(super) fn cut_signature(xml: &str) -> String {
    cut(xml, "<ds:Signature ", "</ds:Signature>")
}

/// From the first text to the second, both included.
pub(super) fn cut(xml: &str, from: &str, to: &str) -> String {
    let start = xml.find(from).unwrap();
    let end = start + xml[start..].find(to).unwrap() + to.len();
    xml[start..end].to_owned()
}

/// With something else between the two texts.
pub(super) fn between(xml: &str, from: &str, to: &str, what: &str) -> String {
    xml.replace(&cut(xml, from, to), &format!("{from}{what}{to}"))
}

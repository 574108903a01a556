//! XML that parsers read in several ways, or that costs them more than it costs to write.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::document::{SAML, SAMLP, Signed};
use super::super::signer::DS;
use super::{FORM, LARGE, Line, MALFORMED, MARKUP, STRUCTURE, World, field};

pub(super) const ATTACKS: &[Line] = &[
    ("cmt-nameid", MARKUP, |w| {
        comment(w, &w.login.name_id, "<!--x-->", 0)
    }),
    ("cmt-nameid-middle", MARKUP, |w| {
        comment(w, &w.login.name_id, "<!--.evil-->", 4)
    }),
    ("cmt-nameid-pi", MARKUP, |w| {
        comment(w, &w.login.name_id, "<?x?>", 4)
    }),
    ("cmt-nameid-cdata", MARKUP, |w| {
        comment(w, &w.login.name_id, "<![CDATA[]]>", 4)
    }),
    ("cmt-attribute", MARKUP, |w| {
        comment(w, "staff", "<!---->", 2)
    }),
    ("cmt-audience", MARKUP, |w| {
        comment(w, "</saml:Audience>", "<!--x-->", 0)
    }),
    ("cmt-issuer", MARKUP, |w| {
        comment(w, "</saml:Issuer>", "<!--x-->", 0)
    }),
    ("cmt-prolog", MARKUP, |w| {
        w.after(Signed::Assertion, |xml| format!("<!--x-->{xml}"))
    }),
    ("bad-pi-stylesheet", MARKUP, |w| {
        w.after(Signed::Assertion, |xml| {
            format!(
                r#"<?xml-stylesheet href="{}/style" type="text/xsl"?>{xml}"#,
                w.trap
            )
        })
    }),
    ("bad-attr-ns-ID", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(
                "<saml:Assertion ",
                r#"<saml:Assertion xmlns:x="urn:x" x:ID="_evil" "#,
            )
        })
    }),
    ("bad-attr-xml-id", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", r#"<saml:Subject xml:id="_x">"#)
        })
    }),
    ("bad-attr-lower-id", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", r#"<saml:Subject id="_x">"#)
        })
    }),
    ("bad-attr-duplicate-id", STRUCTURE, |w| {
        let id = w.pieces().assertion.id;
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", &format!(r#"<saml:Subject ID="{id}">"#))
        })
    }),
    ("bad-attr-id-no-name", STRUCTURE, |w| {
        w.bent(Signed::Assertion, |p| p.assertion.id = "1 2".to_owned())
    }),
    ("bad-relative-ns", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", r#"<saml:Subject xmlns:x="x">"#)
        })
    }),
    ("bad-relative-ns-root", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<samlp:Response ", r#"<samlp:Response xmlns:x="1" "#)
        })
    }),
    ("bad-relative-ns-signature", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<ds:SignedInfo>", r#"<ds:SignedInfo xmlns:x="./x">"#)
        })
    }),
    ("bad-xmlns-redefine-saml", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", r#"<saml:Subject xmlns:saml="urn:evil">"#)
        })
    }),
    ("bad-xmlns-redefine-samlp", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<samlp:Status>", r#"<samlp:Status xmlns:samlp="urn:evil">"#)
        })
    }),
    ("bad-xmlns-redefine-ds", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<ds:KeyInfo>", r#"<ds:KeyInfo xmlns:ds="urn:evil">"#)
        })
    }),
    ("bad-xmlns-redefine-swapped", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(
                "<saml:Subject>",
                &format!(r#"<saml:Subject xmlns:saml="{SAMLP}">"#),
            )
        })
    }),
    ("bad-xmlns-other-protocol", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(SAMLP, "urn:oasis:names:tc:SAML:1.0:protocol")
        })
    }),
    ("bad-xmlns-other-assertion", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(SAML, "urn:oasis:names:tc:SAML:1.0:assertion")
        })
    }),
    ("bad-xmlns-none", STRUCTURE, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("samlp:", "").replace(":samlp", ":x")
        })
    }),
    ("bad-dtd-internal", MARKUP, |w| dtd(w, "<!DOCTYPE r [ ]>")),
    ("bad-dtd-external", MARKUP, |w| {
        dtd(w, &format!(r#"<!DOCTYPE r SYSTEM "{}/dtd">"#, w.trap))
    }),
    ("bad-dtd-public", MARKUP, |w| {
        dtd(
            w,
            &format!(r#"<!DOCTYPE r PUBLIC "-//x" "{}/dtd">"#, w.trap),
        )
    }),
    ("bad-dtd-attlist-id", MARKUP, |w| {
        dtd(w, "<!DOCTYPE r [<!ATTLIST saml:Subject ID ID #IMPLIED>]>")
    }),
    ("bad-dtd-default-attribute", MARKUP, |w| {
        dtd(
            w,
            r#"<!DOCTYPE r [<!ATTLIST saml:Assertion ID CDATA "_x">]>"#,
        )
    }),
    ("bad-xxe-file", MARKUP, |w| {
        entity(
            w,
            &format!(r#"<!DOCTYPE r [<!ENTITY x SYSTEM "file://{}">]>"#, w.file),
        )
    }),
    ("bad-xxe-http", MARKUP, |w| {
        entity(
            w,
            &format!(r#"<!DOCTYPE r [<!ENTITY x SYSTEM "{}/xxe">]>"#, w.trap),
        )
    }),
    ("bad-xxe-parameter", MARKUP, |w| {
        entity(
            w,
            &format!(
                r#"<!DOCTYPE r [<!ENTITY % x SYSTEM "{}/xxe"> %x;]>"#,
                w.trap
            ),
        )
    }),
    ("bad-entity-internal", MARKUP, |w| {
        entity(w, r#"<!DOCTYPE r [<!ENTITY x "admin@example.org">]>"#)
    }),
    ("bad-billion-laughs", MARKUP, |w| entity(w, &laughs())),
    ("bad-entity-undeclared", MARKUP, |w| entity(w, "")),
    ("bad-malformed-unclosed", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("</samlp:Response>", "")
        })
    }),
    ("bad-malformed-crossed", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("</saml:NameID>", "</saml:Name>")
        })
    }),
    ("bad-malformed-trailing", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| format!("{xml}x"))
    }),
    ("bad-malformed-two-roots", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| format!("{xml}{xml}"))
    }),
    ("bad-malformed-duplicate-attribute", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(" Version=", " Version=\"2.0\" Version=")
        })
    }),
    ("bad-malformed-no-prefix", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", "<saml:Subject x:y=\"1\">")
        })
    }),
    ("bad-malformed-control", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", "<saml:Subject>\u{1}")
        })
    }),
    ("bad-malformed-nul", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<saml:Subject>", "<saml:Subject>\0")
        })
    }),
    ("bad-malformed-empty", MALFORMED, |_| String::new()),
    ("bad-malformed-text", MALFORMED, |_| field("hello")),
    ("bad-malformed-no-base64", MALFORMED, |_| "%%%".to_owned()),
    ("bad-malformed-no-utf8", MALFORMED, |_| {
        STANDARD.encode([b'<', 0xff, b'/', b'>'])
    }),
    ("bad-malformed-utf16", MALFORMED, |_| {
        let wide: Vec<u8> = "<r/>".encode_utf16().flat_map(u16::to_be_bytes).collect();
        STANDARD.encode([vec![0xfe, 0xff], wide].concat())
    }),
    ("bad-malformed-encoding", MARKUP, |w| {
        w.after(Signed::Assertion, |xml| {
            format!(r#"<?xml version="1.0" encoding="UTF-7"?>{xml}"#)
        })
    }),
    ("bad-malformed-xml11", MARKUP, |w| {
        w.after(Signed::Assertion, |xml| {
            format!(r#"<?xml version="1.1"?>{xml}"#)
        })
    }),
    ("bad-stray-text", STRUCTURE, |w| {
        w.bent(Signed::Response, |p| p.more = "x".to_owned())
    }),
    ("bad-stray-element", STRUCTURE, |w| {
        w.bent(Signed::Response, |p| {
            p.more = "<x xmlns=\"urn:x\"></x>".to_owned();
        })
    }),
    ("dos-size", LARGE, |w| {
        w.bent(Signed::Assertion, |p| {
            p.assertion.statement = "x".repeat(300_000);
        })
    }),
    ("dos-size-base64", LARGE, |_| "A".repeat(400_000)),
    ("dos-depth", LARGE, |w| {
        extension(
            w,
            &format!("{}{}", "<x>".repeat(9_000), "</x>".repeat(9_000)),
        )
    }),
    ("dos-elements", LARGE, |w| {
        extension(w, &"<x></x>".repeat(9_000))
    }),
    ("dos-attributes", LARGE, |w| {
        let mut all = String::new();
        for n in 0..15_000 {
            write!(all, " a{n}=\"\"").unwrap();
        }
        extension(w, &format!("<x{all}></x>"))
    }),
    ("dos-namespaces", LARGE, |w| {
        let mut all = String::new();
        for n in 0..5_000 {
            write!(all, " xmlns:n{n}=\"urn:n{n}\"").unwrap();
        }
        extension(w, &format!("<x{all}></x>"))
    }),
    ("dos-ids", LARGE, |w| {
        let mut all = String::new();
        for n in 0..9_000 {
            write!(all, "<x ID=\"i{n}\"></x>").unwrap();
        }
        extension(w, &all)
    }),
    ("dos-references", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            let reference = super::wrap::cut(&xml, "<ds:Reference ", "</ds:Reference>");
            xml.replace(&reference, &reference.repeat(200))
        })
    }),
    ("dos-digest", MALFORMED, |w| {
        w.after(Signed::Assertion, |xml| {
            format!(
                "{}<",
                xml.replace(DS, &format!("{DS}{}", "x".repeat(9_000)))
            )
        })
    }),
];

/// Signed as it is without the remark, as canonicalization drops it.
fn comment(w: &World, text: &str, remark: &str, after: usize) -> String {
    w.after(Signed::Assertion, |xml| {
        let at = xml.rfind(text).unwrap() + after;
        format!("{}{remark}{}", &xml[..at], &xml[at..])
    })
}

fn dtd(w: &World, text: &str) -> String {
    w.after(Signed::Assertion, |xml| format!("{text}{xml}"))
}

fn entity(w: &World, text: &str) -> String {
    w.after(Signed::Assertion, |xml| {
        format!("{text}{}", xml.replace(&w.login.name_id, "&x;"))
    })
}

fn extension(w: &World, xml: &str) -> String {
    w.bent(Signed::Response, |p| {
        p.extensions = format!("<samlp:Extensions>{xml}</samlp:Extensions>");
    })
}

fn laughs() -> String {
    let mut all = "<!DOCTYPE r [<!ENTITY x0 \"lol\">".to_owned();
    for n in 1..10 {
        write!(
            all,
            "<!ENTITY x{n} \"{}\">",
            format!("&x{};", n - 1).repeat(10)
        )
        .unwrap();
    }
    all + "<!ENTITY x \"&x9;\">]>"
}

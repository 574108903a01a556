//! Keys and algorithms: whose signature it is, how it was made, and what it says it covers.

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;

use super::super::document::Signed;
use super::super::signer::{DS, ENVELOPED, EXCLUSIVE, Key, Signing, transforms};
use super::{ALGORITHM, FORM, Line, SIGNATURE, World, field};

pub(super) const ATTACKS: &[Line] = &[
    ("bad-evil-key-certificate", SIGNATURE, |w| evil(w, |_| {})),
    ("bad-evil-key-no-keyinfo", SIGNATURE, |w| {
        evil(w, |s| s.key_info.clear())
    }),
    ("bad-evil-key-good-certificate", SIGNATURE, |w| {
        let good = Signing::good(&w.key).key_info;
        evil(w, |s| s.key_info = good)
    }),
    ("bad-evil-key-value", SIGNATURE, |w| {
        evil(w, |s| {
            let rsa = s.key.key.rsa().unwrap();
            let text = |n: &openssl::bn::BigNumRef| openssl::base64::encode_block(&n.to_vec());
            s.key_info = format!(
                "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>{}</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo>",
                text(rsa.n()),
                text(rsa.e())
            );
        })
    }),
    ("bad-evil-key-two-certificates", SIGNATURE, |w| {
        let good = w.key.base64();
        evil(w, |s| {
            let more = format!("<ds:X509Certificate>{good}</ds:X509Certificate></ds:X509Data>");
            s.key_info = s.key_info.replace("</ds:X509Data>", &more);
        })
    }),
    ("bad-evil-key-response", SIGNATURE, |w| {
        field(
            &w.evil()
                .sign_with(Signed::Response, &Signing::good(&w.evil)),
        )
    }),
    ("bad-evil-key-around-good-assertion", SIGNATURE, |w| {
        let assertion = w.pieces().assertion.signed(&Signing::good(&w.key));
        field(
            &w.pieces()
                .finish(Signed::Both, &Signing::good(&w.evil), &assertion),
        )
    }),
    ("bad-evil-key-under-good-response", SIGNATURE, |w| {
        let assertion = w.pieces().assertion.signed(&Signing::good(&w.evil));
        field(
            &w.pieces()
                .finish(Signed::Both, &Signing::good(&w.key), &assertion),
        )
    }),
    ("bad-evil-key-ecdsa", SIGNATURE, |w| {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        let mut signing = Signing::good(&Key::of(key, 9));
        signing.algorithm = more("ecdsa-sha256");
        field(&w.evil().sign_with(Signed::Assertion, &signing))
    }),
    ("bad-evil-key-retrieval", FORM, |w| {
        let url = w.trap.clone();
        evil(w, |s| {
            s.key_info = format!(
                r#"<ds:KeyInfo><ds:RetrievalMethod URI="{url}/key"></ds:RetrievalMethod></ds:KeyInfo>"#
            );
        })
    }),
    ("bad-evil-key-agreement", FORM, |w| {
        evil(w, |s| {
            s.key_info = "<ds:KeyInfo><ds:MgmtData>x</ds:MgmtData></ds:KeyInfo>".to_owned();
        })
    }),
    ("bad-hmac-pem", ALGORITHM, |w| {
        hmac(w, w.key.pem().into_bytes())
    }),
    ("bad-hmac-der", ALGORITHM, |w| {
        hmac(w, w.key.certificate.to_der().unwrap())
    }),
    ("bad-hmac-key", ALGORITHM, |w| {
        hmac(w, w.key.key.public_key_to_der().unwrap())
    }),
    ("bad-hmac-base64", ALGORITHM, |w| {
        hmac(w, w.key.base64().into_bytes())
    }),
    ("bad-hmac-truncated", ALGORITHM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.algorithm = more("hmac-sha256");
            s.secret = Some(b"x".to_vec());
        })
    }),
    ("bad-alg-rsa-sha1", ALGORITHM, |w| {
        alg(
            w,
            "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            MessageDigest::sha1(),
        )
    }),
    ("bad-alg-rsa-md5", ALGORITHM, |w| {
        alg(w, &more("rsa-md5"), MessageDigest::md5())
    }),
    ("bad-alg-rsa-sha224", ALGORITHM, |w| {
        alg(w, &more("rsa-sha224"), MessageDigest::sha224())
    }),
    ("bad-alg-rsa-ripemd160", ALGORITHM, |w| {
        alg(w, &more("rsa-ripemd160"), MessageDigest::sha1())
    }),
    ("bad-alg-dsa", ALGORITHM, |w| {
        alg(
            w,
            "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
            MessageDigest::sha1(),
        )
    }),
    ("bad-alg-ecdsa-sha1", ALGORITHM, |w| {
        alg(w, &more("ecdsa-sha1"), MessageDigest::sha1())
    }),
    ("bad-alg-none", ALGORITHM, |w| {
        alg(w, "", MessageDigest::sha256())
    }),
    ("bad-alg-unknown", ALGORITHM, |w| {
        alg(w, "urn:nothing", MessageDigest::sha256())
    }),
    ("bad-alg-padded", ALGORITHM, |w| {
        alg(
            w,
            &format!(" {}", more("rsa-sha256")),
            MessageDigest::sha256(),
        )
    }),
    ("bad-alg-rsa-sha1-response", ALGORITHM, |w| {
        w.signed(Signed::Response, |s| {
            s.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1".to_owned();
            s.hash = MessageDigest::sha1();
        })
    }),
    ("bad-alg-confused", SIGNATURE, |w| {
        alg(w, &more("ecdsa-sha256"), MessageDigest::sha256())
    }),
    ("bad-alg-digest-sha1", ALGORITHM, |w| {
        digest(
            w,
            "http://www.w3.org/2000/09/xmldsig#sha1",
            MessageDigest::sha1(),
        )
    }),
    ("bad-alg-digest-md5", ALGORITHM, |w| {
        digest(w, &more("md5"), MessageDigest::md5())
    }),
    ("bad-alg-digest-sha224", ALGORITHM, |w| {
        digest(w, &more("sha224"), MessageDigest::sha224())
    }),
    ("bad-alg-digest-unknown", ALGORITHM, |w| {
        digest(w, "urn:nothing", MessageDigest::sha256())
    }),
    ("bad-c14n-inclusive", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315".to_owned();
        })
    }),
    ("bad-c14n-comments", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.canonicalization = format!("{EXCLUSIVE}WithComments");
        })
    }),
    ("bad-void-c14n", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.transforms = transforms(&[ENVELOPED]);
        })
    }),
    ("bad-void-c14n-empty-digest", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.transforms = String::new();
            s.digest_value = Some("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned());
        })
    }),
    ("bad-transforms-swapped", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.transforms = transforms(&[EXCLUSIVE, ENVELOPED]);
        })
    }),
    ("bad-transforms-base64", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.transforms = transforms(&[ENVELOPED, "http://www.w3.org/2000/09/xmldsig#base64"]);
        })
    }),
    ("bad-digest-doubled", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(
                "</ds:DigestValue>",
                "</ds:DigestValue><ds:DigestValue>AAAA</ds:DigestValue>",
            )
        })
    }),
    ("bad-digest-comment", super::MARKUP, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<ds:DigestValue>", "<ds:DigestValue><!--x-->")
        })
    }),
    ("bad-digest-element", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace("<ds:DigestValue>", "<ds:DigestValue><x></x>")
        })
    }),
    ("bad-digest-empty", FORM, |w| {
        w.signed(Signed::Assertion, |s| s.digest_value = Some(String::new()))
    }),
    ("bad-digest-no-base64", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.digest_value = Some("&lt;!--&gt;".to_owned());
        })
    }),
    ("bad-reference-type", FORM, |w| {
        reference(
            w,
            r##"Type="http://www.w3.org/2000/09/xmldsig#Object" URI="#_a""##,
        )
    }),
    ("bad-reference-other", FORM, |w| {
        reference(w, r##"URI="#_other""##)
    }),
    ("bad-reference-response", FORM, |w| {
        let id = w.pieces().id;
        w.signed(Signed::Assertion, |s| {
            s.reference = Some(format!(r##"URI="#{id}""##));
        })
    }),
    ("bad-signature-object", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.more = "<ds:Object>x</ds:Object>".to_owned();
        })
    }),
    ("bad-signature-manifest", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.more = "<ds:Manifest></ds:Manifest>".to_owned();
        })
    }),
    ("bad-signature-ns", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            xml.replace(&format!(r#"xmlns:ds="{DS}""#), r#"xmlns:ds="urn:evil""#)
        })
    }),
    ("dos-ref-http", FORM, |w| {
        reference(w, &format!(r#"URI="{}/ref""#, w.trap))
    }),
    ("dos-ref-file", FORM, |w| {
        reference(w, &format!(r#"URI="file://{}""#, w.file))
    }),
    ("dos-ref-dev-zero", FORM, |w| {
        reference(w, r#"URI="file:///dev/zero""#)
    }),
    ("dos-ref-empty", FORM, |w| reference(w, r#"URI="""#)),
    ("dos-ref-missing", FORM, |w| reference(w, "")),
    ("dos-ref-xpointer", FORM, |w| {
        reference(w, r##"URI="#xpointer(/)""##)
    }),
    ("dos-xslt", FORM, |w| {
        transform(
            w,
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            &xslt(
                "<xsl:for-each select=\"//node()\"><xsl:value-of select=\"count(//node())\"/></xsl:for-each>",
            ),
        )
    }),
    ("dos-xslt-document", FORM, |w| {
        let body = format!("<xsl:value-of select=\"document('{}/xslt')\"/>", w.trap);
        transform(
            w,
            "http://www.w3.org/TR/1999/REC-xslt-19991116",
            &xslt(&body),
        )
    }),
    ("dos-xpath", FORM, |w| {
        transform(
            w,
            "http://www.w3.org/TR/1999/REC-xpath-19991116",
            "<ds:XPath>count(//node()[count(//node())>0])>0</ds:XPath>",
        )
    }),
    ("dos-transforms", FORM, |w| {
        w.signed(Signed::Assertion, |s| {
            s.transforms = transforms(&[EXCLUSIVE; 900]);
        })
    }),
    ("dos-signatures", FORM, |w| {
        w.after(Signed::Assertion, |xml| {
            let signature = super::wrap::cut_signature(&xml);
            xml.replace(&signature, &signature.repeat(60))
        })
    }),
];

fn evil(w: &World, bend: impl FnOnce(&mut Signing)) -> String {
    let mut signing = Signing::good(&w.evil);
    bend(&mut signing);
    field(&w.evil().sign_with(Signed::Assertion, &signing))
}

fn more(name: &str) -> String {
    format!("http://www.w3.org/2001/04/xmldsig-more#{name}")
}

fn hmac(w: &World, secret: Vec<u8>) -> String {
    w.signed(Signed::Assertion, |s| {
        s.algorithm = more("hmac-sha256");
        s.secret = Some(secret);
    })
}

fn alg(w: &World, uri: &str, hash: MessageDigest) -> String {
    w.signed(Signed::Assertion, |s| {
        s.algorithm = uri.to_owned();
        s.hash = hash;
    })
}

fn digest(w: &World, uri: &str, hash: MessageDigest) -> String {
    w.signed(Signed::Assertion, |s| {
        s.digest = uri.to_owned();
        s.digest_hash = hash;
    })
}

fn reference(w: &World, attributes: &str) -> String {
    w.signed(Signed::Assertion, |s| {
        s.reference = Some(attributes.to_owned());
    })
}

fn transform(w: &World, algorithm: &str, body: &str) -> String {
    w.signed(Signed::Assertion, |s| {
        s.transforms = format!(r#"<ds:Transform Algorithm="{algorithm}">{body}</ds:Transform>"#);
    })
}

fn xslt(body: &str) -> String {
    format!(
        r#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/">{body}</xsl:template></xsl:stylesheet>"#
    )
}

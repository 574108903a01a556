//! Crafted tokens: none of the bad ones is believed (RFC 8725), whoever signed it.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;

/// An issuer with a key of each kind.
struct Issuer {
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Issuer {
    fn new() -> Self {
        Self {
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    fn modulus(&self) -> String {
        let bytes = self
            .rsa
            .public_key()
            .modulus()
            .big_endian_without_leading_zero()
            .to_vec();
        encoded(&bytes)
    }

    fn set(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) },
            { "kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "e": "AQAB", "n": self.modulus() },
            { "kty": "RSA", "kid": "enc", "use": "enc", "e": "AQAB", "n": self.modulus() },
            { "kty": "oct", "kid": "oct", "k": encoded(b"a secret that everybody can read") },
            { "kty": "new", "kid": "new" },
        ]})
    }

    fn keys(&self) -> Vec<Key> {
        read_set(self.set().to_string().as_bytes()).unwrap()
    }

    fn ec(&self, head: &str, claims: &str) -> String {
        let signed = format!(
            "{}.{}",
            encoded(head.as_bytes()),
            encoded(claims.as_bytes())
        );
        let signature = self
            .ec
            .sign(&SystemRandom::new(), signed.as_bytes())
            .unwrap();
        format!("{signed}.{}", encoded(signature.as_ref()))
    }

    fn rsa_with(
        &self,
        head: &str,
        claims: &str,
        padding: &'static dyn aws_lc_rs::signature::RsaEncoding,
    ) -> String {
        let signed = format!(
            "{}.{}",
            encoded(head.as_bytes()),
            encoded(claims.as_bytes())
        );
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa
            .sign(
                padding,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .unwrap();
        format!("{signed}.{}", encoded(&signature))
    }

    /// What becomes of a token with these claims, signed as it should be.
    fn said(&self, claims: &str) -> Result<(), Disbelief> {
        judged(&self.ec(EC_HEAD, claims), &self.keys())
    }
}

const EC_HEAD: &str = r#"{"alg":"ES256","typ":"JWT","kid":"ec"}"#;
const RSA_HEAD: &str = r#"{"alg":"RS256","typ":"JWT","kid":"rsa"}"#;

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn good() -> Value {
    json!({ "iss": "https://idp.example/v2.0", "sub": "app", "aud": "api://muster", "tid": "tenant",
            "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 3600 })
}

/// The good claims with one of them set to `value`; `null` in `value` stays a null.
fn with(name: &str, value: Value) -> String {
    let mut claims = good();
    claims[name] = value;
    claims.to_string()
}

fn without(name: &str) -> String {
    let mut claims = good();
    claims.as_object_mut().unwrap().remove(name);
    claims.to_string()
}

fn judged(token: &str, keys: &[Key]) -> Result<(), Disbelief> {
    let expected = Expected {
        issuer: "https://idp.example/v2.0",
        audience: "api://muster",
        subject: Some("app"),
        tenant: Some("tenant"),
    };
    let id = key_id(token)?;
    let keys: Vec<Key> = keys.iter().filter(|key| key.id() == id).cloned().collect();
    verify(token, &keys, expected, Timestamp::from_second(NOW).unwrap())
}

#[test]
fn a_token_that_says_all_it_must_is_believed() {
    let issuer = Issuer::new();
    assert_eq!(issuer.said(&good().to_string()), Ok(()));
    let several = with("aud", json!(["api://other", "api://muster"]));
    assert_eq!(issuer.said(&several), Ok(()));
    for optional in ["iat", "nbf"] {
        assert_eq!(issuer.said(&without(optional)), Ok(()), "{optional}");
    }
    let token = issuer.rsa_with(RSA_HEAD, &good().to_string(), &RSA_PKCS1_SHA256);
    assert_eq!(judged(&token, &issuer.keys()), Ok(()));
    // Entra signs without typ or with at+jwt, and is some seconds ahead.
    let token = issuer.ec(
        r#"{"alg":"ES256","kid":"ec"}"#,
        &with("nbf", json!(NOW + 4)),
    );
    assert_eq!(judged(&token, &issuer.keys()), Ok(()));
}

#[test]
fn only_keys_that_verify_signatures_are_taken_from_a_set() {
    let issuer = Issuer::new();
    let names: Vec<String> = issuer
        .keys()
        .iter()
        .map(|key| key.id().to_owned())
        .collect();
    assert_eq!(names, ["ec", "rsa"]);
    for set in [
        "",
        "{}",
        "[]",
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#,
    ] {
        assert!(read_set(set.as_bytes()).is_err(), "{set}");
    }
    let short = json!({ "keys": [{ "kty": "RSA", "kid": "short", "e": "AQAB", "n": &issuer.modulus()[..171] }] });
    assert!(read_set(short.to_string().as_bytes()).is_err());
}

#[test]
fn no_claim_that_is_missing_wrong_or_of_another_type_is_believed() {
    let issuer = Issuer::new();
    let mut refused = 0;
    for name in ["iss", "sub", "aud", "exp", "tid"] {
        assert!(issuer.said(&without(name)).is_err(), "without {name}");
        refused += 1;
    }
    for name in ["iss", "sub", "aud", "tid"] {
        for value in [
            json!(null),
            json!(1),
            json!({}),
            json!("evil"),
            json!(""),
            json!("HTTPS://IDP.EXAMPLE/V2.0"),
            json!("api://muster/"),
            json!(true),
        ] {
            assert!(
                issuer.said(&with(name, value.clone())).is_err(),
                "{name}: {value}"
            );
            refused += 1;
        }
    }
    for name in ["iss", "sub", "tid"] {
        let mut both = good();
        both[name] = json!(["evil", good()[name]]);
        assert!(issuer.said(&both.to_string()).is_err(), "{name} as a list");
        refused += 1;
    }
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!(null),
            json!("1800003600"),
            json!([NOW + 3600]),
            json!({}),
            json!(true),
        ] {
            assert!(
                issuer.said(&with(name, value.clone())).is_err(),
                "{name}: {value}"
            );
            refused += 1;
        }
    }
    assert!(refused >= 40, "{refused}");
}

#[test]
fn times_are_taken_to_the_second() {
    let issuer = Issuer::new();
    let code = |claims: String| issuer.said(&claims).map_err(|why| why.code);
    assert_eq!(code(with("exp", json!(NOW - 4))), Ok(()));
    for exp in [
        json!(NOW - 5),
        json!(NOW - 50),
        json!(0),
        json!(-1),
        json!(-1e300),
        json!(0.5),
    ] {
        assert_eq!(code(with("exp", exp.clone())), Err("jwt.expired"), "{exp}");
    }
    for exp in [
        json!(253_402_300_799_i64),
        json!(1e300),
        json!(NOW + 26 * 3600),
    ] {
        assert_eq!(code(with("exp", exp.clone())), Err("jwt.lifetime"), "{exp}");
    }
    for name in ["nbf", "iat"] {
        assert_eq!(
            code(with(name, json!(NOW + 6))),
            Err("jwt.not_yet"),
            "{name}"
        );
    }
}

#[test]
fn a_claim_that_stands_twice_is_not_believed() {
    let issuer = Issuer::new();
    for more in [
        r#","iss":"https://idp.example/v2.0"}"#,
        r#","exp":1}"#,
        r#","aud":"api://muster"}"#,
    ] {
        let twice = good().to_string().trim_end_matches('}').to_owned() + more;
        assert!(issuer.said(&twice).is_err(), "{more}");
    }
    for text in ["", "null", "[]", "\"text\"", "{", &"[".repeat(2_000)] {
        assert!(issuer.said(text).is_err(), "{text:.9}");
    }
}

#[test]
fn no_head_chooses_the_key_or_the_algorithm() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    let claims = good().to_string();
    let refused = |token: &str| assert!(judged(token, &keys).is_err(), "{token:.60}");
    for more in [
        r#""jku":"https://evil.example/keys""#,
        r#""x5u":"https://evil.example/c""#,
        r#""x5c":["AAAA"]"#,
        r#""crit":["exp"]"#,
        r#""cty":"JWT""#,
        r#""zip":"DEF""#,
        r#""enc":"A128GCM""#,
        r#""alg":"ES256""#,
        r#""kid":"ec""#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""typ":"logout+jwt""#,
    ] {
        let doubled = EC_HEAD.trim_end_matches('}').to_owned() + "," + more + "}";
        refused(&issuer.ec(&doubled, &claims));
    }
    for head in [
        r#"{"alg":"none","kid":"ec"}"#,
        r#"{"alg":"None","kid":"ec"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":""}"#,
        r#"{"alg":"ES256","kid":null}"#,
        r#"{"alg":"ES256","kid":["ec"]}"#,
        r#"{"alg":"ES256","kid":"other"}"#,
        r#"{"alg":"ES256","kid":"rsa"}"#,
        r#"{"alg":"ES384","kid":"ec"}"#,
        r#"{"alg":"RS256","kid":"ec"}"#,
        r#"{"kid":"ec"}"#,
        r#"{"alg":["ES256"],"kid":"ec"}"#,
        r#"{"alg":"ES256","kid":"enc"}"#,
    ] {
        refused(&issuer.ec(head, &claims));
    }
    let long = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(129));
    refused(&issuer.ec(&long, &claims));
    // The key's record says RS256: nothing else, be it signed by the same key.
    refused(&issuer.rsa_with(r#"{"alg":"RS512","kid":"rsa"}"#, &claims, &RSA_PKCS1_SHA512));
}

#[test]
fn no_public_key_and_no_shared_secret_signs_by_hmac() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    let secrets = [
        issuer.modulus().into_bytes(),
        issuer.set().to_string().into_bytes(),
        b"a secret that everybody can read".to_vec(),
    ];
    for (kid, secret) in ["rsa", "ec", "oct"]
        .iter()
        .flat_map(|kid| secrets.iter().map(move |secret| (kid, secret)))
    {
        let head = format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}"#);
        let signed = format!(
            "{}.{}",
            encoded(head.as_bytes()),
            encoded(good().to_string().as_bytes())
        );
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret),
            signed.as_bytes(),
        );
        assert!(judged(&format!("{signed}.{}", encoded(tag.as_ref())), &keys).is_err());
    }
}

#[test]
fn what_was_altered_or_is_no_token_is_not_believed() {
    let issuer = Issuer::new();
    let keys = issuer.keys();
    let token = issuer.ec(EC_HEAD, &good().to_string());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let other = encoded(with("sub", json!("admin")).as_bytes());
    let digest = encoded(digest::digest(&digest::SHA256, signed.as_bytes()).as_ref());
    for bad in [
        format!("{head}.{other}.{signature}"),
        format!("{signed}."),
        signed.to_owned(),
        format!("{signed}.{digest}"),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{head}..{signature}"),
        format!(".{claims}.{signature}"),
        format!("{signed}.{}", encoded(&[0; 64])),
        "a".repeat(1 << 20),
        format!("{head}.{}.{signature}", "A".repeat(1 << 20)),
        String::new(),
        "..".to_owned(),
        format!("{token} "),
        format!(
            "{{\"payload\":\"{claims}\",\"protected\":\"{head}\",\"signature\":\"{signature}\"}}"
        ),
    ] {
        assert!(judged(&bad, &keys).is_err(), "{bad:.80}");
    }
    let stranger = Issuer::new();
    assert!(judged(&stranger.ec(EC_HEAD, &good().to_string()), &keys).is_err());
}

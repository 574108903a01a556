//! JSON Web Tokens of others (RFC 7519): which keys may sign them, and what they must say to be believed.

mod key;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};

pub use key::Key;
pub(super) use key::read_set;

/// A token of Entra with two hundred groups has about 12 KiB; headers of HTTP end at twice that.
const MAX_BYTES: usize = 16 * 1024;
/// The longest `kid` that is looked up.
const MAX_KID: usize = 128;
/// Clocks that keep time differ by less (seconds).
const LEEWAY: f64 = 5.0;
/// A token that lives longer is no proof of anything present: those of managed identities live a day (seconds).
const MAX_LIFE: f64 = 25.0 * 3600.0;

/// What a token must say, each to the letter.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'e> {
    /// `iss`
    pub issuer: &'e str,
    /// One of `aud`
    pub audience: &'e str,
    /// `sub`; `None`: any
    pub subject: Option<&'e str>,
    /// `tid`, the tenant of Entra ID; `None`: any or none
    pub tenant: Option<&'e str>,
}

/// Why a token is not believed: a stable code, and what administrators are told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Disbelief {
    /// Such as `jwt.audience`.
    pub code: &'static str,
    /// What was expected and what came; never the token.
    pub detail: String,
}

/// The `kid` of a token whose head is in order, which is no proof of anything yet.
///
/// # Errors
/// `jwt.malformed`, `jwt.header`, `jwt.algorithm`.
pub fn key_id(token: &str) -> Result<String, Disbelief> {
    if token.len() > MAX_BYTES || token.split('.').count() != 3 {
        return Err(no(
            "jwt.malformed",
            "this is no signed JWT of at most 16 KiB",
        ));
    }
    let head = decode_header(token).map_err(|why| no("jwt.malformed", why.to_string()))?;
    check_head(&head)?;
    match head.kid {
        Some(kid) if !kid.is_empty() && kid.len() <= MAX_KID => Ok(kid),
        Some(_) | None => Err(no("jwt.header", "it names no key (kid) of 1 to 128 bytes")),
    }
}

/// Whom a token names as its issuer and subject, which is no proof of anything yet.
///
/// # Errors
/// `jwt.malformed`, `jwt.header`, `jwt.claims`.
pub fn names(token: &str) -> Result<(String, String), Disbelief> {
    key_id(token)?;
    let claims = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(claims);
    let bytes = bytes.map_err(|_| no("jwt.malformed", "its claims are not in base64url"))?;
    let names: Names =
        serde_json::from_slice(&bytes).map_err(|why| no("jwt.claims", why.to_string()))?;
    Ok((names.iss, names.sub))
}

/// Believes `token` if one of `keys` signed it and it says what is expected at `now`.
///
/// # Errors
/// [`Disbelief`] with a code: `jwt.algorithm`, `jwt.signature`, `jwt.claims`, `jwt.issuer`, `jwt.audience`,
/// `jwt.subject`, `jwt.tenant`, `jwt.expired`, `jwt.not_yet`, `jwt.lifetime`.
pub fn verify(
    token: &str,
    keys: &[Key],
    expected: Expected<'_>,
    now: Timestamp,
) -> Result<(), Disbelief> {
    key_id(token)?;
    let mut last = no("jwt.signature", "there is no such key");
    for key in keys {
        match claims(token, key) {
            Ok(claims) => return claims.check(expected, now),
            Err(why) => last = why,
        }
    }
    Err(last)
}

/// What the signature covers; the algorithm is one of the key's, whatever the token says.
fn claims(token: &str, key: &Key) -> Result<Claims, Disbelief> {
    let Some(first) = key.algorithms.first() else {
        return Err(no("jwt.algorithm", "the key has no algorithm"));
    };
    let mut rules = Validation::new(*first);
    rules.algorithms.clone_from(&key.algorithms);
    // Times and names are checked here, by our clock and to the letter.
    rules.required_spec_claims.clear();
    (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
    let decoded = decode::<Claims>(token, &key.decoding, &rules);
    decoded.map(|token| token.claims).map_err(|why| {
        use jsonwebtoken::errors::ErrorKind;
        let code = match why.kind() {
            ErrorKind::InvalidAlgorithm => "jwt.algorithm",
            ErrorKind::Json(_) => "jwt.claims",
            _ => "jwt.signature",
        };
        no(code, why.to_string())
    })
}

/// Nothing in the head may choose a key or change what is signed (RFC 8725 §3.10 to §3.12).
fn check_head(head: &Header) -> Result<(), Disbelief> {
    let foreign = [
        ("jku", head.jku.is_some()),
        ("jwk", head.jwk.is_some()),
        ("x5u", head.x5u.is_some()),
        ("x5c", head.x5c.is_some()),
        ("crit", head.crit.is_some()),
        ("enc", head.enc.is_some()),
        ("zip", head.zip.is_some()),
        ("cty", head.cty.is_some()),
    ];
    if let Some((name, _)) = foreign.iter().find(|(_, is)| *is) {
        return Err(no(
            "jwt.header",
            format!("its head has \"{name}\", which is not taken from a token"),
        ));
    }
    let known = ["jwt", "at+jwt", "application/at+jwt"];
    match &head.typ {
        Some(typ) if !known.contains(&typ.to_ascii_lowercase().as_str()) => {
            Err(no("jwt.header", "its typ is neither JWT nor at+jwt"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The claims by which it is found whose token this is.
#[derive(Deserialize)]
struct Names {
    iss: String,
    sub: String,
}

/// The claims that decide. Each stands once and has its type; others are not read.
#[derive(Debug, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    tid: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// A claim that may be missing, but not null.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl Claims {
    fn check(&self, expected: Expected<'_>, now: Timestamp) -> Result<(), Disbelief> {
        let named = |audience: &String| audience == expected.audience;
        let for_us = match &self.aud {
            Audience::One(audience) => named(audience),
            Audience::Several(all) => all.iter().any(named),
        };
        let differs =
            |want: Option<&str>, is: Option<&str>| want.is_some_and(|want| is != Some(want));
        if self.iss != expected.issuer {
            return Err(no("jwt.issuer", other("iss", expected.issuer, &self.iss)));
        }
        if !for_us {
            let is = format!("{:?}", self.aud);
            return Err(no("jwt.audience", other("aud", expected.audience, &is)));
        }
        if differs(expected.subject, Some(&self.sub)) || self.sub.is_empty() {
            let want = expected.subject.unwrap_or("a name");
            return Err(no("jwt.subject", other("sub", want, &self.sub)));
        }
        if differs(expected.tenant, self.tid.as_deref()) {
            let is = self.tid.as_deref().unwrap_or("missing");
            return Err(no(
                "jwt.tenant",
                other("tid", expected.tenant.unwrap_or_default(), is),
            ));
        }
        self.check_times(now)
    }

    fn check_times(&self, now: Timestamp) -> Result<(), Disbelief> {
        let now = now.as_duration().as_secs_f64();
        if self.exp + LEEWAY <= now {
            return Err(no(
                "jwt.expired",
                format!("it ended {:.0} s ago", now - self.exp),
            ));
        }
        if self.exp - now > MAX_LIFE {
            return Err(no(
                "jwt.lifetime",
                "it lives for more than 25 h from now on",
            ));
        }
        let begins = self.nbf.into_iter().chain(self.iat).fold(now, f64::max);
        if begins > now + LEEWAY {
            let wait = begins - now;
            return Err(no(
                "jwt.not_yet",
                format!("it begins in {wait:.0} s: compare the clocks"),
            ));
        }
        Ok(())
    }
}

fn other(claim: &str, expected: &str, found: &str) -> String {
    let found: String = found.chars().take(256).collect();
    format!("{claim} is {found:?} and must be {expected:?}")
}

fn no(code: &'static str, detail: impl Into<String>) -> Disbelief {
    Disbelief {
        code,
        detail: detail.into(),
    }
}

#[cfg(test)]
mod tests;

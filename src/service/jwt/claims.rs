//! What a JWT of ours says, how it is signed, and which ones are believed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::verified::Proof;
use crate::clock::{Clock, latest_past};
use crate::service::Gateway;
use crate::service::session::Me;
use crate::store::SigningKey;

/// The longest token that is looked at; with 4 KiB of groups and 4 KiB of roles ours are shorter.
const MAX_BYTES: usize = 16 * 1024;
/// The longest `kid` that is looked up.
const MAX_KID_BYTES: usize = 128;
/// Groups that are longer as JSON are left out: a header of a request has to hold the token.
const MAX_GROUPS_BYTES: usize = 4 * 1024;
const TYPE: &str = "JWT";

/// The claims (RFC 7519 §4.1, and OpenID Connect's names for a person).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::service) struct Claims {
    pub(in crate::service) iss: String,
    pub(in crate::service) aud: String,
    pub(in crate::service) sub: String,
    pub(in crate::service) iat: i64,
    pub(in crate::service) exp: i64,
    pub(in crate::service) jti: String,
    pub(in crate::service) sid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::service) email: Option<String>,
    pub(in crate::service) name: String,
    pub(in crate::service) preferred_username: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::service) groups: Option<Vec<String>>,
    pub(in crate::service) roles: Vec<String>,
}

pub(super) fn of(gateway: &Gateway, me: &Me, now: Timestamp, expires_in: u64) -> Claims {
    let (settings, clock): (_, &Clock) = (gateway.settings(), gateway.clock());
    let length: usize = me.groups.iter().map(|group| group.len() + 3).sum();
    let fits = length <= MAX_GROUPS_BYTES;
    if !fits {
        tracing::warn!(
            user = me.id,
            bytes = length,
            "the groups were left out of a JWT: they are too many"
        );
    }
    Claims {
        iss: settings.server.public_url.to_string(),
        aud: settings.login.token_audience.clone(),
        sub: me.id.clone(),
        iat: now.as_second(),
        exp: now.as_second().saturating_add_unsigned(expires_in),
        jti: clock.id(),
        sid: me
            .session
            .as_ref()
            .map(|session| session.id.clone())
            .unwrap_or_default(),
        email: me.email.clone(),
        name: me.name.clone(),
        preferred_username: me.user_name.clone(),
        groups: fits.then(|| me.groups.clone()),
        roles: me.roles.clone(),
    }
}

pub(super) fn sign(
    kid: &str,
    private: &[u8],
    claims: &Claims,
) -> jsonwebtoken::errors::Result<String> {
    let header = Header {
        kid: Some(kid.to_owned()),
        typ: Some(TYPE.to_owned()),
        ..Header::new(Algorithm::ES256)
    };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(private))
}

/// The `kid` of a token whose head is one of ours; `None` for every other token.
pub(in crate::service) fn kid_of(token: &str) -> Option<String> {
    if token.len() > MAX_BYTES {
        return None;
    }
    let head = jsonwebtoken::decode_header(token).ok()?;
    let foreign = head.jku.is_some()
        || head.jwk.is_some()
        || head.x5u.is_some()
        || head.x5c.is_some()
        || head.crit.is_some()
        || head.cty.is_some();
    let ours = head.alg == Algorithm::ES256 && head.typ.as_deref() == Some(TYPE) && !foreign;
    head.kid.filter(|kid| ours && kid.len() <= MAX_KID_BYTES)
}

/// Whether a token says that it is from here, which is no proof of anything yet.
pub(in crate::service) fn is_ours(gateway: &Gateway, token: &str) -> bool {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    let claims = token.split('.').nth(1).filter(|_| kid_of(token).is_some());
    let bytes = claims.and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let issued: Option<Issued> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    issued.is_some_and(|issued| issued.iss == gateway.settings().server.public_url.to_string())
}

/// The claims of a token that `key` signed, that is meant for us or our applications, that has not ended, and that was
/// not issued while the clock was ahead.
pub(in crate::service) fn verify(
    gateway: &Gateway,
    token: &str,
    key: &SigningKey,
) -> Option<Arc<Claims>> {
    let proof = Proof::of(token, &key.public);
    let claims = if let Some(claims) = gateway.verified().find(proof) {
        claims
    } else {
        let claims = Arc::new(signed(token, key)?);
        gateway.verified().remember(proof, &claims);
        claims
    };
    let settings = gateway.settings();
    let now = gateway.clock().now();
    let holds = claims.iss == settings.server.public_url.to_string()
        && claims.aud == settings.login.token_audience
        && claims.iat <= latest_past(now).as_second()
        && now.as_second() < claims.exp
        && !claims.sid.is_empty();
    holds.then_some(claims)
}

/// What a token says that `key` signed, whether it still holds or not.
fn signed(token: &str, key: &SigningKey) -> Option<Claims> {
    #[derive(Deserialize)]
    struct Public {
        x: String,
        y: String,
    }
    let public: Public = serde_json::from_str(&key.public).ok()?;
    let decoding = DecodingKey::from_ec_components(&public.x, &public.y).ok()?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    // The gateway has a clock of its own, and compares names as one text each.
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = jsonwebtoken::decode::<Claims>(token, &decoding, &validation);
    decoded.ok().map(|token| token.claims)
}

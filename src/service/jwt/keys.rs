//! The keys that sign: another one every period, published a day before it signs and until its last token has died.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use super::fault;
use crate::service::{Error, Gateway, Result};
use crate::store::{Actor, SigningKey};

/// How long a key signs, in seconds: 30 days.
const PERIOD: i64 = 30 * 86_400;
/// How long before and after that it is published: applications that look once a day know it in time, and no token lives
/// longer (`login.token_lifetime`).
const MARGIN: i64 = 86_400;

impl Gateway {
    /// The key that signs now; made if there is none.
    pub(super) async fn present_key(&self, now: Timestamp) -> Result<SigningKey> {
        let period = now.as_second().div_euclid(PERIOD);
        if let Some(key) = self.key_of(period).await? {
            return Ok(key);
        }
        self.make_key(period).await?;
        let made = self.key_of(period).await?;
        made.ok_or_else(|| fault("the signing key that was made is gone"))
    }

    /// Makes the key of the next period in time, and forgets those that nothing needs any more.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn rotate_keys(&self) -> Result<()> {
        let now = self.clock().now();
        let next = now.as_second().saturating_add(MARGIN).div_euclid(PERIOD);
        let keys = self.signing_keys().await?;
        if keys.iter().any(|key| key.period < next) && keys.iter().all(|key| key.period != next) {
            self.make_key(next).await?;
        }
        let oldest = oldest_needed(now);
        if keys.iter().any(|key| key.period < oldest) {
            let cause = self.cause(Actor::System, "");
            self.store()
                .write(cause, move |tx| tx.drop_signing_keys(oldest))
                .await?;
        }
        Ok(())
    }

    /// The keys that applications should know.
    pub(super) async fn published_keys(&self, now: Timestamp) -> Result<Vec<SigningKey>> {
        let mut keys = self.signing_keys().await?;
        keys.retain(|key| key.period >= oldest_needed(now));
        Ok(keys)
    }

    async fn key_of(&self, period: i64) -> Result<Option<SigningKey>> {
        let keys = self.signing_keys().await?;
        Ok(keys.into_iter().find(|key| key.period == period))
    }

    async fn signing_keys(&self) -> Result<Vec<SigningKey>> {
        let sealer = self.keys().sealer().to_owned();
        Ok(self
            .store()
            .read(move |tx| tx.signing_keys(&sealer))
            .await?)
    }

    async fn make_key(&self, period: i64) -> Result<()> {
        let new = self.new_key(period)?;
        let cause = self.cause(Actor::System, "");
        let made = self
            .store()
            .write(cause, move |tx| tx.insert_signing_key(&new));
        made.await
            .map_err(|error: crate::store::Error| Error::from(error))
    }

    fn new_key(&self, period: i64) -> Result<SigningKey> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(fault)?;
        let private = pair.to_pkcs8v1().map_err(fault)?;
        let kid = URL_SAFE_NO_PAD.encode(self.clock().random::<12>()?);
        let nonce = self.clock().random()?;
        let sealed = self
            .keys()
            .seal_signing_key(nonce, &kid, private.as_ref().to_vec());
        // An uncompressed point (SEC 1 §2.3.3): 4, x, y.
        let (x, y) = match pair.public_key().as_ref() {
            [4, point @ ..] if point.len() == 64 => point.split_at(32),
            _ => return Err(fault("the public key is no point of P-256")),
        };
        let [x, y] = [x, y].map(|part| URL_SAFE_NO_PAD.encode(part));
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid, "alg": "ES256", "use": "sig",
        });
        Ok(SigningKey {
            sealer: self.keys().sealer().to_owned(),
            period,
            public: public.to_string(),
            sealed: sealed.ok_or_else(|| fault("a signing key cannot be sealed"))?,
            kid,
        })
    }
}

fn oldest_needed(now: Timestamp) -> i64 {
    now.as_second().saturating_sub(MARGIN).div_euclid(PERIOD)
}

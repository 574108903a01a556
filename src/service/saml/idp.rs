//! The identity provider: from the settings, or from metadata that are read again and again and kept while they are good.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};

use super::Saml;
use crate::clock::Clock;
use crate::config::{Location, LoginMethod, Settings};
use crate::login::Fetch;
use crate::login::saml::{Certificate, IdentityProvider, read_metadata};
use crate::service::{Gateway, Result};
use crate::store::{Actor, SamlMetadata, Tx};

/// Whoever has to change a certificate at two ends needs some days for it.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Where the identity provider is known from.
pub(super) enum Source {
    /// The settings.
    Settings(Arc<IdentityProvider>),
    /// Metadata.
    Metadata(Box<Metadata>),
}

/// Metadata at a place.
pub(super) struct Metadata {
    location: Location,
    entity_id: Option<String>,
    fetch: Fetch,
    /// What was read from the store last, with the hash of the document.
    known: Mutex<Option<(String, Arc<IdentityProvider>)>>,
    /// Held while metadata are read for the first time, so that those who need them wait for one attempt; and how many there were.
    first: tokio::sync::Mutex<()>,
    attempts: AtomicU64,
}

impl Source {
    pub(super) fn new(settings: &Settings) -> std::result::Result<Self, String> {
        let saml = &settings.saml;
        if let Some(location) = &saml.idp_metadata {
            return Ok(Self::Metadata(Box::new(Metadata {
                location: location.clone(),
                entity_id: saml.idp_entity_id.clone(),
                fetch: Fetch::new(&settings.outbound.allow),
                known: Mutex::default(),
                first: tokio::sync::Mutex::default(),
                attempts: AtomicU64::new(0),
            })));
        }
        let mut certificates = Vec::new();
        for pem in &saml.idp_certificate {
            let certificate = Certificate::parse(&pem.read()?);
            certificates
                .push(certificate.map_err(|why| format!("saml.idp_certificate: {pem} {why}"))?);
        }
        let provider = IdentityProvider::new(
            saml.idp_entity_id.clone().unwrap_or_default(),
            saml.idp_sso_url.clone().unwrap_or_default(),
            None,
            certificates,
        );
        Ok(Self::Settings(Arc::new(provider?)))
    }
}

impl Metadata {
    /// What stands there now, and whom it describes.
    async fn read(&self) -> std::result::Result<(String, IdentityProvider), String> {
        let bytes = match &self.location {
            Location::Url(url) => self
                .fetch
                .get(url)
                .await
                .map_err(|error| error.to_string())?,
            Location::File(path) => {
                std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()))?
            }
        };
        let document = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        let provider = read_metadata(&document, self.entity_id.as_deref())?;
        Ok((document, provider))
    }

    fn known(&self, hash: &str) -> Option<Arc<IdentityProvider>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, provider) = known.as_ref().filter(|(known, _)| known == hash)?;
        Some(Arc::clone(provider))
    }

    fn keep(&self, hash: String, provider: IdentityProvider) -> Arc<IdentityProvider> {
        let provider = Arc::new(provider);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((hash, Arc::clone(&provider)));
        provider
    }
}

impl Gateway {
    /// The identity provider, as the last good metadata describe it; `None` while there were none.
    pub(super) async fn identity_provider(
        &self,
        saml: &Saml,
    ) -> Result<Option<Arc<IdentityProvider>>> {
        let metadata = match &saml.source {
            Source::Settings(provider) => return Ok(Some(Arc::clone(provider))),
            Source::Metadata(metadata) => metadata,
        };
        if let Some(found) = self.kept_provider(metadata).await? {
            return Ok(Some(found));
        }
        let before = metadata.attempts.load(Ordering::Relaxed);
        let _one_at_a_time = metadata.first.lock().await;
        // Whoever waited for an attempt of somebody else makes none of their own: a server that hangs is asked once.
        if metadata.attempts.load(Ordering::Relaxed) == before {
            self.read_metadata(metadata).await?;
        }
        self.kept_provider(metadata).await
    }

    /// Reads the metadata of the identity provider again, if it is known from metadata.
    ///
    /// # Errors
    /// What the store answers when it cannot write; metadata that cannot be read or are not good are told in the log.
    pub async fn refresh_saml(&self) -> Result<()> {
        let Some(saml) = self.saml() else {
            return Ok(());
        };
        match &saml.source {
            Source::Settings(provider) => warn_of_expiry(provider, self.clock().now()),
            Source::Metadata(metadata) => self.read_metadata(metadata).await?,
        }
        Ok(())
    }

    /// Whether the metadata as they are now are not taken; `None` where there are none.
    pub(in crate::service) async fn is_saml_metadata_refused(&self) -> Result<Option<bool>> {
        let Some(Source::Metadata(metadata)) = self.saml().map(|saml| &saml.source) else {
            return Ok(None);
        };
        let source = metadata.location.to_string();
        let kept = self
            .store()
            .read(move |tx| tx.saml_metadata(&source))
            .await?;
        Ok(Some(kept.is_none_or(|kept| kept.alarm.is_some())))
    }

    /// The provider that the store keeps: another process may have read newer metadata.
    async fn kept_provider(&self, metadata: &Metadata) -> Result<Option<Arc<IdentityProvider>>> {
        let source = metadata.location.to_string();
        let place = source.clone();
        let hash = self
            .store()
            .read(move |tx| tx.saml_metadata_hash(&place))
            .await?;
        let Some(hash) = hash else { return Ok(None) };
        if let Some(known) = metadata.known(&hash) {
            return Ok(Some(known));
        }
        let Some(kept) = self
            .store()
            .read(move |tx| tx.saml_metadata(&source))
            .await?
        else {
            return Ok(None);
        };
        // With another `saml.idp_entity_id` than before, the document may describe nobody.
        let provider = read_metadata(&kept.document, metadata.entity_id.as_deref());
        Ok(provider
            .ok()
            .map(|provider| metadata.keep(kept.hash, provider)))
    }

    async fn read_metadata(&self, metadata: &Metadata) -> Result<()> {
        let source = metadata.location.to_string();
        let now = self.clock().now();
        let read = metadata.read().await;
        metadata.attempts.fetch_add(1, Ordering::Relaxed);
        if let Ok((_, provider)) = &read {
            warn_of_expiry(provider, now);
        }
        let named = metadata.entity_id.is_some();
        let cause = self.cause(Actor::System, "");
        let alarm = self
            .store()
            .write(cause, move |tx| take(tx, &source, named, &read, now))
            .await?;
        if let Some(why) = alarm {
            tracing::error!(
                metadata = %metadata.location,
                %why,
                "the metadata of the identity provider are not taken; those known before stay in force"
            );
        }
        Ok(())
    }
}

/// Keeps metadata that are good, and else notes why those of before stay; answers that.
fn take(
    tx: &mut Tx<'_>,
    source: &str,
    named: bool,
    read: &std::result::Result<(String, IdentityProvider), String>,
    now: Timestamp,
) -> crate::store::Result<Option<String>> {
    let before = tx.saml_metadata(source)?;
    let judged = match read {
        Ok((document, provider)) => match &before {
            Some(before) if before.entity_id != provider.entity_id && !named => Err(format!(
                "they describe {:?} instead of {:?}: if that is right, set saml.idp_entity_id to it",
                provider.entity_id, before.entity_id
            )),
            Some(_) | None => Ok((document, provider)),
        },
        Err(why) => Err(why.clone()),
    };
    match (judged, before) {
        (Ok((document, provider)), _) => {
            tx.keep_saml_metadata(&SamlMetadata {
                source: source.to_owned(),
                entity_id: provider.entity_id.clone(),
                hash: hash(document),
                document: document.clone(),
                read: now,
                alarm: None,
            })?;
            Ok(None)
        }
        (Err(why), Some(before)) => {
            let alarm = Some(why.clone());
            tx.keep_saml_metadata(&SamlMetadata { alarm, ..before })?;
            Ok(Some(why))
        }
        (Err(why), None) => Ok(Some(why)),
    }
}

fn hash(document: &str) -> String {
    let hash = digest(&SHA256, document.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .concat()
}

fn warn_of_expiry(provider: &IdentityProvider, now: Timestamp) {
    for certificate in provider.certificates() {
        if let Some(when) = expiry(certificate, now) {
            tracing::warn!(
                idp = provider.entity_id,
                certificate = certificate.fingerprint(),
                "a certificate of the identity provider {when}: let it publish a new one"
            );
        }
    }
}

/// That a certificate has expired or soon will, if so.
fn expiry(certificate: &Certificate, now: Timestamp) -> Option<String> {
    let end = certificate.not_after();
    if end <= now {
        return Some(format!("expired on {}", end.strftime("%Y-%m-%d")));
    }
    let soon = now.checked_add(EXPIRES_SOON).unwrap_or(Timestamp::MAX);
    (end <= soon).then(|| format!("expires on {}", end.strftime("%Y-%m-%d")))
}

/// Reaches the identity provider's metadata, as `muster check` does: what is found, or why nothing is. `None` when nobody
/// logs in by SAML.
pub async fn probe_saml(settings: &Settings) -> Option<std::result::Result<String, String>> {
    if settings.login.method != LoginMethod::Saml {
        return None;
    }
    Some(probe(settings, Clock::system().now()).await)
}

async fn probe(settings: &Settings, now: Timestamp) -> std::result::Result<String, String> {
    let Saml { source, .. } = Saml::ready(settings).map_err(|error| error.to_string())?;
    let provider = match source {
        Source::Settings(provider) => provider,
        Source::Metadata(metadata) => Arc::new(metadata.read().await?.1),
    };
    let mut text = format!(
        "{} with {} certificate(s)",
        provider.entity_id,
        provider.certificates().len()
    );
    for when in provider
        .certificates()
        .iter()
        .filter_map(|each| expiry(each, now))
    {
        text = format!("{text}; one {when}");
    }
    Ok(text)
}

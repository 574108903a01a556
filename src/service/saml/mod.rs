//! Logins by SAML: what is kept between a request and its answer, and the identity provider as far as it is known.

mod begin;
mod finish;
mod idp;
mod logout;
mod pending;

use std::sync::Arc;

use jiff::SignedDuration;
use tokio::sync::Semaphore;

pub use begin::SamlBegun;
pub use finish::SamlAnswer;
pub use idp::probe_saml;
pub use logout::{SloMessage, SloOutcome};

use super::gateway::{Gateway, OpenError};
use super::{Error, Result};
use crate::config::{Fault, Faults, LoginMethod, Settings};
use crate::login::saml::{Mapping, ServiceProvider, SigningKey, Verifier};
use crate::store::Role;
use idp::Source;

/// How many responses are looked at at the same time: one takes a few milliseconds of one core, and the cores have other work.
const AT_ONCE: usize = 2;

/// What a gateway whose people log in by SAML holds.
pub(super) struct Saml {
    provider: ServiceProvider,
    mapping: Mapping,
    verifier: Verifier,
    source: Source,
    turns: Arc<Semaphore>,
}

impl Saml {
    /// What a gateway in this role needs of the settings, if people log in by SAML. Settings that are wrong and a library that
    /// cannot verify signatures end the start of what serves; a command, with which that may be mended, goes on without.
    pub(super) fn open(
        settings: &Settings,
        role: Role,
    ) -> std::result::Result<Option<Self>, OpenError> {
        if settings.login.method != LoginMethod::Saml {
            return Ok(None);
        }
        match (Self::ready(settings), role) {
            (Ok(saml), _) => Ok(Some(saml)),
            (Err(error), Role::Serve) => Err(error),
            (Err(_), Role::Command) => Ok(None),
        }
    }

    fn ready(settings: &Settings) -> std::result::Result<Self, OpenError> {
        let wrong = |why| {
            OpenError::Misconfigured(Faults(vec![Fault {
                name: None,
                origin: None,
                why,
            }]))
        };
        let verifier = Verifier::new().map_err(|why| {
            OpenError::Failed(format!(
                "{why}: nobody could log in safely; reinstall libxmlsec1-openssl"
            ))
        })?;
        Ok(Self {
            provider: provider(settings).map_err(wrong)?,
            mapping: mapping(settings),
            verifier,
            source: Source::new(settings).map_err(wrong)?,
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Runs what blocks for some milliseconds, a few at a time.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        done.await
            .map_err(|error| internal(format!("a SAML message was not read: {error}")))
    }
}

impl Gateway {
    /// Whether people log in by SAML.
    pub fn has_saml(&self) -> bool {
        self.saml().is_some()
    }

    /// Our metadata for the identity provider; `None` when nobody logs in by SAML.
    pub fn saml_metadata(&self) -> Option<String> {
        self.saml().map(|saml| saml.provider.metadata())
    }
}

fn provider(settings: &Settings) -> std::result::Result<ServiceProvider, String> {
    let (saml, base) = (&settings.saml, &settings.server.public_url);
    let key = match (&saml.sp_key, &saml.sp_cert) {
        (Some(key), Some(certificate)) => {
            Some(SigningKey::parse(key.expose(), &certificate.read()?)?)
        }
        (None, _) | (_, None) => None,
    };
    let entity_id = saml.entity_id.clone();
    Ok(ServiceProvider {
        entity_id: entity_id.unwrap_or_else(|| format!("{base}/saml/metadata")),
        acs: format!("{base}/saml/acs"),
        slo: format!("{base}/saml/slo"),
        name_id_format: saml.name_id_format.clone(),
        force_authn: saml.force_authn,
        skew: SignedDuration::try_from(saml.clock_skew.as_duration()).unwrap_or_default(),
        key,
    })
}

fn mapping(settings: &Settings) -> Mapping {
    let saml = &settings.saml;
    let admin = saml.admin_attribute.clone().zip(saml.admin_value.clone());
    Mapping {
        email: saml.email_attribute.clone(),
        user_name: saml.user_name_attribute.clone(),
        given_name: saml.given_name_attribute.clone(),
        family_name: saml.family_name_attribute.clone(),
        groups: saml.groups_attribute.clone(),
        id: saml.id_attribute.clone(),
        admin,
    }
}

/// A door that `http` keeps shut.
fn nobody() -> Error {
    internal("login.method is not saml".to_owned())
}

fn internal(why: String) -> Error {
    Error::Internal { why }
}

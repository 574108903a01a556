//! The gateway: everything hangs from one value, so that one process could hold several.

use std::sync::Arc;

use super::discovery::Discovery;
use super::error::{Error, Result};
use super::keys::Keys;
use super::limit::Limits;
use super::role::AdminGroups;
use crate::clock::Clock;
use crate::config::{self, DatabaseUrl, Settings};
use crate::scim::schema::{GroupNames, Registry};
use crate::store::{Actor, Cause, Options, Role, Store};

/// The path of the SCIM root below the public URL (RFC 7644 §3.13).
pub const SCIM_ROOT: &str = "/scim/v2";

/// Settings, schemas, store, clock and keys. Clones are the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    settings: Settings,
    registry: Registry,
    store: Store,
    clock: Clock,
    keys: Keys,
    limits: Limits,
    admin_groups: AdminGroups,
    base: String,
    discovery: Discovery,
}

impl Gateway {
    /// Opens the store (made and brought up to date when needed) and the server's secret.
    ///
    /// # Errors
    /// [`Error::Internal`] whose text says which file or setting is at fault and what to do.
    pub fn open(settings: Settings, clock: Clock, role: Role) -> Result<Self> {
        let failed = |why: String| Error::Internal { why };
        let group_names = if settings.scim.unique_group_names {
            GroupNames::Unique
        } else {
            GroupNames::Shared
        };
        let registry =
            Registry::standard(group_names).map_err(|fault| failed(fault.to_string()))?;
        let secret = config::server_secret(&settings, clock.random()?)
            .map_err(|fault| failed(fault.to_string()))?;
        let store = Store::open(&options(&settings, &clock, role))
            .map_err(|fault| failed(fault.to_string()))?;
        let base = format!("{}{SCIM_ROOT}", settings.server.public_url);
        let discovery = Discovery::new(&base, &settings, &registry);
        let keys = Keys::derive(&secret);
        let limits = Limits::new(&settings, &clock);
        let admin_groups = AdminGroups::new(&settings.roles.admin_groups, &registry);
        Ok(Self(Arc::new(Inner {
            settings,
            registry,
            store,
            clock,
            keys,
            limits,
            admin_groups,
            base,
            discovery,
        })))
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The schemas and resource types.
    pub fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The URL of the SCIM root, without a trailing slash.
    pub fn base(&self) -> &str {
        &self.0.base
    }

    /// The prepared answers about the server itself.
    pub fn discovery(&self) -> &Discovery {
        &self.0.discovery
    }

    /// Whether changes can be made, as far as the last one told.
    pub fn is_ready(&self) -> bool {
        self.0.store.ready()
    }

    /// Asks the database.
    ///
    /// # Errors
    /// What the store answers when it cannot serve.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.0.store.ping().await?)
    }

    /// Commits what waits and closes the store; blocks until that is done.
    pub fn close(&self) {
        self.0.store.close();
    }

    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(super) fn admin_groups(&self) -> &AdminGroups {
        &self.0.admin_groups
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Why something is written now.
    pub(super) fn cause(&self, actor: Actor, request: &str) -> Cause {
        Cause {
            actor,
            request: request.to_owned(),
            at: self.0.clock.now(),
        }
    }
}

fn options(settings: &Settings, clock: &Clock, role: Role) -> Options {
    let DatabaseUrl::Sqlite(path) = &settings.database.url;
    Options {
        path: path.clone(),
        readers: None,
        role,
        at: clock.now(),
    }
}

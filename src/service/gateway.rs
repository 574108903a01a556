//! The gateway: everything hangs from one value, so that one process could hold several.

use std::fmt;
use std::sync::Arc;

use super::discovery::Discovery;
use super::error::Result;
use super::jwt::Verified;
use super::keys::Keys;
use super::last_use::LastUses;
use super::limit::Limits;
use super::oauth::Issuers;
use super::password::Pool;
use super::provisioning::Buffer;
use super::readiness::Attempts;
use super::resource::{Kept, LargeBodies};
use super::response_memory::ResponseMemory;
use super::role::{AdminGroups, PrivilegedGroups, RoleNames};
use super::saml::Saml;
use super::schema;
use super::sign_in::Refusals;
use crate::clock::Clock;
use crate::config::{self, DatabaseUrl, Faults, Settings};
use crate::login::Directory;
use crate::scim::schema::Registry;
use crate::store::{Actor, Cause, Options, Place, Role, ServerUrl, Store};
use crate::telemetry::{Requests, TcpConnectionCounts};

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
    keys: Arc<Keys>,
    limits: Limits,
    issuers: Issuers,
    passwords: Pool,
    buffer: Buffer,
    last_uses: LastUses,
    attempts: Attempts,
    refusals: Refusals,
    kept: Kept,
    large_bodies: LargeBodies,
    response_memory: ResponseMemory,
    verified: Verified,
    requests: Requests,
    tcp_connections: TcpConnectionCounts,
    instance: String,
    privileged_groups: PrivilegedGroups,
    role_names: RoleNames,
    directory: Directory,
    saml: Option<Saml>,
    base: String,
    discovery: Discovery,
}

/// Why there is no gateway.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Schema documents are wrong, as settings can be: everything at once.
    #[error(transparent)]
    Misconfigured(#[from] Faults),
    /// A file or the database; the text says what to do.
    #[error("{0}")]
    Failed(String),
}

impl OpenError {
    fn failed(why: impl fmt::Display) -> Self {
        Self::Failed(why.to_string())
    }
}

impl Gateway {
    /// Reads the schema documents, opens the store (made and brought up to date when needed) and the
    /// server's secret.
    ///
    /// # Errors
    /// [`OpenError`], which says which file or setting is at fault and what to do.
    pub fn open(
        settings: Settings,
        clock: Clock,
        role: Role,
    ) -> std::result::Result<Self, OpenError> {
        let registry = schema::registry(&settings)?;
        let saml = Saml::open(&settings, role)?;
        let random = clock.random().map_err(OpenError::failed)?;
        let secret = config::server_secret(&settings, random).map_err(OpenError::failed)?;
        let store = Store::open_for(&options(&settings, &clock, role), &registry)
            .map_err(OpenError::failed)?;
        let base = format!("{}{SCIM_ROOT}", settings.server.public_url);
        let discovery = Discovery::new(&base, &settings, &registry);
        let keys = Arc::new(Keys::derive(&secret));
        let limits = Limits::new(&settings, &clock);
        let issuers = Issuers::new(&settings, &clock);
        let instance = clock.id();
        let admin_groups = AdminGroups::new(&settings.roles.admin_groups, &registry, &keys);
        let role_names = RoleNames::new(&settings.roles.map);
        let privileged_groups = PrivilegedGroups::new(admin_groups, &role_names);
        let directory = Directory::new(&settings.ldap);
        Ok(Self(Arc::new(Inner {
            settings,
            registry,
            store,
            clock,
            keys,
            limits,
            issuers,
            passwords: Pool::new(),
            buffer: Buffer::default(),
            last_uses: LastUses::default(),
            attempts: Attempts::default(),
            refusals: Refusals::default(),
            kept: Kept::default(),
            large_bodies: LargeBodies::default(),
            response_memory: ResponseMemory::default(),
            verified: Verified::default(),
            requests: Requests::default(),
            tcp_connections: TcpConnectionCounts::default(),
            instance,
            privileged_groups,
            role_names,
            directory,
            saml,
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

    /// Gives up the jobs that only one process may do: the next one need not wait.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn leave_jobs(&self) -> Result<()> {
        let (holder, cause) = (self.instance().to_owned(), self.cause(Actor::System, ""));
        let left = self.store().write(cause, move |tx| tx.leave_jobs(&holder));
        Ok(left.await.map(drop)?)
    }

    /// Commits what waits and closes the store; blocks until that is done.
    pub fn close(&self) {
        self.0.store.close();
    }

    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    /// The requests that were answered, to be counted and shown.
    pub fn requests(&self) -> &Requests {
        &self.0.requests
    }

    /// The counts of TCP connections, which the server keeps and the metrics show.
    pub fn tcp_connections(&self) -> &TcpConnectionCounts {
        &self.0.tcp_connections
    }

    /// When it was last tried to make a change.
    pub(super) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    /// What waits to be written to the provisioning log.
    pub(super) fn buffer(&self) -> &Buffer {
        &self.0.buffer
    }

    /// Uses of tokens and sessions that wait to be written.
    pub(super) fn last_uses(&self) -> &LastUses {
        &self.0.last_uses
    }

    /// Refused logins that wait to be written.
    pub(super) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }

    /// Pages that were just answered.
    pub(super) fn kept(&self) -> &Kept {
        &self.0.kept
    }

    /// The memory that responses in progress hold.
    pub(super) fn response_memory(&self) -> &ResponseMemory {
        &self.0.response_memory
    }

    /// Where large request bodies are read.
    pub(super) fn large_bodies(&self) -> &LargeBodies {
        &self.0.large_bodies
    }

    /// Tokens of ours whose signature was verified.
    pub(super) fn verified(&self) -> &Verified {
        &self.0.verified
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The keys of those whose JWTs are taken.
    pub(super) fn issuers(&self) -> &Issuers {
        &self.0.issuers
    }

    /// Where passwords are hashed.
    pub(super) fn passwords(&self) -> &Pool {
        &self.0.passwords
    }

    /// What logins by SAML need, if people log in so.
    pub(super) fn saml(&self) -> Option<&Saml> {
        self.0.saml.as_ref()
    }

    pub(super) fn admin_groups(&self) -> &AdminGroups {
        self.0.privileged_groups.admin()
    }

    /// The groups that grant a built-in role.
    pub(super) fn privileged_groups(&self) -> &PrivilegedGroups {
        &self.0.privileged_groups
    }

    /// The directory that people log in with; without `ldap.url` it has no server.
    pub(super) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(super) fn role_names(&self) -> &RoleNames {
        &self.0.role_names
    }

    pub(super) fn keys(&self) -> &Arc<Keys> {
        &self.0.keys
    }

    /// The name of this gateway among those on the same database.
    pub(super) fn instance(&self) -> &str {
        &self.0.instance
    }

    /// Why something is written now.
    pub(super) fn cause(&self, actor: Actor, request: &str) -> Cause {
        Cause {
            id: self.0.clock.id(),
            actor,
            request: request.to_owned(),
            at: self.0.clock.now(),
        }
    }
}

/// Whether the database answers, and can be ours; nothing is made in it.
///
/// # Errors
/// What is wrong with it.
pub fn reach(url: &DatabaseUrl) -> std::result::Result<(), OpenError> {
    Store::reach(&place(url)).map_err(OpenError::failed)
}

fn place(url: &DatabaseUrl) -> Place {
    match url {
        DatabaseUrl::Sqlite(path) => Place::File(path.clone()),
        DatabaseUrl::Postgres(url) => Place::Server(ServerUrl::new(url.expose())),
    }
}

fn options(settings: &Settings, clock: &Clock, role: Role) -> Options {
    Options {
        place: place(&settings.database.url),
        readers: None,
        role,
        at: clock.now(),
    }
}

//! The settings that exist, section by section, and the rules between them.

mod ldap;
mod login;
mod saml;

use std::net::SocketAddr;
use std::path::PathBuf;

use super::DatabaseUrl;
use super::Destination;
use super::Faults;
use super::ForwardedHeader;
use super::Location;
use super::LogFilter;
use super::LogFormat;
use super::Network;
use super::OnRecreate;
use super::Origin;
use super::ProfileName;
use super::PublicUrl;
use super::Rate;
use super::RoleMap;
use super::Scheme;
use super::Scope;
use super::Secret;
use super::Size;
use super::Sources;
use super::layers::Key;
use super::layers::Layers;
use super::reader::Entry;
use super::reader::Reader;
use super::reader::section;
use super::value::Raw;
use super::value::Setting;

pub use ldap::Ldap;
pub(crate) use ldap::{AUTO, DN, USERNAME};
pub use login::Login;
pub use saml::Saml;

/// The settings in force. What each means stands in `default.toml`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address, certificate, root of all keys.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// The protocol.
    pub scim: Scim,
    /// How people log in.
    pub login: Login,
    /// The directory that people log in with.
    pub ldap: Ldap,
    /// Who has which rights.
    pub roles: Roles,
    /// Logins by SAML.
    pub saml: Saml,
    /// How long leavers are kept.
    pub retention: Retention,
    /// How often something may happen.
    pub limits: Limits,
    /// What the gateway itself may fetch.
    pub outbound: Outbound,
    /// What is logged, and how.
    pub log: Log,
    /// Who may read the figures.
    pub metrics: Metrics,
    entries: Vec<Entry>,
    warnings: Vec<String>,
}

section! {
    /// Address, certificate, root of all keys.
    Server "server" {
        /// Address the gateway listens on.
        listen: SocketAddr,
        /// Base of every absolute URL.
        public_url: PublicUrl,
        /// Certificate chain, PEM; set if and only if `tls_key` is.
        tls_cert: Option<PathBuf>,
        /// Private key, PEM.
        tls_key: Option<PathBuf>,
        /// The proxies whose `forwarded_header` is believed.
        trusted_proxies: Vec<Network>,
        /// The header in which they say whom they forward a request for; no other is believed.
        forwarded_header: ForwardedHeader,
        /// Root of all keys, if given from outside; see `server_secret`.
        secret: Option<Secret>,
    }
}

section! {
    /// Where the data is.
    Database "database" {
        /// Engine and place.
        url: DatabaseUrl,
    }
}

section! {
    /// The protocol.
    Scim "scim" {
        /// Bearer token of the connection `config`.
        token: Option<Secret>,
        /// How requests of the connection `config` are read.
        profile: ProfileName,
        /// What the connection `config` may do.
        scopes: Vec<Scope>,
        /// Resources on a page when the client does not say; at most `max_results`.
        page_size: u64 where 1..=MAX_RESULTS,
        /// Resources on a page at most.
        max_results: u64 where 1..=MAX_RESULTS,
        /// Operations in one Bulk request.
        max_bulk_operations: u64 where 1..=MAX_BULK_OPERATIONS,
        /// Longest request body.
        max_payload: Size where Size::kib(1)..=MAX_PAYLOAD,
        /// Candidates that a filter or sort without an index may read.
        max_scan: u64 where 1..=MAX_SCAN,
        /// Whether a second group of the same name is refused.
        unique_group_names: bool,
        /// Whether a member or manager that does not exist is refused.
        require_references: bool,
        /// Folder of further schema and resource-type documents; see [`super::read_schemas`].
        schema_dir: Option<PathBuf>,
        /// What becomes of a create that names a deleted user.
        on_recreate: OnRecreate,
        /// Whose JWTs are credentials of the connection `jwt_connection`; set if and only if the next three are.
        jwt_issuer: Option<String>,
        /// For whom they must be made.
        jwt_audience: Option<String>,
        /// Where the keys of the issuer are.
        jwks: Option<Location>,
        /// The connection.
        jwt_connection: Option<String>,
    }
}

section! {
    /// Who has which rights.
    Roles "roles" {
        /// Groups whose members are administrators, by id, externalId or displayName.
        admin_groups: Vec<String>,
        /// Which group gives which other role.
        map: RoleMap,
    }
}

section! {
    /// How long leavers are kept.
    Retention "retention" {
        /// Whether deleted users are removed for good some day.
        purge: bool,
        /// After how many days.
        days: u64 where 0..=MAX_RETENTION_DAYS,
    }
}

section! {
    /// How often something may happen.
    Limits "limits" {
        /// Requests of one token.
        rate: Rate,
        /// Wrong credentials from one address.
        failures: Rate,
    }
}

section! {
    /// What the gateway itself may fetch.
    Outbound "outbound" {
        /// Where keys and metadata may be fetched from although it is private or over http.
        allow: Vec<Destination>,
    }
}

section! {
    /// What is logged, and how.
    Log "log" {
        /// Levels.
        level: LogFilter,
        /// For people or for machines.
        format: LogFormat,
        /// How many days the provisioning log is kept.
        provisioning_days: u64 where 1..=MAX_PROVISIONING_DAYS,
        /// How many entries of it are kept.
        provisioning_rows: u64 where 1_000..=MAX_PROVISIONING_ROWS,
    }
}

section! {
    /// Who may read the figures.
    Metrics "metrics" {
        /// The bearer token for them.
        token: Option<Secret>,
    }
}

/// A page is built in memory: 1,000 resources of 64 KiB are 64 MiB.
const MAX_RESULTS: u64 = 1000;
/// Each operation is held in memory until all are done: 10,000 of 2 KiB are 20 MiB.
const MAX_BULK_OPERATIONS: u64 = 10_000;
/// A body is held in memory as text and as a tree of about ten times its size: 64 MiB are 700 MiB.
const MAX_PAYLOAD: Size = Size::mib(64);
/// Ten times a large directory of one million; reading so many takes minutes.
const MAX_SCAN: u64 = 10_000_000;
/// A hundred years: for ever.
const MAX_PROVISIONING_DAYS: u64 = 36_525;
/// At 500 bytes an entry, 50 GB.
const MAX_PROVISIONING_ROWS: u64 = 100_000_000;
/// A hundred years, which is for ever.
const MAX_RETENTION_DAYS: u64 = 36_500;
/// 32 hexadecimal digits are 128 bits, more than anybody can try.
const MIN_SECRET_CHARS: usize = 32;
/// 16 characters out of 64 are 96 bits, more than anybody can try over a network.
const MIN_TOKEN_CHARS: usize = 16;
const TOO_SHORT: &str = "is short enough to be guessed: take";
const RANDOM: &str = "random characters, such as `openssl rand -hex 32` prints";

impl Settings {
    /// Reads the settings, or tells everything that is wrong with them.
    pub fn load(sources: Sources<'_>) -> Result<Self, Faults> {
        let mut layers = Layers::new(keys(), sources);
        derive_public_url(&mut layers);
        derive_audience(&mut layers);
        let mut reader = Reader::new(layers);
        let sections = (
            Server::read(&mut reader),
            Database::read(&mut reader),
            Scim::read(&mut reader),
            Login::read(&mut reader),
            Ldap::read(&mut reader),
            Roles::read(&mut reader),
            Saml::read(&mut reader),
            Retention::read(&mut reader),
            Limits::read(&mut reader),
            Outbound::read(&mut reader),
            Log::read(&mut reader),
            Metrics::read(&mut reader),
        );
        let (
            Some(server),
            Some(database),
            Some(scim),
            Some(login),
            Some(ldap),
            Some(roles),
            Some(saml),
            Some(retention),
            Some(limits),
            Some(outbound),
            Some(log),
            Some(metrics),
        ) = sections
        else {
            return Err(Faults(reader.finish().1));
        };
        check_server(&server, &mut reader);
        check_database(&database, &server, &mut reader);
        check_scim(&scim, &mut reader);
        login::check(&login, &server, &mut reader);
        saml::check(&saml, &login, &mut reader);
        ldap::check(&ldap, &login, &mut reader);
        let mut warnings = warnings(&server, &scim, &metrics, &reader);
        warnings.extend(ldap::warnings(&ldap));
        let (entries, faults) = reader.finish();
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        Ok(Self {
            server,
            database,
            scim,
            login,
            ldap,
            roles,
            saml,
            retention,
            limits,
            outbound,
            log,
            metrics,
            entries,
            warnings,
        })
    }

    /// Every setting with its value and where it comes from, in the order of `default.toml`.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is allowed but unwise, a line each, to be told at start.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

fn keys() -> Vec<Key> {
    [
        Server::KEYS,
        Database::KEYS,
        Scim::KEYS,
        Login::KEYS,
        Ldap::KEYS,
        Roles::KEYS,
        Saml::KEYS,
        Retention::KEYS,
        Limits::KEYS,
        Outbound::KEYS,
        Log::KEYS,
        Metrics::KEYS,
    ]
    .concat()
}

/// `server.public_url` follows `server.listen` unless it is set.
fn derive_public_url(layers: &mut Layers) {
    let listen = [
        layers.given("server.listen").map(|given| &given.raw),
        layers.default("server.listen"),
    ];
    let Some(listen) = listen
        .into_iter()
        .flatten()
        .find_map(|raw| SocketAddr::read(raw).ok())
    else {
        return;
    };
    let scheme = if layers.given("server.tls_cert").is_some() {
        Scheme::Https
    } else {
        Scheme::Http
    };
    layers.derive(
        "server.public_url",
        Raw::Text(PublicUrl::of_listener(scheme, listen).to_string()),
    );
}

/// `login.token_audience` is `server.public_url` unless it is set.
fn derive_audience(layers: &mut Layers) {
    let given = layers.given("server.public_url").map(|given| &given.raw);
    let url = [given, layers.default("server.public_url")];
    let Some(url) = url
        .into_iter()
        .flatten()
        .find_map(|raw| PublicUrl::read(raw).ok())
    else {
        return;
    };
    layers.derive("login.token_audience", Raw::Text(url.to_string()));
}

fn check_server(server: &Server, reader: &mut Reader) {
    match (&server.tls_cert, &server.tls_key) {
        (Some(_), None) => reader.refuse(
            "server.tls_cert",
            &["server.tls_key"],
            "needs the key of the certificate: set server.tls_key too",
        ),
        (None, Some(_)) => reader.refuse(
            "server.tls_key",
            &["server.tls_cert"],
            "needs the certificate of the key: set server.tls_cert too",
        ),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn check_database(database: &Database, server: &Server, reader: &mut Reader) {
    let DatabaseUrl::Postgres(url) = &database.url else {
        return;
    };
    if url.has_password() {
        reader.refuse_exposed("database.url");
    }
    if url.has_password() && reader.origin("database.url") == Some(&Origin::Flag) {
        let why = "everybody on this machine can read a command line, and there is a password in it: use MUSTER_DATABASE__URL, or database.url_file";
        reader.refuse("database.url", &[], why);
    }
    if server.secret.is_none() {
        let why = format!(
            "must be set with PostgreSQL, and the same for every gateway on one database: take at least {MIN_SECRET_CHARS} {RANDOM}"
        );
        reader.refuse("server.secret", &["database.url"], why);
    }
}

fn check_scim(scim: &Scim, reader: &mut Reader) {
    if scim.page_size > scim.max_results {
        let why = format!(
            "{} is more than scim.max_results, which is {}: lower this or raise that",
            scim.page_size, scim.max_results
        );
        reader.refuse("scim.page_size", &["scim.max_results"], why);
    }
    check_jwt(scim, reader);
    let Some(token) = &scim.token else { return };
    if !is_bearer_token(token.expose()) {
        reader.refuse("scim.token", &[], "cannot be sent as a bearer token: use letters, digits and -._~+/ only, with = at the end only");
    }
}

/// JWTs are accepted when all four settings say which, and not before.
fn check_jwt(scim: &Scim, reader: &mut Reader) {
    let set = [
        ("scim.jwt_issuer", scim.jwt_issuer.is_some()),
        ("scim.jwt_audience", scim.jwt_audience.is_some()),
        ("scim.jwks", scim.jwks.is_some()),
        ("scim.jwt_connection", scim.jwt_connection.is_some()),
    ];
    let names = |wanted: bool| {
        set.iter()
            .filter(move |(_, is)| *is == wanted)
            .map(|(name, _)| *name)
    };
    let (Some(first), missing) = (names(true).next(), names(false).collect::<Vec<_>>()) else {
        return;
    };
    if !missing.is_empty() {
        let why = format!(
            "is not enough to accept JWTs: set {} too",
            missing.join(", ")
        );
        reader.refuse(first, &missing, why);
    }
}

fn warnings(server: &Server, scim: &Scim, metrics: &Metrics, reader: &Reader) -> Vec<String> {
    let mut all = Vec::new();
    if server.listen.ip().is_unspecified() && !reader.is_given("server.public_url") {
        all.push(format!(
            "server.public_url is not set and no client can reach {}: set it to the address that clients use",
            server.public_url
        ));
    }
    all.extend(login::warning(server));
    all.extend(proxy_warnings(server, reader));
    let short = |secret: &Option<Secret>, least: usize| {
        secret
            .as_ref()
            .is_some_and(|secret| secret.expose().chars().count() < least)
    };
    if short(&server.secret, MIN_SECRET_CHARS) {
        all.push(format!(
            "server.secret {TOO_SHORT} at least {MIN_SECRET_CHARS} {RANDOM}"
        ));
    }
    if short(&scim.token, MIN_TOKEN_CHARS) {
        all.push(format!(
            "scim.token {TOO_SHORT} at least {MIN_TOKEN_CHARS} {RANDOM}"
        ));
    }
    if short(&metrics.token, MIN_TOKEN_CHARS) {
        all.push(format!(
            "metrics.token {TOO_SHORT} at least {MIN_TOKEN_CHARS} {RANDOM}"
        ));
    }
    if scim.token.is_some() {
        all.push(
            "scim.token never expires: whoever has read it can use it until it is changed; tokens made with `muster token create` expire"
                .to_owned(),
        );
    }
    all
}

/// Settings of proxies that trust everybody, or do nothing.
fn proxy_warnings(server: &Server, reader: &Reader) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(network) = server.trusted_proxies.iter().find(|n| n.is_everything()) {
        all.push(format!(
            "server.trusted_proxies holds {network}: every client may then choose the address that limits count and the log shows; name the addresses of your proxies"
        ));
    }
    if server.trusted_proxies.is_empty() && reader.is_given("server.forwarded_header") {
        all.push(
            "server.forwarded_header has no effect while server.trusted_proxies is empty: add the address of your proxy there"
                .to_owned(),
        );
    }
    all
}

/// RFC 6750 §2.1: `b64token`.
fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests;

//! The settings that exist, section by section, and the rules between them.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::DatabaseUrl;
use super::Faults;
use super::LogFilter;
use super::LogFormat;
use super::Network;
use super::ProfileName;
use super::PublicUrl;
use super::Scheme;
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

/// The settings in force. What each means stands in `default.toml`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Address, certificate, root of all keys.
    pub server: Server,
    /// Where the data is.
    pub database: Database,
    /// The protocol.
    pub scim: Scim,
    /// What is logged, and how.
    pub log: Log,
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
        /// Where `Forwarded` is believed from.
        trusted_proxies: Vec<Network>,
        /// Root of all keys, if given from outside; see [`super::server_secret`].
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
        /// Resources on a page when the client does not say; at most `max_results`.
        page_size: u64 where 1..=MAX_RESULTS,
        /// Resources on a page at most.
        max_results: u64 where 1..=MAX_RESULTS,
        /// Longest request body.
        max_payload: Size where Size::kib(1)..=MAX_PAYLOAD,
        /// Candidates that a filter or sort without an index may read.
        max_scan: u64 where 1..=MAX_SCAN,
        /// Whether a second group of the same name is refused.
        unique_group_names: bool,
        /// Whether a member or manager that does not exist is refused.
        require_references: bool,
    }
}

section! {
    /// What is logged, and how.
    Log "log" {
        /// Levels.
        level: LogFilter,
        /// For people or for machines.
        format: LogFormat,
    }
}

/// A page is built in memory: 1,000 resources of 64 KiB are 64 MiB.
const MAX_RESULTS: u64 = 1000;
/// A body is held in memory as text and as a tree of about ten times its size: 64 MiB are 700 MiB.
const MAX_PAYLOAD: Size = Size::mib(64);
/// Ten times a large directory of one million; reading so many takes minutes.
const MAX_SCAN: u64 = 10_000_000;
/// 32 hexadecimal digits are 128 bits, more than anybody can try.
const MIN_SECRET_CHARS: usize = 32;
/// 16 characters out of 64 are 96 bits, more than anybody can try over a network.
const MIN_TOKEN_CHARS: usize = 16;

impl Settings {
    /// Reads the settings, or tells everything that is wrong with them.
    pub fn load(sources: Sources<'_>) -> Result<Self, Faults> {
        let mut layers = Layers::new(keys(), sources);
        derive_public_url(&mut layers);
        let mut reader = Reader::new(layers);
        let sections = (
            Server::read(&mut reader),
            Database::read(&mut reader),
            Scim::read(&mut reader),
            Log::read(&mut reader),
        );
        let (Some(server), Some(database), Some(scim), Some(log)) = sections else {
            return Err(Faults(reader.finish().1));
        };
        check_server(&server, &mut reader);
        check_scim(&scim, &mut reader);
        let warnings = warnings(&server, &scim, &reader);
        let (entries, faults) = reader.finish();
        if !faults.is_empty() {
            return Err(Faults(faults));
        }
        Ok(Self {
            server,
            database,
            scim,
            log,
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
    [Server::KEYS, Database::KEYS, Scim::KEYS, Log::KEYS].concat()
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
    if server
        .secret
        .as_ref()
        .is_some_and(|secret| secret.expose().chars().count() < MIN_SECRET_CHARS)
    {
        reader.refuse("server.secret", &[], format!("is too short: take at least {MIN_SECRET_CHARS} random characters, such as `openssl rand -hex 32` prints"));
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
    let Some(token) = &scim.token else { return };
    if !is_bearer_token(token.expose()) {
        reader.refuse("scim.token", &[], "cannot be sent as a bearer token: use letters, digits and -._~+/ only, with = at the end only");
    } else if token.expose().len() < MIN_TOKEN_CHARS {
        reader.refuse("scim.token", &[], format!("is too short: take at least {MIN_TOKEN_CHARS} random characters, such as `openssl rand -hex 32` prints"));
    }
}

fn warnings(server: &Server, scim: &Scim, reader: &Reader) -> Vec<String> {
    let mut all = reader.exposed_secrets();
    if server.listen.ip().is_unspecified() && !reader.is_given("server.public_url") {
        all.push(format!(
            "server.public_url is not set and no client can reach {}: set it to the address that clients use",
            server.public_url
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

/// RFC 6750 §2.1: `b64token`.
fn is_bearer_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::config::File;
    use crate::config::Readers;

    const MANUAL: &str = include_str!("default.toml");
    const LONG: &str = "0123456789abcdef0123456789abcdef";

    /// Loads from `KEY=VALUE` lines of flags and environment, and a file.
    fn load(flags: &[&str], environment: &[&str], file: &str) -> Result<Settings, Faults> {
        let pairs = |lines: &[&str]| {
            let pair = |line: &&str| line.split_once('=').map(|(k, v)| (k.into(), v.into()));
            lines
                .iter()
                .filter_map(pair)
                .collect::<Vec<(String, String)>>()
        };
        let read_secret = &|path: &Path| match path.to_str() {
            Some("/run/token") => Ok(format!("{LONG}\n")),
            _ => Err("No such file or directory".to_owned()),
        };
        let file = Some(File {
            name: "muster.toml".into(),
            text: file.into(),
            readers: Readers::Owner,
        });
        Settings::load(Sources {
            flags: pairs(flags),
            environment: pairs(environment),
            file,
            read_secret,
        })
    }

    fn faults(flags: &[&str], environment: &[&str], file: &str) -> String {
        load(flags, environment, file).unwrap_err().to_string()
    }

    fn shown(settings: &Settings, key: &str) -> String {
        let entry = settings
            .entries()
            .iter()
            .find(|entry| entry.key == key)
            .unwrap();
        format!("{} ({})", entry.value, entry.origin)
    }

    /// The manual with its settings without default, which stand behind a `#`, uncommented.
    fn manual_with_examples() -> String {
        let uncomment = |line: &str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') && !rest.is_empty() => format!("{rest}\n"),
            Some(_) | None => format!("{line}\n"),
        };
        MANUAL.lines().map(uncomment).collect()
    }

    #[test]
    fn the_manual_holds_every_setting_and_no_other() {
        let text = manual_with_examples();
        let said = crate::config::file::read(&text, &|_| crate::config::Origin::Default).unwrap();
        let said: BTreeSet<String> = said.into_iter().map(|said| said.path).collect();
        let exist: BTreeSet<String> = keys().iter().map(|key| key.name.to_owned()).collect();
        assert_eq!(said, exist);
    }

    #[test]
    fn every_value_in_the_manual_can_be_taken_as_it_stands() {
        let text = manual_with_examples().replace("\"…\"", &format!("{LONG:?}"));
        load(&[], &[], &text).unwrap();
        let shown_alike = |a: &Settings, b: &Settings| {
            a.entries()
                .iter()
                .zip(b.entries())
                .all(|(a, b)| a.value == b.value)
        };
        assert!(shown_alike(
            &load(&[], &[], MANUAL).unwrap(),
            &load(&[], &[], "").unwrap()
        ));
    }

    #[test]
    fn the_manual_explains_every_setting() {
        let lines: Vec<&str> = MANUAL.lines().collect();
        for key in keys() {
            let (_, name) = key.name.split_once('.').unwrap();
            let is_it = |line: &&str| {
                line.trim_start_matches('#')
                    .starts_with(&format!("{name} ="))
            };
            let at = lines.iter().position(|line| is_it(&line)).unwrap();
            // A pair may share its explanation.
            assert!(lines[at - 1].starts_with('#'), "{}", key.name);
        }
    }

    #[test]
    fn defaults_hold_when_nothing_is_said() {
        let settings = load(&[], &[], "").unwrap();
        assert_eq!(
            settings.server.public_url.to_string(),
            "http://127.0.0.1:8080"
        );
        assert_eq!(settings.scim.page_size, 100);
        assert_eq!(settings.scim.max_payload.bytes(), 2 * 1024 * 1024);
        assert_eq!(settings.scim.profile, ProfileName::Auto);
        assert!(settings.scim.token.is_none() && settings.scim.unique_group_names);
        assert!(settings.warnings().is_empty());
    }

    #[test]
    fn flag_beats_environment_beats_file_beats_default() {
        let file = "[scim]\npage_size = 1\nmax_results = 30\nmax_scan = 7\n";
        let environment = [
            "MUSTER_SCIM__PAGE_SIZE=2",
            "MUSTER_SCIM__MAX_RESULTS=20",
            "PATH=/bin",
        ];
        let settings = load(&["scim.page_size=3"], &environment, file).unwrap();
        assert_eq!(shown(&settings, "scim.page_size"), "3 (--set)");
        assert_eq!(
            shown(&settings, "scim.max_results"),
            "20 (env MUSTER_SCIM__MAX_RESULTS)"
        );
        assert_eq!(shown(&settings, "scim.max_scan"), "7 (muster.toml:4)");
        assert_eq!(shown(&settings, "scim.profile"), "\"auto\" (default)");
    }

    #[test]
    fn the_public_url_follows_the_listener() {
        let url = |file: &str| load(&[], &[], file).unwrap().server.public_url.to_string();
        assert_eq!(url("[server]\nlisten = '0.0.0.0:80'"), "http://0.0.0.0:80");
        assert_eq!(
            url("[server]\nlisten = '[::1]:80'\ntls_cert = 'c'\ntls_key = 'k'"),
            "https://[::1]:80"
        );
        assert_eq!(
            url("[server]\npublic_url = 'https://id.example.org/'"),
            "https://id.example.org"
        );
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let file = "colour = 1\n[server]\nlisten = 'localhost'\ntls_cert = 'c.pem'\n\n[scm]\ntoken = 'swordfish'\n\n[scim]\npage_size = 300\nmax_results = 200\nmax_scan = 0\nmax_payload = 'much'\nprofil = 'rfc'\n[database]\nurl = 'postgres://u:swordfish@db/muster'\n[log]\nlevel = 1979-05-27\n";
        let environment = [
            "MUSTER_LOG_FORMAT=json",
            "MUSTER_LOG__FORMAT=xml",
            "MUSTER_SCIM__TOKEN=sword fish",
            "MUSTER_SERVER__SECRET=swordfish",
        ];
        let flags = [
            "server.trusted_proxies=10.0.0.0/8,proxy",
            "listen=127.0.0.1:1",
        ];
        insta::assert_snapshot!(faults(&flags, &environment, file), @r#"
        muster.toml:1: unknown setting colour; the nearest is scim.max_payload
        muster.toml:14: unknown setting scim.profil; the nearest is scim.profile
        muster.toml:7: unknown setting scm.token; the nearest is scim.token
        env MUSTER_LOG_FORMAT: unknown setting; the nearest is MUSTER_LOG__FORMAT
        --set: unknown setting listen; the nearest is server.listen
        server.listen (muster.toml:3): "localhost" is not an IP address and port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080
        server.trusted_proxies (--set): "proxy" is not an address or network, such as 10.0.0.7 or 10.0.0.0/8
        database.url (muster.toml:16): this version keeps its data in SQLite only: write sqlite: and a file, such as sqlite:data/muster.db
        scim.max_payload (muster.toml:13): "much" is not a size: write a whole number and B, KiB, MiB or GiB, such as 2 MiB
        scim.max_scan (muster.toml:12): 0 is not between 1 and 10000000
        log.level (muster.toml:18): must be text in quotes, not a date
        log.format (env MUSTER_LOG__FORMAT): "xml" is none of text, json
        server.tls_cert (muster.toml:4): needs the key of the certificate: set server.tls_key too
        server.secret (env MUSTER_SERVER__SECRET): is too short: take at least 32 random characters, such as `openssl rand -hex 32` prints
        scim.page_size (muster.toml:10): 300 is more than scim.max_results, which is 200: lower this or raise that
        scim.token (env MUSTER_SCIM__TOKEN): cannot be sent as a bearer token: use letters, digits and -._~+/ only, with = at the end only
        "#);
    }

    #[test]
    fn no_fault_follows_from_another() {
        let file = "[scim]\nmax_results = 'few'\npage_size = 800";
        insta::assert_snapshot!(faults(&[], &[], file), @r#"scim.max_results (muster.toml:2): "few" is not a whole number from 0 on"#);
    }

    #[test]
    fn a_file_that_is_not_toml_names_its_line_and_repeats_nothing() {
        let why = faults(&[], &[], "[scim]\n\ntoken = swordfish\n");
        assert!(!why.contains("swordfish"));
        insta::assert_snapshot!(why, @"muster.toml:3: is not TOML: string values must be quoted, expected literal string");
    }

    #[test]
    fn a_secret_can_stand_in_a_file_but_not_on_the_command_line() {
        let settings = load(
            &[],
            &["MUSTER_SCIM__TOKEN_FILE=/run/token"],
            "[scim]\ntoken = 'less'",
        )
        .unwrap();
        assert_eq!(settings.scim.token.as_ref().unwrap().expose(), LONG);
        assert_eq!(
            shown(&settings, "scim.token"),
            "null (env MUSTER_SCIM__TOKEN_FILE)"
        );
        assert!(!format!("{settings:?}").contains(LONG));
        assert_eq!(settings.warnings().len(), 1);
        insta::assert_snapshot!(faults(&["scim.token=swordfish"], &[], ""), @"scim.token (--set): everybody on this machine can read a command line: use MUSTER_SCIM__TOKEN, or scim.token_file");
        insta::assert_snapshot!(faults(&[], &[], "[scim]\ntoken = 'a'\ntoken_file = 'b'"), @r#"
        scim.token_file (muster.toml:2): scim.token is given twice: leave one out
        scim.token_file (muster.toml:3): b: No such file or directory
        "#);
        insta::assert_snapshot!(faults(&["scim.token_file=/nowhere"], &[], ""), @"scim.token_file (--set): /nowhere: No such file or directory");
        insta::assert_snapshot!(faults(&[], &[], "[scim]\ntoken_file = 5"), @"scim.token_file (muster.toml:2): must be the name of a file");
    }

    #[test]
    fn what_is_unwise_is_told_and_allowed() {
        let read_secret = &|_: &Path| Ok(LONG.to_owned());
        let text = format!(
            "[scim]\ntoken = '{LONG}'\n[server]\nsecret_file = 'secret'\nlisten = '0.0.0.0:80'"
        );
        let file = Some(File {
            name: "muster.toml".into(),
            text,
            readers: Readers::Everybody,
        });
        let settings = Settings::load(Sources {
            flags: vec![],
            environment: vec![],
            file,
            read_secret,
        });
        insta::assert_snapshot!(settings.unwrap().warnings().join("\n"), @r#"
        scim.token stands in a file that every user of this machine can read: chmod o= that file, or use scim.token_file
        server.public_url is not set and no client can reach http://0.0.0.0:80: set it to the address that clients use
        scim.token never expires: whoever has read it can use it until it is changed; tokens made with `muster token create` expire
        "#);
    }

    #[test]
    fn what_kubernetes_and_compose_put_into_the_environment_does_no_harm() {
        let environment = [
            "MUSTER_SERVICE_HOST=10.0.0.1",
            "MUSTER_SERVICE_PORT_HTTP=80",
            "MUSTER_PORT=tcp://10.0.0.1:80",
            "MUSTER_PORT_80_TCP_ADDR=10.0.0.1",
            "MUSTER_SCIM__TOKEN=",
        ];
        assert!(load(&[], &environment, "").unwrap().scim.token.is_none());
        insta::assert_snapshot!(faults(&[], &["MUSTER_PORT=80"], ""), @"env MUSTER_PORT: unknown setting; the nearest is MUSTER_LOG__FORMAT");
    }
}

//! What somebody who writes settings would notice.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::config::File;
use crate::config::Readers;

const MANUAL: &str = include_str!("../default.toml");
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
    // What metadata of the identity provider say is not said twice.
    let text = manual_with_examples().replace("\"…\"", &format!("{LONG:?}"));
    let text = text.replace("\nidp_sso_url =", "\n#idp_sso_url =");
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
        let at = lines.iter().position(is_it).unwrap();
        // A pair may share its explanation.
        assert!(lines[at - 1].starts_with('#'), "{}", key.name);
    }
}

#[test]
fn a_login_by_saml_needs_the_whole_of_an_identity_provider() {
    let saml = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| format!("saml.{line}")).collect();
        let mut flags: Vec<&str> = lines.iter().map(String::as_str).collect();
        flags.push("login.method=saml");
        load(&flags, &[], "")
            .map(drop)
            .map_err(|faults| faults.to_string())
    };
    let three = [
        "idp_entity_id=urn:idp",
        "idp_sso_url=https://idp.example.org/sso",
        "idp_certificate=idp.pem",
    ];
    saml(&three).unwrap();
    saml(&["idp_metadata=idp.xml"]).unwrap();
    saml(&[
        "idp_metadata=https://idp.example.org/metadata",
        "idp_entity_id=urn:idp",
    ])
    .unwrap();
    insta::assert_snapshot!(saml(&[]).unwrap_err(), @"login.method (--set): saml needs an identity provider: set saml.idp_metadata, or saml.idp_entity_id, saml.idp_sso_url and saml.idp_certificate");
    insta::assert_snapshot!(saml(&three[..1]).unwrap_err(), @"saml.idp_entity_id (--set): is not enough to know the identity provider: set saml.idp_sso_url and saml.idp_certificate too");
    insta::assert_snapshot!(saml(&["idp_metadata=idp.xml", three[1]]).unwrap_err(), @"saml.idp_sso_url (--set): stands in the metadata: leave out this, or saml.idp_metadata");
    insta::assert_snapshot!(saml(&[three[0], "idp_sso_url=idp.example.org", three[2]]).unwrap_err(), @"saml.idp_sso_url (--set): must start with https:// or http://");
    insta::assert_snapshot!(saml(&["idp_metadata=idp.xml", "sp_cert=sp.pem"]).unwrap_err(), @"saml.sp_cert (--set): means nothing without saml.sp_key: set that too");
    insta::assert_snapshot!(saml(&["idp_metadata=idp.xml", "admin_value=admin"]).unwrap_err(), @"saml.admin_value (--set): means nothing without saml.admin_attribute: set that too");
    insta::assert_snapshot!(saml(&["idp_metadata=idp.xml", "clock_skew=1h"]).unwrap_err(), @"saml.clock_skew (--set): 1h is not between 0s and 10m");
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
    let file = "colour = 1\n[server]\nlisten = 'localhost'\ntls_cert = 'c.pem'\n\n[scm]\ntoken = 'swordfish'\n\n[scim]\npage_size = 300\nmax_results = 200\nmax_scan = 0\nmax_payload = 'much'\nprofil = 'rfc'\n[database]\nurl = 'postgres://u:swordfish@db/'\n[log]\nlevel = 1979-05-27\n";
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
    muster.toml:1: unknown setting colour; the nearest is saml.idp_sso_url
    muster.toml:14: unknown setting scim.profil; the nearest is scim.profile
    muster.toml:7: unknown setting scm.token; the nearest is scim.token
    env MUSTER_LOG_FORMAT: unknown setting; the nearest is MUSTER_LOG__FORMAT
    --set: unknown setting listen; the nearest is server.listen
    server.listen (muster.toml:3): "localhost" is not an IP address and port, such as 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080
    server.trusted_proxies (--set): "proxy" is not an address or network, such as 10.0.0.7 or 10.0.0.0/8
    database.url (muster.toml:16): must name a database: postgres://user:password@host/database
    scim.max_payload (muster.toml:13): "much" is not a size: write a whole number and B, KiB, MiB or GiB, such as 2 MiB
    scim.max_scan (muster.toml:12): 0 is not between 1 and 10000000
    log.level (muster.toml:18): must be text in quotes, not a date
    log.format (env MUSTER_LOG__FORMAT): "xml" is none of text, json
    server.tls_cert (muster.toml:4): needs the key of the certificate: set server.tls_key too
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
    let environment = [
        format!("MUSTER_SCIM__TOKEN={LONG}"),
        format!("MUSTER_SERVER__SECRET={LONG}"),
    ];
    let environment: Vec<&str> = environment.iter().map(String::as_str).collect();
    let settings = load(&["server.listen=0.0.0.0:80"], &environment, "");
    insta::assert_snapshot!(settings.unwrap().warnings().join("\n"), @r#"
    server.public_url is not set and no client can reach http://0.0.0.0:80: set it to the address that clients use
    server.public_url is http: passwords and session cookies travel unprotected, and browsers see cookies without Secure; put TLS in front, or set server.tls_cert and server.tls_key
    scim.token never expires: whoever has read it can use it until it is changed; tokens made with `muster token create` expire
    "#);
}

#[test]
fn a_settings_file_with_secrets_that_everybody_can_read_is_refused() {
    let read_secret = &|_: &Path| Ok(LONG.to_owned());
    let load = |text: &str, readers| {
        Settings::load(Sources {
            flags: vec![],
            environment: vec![],
            file: Some(File {
                name: "/etc/muster.toml".into(),
                text: text.to_owned(),
                readers,
            }),
            read_secret,
        })
    };
    let secrets = format!(
        "[scim]\ntoken = '{LONG}'\n[server]\nsecret_file = 's'\n[database]\nurl = 'postgres://u:swordfish@db/muster'"
    );
    let refused = load(&secrets, Readers::Everybody).unwrap_err().to_string();
    assert!(!refused.contains("swordfish") && !refused.contains(LONG));
    insta::assert_snapshot!(refused, @r"
    scim.token (/etc/muster.toml:2): is a secret, and every user of this machine can read this file: chmod o= /etc/muster.toml, or use scim.token_file
    database.url (/etc/muster.toml:6): is a secret, and every user of this machine can read this file: chmod o= /etc/muster.toml, or use database.url_file
    ");
    load(&secrets, Readers::Owner).unwrap();
    let none = "[server]\nsecret_file = 's'\n[database]\nurl = 'postgres://u@db/muster'";
    load(none, Readers::Everybody).unwrap();
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

/// A server is used by many gateways, and a command line is read by everybody.
#[test]
fn a_database_on_a_server_needs_a_secret_and_keeps_its_own() {
    let url = "database.url=postgres://u@db/muster";
    insta::assert_snapshot!(faults(&[url], &[], ""), @"server.secret: must be set with PostgreSQL, and the same for every gateway on one database: take at least 32 random characters, such as `openssl rand -hex 32` prints");
    let with_password = "database.url=postgres://u:swordfish@db/muster";
    let secret = format!("MUSTER_SERVER__SECRET={LONG}");
    insta::assert_snapshot!(faults(&[with_password], &[&secret], ""), @"database.url (--set): everybody on this machine can read a command line, and there is a password in it: use MUSTER_DATABASE__URL, or database.url_file");
    let file = "[database]\nurl = 'postgres://u:swordfish@db/muster'";
    let settings = load(&[], &[&secret], file).unwrap();
    assert_eq!(
        shown(&settings, "database.url"),
        "\"postgres://u:(hidden)@db/muster\" (muster.toml:2)"
    );
    assert!(!format!("{settings:?}").contains("swordfish"));
    let in_file = faults(&[], &[&secret, "MUSTER_DATABASE__URL_FILE=/run/url"], "");
    insta::assert_snapshot!(in_file, @"database.url_file (env MUSTER_DATABASE__URL_FILE): /run/url: No such file or directory");
}

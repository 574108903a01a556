//! `muster config show|import-overleaf`: the settings in force and where each comes from; those of another program.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use super::Failure;
use super::Format;
use super::output;
use crate::config;
use crate::config::Entry;
use crate::config::Settings;

pub(super) fn show(settings: &Settings, format: Format) -> Result<(), Failure> {
    output::print(&if format.json {
        json(settings.entries())
    } else {
        text(settings.entries())
    })
}

/// Prints the settings file; what is not as it was stands in it, and on standard error for whoever does not read it.
pub(super) fn import_overleaf(file: &Path) -> Result<(), Failure> {
    let fault = |why: String| Failure::new(format!("{}: {why}", file.display()));
    let text = fs::read_to_string(file).map_err(|why| fault(why.to_string()))?;
    let imported = config::import_overleaf(&text).map_err(fault)?;
    for warning in &imported.warnings {
        output::complain(&format!("warning: {warning}"));
    }
    output::print(&imported.text)
}

/// A line each, and each a line of a settings file or a comment in one.
fn text(entries: &[Entry]) -> String {
    entries.iter().fold(String::new(), |mut out, entry| {
        let Entry {
            key,
            value,
            origin,
            is_secret,
            is_set,
        } = entry;
        // Writing into a String cannot fail.
        let _ = match (is_set, is_secret) {
            (false, _) => writeln!(out, "#{key} is not set"),
            (true, true) => writeln!(out, "#{key} is hidden  # {origin}"),
            (true, false) => writeln!(out, "{key} = {value}  # {origin}"),
        };
        out
    })
}

fn json(entries: &[Entry]) -> String {
    let record = |entry: &Entry| {
        json!({
            "key": entry.key,
            "value": entry.value,
            "set": entry.is_set,
            "secret": entry.is_secret,
            "origin": entry.origin.to_string(),
        })
    };
    let records: Value = entries.iter().map(record).collect();
    format!("{records:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::File;
    use crate::config::Readers;
    use crate::config::Sources;

    fn settings() -> Settings {
        let environment = vec![("MUSTER_SCIM__TOKEN".into(), "swordfish-swordfish".into())];
        let file = Some(File {
            name: "muster.toml".into(),
            text: "[server]\ntrusted_proxies = ['10.0.0.0/8']".into(),
            readers: Readers::Owner,
        });
        Settings::load(Sources {
            flags: vec![],
            environment,
            file,
            read_secret: &|_| Err(String::new()),
        })
        .unwrap()
    }

    #[test]
    fn every_setting_is_shown_with_its_origin_and_no_secret() {
        let text = text(settings().entries());
        let first: Vec<&str> = text.lines().take(10).collect();
        insta::assert_snapshot!(first.join("\n"), @r#"
        server.listen = "127.0.0.1:8080"  # default
        server.public_url = "http://127.0.0.1:8080"  # default
        #server.tls_cert is not set
        #server.tls_key is not set
        server.trusted_proxies = ["10.0.0.0/8"]  # muster.toml:2
        server.forwarded_header = "x-forwarded-for"  # default
        #server.secret is not set
        database.url = "sqlite:data/muster.db"  # default
        #scim.token is hidden  # env MUSTER_SCIM__TOKEN
        scim.profile = "auto"  # default
        "#);
    }

    #[test]
    fn what_is_shown_can_be_used_as_a_settings_file() {
        let text = text(settings().entries());
        let file = Some(File {
            name: "shown".into(),
            text,
            readers: Readers::Owner,
        });
        let again = Settings::load(Sources {
            flags: vec![],
            environment: vec![],
            file,
            read_secret: &|_| Err(String::new()),
        });
        assert_eq!(
            again.unwrap().server.trusted_proxies,
            settings().server.trusted_proxies
        );
    }

    #[test]
    fn the_same_for_machines() {
        let text = json(settings().entries());
        assert!(!text.contains("swordfish"));
        let records: Value = serde_json::from_str(&text).unwrap();
        let token = records
            .as_array()
            .unwrap()
            .iter()
            .find(|record| record["key"] == "scim.token")
            .unwrap();
        insta::assert_snapshot!(token, @r#"{"key":"scim.token","value":null,"set":true,"secret":true,"origin":"env MUSTER_SCIM__TOKEN"}"#);
    }
}

//! `muster check`: reaches everything the settings name, one line each.

use std::fs;
use std::fs::OpenOptions;
use std::io;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::net::TcpListener;
use std::path::Path;

use super::Failure;
use super::output;
use crate::config::DatabaseUrl;
use crate::config::Settings;
use crate::config::find_server_secret;
use crate::config::read_tls;
use crate::service;

/// A setting that names something, and how it is with that.
struct Finding {
    name: &'static str,
    found: Result<String, String>,
}

const SCHEMA_DIR: &str = "scim.schema_dir";

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let findings = findings(settings);
    let mut warnings = settings.warnings().to_vec();
    warnings.extend(settings.database.url.readers_warning());
    output::print(&report(&findings, &warnings))?;
    verdict(&findings)
}

fn verdict(findings: &[Finding]) -> Result<(), Failure> {
    let failed: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.found.is_err())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let why = format!(
        "{} of {} checks failed: mend what is named above",
        failed.len(),
        findings.len()
    );
    // Wrong documents are a wrong configuration; anything else may be the fault of the machine.
    if failed.iter().any(|finding| finding.name == SCHEMA_DIR) {
        return Err(Failure::misconfigured(why));
    }
    Err(Failure::new(why))
}

fn findings(settings: &Settings) -> Vec<Finding> {
    let mut all = vec![
        Finding {
            name: "settings",
            found: Ok("valid".into()),
        },
        Finding {
            name: "server.listen",
            found: listen(settings.server.listen),
        },
    ];
    if let (Some(cert), Some(key)) = (&settings.server.tls_cert, &settings.server.tls_key) {
        let found =
            read_tls(cert, key).map(|_| format!("{} and its key belong together", cert.display()));
        all.push(Finding {
            name: "server.tls_cert",
            found,
        });
    }
    all.extend(schemas(settings));
    all.extend(keys(settings));
    all.extend(identity_provider(settings));
    all.push(Finding {
        name: "server.secret",
        found: secret(settings),
    });
    all.push(Finding {
        name: "database.url",
        found: database(&settings.database.url),
    });
    all.extend(directory(settings));
    all
}

/// The keys at `scim.jwks`.
fn keys(settings: &Settings) -> Option<Finding> {
    let found = match runtime() {
        Ok(runtime) => runtime.block_on(service::probe_jwks(settings))?,
        Err(why) => Err(why),
    };
    let found = found.map(|keys| format!("{keys} keys can be read"));
    Some(Finding {
        name: "scim.jwks",
        found,
    })
}

/// The identity provider, where people log in by SAML.
fn identity_provider(settings: &Settings) -> Option<Finding> {
    let found = match runtime() {
        Ok(runtime) => runtime.block_on(service::probe_saml(settings))?,
        Err(why) => Err(why),
    };
    let name = "saml.idp_metadata";
    Some(Finding { name, found })
}

/// Each server of the directory, with the account that searches and the bases.
fn directory(settings: &Settings) -> Vec<Finding> {
    let finding = |found| Finding {
        name: "ldap.url",
        found,
    };
    if settings.ldap.url.is_empty() {
        return Vec::new();
    }
    let found = match runtime() {
        Ok(runtime) => runtime.block_on(service::reach_directory(settings)),
        Err(why) => return vec![finding(Err(why))],
    };
    let told = |(url, found): (String, Result<String, String>)| {
        finding(found.map(|how| format!("{url}: {how}")))
    };
    found.into_iter().map(told).collect()
}

fn runtime() -> Result<tokio::runtime::Runtime, String> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().map_err(|why| why.to_string())
}

/// The documents of `scim.schema_dir`: one finding each fault.
fn schemas(settings: &Settings) -> Vec<Finding> {
    let finding = |found| Finding {
        name: SCHEMA_DIR,
        found,
    };
    match (service::registry(settings), &settings.scim.schema_dir) {
        (Ok(_), None) => Vec::new(),
        (Ok(registry), Some(folder)) => {
            let (schemas, types) = (registry.schemas().len(), registry.types().len());
            let found = format!(
                "with {} there are {schemas} schemas and {types} resource types",
                folder.display()
            );
            vec![finding(Ok(found))]
        }
        (Err(faults), _) => {
            let faults = faults.0.iter().map(ToString::to_string);
            faults.map(|fault| finding(Err(fault))).collect()
        }
    }
}

fn report(findings: &[Finding], warnings: &[String]) -> String {
    let line = |Finding { name, found }: &Finding| match found {
        Ok(how) => format!("ok       {name}: {how}\n"),
        Err(why) => format!("failed   {name}: {why}\n"),
    };
    let warning = |warning: &String| format!("warning  {warning}\n");
    findings
        .iter()
        .map(line)
        .chain(warnings.iter().map(warning))
        .collect()
}

/// A taken address is no fault: the gateway may be running while its settings are checked.
fn listen(address: SocketAddr) -> Result<String, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(why) if why.kind() == ErrorKind::AddrInUse => Ok(format!(
            "{address} is in use, which is right if the gateway is running"
        )),
        Err(why) => Err(format!("{address} cannot be listened on: {why}")),
    }
}

fn secret(settings: &Settings) -> Result<String, String> {
    match find_server_secret(settings) {
        Ok(Some(_)) => Ok("found".into()),
        Ok(None) => Ok("will be made at first start".into()),
        Err(why) => Err(why.to_string()),
    }
}

fn database(url: &DatabaseUrl) -> Result<String, String> {
    let (path, directory) = match (url, url.directory()) {
        (DatabaseUrl::Sqlite(path), Some(directory)) => (path, directory),
        (DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_), _) => {
            service::reach(url).map_err(|why| why.to_string())?;
            return Ok(format!("{url} answers"));
        }
    };
    let fault = |path: &Path| {
        let path = path.display().to_string();
        move |why: io::Error| format!("{path}: {why}")
    };
    if path.exists() {
        // By the driver of the database alone: see `Store::reach`.
        service::reach(url).map_err(|why| format!("{}: {why}", path.display()))?;
        return Ok(format!("{} can be read and written", path.display()));
    }
    let parent = directory.ancestors().find(|directory| directory.exists());
    let parent = parent.unwrap_or(Path::new("."));
    probe(parent).map_err(fault(parent))?;
    Ok(format!("{} will be made at first start", path.display()))
}

/// Whether files can be made in a directory: permissions alone do not tell (read-only mounts).
fn probe(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".muster-check-{}", std::process::id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn settings(flags: &[(&str, &str)]) -> Settings {
        let flags = flags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        Settings::load(Sources {
            flags,
            environment: vec![],
            file: None,
            read_secret: &|_| Err(String::new()),
        })
        .unwrap()
    }

    fn report_of(settings: &Settings, directory: &Path) -> String {
        report(&findings(settings), settings.warnings())
            .replace(&directory.display().to_string(), "DIR")
    }

    #[test]
    fn before_the_first_start_everything_can_be_made_and_nothing_is() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/data/muster.db", directory.path().display());
        let settings = settings(&[("database.url", &url), ("server.listen", "127.0.0.1:0")]);
        insta::assert_snapshot!(report_of(&settings, directory.path()), @r#"
        ok       settings: valid
        ok       server.listen: 127.0.0.1:0 is free
        ok       server.secret: will be made at first start
        ok       database.url: DIR/data/muster.db will be made at first start
        "#);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_reached_is_named_with_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        fs::write(path("file"), "").unwrap();
        fs::write(path("cert.pem"), "no certificate").unwrap();
        let url = format!("sqlite:{}", path("file/muster.db"));
        let settings = settings(&[
            ("database.url", &url),
            ("server.listen", "192.0.2.1:80"),
            ("server.tls_cert", &path("cert.pem")),
            ("server.tls_key", &path("key.pem")),
        ]);
        insta::assert_snapshot!(report_of(&settings, directory.path()), @r#"
        ok       settings: valid
        failed   server.listen: 192.0.2.1:80 cannot be listened on: Cannot assign requested address (os error 99)
        failed   server.tls_cert: DIR/cert.pem: holds no PEM block of the right kind
        ok       server.secret: will be made at first start
        failed   database.url: DIR/file: Not a directory (os error 20)
        "#);
        insta::assert_snapshot!(verdict(&findings(&settings)).unwrap_err(), @"3 of 5 checks failed: mend what is named above");
    }

    #[test]
    fn every_fault_of_every_schema_document_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let url = format!("sqlite:{}", path("data/muster.db"));
        let settings = settings(&[
            ("database.url", &url),
            ("server.listen", "127.0.0.1:0"),
            ("scim.schema_dir", &directory.path().display().to_string()),
        ]);
        insta::assert_snapshot!(report_of(&settings, directory.path()).lines().nth(2).unwrap(), @"ok       scim.schema_dir: with DIR there are 3 schemas and 2 resource types");
        fs::write(path("a.json"), r#"{"attributes": [{"name": "a b"}]}"#).unwrap();
        fs::write(path("b.json"), "{").unwrap();
        insta::assert_snapshot!(report_of(&settings, directory.path()), @r#"
        ok       settings: valid
        ok       server.listen: 127.0.0.1:0 is free
        failed   scim.schema_dir: DIR/a.json: id: is missing
        failed   scim.schema_dir: DIR/a.json: attributes[0].name: "a b" is no attribute name: write a letter and then letters, digits, - and _, 100 at most
        failed   scim.schema_dir: DIR/b.json: is no usable JSON: EOF while parsing an object at line 1 column 1
        ok       server.secret: will be made at first start
        ok       database.url: DIR/data/muster.db will be made at first start
        "#);
        let failure = verdict(&findings(&settings)).unwrap_err();
        insta::assert_snapshot!(failure, @"3 of 7 checks failed: mend what is named above");
        assert_eq!(failure.status(), 2);
    }

    #[test]
    fn a_directory_is_reached_server_by_server() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let dead = taken.local_addr().unwrap().to_string();
        drop(taken);
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}/muster.db", directory.path().display());
        let settings = settings(&[
            ("database.url", &url),
            ("server.listen", "127.0.0.1:0"),
            ("ldap.url", &format!("ldap://{dead}")),
            ("ldap.search_base", "dc=example,dc=org"),
        ]);
        let report = report_of(&settings, directory.path()).replace(&dead, "DEAD");
        insta::assert_snapshot!(report.lines().last().unwrap(), @"failed   ldap.url: ldap://DEAD: I/O error: Connection refused (os error 111)");
    }

    #[test]
    fn a_running_gateway_does_not_disturb() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let found = listen(listener.local_addr().unwrap()).unwrap();
        assert!(found.contains("in use"), "{found}");
    }
}

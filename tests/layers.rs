//! Keeps the house as it is drawn: who may import whom, file by file, and the rules that a text can break.
//!
//! Each rule is shown to be able to fail, on a snippet that breaks it.

use std::collections::BTreeSet;
use std::fs;

#[path = "layers/packages.rs"]
mod packages;
#[path = "layers/rules.rs"]
mod rules;
#[path = "layers/source.rs"]
mod source;
#[path = "layers/tree.rs"]
mod tree;

use source::Source;

/// Dependencies that no code names, each with what it is there for: a feature that it turns on elsewhere.
const UNNAMED_DEPENDENCIES: &[(&str, &str)] = &[];

#[test]
fn every_file_keeps_the_rules() {
    let files = tree::rust_files(&["src/", "tests/", "conformance/", "benches/"]).unwrap();
    let faults: Vec<String> = files.iter().flat_map(rules::faults).collect();
    assert!(
        files.len() > 5,
        "the check must find the files of the house"
    );
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

#[test]
fn each_driver_is_named_in_one_file() {
    let files = tree::rust_files(&["src/"]).unwrap();
    for driver in rules::DRIVERS {
        let naming: Vec<&str> = files
            .iter()
            .filter(|file| {
                file.named
                    .iter()
                    .any(|named| named.path.first().is_some_and(|first| first == driver))
            })
            .map(|file| file.name.as_str())
            .collect();
        assert!(naming.len() <= 1, "{driver} is named in {naming:?}");
    }
}

#[test]
fn the_table_of_floors_has_no_circle() {
    // A floor that only names floors already laid can be laid next; what is left over stands in a circle.
    let mut laid = BTreeSet::new();
    let mut left: Vec<_> = rules::FLOORS.iter().collect();
    while let Some(at) = left
        .iter()
        .position(|floor| floor.may.iter().all(|below| laid.contains(below)))
    {
        laid.insert(left.remove(at).module);
    }
    let circle: Vec<_> = left.iter().map(|floor| floor.module).collect();
    assert!(
        circle.is_empty(),
        "these floors stand on each other: {circle:?}"
    );
}

#[test]
fn no_file_names_a_path_of_a_machine() {
    let mut faults = Vec::new();
    for path in tree::files().unwrap() {
        // What is not text has no lines to mend.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        for found in tree::machine_paths(&text) {
            faults.push(format!("{}: {found}", tree::name(&path)));
        }
    }
    assert!(faults.is_empty(), "machine paths:\n{}", faults.join("\n"));
}

#[test]
fn every_package_comes_from_the_registry_or_from_here() {
    let lock = fs::read_to_string(tree::root().join("Cargo.lock")).unwrap();
    let foreign: Vec<&str> = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = "))
        .filter(|source| source.trim_matches('"') != packages::REGISTRY)
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn every_licence_is_on_the_list() {
    let metadata = packages::metadata().unwrap();
    assert!(
        packages::packages(&metadata).count() > 20,
        "the check must find the packages"
    );
    let unlicensed = packages::unlicensed(&metadata);
    assert!(
        unlicensed.is_empty(),
        "not on the list of licences:\n{}",
        unlicensed.join("\n")
    );
}

#[test]
fn every_dependency_is_used() {
    let metadata = packages::metadata().unwrap();
    let mut unused = Vec::new();
    for package in packages::members(&metadata) {
        let folder = match packages::text(package, "name") {
            "muster" => "",
            _ => "conformance/",
        };
        let code = [format!("{folder}src/")];
        let tests = [
            format!("{folder}src/"),
            format!("{folder}tests/"),
            format!("{folder}benches/"),
        ];
        for (kind, folders) in [(None, &code[..]), (Some("dev"), &tests[..])] {
            let named = named_in(folders);
            for name in packages::dependencies(package, kind) {
                let known = UNNAMED_DEPENDENCIES
                    .iter()
                    .any(|(unnamed, _)| *unnamed == name);
                if !named.contains(&name) && !known {
                    unused.push(format!("{name} ({})", kind.unwrap_or("normal")));
                }
            }
        }
    }
    assert!(
        unused.is_empty(),
        "no code names these dependencies: {}",
        unused.join(", ")
    );
}

/// The crates that the files below some folders name: first words of paths. A word that stands alone may as well
/// be a variable.
fn named_in(folders: &[String]) -> BTreeSet<String> {
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let files = tree::rust_files(&folders).unwrap_or_default();
    let paths = files
        .iter()
        .flat_map(|file| &file.named)
        .map(|named| &named.path);
    paths
        .filter(|path| path.len() > 1)
        .filter_map(|path| path.first().cloned())
        .collect()
}

#[test]
fn the_conformance_runner_cannot_import_the_gateway() {
    let metadata = packages::metadata().unwrap();
    let runner = packages::members(&metadata)
        .find(|package| packages::text(package, "name") == "scim-conformance")
        .unwrap();
    for kind in [None, Some("dev"), Some("build")] {
        assert!(!packages::dependencies(runner, kind).contains(&"muster".to_owned()));
    }
}

/// The faults of a snippet that stands in a file of this name.
fn faults_of(name: &str, code: &str) -> Vec<String> {
    rules::faults(&Source::new(name, &format!("//! A file.\n{code}\n")))
}

/// Each of these breaks one rule; a check that passes them is no check.
const BAD: &[(&str, &str)] = &[
    ("src/scim/a.rs", "use crate::store::Store;"),
    ("src/scim/a.rs", "use crate::{error::Error, config};"),
    ("src/scim/a.rs", "fn f() -> crate::clock::Time { todo() }"),
    ("src/scim/a.rs", "use super::super::store;"),
    (
        "src/scim/a.rs",
        "mod tests { use super::super::super::store; }",
    ),
    ("src/scim/mod.rs", "use super::config::Settings;"),
    ("src/http/a.rs", "use crate::store;"),
    (
        "src/http/a.rs",
        "use crate::{service::{self, Gateway}, login::saml};",
    ),
    ("src/http/a.rs", "use crate::*;"),
    ("src/cli/a.rs", "use crate::http::reply;"),
    ("src/server.rs", "use crate::cli::Command;"),
    ("src/store/a.rs", "use crate::service::Gateway;"),
    ("src/service/a.rs", "use crate::http::Reply;"),
    ("src/extra.rs", "pub fn f() {}"),
    ("src/scim/a.rs", "fn f() { tracing::info!(\"x\") }"),
    (
        "src/scim/a.rs",
        "use std::{collections::HashMap, fs::File};",
    ),
    ("src/scim/a.rs", "fn f() { let _ = std::env::var(\"X\"); }"),
    ("src/scim/a.rs", "use tokio::sync::Mutex;"),
    ("src/service/a.rs", "use actix_web::HttpResponse;"),
    (
        "src/service/a.rs",
        "use actix_web::{web, http::StatusCode};",
    ),
    ("src/service/a.rs", "fn f(status: StatusCode) {}"),
    ("src/service/a.rs", "use rusqlite::Connection;"),
    (
        "src/service/a.rs",
        "fn f() { let t = jiff::Timestamp::now(); }",
    ),
    (
        "src/http/a.rs",
        "fn f() { let t = std::time::Instant::now(); }",
    ),
    ("src/service/a.rs", "fn f() { let id = Uuid::now_v7(); }"),
    (
        "src/service/a.rs",
        "const Q: &str = \"SELECT id FROM resource\";",
    ),
    (
        "src/service/a.rs",
        "const Q: &str = r#\"\nUPDATE resource\n SET state = $1\"#;",
    ),
    (
        "src/service/a.rs",
        "const Q: &str = \"PRAGMA user_version\";",
    ),
    (
        "src/service/a.rs",
        "static SEEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());",
    ),
    ("src/service/a.rs", "static mut COUNT: u64 = 0;"),
    ("src/service/a.rs", "thread_local! { static X: u8 = 1; }"),
    ("src/service/a.rs", "#[allow(dead_code)]\nfn f() {}"),
    ("tests/it/main.rs", "#![allow(clippy::pedantic)]"),
    ("src/service/a.rs", "use anyhow::Result;"),
];

#[test]
fn each_rule_can_fail() {
    for (name, code) in BAD {
        assert!(
            !faults_of(name, code).is_empty(),
            "this passed in {name}: {code}"
        );
    }
}

/// What comes near to breaking a rule and does not.
const GOOD: &[(&str, &str)] = &[
    (
        "src/scim/a.rs",
        "use crate::scim::error::Error; use super::error; use self::error::Kind;",
    ),
    (
        "src/scim/a.rs",
        "// crate::store is not for us\n/* use crate::store; /* nested */ */ fn f() {}",
    ),
    (
        "src/scim/a.rs",
        "const S: &str = \"crate::store::Store\"; const C: char = '\"'; fn f<'a>(x: &'a str) {}",
    ),
    (
        "src/scim/a.rs",
        "pub(crate) fn f() {} mod tests { use super::*; }",
    ),
    (
        "src/scim/a.rs",
        "use std::time::Duration; fn f(r#type: u8) {}",
    ),
    (
        "src/http/a.rs",
        "use crate::{service::Gateway, scim}; use actix_web::web;",
    ),
    (
        "src/service/a.rs",
        "fn f(clock: &Clock) { let t = clock.now(); let u = Clock::now(clock); }",
    ),
    (
        "src/service/a.rs",
        "const S: &str = \"cannot delete from a group; select one from the list\";",
    ),
    (
        "src/store/a.rs",
        "const Q: &str = \"SELECT id FROM resource\"; use rusqlite::Connection;",
    ),
    (
        "src/service/a.rs",
        "static NAMES: [&str; 2] = [\"a\", \"b\"]; fn f(x: &'static Mutex<u8>) {}",
    ),
    (
        "src/clock.rs",
        "fn now() { let t = jiff::Timestamp::now(); }",
    ),
    ("src/main.rs", "use muster::server; use anyhow::Result;"),
];

#[test]
fn what_keeps_the_rules_passes() {
    for (name, code) in GOOD {
        let faults = faults_of(name, code);
        assert!(faults.is_empty(), "{name}: {code}\n{}", faults.join("\n"));
    }
}

#[test]
fn main_names_floors_through_the_library() {
    let main = Source::new("src/main.rs", "//! Main.\nuse muster::server;\n");
    let path = main.named.first().map(|named| named.path.join("::"));
    assert_eq!(path.as_deref(), Some("crate::server"));
}

#[test]
fn a_file_must_open_with_its_sentence() {
    let silent = Source::new("src/scim/a.rs", "pub fn f() {}\n");
    assert_eq!(rules::faults(&silent).len(), 1);
}

#[test]
fn a_long_file_and_a_long_handler_are_faults() {
    let long = "\n".repeat(601);
    assert_eq!(faults_of("src/scim/a.rs", &long).len(), 1);
    let handler = |lines: usize| {
        format!(
            "pub async fn get() -> Reply {{{}}}",
            "\n    step();".repeat(lines) + "\n"
        )
    };
    assert_eq!(
        faults_of("src/http/a.rs", &handler(18)),
        Vec::<String>::new()
    );
    assert_eq!(faults_of("src/http/a.rs", &handler(19)).len(), 1);
    let middleware = handler(19).replace("()", "(next: Next)");
    assert_eq!(
        faults_of("src/http/a.rs", &middleware),
        Vec::<String>::new()
    );
    assert_eq!(
        faults_of("src/service/a.rs", &handler(19)),
        Vec::<String>::new()
    );
}

#[test]
fn a_machine_path_is_found() {
    let home = ["/ho", "me/ada/muster"].concat();
    for text in [format!("cd {home}"), format!("\"{home}\""), home.clone()] {
        assert_eq!(tree::machine_paths(&text).len(), 1, "{text}");
    }
    for text in [
        format!("https://example.org{home}"),
        format!("$prefix}}{home}"),
        "/scim/v2/Users/".to_owned(),
    ] {
        assert!(tree::machine_paths(&text).is_empty(), "{text}");
    }
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/Apache-2.0",
        "(MIT OR GPL-3.0) AND ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(packages::permits(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "MIT OR",
        "(MIT",
        "GPL-3.0 OR MIT AND AGPL-3.0",
        "MIT WITH exception",
    ] {
        assert!(!packages::permits(bad), "{bad}");
    }
}

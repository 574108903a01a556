//! What identity providers send, replayed from `tests/fixtures/clients` and judged by what is stored afterwards.

mod case;
mod replay;

use std::collections::BTreeSet;
use std::path::PathBuf;

use muster::scim::profile::{Correction, Profile, Quirk};
use muster::scim::schema::{GroupNames, Registry};
use percent_encoding::percent_decode_str;

use crate::support::{Fixture, Setup};
use case::{Case, Request};

/// Replays every case of a file in these profiles, each against an empty store, and reports all that fail.
#[track_caller]
fn replay(file: &str, profiles: &[&'static str]) {
    let mut faults = Vec::new();
    for case in &cases(file) {
        for profile in case.profiles(profiles) {
            let fixture = Fixture::with(Setup {
                profile,
                ..Setup::default()
            });
            let base = format!("http://{}/scim/v2", fixture.address);
            let found = replay::replay(&fixture.client(), base, case);
            let head = format!("{profile} · section {} · {}", case.section, case.name);
            faults.extend(found.iter().map(|fault| format!("{head}\n    {fault}")));
        }
    }
    assert!(faults.is_empty(), "{file}:\n\n{}", faults.join("\n"));
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/clients")
}

fn files() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn cases(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{file}: {fault}"))
}

#[test]
fn entra_queries() {
    replay("entra-queries.json", &["auto", "entra"]);
}

#[test]
fn entra_create() {
    replay("entra-create.json", &["auto", "entra"]);
}

#[test]
fn entra_patch() {
    replay("entra-patch.json", &["auto", "entra"]);
}

#[test]
fn entra_optscim() {
    replay("entra-optscim.json", &["auto", "entra"]);
}

#[test]
fn entra_groups() {
    replay("entra-groups.json", &["auto", "entra"]);
}

#[test]
fn entra_lifecycle() {
    replay("entra-lifecycle.json", &["auto", "entra"]);
}

#[test]
fn entra_validator() {
    replay("entra-validator.json", &["auto", "entra"]);
}

#[test]
fn okta_users() {
    replay("okta-users.json", &["auto", "okta"]);
}

#[test]
fn okta_groups() {
    replay("okta-groups.json", &["auto", "okta"]);
}

#[test]
fn others() {
    replay("others.json", &["auto", "lenient"]);
}

#[test]
fn profiles() {
    replay("profiles.json", &[]);
}

/// A file that no test above replays would be a fixture that nobody keeps true.
#[test]
fn every_file_is_replayed() {
    let this = include_str!("mod.rs");
    for name in files() {
        assert!(this.contains(&format!("replay(\"{name}\", ")), "{name}");
    }
}

/// A quirk that no fixture meets would be one that nobody has seen undone over HTTP.
#[test]
fn every_quirk_is_met() {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    let mut met = BTreeSet::new();
    for case in files().iter().flat_map(|file| cases(file)) {
        for profile in case.profiles(&["auto"]) {
            let profile = Profile::by_name(profile).unwrap();
            for request in case.setup.iter().chain([&case.request]) {
                met.extend(corrections(profile, &registry, request));
            }
        }
    }
    let all: BTreeSet<_> = Quirk::ALL.into_iter().map(Quirk::name).collect();
    let unmet: Vec<_> = all.difference(&met).collect();
    assert!(unmet.is_empty(), "no fixture meets {unmet:?}");
}

/// The names of what `profile` corrects in `request`.
fn corrections(profile: &Profile, registry: &Registry, request: &Request) -> Vec<&'static str> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let endpoint = path.split('/').nth(1).unwrap();
    let Some(rt) = registry.by_endpoint(endpoint) else {
        return Vec::new();
    };
    let mut met: Vec<Correction> = Vec::new();
    if let Some(body) = request.body.clone() {
        let (_, found) = match request.method.as_str() {
            "PATCH" => {
                let id = path.split('/').nth(2).unwrap();
                profile.patch(rt, id, body)
            }
            _ => profile.body(rt, body),
        };
        met.extend(found);
    }
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let value = percent_decode_str(value).decode_utf8().unwrap();
        match name {
            "filter" => met.extend(
                profile
                    .filter(rt, &value)
                    .into_iter()
                    .flat_map(|(_, met)| met),
            ),
            "attributes" => met.extend(profile.attribute_list(rt, &value).1),
            _ => {}
        }
    }
    met.into_iter().map(|found| found.quirk.name()).collect()
}

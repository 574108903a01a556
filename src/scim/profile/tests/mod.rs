//! Each quirk with its JSON before and after, by the message it stands in.

mod body;
mod patch;
mod query;
mod remove;
mod table;
mod value;

use serde_json::Value;

use super::{Correction, Profile};
use crate::scim::schema::{GroupNames, Registry, ResourceType};

/// The short form of the enterprise URN in the JSON of these tests.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// The id of the resource that is patched.
const ID: &str = "23a35c27";

fn profile(name: &str) -> &'static Profile {
    Profile::by_name(name).unwrap()
}

fn resource_type(name: &str) -> std::sync::Arc<ResourceType> {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    std::sync::Arc::clone(registry.by_name(name).unwrap())
}

fn json(text: &str) -> Value {
    serde_json::from_str(&text.replace("ENT", ENTERPRISE)).unwrap()
}

fn named(corrections: &[Correction]) -> Vec<String> {
    corrections
        .iter()
        .map(|correction| {
            let at = correction.at.replace(ENTERPRISE, "ENT");
            format!("{} at {at}", correction.quirk.name())
        })
        .collect()
}

/// The operations that `profile` makes of these, with what it corrected.
fn patched(name: &str, rt: &str, operations: &str) -> (Value, Vec<String>) {
    let mut body = serde_json::Map::new();
    body.insert(
        "schemas".to_owned(),
        Value::from(vec![crate::scim::message::PATCH_URN]),
    );
    body.insert("Operations".to_owned(), json(operations));
    let (strict, corrections) = profile(name).patch(&resource_type(rt), ID, Value::Object(body));
    (strict["Operations"].clone(), named(&corrections))
}

/// `profile` makes `after` of `before` and says so; a second pass finds nothing more to mend.
#[track_caller]
fn assert_patch(name: &str, rt: &str, before: &str, after: &str, corrections: &[&str]) {
    let (strict, met) = patched(name, rt, before);
    assert_eq!(strict, json(after), "{name}: {before}");
    assert_eq!(met, corrections, "{name}: {before}");
    let (again, met) = patched(name, rt, &strict.to_string());
    assert_eq!(again, strict, "a second pass changes it: {before}");
    assert_eq!(met, [""; 0], "a second pass corrects it: {before}");
}

/// `profile` leaves the operations for the strict code to judge.
#[track_caller]
fn assert_patch_stays(name: &str, rt: &str, operations: &str) {
    let (strict, met) = patched(name, rt, operations);
    assert_eq!(strict, json(operations), "{name}");
    assert_eq!(met, [""; 0], "{name}: {operations}");
}

/// `profile` makes `after` of the body `before` and says so; a second pass finds nothing more to mend.
#[track_caller]
fn assert_body(name: &str, rt: &str, before: &str, after: &str, corrections: &[&str]) {
    let rt = resource_type(rt);
    let (strict, met) = profile(name).body(&rt, json(before));
    assert_eq!(strict, json(after), "{name}: {before}");
    assert_eq!(named(&met), corrections, "{name}: {before}");
    let (again, met) = profile(name).body(&rt, strict.clone());
    assert_eq!(again, strict, "a second pass changes it: {before}");
    assert_eq!(named(&met), [""; 0], "a second pass corrects it: {before}");
}

//! The table of profiles and quirks.

use std::fmt::Write as _;

use super::super::quirk::Quirk;
use super::super::{Column, PROFILES, Profile};
use crate::scim::patch::Unmatched;

#[test]
fn a_profile_is_found_by_its_name_only() {
    for name in Profile::names() {
        assert_eq!(Profile::by_name(name).unwrap().name(), name);
    }
    assert_eq!(Profile::by_name("Auto"), None);
    assert_eq!(Profile::by_name(""), None);
}

/// `auto` is `lenient` with Entra's role strings (CONTRACT section 4).
#[test]
fn auto_is_lenient_with_role_strings() {
    for quirk in Quirk::ALL {
        let lenient = quirk.is_undone_in(Column::Lenient) || quirk == Quirk::RoleJson;
        assert_eq!(
            quirk.is_undone_in(Column::Auto),
            lenient,
            "{}",
            quirk.name()
        );
    }
}

#[test]
fn names_are_distinct_kebab_case() {
    let mut names: Vec<_> = Quirk::ALL.into_iter().map(Quirk::name).collect();
    for name in &names {
        let valid = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(valid, "{name}");
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Quirk::ALL.len());
}

#[test]
fn value_filters_without_match() {
    let found: Vec<_> = Profile::names()
        .map(|name| {
            let policy = Profile::by_name(name).unwrap().unmatched();
            (name, policy.add, policy.replace)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("auto", Unmatched::Create, Unmatched::Create),
            ("rfc", Unmatched::NoTarget, Unmatched::NoTarget),
            ("entra", Unmatched::Create, Unmatched::Create),
            ("okta", Unmatched::Create, Unmatched::NoTarget),
            ("lenient", Unmatched::Create, Unmatched::Create),
        ]
    );
}

/// The whole table, as a reader of a log or a manual wants it.
#[test]
fn the_table() {
    let mut table = String::new();
    for quirk in Quirk::ALL {
        let undone = PROFILES.iter().filter(|profile| profile.undoes(quirk));
        let names: Vec<_> = undone.map(Profile::name).collect();
        writeln!(table, "{}: {}", quirk.name(), names.join(" ")).unwrap();
    }
    insta::assert_snapshot!(table, @r"
    operation-case: auto rfc entra okta lenient
    message-key-case: auto rfc entra okta lenient
    idle-operation-member: auto rfc entra okta lenient
    missing-schema: auto entra okta lenient
    unknown-schema: auto rfc entra okta lenient
    repeated-schema: auto entra okta lenient
    unlisted-extension: auto rfc entra okta lenient
    scim1-urn: auto entra okta lenient
    manager-id: auto entra okta lenient
    boolean-text: auto entra okta lenient
    empty-text: auto entra okta lenient
    single-for-array: auto entra okta lenient
    bare-value: auto entra okta lenient
    bare-manager: auto entra okta lenient
    role-json: auto entra
    two-primaries: auto entra okta lenient
    member-reference: auto entra okta lenient
    path-key: auto entra okta lenient
    urn-dot: auto entra okta lenient
    bare-extension-name: auto entra okta lenient
    read-only-echo: auto entra okta lenient
    read-only-change: auto lenient
    unknown-attribute: auto entra okta lenient
    remove-with-value: auto entra okta lenient
    unquoted-literal: auto entra lenient
    plus-for-space: auto entra okta lenient
    complex-comparison: auto entra okta lenient
    filter-in-attributes: auto entra okta lenient
    ");
}

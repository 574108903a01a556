//! RFC 7644 §3.4.2.1: one query over all resource types.

use serde_json::json;

use super::{Town, list, make_group, make_user, names, search_body};
use crate::support::{Fixture, Setup};

#[test]
fn all_types_are_one_list_oldest_first() {
    let town = Town::new();
    assert_eq!(town.all(&[]), ["ada", "Staff", "bob", "admins", "Cem"]);
    let found = list(&town.client, "", &[("filter", "id pr")]);
    assert_eq!(found["totalResults"], 5);
    assert_eq!(found["startIndex"], 1);
    assert_eq!(found["itemsPerPage"], 5);
    let kinds: Vec<_> = found["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["meta"]["resourceType"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["User", "Group", "User", "Group", "User"]);
    // Each is what its own URL answers.
    for one in found["Resources"].as_array().unwrap() {
        let location = one["meta"]["location"].as_str().unwrap();
        let path = location.strip_prefix(town.fixture.gateway.base()).unwrap();
        assert_eq!(*one, town.client.get(path).expect(200).json());
    }
}

#[test]
fn pages_go_across_types() {
    let town = Town::new();
    for count in ["1", "2", "3", "5", "9"] {
        for sort in ["", "displayName", "userName", "meta.created", "title"] {
            for order in ["ascending", "descending"] {
                let query = |start: &str, count: &str| {
                    let parameters = [
                        ("startIndex", start),
                        ("count", count),
                        ("sortBy", sort),
                        ("sortOrder", order),
                    ];
                    list(&town.client, "/", &parameters)
                };
                let whole = names(&query("1", "100"));
                let mut seen = Vec::new();
                loop {
                    let page = query(&(seen.len() + 1).to_string(), count);
                    assert_eq!(page["totalResults"], 5);
                    if names(&page).is_empty() {
                        break;
                    }
                    seen.extend(names(&page));
                }
                assert_eq!(seen, whole, "{sort} {order} by {count}");
            }
        }
    }
    assert_eq!(
        list(&town.client, "/", &[("count", "0")])["totalResults"],
        5
    );
}

#[test]
fn an_attribute_that_a_type_lacks_has_no_value_there() {
    let town = Town::new();
    for (filter, expected) in [
        ("userName eq \"ADA\"", vec!["ada"]),
        ("displayName pr", vec!["ada", "Staff", "admins", "Cem"]),
        (
            "userName eq \"bob\" or displayName eq \"staff\"",
            vec!["Staff", "bob"],
        ),
        ("userName pr and displayName pr", vec!["ada", "Cem"]),
        ("userName eq null", vec!["Staff", "admins"]),
        ("userName ne null", vec!["ada", "bob", "Cem"]),
        ("userName ne \"ada\"", vec!["Staff", "bob", "admins", "Cem"]),
        ("not (userName pr)", vec!["Staff", "admins"]),
        ("userName gt \"b\"", vec!["bob", "Cem"]),
        ("emails[type eq \"work\"]", vec![]),
        ("members.value pr", vec!["Staff"]),
        ("meta.resourceType eq \"Group\"", vec!["Staff", "admins"]),
        (
            "meta.resourceType eq \"User\" and active eq false",
            vec!["bob"],
        ),
        ("title co \"r\"", vec!["Cem"]),
        ("title co \"r\" or members pr", vec!["Staff", "Cem"]),
        (
            "urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"c\"",
            vec!["Cem"],
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"x\"",
            vec![],
        ),
    ] {
        let found = list(&town.client, "/", &[("filter", filter)]);
        assert_eq!(names(&found), expected, "{filter}");
        assert_eq!(found["totalResults"], expected.len(), "{filter}");
    }
}

#[test]
fn what_no_type_has_is_refused() {
    let town = Town::new();
    for filter in [
        "shoeSize eq 1",
        "userName pr and shoeSize pr",
        "name.shoe pr",
        "password pr",
        "members.value gt 1",
        "userName eq",
        "",
    ] {
        let path = super::url("/", &[("filter", filter)]);
        town.client.get(&path).refused(400, Some("invalidFilter"));
    }
    let path = super::url("/", &[("sortBy", "shoeSize")]);
    town.client.get(&path).refused(400, Some("invalidValue"));
}

#[test]
fn sorting_merges_the_types() {
    let town = Town::new();
    for (by, order, expected) in [
        ("displayName", "ascending", "admins Cem Staff ada bob"),
        ("displayName", "descending", "bob ada Staff Cem admins"),
        ("userName", "ascending", "ada bob Cem Staff admins"),
        ("userName", "descending", "Staff admins Cem bob ada"),
        ("meta.resourceType", "ascending", "Staff admins ada bob Cem"),
        (
            "meta.resourceType",
            "descending",
            "ada bob Cem Staff admins",
        ),
        ("meta.location", "ascending", "Staff admins ada bob Cem"),
        ("meta.location", "descending", "Cem bob ada admins Staff"),
        ("id", "descending", "Cem admins bob Staff ada"),
        ("title", "ascending", "Cem ada Staff bob admins"),
        ("active", "descending", "Staff admins ada Cem bob"),
    ] {
        let found = town.all(&[("sortBy", by), ("sortOrder", order)]);
        assert_eq!(found.join(" "), expected, "{by} {order}");
    }
}

#[test]
fn attributes_are_chosen_for_each_type() {
    let town = Town::new();
    let found = list(&town.client, "/", &[("attributes", "userName")]);
    let first = &found["Resources"][0];
    assert_eq!(first["userName"], "ada");
    assert_eq!(first.get("displayName"), None);
    let second = &found["Resources"][1];
    let keys: Vec<&String> = second.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "schemas"]);
}

#[test]
fn what_types_read_is_limited_together() {
    let town = Town::with(&[("scim.max_scan", "5")]);
    let scan = super::url("/", &[("filter", "displayName co \"a\"")]);
    let found = town.client.get(&scan).expect(200).json();
    assert_eq!(names(&found), ["Staff", "admins", "Cem"]);
    make_group(&town.client, "more", &[]);
    town.client.get(&scan).refused(400, Some("tooMany"));
    let search = search_body(&json!({ "filter": "displayName co \"a\"" }));
    town.client
        .post("/.search", &search)
        .refused(400, Some("tooMany"));
    // What indexes answer is not read.
    assert_eq!(town.all(&[("filter", "displayName pr")]).len(), 5);
}

#[test]
fn each_profile_reads_the_filter_for_each_type() {
    let fixture = Fixture::with(Setup {
        profile: "auto",
        ..Setup::default()
    });
    let client = fixture.client();
    make_user(&client, "ada", json!({ "active": true }));
    make_group(&client, "staff", &[]);
    for filter in [
        "active eq \"True\"",
        "userName eq ada",
        "emails eq x or userName sw a",
    ] {
        let found = list(&client, "/", &[("filter", filter)]);
        assert_eq!(names(&found), ["ada"], "{filter}");
    }
}

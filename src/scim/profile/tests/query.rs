//! Filters and attribute lists before and after.

use super::{ENTERPRISE, named, profile, resource_type};
use crate::scim::ErrorKind;

/// The strict text that `name` makes of a filter, with what it corrected.
fn filtered(name: &str, text: &str) -> (String, Vec<String>) {
    let rt = resource_type("User");
    let (filter, met) = profile(name).filter(&rt, text).unwrap();
    (filter.to_string().replace(ENTERPRISE, "ENT"), named(&met))
}

#[track_caller]
fn assert_filter(before: &str, after: &str, corrections: &[&str]) {
    let (strict, met) = filtered("auto", before);
    assert_eq!(strict, after);
    assert_eq!(met, corrections);
    let again = filtered("auto", &strict.replace("ENT", ENTERPRISE));
    assert_eq!(again, (strict, vec![]));
}

/// A filter before, after, and what was corrected.
type Row = (&'static str, &'static str, &'static [&'static str]);

const ROWS: [Row; 15] = [
    (
        r#"userName eq "ada@corp.example""#,
        r#"userName eq "ada@corp.example""#,
        &[],
    ),
    (
        r#"userName+eq+"a+b@c.example""#,
        r#"userName eq "a+b@c.example""#,
        &["plus-for-space at filter"],
    ),
    (
        r#"userName+eq+"a\"+b""#,
        r#"userName eq "a\"+b""#,
        &["plus-for-space at filter"],
    ),
    (
        "meta.created+gt+2015-10-10T14:38:21+02:00",
        r#"meta.created gt "2015-10-10T14:38:21+02:00""#,
        &["plus-for-space at filter", "unquoted-literal at filter"],
    ),
    (
        "externalId eq ada",
        r#"externalId eq "ada""#,
        &["unquoted-literal at filter"],
    ),
    (
        "externalId eq 701984",
        r#"externalId eq "701984""#,
        &["unquoted-literal at filter"],
    ),
    (
        r#"id eq "1" and manager eq "2""#,
        r#"id eq "1" and ENT:manager.value eq "2""#,
        &[
            "bare-extension-name at filter",
            "complex-comparison at filter",
        ],
    ),
    (
        r#"emails eq "a@b.example""#,
        r#"emails.value eq "a@b.example""#,
        &["complex-comparison at filter"],
    ),
    (
        r#"active eq "True""#,
        "active eq true",
        &["boolean-text at filter"],
    ),
    ("active eq False", "active eq false", &[]),
    (
        r#"roles[primary eq "True" and value eq x]"#,
        r#"roles[primary eq true and value eq "x"]"#,
        &["boolean-text at filter", "unquoted-literal at filter"],
    ),
    (
        "name.FamilyName eq Employee and (emails.Value co example.com or emails.Value co example.org)",
        r#"name.FamilyName eq "Employee" and (emails.Value co "example.com" or emails.Value co "example.org")"#,
        &[
            "unquoted-literal at filter",
            "unquoted-literal at filter",
            "unquoted-literal at filter",
        ],
    ),
    (
        r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department eq "R&D""#,
        r#"ENT:department eq "R&D""#,
        &["urn-dot at filter"],
    ),
    (
        "(ActiVe eq true) and not (department pr)",
        "ActiVe eq true and not (ENT:department pr)",
        &["bare-extension-name at filter"],
    ),
    (
        r#"frob eq "x" or emails pr or manager eq null"#,
        r#"frob eq "x" or emails pr or ENT:manager eq null"#,
        &["bare-extension-name at filter"],
    ),
];

#[test]
fn filters_are_mended() {
    for (before, after, corrections) in ROWS {
        assert_filter(before, after, corrections);
    }
}

#[test]
fn rfc_leaves_filters_as_they_are() {
    for text in [
        r#"manager eq "2""#,
        r#"emails eq "a@b.example""#,
        r#"active eq "True""#,
        "externalId eq ada",
    ] {
        assert_eq!(filtered("rfc", text), (text.to_owned(), vec![]));
    }
    let plus = profile("rfc").filter(&resource_type("User"), r#"userName+eq+"a""#);
    assert_eq!(plus.unwrap_err().kind, ErrorKind::InvalidFilter);
}

#[test]
fn okta_takes_plus_signs_and_no_bare_words() {
    let (strict, met) = filtered("okta", "userName+eq+ada");
    assert_eq!(strict, "userName eq ada");
    assert_eq!(met, ["plus-for-space at filter"]);
}

#[test]
fn what_is_no_filter_is_refused_in_every_profile() {
    let rt = resource_type("User");
    for name in ["rfc", "entra", "okta", "lenient", "auto"] {
        for text in [
            "",
            "+",
            "userName",
            "userName frob \"x\"",
            "((((",
            "a+b+c+d",
        ] {
            let refused = profile(name).filter(&rt, text);
            assert_eq!(
                refused.unwrap_err().kind,
                ErrorKind::InvalidFilter,
                "{text}"
            );
        }
    }
}

#[test]
fn attribute_lists_are_mended() {
    let listed = |name: &str, text: &str| {
        let (names, met) = profile(name).attribute_list(&resource_type("User"), text);
        let names: Vec<String> = names
            .into_iter()
            .map(|name| name.0.replace(ENTERPRISE, "ENT"))
            .collect();
        (names.join("|"), named(&met))
    };
    assert_eq!(
        listed("auto", "userName, name.givenName,,id"),
        ("userName|name.givenName|id".to_owned(), vec![])
    );
    assert_eq!(
        listed("auto", r#"emails[type eq "a,b"].value,manager,frob"#),
        (
            "emails.value|ENT:manager|frob".to_owned(),
            vec![
                "filter-in-attributes at attributes".to_owned(),
                "bare-extension-name at attributes".to_owned(),
            ]
        )
    );
    assert_eq!(
        listed("rfc", r#"emails[type eq "work"]"#),
        (r#"emails[type eq "work"]"#.to_owned(), vec![])
    );
}

//! Tables of what is checked, what is refused, and what filters mean.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::*;
use crate::scim::error::ErrorKind;
use crate::scim::schema::{
    Attribute, DataType, ENTERPRISE_URN, GroupNames, Registry, ResourceType, USER_URN,
};
use crate::scim::syntax::{self, CompareOp};

fn user() -> Arc<ResourceType> {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    Arc::clone(registry.by_name("User").unwrap())
}

fn ada() -> Map<String, Value> {
    let document = json!({
        "schemas": [USER_URN, ENTERPRISE_URN],
        "id": "01890000-0000-7000-8000-00000000000A",
        "externalId": "Ada",
        "userName": "Ada@Corp.Example",
        "displayName": "Ada Straße",
        "title": "",
        "active": true,
        "locale": null,
        "userType": 7,
        "name": {"familyName": "Lovelace", "givenName": "Ada", "middleName": ""},
        "emails": [
            {"value": "ada@corp.example", "type": "work", "primary": true},
            {"value": "ada@home.example", "type": "home"},
        ],
        "phoneNumbers": [],
        "ims": [{"value": "ada", "primary": false}],
        "photos": [{}],
        "roles": [{"value": ""}, {"type": null}],
        "addresses": "nowhere",
        "meta": {
            "resourceType": "User",
            "created": "2026-05-13T04:42:34.123456789Z",
            "lastModified": "2026-05-13T04:42:34Z",
        },
        ENTERPRISE_URN: {"department": "R&D", "manager": {"value": "m1"}},
    });
    document.as_object().unwrap().clone()
}

fn checked(text: &str) -> crate::scim::Result<Filter> {
    check(&user(), &syntax::Filter::parse(text)?)
}

#[test]
fn what_filters_mean() {
    let ada = ada();
    for (text, holds) in MEANINGS {
        let text = text.replace("ENT", ENTERPRISE_URN);
        let filter = checked(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(matches(&filter, &ada), *holds, "{text}");
    }
}

const MEANINGS: &[(&str, bool)] = &[
    // names and case
    (r#"USERNAME eq "ada@corp.EXAMPLE""#, true),
    (
        r#"urn:ietf:params:scim:schemas:core:2.0:user:userName eq "ada@corp.example""#,
        true,
    ),
    (r#"externalId eq "Ada""#, true),
    (r#"externalId eq "ada""#, false),
    (r#"id eq "01890000-0000-7000-8000-00000000000A""#, true),
    (r#"displayName eq "ADA STRASSE""#, true),
    (r#"displayName co "ss""#, true),
    (r#"ENT:department eq "r&d""#, true),
    (r#"ENT:manager.value eq "m1""#, true),
    ("ENT:employeeNumber pr", false),
    (r#"schemas eq "ENT""#, true),
    (r#"schemas eq "urn:x""#, false),
    // substrings and order of text
    (r#"userName sw "ADA""#, true),
    (r#"userName sw "corp""#, false),
    (r#"userName ew ".example""#, true),
    (r#"userName co "@CORP""#, true),
    (r#"userName co """#, true),
    (r#"nickName co """#, false),
    (r#"userName gt "ada""#, true),
    (r#"userName lt "B""#, true),
    (r#"userName ge "ada@corp.example""#, true),
    (r#"userName gt "ada@corp.example""#, false),
    (r#"userName le "ADA@corp.example""#, true),
    (r#"nickName lt "z""#, false),
    // present, null, empty
    ("userName pr", true),
    ("title pr", false),
    ("locale pr", false),
    ("nickName pr", false),
    ("active pr", true),
    ("phoneNumbers pr", false),
    ("photos pr", false),
    ("roles pr", false),
    ("emails pr", true),
    ("name pr", true),
    ("name.middleName pr", false),
    ("ims.primary pr", true),
    ("emails.display pr", false),
    ("title eq null", true),
    ("title ne null", false),
    ("name ne null", true),
    ("photos eq null", true),
    ("emails.type eq null", false),
    (r#"title eq """#, true),
    (r#"nickName eq """#, false),
    // not equal
    (r#"title ne """#, false),
    (r#"nickName ne "x""#, true),
    (r#"locale ne "x""#, true),
    (r#"userName ne "ADA@corp.example""#, false),
    (r#"userName ne "ada""#, true),
    (r#"emails.type ne "work""#, true),
    (r#"not (emails.type eq "work")"#, false),
    (r#"phoneNumbers.type ne "work""#, true),
    // booleans
    ("active eq true", true),
    ("active ne true", false),
    ("emails.primary eq false", false),
    ("ims.primary eq false", true),
    // times
    (
        r#"meta.lastModified eq "2026-05-13T06:42:34.000+02:00""#,
        true,
    ),
    (r#"meta.created gt "2026-05-13T04:42:34.123456788Z""#, true),
    (r#"meta.created le "2026-05-13T04:42:34.123456788Z""#, false),
    (r#"meta.lastModified lt "9999-12-31T23:59:59Z""#, true),
    (r#"meta.created sw "2026-05""#, true),
    (r#"meta.created co "t04""#, false),
    // many values
    (r#"emails.value eq "ada@home.example""#, true),
    (
        r#"emails.value ew "home.example" and emails.type eq "work""#,
        true,
    ),
    (
        r#"emails[value ew "home.example" and type eq "work"]"#,
        false,
    ),
    (
        r#"emails[value ew "home.example" and type eq "HOME"]"#,
        true,
    ),
    (
        r#"emails[type eq "work"].value eq "ada@corp.example""#,
        true,
    ),
    (
        r#"emails[type eq "work"].value eq "ada@home.example""#,
        false,
    ),
    (r#"emails[not (type eq "work")]"#, true),
    ("emails[primary ne true]", true),
    ("emails[display pr]", false),
    (r#"phoneNumbers[not (type eq "work")]"#, false),
    (
        r#"emails[type eq "x" or type eq "home"] and not (ims[value eq "eva"])"#,
        true,
    ),
    // logic
    ("title pr or userName pr and nickName pr", false),
    ("userName pr or title pr and nickName pr", true),
    ("(userName pr or title pr) and nickName pr", false),
    ("not (title pr) and not (nickName pr or title pr)", true),
    // what is stored is of another type
    (r#"userType eq "7""#, false),
    (r#"userType ne "7""#, false),
    (r#"userType ge "a""#, false),
    ("userType pr", true),
    (r#"addresses.country eq "nowhere""#, false),
    (r#"addresses[country eq "nowhere"]"#, false),
];

#[test]
fn what_is_refused() {
    for (text, said) in REFUSED {
        let error = checked(text).expect_err(text);
        assert_eq!(error.kind, ErrorKind::InvalidFilter, "{text}");
        assert!(error.detail.contains(said), "{text}: {}", error.detail);
    }
}

/// Each filter with what its error must say.
const REFUSED: &[(&str, &str)] = &[
    (r#"foo eq "x""#, "User has no attribute `foo`"),
    ("emails.foo pr", "User has no attribute `emails.foo`"),
    (
        "emails[foo pr]",
        "the values of `emails` of User have no sub-attribute `foo`",
    ),
    (
        r#"emails[emails.type eq "x"]"#,
        "no sub-attribute `emails.type`",
    ),
    (
        "department pr",
        "did you mean `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`?",
    ),
    (r#"manager.value eq "1""#, "2.0:User:manager.value`?"),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        "is a schema, not an attribute",
    ),
    ("urn:x:Foo:bar pr", "User has no attribute `urn:x:Foo:bar`"),
    ("password pr", "`password` is never read back"),
    (r#"password eq "x""#, "`password` is never read back"),
    (r#"not (PassWord sw "x")"#, "`PassWord` is never read back"),
    (
        "active gt true",
        "`gt` cannot be used with `active`, which is a boolean",
    ),
    (
        "active co true",
        "`co` cannot be used with `active`, which is a boolean",
    ),
    (
        r#"active eq "true""#,
        "`active` is a boolean: compare it with true or false, without quotes",
    ),
    ("active eq 1", "`active` is a boolean"),
    (
        r#"x509Certificates.value gt "a""#,
        "`gt` cannot be used with `x509Certificates.value`, which is binary",
    ),
    (
        "userName eq true",
        "`userName` is text: put the value in double quotes",
    ),
    ("userName eq 5", "`userName` is text"),
    (
        "userName eq ada",
        "`ada` has to be in double quotes: `userName eq \"ada\"`",
    ),
    ("emails[type eq work]", "`work` has to be in double quotes"),
    (
        "userName gt null",
        "null can be compared with eq and ne only",
    ),
    (r#"meta.created gt "yesterday""#, "`meta.created` is a time"),
    (
        r#"meta.created eq "2026-05-13""#,
        "`meta.created` is a time",
    ),
    ("meta.created gt 5", "`meta.created` is a time"),
    ("meta.created co 5", "`meta.created` is a time"),
    (
        r#"emails eq "x""#,
        "`emails` is complex: compare one of its sub-attributes, such as `emails.value`",
    ),
    (
        r#"name gt "x""#,
        "`name` is complex: compare one of its sub-attributes, such as `name.formatted`",
    ),
    (r#"name[familyName eq "x"]"#, "`name` has one value only"),
    (r#"userName[value eq "x"]"#, "`userName` has one value only"),
    (
        r#"emails.type[value eq "x"]"#,
        "the values of `emails.type` have no sub-attributes",
    ),
    (
        r#"emails[type[value eq "x"]]"#,
        "`type[…]` cannot stand inside another pair of brackets",
    ),
];

fn number(multi_valued: bool) -> AttrRef {
    let pattern = user().attribute("displayName").unwrap();
    AttrRef {
        attribute: Arc::new(Attribute {
            name: "size".to_owned(),
            data_type: DataType::Integer,
            multi_valued,
            ..(*pattern.attribute).clone()
        }),
        ..pattern
    }
}

#[test]
fn numbers_compare_by_value() {
    let document = json!({"size": 10});
    for (op, operand, holds) in [
        (CompareOp::Eq, 10.0, true),
        (CompareOp::Ne, 10.0, false),
        (CompareOp::Gt, 9.5, true),
        (CompareOp::Lt, 9.0, false),
        (CompareOp::Ge, 10.0, true),
        (CompareOp::Le, -1e300, false),
    ] {
        let filter = Filter::Compare(number(false), op, Operand::Number(operand));
        assert_eq!(
            matches(&filter, document.as_object().unwrap()),
            holds,
            "{op} {operand}"
        );
    }
    for wrong in [
        json!("10"),
        json!(true),
        json!({"value": 10}),
        json!([[10]]),
    ] {
        for op in CompareOp::ALL {
            let filter = Filter::Compare(number(true), op, Operand::Number(10.0));
            let document = json!({"size": wrong});
            assert!(
                !matches(&filter, document.as_object().unwrap()),
                "{op} {wrong}"
            );
        }
    }
}

#[test]
fn simple_values_are_called_value_in_brackets() {
    let (rt, attr) = (user(), number(true));
    let said = |text: &str| syntax::Filter::parse(text).unwrap();
    let filter = check_values(&rt, &attr, &said("Value gt 3 and value lt 5")).unwrap();
    assert!(matches_value(&filter, &json!(4)));
    assert!(!matches_value(&filter, &json!(5)));
    assert!(!matches_value(&filter, &json!("4")));
    let outer = Filter::ValuePath(attr.clone(), Box::new(filter));
    assert!(matches(
        &outer,
        json!({"size": [1, 4]}).as_object().unwrap()
    ));
    assert!(!matches(
        &outer,
        json!({"size": [1, 9]}).as_object().unwrap()
    ));
    assert!(check_values(&rt, &attr, &said("size gt 3")).is_err());
    assert!(check_values(&rt, &number(false), &said("value gt 3")).is_err());
}

#[test]
fn values_of_a_patch_path() {
    let (rt, ada) = (user(), ada());
    let emails = rt.attribute("emails").unwrap();
    let path = syntax::Path::parse(r#"emails[type eq "WORK"].value"#).unwrap();
    let filter = check_values(&rt, &emails, &path.filter.unwrap()).unwrap();
    let hits: Vec<bool> = ada["emails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|email| matches_value(&filter, email))
        .collect();
    assert_eq!(hits, [true, false]);
    assert!(!matches_value(&filter, &json!("work")));
}

#[test]
fn attributes_are_listed() {
    let filter =
        checked(r#"userName pr and not (emails[type eq "x" or value pr]) or groups.value eq "g""#)
            .unwrap();
    let paths: Vec<String> = attributes(&filter).map(AttrRef::path).collect();
    assert_eq!(
        paths,
        [
            "userName",
            "emails",
            "emails.type",
            "emails.value",
            "groups.value"
        ]
    );
}

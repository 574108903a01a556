//! Tables of what parses and what does not.

use super::*;
use crate::scim::error::ErrorKind;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// Each text with its canonical form.
const FILTERS: &[(&str, &str)] = &[
    // RFC 7644 §3.4.2.2 Figure 2
    (r#"userName eq "bjensen""#, r#"userName eq "bjensen""#),
    (
        r#"name.familyName co "O'Malley""#,
        r#"name.familyName co "O'Malley""#,
    ),
    (
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
    ),
    ("title pr", "title pr"),
    (
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
    ),
    (
        r#"title pr and userType eq "Employee""#,
        r#"title pr and userType eq "Employee""#,
    ),
    (
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
    ),
    (
        r#"userType ne "Employee" and not (emails co "example.com")"#,
        r#"userType ne "Employee" and not (emails co "example.com")"#,
    ),
    (
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]"#,
    ),
    // precedence
    ("a pr or b pr and c pr", "a pr or b pr and c pr"),
    ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
    ("not(a pr) and b pr or c pr", "not (a pr) and b pr or c pr"),
    ("((a pr))", "a pr"),
    ("a pr and (b pr and c pr)", "a pr and b pr and c pr"),
    ("(a pr or b pr) or c pr", "a pr or b pr or c pr"),
    ("not (not (a pr))", "not (not (a pr))"),
    // any case, any space
    (
        "\t active EQ True  AND NOT ( title PR ) Or b Pr ",
        "active eq true and not (title pr) or b pr",
    ),
    (r#"(a eq "x")and(b eq"y")"#, r#"a eq "x" and b eq "y""#),
    ("emails [ type pr ]", "emails[type pr]"),
    // literals
    ("a eq 1", "a eq 1"),
    ("a eq -12.50", "a eq -12.5"),
    ("a eq 1E3", "a eq 1000.0"),
    ("a eq 18446744073709551615", "a eq 18446744073709551615"),
    ("a eq NULL", "a eq null"),
    ("a eq ada@corp.example", "a eq ada@corp.example"),
    (
        "meta.Created gt 2015-10-10T14:38:21.8617979-07:00",
        "meta.Created gt 2015-10-10T14:38:21.8617979-07:00",
    ),
    ("a eq 007", "a eq 007"),
    (
        r#"a eq "\u0041\"\\\/\n\ud83d\ude00""#,
        r#"a eq "A\"\\/\n😀""#,
    ),
    (r#"a eq "[(]) and or""#, r#"a eq "[(]) and or""#),
    (r#"a eq """#, r#"a eq """#),
    // names
    (r#"members.$ref eq "x""#, r#"members.$ref eq "x""#),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value pr",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value pr",
    ),
    (
        "http://schemas.example/2006/11/ADSCIM/2.0/Group:name pr",
        "http://schemas.example/2006/11/ADSCIM/2.0/Group:name pr",
    ),
    ("eq eq 1", "eq eq 1"),
    // sent by Entra ID, not in the RFC
    (
        r#"emails[type eq "work"].value eq "a""#,
        r#"emails[type eq "work" and value eq "a"]"#,
    ),
    (
        r#"emails[type eq "work" or primary eq true].value pr"#,
        r#"emails[(type eq "work" or primary eq true) and value pr]"#,
    ),
];

#[test]
fn filters_parse_and_print() {
    for (text, canonical) in FILTERS {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(filter.to_string(), *canonical, "{text}");
        assert_eq!(Filter::parse(canonical), Ok(filter), "{text}");
    }
}

/// Each text with what its error must say.
const REFUSED: &[(&str, &str)] = &[
    ("", "character 1: expected an attribute name"),
    ("   ", "character 4: expected an attribute name"),
    ("userName", "character 9: expected an operator"),
    (
        "userName is \"x\"",
        "character 10: expected an operator (eq, ne, co, sw, ew, gt, ge, lt, le or pr), found `is \"x\"`",
    ),
    ("userName eq", "character 12: expected a value"),
    ("userName eq )", "character 13: expected a value"),
    ("é eq 1", "character 1: expected an attribute name"),
    (
        "a eq \"é\" x",
        "character 10: expected `and`, `or` or the end, found `x`",
    ),
    ("a pr b pr", "character 6: expected `and`, `or` or the end"),
    ("a pr and", "character 9: expected an attribute name"),
    (
        "a pr and and b pr",
        "character 10: expected an attribute name",
    ),
    ("and pr", "character 1: expected an attribute name"),
    ("a pr or or", "character 9: expected an attribute name"),
    (
        "(a pr",
        "character 6: expected `and`, `or` or `)`, found nothing",
    ),
    ("(a pr]", "character 6: expected `and`, `or` or `)`"),
    ("a pr)", "character 5: expected `and`, `or` or the end"),
    ("()", "character 2: expected an attribute name"),
    ("not a pr", "character 5: expected `(` after `not`"),
    ("not", "character 4: expected `(` after `not`"),
    (
        "emails[type pr",
        "character 15: expected `and`, `or` or `]`",
    ),
    ("emails[]", "character 8: expected an attribute name"),
    ("[a pr]", "character 1: expected an attribute name"),
    (
        "emails[type pr].",
        "character 16: expected `.` and the name",
    ),
    (
        "emails[type pr].a.b pr",
        "character 16: expected `.` and the name",
    ),
    (
        "emails[type pr].value",
        "character 22: expected an operator",
    ),
    ("a.b.c pr", "character 1: expected an attribute name"),
    (".a pr", "character 1: expected an attribute name"),
    ("1a pr", "character 1: expected an attribute name"),
    ("urn: pr", "character 1: expected an attribute name"),
    ("\"a\" eq 1", "character 1: expected an attribute name"),
    (
        r#"a eq "x"#,
        "character 6: expected a string with a closing quote",
    ),
    (
        r#"a eq "x\""#,
        "character 6: expected a string with a closing quote",
    ),
    (r#"a eq "\x""#, "character 6: expected a JSON string"),
    ("a eq \"\t\"", "character 6: expected a JSON string"),
    (r#"a eq "\ud800""#, "character 6: expected a JSON string"),
    (
        r#"a eq "\udc00\ud800""#,
        "character 6: expected a JSON string",
    ),
    (
        r#"a eq "\u0000""#,
        "character 6: expected a string without NUL",
    ),
    ("a eq \"\0\"", "character 6: expected a JSON string"),
];

#[test]
fn filters_that_are_refused() {
    for (text, said) in REFUSED {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(error.kind, ErrorKind::InvalidFilter, "{text}");
        assert!(error.detail.contains(said), "{text}: {}", error.detail);
    }
}

#[test]
fn literals_keep_their_type() {
    let literal = |text: &str| match Filter::parse(&format!("a eq {text}")) {
        Ok(Filter::Compare(_, CompareOp::Eq, literal)) => literal,
        other => panic!("{other:?}"),
    };
    assert_eq!(literal("false"), Literal::Boolean(false));
    assert_eq!(literal("\"false\""), Literal::Text("false".to_owned()));
    assert_eq!(literal("null"), Literal::Null);
    assert_eq!(literal("5"), Literal::Number(5.into()));
    assert_eq!(literal("-5"), Literal::Number((-5).into()));
    assert_eq!(literal("1e999"), Literal::Bare("1e999".to_owned()));
    assert_eq!(literal("1."), Literal::Bare("1.".to_owned()));
    assert_eq!(literal("x"), Literal::Bare("x".to_owned()));
}

#[test]
fn limits_are_exact() {
    let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(MAX_DEPTH)).is_ok());
    let error = Filter::parse(&nested(MAX_DEPTH + 1)).expect_err("too deep");
    assert!(error.detail.contains("more than 32 brackets"), "{error}");

    let beside = vec!["(a pr or b[c pr])"; MAX_DEPTH + 1].join(" and ");
    assert!(Filter::parse(&beside).is_ok(), "not inside each other");

    let chain = |terms: usize| vec!["a pr"; terms].join(" and ");
    assert!(Filter::parse(&chain(MAX_TERMS)).is_ok());
    let error = Filter::parse(&chain(MAX_TERMS + 1)).expect_err("too many");
    assert!(
        error.detail.contains("more than 256 comparisons"),
        "{error}"
    );

    let long = |bytes: usize| format!("a eq \"{}\"", "x".repeat(bytes - 7));
    assert!(Filter::parse(&long(MAX_FILTER_BYTES)).is_ok());
    let error = Filter::parse(&long(MAX_FILTER_BYTES + 1)).expect_err("too long");
    assert!(error.detail.contains("is 4097 bytes long"), "{error}");
}

#[test]
fn hostile_texts_are_refused_on_a_small_stack() {
    let texts = || {
        let mut texts = Vec::new();
        for unit in [
            "(",
            "not(",
            "a[",
            "a[b pr and (",
            "a pr and ",
            "a pr or (",
            "\"",
            "\\",
        ] {
            texts.push(unit.repeat(100_000));
            texts.push(unit.repeat(MAX_FILTER_BYTES / unit.len()));
        }
        texts
    };
    std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(move || {
            for text in texts() {
                assert!(Filter::parse(&text).is_err());
                assert!(Path::parse(&text).is_err());
                assert!(Path::parse(&format!("a[{text}")).is_err());
            }
            let deepest = format!("{}a pr{}", "not(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
            let filter = Filter::parse(&deepest).expect("within the limit");
            assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        })
        .expect("a thread")
        .join()
        .expect("no overflow");
}

#[test]
fn paths_parse_and_print() {
    let employee_number = format!("{ENTERPRISE}:employeeNumber");
    for (text, name, filter, sub) in [
        ("userName", "userName", None, None),
        ("name.familyName", "name.familyName", None, None),
        (ENTERPRISE, ENTERPRISE, None, None),
        (&employee_number, &employee_number, None, None),
        ("members.$ref", "members.$ref", None, None),
        (
            r#"members[value eq "1"]"#,
            "members",
            Some(r#"value eq "1""#),
            None,
        ),
        (
            r#" emails[type eq "work" and primary eq true].Value "#,
            "emails",
            Some(r#"type eq "work" and primary eq true"#),
            Some("Value"),
        ),
        (
            r#"addresses[not(type eq "]")].streetAddress"#,
            "addresses",
            Some(r#"not (type eq "]")"#),
            Some("streetAddress"),
        ),
    ] {
        let path = Path::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(path.name.0, name, "{text}");
        assert_eq!(
            path.filter,
            filter.map(|f| Filter::parse(f).unwrap()),
            "{text}"
        );
        assert_eq!(path.sub.as_deref(), sub, "{text}");
        assert_eq!(Path::parse(&path.to_string()), Ok(path), "{text}");
    }
}

#[test]
fn paths_that_are_refused() {
    for (text, said) in [
        ("", "character 1: expected an attribute name, found nothing"),
        ("a b", "character 3: expected `[` or the end"),
        ("a.b.c", "character 1: expected an attribute name"),
        ("/userName", "character 1: expected an attribute name"),
        ("emails[", "character 8: expected an attribute name"),
        ("emails[]", "character 8: expected an attribute name"),
        (
            "emails[type eq \"work\"",
            "character 22: expected `and`, `or` or `]`",
        ),
        (
            "emails[type eq \"work\"].",
            "character 23: expected `.` and the name",
        ),
        (
            "emails[type eq \"work\"].a.b",
            "character 23: expected `.` and the name",
        ),
        (
            "emails[type eq \"work\"].value pr",
            "character 30: expected the end",
        ),
        (
            "emails[type eq \"work\"]value",
            "character 23: expected `.` and the name",
        ),
        (
            "emails[type eq \"work\"].value[a pr]",
            "character 29: expected the end",
        ),
        ("emails[0]", "character 8: expected an attribute name"),
        ("\"a\"", "character 1: expected an attribute name"),
    ] {
        let error = Path::parse(text).expect_err(text);
        assert_eq!(error.kind, ErrorKind::InvalidPath, "{text}");
        assert!(error.detail.contains(said), "{text}: {}", error.detail);
    }
    let error = Path::parse(&"a".repeat(MAX_PATH_BYTES + 1)).expect_err("too long");
    assert_eq!(error.kind, ErrorKind::InvalidPath);
}

//! Bar 63: no other site sends a form of ours in somebody's name.

use super::{PASSWORD, logged_in, person};
use crate::support::{Browser, Fixture};

/// Headers or fields.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// Forms that would change something, with all they need but the token.
const FORMS: [(&str, &[(&str, &str)]); 6] = [
    (
        "/login",
        &[("username", "ada@example.org"), ("password", PASSWORD)],
    ),
    ("/logout", &[]),
    (
        "/user/settings",
        &[
            ("do", "token"),
            ("name", "x"),
            ("scope", "me"),
            ("days", "7"),
            ("token-password", PASSWORD),
        ],
    ),
    ("/user/settings", &[("do", "sessions")]),
    (
        "/user/settings",
        &[
            ("do", "password"),
            ("password", PASSWORD),
            ("new-password", "five green geese"),
        ],
    ),
    (
        "/user/settings",
        &[
            ("do", "details"),
            ("given-name", "Eve"),
            ("email", "ada@example.org"),
        ],
    ),
];

#[test]
fn a_form_without_its_token_or_from_elsewhere_does_nothing() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut ada = logged_in(&fixture, "ada@example.org");
    let ours = format!("http://{}", fixture.address);
    let foreign_token = {
        let mut other = Browser::new(&fixture);
        other.get("/login");
        other.token
    };
    ada.get("/user/settings");
    let own = ada.token.clone();
    let before = fixture.client().get("/Users").json();
    let from_us: &[(&str, &str)] = &[("Origin", &ours), ("Sec-Fetch-Site", "same-origin")];
    let cases: [(&str, Pairs<'_>, &str); 9] = [
        ("no token", from_us, ""),
        ("another browser's token", from_us, &foreign_token),
        ("half a token", from_us, &own[..own.len() / 2]),
        (
            "foreign origin",
            &[("Origin", "https://evil.example")],
            &own,
        ),
        ("foreign port", &[("Origin", "http://127.0.0.1:1")], &own),
        (
            "cross-site",
            &[("Origin", &ours), ("Sec-Fetch-Site", "cross-site")],
            &own,
        ),
        (
            "same-site",
            &[("Origin", &ours), ("Sec-Fetch-Site", "same-site")],
            &own,
        ),
        (
            "null and cross-site",
            &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
            &own,
        ),
        (
            "foreign, said to be same-origin",
            &[
                ("Origin", "https://evil.example"),
                ("Sec-Fetch-Site", "same-origin"),
            ],
            &own,
        ),
    ];
    for (path, fields) in FORMS {
        for (what, headers, token) in cases {
            let mut all = vec![("token", token)];
            all.extend(fields);
            let reply = ada.post_with(path, headers, &all);
            assert_eq!(reply.status, 403, "{path} {what}: {}", reply.text());
        }
    }
    assert_eq!(fixture.client().get("/Users").json(), before);
    let page = ada.get("/user/settings").expect(200).text();
    assert!(!page.contains("Revoke"), "{page}");
    Browser::new(&fixture)
        .log_in("ada@example.org", PASSWORD)
        .expect(303);
}

#[test]
fn what_is_no_form_is_not_read() {
    let fixture = Fixture::start();
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let headers = [("Content-Type", kind)];
        for (path, _) in FORMS {
            let reply = fixture
                .root()
                .send("POST", path, &headers, Some(b"token=x"));
            assert_eq!(reply.status, 415, "{path} {kind}");
        }
    }
    let long = vec![b'a'; 20 * 1024];
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    let reply = fixture.root().send("POST", "/login", &headers, Some(&long));
    assert_eq!(reply.status, 413, "{}", reply.text());
}

#[test]
fn a_browser_that_hides_where_it_comes_from_is_believed_when_it_says_same_origin() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = Browser::new(&fixture);
    browser.get("/login");
    let token = browser.token.clone();
    let headers = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
    let fields = [
        ("token", token.as_str()),
        ("username", "ada@example.org"),
        ("password", PASSWORD),
    ];
    browser.post_with("/login", &headers, &fields).expect(303);
}

#[test]
fn a_session_begins_with_a_cookie_of_its_own() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = Browser::new(&fixture);
    browser.cookies.insert(
        "muster_session".to_owned(),
        "chosen-by-somebody-else".to_owned(),
    );
    browser.log_in("ada@example.org", PASSWORD).expect(303);
    let first = browser.cookies["muster_session"].clone();
    assert_ne!(first, "chosen-by-somebody-else");
    browser.log_in("ada@example.org", PASSWORD).expect(303);
    let second = browser.cookies["muster_session"].clone();
    assert_ne!(second, first);
    browser.cookies.insert("muster_session".to_owned(), first);
    browser.get("/user/settings").expect(303);
}

//! `/user/settings`: what people change themselves.

use serde_json::json;

use super::{PASSWORD, logged_in, person};
use crate::support::{Browser, Fixture, user};

const PAGE: &str = "/user/settings";

#[test]
fn names_and_address_are_changed_by_their_owner() {
    let fixture = Fixture::start();
    let id = person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    let change = |email: &'static str, password: &'static str| {
        [
            ("do", "details"),
            ("given-name", "Ada"),
            ("family-name", "King"),
            ("email", email),
            ("email-password", password),
        ]
    };
    let reply = browser.submit(PAGE, &change("ada@example.org", ""));
    let page = browser.follow(&reply).text();
    assert!(
        page.contains("Your details are saved") && page.contains("King"),
        "{page}"
    );
    let refused = browser
        .post(PAGE, &change("ada@example.net", "wrong wrong"))
        .expect(403)
        .text();
    assert!(refused.contains("present password"), "{refused}");
    browser
        .post(PAGE, &change("no address", PASSWORD))
        .expect(400);
    browser
        .post(PAGE, &change("ada@example.net", PASSWORD))
        .expect(303);
    let seen = fixture.client().get(&format!("/Users/{id}")).json();
    assert_eq!(
        seen["name"],
        json!({ "givenName": "Ada", "familyName": "King" })
    );
    assert_eq!(seen["emails"][0]["value"], "ada@example.net");
    assert_eq!(seen["userName"], "ada@example.org");
}

#[test]
fn what_a_connection_says_of_somebody_is_not_theirs_to_change() {
    let fixture = crate::roles::with(vec![("scim.scopes", "[\"read\", \"users\", \"password\"]")]);
    let mut body = user("ada");
    body["password"] = json!(PASSWORD);
    body["emails"] = json!([{ "value": "ada@example.org" }]);
    fixture.client().post("/Users", &body).expect(201);
    let mut browser = logged_in(&fixture, "ada");
    let page = browser.get(PAGE).text();
    assert!(page.contains("directory keeps your names"), "{page}");
    let fields = [
        ("do", "details"),
        ("given-name", "Eve"),
        ("email", "ada@example.org"),
    ];
    browser.post(PAGE, &fields).expect(403);
    let fields = [
        ("do", "details"),
        ("email", "eve@example.org"),
        ("email-password", PASSWORD),
    ];
    browser.post(PAGE, &fields).expect(403);
}

#[test]
fn a_password_is_changed_with_the_present_one_and_ends_the_other_sessions() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let [mut here, mut there] = [(); 2].map(|()| logged_in(&fixture, "ada@example.org"));
    let change = |present: &'static str, new: &'static str| {
        [
            ("do", "password"),
            ("password", present),
            ("new-password", new),
        ]
    };
    here.submit(PAGE, &change("wrong wrong", "five green geese"))
        .expect(403);
    here.post(PAGE, &change(PASSWORD, "password1")).expect(400);
    there.get(PAGE).expect(200);
    let reply = here.post(PAGE, &change(PASSWORD, "five green geese"));
    let page = here.follow(&reply).expect(200).text();
    assert!(page.contains("Your password is changed"), "{page}");
    there.get(PAGE).expect(303);
    Browser::new(&fixture)
        .log_in("ada@example.org", PASSWORD)
        .expect(401);
    Browser::new(&fixture)
        .log_in("ada@example.org", "five green geese")
        .expect(303);
}

#[test]
fn a_token_is_shown_once_and_revoked() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    let fields = [
        ("do", "token"),
        ("name", "backup <script>"),
        ("scope", "me"),
        ("days", "30"),
        ("token-password", PASSWORD),
    ];
    let page = browser.submit(PAGE, &fields).expect(200).text();
    let (_, rest) = page.split_once("muster_pat_").unwrap();
    let secret = rest.split_once('<').unwrap().0;
    let (id, _) = secret.split_once('_').unwrap();
    let page = browser.get(PAGE).text();
    assert!(
        page.contains("backup &lt;script&gt;") && !page.contains(secret),
        "{page}"
    );
    for wrong in [
        [
            ("do", "token"),
            ("name", ""),
            ("scope", "me"),
            ("days", "30"),
            ("token-password", PASSWORD),
        ],
        [
            ("do", "token"),
            ("name", "x"),
            ("scope", "root"),
            ("days", "30"),
            ("token-password", PASSWORD),
        ],
        [
            ("do", "token"),
            ("name", "x"),
            ("scope", "me"),
            ("days", "9999"),
            ("token-password", PASSWORD),
        ],
    ] {
        browser.post(PAGE, &wrong).expect(400);
    }
    // Somebody else's token is not theirs to end.
    person(&fixture, "eve@example.org", &[]);
    let mut eve = logged_in(&fixture, "eve@example.org");
    eve.submit(PAGE, &[("do", "revoke"), ("id", id)])
        .expect(303);
    assert!(browser.get(PAGE).text().contains("backup"));
    let reply = browser.post(PAGE, &[("do", "revoke"), ("id", id)]);
    let page = browser.follow(&reply).text();
    assert!(
        page.contains("The token is revoked") && !page.contains("backup"),
        "{page}"
    );
}

#[test]
fn sessions_are_listed_and_ended() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let [mut one, mut two, mut three] = [(); 3].map(|()| logged_in(&fixture, "ada@example.org"));
    let page = one.get(PAGE).text();
    assert_eq!(
        page.matches("Unknown browser").count() + page.matches("ureq").count(),
        3,
        "{page}"
    );
    let (_, rest) = page.split_once("value=\"session\"").unwrap();
    let (_, rest) = rest.split_once("name=\"id\" value=\"").unwrap();
    let id = rest.split_once('"').unwrap().0.to_owned();
    one.post(PAGE, &[("do", "session"), ("id", &id)])
        .expect(303);
    let left = [two.get(PAGE).status, three.get(PAGE).status];
    assert_eq!(
        left.iter().filter(|status| **status == 200).count(),
        1,
        "{left:?}"
    );
    one.post(PAGE, &[("do", "sessions")]).expect(303);
    assert_eq!((two.get(PAGE).status, three.get(PAGE).status), (303, 303));
    one.get(PAGE).expect(200);
}

#[test]
fn guessing_the_present_password_is_as_slow_as_at_the_login() {
    for form in ["password", "details"] {
        let fixture = crate::roles::with(vec![("limits.failures", "20/min")]);
        person(&fixture, "ada@example.org", &[]);
        let mut browser = logged_in(&fixture, "ada@example.org");
        browser.get(PAGE).expect(200);
        let mut change = |present: &str| {
            let fields = [
                ("do", form),
                ("password", present),
                ("new-password", "three blind mice"),
                ("email", "ada@example.net"),
                ("email-password", present),
            ];
            browser.post(PAGE, &fields)
        };
        let statuses: Vec<u16> = (0..25).map(|_| change("wrong wrong").status).collect();
        assert!(
            statuses.starts_with(&[403]) && statuses.ends_with(&[429]),
            "{form}: {statuses:?}"
        );
        let limited = change(PASSWORD).expect(429);
        assert!(limited.header("retry-after").is_some());
    }
}

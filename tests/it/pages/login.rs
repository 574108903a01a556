//! `/login` and `/logout`.

use super::{PASSWORD, logged_in, person};
use crate::support::{Browser, Fixture, encoded};

#[test]
fn whoever_knows_the_password_is_in_and_out_again() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = Browser::new(&fixture);
    let away = browser.get("/user/settings");
    let page = browser.follow(&away).expect(200).text();
    assert!(page.contains("value=\"/user/settings\""), "{page}");
    let reply = browser.log_in("ADA@example.org", PASSWORD);
    let page = browser.follow(&reply).expect(200).text();
    assert!(
        page.contains("ada@example.org") && page.contains("Log out"),
        "{page}"
    );
    let cookies = reply
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap());
    let session = cookies
        .into_iter()
        .find(|line| line.starts_with("muster_session="))
        .unwrap();
    assert!(
        session.contains("HttpOnly") && session.contains("SameSite=Lax"),
        "{session}"
    );
    let old = browser.cookies.clone();
    let page = browser.get("/logout").expect(200).text();
    assert!(page.contains("Do you want to log out"), "{page}");
    let reply = browser.post("/logout", &[]);
    let page = browser.follow(&reply).expect(200).text();
    assert!(page.contains("You are logged out"), "{page}");
    browser.cookies = old;
    assert_eq!(
        browser.get("/user/settings").status,
        303,
        "the session has ended, not only its cookie"
    );
}

#[test]
fn nobody_learns_who_exists() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let link_only = fixture.muster(&["user", "create", "--email", "eve@example.org"]);
    link_only.done();
    let mut pages = Vec::new();
    for name in [
        "ada@example.org",
        "nobody@example.org",
        "eve@example.org",
        "",
        "x",
    ] {
        let mut browser = Browser::new(&fixture);
        let reply = browser.log_in(name, "four blue geese");
        assert_eq!(reply.status, 401, "{name}");
        let text = reply.text();
        let (before, rest) = text.split_once("<code>").unwrap();
        let (reference, after) = rest.split_once("</code>").unwrap();
        assert!(reference.len() >= 6, "{reference}");
        let page = format!("{before}{after}").replace(&browser.token, "");
        let typed = format!(" name=\"username\" value=\"{name}\"");
        let page = page
            .replace(&typed, " name=\"username\"")
            .replace(" autofocus", "");
        let mut headers: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        pages.push((page, headers));
    }
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:#?}");
}

#[test]
fn somebody_who_is_shut_out_is_told_so_after_the_right_password_only() {
    let fixture = Fixture::start();
    let id = person(&fixture, "ada@example.org", &[]);
    for command in ["deactivate", "delete"] {
        fixture.muster(&["user", command, "--id", &id]).done();
        let mut browser = Browser::new(&fixture);
        let page = browser
            .log_in("ada@example.org", PASSWORD)
            .expect(403)
            .text();
        assert!(
            page.contains("Account deactivated") && page.contains("Ask your administrator"),
            "{page}"
        );
        assert!(page.contains("Reference: "), "{page}");
        assert!(!browser.cookies.contains_key("muster_session"));
        browser
            .log_in("ada@example.org", "four blue geese")
            .expect(401);
    }
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
    // What they hold ended; the password did not.
    fixture.muster(&["user", "restore", "--id", &id]).done();
    fixture.muster(&["user", "activate", "--id", &id]).done();
    logged_in(&fixture, "ada@example.org");
}

#[test]
fn a_login_goes_on_to_pages_of_this_host_alone() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    for (next, goes) in [
        ("/user/settings?done=x", "/user/settings?done=x"),
        ("https://evil.example", "/user/settings"),
        ("//evil.example", "/user/settings"),
        ("/\\evil.example", "/user/settings"),
        ("javascript:alert(1)", "/user/settings"),
        ("/\t/evil.example", "/user/settings"),
    ] {
        let mut browser = Browser::new(&fixture);
        let page = browser
            .get(&format!("/login?next={}", encoded(next)))
            .expect(200)
            .text();
        assert_eq!(page.contains("name=\"next\""), next == goes, "{next}");
        let fields = [
            ("username", "ada@example.org"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let reply = browser.post("/login", &fields);
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, Some(goes)),
            "{next}"
        );
    }
}

#[test]
fn an_address_logs_in_as_well_and_one_that_somebody_gave_themself_takes_nobodys_place() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &["--user-name", "ada"]);
    person(&fixture, "eve@example.org", &["--user-name", "eve"]);
    let mut eve = logged_in(&fixture, "eve");
    let fields = [
        ("do", "details"),
        ("email", "ada@example.org"),
        ("email-password", PASSWORD),
    ];
    let reply = eve.submit("/user/settings", &fields);
    assert_eq!(
        reply.header("location"),
        Some("/user/settings?done=details"),
        "{}",
        reply.text()
    );
    let mut browser = logged_in(&fixture, "ada@example.org");
    let page = browser.get("/user/settings").text();
    assert!(page.contains("Logged in as <strong>ada</strong>"), "{page}");
}

#[test]
fn too_many_wrong_passwords_are_told_to_wait() {
    let fixture = crate::roles::with(vec![("limits.failures", "20/min")]);
    person(&fixture, "ada@example.org", &[]);
    let mut browser = Browser::new(&fixture);
    let statuses: Vec<u16> = (0..25)
        .map(|_| browser.log_in("nobody", "wrong wrong").status)
        .collect();
    assert!(
        statuses.contains(&401) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
    let page = browser.log_in("nobody", "wrong wrong");
    assert!(
        page.header("retry-after").is_some() && page.text().contains("Too many attempts"),
        "{}",
        page.text()
    );
}

#[test]
fn below_a_path_the_login_leads_back_below_it() {
    let url = "http://127.0.0.1:9/muster";
    let fixture = crate::roles::with(vec![("server.public_url", url)]);
    let away = Browser::new(&fixture).get("/user/settings").expect(303);
    assert_eq!(
        away.header("location"),
        Some("/muster/login?next=%2Fmuster%2Fuser%2Fsettings")
    );
}

#[test]
fn a_query_that_does_not_read_is_told_on_a_page() {
    let fixture = Fixture::start();
    for path in [
        "/login?next=a&next=b",
        "/launchpad?code=a&code=b",
        "/user/settings?done=a&done=b",
    ] {
        let reply = Browser::new(&fixture).get(path).expect(400);
        let page = reply.text();
        assert!(reply.header("content-security-policy").is_some(), "{path}");
        assert!(
            page.contains("Reference: ") && !page.contains("deserialize"),
            "{page}"
        );
    }
}

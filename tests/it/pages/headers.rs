//! Bar 62: what protects whoever reads a page is on every page.

use super::{logged_in, person};
use crate::roles::with;
use crate::support::{Browser, Fixture, Reply};

#[track_caller]
fn protected(what: &str, reply: &Reply, is_https: bool) {
    let policy = reply
        .header("content-security-policy")
        .unwrap_or_else(|| panic!("{what}: no policy"));
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    let strict = reply.header("strict-transport-security");
    assert_eq!(strict.is_some(), is_https, "{what}: {strict:?}");
    assert!(
        strict.is_none_or(|strict| strict.contains("max-age=31536000")),
        "{strict:?}"
    );
    let text = reply.text();
    for inline in ["<script", "style=", "<style", "onclick", "javascript:"] {
        assert!(!text.contains(inline), "{what}: {inline}");
    }
}

/// Every answer that a page has: shown, refused, sent elsewhere, not there.
fn all(fixture: &Fixture) -> Vec<(String, Reply)> {
    let mut browser = Browser::new(fixture);
    let mut replies = Vec::new();
    for path in [
        "/login",
        "/login?done=password",
        "/logout",
        "/launchpad",
        "/password/nothing",
        "/user/settings",
    ] {
        let get = browser.get(path);
        replies.push((format!("GET {path}"), get));
        browser.get("/login");
        let post = browser.post(path, &[]);
        replies.push((format!("POST {path}"), post));
        let forged = browser.post_with(path, &[("Origin", "https://evil.example")], &[]);
        assert_eq!(forged.status, 403, "{path}");
        replies.push((format!("forged {path}"), forged));
    }
    replies
}

#[test]
fn every_page_has_the_headers() {
    let fixture = Fixture::start();
    for (what, reply) in all(&fixture) {
        protected(&what, &reply, false);
    }
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    protected("settings", &browser.get("/user/settings"), false);
    protected("style", &browser.get("/assets/muster.css"), false);
}

#[test]
fn over_https_browsers_are_told_to_stay_there_and_cookies_are_bound_to_the_host() {
    let fixture = with(vec![("server.public_url", "https://id.example.org")]);
    for path in [
        "/login",
        "/logout",
        "/launchpad",
        "/password/nothing",
        "/user/settings",
    ] {
        let reply = Browser::new(&fixture).get(path);
        protected(path, &reply, true);
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.starts_with("__Host-"), "{path}: {cookie}");
            for part in ["; Path=/", "; HttpOnly", "; Secure", "; SameSite="] {
                assert!(cookie.contains(part), "{path}: {cookie}");
            }
        }
    }
}

#[test]
fn every_refusal_has_a_reference_number() {
    let fixture = Fixture::start();
    let mut browser = Browser::new(&fixture);
    let reply = browser.get("/password/nothing").expect(404);
    let id = reply.header("x-request-id").unwrap();
    let page = reply.text();
    assert!(
        page.contains(&format!("<code>{id}</code>")) && page.contains("Ask your administrator"),
        "{page}"
    );
}

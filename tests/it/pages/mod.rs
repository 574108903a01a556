//! Pages for people: login, logout, launchpad, set a password, one's own account.

mod forgery;
mod headers;
mod launchpad;
mod login;
mod settings;

use crate::support::{Browser, Fixture};

pub const PASSWORD: &str = "four blue ducks";

/// Makes a user at the command line, and sets their password with the link that it prints; answers the id.
pub fn person(fixture: &Fixture, email: &str, more: &[&str]) -> String {
    let command = [&["user", "create", "--email", email, "--json"], more].concat();
    let made = fixture.muster(&command).json();
    let link = made["muster"]["link"].as_str().unwrap();
    let (_, secret) = link.split_once("/password/").unwrap();
    let path = format!("/password/{secret}");
    let set = Browser::new(fixture).submit(&path, &[("new-password", PASSWORD)]);
    assert_eq!(
        (set.status, set.header("location")),
        (303, Some("/login?done=password")),
        "{}",
        set.text()
    );
    made["id"].as_str().unwrap().to_owned()
}

/// A browser in which this user has logged in.
pub fn logged_in(fixture: &Fixture, name: &str) -> Browser {
    let mut browser = Browser::new(fixture);
    let reply = browser.log_in(name, PASSWORD);
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/user/settings")),
        "{}",
        reply.text()
    );
    browser
}

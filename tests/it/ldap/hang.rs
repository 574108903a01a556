//! A directory that hangs hangs nothing else.

use std::thread;

use serde_json::json;

use super::proxy::{Mood, Proxy};
use super::road::{gateway, log_in};
use super::slapd::Slapd;
use crate::sign_in::{problem, stranger};

#[test]
fn provisioning_goes_on_while_the_directory_hangs() {
    let slapd = Slapd::start();
    let proxy = Proxy::start(slapd.port, |_| Mood::Silent);
    let fixture = gateway(&proxy.url(), &[("ldap.timeout", "60s")]);
    let scim = fixture.client();
    thread::scope(|scope| {
        let attempt = || log_in(&fixture, "anna", "annas-password");
        let logins: Vec<_> = (0..150).map(|_| scope.spawn(attempt)).collect();
        // As many as may hang there at once.
        while proxy.connections() < 128 {
            thread::yield_now();
        }
        for number in 0..50 {
            let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": format!("user{number}") });
            scim.post("/Users", &body).expect(201);
        }
        assert_eq!(stranger(&fixture).get("/readyz").status, 200);
        assert!(
            logins.iter().all(|login| !login.is_finished()),
            "all of them hang still"
        );
        assert_eq!(proxy.connections(), 128, "and no more than may");
        // Now it is dead, and every login ends.
        drop(proxy);
        for login in logins {
            assert_eq!(
                problem(&login.join().unwrap(), 503),
                "directory_unavailable"
            );
        }
    });
}

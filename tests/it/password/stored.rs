//! Bar 34: what is stored of a password, and that it is made anew when it is weaker than it should be.

use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, ParamsBuilder, Version};
use muster::service::{Actor, Role};
use muster::store::{Cause, Options, Place, Store};

use crate::pages::{PASSWORD, logged_in, person};
use crate::support::{Browser, Fixture};

/// The store of a fixture, beside it.
fn store(fixture: &Fixture) -> Store {
    Store::open(&Options {
        place: Place::File(fixture.database()),
        readers: Some(1),
        role: Role::Command,
        at: fixture.gateway.clock().now(),
    })
    .unwrap()
}

fn phc(fixture: &Fixture, id: &str) -> String {
    let (store, id) = (store(fixture), id.to_owned());
    let found = fixture
        .block_on(store.read(move |tx| tx.password(&id)))
        .unwrap();
    store.close();
    found.unwrap().phc
}

fn plant(fixture: &Fixture, id: &str, phc: String) {
    let (store, id) = (store(fixture), id.to_owned());
    let clock = fixture.gateway.clock();
    let cause = Cause {
        id: clock.id(),
        actor: Actor::System,
        request: String::new(),
        at: clock.now(),
    };
    fixture
        .block_on(store.write(cause, move |tx| tx.set_password(&id, &phc)))
        .unwrap();
    store.close();
}

#[test]
fn hashes_are_argon2id_with_a_salt_each() {
    let fixture = Fixture::start();
    let ids = ["ada", "eve"].map(|name| person(&fixture, &format!("{name}@example.org"), &[]));
    let [one, other] = ids.map(|id| phc(&fixture, &id));
    for phc in [&one, &other] {
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    }
    assert_ne!(one, other, "the same password, and not the same hash");
}

#[test]
fn a_weaker_hash_is_made_anew_at_the_next_login_that_is_right() {
    let fixture = Fixture::start();
    let id = person(&fixture, "ada@example.org", &[]);
    let params = ParamsBuilder::new().m_cost(1024).t_cost(1).build().unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = SaltString::encode_b64(&[1; 16]).unwrap();
    let weak = weak
        .hash_password(PASSWORD.as_bytes(), &salt)
        .unwrap()
        .to_string();
    plant(&fixture, &id, weak.clone());
    Browser::new(&fixture)
        .log_in("ada@example.org", "four blue geese")
        .expect(401);
    assert_eq!(phc(&fixture, &id), weak);
    logged_in(&fixture, "ada@example.org");
    let anew = phc(&fixture, &id);
    assert!(
        anew.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{anew}"
    );
    logged_in(&fixture, "ada@example.org");
    assert_eq!(phc(&fixture, &id), anew);
}

#[test]
fn neither_a_password_nor_a_link_nor_a_token_can_be_read_back() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let mut browser = logged_in(&fixture, "ada@example.org");
    let fields = [
        ("do", "token"),
        ("name", "x"),
        ("scope", "me"),
        ("days", "30"),
        ("token-password", PASSWORD),
    ];
    let page = browser.submit("/user/settings", &fields).text();
    let token = page
        .split_once("muster_pat_")
        .unwrap()
        .1
        .split_once('<')
        .unwrap()
        .0;
    let secret = token.split_once('_').unwrap().1;
    let link = fixture
        .muster(&["user", "create", "--email", "eve@example.org"])
        .done();
    let link = link
        .split_once("/password/")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap();
    let audit = fixture.muster(&["audit", "list", "--json"]).done();
    let mut files = Vec::new();
    for end in ["", "-wal"] {
        let path = format!("{}{end}", fixture.database().display());
        // By another process: to close the file in this one would release the locks of the gateway.
        let read = std::process::Command::new("cat").arg(path).output();
        files.extend(read.unwrap().stdout);
    }
    for canary in [
        PASSWORD,
        secret,
        link,
        browser.cookies["muster_session"].as_str(),
    ] {
        assert!(canary.len() > 12, "{canary}");
        let found = files
            .windows(canary.len())
            .any(|bytes| bytes == canary.as_bytes());
        assert!(!found, "{canary} is in the database");
        assert!(!audit.contains(canary), "{canary} is in the audit log");
    }
}

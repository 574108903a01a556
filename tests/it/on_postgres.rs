//! The most telling suites once more, on PostgreSQL: a fixture knows by the name of its thread that its test is one of these.

#[path = "http/races.rs"]
mod races;

#[path = "life/mod.rs"]
mod life;

#[path = "roles/mod.rs"]
mod roles;

#[path = "rfc7644/s3_5_2_members.rs"]
mod members;

#[path = "rfc7644/s3_7_bulk.rs"]
mod bulk;

use crate::support::Fixture;

/// With one thread for all tests nobody would know which test it runs.
#[test]
fn these_tests_are_on_a_server() {
    let fixture = Fixture::start();
    let url = fixture.gateway.settings().database.url.to_string();
    assert!(url.starts_with("postgres://"), "run them with two threads");
    assert!(!fixture.database().exists());
}

/// What a person does with the program itself.
#[test]
fn the_commands_work_on_a_server() {
    let fixture = Fixture::start();
    let made = crate::support::user("ada@example.org");
    fixture.client().post("/Users", &made).expect(201);
    assert!(
        fixture
            .muster(&["user", "list"])
            .done()
            .contains("ada@example.org")
    );
    assert!(
        fixture
            .muster(&["db", "migrate"])
            .done()
            .starts_with("up to date")
    );
    assert!(fixture.muster(&["db", "check"]).done().ends_with("ok\n"));
    let checked = fixture.muster(&["check"]).done();
    assert!(checked.contains("answers"), "{checked}");
    let refused = fixture.muster(&["db", "backup", "copy.db"]).failed();
    assert!(refused.contains("pg_dump"), "{refused}");
}

//! Bars 31 and 32: guessing passwords is slow, keeps nobody out but the guesser, and tells nothing.

use std::time::{Duration, Instant};

use muster::clock::{Clock, Hand};
use muster::config::Secret;
use muster::service::{Error, SignInError, SignedIn, Visitor};

use crate::pages::{PASSWORD, person};
use crate::support::{Fixture, Setup};

fn guarded() -> (Fixture, Hand) {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let settings = vec![("limits.failures", "20/min")];
    (
        Fixture::with(Setup {
            clock,
            settings,
            ..Setup::default()
        }),
        hand,
    )
}

fn from(last: u8) -> Visitor {
    Visitor {
        address: Some([192, 0, 2, last].into()),
        ..Visitor::default()
    }
}

fn try_in(
    fixture: &Fixture,
    name: &str,
    password: &str,
    from: Visitor,
) -> Result<SignedIn, SignInError> {
    fixture.block_on(fixture.gateway.log_in(name, &Secret::new(password), from))
}

/// Whether an attempt was compared, or turned away before.
fn is_compared(attempt: &Result<SignedIn, SignInError>) -> bool {
    match attempt {
        Err(SignInError::Failed(Error::Limited { retry_after })) => {
            assert!(*retry_after >= 1);
            false
        }
        Ok(_) | Err(SignInError::Denied(_)) => true,
        Err(SignInError::Failed(other)) => panic!("{other}"),
    }
}

#[test]
fn one_address_tries_twenty_passwords_a_minute_and_others_are_not_affected() {
    let (fixture, hand) = guarded();
    person(&fixture, "ada@example.org", &[]);
    let mut compared = 0;
    for attempt in 0..300 {
        let name = format!("user{attempt}");
        compared += u32::from(is_compared(&try_in(&fixture, &name, "wrong", from(1))));
        hand.advance(Duration::from_millis(200));
    }
    assert!((15..=20).contains(&compared), "{compared}");
    while is_compared(&try_in(&fixture, "user", "wrong", from(1))) {}
    assert!(!is_compared(&try_in(
        &fixture,
        "ada@example.org",
        PASSWORD,
        from(1)
    )));
    assert!(try_in(&fixture, "ada@example.org", PASSWORD, from(2)).is_ok());
    hand.advance(Duration::from_secs(60));
    assert!(try_in(&fixture, "ada@example.org", PASSWORD, from(1)).is_ok());
}

#[test]
fn one_name_is_tried_from_many_addresses_no_faster_and_its_owner_still_gets_in() {
    let (fixture, _) = guarded();
    person(&fixture, "ada@example.org", &[]);
    let owner = try_in(&fixture, "ada@example.org", PASSWORD, from(200)).unwrap();
    let mut compared = 0;
    for last in 1..=100 {
        compared += u32::from(is_compared(&try_in(
            &fixture,
            "ADA@example.org",
            "wrong",
            from(last),
        )));
    }
    assert!((5..=20).contains(&compared), "{compared}");
    // From an address that has logged this name in before, and from a browser that has.
    assert!(try_in(&fixture, "ada@example.org", PASSWORD, from(200)).is_ok());
    let browser = Visitor {
        device: owner.device.clone(),
        ..from(201)
    };
    let again = try_in(&fixture, "ada@example.org", PASSWORD, browser).unwrap();
    assert_eq!(again.device, owner.device, "it is the same browser");
    assert!(!is_compared(&try_in(
        &fixture,
        "ada@example.org",
        PASSWORD,
        from(202)
    )));
    // That browser is known for this name alone.
    for last in 1..=100 {
        is_compared(&try_in(&fixture, "bea", "wrong", from(last)));
    }
    let other = Visitor {
        device: owner.device,
        ..from(203)
    };
    assert!(!is_compared(&try_in(&fixture, "bea", "wrong", other)));
}

#[test]
fn what_was_right_does_not_count() {
    let (fixture, _) = guarded();
    person(&fixture, "ada@example.org", &[]);
    for _ in 0..50 {
        assert!(try_in(&fixture, "ada@example.org", PASSWORD, from(1)).is_ok());
    }
}

#[test]
fn attempts_at_the_same_time_count_before_they_are_compared() {
    let (fixture, _) = guarded();
    let password = Secret::new("wrong");
    let all = (0..100).map(|_| fixture.gateway.log_in("ada", &password, from(1)));
    let all = fixture.block_on(futures_util::future::join_all(all));
    let compared = all.iter().filter(|attempt| is_compared(attempt)).count();
    assert!(compared <= 20, "{compared}");
}

#[test]
fn a_known_name_and_an_unknown_one_take_the_same_time() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let quickest = |name: &str| {
        let time = |_| {
            let started = Instant::now();
            assert!(try_in(&fixture, name, "wrong", Visitor::default()).is_err());
            started.elapsed().as_secs_f64()
        };
        (0..20).map(time).fold(f64::MAX, f64::min)
    };
    // What other tests take of the machine makes an attempt longer and never shorter, so the quickest ones are compared; and a
    // difference that is always there is there in every round.
    let mut rounds = (0..8).map(|_| (quickest("ada@example.org"), quickest("eve@example.org")));
    let alike = |(known, unknown): &(f64, f64)| (known / unknown - 1.0).abs() < 0.1;
    assert!(rounds.any(|round| alike(&round)));
}

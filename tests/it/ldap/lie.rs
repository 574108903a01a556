//! Directories that lie, or speak something else: whatever they send is at worst a login that fails.

use std::time::{Duration, Instant};

use muster::login::Refused;

use super::liar::{BIND, Liar, Request, SEARCH, done, entry, message, tagged};
use super::{Came, Login, SERVICE};

type Answer = fn(Request) -> Vec<u8>;

const DN: &str = "uid=anna,ou=people,dc=example,dc=org";
const PERSON: &[(&str, &str)] = &[
    ("entryUUID", "5b2f…"),
    ("uid", "anna"),
    ("mail", "anna@example.org"),
];
const SUCCESS: u8 = 0;
const UNAVAILABLE: (&str, Refused) = ("ldap.unavailable", Refused::Unavailable);

fn log_in(answer: impl Fn(Request) -> Vec<u8> + Clone + Send + 'static) -> Came {
    let liar = Liar::start(answer);
    let login = Login::with(&[
        ("ldap.url", &liar.url()),
        ("ldap.search_base", "ou=people,dc=example,dc=org"),
        ("ldap.bind_dn", SERVICE),
        ("ldap.timeout", "2s"),
    ]);
    let began = Instant::now();
    let came = login.log_in("anna", "annas-password");
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
    came
}

fn found(request: Request) -> Vec<u8> {
    [entry(request, DN, PERSON), done(request, SUCCESS)].concat()
}

#[test]
fn the_liar_can_tell_the_truth() {
    let came = log_in(|request| match request.operation {
        SEARCH => found(request),
        _ => done(request, SUCCESS),
    });
    assert_eq!(came.in_as().user_name, "anna@example.org");
}

/// Result code 0 and nothing else: not a referral (10), not half of a conversation (14), not "compared true" (6).
#[test]
fn only_success_is_success() {
    for code in [1, 5, 6, 10, 14, 32, 48, 49, 50, 53, 80, 118] {
        let came = log_in(move |request| match request {
            Request {
                operation: SEARCH, ..
            } => found(request),
            Request {
                operation: BIND,
                connection: 0,
                ..
            } => done(request, SUCCESS),
            _ => done(request, code),
        });
        assert_eq!(
            came.refused(),
            ("ldap.credentials", Refused::Credentials),
            "{code}"
        );
    }
    for code in [51, 52] {
        let came = log_in(move |request| match request.operation {
            BIND => done(request, code),
            _ => found(request),
        });
        assert_eq!(came.refused(), UNAVAILABLE, "{code}");
    }
}

#[test]
fn more_or_other_than_one_entry_is_nobody() {
    let nameless = |request| [entry(request, "", PERSON), done(request, SUCCESS)].concat();
    let three = |request| [entry(request, DN, PERSON).repeat(3), done(request, SUCCESS)].concat();
    let endless = |request| entry(request, DN, PERSON).repeat(20_000);
    let cut = |request| [entry(request, DN, PERSON), done(request, 4)].concat();
    let answers: [Answer; 4] = [nameless, three, endless, cut];
    for answer in answers {
        let came = log_in(move |request| match request.operation {
            SEARCH => answer(request),
            _ => done(request, SUCCESS),
        });
        assert_eq!(came.refused(), ("ldap.ambiguous", Refused::Credentials));
    }
    let came = log_in(|request| done(request, SUCCESS));
    assert_eq!(came.refused(), ("ldap.credentials", Refused::Credentials));
    // There at first, and gone after the bind.
    let came = log_in(|request| match request {
        Request {
            operation: SEARCH,
            id: 2,
            ..
        } => found(request),
        _ => done(request, SUCCESS),
    });
    assert_eq!(came.refused(), ("ldap.search", Refused::Unavailable));
}

fn bind(request: Request, body: &[u8]) -> Vec<u8> {
    message(request.id, &tagged(0x61, body))
}

#[test]
fn what_is_no_ldap_is_no_answer() {
    let answers: [(&str, Answer); 9] = [
        ("http", |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("zeros", |_| vec![0; 64]),
        ("an empty sequence", |_| vec![0x30, 0]),
        ("a huge length", |_| {
            vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1]
        }),
        ("a length of lengths", |_| vec![0x30, 0xff, 0xff, 0xff]),
        ("nothing in the result", |request| bind(request, &[])),
        ("half of the result", |request| bind(request, &[0x0a, 1, 0])),
        ("a result of another type", |request| {
            bind(request, &[4, 1, 0, 4, 0, 4, 0])
        }),
        ("text that is no text", |request| {
            bind(request, &[0x0a, 1, 0, 4, 1, 0xff, 4, 1, 0xff])
        }),
    ];
    for (what, answer) in answers {
        assert_eq!(log_in(answer).refused(), UNAVAILABLE, "{what}");
    }
    // In the answer to the search.
    let entries: [(&str, Answer); 4] = [
        ("an empty entry", |request| {
            message(request.id, &tagged(0x64, &[]))
        }),
        ("an entry that is a number", |request| {
            message(request.id, &tagged(0x64, &[2, 1, 1]))
        }),
        ("a name that is no text", |request| {
            message(request.id, &tagged(0x64, &[4, 1, 0xff, 0x30, 0]))
        }),
        ("an answer to a bind", |request| {
            message(request.id, &tagged(0x61, &[0x0a, 1, 0, 4, 0, 4, 0]))
        }),
    ];
    for (what, answer) in entries {
        let came = log_in(move |request| match request.operation {
            SEARCH => answer(request),
            _ => done(request, SUCCESS),
        });
        assert_eq!(came.refused(), UNAVAILABLE, "{what}");
    }
}

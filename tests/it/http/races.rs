//! Many clients at once: one name has one holder, and no change is lost.

use std::sync::Barrier;
use std::thread;

use serde_json::{Value, json};

use crate::support::{Client, Fixture, Reply, group, patch_body, user};

/// Runs `work` in `count` threads that start together.
fn together<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(count);
    thread::scope(|scope| {
        let start = |n| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(n)
            })
        };
        let threads: Vec<_> = (0..count).map(start).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn statuses(replies: &[Reply], status: u16) -> usize {
    replies
        .iter()
        .filter(|reply| reply.status == status)
        .count()
}

#[test]
fn twenty_creates_of_one_name_make_one_user() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let replies = together(20, |_| client.post("/Users", &user("ada@example.org")));
    assert_eq!((statuses(&replies, 201), statuses(&replies, 409)), (1, 19));
    for reply in replies.iter().filter(|reply| reply.status == 409) {
        assert!(reply.refused(409, Some("uniqueness")).contains("userName"));
    }
    assert_eq!(client.get("/Users").json()["totalResults"], 1);
}

/// Spellings of one name: case is folded, and a letter is the same composed and decomposed.
fn spelling(round: usize, n: usize) -> String {
    let name = format!("Zoë.Müller{round}@example.org");
    match n % 4 {
        0 => name,
        1 => name.to_uppercase(),
        2 => name.to_lowercase(),
        _ => name.replace('ë', "e\u{308}").replace('ü', "U\u{308}"),
    }
}

#[test]
fn sixteen_spellings_of_one_name_make_one_user_in_each_of_fifty_rounds() {
    let fixture = Fixture::start();
    let client = fixture.client();
    for round in 0..50 {
        let replies = together(16, |n| client.post("/Users", &user(&spelling(round, n))));
        assert_eq!(
            (statuses(&replies, 201), statuses(&replies, 409)),
            (1, 15),
            "round {round}"
        );
    }
    assert_eq!(client.get("/Users").json()["totalResults"], 50);
}

#[test]
fn a_race_for_a_name_by_renaming_has_one_winner() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ids: Vec<String> = (0..8)
        .map(|n| {
            client
                .post("/Users", &user(&format!("u{n}")))
                .expect(201)
                .id()
        })
        .collect();
    let rename = json!([{ "op": "replace", "path": "userName", "value": "winner" }]);
    let replies = together(8, |n| {
        client.operations(&format!("/Users/{}", ids[n]), &rename)
    });
    assert_eq!((statuses(&replies, 200), statuses(&replies, 409)), (1, 7));
}

#[test]
fn twenty_five_patches_that_add_members_keep_every_member() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let users: Vec<String> = (0..100)
        .map(|n| {
            client
                .post("/Users", &user(&format!("u{n}")))
                .expect(201)
                .id()
        })
        .collect();
    let path = format!(
        "/Groups/{}",
        client
            .post("/Groups", &group("All", &json!([])))
            .expect(201)
            .id()
    );
    let replies = together(25, |n| {
        let members: Vec<Value> = users[4 * n..4 * n + 4]
            .iter()
            .map(|id| json!({ "value": id }))
            .collect();
        client.operations(
            &path,
            &json!([{ "op": "add", "path": "members", "value": members }]),
        )
    });
    assert_eq!(statuses(&replies, 200), 25);
    let group = client.get(&path).json();
    let mut kept: Vec<&str> = group["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["value"].as_str().unwrap())
        .collect();
    kept.sort_unstable();
    let mut expected: Vec<&str> = users.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(kept, expected);
}

/// The number in `W/"7"`.
fn version(etag: &str) -> u64 {
    etag.trim_start_matches("W/")
        .trim_matches('"')
        .parse()
        .unwrap()
}

fn retitle(client: &Client, path: &str, headers: &[(&str, &str)], title: &str) -> Reply {
    let body = patch_body(&json!([{ "op": "replace", "path": "title", "value": title }]));
    client.send_json("PATCH", path, headers, &body)
}

#[test]
fn eight_writers_lose_no_update() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let made = client.post("/Users", &user("ada")).expect(201);
    let path = format!("/Users/{}", made.id());
    let acknowledged: usize = together(8, |writer| {
        let change = |n| retitle(&client, &path, &[], &format!("{writer}.{n}")).status == 200;
        (0..50).filter(|n| change(*n)).count()
    })
    .into_iter()
    .sum();
    assert_eq!(acknowledged, 400);
    let delta = version(&client.get(&path).etag()) - version(&made.etag());
    assert_eq!(delta, 400);
}

#[test]
fn eight_writers_with_conditions_lose_no_update() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let made = client.post("/Users", &user("ada")).expect(201);
    let path = format!("/Users/{}", made.id());
    let counts = together(8, |writer| {
        let mut counts = (0, 0);
        for n in 0..50 {
            let etag = client.get(&path).etag();
            let reply = retitle(
                &client,
                &path,
                &[("If-Match", &etag)],
                &format!("{writer}.{n}"),
            );
            match reply.status {
                200 => counts.0 += 1,
                412 => counts.1 += 1,
                other => panic!("{other}: {}", reply.text()),
            }
        }
        counts
    });
    let acknowledged: u64 = counts.iter().map(|counts| counts.0).sum();
    let stale: u64 = counts.iter().map(|counts| counts.1).sum();
    assert_eq!(acknowledged + stale, 400);
    assert!(acknowledged >= 50, "{acknowledged}");
    assert_eq!(
        version(&client.get(&path).etag()) - version(&made.etag()),
        acknowledged
    );
    let stale = retitle(&client, &path, &[("If-Match", &made.etag())], "stale");
    stale.refused(412, None);
}

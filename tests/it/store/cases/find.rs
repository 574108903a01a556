//! Pages: complete, stable, in order, at a price that is known.

use std::sync::Arc;

use serde_json::json;

use muster::store::Error;

use crate::store::fixture::{Ask, Fixture, insert, names, user_document};

pub(super) async fn fill(at: &Fixture, count: usize) -> Vec<String> {
    let ids: Vec<String> = (0..count).map(|_| at.id()).collect();
    let (rt, all) = (Arc::clone(&at.user), ids.clone());
    at.write(move |tx| {
        for id in &all {
            insert(tx, &rt, id, &user_document(id))?;
        }
        Ok(())
    })
    .await
    .unwrap();
    ids
}

pub(crate) async fn pages_are_stable(at: &Fixture) {
    let ids = fill(at, 25).await;
    for (filter, sort) in [
        ("", ""),
        ("", "userName"),
        ("", "meta.created"),
        ("", "nickName"),
        ("userName sw \"0\"", ""),
        ("userName co \"0\"", ""),
        ("userName co \"0\"", "userName"),
    ] {
        let mut seen = Vec::new();
        for start in [1, 11, 21, 31] {
            let ask = Ask {
                filter,
                sort,
                start,
                count: 10,
                ..Ask::default()
            };
            let found = at.find(&at.user, &ask).await.unwrap();
            assert_eq!(found.total, 25);
            seen.extend(found.records.into_iter().map(|record| record.id));
        }
        assert_eq!(seen, ids, "{filter} {sort}");
    }
}

pub(crate) async fn a_deep_page_reads_no_bodies(at: &Fixture) {
    fill(at, 3_000).await;
    let effort = |start| {
        let (rt, ask) = (
            Arc::clone(&at.user),
            Ask {
                start,
                count: 10,
                ..Ask::default()
            },
        );
        let ask = ask.owned(&rt);
        at.read(move |tx| {
            let before = tx.effort();
            assert_eq!(tx.find(&ask.find(&rt))?.records.len(), 10);
            Ok(tx.effort() - before)
        })
    };
    let (first, middle) = (effort(1).await.unwrap(), effort(1_501).await.unwrap());
    assert!(middle - first < 1_500 * 10, "{first} {middle}");
    // The last page is as near as the first one; an engine that does not tell its effort has nothing to compare.
    assert!(first == 0 || effort(2_991).await.unwrap() < first * 2);
}

pub(crate) async fn orders_put_the_missing_last_or_first(at: &Fixture) {
    for (name, display, nick) in [
        ("a", Some("zoe"), None),
        ("b", None, Some("x")),
        ("c", Some("Ann"), Some("X")),
        ("d", None, None),
        ("e", Some("ann"), Some("w")),
    ] {
        let mut body = json!({ "userName": name });
        for (key, value) in [("displayName", display), ("nickName", nick)] {
            if let Some(value) = value {
                body[key] = value.into();
            }
        }
        at.make(&at.user, body).await;
    }
    // displayName sorts in SQL, nickName from documents.
    for (sort, descending, order) in [
        ("displayName", false, "ceabd"),
        ("displayName", true, "bdace"),
        ("nickName", false, "ebcad"),
        ("nickName", true, "adbce"),
    ] {
        let whole: Vec<String> = order.chars().map(String::from).collect();
        for count in 1..=5 {
            let mut seen = Vec::new();
            for start in (1..=5).step_by(count) {
                let ask = Ask {
                    sort,
                    descending,
                    start,
                    count: count as u64,
                    ..Ask::default()
                };
                seen.extend(names(&at.find(&at.user, &ask).await.unwrap(), "userName"));
            }
            assert_eq!(seen, whole, "{sort} {descending} by {count}");
        }
    }
}

pub(crate) async fn the_primary_value_sorts(at: &Fixture) {
    for (name, emails) in [
        (
            "a",
            json!([{ "value": "a" }, { "value": "z", "primary": true }, { "value": "b" }]),
        ),
        (
            "b",
            json!([{ "value": "m" }, { "value": "a", "primary": false }]),
        ),
        ("c", json!([{ "value": "n" }, { "primary": true }])),
    ] {
        at.make(&at.user, json!({ "userName": name, "emails": emails }))
            .await;
    }
    // The first order is answered by SQL, the second one, with a filter no index answers, from documents.
    for filter in ["", "nickName eq null and not (nickName eq \"x\")"] {
        let ask = Ask {
            filter,
            sort: "emails.value",
            ..Ask::default()
        };
        let found = at.find(&at.user, &ask).await.unwrap();
        assert_eq!(names(&found, "userName"), ["b", "c", "a"], "{filter}");
    }
}

pub(crate) async fn a_scan_has_a_limit(at: &Fixture) {
    fill(at, 20).await;
    for (filter, sort) in [
        ("nickName eq \"x\"", ""),
        ("userName ew \"1\"", ""),
        ("", "nickName"),
    ] {
        let ask = |max_scan| Ask {
            filter,
            sort,
            max_scan,
            ..Ask::default()
        };
        assert_eq!(at.find(&at.user, &ask(19)).await, Err(Error::TooMany(19)));
        assert!(at.find(&at.user, &ask(20)).await.is_ok());
    }
    // What an index narrows counts only with what is left.
    let filter = "userName eq \"01900000-0000-7000-8000-000000000007\" and nickName eq null";
    let ask = Ask {
        filter,
        max_scan: 1,
        ..Ask::default()
    };
    assert_eq!(at.find(&at.user, &ask).await.unwrap().total, 1);
    // What an index decides counts not at all.
    let ask = Ask {
        filter: "userName pr",
        max_scan: 0,
        ..Ask::default()
    };
    assert_eq!(at.find(&at.user, &ask).await.unwrap().total, 20);
}

pub(crate) async fn a_hidden_member_is_not_found(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let staff = at.make_group("staff").await;
    at.add(&staff, &[&ada.id, "Nobody"]).await;
    let by = |id: &str, total| {
        let filter = format!("members.value eq \"{id}\"");
        async move {
            let ask = Ask {
                filter: &filter,
                max_scan: 0,
                ..Ask::default()
            };
            let found = at.find(&at.group, &ask).await.unwrap();
            assert_eq!(found.total, total, "{filter}");
        }
    };
    by(&ada.id, 1).await;
    by("nobody", 1).await;
    at.delete(&at.user, &ada).await;
    by(&ada.id, 0).await;
    by("NOBODY", 1).await;
}

pub(crate) async fn a_counting_page_is_empty(at: &Fixture) {
    fill(at, 5).await;
    for filter in ["", "userName pr", "userName co \"0\""] {
        let ask = Ask {
            filter,
            count: 0,
            ..Ask::default()
        };
        let found = at.find(&at.user, &ask).await.unwrap();
        assert_eq!((found.total, found.records.len()), (5, 0));
        let ask = Ask {
            filter,
            start: 6,
            ..Ask::default()
        };
        let found = at.find(&at.user, &ask).await.unwrap();
        assert_eq!((found.total, found.records.len()), (5, 0));
    }
}

pub(crate) async fn keys_end_where_values_go_on(at: &Fixture) {
    let long = "n".repeat(511);
    for (name, value) in [
        ("short", "a".to_owned()),
        ("next", "b".to_owned()),
        ("fits", format!("{long}n")),
        ("ends in x", format!("{long}nx")),
        ("ends in y", format!("{long}ny")),
    ] {
        let body = json!({ "userName": value, "displayName": value, "title": name });
        at.make(&at.user, body).await;
    }
    for attribute in ["userName", "displayName"] {
        for (test, expected) in [
            ("sw \"a\"".to_owned(), vec!["short"]),
            (
                "ge \"a\"".to_owned(),
                vec!["short", "next", "fits", "ends in x", "ends in y"],
            ),
            (
                "gt \"b\"".to_owned(),
                vec!["fits", "ends in x", "ends in y"],
            ),
            (format!("eq \"{long}nx\""), vec!["ends in x"]),
            (format!("eq \"{long}n\""), vec!["fits"]),
            (
                format!("ne \"{long}ny\""),
                vec!["short", "next", "fits", "ends in x"],
            ),
            (
                format!("sw \"{long}\""),
                vec!["fits", "ends in x", "ends in y"],
            ),
            (
                format!("sw \"{long}n\""),
                vec!["fits", "ends in x", "ends in y"],
            ),
            (format!("sw \"{long}ny\""), vec!["ends in y"]),
            (format!("gt \"{long}nx\""), vec!["ends in y"]),
            (format!("le \"{long}n\""), vec!["short", "next", "fits"]),
        ] {
            let filter = format!("{attribute} {test}");
            let ask = Ask {
                filter: &filter,
                ..Ask::default()
            };
            let found = at.find(&at.user, &ask).await.unwrap();
            assert_eq!(names(&found, "title"), expected, "{filter}");
        }
    }
}

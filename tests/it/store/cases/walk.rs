//! Pages from one place in an order to the next: what lies before costs nothing and moves nothing.

use std::sync::Arc;

use serde_json::json;

use muster::store::{Error, Position, Start, Viewer};

use super::find::fill;
use crate::store::fixture::{Ask, Fixture, document, insert};
use crate::store::walks::{page, walk};

const ORDERS: [(&str, bool); 9] = [
    ("", false),
    ("id", true),
    ("userName", false),
    ("userName", true),
    ("displayName", false),
    ("displayName", true),
    ("meta.created", false),
    ("meta.lastModified", true),
    ("externalId", true),
];

pub(crate) async fn a_deep_page_costs_what_the_first_costs(at: &Fixture) {
    let ids: Vec<String> = (0..9_010).map(|_| at.id()).collect();
    // In parts: one change may not take longer than half a minute.
    for (part, slice) in ids.chunks(1_000).enumerate() {
        let (rt, slice) = (Arc::clone(&at.user), slice.to_vec());
        at.write(move |tx| {
            for (offset, id) in slice.iter().enumerate() {
                let number = part * 1_000 + offset;
                // Many share a displayName, and every second one has no externalId.
                let mut body =
                    json!({ "userName": id, "displayName": format!("d{}", number / 3_000) });
                if number % 2 == 0 {
                    body["externalId"] = id.as_str().into();
                }
                insert(tx, &rt, id, &document(&body))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    }
    for (sort, descending) in ORDERS {
        let effort = async |behind: Option<Position>| {
            let ask = Ask {
                sort,
                descending,
                count: 1,
                ..Ask::default()
            };
            let asks = vec![(Arc::clone(&at.user), ask.owned(&at.user))];
            at.read(move |tx| {
                let before = tx.effort();
                let walked = tx.walk(&walk(&asks, Start::Behind(behind.clone()), descending))?;
                Ok((tx.effort() - before, walked))
            })
            .await
            .unwrap()
        };
        let (first, walked) = effort(None).await;
        assert_eq!((walked.total, walked.records.len()), (Some(9_010), 1));
        let deep = if descending { &ids[9] } else { &ids[8_999] };
        let number = if descending { 9 } else { 8_999 };
        let key = match sort {
            "" => None,
            "displayName" => Some(format!("d{}", number / 3_000)),
            "meta.created" | "meta.lastModified" => {
                Some("2023-11-14T22:13:21.000000000Z".to_owned())
            }
            "externalId" if number % 2 == 1 => None,
            _ => Some(deep.clone()),
        };
        let place = Position {
            key,
            id: deep.clone(),
        };
        let (last, walked) = effort(Some(place)).await;
        assert_eq!(walked.records.len(), 1, "{sort} {descending}");
        assert!(
            last < first * 2 + 100,
            "{sort} {descending}: {first} at first, {last} deep"
        );
    }
}

pub(crate) async fn a_page_that_is_full_ends_the_scan(at: &Fixture) {
    let ids = fill(at, 300).await;
    let ask = Ask {
        filter: "userName co \"0\"",
        count: 10,
        max_scan: 11,
        ..Ask::default()
    };
    for behind in [None, Some(&ids[280])] {
        let place = behind.map(|id| Position {
            key: None,
            id: id.clone(),
        });
        let asks = vec![(Arc::clone(&at.user), ask.owned(&at.user))];
        let found = page(at, asks, Start::Behind(place), false).await.unwrap();
        assert_eq!((found.total, found.records.len()), (None, 10));
        assert_eq!(found.next.unwrap().id, found.records[9].id);
    }
    // Only who asks for the number makes it be counted.
    let counting = Ask {
        count: 0,
        max_scan: 300,
        ..ask
    };
    let asks = vec![(Arc::clone(&at.user), counting.owned(&at.user))];
    let found = page(at, asks, Start::Behind(None), false).await.unwrap();
    assert_eq!(found.total, Some(300));
}

pub(crate) async fn a_scan_of_a_walk_has_a_limit(at: &Fixture) {
    fill(at, 20).await;
    for (filter, sort) in [
        ("nickName eq \"x\"", ""),
        ("userName co \"0\"", "userName"),
        ("", "nickName"),
    ] {
        let found = async |max_scan| {
            let ask = Ask {
                filter,
                sort,
                max_scan,
                ..Ask::default()
            };
            let asks = vec![(Arc::clone(&at.user), ask.owned(&at.user))];
            page(at, asks, Start::Behind(None), false).await
        };
        assert_eq!(found(19).await, Err(Error::TooMany(19)), "{filter} {sort}");
        assert!(found(20).await.is_ok());
    }
    // What two types read is read together.
    let ask = Ask {
        filter: "displayName co \"x\"",
        max_scan: 20,
        ..Ask::default()
    };
    let both = || {
        vec![
            (Arc::clone(&at.user), ask.owned(&at.user)),
            (Arc::clone(&at.group), ask.owned(&at.group)),
        ]
    };
    for start in [Start::Index(1), Start::Behind(None)] {
        assert!(page(at, both(), start, false).await.is_ok());
    }
    at.make_group("staff").await;
    for start in [Start::Index(1), Start::Behind(None)] {
        let found = page(at, both(), start, false).await;
        assert_eq!(found, Err(Error::TooMany(20)));
    }
}

pub(crate) async fn what_comes_and_goes_moves_nothing_else(at: &Fixture) {
    let ids = fill(at, 9).await;
    let ask = Ask {
        sort: "userName",
        count: 3,
        ..Ask::default()
    };
    let next = async |behind| {
        let asks = vec![(Arc::clone(&at.user), ask.owned(&at.user))];
        page(at, asks, Start::Behind(behind), false).await.unwrap()
    };
    let first = next(None).await;
    let gone = first.records[2].clone();
    // The one whose place the page remembers goes, and one comes before it.
    at.delete(&at.user, &gone).await;
    at.make_user("00").await;
    let second = next(first.next).await;
    let third = next(second.next.clone()).await;
    let seen: Vec<&String> = [&second, &third]
        .iter()
        .flat_map(|page| page.records.iter().map(|record| &record.id))
        .collect();
    assert_eq!(seen, ids[3..].iter().collect::<Vec<_>>());
    assert_eq!(third.next, None);
}

pub(crate) async fn a_page_reads_groups_at_once(at: &Fixture) {
    let ids = fill(at, 70).await;
    for number in 0..3 {
        let group = at.make_group(&format!("g{number}")).await;
        let members: Vec<&str> = ids
            .iter()
            .skip(number)
            .step_by(2)
            .map(String::as_str)
            .collect();
        at.add(&group, &members).await;
    }
    at.read(move |tx| {
        for count in [0, 1, 4, 5, 31, 32, 33, 64, 70] {
            let some: Vec<&str> = ids.iter().take(count).map(String::as_str).collect();
            let found = tx.groups_of_all(&Viewer::All, &some)?;
            for id in &some {
                let of_one = tx.groups_of(&Viewer::All, id)?;
                assert_eq!(found.get(*id).cloned().unwrap_or_default(), of_one);
            }
            assert!(found.len() <= count);
        }
        Ok(())
    })
    .await
    .unwrap();
}

//! Lists read page by page from one place to the next, and compared with what they hold.

use std::sync::Arc;

use muster::scim::schema::ResourceType;
use muster::store::{Error, List, Position, Start, Viewer, Walk, Walked};

use super::fixture::{Ask, Checked, Fixture};

/// A key and an id.
type Place = (Option<String>, String);

/// One page of users and groups, or of what `asks` has.
pub(crate) async fn page(
    at: &Fixture,
    asks: Vec<(Arc<ResourceType>, Checked)>,
    start: Start,
    descending: bool,
) -> Result<Walked, Error> {
    at.read(move |tx| tx.walk(&walk(&asks, start.clone(), descending)))
        .await
}

pub(crate) fn walk(
    asks: &[(Arc<ResourceType>, Checked)],
    start: Start,
    descending: bool,
) -> Walk<'_> {
    let finds: Vec<_> = asks.iter().map(|(rt, asked)| asked.find(rt)).collect();
    let (count, max_scan) = finds
        .first()
        .map_or((0, 0), |find| (find.count, find.max_scan));
    let lists = finds.into_iter().map(|find| List {
        rt: find.rt,
        filter: find.filter,
        by: find.sort.map(|sort| sort.by),
    });
    let everybody = &Viewer::All;
    Walk {
        viewer: asks.first().map_or(everybody, |(_, asked)| &asked.viewer),
        lists: lists.collect(),
        descending,
        start,
        count,
        max_scan,
    }
}

/// The list of one type, page by page.
pub(super) async fn one(at: &Fixture, rt: &Arc<ResourceType>, ask: &Ask<'_>, expected: &[Place]) {
    let asks = || vec![(Arc::clone(rt), ask.owned(rt))];
    through(at, asks, ask, expected).await;
}

/// The list of users and groups, page by page, and each page by its index.
pub(super) async fn both(at: &Fixture, asks: &[Ask<'_>; 2], expected: &[Place]) {
    let [of_users, of_groups] = asks;
    let owned = || {
        vec![
            (Arc::clone(&at.user), of_users.owned(&at.user)),
            (Arc::clone(&at.group), of_groups.owned(&at.group)),
        ]
    };
    through(at, owned, of_users, expected).await;
    for start in 1..=expected.len() as u64 + 1 {
        let index = Start::Index(start);
        let found = page(at, owned(), index, of_users.descending).await.unwrap();
        assert_eq!(found.total, Some(expected.len() as u64), "{of_users:?}");
        let rest = expected.iter().skip(usize::try_from(start).unwrap() - 1);
        let ids: Vec<&String> = rest
            .map(|(_, id)| id)
            .take(usize::try_from(of_users.count).unwrap())
            .collect();
        assert_eq!(
            ids_of(&found),
            ids,
            "{of_users:?} {of_groups:?} from {start}"
        );
    }
}

async fn through(
    at: &Fixture,
    asks: impl Fn() -> Vec<(Arc<ResourceType>, Checked)>,
    ask: &Ask<'_>,
    expected: &[Place],
) {
    let expected: Vec<&String> = expected.iter().map(|(_, id)| id).collect();
    let mut seen = Vec::new();
    let mut behind: Option<Position> = None;
    loop {
        let start = Start::Behind(behind);
        let found = page(at, asks(), start, ask.descending).await.unwrap();
        if let Some(total) = found.total {
            assert_eq!(total, expected.len() as u64, "{ask:?}");
        }
        seen.extend(ids_of(&found).into_iter().cloned());
        behind = found.next;
        if behind.is_none() || ask.count == 0 {
            break;
        }
        assert_eq!(found.records.len() as u64, ask.count, "{ask:?}");
    }
    if ask.count > 0 {
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected, "{ask:?}");
    } else {
        assert_eq!(seen, [""; 0]);
    }
}

fn ids_of(found: &Walked) -> Vec<&String> {
    found.records.iter().map(|record| &record.id).collect()
}

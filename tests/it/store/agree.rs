//! A filter means the same in SQL and in the evaluator: random resources, random filters, one answer.

use std::cmp::Ordering;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use muster::scim::filter::matches;
use muster::scim::resource::Member;
use muster::scim::schema::{ENTERPRISE_URN, ResourceType};
use muster::store::{Error, State, Tx, Viewer};

use super::fixture::{Ask, Engine, Fixture, document, insert_for, postgres, sqlite};
use super::walks;

/// How many stores are filled; each is asked [`QUESTIONS`] times. `MUSTER_CASES` makes it a long run.
const STORES: u32 = 24;
const QUESTIONS: usize = 40;

const WORDS: [&str; 8] = ["a", "A", "ab", "aß", "ASS", "é", "e\u{301}", "b"];
const IDS: [&str; 6] = [
    "01900000-0000-7000-8000-000000000001",
    "01900000-0000-7000-8000-000000000002",
    "01900000-0000-7000-8000-000000000003",
    "01900000-0000-7000-8000-000000000004",
    "Nobody",
    "nobody",
];
/// Whose the resources are, and who looks.
const VIEWERS: [&str; 3] = ["", "a", "b"];
const TIMES: [&str; 3] = [
    "2023-11-14T22:13:21Z",
    "2023-11-14T23:13:21.000+01:00",
    "2023-11-14T22:13:22Z",
];

const SORTS: &[&str] = &[
    "",
    "id",
    "externalId",
    "displayName",
    "meta.created",
    "meta.lastModified",
];
const USER_SORTS: &[&str] = &[
    "",
    "id",
    "externalId",
    "displayName",
    "meta.lastModified",
    "userName",
    "nickName",
    "emails.value",
    "name.familyName",
    "active",
];

#[test]
fn filters_mean_the_same_in_sqlite() {
    filters_mean_the_same(sqlite);
}

#[test]
fn filters_mean_the_same_in_postgres() {
    filters_mean_the_same(postgres);
}

fn filters_mean_the_same(open: fn() -> Box<dyn Engine>) {
    let cases = std::env::var("MUSTER_CASES").map_or(STORES, |cases| cases.parse().unwrap());
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let strategy = (
        prop::collection::vec(select(VIEWERS.as_slice()), 7),
        prop::collection::vec(user(), 4),
        prop::collection::vec(group(), 3),
        prop::collection::vec(
            (
                question(user_filter(), USER_SORTS),
                question(group_filter(), SORTS),
            ),
            QUESTIONS,
        ),
    );
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let by_index = std::cell::Cell::new(0);
    let outcome = runner.run(&strategy, |(owners, users, groups, questions)| {
        runtime.block_on(async {
            let at = Fixture::new(open());
            fill(&at, &owners, users, groups).await;
            for (of_users, of_groups) in &questions {
                for (rt, question) in [(&at.user, of_users), (&at.group, of_groups)] {
                    by_index.set(by_index.get() + ask(&at, rt, question).await);
                }
                ask_both(&at, of_users, of_groups).await;
            }
            at.verify().await;
        });
        Ok(())
    });
    outcome.unwrap();
    // A test that cannot fail is worthless: indexes alone must answer a good part of the questions.
    assert!(
        by_index.get() > cases * 20,
        "indexes answered {} questions",
        by_index.get()
    );
}

/// What is asked of a store.
#[derive(Debug, Clone)]
struct Question {
    filter: String,
    sort: &'static str,
    descending: bool,
    start: u64,
    count: u64,
    viewer: &'static str,
}

/// Asks the store and a naive model; answers 1 if no document had to be read to find out.
async fn ask(at: &Fixture, rt: &Arc<ResourceType>, question: &Question) -> u32 {
    let ask = Ask {
        filter: &question.filter,
        sort: question.sort,
        descending: question.descending,
        start: question.start,
        count: question.count,
        max_scan: 100,
        viewer: question.viewer,
    };
    let places = places(at, rt, &ask, question.sort).await;
    walks::one(at, rt, &ask, &places).await;
    let expected: Vec<&String> = places.iter().map(|(_, id)| id).collect();
    let found = at.find(rt, &ask).await.unwrap();
    let page = expected
        .iter()
        .skip(usize::try_from(question.start - 1).unwrap())
        .take(usize::try_from(question.count).unwrap());
    assert_eq!(found.total, expected.len() as u64, "{question:?}");
    let ids: Vec<_> = found.records.iter().map(|record| &record.id).collect();
    assert_eq!(ids, page.copied().collect::<Vec<_>>(), "{question:?}");
    match at.find(rt, &Ask { max_scan: 0, ..ask }).await {
        Ok(unread) => {
            assert_eq!(unread, found, "{question:?}");
            1
        }
        Err(error) => {
            assert_eq!(error, Error::TooMany(0));
            0
        }
    }
}

/// Users and groups as one list, in the order that is asked of users.
async fn ask_both(at: &Fixture, of_users: &Question, of_groups: &Question) {
    let with = Ask {
        descending: of_users.descending,
        max_scan: 100,
        count: of_users.count,
        viewer: of_users.viewer,
        ..Ask::default()
    };
    let sort = |rt: &ResourceType| rt.attribute(of_users.sort).map_or("", |_| of_users.sort);
    let asks = [
        Ask {
            filter: &of_users.filter,
            sort: sort(&at.user),
            ..with
        },
        Ask {
            filter: &of_groups.filter,
            sort: sort(&at.group),
            ..with
        },
    ];
    let mut all = places(at, &at.user, &asks[0], of_users.sort).await;
    all.extend(places(at, &at.group, &asks[1], of_users.sort).await);
    all.sort_by(|one, other| in_order(of_users.descending, one, other));
    walks::both(at, &asks, &all).await;
}

/// What matches, with the keys of `sort`, in order.
async fn places(
    at: &Fixture,
    rt: &Arc<ResourceType>,
    ask: &Ask<'_>,
    sort: &'static str,
) -> Vec<(Option<String>, String)> {
    let (checked, kind, descending) = (ask.owned(rt), Arc::clone(rt), ask.descending);
    let read = at.read(move |tx| {
        let all = all_of(tx, &checked.viewer, &kind)?;
        let find = checked.find(&kind);
        let mut found: Vec<_> = all
            .iter()
            .filter(|whole| find.filter.is_none_or(|filter| matches(filter, whole)))
            .map(|whole| (naive_key(whole, sort), text(whole, "id")))
            .collect();
        found.sort_by(|one, other| in_order(descending, one, other));
        Ok(found)
    });
    read.await.unwrap()
}

fn in_order(
    descending: bool,
    (one, one_id): &(Option<String>, String),
    (other, other_id): &(Option<String>, String),
) -> Ordering {
    let by_key = naive_order(one.clone(), other.clone());
    let by_key = if descending { by_key.reverse() } else { by_key };
    by_key.then_with(|| one_id.cmp(other_id))
}

/// Every live resource of a kind that `viewer` sees as it is answered, oldest first.
fn all_of(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    rt: &ResourceType,
) -> Result<Vec<Map<String, Value>>, Error> {
    let mut all = Vec::new();
    for number in 1..20 {
        let Some(record) = tx.get(viewer, rt, &format!("01900000-0000-7000-8000-{number:012}"))?
        else {
            continue;
        };
        let mut whole = record.document()?.into_map();
        whole.insert("id".to_owned(), record.id.clone().into());
        let meta = json!({
            "resourceType": &*rt.name,
            "created": record.created.to_string(),
            "lastModified": record.modified.to_string(),
        });
        whole.insert("meta".to_owned(), meta);
        if rt.is_group() {
            let members = tx.members(viewer, &record, None, 100)?;
            let rows = members
                .iter()
                .map(|row| json!({ "value": row.value, "display": row.display }));
            whole.insert("members".to_owned(), rows.collect());
        } else {
            let groups = tx.groups_of(viewer, &record.id)?;
            let rows = groups
                .iter()
                .map(|row| json!({ "value": row.id, "display": row.display }));
            whole.insert("groups".to_owned(), rows.collect());
        }
        all.push(whole);
    }
    Ok(all)
}

/// The primary or first value of what the questions sort by, folded as these texts need it.
fn naive_key(whole: &Map<String, Value>, path: &str) -> Option<String> {
    let (name, sub) = path.split_once('.').unwrap_or((path, ""));
    let value = match whole.get(name)? {
        Value::Array(elements) => {
            let with: Vec<_> = elements
                .iter()
                .filter(|element| element.get(sub).is_some())
                .collect();
            let primary = with.iter().find(|element| element["primary"] == true);
            primary.or_else(|| with.first())?.get(sub)?
        }
        Value::Object(object) => object.get(sub)?,
        single => single,
    };
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    let exact = ["id", "externalId"].contains(&name);
    Some(muster::scim::value::fold(&text, exact))
}

/// Missing ones are the greatest.
fn naive_order(one: Option<String>, other: Option<String>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => one.cmp(&other),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, None) => Ordering::Equal,
    }
}

fn text(whole: &Map<String, Value>, name: &str) -> String {
    whole[name].as_str().unwrap().to_owned()
}

/// Users, some of them changed or deleted afterwards, then groups of them.
async fn fill(
    at: &Fixture,
    owners: &[&'static str],
    users: Vec<Value>,
    groups: Vec<(Value, Vec<Member>)>,
) {
    let (of_users, of_groups) = owners.split_at(4);
    for (number, mut body) in users.into_iter().enumerate() {
        body["userName"] = format!("{}{number}", body["userName"].as_str().unwrap()).into();
        let user = at.make_for(of_users[number], &at.user, body.clone()).await;
        body["nickName"] = "changed".into();
        body.as_object_mut().unwrap().shift_remove("displayName");
        if number == 1 {
            at.update(&at.user, &user, body, State::Deactivated)
                .await
                .unwrap();
        }
    }
    let mut made = Vec::new();
    for ((body, members), owner) in groups.into_iter().zip(of_groups) {
        let (id, rt, owner) = (at.id(), Arc::clone(&at.group), *owner);
        let group = at.write(move |tx| {
            let group = insert_for(tx, &rt, &id, &document(&body), owner)?;
            tx.add_members(&group, &members)?;
            Ok(group)
        });
        made.push(group.await.unwrap());
    }
    // Groups in groups too, and one member who is gone.
    let inner = made[0].id.clone();
    at.add(&made[1], &[&inner]).await;
    let first = at.get(&at.user, IDS[0]).await.unwrap().unwrap();
    if first.body.len() % 2 == 0 {
        at.delete(&at.user, &first).await;
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    select(WORDS.as_slice())
}

fn user() -> impl Strategy<Value = Value> {
    let email = (
        prop::option::of(word()),
        prop::option::of(select(vec!["work", "home"])),
        any::<bool>(),
    );
    let simple = (
        word(),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::option::of(word()),
    );
    let more = (
        prop::option::of(any::<bool>()),
        prop::option::of(word()),
        prop::option::of(word()),
        prop::collection::vec(email, 0..3),
        any::<bool>(),
    );
    (simple, more).prop_map(|((name, display, nick, external), (active, family, department, emails, long))| {
        let mut body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name });
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body[key] = value;
            }
        };
        let display = display.map(|word| if long { word.repeat(400) } else { word.to_owned() });
        set("displayName", display.map(Value::from));
        set("nickName", nick.map(Value::from));
        set("externalId", external.map(Value::from));
        set("active", active.map(Value::from));
        set("name", family.map(|family| json!({ "familyName": family })));
        set(ENTERPRISE_URN, department.map(|word| json!({ "department": word })));
        let emails: Vec<Value> = emails.into_iter().map(email_value).collect();
        set("emails", (!emails.is_empty()).then(|| emails.into()));
        body
    })
}

fn email_value((value, kind, primary): (Option<&str>, Option<&str>, bool)) -> Value {
    let mut element = json!({});
    if let Some(value) = value {
        element["value"] = value.into();
    }
    if let Some(kind) = kind {
        element["type"] = kind.into();
    }
    if primary {
        element["primary"] = true.into();
    }
    element
}

fn group() -> impl Strategy<Value = (Value, Vec<Member>)> {
    let member =
        (select(IDS.as_slice()), prop::option::of(word())).prop_map(|(id, display)| Member {
            value: id.to_owned(),
            display: display.map(str::to_owned),
            kind: None,
        });
    (
        word(),
        prop::option::of(word()),
        prop::collection::vec(member, 0..4),
    )
        .prop_map(|(name, external, members)| {
            let mut body = json!({ "displayName": name });
            if let Some(external) = external {
                body["externalId"] = external.into();
            }
            (body, members)
        })
}

fn question(
    filter: impl Strategy<Value = String>,
    sorts: &'static [&'static str],
) -> impl Strategy<Value = Question> {
    let viewer = select(VIEWERS.as_slice());
    (
        filter,
        select(sorts),
        any::<bool>(),
        1..4_u64,
        0..5_u64,
        viewer,
    )
        .prop_map(
            |(filter, sort, descending, start, count, viewer)| Question {
                filter,
                sort,
                descending,
                start,
                count,
                viewer,
            },
        )
}

fn user_filter() -> impl Strategy<Value = String> {
    let inside = prop_oneof![
        (word(), operator()).prop_map(|(word, op)| format!("value {op} \"{word}\"")),
        select(vec![
            "type eq \"work\"",
            "primary eq true",
            "value pr",
            "value eq null",
            "type ne \"home\""
        ])
        .prop_map(str::to_owned),
    ];
    let inside = combined(inside.boxed());
    let names = vec![
        "userName",
        "displayName",
        "nickName",
        "externalId",
        "name.familyName",
        "emails.value",
        "emails.type",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ];
    let leaf = prop_oneof![
        4 => (select(names.clone()), operator(), word())
            .prop_map(|(name, op, word)| format!("{name} {op} \"{word}\"")),
        1 => (operator(), word()).prop_map(|(op, word)| format!("displayName {op} \"{}\"", word.repeat(400))),
        1 => (select(names), select(vec!["pr", "eq null", "ne null"]))
            .prop_map(|(name, test)| format!("{name} {test}")),
        1 => select(vec!["active eq true", "active eq false", "active ne true", "active pr",
                "emails pr", "name pr", "groups pr", "meta.resourceType eq \"User\"",
                "schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\""])
            .prop_map(str::to_owned),
        2 => inside.prop_map(|inside| format!("emails[{inside}]")),
        2 => common(),
        1 => select(IDS.as_slice()).prop_map(|id| format!("groups.value eq \"{id}\"")),
        1 => (5..8).prop_map(|id| format!("groups.value eq \"01900000-0000-7000-8000-{id:012}\"")),
    ];
    combined(leaf.boxed())
}

fn group_filter() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        2 => (select(vec!["displayName", "externalId"]), operator(), word())
            .prop_map(|(name, op, word)| format!("{name} {op} \"{word}\"")),
        3 => (select(IDS.as_slice()), select(vec!["eq", "ne", "sw", "co"]))
            .prop_map(|(id, op)| format!("members.value {op} \"{id}\"")),
        1 => select(IDS.as_slice()).prop_map(|id| format!("members[value eq \"{id}\"]")),
        1 => (select(IDS.as_slice()), word())
            .prop_map(|(id, word)| format!("members[value eq \"{id}\" and display eq \"{word}\"]")),
        1 => select(vec!["members pr", "members.value eq null", "members.display pr"]).prop_map(str::to_owned),
        2 => common(),
    ];
    combined(leaf.boxed())
}

/// About attributes that every resource has.
fn common() -> impl Strategy<Value = String> {
    prop_oneof![
        (select(IDS.as_slice()), operator()).prop_map(|(id, op)| format!("id {op} \"{id}\"")),
        (
            select(vec!["meta.created", "meta.lastModified"]),
            select(vec!["eq", "ne", "gt", "ge", "lt", "le", "sw"]),
            select(TIMES.as_slice()),
        )
            .prop_map(|(name, op, time)| format!("{name} {op} \"{time}\"")),
    ]
}

fn operator() -> impl Strategy<Value = &'static str> {
    select(vec![
        "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le",
    ])
}

fn combined(leaf: BoxedStrategy<String>) -> BoxedStrategy<String> {
    leaf.prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} and {other})")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one} or {other})")),
            inner.prop_map(|part| format!("not ({part})")),
        ]
    })
    .boxed()
}

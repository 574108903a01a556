//! Two connections side by side: nothing of the one is there for the other, in no verb and no question.

use serde_json::{Value, json};

use super::{bulk, connect, mailed, nobodys};
use crate::life::{groups, members};
use crate::roles::{is_admin, made_group, with};
use crate::support::{Client, Fixture, Setup, group, user};

/// Users and groups of two connections and of nobody, with names that sort between each other.
struct Two {
    fixture: Fixture,
    okta: Client,
    entra: Client,
    /// Users of okta.
    mine: Vec<String>,
    /// Users of entra.
    theirs: Vec<String>,
    /// A user of nobody's.
    free: String,
    my_group: String,
    their_group: String,
}

impl Two {
    fn new() -> Self {
        Self::with(Vec::new())
    }

    fn with(settings: Vec<(&'static str, &'static str)>) -> Self {
        let fixture = with(settings);
        let [okta, entra] = ["okta", "entra"].map(|name| connect(&fixture, name));
        let free = nobodys(&fixture, "m-free@example.org");
        let (mut mine, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..6 {
            for (client, ids, whose) in [(&okta, &mut mine, "okta"), (&entra, &mut theirs, "entra")]
            {
                let mut body = mailed(
                    &format!("u{number}-{whose}"),
                    &format!("u{number}@{whose}.org"),
                );
                body["externalId"] = number.to_string().into();
                body["displayName"] = format!("Person {number}").into();
                ids.push(client.post("/Users", &body).expect(201).id());
            }
        }
        let my_group = made_group(&okta, "Okta", &[&mine[0], &free]);
        let their_group = made_group(&entra, "Entra", &[&theirs[0], &free]);
        Self {
            fixture,
            okta,
            entra,
            mine,
            theirs,
            free,
            my_group,
            their_group,
        }
    }

    /// No trace of entra's in an answer.
    #[track_caller]
    fn clean(&self, what: &str, text: &str) {
        for foreign in self.theirs.iter().chain([&self.their_group]) {
            assert!(!text.contains(foreign), "{what}: {text}");
        }
        assert!(
            !text.contains("u0-entra") && !text.contains("entra.org"),
            "{what}: {text}"
        );
    }
}

fn search(filter: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter })
}

#[test]
fn those_of_another_connection_are_404_in_every_verb_and_nothing_changes() {
    let two = Two::new();
    let theirs = format!("/Users/{}", two.theirs[0]);
    let group_path = format!("/Groups/{}", two.their_group);
    let seen = || {
        (
            two.entra.get("/Users").text(),
            two.entra.get("/Groups").text(),
        )
    };
    let before = seen();
    let operations = json!([{ "op": "replace", "path": "displayName", "value": "mine" }]);
    for (path, body) in [
        (&theirs, user("u0-entra")),
        (&group_path, group("Entra", &json!([]))),
    ] {
        let replies = [
            two.okta.get(path),
            two.okta.send("HEAD", path, &[], None),
            two.okta.put(path, &body),
            two.okta.operations(path, &operations),
            two.okta.delete(path),
            two.okta
                .send("GET", path, &[("If-None-Match", "W/\"1\"")], None),
            two.okta
                .send("DELETE", path, &[("If-Match", "W/\"1\"")], None),
        ];
        for reply in replies {
            assert_eq!(reply.status, 404, "{path}: {}", reply.text());
        }
        // The same words as for what was never there.
        let [foreign, unknown] =
            [&path[..], "/Users/0190"].map(|path| two.okta.get(path).refused(404, None));
        assert_eq!(
            foreign.split('"').next(),
            unknown
                .replace(
                    "User",
                    if path.starts_with("/G") {
                        "Group"
                    } else {
                        "User"
                    }
                )
                .split('"')
                .next()
        );
        for (method, data) in [
            ("PUT", body.clone()),
            ("PATCH", json!({ "Operations": operations })),
            ("DELETE", Value::Null),
        ] {
            let mut operation = json!({ "method": method, "path": path });
            if !data.is_null() {
                operation["data"] = data;
            }
            assert_eq!(bulk(&two.okta, &operation).0, "404", "{operation}");
        }
    }
    assert_eq!(seen(), before);
}

#[test]
fn no_filter_sort_page_search_or_cursor_shows_what_belongs_to_another_connection() {
    let two = Two::new();
    let filters = [
        "userName sw \"u\"",
        "userName ew \"entra\"",
        "userName eq \"u0-entra\"",
        "userName ne \"x\"",
        "externalId eq \"0\"",
        "emails.value co \"@\"",
        "emails[value ew \"entra.org\"]",
        "emails.value eq \"u1@entra.org\"",
        "displayName eq \"Person 1\"",
        "not (userName eq \"x\")",
        "active eq true",
        "id pr",
        "groups pr",
        "meta.resourceType eq \"User\"",
        "userName eq \"u0-entra\" or userName eq \"u0-okta\"",
        "nickName eq null",
    ];
    let by_id = format!("id eq \"{}\"", two.theirs[0]);
    let by_group = format!("groups.value eq \"{}\"", two.their_group);
    for filter in filters.into_iter().chain([&*by_id, &*by_group]) {
        for path in ["/Users/.search", "/.search"] {
            let found = two.okta.post(path, &search(filter)).expect(200).json();
            two.clean(&format!("{path} {filter}"), &found.to_string());
            let shown = found["Resources"].as_array().map_or(0, Vec::len);
            assert_eq!(found["totalResults"], shown, "{path} {filter}");
        }
    }
    for path in ["/Users/.search", "/.search"] {
        let all = two
            .okta
            .post(path, &search("userName pr"))
            .expect(200)
            .json();
        assert_eq!(all["totalResults"], 7, "{all}");
    }
    for sort in [
        "userName",
        "displayName",
        "externalId",
        "meta.created",
        "meta.lastModified",
        "emails.value",
        "id",
        "nickName",
    ] {
        for order in ["ascending", "descending"] {
            let query = format!("/Users?sortBy={sort}&sortOrder={order}");
            let list = two.okta.get(&query).expect(200).json();
            two.clean(&query, &list.to_string());
            assert_eq!(
                (
                    &list["totalResults"],
                    list["Resources"].as_array().unwrap().len()
                ),
                (&json!(7), 7),
                "{query}"
            );
            let (mut seen, mut cursor) = (0, Some(String::new()));
            while let Some(at) = cursor {
                let page = two
                    .okta
                    .get(&format!("{query}&count=2&cursor={at}"))
                    .expect(200)
                    .json();
                two.clean(&query, &page.to_string());
                seen += page["Resources"].as_array().unwrap().len();
                cursor = page["nextCursor"].as_str().map(str::to_owned);
            }
            assert_eq!(seen, 7, "{query}");
        }
    }
}

#[test]
fn total_results_counts_what_is_seen() {
    let two = Two::new();
    for (path, filter, expected) in [
        ("/Users", "", 7),
        ("/Groups", "", 1),
        ("/Users", "&filter=active%20eq%20true", 7),
        ("/Users", "&filter=displayName%20pr", 6),
        ("/Users", "&filter=groups%20pr", 2),
    ] {
        for client in [&two.okta, &two.entra] {
            let list = client
                .get(&format!("{path}?count=0{filter}"))
                .expect(200)
                .json();
            assert_eq!(list["totalResults"], expected, "{path} {filter}");
        }
    }
    let everything = two
        .okta
        .post("/.search", &search("id pr"))
        .expect(200)
        .json();
    assert_eq!(everything["totalResults"], 8);
}

#[test]
fn a_cursor_of_one_connection_is_none_for_another() {
    let two = Two::new();
    let page = two.okta.get("/Users?count=2&cursor=").expect(200).json();
    let cursor = page["nextCursor"].as_str().unwrap();
    two.entra
        .get(&format!("/Users?count=2&cursor={cursor}"))
        .refused(400, Some("invalidCursor"));
}

#[test]
fn a_members_id_that_the_connection_cannot_see_is_kept_as_sent_and_resolves_to_nobody_for_good() {
    let two = Two::with(vec![("roles.admin_groups", "[\"Admins\"]")]);
    let foreign = &two.theirs[0];
    let made = |name: &str| made_group(&two.okta, name, &[foreign]);
    let admins = made("Admins");
    let path = format!("/Groups/{admins}");
    let empty = made_group(&two.okta, "Later", &[]);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": foreign }] }]);
    two.okta
        .operations(&format!("/Groups/{empty}"), &add)
        .expect(200);
    two.okta
        .put(&path, &group("Admins", &json!([{ "value": foreign }])))
        .expect(200);
    let shown = two.okta.get(&path).expect(200).json();
    assert_eq!(shown["members"], json!([{ "value": foreign }]));
    assert!(!is_admin(&two.fixture, foreign));
    assert_eq!(groups(&two.entra, foreign), ["Entra"]);
    // Not even when everything is given to the connection later.
    two.fixture
        .muster(&["connection", "move", "entra", "--to", "okta"])
        .done();
    assert!(!is_admin(&two.fixture, foreign));
    assert_eq!(groups(&two.okta, foreign), ["Entra"]);
}

#[test]
fn user_groups_shows_only_groups_the_connection_sees() {
    let two = Two::new();
    assert_eq!(groups(&two.okta, &two.free), ["Okta"]);
    assert_eq!(groups(&two.entra, &two.free), ["Entra"]);
    let in_list = |client: &Client| {
        let list = client
            .get("/Users?filter=userName%20eq%20%22m-free@example.org%22")
            .expect(200)
            .json();
        list["Resources"][0]["groups"].clone()
    };
    assert_eq!(in_list(&two.okta)[0]["value"], *two.my_group);
    assert_eq!(in_list(&two.entra)[0]["value"], *two.their_group);
    let list = two.okta.get("/Users").expect(200).text();
    two.clean("list", &list);
    // Administrators see all.
    let all = two
        .fixture
        .muster(&["user", "show", "--id", &two.free, "--json"])
        .json();
    assert_eq!(all["groups"].as_array().unwrap().len(), 2);
}

#[test]
fn filters_on_members_see_what_the_connection_sees() {
    let two = Two::new();
    for (filter, expected) in [
        (format!("members.value eq \"{}\"", two.free), 1),
        (format!("members[value eq \"{}\"]", two.free), 1),
        (format!("members.value eq \"{}\"", two.theirs[0]), 0),
        ("members pr".to_owned(), 1),
        (format!("members.value co \"{}\"", two.theirs[0]), 0),
    ] {
        let found = two
            .okta
            .post("/Groups/.search", &search(&filter))
            .expect(200)
            .json();
        assert_eq!(found["totalResults"], expected, "{filter}");
        two.clean(&filter, &found.to_string());
    }
    // A group that nobody owns any more shows entra's people to entra alone.
    two.fixture
        .muster(&["connection", "release", "entra"])
        .done();
    let back = two.entra.operations(
        &format!("/Users/{}", two.theirs[0]),
        &json!([{ "op": "add", "path": "title", "value": "Dr" }]),
    );
    back.expect(200);
    let of = |client: &Client| {
        let filter = format!("members.value eq \"{}\"", two.theirs[0]);
        client
            .post("/Groups/.search", &search(&filter))
            .expect(200)
            .json()["totalResults"]
            .clone()
    };
    assert_eq!((of(&two.okta), of(&two.entra)), (json!(0), json!(1)));
    assert_eq!(members(&two.okta, &two.their_group), [&*two.free]);
    let scanned = two.okta.post(
        "/Groups/.search",
        &search(&format!("members.value co \"{}\"", two.theirs[0])),
    );
    assert_eq!(scanned.expect(200).json()["totalResults"], 0);
}

#[test]
fn with_require_references_a_foreign_id_does_not_exist() {
    let two = Two::with(vec![("scim.require_references", "true")]);
    let foreign = &two.theirs[0];
    let [at_foreign, at_nothing] = [&**foreign, "nothing"].map(|id| {
        let detail = two
            .okta
            .post("/Groups", &group("G", &json!([{ "value": id }])))
            .refused(400, Some("invalidValue"));
        detail.replace(id, "")
    });
    assert_eq!(at_foreign, at_nothing);
    let mut body = user("report");
    let enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    body["schemas"] = json!([body["schemas"][0], enterprise]);
    body[enterprise] = json!({ "manager": { "value": foreign } });
    two.okta
        .post("/Users", &body)
        .refused(400, Some("invalidValue"));
    for id in [&two.mine[0], &two.free] {
        body["userName"] = format!("report of {id}").into();
        body[enterprise]["manager"]["value"] = id.as_str().into();
        two.okta.post("/Users", &body).expect(201);
    }
}

#[test]
fn a_bulk_request_refers_to_what_it_makes_and_not_to_what_belongs_to_others() {
    let two = Two::with(vec![("scim.require_references", "true")]);
    let make = |member: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [
                { "method": "POST", "path": "/Users", "bulkId": "u", "data": user(&format!("bulk {member}")) },
                { "method": "POST", "path": "/Groups", "bulkId": "g",
                  "data": group(&format!("bulk {member}"), &json!([{ "value": member }])) },
            ],
        });
        let done = two.okta.post("/Bulk", &body).expect(200).json();
        [0, 1].map(|at| {
            done["Operations"][at]["status"]
                .as_str()
                .unwrap()
                .to_owned()
        })
    };
    assert_eq!(make("bulkId:u"), ["201", "201"]);
    assert_eq!(make(&two.theirs[0]), ["201", "400"]);
}

#[test]
fn names_are_unique_over_all_connections_and_the_answer_names_no_other() {
    let two = Two::new();
    for (path, body) in [
        ("/Users", user("U0-ENTRA")),
        ("/Groups", group("entra", &json!([]))),
    ] {
        let detail = two.okta.post(path, &body).refused(409, Some("uniqueness"));
        two.clean("409", &detail.replace("u0-entra", ""));
    }
    let rename = json!([{ "op": "replace", "path": "userName", "value": "u0-entra" }]);
    two.okta
        .operations(&format!("/Users/{}", two.mine[0]), &rename)
        .refused(409, Some("uniqueness"));
}

#[test]
fn only_a_deleted_user_of_the_same_connection_comes_back() {
    let two = Two::new();
    let mut body = mailed("leaver", "leaver@example.org");
    body["externalId"] = "77".into();
    let theirs = two.entra.post("/Users", &body).expect(201).id();
    two.entra.delete(&format!("/Users/{theirs}")).expect(204);
    let mine = two.okta.post("/Users", &body).expect(201).id();
    assert_ne!(mine, theirs);
    two.okta.delete(&format!("/Users/{mine}")).expect(204);
    assert_eq!(two.entra.post("/Users", &body).expect(201).id(), theirs);
}

#[test]
fn administrators_and_the_command_line_see_everything() {
    let two = Two::new();
    let all = two.fixture.muster(&["user", "list", "--json"]).done();
    assert_eq!(all.matches("\"userName\"").count(), 13);
    let listed = two.fixture.muster(&["connection", "list", "--json"]).json();
    let records: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["records"].clone())
        .collect();
    assert_eq!(records, [json!(7), json!(7)]);
}

#[test]
fn the_connection_of_the_settings_is_one_like_any_other() {
    let two = Two::new();
    let config = two.fixture.client();
    assert_eq!(
        config.get("/Users?count=0").expect(200).json()["totalResults"],
        1
    );
    let own = config.post("/Users", &user("config's")).expect(201).id();
    two.okta.get(&format!("/Users/{own}")).refused(404, None);
    let fixture = two.fixture.anew(Setup::default());
    fixture.client().get(&format!("/Users/{own}")).expect(200);
}

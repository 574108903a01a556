//! Section 3.4.2.2: filters, each by whom it finds.

use std::time::Duration;

use muster::clock::Clock;
use serde_json::{Value, json};

use crate::support::strict::{
    Client, ENTERPRISE, Fixture, Setup, USER, column, group, made, query, strict, user,
};

/// Three users, a second apart from 12:00:00, and a group with the first in it.
struct Staff {
    fixture: Fixture,
    client: Client,
    ada: String,
    group: String,
}

fn staff() -> Staff {
    let (clock, hand) = Clock::manual("2026-03-01T12:00:00Z".parse().unwrap());
    let fixture = Fixture::with(Setup {
        profile: "rfc",
        clock,
        settings: Vec::new(),
    });
    let client = fixture.client();
    let ada = json!({
        "externalId": "Ext-1", "title": "Engineer", "displayName": "",
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [
            { "value": "ada@work.example", "type": "work", "primary": true },
            { "value": "ada@home.example", "type": "home" },
        ],
        "x509Certificates": [{ "value": "TUlJ" }],
        "photos": [{ "value": "https://x.example/Ada" }],
        ENTERPRISE: { "department": "R&D", "employeeNumber": "10", "manager": { "value": "M-1" } },
    });
    let bob = json!({
        "externalId": "ext-1", "title": "engineer", "active": false,
        "emails": [{ "value": "bob@home.example", "type": "home" }],
    });
    let cyd = json!({ "nickName": "C\"y\\d é", "name": { "familyName": "Charisse" } });
    let mut paths = Vec::new();
    for (name, more) in [("ada", ada), ("Bob", bob), ("cyd", cyd)] {
        paths.push(made(&client, "/Users", &user(name, more)));
        hand.advance(Duration::from_secs(1));
    }
    let ada = paths[0].trim_start_matches("/Users/").to_owned();
    let members = json!({ "members": [{ "value": ada, "type": "User", "display": "Ada" }, { "value": "x" }] });
    let group = made(&client, "/Groups", &group("Staff", members));
    Staff {
        fixture,
        client,
        ada,
        group: group.trim_start_matches("/Groups/").to_owned(),
    }
}

impl Staff {
    #[track_caller]
    fn finds(&self, filter: &str, names: &[&str]) {
        let reply = self.client.get(&query("/Users", &[("filter", filter)]));
        assert_eq!(reply.status, 200, "{filter}: {}", reply.text());
        assert_eq!(column(&reply, "userName"), names, "{filter}");
        assert_eq!(reply.json()["totalResults"], names.len(), "{filter}");
    }
}

const ADA: &[&str] = &["ada"];
const BOB: &[&str] = &["Bob"];
const CYD: &[&str] = &["cyd"];
const ADA_BOB: &[&str] = &["ada", "Bob"];
const ADA_CYD: &[&str] = &["ada", "cyd"];
const BOB_CYD: &[&str] = &["Bob", "cyd"];
const ALL: &[&str] = &["ada", "Bob", "cyd"];
const NOBODY: &[&str] = &[];

/// Table 3: the operators, with `caseExact` and types.
#[test]
fn s3_4_2_2_operators() {
    let staff = staff();
    for (filter, names) in [
        ("userName eq \"ADA\"", ADA),
        ("userName ne \"ada\"", BOB_CYD),
        ("externalId eq \"ext-1\"", BOB),
        ("externalId eq \"Ext-1\"", ADA),
        ("externalId eq \"EXT-1\"", NOBODY),
        ("externalId sw \"E\"", ADA),
        ("title co \"GINE\"", ADA_BOB),
        ("title sw \"eng\"", ADA_BOB),
        ("title ew \"EER\"", ADA_BOB),
        ("title eq \"engineer \"", NOBODY),
        ("title co \"\"", ADA_BOB),
        ("title ne \"engineer\"", CYD),
        ("userName gt \"ada\"", BOB_CYD),
        ("userName ge \"BOB\"", BOB_CYD),
        ("userName lt \"bob\"", ADA),
        ("userName le \"bob\"", ADA_BOB),
        ("active eq true", ADA_CYD),
        ("active eq FALSE", BOB),
        ("active ne true", BOB),
        ("title pr", ADA_BOB),
        ("displayName pr", NOBODY),
        ("name pr", ADA_CYD),
        ("emails pr", ADA_BOB),
        ("active pr", ALL),
        ("title eq null", CYD),
        ("title ne null", ADA_BOB),
        ("x509Certificates.value eq \"TUlJ\"", ADA),
        ("x509Certificates.value eq \"tulj\"", NOBODY),
        ("photos.value co \"/Ada\"", ADA),
        ("photos.value co \"/ada\"", NOBODY),
        ("nickName eq \"C\\\"y\\\\d \\u00e9\"", CYD),
        ("nickName co \"É\"", CYD),
    ] {
        staff.finds(filter, names);
    }
}

/// Figure 1 and its precedence: grouping, then `not`, then `and`, then `or`.
#[test]
fn s3_4_2_2_grammar_and_precedence() {
    let staff = staff();
    for (filter, names) in [
        ("USERNAME EQ \"ada\"", ADA),
        ("userName eq \"ada\" AND active Eq true", ADA),
        ("userName eq \"ada\" or userName eq \"cyd\"", ADA_CYD),
        (
            "title pr or userName eq \"cyd\" and active eq false",
            ADA_BOB,
        ),
        ("(title pr or userName eq \"cyd\") and active eq false", BOB),
        (
            "active eq false and userName eq \"cyd\" or title pr",
            ADA_BOB,
        ),
        ("not (title pr)", CYD),
        ("not(title pr)", CYD),
        ("NOT (title pr) or userName eq \"ada\"", ADA_CYD),
        ("not (title pr and active eq true)", BOB_CYD),
        ("not (not (title pr))", ADA_BOB),
        ("((((userName eq \"ada\"))))", ADA),
        ("emails.type eq \"work\" and emails.value co \"home\"", ADA),
        ("emails[type eq \"work\" and value co \"home\"]", NOBODY),
        ("emails[type eq \"home\" and value co \"home\"]", ADA_BOB),
        ("emails[not (type eq \"home\")]", ADA),
        ("emails[primary eq true]", ADA),
        ("emails[type eq \"home\"] and active eq false", BOB),
        ("not (emails[type eq \"work\"])", BOB_CYD),
        ("emails.value sw \"ada@\"", ADA),
        ("emails.type ne \"work\"", ALL),
    ] {
        staff.finds(filter, names);
    }
}

/// §3.10 in filters, and the attributes that are in no schema.
#[test]
fn s3_4_2_2_names_and_common_attributes() {
    let staff = staff();
    for (filter, names) in [
        (&*format!("{USER}:userName eq \"ada\""), ADA),
        (&format!("{}:USERNAME eq \"ada\"", USER.to_uppercase()), ADA),
        (&format!("{USER}:emails.type eq \"work\""), ADA),
        (&format!("{USER}:emails[type eq \"work\"]"), ADA),
        (&format!("{ENTERPRISE}:department eq \"r&d\""), ADA),
        (&format!("{ENTERPRISE}:manager.value eq \"M-1\""), ADA),
        (&format!("{ENTERPRISE}:manager.value eq \"m-1\""), NOBODY),
        (&format!("{ENTERPRISE}:manager pr"), ADA),
        (&format!("not ({ENTERPRISE}:employeeNumber pr)"), BOB_CYD),
        (&format!("schemas eq \"{ENTERPRISE}\""), ADA),
        (&format!("schemas eq \"{USER}\""), ALL),
        (&format!("id eq \"{}\"", staff.ada), ADA),
        (&format!("id eq \"{}\"", staff.ada.to_uppercase()), NOBODY),
        ("id pr", ALL),
        ("meta.resourceType eq \"User\"", ALL),
        ("meta.resourceType eq \"user\"", NOBODY),
        ("meta.created gt \"2026-03-01T12:00:00Z\"", BOB_CYD),
        (
            "meta.lastModified ge \"2026-03-01T13:00:01+01:00\"",
            BOB_CYD,
        ),
        ("meta.lastModified lt \"2026-03-01T12:00:00.5Z\"", ADA),
        ("meta.created eq \"2026-03-01T12:00:02.000Z\"", CYD),
        ("meta.version eq \"W/\\\"1\\\"\"", ALL),
        (&format!("groups.value eq \"{}\"", staff.group), ADA),
        (&format!("groups[value eq \"{}\"]", staff.group), ADA),
        ("groups.display eq \"staff\"", ADA),
        ("groups pr", ADA),
        ("not (groups pr)", BOB_CYD),
    ] {
        staff.finds(filter, names);
    }
}

/// Filters over groups and their members.
#[test]
fn s3_4_2_2_groups() {
    let staff = staff();
    let ada = &staff.ada;
    for (filter, found) in [
        ("displayName eq \"STAFF\"", 1),
        ("displayName eq \"x\"", 0),
        (&*format!("members.value eq \"{ada}\""), 1),
        (
            &format!("members[value eq \"{ada}\" and type eq \"user\"]"),
            1,
        ),
        ("members[value eq \"x\" and type eq \"User\"]", 0),
        ("members.value eq \"x\"", 1),
        ("members.display co \"ad\"", 1),
        ("members eq null", 0),
        ("members pr", 1),
        (&format!("not (members.value eq \"{ada}\")"), 0),
        ("schemas co \"Group\"", 1),
        ("meta.resourceType eq \"Group\"", 1),
    ] {
        let reply = staff.client.get(&query("/Groups", &[("filter", filter)]));
        assert_eq!(reply.status, 200, "{filter}: {}", reply.text());
        assert_eq!(reply.json()["totalResults"], found, "{filter}");
    }
    staff.fixture.client().get("/Groups").expect(200);
}

/// §3.4.2.2, §3.12: what is no filter is 400 `invalidFilter`, and is never taken for "no filter".
#[test]
fn s3_4_2_2_invalid_filters() {
    let fixture = strict(&[]);
    let client = fixture.client();
    made(&client, "/Users", &user("ada", json!({})));
    for filter in [
        "",
        "  ",
        "userName",
        "eq \"x\"",
        "userName eq",
        "userName eq \"ada",
        "userName eq ada",
        "userName xx \"a\"",
        "userName = \"a\"",
        "userName eq 'ada'",
        "userName eq \"a\" \"b\"",
        "(userName pr",
        "userName pr)",
        "()",
        "not userName pr",
        "not ()",
        "and",
        "userName pr and",
        "userName pr or or active pr",
        "emails[type eq \"work\"",
        "emails[]",
        "emails]",
        "emails[type eq \"work\"]]",
        "emails[emails[type pr]]",
        "name[familyName eq \"x\"]",
        "userName[value eq \"x\"]",
        "userName eq 1",
        "userName eq true",
        "active eq \"true\"",
        "active eq 1",
        "active gt true",
        "active co true",
        "active ge false",
        "x509Certificates.value gt \"YQ==\"",
        "x509Certificates.value le \"YQ==\"",
        "meta.created gt \"yesterday\"",
        "meta.created gt 5",
        "userName gt null",
        "emails eq \"x\"",
        "manager eq \"x\"",
        "password eq \"x\"",
        "password pr",
        "nothing eq \"x\"",
        "name.nothing pr",
        "urn:x:y eq \"x\"",
        "1 eq 1",
        "userName eq \"\\x\"",
        "userName eq \"\u{1}\"",
        "userName eq \"a\u{0}\"",
        "userName;drop eq \"x\"",
        "$count gt 1",
        "meta.location pr",
        "not (meta.location eq \"x\")",
        "groups.$ref eq \"x\"",
        "emails.value.sub eq \"x\"",
        &"(".repeat(100),
        &"x".repeat(5000),
    ] {
        let reply = client.get(&query("/Users", &[("filter", filter)]));
        assert_eq!(reply.status, 400, "{filter}: {}", reply.text());
        let detail = reply.refused(400, Some("invalidFilter"));
        assert!(detail.len() < 6_000, "{filter}");
    }
    for raw in [
        "/Users?filter",
        "/Users?filter=%ff",
        "/Users?filter=userName%20pr%",
    ] {
        client.get(raw).refused(400, Some("invalidFilter"));
    }
    let twice = "/Users?filter=userName%20pr&Filter=userName%20pr";
    client.get(twice).refused(400, Some("invalidValue"));
}

/// §3.4.2.2: a name in another resource type's schema is none of this one's.
#[test]
fn s3_4_2_2_names_belong_to_the_type() {
    let fixture = strict(&[]);
    let client = fixture.client();
    for (endpoint, filter) in [("/Groups", "userName pr"), ("/Users", "members pr")] {
        client
            .get(&query(endpoint, &[("filter", filter)]))
            .refused(400, Some("invalidFilter"));
    }
}

/// §3.12 `tooMany`: a filter without an index reads so many resources and no more.
#[test]
fn s3_12_too_many() {
    let fixture = strict(&[("scim.max_scan", "2")]);
    let client = fixture.client();
    for name in ["a", "b", "c"] {
        made(&client, "/Users", &user(name, json!({ "nickName": "n" })));
    }
    let by = |filter: &str| client.get(&query("/Users", &[("filter", filter)]));
    by("nickName co \"n\"").refused(400, Some("tooMany"));
    let found: Vec<Value> = column(&by("userName eq \"b\"").expect(200), "userName");
    assert_eq!(found, ["b"]);
}

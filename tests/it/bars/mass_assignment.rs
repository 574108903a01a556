//! Whatever is sent for attributes that are not the client's, in every syntax: nothing of it is stored.

use serde_json::{Map, Value, json};

use crate::support::strict::{
    Client, ENTERPRISE, Fixture, GROUP, Setup, USER, group, made, stored, user, with,
};

/// What no schema has, but some store, framework or language has.
const UNKNOWN: [&str; 16] = [
    "owner",
    "state",
    "kind",
    "version",
    "created",
    "resourceType",
    "admin",
    "isAdmin",
    "roleId",
    "connection",
    "body",
    "hidden",
    "_id",
    "__proto__",
    "constructor",
    "urn:ietf:params:scim:schemas:extension:x:2.0:User",
];

/// Draws in a fixed order.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn value(&mut self) -> Value {
        let all = [
            json!("forged"),
            json!(""),
            json!(null),
            json!(true),
            json!(0),
            json!(-1.5),
            json!([]),
            json!({}),
            json!(["forged"]),
            json!({ "value": "forged" }),
            json!([{ "value": "forged", "display": "forged", "type": "direct" }]),
            json!({ "resourceType": "Group", "created": "1999-01-01T00:00:00Z", "version": "W/\"9\"", "location": "forged" }),
            json!([USER, GROUP, "urn:x"]),
            json!("1999-01-01T00:00:00Z"),
            json!({ "forged": { "forged": ["forged"] } }),
        ];
        all[self.below(all.len())].clone()
    }
}

/// The paths of the attributes of `schema` that are readOnly or immutable.
fn fixed_paths(client: &Client, schema: &str, prefix: &str) -> Vec<String> {
    let document = client.get(&format!("/Schemas/{schema}")).expect(200).json();
    let mut paths = Vec::new();
    for attribute in document["attributes"].as_array().unwrap() {
        let name = format!("{prefix}{}", attribute["name"].as_str().unwrap());
        let is_fixed =
            |one: &Value| one["mutability"] == "readOnly" || one["mutability"] == "immutable";
        for sub in attribute["subAttributes"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|sub| is_fixed(sub))
        {
            paths.push(format!("{name}.{}", sub["name"].as_str().unwrap()));
        }
        if is_fixed(attribute) {
            paths.push(name);
        }
    }
    paths
}

fn targets(client: &Client, schemas: &[(&str, &str)]) -> Vec<String> {
    let common = [
        "id",
        "schemas",
        "meta",
        "meta.resourceType",
        "meta.created",
        "meta.lastModified",
        "meta.location",
        "meta.version",
    ];
    let mut all: Vec<String> = common
        .iter()
        .chain(&UNKNOWN)
        .map(|name| (*name).to_owned())
        .collect();
    for (schema, prefix) in schemas {
        all.extend(fixed_paths(client, schema, prefix));
    }
    all
}

/// `value` at `path` as members of members: `{"meta":{"created":…}}`.
fn nested(path: &str, value: Value) -> Value {
    let (outer, rest) = match path.strip_prefix(ENTERPRISE) {
        Some(rest) if !rest.is_empty() => (ENTERPRISE, Some(&rest[1..])),
        _ if path.starts_with("urn:") => (path, None),
        _ => match path.split_once('.') {
            Some((outer, rest)) => (outer, Some(rest)),
            None => (path, None),
        },
    };
    let inner = match rest {
        Some(rest) => nested(rest, value),
        None => value,
    };
    json!({ outer: inner })
}

/// What must not move, whatever is sent.
fn unmoved(resource: &Value) -> Value {
    let meta = &resource["meta"];
    json!({
        "id": resource["id"], "schemas": resource["schemas"], "groups": resource["groups"], "members": resource["members"],
        "name": [resource["userName"], resource["displayName"]], "manager": resource[ENTERPRISE]["manager"],
        "meta": [meta["resourceType"], meta["created"], meta["location"]],
    })
}

/// Sends one value for one attribute in every syntax.
fn assault(client: &Client, path: &str, valid: &Value, target: &str, dice: &mut Dice) {
    let upper = target.to_uppercase();
    for op in ["add", "replace"] {
        for path_said in [
            target,
            &upper,
            &format!("{USER}:{target}"),
            &format!("{target}[value eq \"forged\"]"),
        ] {
            let operation = json!({ "op": op, "path": path_said, "value": dice.value() });
            assert!(client.operations(path, &json!([operation])).status < 500);
        }
        for value in [
            nested(target, dice.value()),
            json!({ target: dice.value() }),
            json!({ upper.as_str(): dice.value() }),
        ] {
            assert!(
                client
                    .operations(path, &json!([{ "op": op, "value": value }]))
                    .status
                    < 500
            );
        }
    }
    if !UNKNOWN.contains(&target) && !target.contains("members") {
        assert!(
            client
                .operations(path, &json!([{ "op": "remove", "path": target }]))
                .status
                < 500
        );
    }
    for more in [
        nested(target, dice.value()),
        json!({ target: dice.value() }),
        json!({ upper.as_str(): dice.value() }),
    ] {
        // What is the client's stays as it was: PUT would rightly clear it.
        let body = with(more, valid.clone());
        assert!(client.put(path, &body).status < 500);
        let reply = client.post(
            path.rsplit_once('/').unwrap().0,
            &with(body, json!({ "userName": "other", "displayName": "other" })),
        );
        assert!(reply.status < 500);
        if reply.status == 201 {
            let made = reply.json();
            only_known(&made);
            // A year alone may stand in an id by chance.
            let dates = [&made["meta"]["created"], &made["meta"]["lastModified"]];
            assert!(
                !made["meta"].to_string().contains("forged")
                    && dates.iter().all(|date| !date.to_string().contains("1999-")),
                "{made}"
            );
            assert_eq!(made.get("groups"), None);
            assert!(
                client
                    .delete(&format!(
                        "{}/{}",
                        path.rsplit_once('/').unwrap().0,
                        made["id"].as_str().unwrap()
                    ))
                    .status
                    == 204
            );
        }
    }
}

fn only_known(resource: &Value) {
    for name in resource.as_object().unwrap().keys() {
        assert!(
            !UNKNOWN.contains(&name.as_str()),
            "{name} was stored: {resource}"
        );
    }
}

fn run(profile: &'static str) {
    let fixture = Fixture::with(Setup {
        profile,
        ..Setup::default()
    });
    let client = fixture.client();
    let mut dice = Dice(7);
    let manager = json!({ ENTERPRISE: { "manager": { "value": "m" } } });
    let ada_body = user("ada", with(manager, json!({ "displayName": "Ada" })));
    let ada = made(&client, "/Users", &ada_body);
    let members =
        json!({ "members": [{ "value": ada.trim_start_matches("/Users/"), "type": "User" }] });
    let staff_body = group("staff", members);
    let staff = made(&client, "/Groups", &staff_body);
    let kinds = [
        (
            &ada,
            &ada_body,
            targets(
                &client,
                &[(USER, ""), (ENTERPRISE, &format!("{ENTERPRISE}:"))],
            ),
        ),
        (&staff, &staff_body, targets(&client, &[(GROUP, "")])),
    ];
    for (path, body, targets) in kinds {
        assert!(targets.len() > 26, "{targets:?}");
        let before = unmoved(&stored(&client, path));
        let wanted: Map<String, Value> = body.as_object().unwrap().clone();
        for target in targets {
            // As a whole, members are the client's to write; their sub-attributes are not.
            assault(
                &client,
                path,
                &Value::Object(wanted.clone()),
                &target,
                &mut dice,
            );
            let after = stored(&client, path);
            assert_eq!(unmoved(&after), before, "{profile}: {target}");
            only_known(&after);
        }
    }
}

/// Bar 43.
#[test]
fn nothing_of_the_servers_is_ever_written_in_rfc() {
    run("rfc");
}

/// Bar 43, where the profile rewrites what is sent.
#[test]
fn nothing_of_the_servers_is_ever_written_in_auto() {
    run("auto");
}

/// Bar 45: the path says which resource is meant; nothing in body or query does.
#[test]
fn the_path_says_which_resource_is_meant() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let ada = made(&client, "/Users", &user("ada", json!({})));
    let bob = made(&client, "/Users", &user("bob", json!({})));
    let (ada_before, bob_id) = (stored(&client, &ada), bob.trim_start_matches("/Users/"));
    let claims =
        json!({ "id": bob_id, "ID": "x", "meta": { "location": "x", "resourceType": "Group" } });
    client.put(&format!("{ada}?id={bob_id}"), &user("ada", claims.clone()));
    client.operations(
        &format!("{ada}?id={bob_id}&userName=x"),
        &json!([{ "op": "replace", "value": claims }]),
    );
    client
        .send("GET", &ada, &[("X-HTTP-Method-Override", "DELETE")], None)
        .expect(200);
    client
        .send(
            "POST",
            &format!("{ada}?_method=DELETE"),
            &[("X-HTTP-Method", "DELETE")],
            None,
        )
        .refused(405, None);
    assert_eq!(unmoved(&stored(&client, &ada)), unmoved(&ada_before));
    assert_eq!(stored(&client, &bob)["userName"], "bob");
    let as_group = with(group("x", json!({})), json!({ "userName": "eve" }));
    client.post("/Groups", &as_group).expect(201);
    assert_eq!(client.get("/Users").json()["totalResults"], 2);
}

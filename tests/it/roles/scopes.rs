//! What a connection without a scope cannot do, in any syntax; the refusal names the command.

use serde_json::{Value, json};

use super::{is_admin, made_group, values, with};
use crate::life::{delete, made, members, set_active};
use crate::support::{Client, Fixture, Reply, Setup, group, patch_body, user};

const GROUPS: &str = "[\"Admins\", \"ext-admins\", \"Unused\"]";
const WITHOUT: &str = "read,users,groups";

/// A gateway with a group of administrators that a connection without `admin-groups` sees.
struct World {
    fixture: Fixture,
    client: Client,
    admin: String,
    eve: String,
    admins: String,
    other: String,
}

impl World {
    fn new() -> Self {
        let fixture = with(vec![("roles.admin_groups", GROUPS)]);
        let client = fixture.client();
        let [admin, eve] = ["admin", "eve"].map(|name| made(&client, name));
        let admins = made_group(&client, "Admins", &[&admin]);
        let other = made_group(&client, "Other", &[&eve]);
        let fixture = fixture.anew(Setup {
            settings: vec![("roles.admin_groups", GROUPS), ("scim.scopes", WITHOUT)],
            ..Setup::default()
        });
        let client = fixture.client();
        Self {
            fixture,
            client,
            admin,
            eve,
            admins,
            other,
        }
    }

    #[track_caller]
    fn refused(&self, what: &str, attempt: impl FnOnce(&Client) -> Reply) {
        let seen = || ["/Users", "/Groups"].map(|path| self.client.get(path).json());
        let before = seen();
        let detail = attempt(&self.client).refused(403, None);
        assert!(
            detail.contains("muster connection scope") && detail.contains("+admin-groups"),
            "{what}: {detail}"
        );
        assert_eq!(seen(), before, "{what}");
        assert!(!is_admin(&self.fixture, &self.eve), "{what}");
        assert!(is_admin(&self.fixture, &self.admin), "{what}");
    }

    fn bulk(&self, operation: Value) -> Value {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [operation],
        });
        self.client.post("/Bulk", &body).expect(200).json()["Operations"][0].clone()
    }
}

#[test]
fn without_admin_groups_no_syntax_changes_who_is_an_administrator() {
    let world = World::new();
    let (path, other, eve) = (
        format!("/Groups/{}", world.admins),
        format!("/Groups/{}", world.other),
        &world.eve,
    );
    let on_admins = [
        json!([{ "op": "add", "path": "members", "value": [{ "value": eve }] }]),
        json!([{ "op": "add", "value": { "members": [{ "value": eve }] } }]),
        json!([{ "op": "replace", "path": "members", "value": [{ "value": eve }] }]),
        json!([{ "op": "add", "path": "members", "value": [{ "value": world.other }] }]),
        json!([{ "op": "remove", "path": "members" }]),
        json!([{ "op": "remove", "path": format!("members[value eq \"{}\"]", world.admin) }]),
        json!([{ "op": "remove", "path": "members", "value": [{ "value": world.admin }] }]),
    ];
    for operations in on_admins {
        world.refused(&operations.to_string(), |client| {
            client.operations(&path, &operations)
        });
        let bulk = json!({ "method": "PATCH", "path": path, "data": patch_body(&operations) });
        let done = world.bulk(bulk);
        assert_eq!(done["status"], "403", "{done}");
    }
    world.refused("PUT", |client| {
        client.put(&path, &group("Admins", &values(&[&world.admin, eve])))
    });
    world.refused("DELETE", |client| client.delete(&path));
    let on_other = [
        json!([{ "op": "replace", "path": "displayName", "value": "unused" }]),
        json!([{ "op": "replace", "value": { "displayName": "Unused" } }]),
        json!([{ "op": "add", "path": "externalId", "value": "ext-admins" }]),
    ];
    for operations in on_other {
        world.refused(&operations.to_string(), |client| {
            client.operations(&other, &operations)
        });
    }
    world.refused("PUT of a name", |client| {
        client.put(&other, &group("Unused", &values(&[eve])))
    });
    let mut external = group("New", &values(&[eve]));
    external["externalId"] = json!("ext-admins");
    world.refused("POST of an externalId", |client| {
        client.post("/Groups", &external)
    });
    world.refused("POST of a name", |client| {
        client.post("/Groups", &group("UNUSED", &values(&[eve])))
    });
    let done = world.bulk(json!({ "method": "POST", "path": "/Groups", "bulkId": "g",
        "data": group("Unused", &values(&[eve])) }));
    assert_eq!(done["status"], "403", "{done}");
    // Attributes that only sound like rights give none.
    let mut roles = user("eve");
    roles["roles"] = json!([{ "value": "admin" }]);
    roles["entitlements"] = json!([{ "value": "admin" }]);
    roles["groups"] = json!([{ "value": world.admins }]);
    world
        .client
        .put(&format!("/Users/{eve}"), &roles)
        .expect(200);
    assert!(!is_admin(&world.fixture, eve));
}

#[test]
fn without_admin_groups_everything_else_is_as_ever() {
    let world = World::new();
    let path = format!("/Groups/{}", world.admins);
    // Who is in it stays: a new name, the same members once more.
    world
        .client
        .put(&path, &group("Chefs", &values(&[&world.admin])))
        .expect(200);
    let again = json!([{ "op": "add", "path": "members", "value": [{ "value": world.admin }] }]);
    world.client.operations(&path, &again).expect(200);
    let other = format!("/Groups/{}", world.other);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": world.admin }] }]);
    world.client.operations(&other, &add).expect(200);
    // The name is pinned to the first group, so a second one of that name gives nothing.
    made_group(&world.client, "Admins", &[&world.eve]);
    assert!(!is_admin(&world.fixture, &world.eve));
    // Deactivating or deleting a person is no such change.
    super::make_admin(&world.fixture, &world.eve);
    set_active(&world.client, &world.admin, false).expect(200);
    delete(&world.fixture, &world.admin);
    assert_eq!(members(&world.client, &world.admins), [""; 0]);
    let remove = json!([{ "op": "remove", "path": "members" }]);
    world.client.operations(&path, &remove).refused(403, None);
}

#[test]
fn with_admin_groups_it_is_allowed() {
    let fixture = with(vec![("roles.admin_groups", GROUPS)]);
    let client = fixture.client();
    let [ada, eve] = ["ada", "eve"].map(|name| made(&client, name));
    let admins = made_group(&client, "Admins", &[&ada]);
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": eve }] }]);
    client
        .operations(&format!("/Groups/{admins}"), &add)
        .expect(200);
    assert!(is_admin(&fixture, &eve));
}

#[test]
fn each_verb_needs_its_scope() {
    let scopes = |scopes| with(vec![("scim.scopes", scopes)]);
    let detail = |reply: Reply| reply.refused(403, None);
    let other = scopes("introspect");
    let nothing = other.client();
    assert!(detail(nothing.get("/Users")).contains("+read"));
    assert!(detail(nothing.get("/Groups/x")).contains("+read"));
    let reader = scopes("read");
    let client = reader.client();
    client.get("/Users").expect(200);
    assert!(detail(client.post("/Users", &user("ada"))).contains("+users"));
    assert!(detail(client.put("/Users/x", &user("ada"))).contains("+users"));
    assert!(detail(client.delete("/Users/x")).contains("+users"));
    assert!(detail(set_active(&client, "x", true)).contains("+users"));
    assert!(detail(client.post("/Groups", &group("g", &json!([])))).contains("+groups"));
    assert!(detail(client.delete("/Groups/x")).contains("+groups"));
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [{ "method": "POST", "path": "/Users", "bulkId": "u", "data": user("ada") }],
    });
    let done = client.post("/Bulk", &bulk).expect(200).json();
    assert_eq!(done["Operations"][0]["status"], "403", "{done}");
    client.get("/ServiceProviderConfig").expect(200);
    let users = scopes("users");
    users.client().post("/Users", &user("ada")).expect(201);
    users.client().get("/Users").refused(403, None);
}

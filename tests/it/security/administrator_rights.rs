//! A connection without `admin-groups` never makes an administrator, whatever order of requests it sends.

use serde_json::{Value, json};

use crate::life::{delete as delete_user, groups, made, members, person, restore, set_active};
use crate::roles::{is_admin, made_group, make_admin, values};
use crate::support::{Client, Fixture, Reply, Setup, group, patch_body, user};

const SETTINGS: [(&str, &str); 2] = [
    ("roles.admin_groups", "[\"Admins\", \"ext-admins\"]"),
    (
        "roles.map",
        "{ Support = \"helpdesk\", Audit = \"auditor\", Staff = \"editor\" }",
    ),
];
const ALL: &str = "read,users,groups,admin-groups";
const WITHOUT: &str = "read,users,groups";

/// A group of administrators with one former administrator in it, and a connection that owns both and has
/// no scope `admin-groups`.
struct Scene {
    fixture: Fixture,
    client: Client,
    admins: String,
    former: String,
}

fn setup(scopes: &'static str) -> Setup {
    Setup {
        settings: [SETTINGS.as_slice(), &[("scim.scopes", scopes)]].concat(),
        ..Setup::default()
    }
}

impl Scene {
    fn new() -> Self {
        let fixture = Fixture::with(setup(ALL));
        let client = fixture.client();
        make_admin(&fixture, &made(&client, "root"));
        let former = client.post("/Users", &known("ada")).expect(201).id();
        let admins = made_group(&client, "Admins", &[&former]);
        let scene = Self {
            fixture,
            client,
            admins,
            former,
        };
        scene.with_scopes(WITHOUT)
    }

    fn with_scopes(self, scopes: &'static str) -> Self {
        let fixture = self.fixture.anew(setup(scopes));
        Self {
            client: fixture.client(),
            fixture,
            ..self
        }
    }

    fn delete(&self) {
        delete_user(&self.fixture, &self.former);
    }

    fn recreate(&self) {
        let back = self.client.post("/Users", &known("ada")).expect(201);
        assert_eq!(back.id(), self.former, "the same account comes back");
    }

    fn change(&self, operations: &Value) -> Reply {
        let path = format!("/Groups/{}", self.admins);
        self.client.operations(&path, operations)
    }

    /// Every way to say that the former administrator is taken out of the group and put back.
    fn swaps(&self) -> Vec<Value> {
        let (one, filter) = (
            json!([{ "value": self.former }]),
            format!("members[value eq \"{}\"]", self.former),
        );
        let upper = format!("members[value eq \"{}\"]", self.former.to_uppercase());
        vec![
            json!([
                { "op": "remove", "path": filter },
                { "op": "add", "path": "members", "value": one },
            ]),
            json!([
                { "op": "remove", "path": upper },
                { "op": "add", "value": { "members": one } },
            ]),
            json!([
                { "op": "remove", "path": "members" },
                { "op": "add", "path": "members", "value": one },
            ]),
            json!([
                { "op": "remove", "path": "members[value sw \"0\"]" },
                { "op": "add", "path": "members", "value": one },
            ]),
            json!([
                { "op": "replace", "path": "members", "value": [] },
                { "op": "replace", "path": "members", "value": one },
            ]),
        ]
    }

    #[track_caller]
    fn nobody_came(&self, what: &str) {
        assert!(!is_admin(&self.fixture, &self.former), "{what}");
        let reasons = person(&self.fixture, &self.former).reasons;
        assert!(reasons.is_empty(), "{what}: {reasons:?}");
    }
}

fn known(name: &str) -> Value {
    let mut body = user(name);
    body["externalId"] = json!(format!("ext-{name}"));
    body
}

#[test]
fn deleting_swapping_and_recreating_a_former_administrator_gives_no_right() {
    let scene = Scene::new();
    for swap in scene.swaps() {
        let what = swap.to_string();
        scene.delete();
        scene.change(&swap).refused(403, None);
        scene.recreate();
        scene.nobody_came(&what);
        scene.change(&swap).refused(403, None);
        scene.nobody_came(&what);
    }
    let put = group("Admins", &values(&[&scene.former]));
    let path = format!("/Groups/{}", scene.admins);
    scene.client.put(&path, &put).refused(403, None);
    scene.nobody_came("PUT");
}

#[test]
fn a_bulk_request_gives_no_right_either() {
    let scene = Scene::new();
    let path = format!("/Groups/{}", scene.admins);
    let swap = json!({ "method": "PATCH", "path": path, "data": patch_body(&scene.swaps()[0]) });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "DELETE", "path": format!("/Users/{}", scene.former) },
            swap,
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": known("ada") },
            swap,
        ],
    });
    let done = scene.client.post("/Bulk", &body).expect(200).json();
    let statuses = (0..4).map(|position| done["Operations"][position]["status"].clone());
    assert_eq!(
        statuses.collect::<Vec<_>>(),
        ["204", "403", "201", "403"],
        "{done}"
    );
    scene.nobody_came("Bulk");
}

/// The row of a member who was deleted when they were added names nobody, and must not come to name them.
#[test]
fn a_row_that_names_nobody_does_not_come_to_name_a_user() {
    let scene = Scene::new();
    // With the scope, the deleted user is added: the id names nobody from then on.
    scene.delete();
    let scene = scene.with_scopes(ALL);
    scene.change(&scene.swaps()[0]).expect(200);
    let scene = scene.with_scopes(WITHOUT);
    let path = format!("/Groups/{}", scene.admins);
    assert_eq!(
        members(&scene.client, &scene.admins),
        [scene.former.as_str()]
    );
    restore(&scene.fixture, &scene.former).unwrap();
    scene.nobody_came("restored by the command line");
    for swap in scene.swaps() {
        scene.change(&swap).refused(403, None);
        scene.nobody_came(&swap.to_string());
    }
    // A POST that restores the user takes the row out of the group, in whatever form it is there.
    let before = scene.client.get(&path).expect(200);
    scene.delete();
    scene.recreate();
    let after = scene.client.get(&path).expect(200);
    assert_eq!(members(&scene.client, &scene.admins), [""; 0]);
    assert_ne!(before.etag(), after.etag(), "another version of the group");
    scene.nobody_came("recreated");
}

#[test]
fn a_deactivated_member_counts_like_an_active_one() {
    let scene = Scene::new();
    let other = made(&scene.client, "eve");
    let eve = json!([{ "op": "add", "path": "members", "value": values(&[&other]) }]);
    let active = |who: &str, value: bool| set_active(&scene.client, who, value);
    active(&other, false).expect(200);
    scene.change(&eve).refused(403, None);
    active(&other, true).expect(200);
    assert!(!is_admin(&scene.fixture, &other));
    // Who is a member stays one, and a request that says so is no change.
    active(&scene.former, false).expect(200);
    scene.change(&scene.swaps()[0]).expect(200);
    active(&scene.former, true).expect(200);
    assert!(is_admin(&scene.fixture, &scene.former));
}

#[test]
fn a_recreated_user_keeps_ordinary_memberships_and_a_restored_one_all() {
    let scene = Scene::new();
    let staff = made_group(&scene.client, "Staff", &[&scene.former]);
    scene.delete();
    restore(&scene.fixture, &scene.former).unwrap();
    assert!(
        is_admin(&scene.fixture, &scene.former),
        "restored by the command line"
    );
    scene.delete();
    scene.recreate();
    assert_eq!(groups(&scene.client, &scene.former), ["Staff"]);
    assert_eq!(members(&scene.client, &staff), [scene.former.as_str()]);
    scene.nobody_came("recreated");
}

/// Groups that `roles.map` gives a built-in role are privileged too, by whatever they are named there.
#[test]
fn groups_of_the_other_built_in_roles_need_the_scope() {
    let fixture = Fixture::with(setup(ALL));
    let root = fixture.client();
    let ada = root.post("/Users", &known("ada")).expect(201).id();
    let eve = made(&root, "eve");
    let support = made_group(&root, "SUPPORT", &[&ada]);
    let mut audit = group("Any", &json!([]));
    audit["externalId"] = json!("Audit");
    let audit = root.post("/Groups", &audit).expect(201).id();
    let staff = made_group(&root, "Staff", &[&ada]);
    let fixture = fixture.anew(setup(WITHOUT));
    let client = fixture.client();
    let add = json!([{ "op": "add", "path": "members", "value": values(&[&eve]) }]);
    let patch = |group: &str, operations: &Value| {
        client.operations(&format!("/Groups/{group}"), operations)
    };
    for privileged in [&support, &audit] {
        patch(privileged, &add).refused(403, None);
        client
            .delete(&format!("/Groups/{privileged}"))
            .refused(403, None);
    }
    patch(&staff, &add).expect(200);
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "audit" }]);
    patch(&staff, &rename).refused(403, None);
    client
        .post("/Groups", &group("audit", &json!([])))
        .refused(403, None);
    // A new name that is not in the settings would take the role away from its members.
    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Other" }]);
    patch(&support, &rename).refused(403, None);
    delete_user(&fixture, &ada);
    client.post("/Users", &known("ada")).expect(201);
    assert_eq!(groups(&client, &ada), ["Staff"], "no role comes back");
}

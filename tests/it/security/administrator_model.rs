//! Random sequences of requests against a model of who is an administrator: a connection without
//! `admin-groups` adds nobody, and takes nobody out but by deactivating or deleting them.

use muster::config::Scope;
use muster::service::{Actor, NewPerson, ScopeChange, Wanted};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::life::{id, person, set_active};
use crate::roles::{make_admin, values};
use crate::support::{Client, Fixture, Setup, group, patch_body, user};

/// How many sequences are tried; `MUSTER_CASES=10000` is the long run.
const SEQUENCES: u32 = 300;
/// How many requests a sequence has at most.
const STEPS: usize = 12;
/// How many users a sequence is about: the last one is made by the command line and belongs to no connection.
const USERS: usize = 3;

/// Who a user is to the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Live,
    Deleted,
}

/// A user and whether they are an administrator, or would be if they were active.
#[derive(Debug, Clone)]
struct Subject {
    id: String,
    name: String,
    life: Life,
    administrator: bool,
}

/// One operation of a PATCH of members, about the user at a position.
#[derive(Debug, Clone, Copy)]
enum MemberOperation {
    Add(usize),
    AddWithoutPath(usize),
    AddUpperCase(usize),
    RemoveByPath(usize),
    RemoveByValue(usize),
    RemoveByFilter,
    RemoveAll,
    Replace(usize),
    ReplaceByPath(usize, usize),
    Display(usize),
    Rename,
}

/// One request of a connection, or one command.
#[derive(Debug, Clone)]
enum Step {
    Patch {
        privileged: bool,
        bulk: bool,
        operations: Vec<MemberOperation>,
    },
    Put {
        privileged: bool,
        members: Vec<usize>,
    },
    CreateGroup(usize),
    Create(usize),
    SetActive(usize, bool),
    Delete(usize),
    Recreate(usize),
    RestoreByCommand(usize),
    LockByCommand(usize, bool),
    DeleteByCommand(usize),
}

/// How a user stands when a sequence begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Outside,
    Member,
    DeactivatedMember,
    DeletedMember,
    /// Added while they were deleted: the row names nobody.
    AddedWhileDeleted,
    RestoredAfterAddition,
}

/// A gateway, a connection that the test takes the scope from and gives it back to, and the two groups.
struct World {
    fixture: Fixture,
    client: Client,
    admins: String,
    ordinary: String,
}

impl World {
    fn new() -> Self {
        let fixture = Fixture::with(Setup {
            settings: vec![
                ("roles.admin_groups", "[\"Admins\", \"ext-admins\"]"),
                ("scim.unique_group_names", "false"),
            ],
            ..Setup::default()
        });
        let lifetime = std::time::Duration::from_secs(30 * 24 * 3_600);
        let made = fixture
            .gateway
            .create_token("okta", Wanted::default(), lifetime);
        let token = fixture.block_on(made).unwrap();
        let client = fixture.client_with(Some(&token));
        let made = |name: &str| {
            let body = group(name, &json!([]));
            client.post("/Groups", &body).expect(201).id()
        };
        let (admins, ordinary) = (made("Admins"), made("Ordinary"));
        let root = client.post("/Users", &user("root")).expect(201).id();
        make_admin(&fixture, &root);
        Self {
            fixture,
            client,
            admins,
            ordinary,
        }
    }

    fn set_scope(&self, allowed: bool) {
        let change = if allowed {
            ScopeChange::Add(Scope::AdminGroups)
        } else {
            ScopeChange::Remove(Scope::AdminGroups)
        };
        let changed =
            self.fixture
                .gateway
                .change_scopes(Actor::Cli, "okta", std::slice::from_ref(&change));
        self.fixture.block_on(changed).unwrap();
    }

    fn group(&self, privileged: bool) -> String {
        let id = if privileged {
            &self.admins
        } else {
            &self.ordinary
        };
        format!("/Groups/{id}")
    }

    /// Makes the users of a sequence with the scope, and takes the scope away.
    fn begin(&self, number: u32, starts: [Start; USERS]) -> Vec<Subject> {
        self.set_scope(true);
        let mut subjects: Vec<Subject> = (0..USERS)
            .map(|position| self.create(format!("u{number}x{position}"), position + 1 == USERS))
            .collect();
        let path = self.group(true);
        let is_member = |start: &Start| {
            matches!(
                start,
                Start::Member | Start::DeactivatedMember | Start::DeletedMember
            )
        };
        let ids = |wanted: &dyn Fn(&Start) -> bool| -> Vec<&str> {
            let chosen = subjects.iter().zip(&starts);
            let chosen = chosen.filter(|(_, start)| wanted(start));
            chosen.map(|(subject, _)| subject.id.as_str()).collect()
        };
        let first = group("Admins", &values(&ids(&is_member)));
        self.client.put(&path, &first).expect(200);
        let late = |start: &Start| {
            matches!(
                start,
                Start::AddedWhileDeleted | Start::RestoredAfterAddition
            )
        };
        for who in ids(&late) {
            let who = id(who);
            let deleted = self.fixture.gateway.delete_user(Actor::Cli, &who);
            self.fixture.block_on(deleted).unwrap();
        }
        let add = json!([{ "op": "add", "path": "members", "value": values(&ids(&late)) }]);
        if !ids(&late).is_empty() {
            self.client.operations(&path, &add).expect(200);
        }
        for (subject, start) in subjects.iter_mut().zip(starts) {
            subject.administrator = is_member(&start);
            match start {
                Start::Outside | Start::Member => {}
                Start::DeactivatedMember => self.command(Step::LockByCommand(0, true), subject),
                Start::DeletedMember => self.command(Step::DeleteByCommand(0), subject),
                Start::AddedWhileDeleted => subject.life = Life::Deleted,
                Start::RestoredAfterAddition => {
                    subject.life = Life::Deleted;
                    self.command(Step::RestoreByCommand(0), subject);
                }
            }
        }
        self.set_scope(false);
        subjects
    }

    fn create(&self, name: String, unowned: bool) -> Subject {
        let new = NewPerson {
            email: format!("{name}@example.org"),
            user_name: Some(name.clone()),
            ..NewPerson::default()
        };
        let id = if unowned {
            let made = self.fixture.gateway.create_user(Actor::Cli, &new);
            self.fixture.block_on(made).unwrap().person.user.id
        } else {
            self.client.post("/Users", &body_of(&name)).expect(201).id()
        };
        Subject {
            id,
            name,
            life: Life::Live,
            administrator: false,
        }
    }

    /// Runs a command on a subject; what it refuses changes nothing.
    fn command(&self, step: Step, subject: &mut Subject) {
        let (gateway, who) = (&self.fixture.gateway, id(&subject.id));
        let done = self.fixture.block_on(async {
            match step {
                Step::LockByCommand(_, true) => gateway.deactivate_user(Actor::Cli, &who).await,
                Step::LockByCommand(_, false) => gateway.activate_user(Actor::Cli, &who).await,
                Step::DeleteByCommand(_) => gateway.delete_user(Actor::Cli, &who).await,
                _ => gateway.restore_user(Actor::Cli, &who).await,
            }
        });
        if let Ok(person) = done {
            subject.life = life_of(person.user.state);
        }
    }

    /// Makes one step and follows it in the model.
    fn make(&self, step: &Step, subjects: &mut [Subject]) {
        match step {
            Step::Patch {
                privileged,
                bulk,
                operations,
            } => self.patch(*privileged, *bulk, operations, subjects),
            Step::Put {
                privileged,
                members,
            } => {
                let ids: Vec<&str> = members.iter().map(|who| &*subjects[*who].id).collect();
                let name = if *privileged { "Admins" } else { "Ordinary" };
                let body = group(name, &values(&ids));
                self.client.put(&self.group(*privileged), &body);
            }
            Step::CreateGroup(who) => {
                let mut body = group("Other", &values(&[&subjects[*who].id]));
                body["externalId"] = json!("ext-admins");
                self.client.post("/Groups", &body).refused(403, None);
            }
            Step::Create(who) => {
                // The name alone: whoever has or had it, this is another account or none.
                let made = self.client.post("/Users", &user(&subjects[*who].name));
                if made.status == 201 {
                    let new = made.id();
                    assert_ne!(new, subjects[*who].id);
                    assert!(person(&self.fixture, &new).reasons.is_empty());
                    self.client.delete(&format!("/Users/{new}")).expect(204);
                }
            }
            Step::SetActive(who, active) => {
                set_active(&self.client, &subjects[*who].id, *active);
            }
            Step::Delete(who) => {
                let subject = &mut subjects[*who];
                let done = self.client.delete(&format!("/Users/{}", subject.id));
                if done.status == 204 {
                    subject.life = Life::Deleted;
                }
            }
            Step::Recreate(who) => {
                let subject = &mut subjects[*who];
                let done = self.client.post("/Users", &body_of(&subject.name));
                if done.status == 201 && done.id() == subject.id {
                    assert_eq!(subject.life, Life::Deleted);
                    // A POST never gives back the rights of an administrator.
                    (subject.life, subject.administrator) = (Life::Live, false);
                } else if done.status == 201 {
                    // Somebody new: the unowned user of this name is deleted.
                    self.client
                        .delete(&format!("/Users/{}", done.id()))
                        .expect(204);
                }
            }
            Step::RestoreByCommand(who)
            | Step::LockByCommand(who, _)
            | Step::DeleteByCommand(who) => {
                self.command(step.clone(), &mut subjects[*who]);
            }
        }
    }

    fn patch(
        &self,
        privileged: bool,
        bulk: bool,
        operations: &[MemberOperation],
        subjects: &[Subject],
    ) {
        let operations = operations
            .iter()
            .map(|operation| said(*operation, subjects, privileged))
            .collect();
        let path = self.group(privileged);
        if !bulk {
            self.client.operations(&path, &operations);
            return;
        }
        let one = json!({ "method": "PATCH", "path": path, "data": patch_body(&operations) });
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [one, one],
        });
        self.client.post("/Bulk", &body).expect(200);
    }

    /// Compares what the gateway says of each user with the model.
    fn check(&self, subjects: &[Subject], told: &dyn std::fmt::Debug) {
        for subject in subjects {
            let found = person(&self.fixture, &subject.id);
            assert_eq!(life_of(found.user.state), subject.life, "{told:#?}");
            let active = found.user.state == "active";
            assert_eq!(
                found.administrator,
                active && subject.administrator,
                "{} in {told:#?}",
                subject.name
            );
            if subject.life == Life::Live {
                assert_eq!(
                    !found.reasons.is_empty(),
                    subject.administrator,
                    "{} in {told:#?}",
                    subject.name
                );
            }
        }
    }
}

fn life_of(state: &str) -> Life {
    if state == "deleted" {
        Life::Deleted
    } else {
        Life::Live
    }
}

fn body_of(name: &str) -> Value {
    let mut body = user(name);
    body["externalId"] = json!(format!("ext-{name}"));
    body
}

/// An operation as a client sends it.
fn said(operation: MemberOperation, subjects: &[Subject], privileged: bool) -> Value {
    let value = |who: usize| json!([{ "value": subjects[who].id }]);
    let path = |who: usize| format!("members[value eq \"{}\"]", subjects[who].id);
    match operation {
        MemberOperation::Add(who) => {
            json!({ "op": "add", "path": "members", "value": value(who) })
        }
        MemberOperation::AddWithoutPath(who) => {
            json!({ "op": "Add", "value": { "members": value(who) } })
        }
        MemberOperation::AddUpperCase(who) => {
            let upper = subjects[who].id.to_uppercase();
            json!({ "op": "add", "path": "members", "value": [{ "value": upper }] })
        }
        MemberOperation::RemoveByPath(who) => json!({ "op": "remove", "path": path(who) }),
        MemberOperation::RemoveByValue(who) => {
            json!({ "op": "remove", "path": "members", "value": value(who) })
        }
        MemberOperation::RemoveByFilter => {
            json!({ "op": "remove", "path": "members[value sw \"0\" or display pr]" })
        }
        MemberOperation::RemoveAll => json!({ "op": "remove", "path": "members" }),
        MemberOperation::Replace(who) => {
            json!({ "op": "replace", "path": "members", "value": value(who) })
        }
        MemberOperation::ReplaceByPath(who, by) => {
            json!({ "op": "replace", "path": path(who), "value": { "value": subjects[by].id } })
        }
        MemberOperation::Display(who) => {
            json!({ "op": "replace", "path": format!("{}.display", path(who)), "value": "Name" })
        }
        MemberOperation::Rename => {
            let name = if privileged { "Chiefs" } else { "Admins" };
            json!({ "op": "replace", "path": "displayName", "value": name })
        }
    }
}

fn who() -> impl Strategy<Value = usize> {
    0..USERS
}

fn operation() -> impl Strategy<Value = MemberOperation> {
    prop_oneof![
        4 => who().prop_map(MemberOperation::Add),
        1 => who().prop_map(MemberOperation::AddWithoutPath),
        1 => who().prop_map(MemberOperation::AddUpperCase),
        4 => who().prop_map(MemberOperation::RemoveByPath),
        1 => who().prop_map(MemberOperation::RemoveByValue),
        1 => Just(MemberOperation::RemoveByFilter),
        1 => Just(MemberOperation::RemoveAll),
        1 => who().prop_map(MemberOperation::Replace),
        1 => (who(), who()).prop_map(|(who, by)| MemberOperation::ReplaceByPath(who, by)),
        1 => who().prop_map(MemberOperation::Display),
        1 => Just(MemberOperation::Rename),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let privileged = prop::bool::weighted(0.8);
    let patch = (
        privileged,
        prop::bool::weighted(0.2),
        prop::collection::vec(operation(), 1..4),
    );
    let put = (
        prop::bool::weighted(0.8),
        prop::collection::vec(who(), 0..4),
    );
    prop_oneof![
        8 => patch.prop_map(|(privileged, bulk, operations)| Step::Patch {
            privileged, bulk, operations
        }),
        2 => put.prop_map(|(privileged, members)| Step::Put { privileged, members }),
        1 => who().prop_map(Step::CreateGroup),
        1 => who().prop_map(Step::Create),
        2 => (who(), any::<bool>()).prop_map(|(who, active)| Step::SetActive(who, active)),
        3 => who().prop_map(Step::Delete),
        4 => who().prop_map(Step::Recreate),
        2 => who().prop_map(Step::RestoreByCommand),
        1 => (who(), any::<bool>()).prop_map(|(who, lock)| Step::LockByCommand(who, lock)),
        1 => who().prop_map(Step::DeleteByCommand),
    ]
}

#[test]
fn no_sequence_of_requests_adds_or_takes_an_administrator() {
    let cases = std::env::var("MUSTER_CASES").map_or(SEQUENCES, |cases| cases.parse().unwrap());
    let starts = select(vec![
        Start::Outside,
        Start::Member,
        Start::DeactivatedMember,
        Start::DeletedMember,
        Start::AddedWhileDeleted,
        Start::RestoredAfterAddition,
    ]);
    let strategy = (
        [starts.clone(), starts.clone(), starts],
        prop::collection::vec(step(), 1..=STEPS),
    );
    let mut runner = TestRunner::deterministic();
    let world = World::new();
    for number in 0..cases {
        let (starts, steps) = strategy.new_tree(&mut runner).unwrap().current();
        let mut subjects = world.begin(number, starts);
        world.check(&subjects, &starts);
        for (position, step) in steps.iter().enumerate() {
            world.make(step, &mut subjects);
            world.check(&subjects, &(starts, &steps[..=position]));
        }
    }
}

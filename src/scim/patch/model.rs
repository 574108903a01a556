//! Generated cases of PATCH, to which the code is held by a second, naive one (RFC 7644 §3.5.2).
//!
//! Operations are generated as trees, so that the model shares no reader of paths or filters with the code; it
//! knows the few attributes it uses by heart and shares nothing with the schema.

mod rules;

use serde_json::{Map, Value, json};

use super::{Patch, Policy, Unmatched, Verb, apply};
use crate::scim::budget::WorkBudget;
use crate::scim::error::ErrorKind;
use crate::scim::resource::Document;
use crate::scim::schema::{ENTERPRISE_URN, GroupNames, Registry, ResourceType, USER_URN};
use crate::scim::validate;

const CASES: u64 = 10_000;
const STRICT: Policy = Policy {
    add: Unmatched::NoTarget,
    replace: Unmatched::NoTarget,
};

/// Where an operation points; `Core("name", Some("givenName"))` is `name.givenName`.
#[derive(Debug, Clone)]
enum At {
    Nowhere,
    Core(&'static str, Option<&'static str>),
    Extension,
    InExtension(&'static str, Option<&'static str>),
    /// Elements of `emails`, or a sub-attribute of them.
    Picked(Test, Option<&'static str>),
}

/// What is asked of an e-mail.
#[derive(Debug, Clone)]
enum Test {
    Is(&'static str, Value),
    Has(&'static str),
    Not(Box<Test>),
    Both(Box<Test>, Box<Test>),
}

type Outcome<T> = Result<T, ErrorKind>;

const PARTS: [&str; 4] = ["value", "type", "display", "primary"];

/// Draws in an order that the seed fixes.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    fn text(&mut self) -> Value {
        self.of(&[
            json!("a"),
            json!("A"),
            json!("b"),
            json!(""),
            json!("b"),
            json!("a"),
            Value::Null,
        ])
    }

    /// Mostly of the right type.
    fn simple(&mut self, name: &str) -> Value {
        if self.below(40) == 0 {
            return self.of(&[json!(1), json!("true"), json!({}), json!([]), json!(true)]);
        }
        if name == "active" || name == "primary" {
            return self.of(&[json!(true), json!(false), json!(true), Value::Null]);
        }
        self.text()
    }

    fn object(&mut self, names: &[&str]) -> Value {
        let mut object = Map::new();
        for name in names {
            if self.below(2) == 0 {
                object.insert((*name).to_owned(), self.simple(name));
            }
        }
        Value::Object(object)
    }

    fn emails(&mut self) -> Value {
        let list = (0..self.below(4)).map(|_| self.object(&PARTS)).collect();
        match self.below(30) {
            0 => json!("a"),
            1 => Value::Null,
            2 | 3 => self.object(&PARTS),
            _ => list,
        }
    }

    fn extension(&mut self) -> Value {
        let mut extension = self.object(&["department", "costCenter"]);
        if self.below(2) == 0 {
            extension["manager"] = self.object(&["value", "displayName"]);
            // A readOnly part is ignored whatever it is.
            extension["manager"]["displayName"] = json!("Boss");
        }
        extension
    }

    fn user(&mut self) -> Value {
        let mut user = self.object(&["title", "active"]);
        user["userName"] = json!("ada");
        user["name"] = self.object(&["givenName", "familyName"]);
        user["emails"] = self.emails();
        user[ENTERPRISE_URN] = self.extension();
        user["schemas"] = json!([USER_URN]);
        user
    }

    fn test(&mut self, depth: usize) -> Test {
        match self.below(if depth == 0 { 6 } else { 8 }) {
            0 => Test::Is("primary", json!(true)),
            1 => Test::Has(self.of(&PARTS)),
            2 | 3 => Test::Is("type", self.of(&[json!("a"), json!("A"), json!("b")])),
            4 | 5 => Test::Is(
                self.of(&["value", "display"]),
                self.of(&[json!("a"), json!("b"), json!("")]),
            ),
            6 => Test::Not(Box::new(self.test(depth - 1))),
            _ => Test::Both(
                Box::new(self.test(depth - 1)),
                Box::new(self.test(depth - 1)),
            ),
        }
    }

    fn operation(&mut self) -> (Verb, At, Value) {
        let verb = self.of(&[Verb::Add, Verb::Replace, Verb::Remove]);
        let (at, value) = match self.below(12) {
            0 => {
                let name = self.of(&["title", "active", "userName"]);
                (At::Core(name, None), self.simple(name))
            }
            1 => (
                At::Core("name", None),
                self.of(&[
                    json!({}),
                    Value::Null,
                    json!("a"),
                    json!({ "familyName": "b" }),
                ]),
            ),
            2 => (
                At::Core("name", Some(self.of(&["givenName", "familyName"]))),
                self.simple(""),
            ),
            3 | 4 => (At::Core("emails", None), self.emails()),
            5 => {
                let sub = self.of(&PARTS);
                (At::Core("emails", Some(sub)), self.simple(sub))
            }
            6 => (At::Picked(self.test(2), None), self.object(&PARTS)),
            7 | 8 => {
                let sub = self.of(&PARTS);
                (At::Picked(self.test(2), Some(sub)), self.simple(sub))
            }
            9 => (At::Extension, self.extension()),
            10 => match self.below(3) {
                0 => (At::InExtension("manager", None), self.object(&["value"])),
                1 => (
                    At::InExtension("manager", Some(self.of(&["value", "displayName"]))),
                    self.simple(""),
                ),
                _ => (
                    At::InExtension(self.of(&["department", "costCenter"]), None),
                    self.simple(""),
                ),
            },
            _ if self.below(4) == 0 => (
                At::Core(self.of(&["id", "groups", "schemas", "meta"]), None),
                json!("a"),
            ),
            _ => {
                let mut value = self.user();
                value
                    .as_object_mut()
                    .unwrap()
                    .retain(|name, _| name != "schemas" && self.below(2) == 0);
                (At::Nowhere, value)
            }
        };
        match (verb, &at) {
            (Verb::Remove, At::Nowhere) => (Verb::Replace, at, value),
            _ => (verb, at, value),
        }
    }
}

fn written(test: &Test) -> String {
    match test {
        Test::Is(sub, value) => format!("{sub} eq {value}"),
        Test::Has(sub) => format!("{sub} pr"),
        Test::Not(inner) => format!("not ({})", written(inner)),
        Test::Both(one, other) => format!("({}) and ({})", written(one), written(other)),
    }
}

fn message(operations: &[(Verb, At, Value)]) -> Map<String, Value> {
    let behind = |sub: Option<&str>| sub.map_or_else(String::new, |sub| format!(".{sub}"));
    let operations = operations.iter().map(|(verb, at, value)| {
        let path = match at {
            At::Nowhere => None,
            At::Core(name, sub) => Some(format!("{name}{}", behind(*sub))),
            At::Extension => Some(ENTERPRISE_URN.to_owned()),
            At::InExtension(name, sub) => Some(format!("{ENTERPRISE_URN}:{name}{}", behind(*sub))),
            At::Picked(test, sub) => Some(format!("emails[{}]{}", written(test), behind(*sub))),
        };
        match verb {
            Verb::Remove => json!({ "op": "remove", "path": path }),
            Verb::Add => json!({ "op": "add", "path": path, "value": value }),
            Verb::Replace => json!({ "op": "replace", "path": path, "value": value }),
        }
    });
    let operations: Value = operations.collect();
    object(
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations }),
    )
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn patched(rt: &ResourceType, start: &Document, body: &Map<String, Value>) -> Outcome<Document> {
    let patch = Patch::parse(rt, body.clone()).map_err(|error| error.kind)?;
    let mut changed = start.clone();
    apply(rt, &patch, &mut changed, STRICT, &mut WorkBudget::default())
        .map_err(|error| error.kind)?;
    Ok(changed)
}

/// What is read of a document: with what the server adds.
fn read(document: &Document) -> Map<String, Value> {
    let mut whole = document.as_map().clone();
    whole.insert("id".to_owned(), json!("1"));
    whole.insert("meta".to_owned(), json!({ "version": "W/\"1\"" }));
    whole.insert("groups".to_owned(), json!([{ "value": "2" }]));
    whole
}

#[test]
fn patch_agrees_with_the_model() {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    let rt = registry.by_name("User").unwrap();
    let (mut done, mut changed_something) = (0_u64, 0_u64);
    for seed in 0.. {
        let mut dice = Dice(seed);
        let Ok(incoming) = validate::create(rt, object(dice.user())) else {
            continue;
        };
        let start = incoming.document;
        let operations: Vec<_> = (0..=dice.below(4)).map(|_| dice.operation()).collect();
        let body = message(&operations);
        let found = patched(rt, &start, &body);
        let expected = rules::model(&Value::Object(start.as_map().clone()), &operations);
        let shown = || {
            format!(
                "seed {seed}: {} on {}",
                Value::Object(body.clone()),
                start.to_text()
            )
        };
        let plain = found
            .clone()
            .map(|document| Value::Object(document.into_map()));
        assert_eq!(plain, expected, "{}", shown());
        if let Ok(document) = &found {
            changed_something += u64::from(*document != start);
            let put = validate::replace(rt, document, read(document)).unwrap();
            assert_eq!(put.document, *document, "PUT of what was read, {}", shown());
            if let ([_], Ok(again)) = (&*operations, patched(rt, document, &body)) {
                assert_eq!(again, *document, "twice, {}", shown());
            }
        }
        done += 1;
        if done == CASES {
            break;
        }
    }
    assert!(
        changed_something > CASES / 4,
        "only {changed_something} cases changed anything"
    );
}

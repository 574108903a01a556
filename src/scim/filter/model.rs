//! A second, naive evaluator over what was said, to which generated filters hold the real one.
//!
//! It spells names and values out and shares nothing with `check` and `eval` but the reader of times.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::*;
use crate::scim::schema::{DataType, ENTERPRISE_URN, GroupNames, Registry};
use crate::scim::syntax::{self, CompareOp, Literal, Name};
use crate::scim::value::parse_time;

/// Names a filter may use, each with the attribute's type and whether case counts.
const VOCABULARY: &[(&str, DataType, bool)] = &[
    ("userName", DataType::String, false),
    ("externalId", DataType::String, true),
    ("title", DataType::String, false),
    ("active", DataType::Boolean, false),
    ("name.familyName", DataType::String, false),
    ("emails.value", DataType::String, false),
    ("emails.primary", DataType::Boolean, false),
    ("meta.created", DataType::DateTime, true),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        DataType::String,
        false,
    ),
];
const WORDS: &[&str] = &["", "a", "A", "b", "ab", "Ba", "é"];
const TIMES: &[&str] = &[
    "2026-01-01T00:00:00Z",
    "2026-01-01T02:00:00+02:00",
    "2026-01-01T00:00:00.5Z",
    "2025-12-31T23:59:59Z",
];

fn model(said: &syntax::Filter, prefix: &str, scope: &Value) -> bool {
    match said {
        syntax::Filter::And(parts) => !parts.iter().any(|part| !model(part, prefix, scope)),
        syntax::Filter::Or(parts) => parts.iter().any(|part| model(part, prefix, scope)),
        syntax::Filter::Not(inner) => !model(inner, prefix, scope),
        syntax::Filter::Present(name) => model_values(&name.0, scope)
            .iter()
            .any(|value| *value != json!("") && *value != json!({}) && *value != json!([])),
        syntax::Filter::Compare(name, op, literal) => {
            let full = format!("{prefix}{name}");
            let (_, data_type, exact) = VOCABULARY
                .iter()
                .find(|(known, ..)| *known == full)
                .unwrap();
            let values = model_values(&name.0, scope);
            if *literal == Literal::Null {
                let present = model(&syntax::Filter::Present(name.clone()), prefix, scope);
                return present == (*op == CompareOp::Ne);
            }
            (*op == CompareOp::Ne && values.is_empty())
                || values
                    .iter()
                    .any(|value| model_compares(*data_type, *exact, *op, value, literal))
        }
        syntax::Filter::ValuePath(name, inner) => model_values(&name.0, scope)
            .iter()
            .any(|element| model(inner, &format!("{prefix}{name}."), element)),
    }
}

fn model_values(name: &str, scope: &Value) -> Vec<Value> {
    let mut found = vec![scope.clone()];
    let steps: Vec<&str> = match name.rsplit_once("User:") {
        Some((urn, rest)) => {
            let root = scope.get(format!("{urn}User")).cloned();
            found = root.into_iter().collect();
            rest.split('.').collect()
        }
        None => name.split('.').collect(),
    };
    for step in steps {
        let mut next = Vec::new();
        for value in &found {
            match value.get(step) {
                Some(Value::Array(elements)) => next.extend(elements.iter().cloned()),
                Some(single) => next.push(single.clone()),
                None => {}
            }
        }
        found = next;
    }
    found.retain(|value| *value != Value::Null);
    found
}

fn model_compares(
    data_type: DataType,
    exact: bool,
    op: CompareOp,
    value: &Value,
    literal: &Literal,
) -> bool {
    let order = match (data_type, value, literal) {
        (DataType::Boolean, Value::Bool(found), Literal::Boolean(wanted)) => found.cmp(wanted),
        (DataType::DateTime, Value::String(found), Literal::Text(wanted)) => {
            match op {
                CompareOp::Co => return found.contains(wanted.as_str()),
                CompareOp::Sw => return found.starts_with(wanted.as_str()),
                CompareOp::Ew => return found.ends_with(wanted.as_str()),
                _ => {}
            }
            let Some(found) = parse_time(found) else {
                return false;
            };
            found.cmp(&parse_time(wanted).unwrap())
        }
        (DataType::String, Value::String(found), Literal::Text(wanted)) => {
            let form = |text: &str| {
                if exact {
                    text.to_owned()
                } else {
                    text.to_lowercase()
                }
            };
            let (found, wanted) = (form(found), form(wanted));
            match op {
                CompareOp::Co => return found.contains(&wanted),
                CompareOp::Sw => return found.starts_with(&wanted),
                CompareOp::Ew => return found.ends_with(&wanted),
                _ => found.cmp(&wanted),
            }
        }
        _ => return false,
    };
    match op {
        CompareOp::Eq => order.is_eq(),
        CompareOp::Ne => !order.is_eq(),
        CompareOp::Gt => order.is_gt(),
        CompareOp::Ge => !order.is_lt(),
        CompareOp::Lt => order.is_lt(),
        CompareOp::Le => !order.is_gt(),
        _ => false,
    }
}

fn any_term(within: &'static str) -> impl Strategy<Value = syntax::Filter> {
    let known: Vec<_> = VOCABULARY
        .iter()
        .filter_map(|(name, data_type, _)| Some((name.strip_prefix(within)?, *data_type)))
        .collect();
    (
        proptest::sample::select(known),
        proptest::sample::select(CompareOp::ALL.to_vec()),
        proptest::sample::select(WORDS),
        proptest::sample::select(TIMES),
        0..8_u8,
    )
        .prop_map(|((name, data_type), op, word, time, shape)| {
            let name = Name(name.to_owned());
            let equality = if shape % 2 == 0 {
                CompareOp::Eq
            } else {
                CompareOp::Ne
            };
            match (shape, data_type) {
                (0, _) => syntax::Filter::Present(name),
                (1 | 2, _) => syntax::Filter::Compare(name, equality, Literal::Null),
                (_, DataType::Boolean) => {
                    syntax::Filter::Compare(name, equality, Literal::Boolean(shape > 4))
                }
                (_, DataType::DateTime) => {
                    syntax::Filter::Compare(name, op, Literal::Text(time.to_owned()))
                }
                (..) => syntax::Filter::Compare(name, op, Literal::Text(word.to_owned())),
            }
        })
}

fn grown(
    leaf: impl Strategy<Value = syntax::Filter> + 'static,
) -> impl Strategy<Value = syntax::Filter> {
    leaf.prop_recursive(3, 10, 3, |inner| {
        let list = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(|filter| syntax::Filter::Not(Box::new(filter))),
            list.clone().prop_map(syntax::Filter::And),
            list.prop_map(syntax::Filter::Or),
        ]
    })
}

fn any_said() -> impl Strategy<Value = syntax::Filter> {
    let emails = grown(any_term("emails."))
        .prop_map(|inner| syntax::Filter::ValuePath(Name("emails".to_owned()), Box::new(inner)));
    grown(prop_oneof![3 => any_term(""), 1 => emails])
}

/// Mostly values of the right type, sometimes none, sometimes another type.
fn any_value(data_type: DataType) -> BoxedStrategy<Option<Value>> {
    let right = match data_type {
        DataType::Boolean => any::<bool>().prop_map(Value::from).boxed(),
        DataType::DateTime => proptest::sample::select(TIMES)
            .prop_map(Value::from)
            .boxed(),
        _ => proptest::sample::select(WORDS)
            .prop_map(Value::from)
            .boxed(),
    };
    let wrong = proptest::sample::select(vec![
        json!(null),
        json!(7),
        json!({}),
        json!([]),
        json!("x"),
    ]);
    prop_oneof![6 => right.prop_map(Some), 2 => Just(None), 1 => wrong.prop_map(Some)].boxed()
}

fn object(members: Vec<(&'static str, Option<Value>)>) -> Value {
    let present = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}

fn any_document() -> impl Strategy<Value = Value> {
    let email = (any_value(DataType::String), any_value(DataType::Boolean))
        .prop_map(|(value, primary)| object(vec![("value", value), ("primary", primary)]));
    let simple = (
        any_value(DataType::String),
        any_value(DataType::String),
        any_value(DataType::String),
        any_value(DataType::Boolean),
    );
    let nested = (
        any_value(DataType::String),
        any_value(DataType::DateTime),
        any_value(DataType::String),
        proptest::collection::vec(email, 0..4),
    );
    (simple, nested).prop_map(
        |((user, external, title, active), (family, created, dept, emails))| {
            object(vec![
                ("userName", user),
                ("externalId", external),
                ("title", title),
                ("active", active),
                ("name", Some(object(vec![("familyName", family)]))),
                ("emails", Some(Value::Array(emails))),
                ("meta", Some(object(vec![("created", created)]))),
                (ENTERPRISE_URN, Some(object(vec![("department", dept)]))),
            ])
        },
    )
}

#[test]
fn the_model_agrees() {
    let registry = Registry::standard(GroupNames::Unique).unwrap();
    let rt = registry.by_name("User").unwrap();
    let config = ProptestConfig::with_cases(10_000);
    let mut runner = TestRunner::new(config);
    let cases = (any_said(), any_document());
    let outcome = runner.run(&cases, |(said, document)| {
        let filter = check(rt, &said).map_err(|error| TestCaseError::fail(error.detail))?;
        let found = matches(&filter, document.as_object().unwrap());
        prop_assert_eq!(found, model(&said, "", &document));
        Ok(())
    });
    if let Err(fault) = outcome {
        panic!("{fault}");
    }
}

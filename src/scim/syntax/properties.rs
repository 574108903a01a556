//! What holds for generated trees and texts.

use proptest::prelude::*;
use serde_json::Number;

use super::*;

fn any_name() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[a-z][a-zA-Z0-9_-]{0,8}",
        "[a-z]{1,4}[.][$]?[a-z]{1,4}",
        "urn:ietf:[a-z]{1,5}:2[.]0:[A-Z][a-z]{0,4}(:[a-z]{1,4}([.][a-z]{1,4})?)?",
    ]
    .prop_filter("keywords are no names", |name| {
        !["and", "or", "not"].contains(&name.to_ascii_lowercase().as_str())
    })
    .prop_map(Name)
}

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\0]{0,8}".prop_map(Literal::Text),
        any::<i64>().prop_map(|integer| Literal::Number(integer.into())),
        any::<u64>().prop_map(|integer| Literal::Number(integer.into())),
        proptest::num::f64::NORMAL
            .prop_filter_map("finite", Number::from_f64)
            .prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
        "[a-z@+.-]{5,9}[a-z]".prop_map(Literal::Bare),
    ]
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        any_name().prop_map(Filter::Present),
        (
            any_name(),
            proptest::sample::select(CompareOp::ALL.to_vec()),
            any_literal()
        )
            .prop_map(|(name, op, literal)| Filter::Compare(name, op, literal)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let lists = proptest::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner
                .clone()
                .prop_map(|filter| Filter::Not(Box::new(filter))),
            (any_name(), inner)
                .prop_map(|(name, filter)| Filter::ValuePath(name, Box::new(filter))),
            lists.clone().prop_map(|parts| {
                let is_list = |part: &Filter| matches!(part, Filter::And(_));
                Filter::And(
                    parts
                        .into_iter()
                        .map(|part| wrapped(part, is_list))
                        .collect(),
                )
            }),
            lists.prop_map(|parts| {
                let is_list = |part: &Filter| matches!(part, Filter::Or(_));
                Filter::Or(
                    parts
                        .into_iter()
                        .map(|part| wrapped(part, is_list))
                        .collect(),
                )
            }),
        ]
    })
}

/// Lists in a tree are flat: a list of the same kind has to stand inside something else.
fn wrapped(part: Filter, is_list: fn(&Filter) -> bool) -> Filter {
    if is_list(&part) {
        Filter::Not(Box::new(part))
    } else {
        part
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_parses_to_the_same_tree(filter in any_filter(), sub in "[a-z]{1,5}") {
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone()));
        let path = Path { name: Name("emails".to_owned()), filter: Some(filter), sub: Some(sub) };
        prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
    }

    #[test]
    fn no_text_panics(
        text in proptest::string::string_regex(
            r#"([a-z.]{1,3}|eq |pr|and|or|not|[(]|[)]|\[|\]|"|\\|\\u[0-9a-f]{3,4}| |é|1|-|:|\x00){0,24}"#,
        ).unwrap(),
    ) {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
        }
        if let Ok(path) = Path::parse(&text) {
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
        }
    }
}

//! The budget of one operation: an estimate of the work that its filters and repetitions multiply.

use serde_json::Value;

use super::error::{Error, ErrorKind, Result};

/// The most work that one operation may multiply, in nanoseconds. Two hundred milliseconds are ten filters over a group
/// of 10,000 members, or one over 100,000; a client that waits behind such an operation still has its answer within
/// 250 ms. What grows with the bytes of the request alone is not counted.
pub const OPERATION_BUDGET: u64 = 200_000_000;

/// Reading one JSON value, copying it and comparing the copy.
const NODE: u64 = 200;

/// The same for each byte of its text.
const BYTE: u64 = 10;

/// Evaluating one comparison of a filter on one value.
const TERM: u64 = 150;

/// Folding one byte of text for a comparison: text that is not ASCII is decomposed and mapped.
const FOLDED_BYTE: u64 = 10;

/// The work of one operation so far.
#[derive(Debug, Default)]
pub struct WorkBudget {
    spent: u64,
}

impl WorkBudget {
    /// Adds work, in nanoseconds, before it is done.
    ///
    /// # Errors
    /// 413 when the operation would cost more than [`OPERATION_BUDGET`].
    pub fn charge(&mut self, work: u64) -> Result<()> {
        self.spent = self.spent.saturating_add(work);
        if self.spent <= OPERATION_BUDGET {
            return Ok(());
        }
        let detail = "The filters of this operation would look at too many values: name each value by its id, as in \
                      members[value eq \"…\"], or send fewer operations at once.";
        Err(Error::new(ErrorKind::TooLarge, detail))
    }
}

/// Estimates what it costs to read, copy and compare `value` once.
pub fn copy_cost(value: &Value) -> u64 {
    let inner = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text_cost(text.len()),
        Value::Array(elements) => elements.iter().map(copy_cost).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| text_cost(name.len()) + copy_cost(member))
            .sum(),
    };
    NODE + inner
}

/// Estimates what it costs to evaluate a filter of `terms` comparisons on `values` values that hold `bytes` bytes of text
/// in all.
pub fn filter_cost(terms: usize, values: usize, bytes: usize) -> u64 {
    let once = (values as u64)
        .saturating_mul(TERM)
        .saturating_add((bytes as u64).saturating_mul(FOLDED_BYTE));
    once.saturating_mul(terms as u64)
}

/// Counts the bytes of text in `value`.
pub fn text_bytes(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(elements) => elements.iter().map(text_bytes).sum(),
        Value::Object(members) => members.values().map(text_bytes).sum(),
    }
}

fn text_cost(bytes: usize) -> u64 {
    (bytes as u64).saturating_mul(BYTE)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn work_past_the_budget_is_refused() {
        let mut budget = WorkBudget::default();
        assert_eq!(budget.charge(OPERATION_BUDGET), Ok(()));
        let error = budget.charge(1).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
    }

    #[test]
    fn a_filter_costs_its_terms_times_the_values_and_their_text() {
        assert_eq!(filter_cost(3, 1_000, 0), 3 * 1_000 * TERM);
        assert_eq!(filter_cost(2, 0, 500), 2 * 500 * FOLDED_BYTE);
        assert_eq!(filter_cost(usize::MAX, usize::MAX, usize::MAX), u64::MAX);
    }

    #[test]
    fn a_value_costs_its_nodes_and_its_text() {
        let value = json!([{ "value": "abc", "primary": true }, null]);
        assert_eq!(copy_cost(&value), 5 * NODE + 15 * BYTE);
        assert_eq!(text_bytes(&value), 3);
    }
}

//! Conditions and the sets of ids that fulfil them, and how they combine.

/// A condition over resource `r` that every match fulfils.
pub(super) struct Condition {
    /// The condition; never NULL.
    pub(super) sql: String,
    /// The live resources of the kind that fulfil it.
    pub(super) ids: Option<IdSet>,
    /// Whether only matches fulfil it.
    pub(super) exact: bool,
}

/// A query for the ids of live resources.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct IdSet {
    /// The column that is the id.
    pub(in crate::store) column: &'static str,
    /// Where it comes from: `FROM … WHERE …`.
    pub(in crate::store) from: String,
    /// Whether an id can come twice.
    pub(in crate::store) repeats: bool,
}

impl IdSet {
    /// Those of them that pass `test`, a condition on resource `v`.
    pub(in crate::store) fn shown(&self, test: &str) -> Self {
        let distinct = if self.repeats { "DISTINCT " } else { "" };
        Self {
            column: "v.id",
            // CROSS JOIN is a plain join that tells SQLite to begin at the left, with the few.
            from: format!(
                "FROM (SELECT {distinct}{} {}) AS few CROSS JOIN resource v WHERE v.id = few.id AND {test}",
                self.column, self.from
            ),
            repeats: false,
        }
    }

    /// As a subquery.
    fn select(&self) -> String {
        format!("SELECT {} {}", self.column, self.from)
    }
}

impl Condition {
    /// A condition that only matches fulfil.
    pub(super) fn exact(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            ids: None,
            exact: true,
        }
    }

    /// The condition to be one of few.
    pub(super) fn among(ids: IdSet) -> Self {
        Self {
            sql: format!("r.id IN ({})", ids.select()),
            ids: Some(ids),
            exact: true,
        }
    }

    /// A condition that does not depend on the resource.
    pub(super) fn constant(truth: bool) -> Self {
        Self::exact(if truth { "1 = 1" } else { "1 = 0" })
    }

    /// The opposite.
    pub(super) fn turned(&self) -> Self {
        Self {
            sql: format!("NOT ({})", self.sql),
            ids: None,
            exact: self.exact,
        }
    }

    /// The same, but matches are not alone in fulfilling it.
    pub(super) fn inexact(self) -> Self {
        Self {
            exact: false,
            ..self
        }
    }
}

/// All of them; `None` when there are none.
pub(super) fn all(parts: Vec<Condition>, exact: bool) -> Option<Condition> {
    if parts.is_empty() {
        return None;
    }
    let sql: Vec<String> = parts.into_iter().map(|part| part.sql).collect();
    Some(Condition {
        sql: format!("({})", sql.join(" AND ")),
        ids: None,
        exact,
    })
}

/// One of them; `None` when there are none. Where each part knows its ids they are taken together, which spares
/// the engine to ask every resource about every part.
pub(super) fn any(parts: Vec<Condition>) -> Option<Condition> {
    let exact = parts.iter().all(|part| part.exact);
    let selects: Option<Vec<String>> = parts
        .iter()
        .map(|part| part.ids.as_ref().map(IdSet::select))
        .collect();
    if parts.is_empty() {
        return None;
    }
    let condition = if let Some(selects) = selects {
        Condition::among(IdSet {
            column: "q.id",
            // The first SELECT names the column for all.
            from: format!("FROM ({}) q", selects.join(" UNION ")),
            repeats: false,
        })
    } else {
        let sql: Vec<String> = parts.into_iter().map(|part| part.sql).collect();
        Condition::exact(format!("({})", sql.join(" OR ")))
    };
    Some(Condition { exact, ..condition })
}

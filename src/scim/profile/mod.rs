//! Client profiles: what real clients send in place of RFC 7643 and RFC 7644, undone before the strict code runs.
//!
//! A profile rewrites JSON, filter text and attribute lists; it never sees a stored resource. What only
//! the stored resource can decide, a value filter that selects nothing, it answers as a policy.

mod assign;
mod body;
mod filter;
mod name;
mod operation;
mod pass;
mod path;
mod pathless;
mod quirk;
mod remove;
mod schemas;
mod value;

use serde_json::Value;

use crate::scim::Result;
use crate::scim::patch::{Policy, Unmatched};
use crate::scim::schema::ResourceType;
use crate::scim::syntax::{Filter, Name};

use pass::Pass;
pub use quirk::Quirk;

/// What is undone for the clients of one connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Profile {
    name: &'static str,
    column: Column,
    unmatched: Policy,
}

/// The column of the table in [`Quirk`] that belongs to a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Auto,
    Rfc,
    Entra,
    Okta,
    Lenient,
}

/// A deviation that was undone, for the provisioning log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Which deviation.
    pub quirk: Quirk,
    /// Where in the request: `Operations[1].value.active`, `filter`. Cut at 200 characters.
    pub at: String,
}

const CREATE: Policy = Policy {
    add: Unmatched::Create,
    replace: Unmatched::Create,
};
const CREATE_BY_ADD: Policy = Policy {
    add: Unmatched::Create,
    replace: Unmatched::NoTarget,
};
const REFUSE: Policy = Policy {
    add: Unmatched::NoTarget,
    replace: Unmatched::NoTarget,
};

/// All profiles. `auto` is `lenient` with Entra's role strings.
static PROFILES: [Profile; 5] = [
    Profile {
        name: "auto",
        column: Column::Auto,
        unmatched: CREATE,
    },
    Profile {
        name: "rfc",
        column: Column::Rfc,
        unmatched: REFUSE,
    },
    Profile {
        name: "entra",
        column: Column::Entra,
        unmatched: CREATE,
    },
    Profile {
        name: "okta",
        column: Column::Okta,
        unmatched: CREATE_BY_ADD,
    },
    Profile {
        name: "lenient",
        column: Column::Lenient,
        unmatched: CREATE,
    },
];

impl Profile {
    /// The profile called `name`: `auto`, `rfc`, `entra`, `okta` or `lenient`.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        PROFILES.iter().find(|profile| profile.name == name)
    }

    /// The names that [`Profile::by_name`] knows.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PROFILES.iter().map(|profile| profile.name)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What `add` and `replace` do when the value filter of their path selects nothing (RFC 7644
    /// §3.5.2.3 wants `noTarget` of `replace` and is silent about `add`).
    pub fn unmatched(&self) -> Policy {
        self.unmatched
    }

    /// The body of POST and PUT (RFC 7644 §3.3, §3.5.1). What is no object stays as it is.
    pub fn body(&self, rt: &ResourceType, body: Value) -> (Value, Vec<Correction>) {
        let mut pass = Pass::new(self, rt);
        let body = body::undo(&mut pass, body);
        (body, pass.finish())
    }

    /// The body of PATCH (RFC 7644 §3.5.2) on the resource with this id. What is no object stays as it
    /// is. `Operations` that turn out to ask for nothing become one that changes nothing,
    /// `{"op":"replace","value":{}}`.
    pub fn patch(&self, rt: &ResourceType, id: &str, body: Value) -> (Value, Vec<Correction>) {
        let mut pass = Pass::new(self, rt);
        let body = operation::undo(&mut pass, id, body);
        (body, pass.finish())
    }

    /// The text of a filter, percent-decoded once (RFC 7644 §3.4.2.2).
    ///
    /// # Errors
    /// `invalidFilter` when the text is no filter even then.
    pub fn filter(&self, rt: &ResourceType, text: &str) -> Result<(Filter, Vec<Correction>)> {
        let mut pass = Pass::new(self, rt);
        let filter = filter::undo(&mut pass, text)?;
        Ok((filter, pass.finish()))
    }

    /// The text of `attributes` or `excludedAttributes` (RFC 7644 §3.9), split at its commas.
    pub fn attribute_list(&self, rt: &ResourceType, text: &str) -> (Vec<Name>, Vec<Correction>) {
        let mut pass = Pass::new(self, rt);
        let names = filter::attribute_list(&mut pass, text);
        (names, pass.finish())
    }

    /// Any other message, a SearchRequest or a BulkRequest, whose URN is `urn` and whose members
    /// are called `keys` (RFC 7644 §3.4.3, §3.7).
    pub fn message(
        &self,
        rt: &ResourceType,
        urn: &str,
        keys: &[&str],
        body: Value,
    ) -> (Value, Vec<Correction>) {
        let mut pass = Pass::new(self, rt);
        let body = schemas::message(&mut pass, urn, keys, body);
        (body, pass.finish())
    }

    fn undoes(&self, quirk: Quirk) -> bool {
        quirk.is_undone_in(self.column)
    }
}

#[cfg(test)]
mod tests;

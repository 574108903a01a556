//! What a list was asked for, checked against every resource type it is about.

use std::sync::Arc;

use super::body;
use crate::config::Settings;
use crate::scim;
use crate::scim::error::ErrorKind;
use crate::scim::filter::{AttrRef, Filter, check, check_across};
use crate::scim::project::Projection;
use crate::scim::query::{ListQuery, SortOrder, Wanted};
use crate::scim::schema::{ResourceType, Returned};
use crate::scim::syntax::{CompareOp, Name};
use crate::service::{Caller, Result};
use crate::store::Viewer;

/// What a list is about.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// One type.
    One(&'a Arc<ResourceType>),
    /// All types.
    All(&'a [Arc<ResourceType>]),
}

/// A list.
pub(super) struct Asked {
    /// In whose share of the memory for responses the list is counted.
    pub(super) client: Arc<str>,
    pub(super) viewer: Viewer,
    pub(super) kinds: Vec<Kind>,
    pub(super) descending: bool,
    pub(super) count: u64,
    pub(super) max_scan: u64,
}

/// What is asked for of one type.
pub(super) struct Kind {
    pub(super) rt: Arc<ResourceType>,
    pub(super) projection: Projection,
    pub(super) filter: Option<Filter>,
    /// What the list is sorted by, where the type has such an attribute.
    pub(super) by: Option<AttrRef>,
}

impl Scope<'_> {
    pub(super) fn types(&self) -> &[Arc<ResourceType>] {
        match self {
            Self::One(rt) => std::slice::from_ref(rt),
            Self::All(types) => types,
        }
    }
}

impl Asked {
    pub(super) fn new(
        caller: &Caller,
        scope: Scope<'_>,
        query: &ListQuery,
        settings: &Settings,
    ) -> Result<Self> {
        let filters = caller.filters(scope, query.filter.as_deref())?;
        let orders = orders(scope, query.sort_by.as_deref())?;
        let mut kinds = Vec::with_capacity(filters.len());
        for ((rt, filter), by) in scope.types().iter().zip(filters).zip(orders) {
            kinds.push(Kind {
                rt: Arc::clone(rt),
                projection: caller.projection(rt, &query.wanted)?,
                filter,
                by,
            });
        }
        let settings = &settings.scim;
        let count = query.count.unwrap_or(settings.page_size);
        Ok(Self {
            client: Arc::clone(&caller.connection),
            viewer: caller.viewer(),
            kinds,
            descending: query.sort_order == SortOrder::Descending,
            count: count.min(settings.max_results),
            max_scan: settings.max_scan,
        })
    }
}

/// The longest page and the farthest place of one that is read where it is asked for: some 5,000 steps of the engine.
const QUICK: u64 = 100;

impl Asked {
    /// Whether this is a page near the front, or what an index finds by one value: a few rows, as a rule.
    pub(super) fn is_quick(&self, start_index: u64) -> bool {
        let [kind] = self.kinds.as_slice() else {
            return false;
        };
        let near = match &kind.filter {
            None => self.count <= QUICK && start_index <= QUICK && kind.by.is_none(),
            Some(Filter::Compare(attr, CompareOp::Eq, _)) => {
                let mut indexed = kind.rt.unique().iter().chain(kind.rt.indexed());
                indexed.any(|one| one == attr)
                    || ["id", "externalId"].contains(&attr.path().as_str())
            }
            Some(_) => false,
        };
        near && !(kind.rt.is_group() && kind.projection.wants(&kind.rt, "members"))
    }
}

impl Caller {
    /// The projection that the parameters ask for, read as the client's profile reads them.
    pub(super) fn projection(&self, rt: &ResourceType, wanted: &Wanted) -> Result<Projection> {
        let read = |list: Option<&str>| {
            let (names, corrections) = self.profile.attribute_list(rt, list.unwrap_or_default());
            body::told(self, &corrections);
            names
        };
        let (attributes, excluded) = (wanted.attributes.as_deref(), wanted.excluded.as_deref());
        Ok(Projection::new(rt, &read(attributes), &read(excluded))?)
    }

    /// The filter, checked for each type.
    fn filters(&self, scope: Scope<'_>, text: Option<&str>) -> scim::Result<Vec<Option<Filter>>> {
        let types = scope.types();
        let Some(text) = text else {
            return Ok(vec![None; types.len()]);
        };
        match scope {
            Scope::One(rt) => {
                let (said, corrections) = self.profile.filter(rt, text)?;
                body::told(self, &corrections);
                Ok(vec![Some(check(rt, &said)?)])
            }
            Scope::All(types) => self.filters_across(types, text),
        }
    }

    fn filters_across(
        &self,
        types: &[Arc<ResourceType>],
        text: &str,
    ) -> scim::Result<Vec<Option<Filter>>> {
        let mut filters = Vec::with_capacity(types.len());
        let mut nowhere: Option<Vec<Name>> = None;
        for rt in types {
            let (said, corrections) = self.profile.filter(rt, text)?;
            if filters.is_empty() {
                body::told(self, &corrections);
            }
            let (filter, unknown) = check_across(rt, &said)?;
            filters.push(Some(filter));
            nowhere = Some(match nowhere {
                None => unknown,
                Some(names) => names
                    .into_iter()
                    .filter(|name| {
                        unknown
                            .iter()
                            .any(|other| other.0.eq_ignore_ascii_case(&name.0))
                    })
                    .collect(),
            });
        }
        match nowhere.unwrap_or_default().first() {
            None => Ok(filters),
            Some(name) => Err(scim::Error::filter(format!(
                "No resource type has an attribute `{name}`."
            ))),
        }
    }
}

/// What each type is sorted by; a name that no type knows is refused.
fn orders(scope: Scope<'_>, name: Option<&str>) -> scim::Result<Vec<Option<AttrRef>>> {
    let types = scope.types();
    let Some(name) = name else {
        return Ok(vec![None; types.len()]);
    };
    let found: Vec<Option<AttrRef>> = types
        .iter()
        .map(|rt| sorted_by(rt, name))
        .collect::<scim::Result<_>>()?;
    if found.iter().all(Option::is_none) {
        return Err(unusable(name, "names no attribute"));
    }
    Ok(found)
}

/// `sortBy`: an attribute that holds values; of a complex one, its `value` (RFC 7644 §3.4.2.3).
fn sorted_by(rt: &ResourceType, name: &str) -> scim::Result<Option<AttrRef>> {
    let Some(mut by) = rt.attribute(name) else {
        return Ok(None);
    };
    if by.leaf().is_complex() {
        let value = by
            .attribute
            .sub("value")
            .ok_or_else(|| unusable(name, "is complex: name a sub-attribute"))?;
        by.sub = Some(Arc::clone(value));
    }
    if [&*by.attribute, by.leaf()]
        .iter()
        .any(|part| part.returned == Returned::Never)
    {
        return Err(unusable(name, "cannot be sorted by"));
    }
    Ok(Some(by))
}

fn unusable(name: &str, why: &str) -> scim::Error {
    let name: String = name.chars().take(64).collect();
    scim::Error::new(ErrorKind::InvalidValue, format!("sortBy \"{name}\" {why}."))
}

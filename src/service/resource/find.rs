//! Lists: filter, sorting, paging (RFC 7644 §3.4.2).

use std::sync::Arc;

use bytes::Bytes;

use super::{body, members};
use crate::scim::error::ErrorKind;
use crate::scim::filter;
use crate::scim::message::{ListHead, list_body};
use crate::scim::project::Projection;
use crate::scim::query::{ListQuery, SortOrder, Wanted};
use crate::scim::schema::{ResourceType, Returned};
use crate::scim::{self, syntax};
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Find, Sort};

impl Gateway {
    /// A page of the resources of one type, as a list response.
    ///
    /// # Errors
    /// 400 `invalidFilter`, `invalidValue`, `invalidPath` for `sortBy`, `tooMany`.
    pub async fn find(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        query: ListQuery,
    ) -> Result<Bytes> {
        caller.scopes.may_read()?;
        let projection = caller.projection(rt, &query.wanted)?;
        let filter = query
            .filter
            .as_deref()
            .map(|text| caller.filter(rt, text))
            .transpose()?;
        let sort = query
            .sort_by
            .as_deref()
            .map(|name| sort(rt, name, query.sort_order))
            .transpose()?;
        let settings = &self.settings().scim;
        let start_index = query.start_index;
        let count = query
            .count
            .unwrap_or(settings.page_size)
            .min(settings.max_results);
        let max_scan = settings.max_scan;
        let (gateway, rt) = (self.clone(), Arc::clone(rt));
        self.store()
            .read(move |tx| {
                let (filter, sort) = (filter.as_ref(), sort.clone());
                let found = tx.find(&Find {
                    rt: &rt,
                    filter,
                    sort,
                    start_index,
                    count,
                    max_scan,
                })?;
                let mut resources = Vec::with_capacity(found.records.len());
                for record in &found.records {
                    let joined = members::joined(tx, &rt, record, &projection)?;
                    resources.push(gateway.render(&rt, record, &joined, &projection)?);
                }
                let head = ListHead {
                    total: found.total,
                    start_index,
                    items: resources.len(),
                };
                Ok::<_, Error>(list_body(head, &resources).into())
            })
            .await
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

    /// The filter, checked.
    fn filter(&self, rt: &ResourceType, text: &str) -> scim::Result<filter::Filter> {
        let (said, corrections): (syntax::Filter, _) = self.profile.filter(rt, text)?;
        body::told(self, &corrections);
        filter::check(rt, &said)
    }
}

/// `sortBy`: an attribute that holds values; of a complex one, its `value` (RFC 7644 §3.4.2.3).
fn sort(rt: &ResourceType, name: &str, order: SortOrder) -> scim::Result<Sort> {
    let unusable = |why: &str| {
        let name: String = name.chars().take(64).collect();
        scim::Error::new(ErrorKind::InvalidValue, format!("sortBy \"{name}\" {why}."))
    };
    let mut by = rt
        .attribute(name)
        .ok_or_else(|| unusable("names no attribute"))?;
    if by.leaf().is_complex() {
        let value = by
            .attribute
            .sub("value")
            .ok_or_else(|| unusable("is complex: name a sub-attribute"))?;
        by.sub = Some(Arc::clone(value));
    }
    if by.leaf().returned == Returned::Never {
        return Err(unusable("cannot be sorted by"));
    }
    Ok(Sort {
        by,
        descending: order == SortOrder::Descending,
    })
}

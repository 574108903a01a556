//! Where the values of an attribute are found without reading documents.

use crate::scim::filter::AttrRef;
use crate::scim::schema::ResourceType;
use crate::scim::value::fold;

/// Where the values of an attribute can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A column of `resource` that is never NULL.
    Column(&'static str),
    /// `external_id` of `resource`.
    ExternalId,
    /// The name of the resource type.
    Kind,
    /// Table `unique_key`.
    Unique,
    /// Table `attribute`.
    Indexed,
    /// The members of a group.
    Members,
    /// The groups of a user.
    Groups,
}

/// Where values of `attr` are found, if anywhere but in documents.
pub(super) fn place(rt: &ResourceType, attr: &AttrRef) -> Option<Place> {
    if rt.is_members(attr) {
        let by_value = attr.sub.as_ref().is_none_or(|sub| sub.name == "value");
        return by_value.then_some(Place::Members);
    }
    if attr.extension.is_none() && rt.is_user() && attr.attribute.name == "groups" {
        let by_value = attr.sub.as_ref().is_none_or(|sub| sub.name == "value");
        return by_value.then_some(Place::Groups);
    }
    if attr.extension.is_none() && rt.common().contains(&attr.attribute) {
        return match attr.path().as_str() {
            "id" => Some(Place::Column("id")),
            "meta.created" => Some(Place::Column("created")),
            "meta.lastModified" => Some(Place::Column("modified")),
            "meta.resourceType" => Some(Place::Kind),
            "externalId" if attr.leaf().case_exact => Some(Place::ExternalId),
            _ => None,
        };
    }
    if rt.unique().contains(attr) {
        return Some(Place::Unique);
    }
    rt.indexed().contains(attr).then_some(Place::Indexed)
}

/// The table or column by which `attr` sorts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Order {
    /// `r.id`, behind what is the same in all of them.
    Id(String),
    /// The same in all of them.
    Same(String),
    /// A column of `resource` that is never NULL.
    Column(&'static str),
    /// A column of `resource` that may be NULL.
    Nullable(&'static str),
    /// Table `unique_key`.
    Unique,
    /// Ordinal 0 in table `attribute`.
    Indexed,
}

/// How SQL can sort by `attr`; `None`: it cannot.
pub(in crate::store) fn order(rt: &ResourceType, attr: &AttrRef) -> Option<Order> {
    if attr.extension.is_none() && attr.path() == "meta.location" {
        return Some(Order::Id(format!("{}/", rt.endpoint)));
    }
    match place(rt, attr)? {
        Place::Column("id") => Some(Order::Id(String::new())),
        Place::Column(column) => Some(Order::Column(column)),
        Place::ExternalId => Some(Order::Nullable("external_id")),
        Place::Unique if !attr.attribute.multi_valued => Some(Order::Unique),
        Place::Indexed => Some(Order::Indexed),
        Place::Kind => Some(Order::Same(fold(&rt.name, attr.leaf().case_exact))),
        Place::Unique | Place::Members | Place::Groups => None,
    }
}

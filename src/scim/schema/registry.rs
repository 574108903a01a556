//! Every schema and resource type that this gateway serves, and the look-up of names in them.

use std::sync::Arc;

use super::assemble::assemble;
use super::attribute::{Attribute, Returned, Uniqueness};
use super::common;
use super::document::Documents;
use super::fault::DocumentFaults;
use crate::scim::filter::AttrRef;
use crate::scim::resource::is_password;
use crate::scim::syntax::Name;

/// The URN of the core User schema (RFC 7643 §4.1).
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URN of the core Group schema (RFC 7643 §4.2).
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The URN of the enterprise extension (RFC 7643 §4.3).
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The documents that every gateway serves.
const STANDARD: [(&str, &str); 4] = [
    (
        "schemas/user.json",
        include_str!("../../../schemas/user.json"),
    ),
    (
        "schemas/group.json",
        include_str!("../../../schemas/group.json"),
    ),
    (
        "schemas/enterprise-user.json",
        include_str!("../../../schemas/enterprise-user.json"),
    ),
    (
        "schemas/resource-types.json",
        include_str!("../../../schemas/resource-types.json"),
    ),
];

/// A schema (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// Its URN.
    pub id: Arc<str>,
    /// Its name for people.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The attributes it defines.
    pub attributes: Vec<Arc<Attribute>>,
}

impl Schema {
    /// The attribute called `name`, without regard to case.
    pub fn attribute(&self, name: &str) -> Option<&Arc<Attribute>> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// A schema extension of a resource type (RFC 7643 §6).
#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    /// The extension's schema.
    pub schema: Arc<Schema>,
    /// Whether every resource of the type must carry it.
    pub required: bool,
}

/// A resource type (RFC 7643 §6): an endpoint, its core schema and its extensions.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceType {
    /// `User`, `Group`, …: also `meta.resourceType`.
    pub name: Arc<str>,
    /// The path below the SCIM root, with a leading slash.
    pub endpoint: String,
    /// What it is.
    pub description: String,
    /// The core schema.
    pub schema: Arc<Schema>,
    /// The extensions.
    pub extensions: Vec<Extension>,
    common: Vec<Arc<Attribute>>,
    indexed: Vec<AttrRef>,
    unique: Vec<AttrRef>,
    plain: bool,
}

/// What a [`Name`] stands for in a resource type.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// The URN of an extension alone: all of its attributes.
    Extension(Arc<Schema>),
    /// An attribute or sub-attribute.
    Attribute(AttrRef),
}

impl ResourceType {
    /// What `name` stands for (RFC 7644 §3.10): `attr`, `attr.sub`, `URN:attr`, `URN:attr.sub` or the
    /// URN of an extension; names and URNs compare without case. Extension attributes need their URN.
    pub fn resolve(&self, name: &Name) -> Option<Target> {
        let text = name.0.as_str();
        for extension in &self.extensions {
            let schema = &extension.schema;
            if text.eq_ignore_ascii_case(&schema.id) {
                return Some(Target::Extension(Arc::clone(schema)));
            }
            // One URN may be the beginning of another.
            let found = behind_urn(text, &schema.id).and_then(|rest| {
                attribute_of(&schema.attributes, rest, Some(Arc::clone(&schema.id)))
            });
            if found.is_some() {
                return found;
            }
        }
        let rest = behind_urn(text, &self.schema.id).unwrap_or(text);
        attribute_of(&self.schema.attributes, rest, None)
            .or_else(|| attribute_of(&self.common, rest, None))
    }

    /// The attribute that `name` stands for, if it is one.
    pub fn attribute(&self, name: &str) -> Option<AttrRef> {
        match self.resolve(&Name(name.to_owned()))? {
            Target::Attribute(attr) => Some(attr),
            Target::Extension(_) => None,
        }
    }

    /// The common attributes `schemas`, `id`, `externalId` and `meta` (RFC 7643 §3.1).
    pub fn common(&self) -> &[Arc<Attribute>] {
        &self.common
    }

    /// The extension with this URN, compared without case.
    pub fn extension(&self, urn: &str) -> Option<&Extension> {
        self.extensions
            .iter()
            .find(|extension| extension.schema.id.eq_ignore_ascii_case(urn))
    }

    /// The attributes whose values have index rows.
    pub fn indexed(&self) -> &[AttrRef] {
        &self.indexed
    }

    /// The attributes whose values no two resources of the type may share.
    pub fn unique(&self) -> &[AttrRef] {
        &self.unique
    }

    /// Whether a stored document of this type is answered whole when nothing else is asked for.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether this is the User of RFC 7643 §4.1.
    pub fn is_user(&self) -> bool {
        &*self.schema.id == USER_URN
    }

    /// Whether this is the Group of RFC 7643 §4.2.
    pub fn is_group(&self) -> bool {
        &*self.schema.id == GROUP_URN
    }

    /// Whether `attr` is `Group.members`, which is kept as rows and not in the document.
    pub fn is_members(&self, attr: &AttrRef) -> bool {
        self.is_group() && attr.extension.is_none() && attr.attribute.name == "members"
    }
}

/// What follows `urn:` in `text`, if it starts with the URN and a colon.
fn behind_urn<'t>(text: &'t str, urn: &str) -> Option<&'t str> {
    let head = text.get(..urn.len())?;
    if !head.eq_ignore_ascii_case(urn) {
        return None;
    }
    text.get(urn.len()..)?.strip_prefix(':')
}

fn attribute_of(
    attributes: &[Arc<Attribute>],
    name: &str,
    extension: Option<Arc<str>>,
) -> Option<Target> {
    let (name, sub_name) = match name.split_once('.') {
        Some((name, sub)) => (name, Some(sub)),
        None => (name, None),
    };
    let attribute = attributes
        .iter()
        .find(|found| found.name.eq_ignore_ascii_case(name))?;
    let sub = match sub_name {
        Some(sub) => Some(Arc::clone(attribute.sub(sub)?)),
        None => None,
    };
    Some(Target::Attribute(AttrRef {
        extension,
        attribute: Arc::clone(attribute),
        sub,
    }))
}

/// What the settings decide about the schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupNames {
    /// Two groups may have the same `displayName`.
    Shared,
    /// `displayName` of groups is unique.
    Unique,
}

/// All schemas and resource types.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    schemas: Vec<Arc<Schema>>,
    types: Vec<Arc<ResourceType>>,
}

impl Registry {
    /// The User, Group and enterprise User of RFC 7643, from the compiled-in documents.
    pub fn standard(group_names: GroupNames) -> Result<Self, DocumentFaults> {
        Self::extended(group_names, &[])
    }

    /// The standard ones and those of further documents, given as file names and texts; the order of these
    /// has no meaning. A document is a schema (RFC 7643 §7), a resource type (§6) or an array of such. A
    /// resource type that is there already gets the extensions that the document names.
    ///
    /// # Errors
    /// Everything that is wrong with the documents, file by file.
    pub fn extended(
        group_names: GroupNames,
        files: &[(String, String)],
    ) -> Result<Self, DocumentFaults> {
        let mut faults = DocumentFaults::default();
        let (mut standard, mut custom) = (Documents::default(), Documents::default());
        for (file, text) in STANDARD {
            standard.read(file, text, &mut faults);
        }
        for (file, text) in files {
            custom.read(file, text, &mut faults);
        }
        let (schemas, types) = assemble(standard, custom, group_names, &mut faults);
        if faults.0.is_empty() {
            return Ok(Self { schemas, types });
        }
        faults.0.sort_by(|one, other| one.file.cmp(&other.file));
        Err(faults)
    }

    /// The resource types, in the order of their documents.
    pub fn types(&self) -> &[Arc<ResourceType>] {
        &self.types
    }

    /// The schemas, in the order of their documents.
    pub fn schemas(&self) -> &[Arc<Schema>] {
        &self.schemas
    }

    /// The resource type served at `endpoint` (`Users`, with or without a leading slash, exact case).
    pub fn by_endpoint(&self, endpoint: &str) -> Option<&Arc<ResourceType>> {
        let endpoint = endpoint.trim_start_matches('/');
        self.types
            .iter()
            .find(|found| found.endpoint.trim_start_matches('/') == endpoint)
    }

    /// The resource type called `name`.
    pub fn by_name(&self, name: &str) -> Option<&Arc<ResourceType>> {
        self.types.iter().find(|found| &*found.name == name)
    }

    /// The schema with this URN, compared without case.
    pub fn schema(&self, urn: &str) -> Option<&Arc<Schema>> {
        self.schemas
            .iter()
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }
}

/// What a resource type is made from.
pub(super) struct TypeParts {
    pub(super) name: Arc<str>,
    pub(super) endpoint: String,
    pub(super) description: String,
    pub(super) schema: Arc<Schema>,
    pub(super) extensions: Vec<Extension>,
}

impl ResourceType {
    pub(super) fn new(parts: TypeParts, group_names: GroupNames) -> Self {
        let mut made = Self {
            name: parts.name,
            endpoint: parts.endpoint,
            description: parts.description,
            schema: parts.schema,
            extensions: parts.extensions,
            common: common::attributes(),
            indexed: Vec::new(),
            unique: Vec::new(),
            plain: true,
        };
        made.collect_indexes(group_names);
        made
    }

    fn collect_indexes(&mut self, group_names: GroupNames) {
        let (mut indexed, mut unique) = (Vec::new(), Vec::new());
        for attr in self.leaves() {
            let leaf = attr.leaf();
            let named = group_names == GroupNames::Unique
                && self.is_group()
                && attr.extension.is_none()
                && leaf.name == "displayName";
            if named || leaf.uniqueness != Uniqueness::None {
                unique.push(attr.clone());
            }
            if leaf.indexed {
                indexed.push(attr);
            }
        }
        let shown = |attr: &AttrRef| {
            let whole =
                |one: &Attribute| matches!(one.returned, Returned::Always | Returned::Default);
            whole(&attr.attribute) && whole(attr.leaf())
        };
        let hidden = |attr: &AttrRef| !shown(attr) && !is_password(self, attr);
        self.plain = !self.leaves().iter().any(hidden);
        self.indexed = indexed;
        self.unique = unique;
    }

    /// Every attribute and sub-attribute that holds values itself.
    fn leaves(&self) -> Vec<AttrRef> {
        let core = (None, &self.schema);
        let extensions = self
            .extensions
            .iter()
            .map(|found| (Some(Arc::clone(&found.schema.id)), &found.schema));
        let mut leaves = Vec::new();
        for (urn, schema) in std::iter::once(core).chain(extensions) {
            for attribute in &schema.attributes {
                let whole = AttrRef {
                    extension: urn.clone(),
                    attribute: Arc::clone(attribute),
                    sub: None,
                };
                if attribute.is_complex() {
                    leaves.extend(attribute.sub_attributes.iter().map(|sub| AttrRef {
                        sub: Some(Arc::clone(sub)),
                        ..whole.clone()
                    }));
                } else {
                    leaves.push(whole);
                }
            }
        }
        leaves
    }
}

//! Puts the documents of all files together: schemas, resource types, and what each says about the others.
//!
//! The order of the files and of the documents in them has no meaning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Documents, ExtensionDocument, SchemaDocument, TypeDocument};
use super::fault::{DocumentFaults, Place};
use super::registry::{Extension, GROUP_URN, GroupNames, ResourceType, Schema, USER_URN};

/// URNs that begin so are messages of the protocol, and no schemas (RFC 7644 §8.2).
const MESSAGES: &str = "urn:ietf:params:scim:api:";
/// Schemas of discovery, which are answered but never stored (RFC 7643 §5–§7).
const DISCOVERY: [&str; 3] = [
    "urn:ietf:params:scim:schemas:core:2.0:Schema",
    "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
];

/// Schemas and resource types: those of `standard` in their order, then those of `custom` by URN and name.
pub(super) fn assemble(
    standard: Documents,
    mut custom: Documents,
    group_names: GroupNames,
    faults: &mut DocumentFaults,
) -> (Vec<Arc<Schema>>, Vec<Arc<ResourceType>>) {
    custom.schemas.sort_by(|one, other| {
        let urn = |document: &SchemaDocument| document.schema.id.to_ascii_lowercase();
        (urn(one), &one.at).cmp(&(urn(other), &other.at))
    });
    custom
        .types
        .sort_by(|one, other| (&one.name, &one.at).cmp(&(&other.name, &other.at)));
    let schemas = Schemas::collect(standard.schemas, custom.schemas, faults);
    let mut drafts: Vec<Draft> = Vec::new();
    for document in standard.types.into_iter().chain(custom.types) {
        Draft::join(&mut drafts, document, faults);
    }
    check_endpoints(&drafts, faults);
    let types = drafts
        .into_iter()
        .filter_map(|draft| draft.finish(&schemas, group_names, faults))
        .map(Arc::new)
        .collect();
    (schemas.in_order, types)
}

/// All schemas, each once.
struct Schemas {
    in_order: Vec<Arc<Schema>>,
    by_urn: BTreeMap<String, Arc<Schema>>,
}

impl Schemas {
    fn collect(
        standard: Vec<SchemaDocument>,
        custom: Vec<SchemaDocument>,
        faults: &mut DocumentFaults,
    ) -> Self {
        let mut all = Self {
            in_order: Vec::new(),
            by_urn: BTreeMap::new(),
        };
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        for SchemaDocument { at, schema } in standard.into_iter().chain(custom) {
            let urn = schema.id.to_ascii_lowercase();
            let taken = DISCOVERY.iter().any(|one| one.eq_ignore_ascii_case(&urn));
            if taken || urn.starts_with(MESSAGES) {
                let why = format!("{:?} belongs to SCIM itself: take another", schema.id);
                faults.add(&at.member("id"), why);
            } else if let Some(first) = places.get(&urn) {
                let why = format!("{:?} is the id of {first} too", schema.id);
                faults.add(&at.member("id"), why);
            } else {
                let schema = Arc::new(schema);
                all.in_order.push(Arc::clone(&schema));
                all.by_urn.insert(urn.clone(), schema);
                places.insert(urn, at);
            }
        }
        all
    }

    fn find(&self, urn: &str, at: &Place, faults: &mut DocumentFaults) -> Option<Arc<Schema>> {
        let found = self.by_urn.get(&urn.to_ascii_lowercase());
        if found.is_none() {
            faults.add(at, format!("there is no schema {urn:?}"));
        }
        found.map(Arc::clone)
    }
}

/// A resource type that may still get extensions from other documents.
struct Draft {
    /// The first document that names it.
    first: TypeDocument,
    extensions: Vec<ExtensionDocument>,
}

impl Draft {
    /// A new type, or more about one that is there.
    fn join(drafts: &mut Vec<Self>, mut document: TypeDocument, faults: &mut DocumentFaults) {
        let extensions = std::mem::take(&mut document.extensions);
        let same = |draft: &&mut Self| draft.first.name.eq_ignore_ascii_case(&document.name);
        match drafts.iter_mut().find(same) {
            None => drafts.push(Self {
                first: document,
                extensions,
            }),
            Some(draft) => {
                draft.agree(document, faults);
                draft.extensions.extend(extensions);
            }
        }
    }

    /// What two documents say about one type must be the same.
    fn agree(&mut self, more: TypeDocument, faults: &mut DocumentFaults) {
        let first = &mut self.first;
        if first.name != more.name {
            let why = format!(
                "{:?} is written {:?} at {}",
                more.name, first.name, first.at
            );
            faults.add(&more.at.member("name"), why);
        }
        let said = [
            ("endpoint", &mut first.endpoint, more.endpoint),
            ("schema", &mut first.schema, more.schema),
        ];
        for (name, first_said, more_said) in said {
            match (&*first_said, more_said) {
                (Some(one), Some(other)) if !one.eq_ignore_ascii_case(&other) => {
                    let why = format!(
                        "{other:?} is not what {} says, {one:?}: a resource type has one",
                        first.at
                    );
                    faults.add(&more.at.member(name), why);
                }
                (None, Some(other)) => *first_said = Some(other),
                (Some(_) | None, _) => {}
            }
        }
        if first.description.is_none() {
            first.description = more.description;
        }
    }

    fn finish(
        self,
        schemas: &Schemas,
        group_names: GroupNames,
        faults: &mut DocumentFaults,
    ) -> Option<ResourceType> {
        let Self { first, extensions } = self;
        for (name, said) in [("endpoint", &first.endpoint), ("schema", &first.schema)] {
            if said.is_none() {
                let why = format!(
                    "is missing, and there is no other document of the resource type {}",
                    first.name
                );
                faults.add(&first.at.member(name), why);
            }
        }
        let urn = first.schema.as_deref();
        let at = first.at.member("schema");
        let schema = urn.and_then(|urn| schemas.find(urn, &at, faults));
        let extensions = join_extensions(extensions, urn, schemas, faults);
        let (schema, endpoint) = (schema?, first.endpoint?);
        for (urn, owner) in [(USER_URN, "User"), (GROUP_URN, "Group")] {
            if &*schema.id == urn && first.name != owner {
                let why = format!("this schema is of the resource type {owner} and of no other");
                faults.add(&at, why);
            }
        }
        Some(ResourceType::new(
            super::registry::TypeParts {
                name: first.name.into(),
                endpoint,
                description: first.description.unwrap_or_default(),
                schema,
                extensions,
            },
            group_names,
        ))
    }
}

/// The extensions of one type, each once, by URN.
fn join_extensions(
    documents: Vec<ExtensionDocument>,
    core: Option<&str>,
    schemas: &Schemas,
    faults: &mut DocumentFaults,
) -> Vec<Extension> {
    let mut all: Vec<(Extension, Place)> = Vec::new();
    for document in documents {
        let at = document.at.member("schema");
        let Some(schema) = schemas.find(&document.schema, &at, faults) else {
            continue;
        };
        if core.is_some_and(|core| core.eq_ignore_ascii_case(&schema.id)) {
            faults.add(&at, "is the schema of the resource type itself");
            continue;
        }
        let present = all.iter().find(|(one, _)| one.schema.id == schema.id);
        match present {
            None => all.push((
                Extension {
                    schema,
                    required: document.required,
                },
                document.at,
            )),
            Some((one, first)) if one.required != document.required => {
                let why = format!("is not what {first} says of the same extension");
                faults.add(&document.at.member("required"), why);
            }
            Some(_) => {}
        }
    }
    all.sort_by_key(|(one, _)| one.schema.id.to_ascii_lowercase());
    all.into_iter().map(|(extension, _)| extension).collect()
}

/// Two types cannot share a URL.
fn check_endpoints(drafts: &[Draft], faults: &mut DocumentFaults) {
    let mut seen: BTreeMap<String, &TypeDocument> = BTreeMap::new();
    for Draft { first, .. } in drafts {
        let Some(endpoint) = &first.endpoint else {
            continue;
        };
        match seen.get(&endpoint.to_ascii_lowercase()) {
            Some(other) => {
                let why = format!("{endpoint:?} is the endpoint of {} too", other.name);
                faults.add(&first.at.member("endpoint"), why);
            }
            None => drop(seen.insert(endpoint.to_ascii_lowercase(), first)),
        }
    }
}

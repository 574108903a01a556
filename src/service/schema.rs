//! The schemas and resource types that the settings ask for.

use crate::config::{self, Fault, Faults, Settings};
use crate::scim::schema::{DocumentFault, GroupNames, Registry};

/// The registry of the standard documents and those in `scim.schema_dir`.
///
/// # Errors
/// Everything that is wrong with files and documents, as faults of the configuration.
pub fn registry(settings: &Settings) -> Result<Registry, Faults> {
    let group_names = if settings.scim.unique_group_names {
        GroupNames::Unique
    } else {
        GroupNames::Shared
    };
    let files: Vec<(String, String)> = config::read_schemas(settings)?
        .into_iter()
        .map(|file| (file.name, file.text))
        .collect();
    Registry::extended(group_names, &files)
        .map_err(|faults| Faults(faults.0.into_iter().map(fault).collect()))
}

fn fault(found: DocumentFault) -> Fault {
    let name = if found.place.is_empty() {
        found.file
    } else {
        format!("{}: {}", found.file, found.place)
    };
    Fault {
        name: Some(name),
        origin: None,
        why: found.why,
    }
}

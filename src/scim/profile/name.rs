//! Names of attributes as clients spell them: SCIM 1 URNs, dots for colons, extension attributes without URN.

use super::Quirk;
use super::pass::{At, Pass};
use crate::scim::schema::{ENTERPRISE_URN, ResourceType, Target};
use crate::scim::syntax::Name;

/// The core URN of SCIM 1, for all resource types.
const SCIM1_CORE_URN: &str = "urn:scim:schemas:core:1.0";
/// The enterprise URN of SCIM 1.
const SCIM1_ENTERPRISE_URN: &str = "urn:scim:schemas:extension:enterprise:1.0";
/// What SCIM 1 called `manager.value`.
const SCIM1_MANAGER_ID: &str = "managerId";

/// Gives a name its strict spelling, if it is spelled in one certain wrong way.
type Respell = fn(&ResourceType, &str) -> Option<String>;

/// The spellings that are undone, in the order in which they are tried; one may uncover the next.
const SPELLINGS: [(Quirk, Respell); 4] = [
    (Quirk::Scim1Urn, without_scim1_urn),
    (Quirk::UrnDot, without_urn_dot),
    (Quirk::ManagerId, without_manager_id),
    (Quirk::BareExtensionName, with_urn),
];

/// What `name` stands for, and its strict spelling; `None` when it is no attribute in any spelling.
pub(super) fn resolve(pass: &mut Pass<'_>, name: &str, at: At<'_>) -> Option<(String, Target)> {
    let mut text = name.to_owned();
    let mut met = Vec::new();
    let mut spellings = SPELLINGS.iter();
    loop {
        if let Some(target) = pass.rt.resolve(&Name(text.clone())) {
            for quirk in met {
                pass.record(quirk, at);
            }
            return Some((text, target));
        }
        let (quirk, better) = spellings.find_map(|(quirk, respell)| {
            let better = respell(pass.rt, &text)?;
            pass.would_undo(*quirk).then_some((*quirk, better))
        })?;
        met.push(quirk);
        text = better;
    }
}

/// The URN of this resource type that the SCIM 1 URN `urn` stood for.
pub(super) fn scim2_urn<'r>(rt: &'r ResourceType, urn: &str) -> Option<&'r str> {
    if urn.eq_ignore_ascii_case(SCIM1_CORE_URN) {
        return Some(&rt.schema.id);
    }
    if urn.eq_ignore_ascii_case(SCIM1_ENTERPRISE_URN) {
        return Some(&rt.extension(ENTERPRISE_URN)?.schema.id);
    }
    None
}

/// Whether `name` is what SCIM 1 called `manager.value`, inside a manager.
pub(super) fn is_manager_id(attribute: &str, name: &str) -> bool {
    attribute == "manager" && name.eq_ignore_ascii_case(SCIM1_MANAGER_ID)
}

/// `text` without its prefix `prefix`, compared without case.
pub(super) fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) {
        text.get(prefix.len()..)
    } else {
        None
    }
}

fn without_scim1_urn(rt: &ResourceType, text: &str) -> Option<String> {
    [SCIM1_ENTERPRISE_URN, SCIM1_CORE_URN]
        .iter()
        .find_map(|old| {
            let rest = strip_prefix(text, old)?;
            let urn = scim2_urn(rt, old)?;
            (rest.is_empty() || rest.starts_with([':', '.'])).then(|| format!("{urn}{rest}"))
        })
}

fn without_urn_dot(rt: &ResourceType, text: &str) -> Option<String> {
    let extensions = rt.extensions.iter().map(|extension| &extension.schema);
    std::iter::once(&rt.schema)
        .chain(extensions)
        .find_map(|schema| {
            let rest = strip_prefix(text, &schema.id)?.strip_prefix('.')?;
            Some(format!("{}:{rest}", schema.id))
        })
}

fn without_manager_id(_: &ResourceType, text: &str) -> Option<String> {
    let (manager, name) = text.rsplit_once('.')?;
    let known = name.eq_ignore_ascii_case(SCIM1_MANAGER_ID) && ends_with_manager(manager);
    known.then(|| format!("{manager}.value"))
}

fn ends_with_manager(text: &str) -> bool {
    let last = text.rsplit([':', '.']).next();
    last.is_some_and(|last| last.eq_ignore_ascii_case("manager"))
}

/// The name with the URN of the one extension that knows it; a name that two know stays ambiguous.
fn with_urn(rt: &ResourceType, text: &str) -> Option<String> {
    let mut known = rt
        .extensions
        .iter()
        .map(|extension| format!("{}:{text}", extension.schema.id))
        .filter(|full| rt.resolve(&Name(full.clone())).is_some());
    let full = known.next()?;
    known.next().is_none().then_some(full)
}

//! What the house is built from: where packages come from, under which licences, and whether they are used.

use std::process::Command;

use serde_json::Value;

use super::tree::root;

/// Licences that may be linked into the gateway. One that is not here needs somebody to read it first.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// The one registry that packages may come from, as `Cargo.lock` names it.
pub(crate) const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What cargo knows of the packages that are built on this platform, without asking the network.
pub(crate) fn metadata() -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let host = host()?;
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--filter-platform",
            &host,
        ])
        .current_dir(root())
        .output()
        .map_err(|why| format!("cargo metadata: {why}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|why| format!("cargo metadata: {why}"))
}

fn host() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("-vV")
        .current_dir(root())
        .output()
        .map_err(|why| format!("rustc -vV: {why}"))?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .ok_or_else(|| "rustc -vV names no host".to_owned())
}

/// The packages that are not ours and lie under no licence of the list.
pub(crate) fn unlicensed(metadata: &Value) -> Vec<String> {
    packages(metadata)
        .filter_map(|package| {
            let licence = text(package, "license");
            let said = if licence.is_empty() {
                "no licence"
            } else {
                licence
            };
            (!permits(licence)).then(|| {
                format!(
                    "{} {}: {said}",
                    text(package, "name"),
                    text(package, "version")
                )
            })
        })
        .collect()
}

pub(crate) fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// The packages of this repository: those that come from a path.
pub(crate) fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    packages(metadata).filter(|package| package.get("source").is_none_or(Value::is_null))
}

/// The direct dependencies of a package of one kind (`dev`, `build`, or none), as the code names them.
pub(crate) fn dependencies(package: &Value, kind: Option<&str>) -> Vec<String> {
    let all = package
        .get("dependencies")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    all.filter(|dependency| dependency.get("kind").and_then(Value::as_str) == kind)
        .map(|dependency| {
            let renamed = dependency.get("rename").and_then(Value::as_str);
            renamed
                .unwrap_or_else(|| text(dependency, "name"))
                .replace('-', "_")
        })
        .collect()
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a licence expression of SPDX can be met from the list. `AND` binds tighter than `OR`;
/// the old spelling `MIT/Apache-2.0` means `OR`.
pub(crate) fn permits(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any(&mut rest);
    met == Some(true) && rest.is_empty()
}

fn any(rest: &mut &[&str]) -> Option<bool> {
    let mut met = all(rest)?;
    while take(rest, "OR") {
        let other = all(rest)?;
        met = met || other;
    }
    Some(met)
}

fn all(rest: &mut &[&str]) -> Option<bool> {
    let mut met = one(rest)?;
    while take(rest, "AND") {
        let other = one(rest)?;
        met = met && other;
    }
    Some(met)
}

fn one(rest: &mut &[&str]) -> Option<bool> {
    if take(rest, "(") {
        let met = any(rest)?;
        return take(rest, ")").then_some(met);
    }
    let (licence, tail) = rest.split_first()?;
    *rest = tail;
    if !take(rest, "WITH") {
        return Some(LICENCES.contains(licence));
    }
    let (exception, tail) = rest.split_first()?;
    *rest = tail;
    Some(LICENCES.contains(&format!("{licence} WITH {exception}").as_str()))
}

fn take(rest: &mut &[&str], word: &str) -> bool {
    match rest.split_first() {
        Some((first, tail)) if *first == word => {
            *rest = tail;
            true
        }
        _ => false,
    }
}

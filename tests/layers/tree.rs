//! The files of the repository, as a check sees them.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::source::Source;

/// Absolute paths of somebody's machine begin so. Written in two halves, so that this file passes its own check.
const MACHINE_ROOTS: &[(&str, &str)] = &[
    ("/ho", "me/"),
    ("/ro", "ot/"),
    ("/mn", "t/"),
    ("/wo", "rk/"),
    ("/work", "space/"),
    ("/bui", "lds/"),
    ("/tm", "p/"),
];

pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below some folders of the repository.
pub(crate) fn rust_files(folders: &[&str]) -> io::Result<Vec<Source>> {
    let mut found = Vec::new();
    for path in files()? {
        let name = name(&path);
        let rust = path.extension().is_some_and(|extension| extension == "rs");
        if rust && folders.iter().any(|folder| name.starts_with(folder)) {
            found.push(Source::new(&name, &fs::read_to_string(&path)?));
        }
    }
    Ok(found)
}

/// Every file of the repository, but for what `.gitignore` names.
pub(crate) fn files() -> io::Result<Vec<PathBuf>> {
    let ignored = fs::read_to_string(root().join(".gitignore"))?;
    let skip: Vec<PathBuf> = ignored
        .lines()
        .filter_map(|line| line.trim().strip_prefix('/'))
        .chain([".git"])
        .map(|entry| root().join(entry))
        .collect();
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let cache = path.file_name().is_some_and(|last| last == "__pycache__");
            if skip.contains(&path) || cache {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A path from the root of the repository, with `/`.
pub(crate) fn name(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap_or(path);
    inside.to_string_lossy().replace('\\', "/")
}

/// The machine paths that a text contains.
pub(crate) fn machine_paths(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (head, tail) in MACHINE_ROOTS {
        let start = format!("{head}{tail}");
        for (at, _) in text.match_indices(&start) {
            // `var` in front makes it another path, and a letter makes it the middle of a word.
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            if before.is_none_or(|c| {
                !(c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '}' | ')'))
            }) {
                found.push(start.clone());
            }
        }
    }
    found
}

//! Reads the files of the folder that `scim.schema_dir` names; what stands in them is for `scim`.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::Fault;
use super::Faults;
use super::Settings;
use super::load::read_short;

/// A file of schema or resource-type documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFile {
    /// Its path, as the user knows it.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// The files `*.json` of the folder, by name; none without the setting. Other files, those that begin with
/// a dot, and folders in it are left alone.
///
/// # Errors
/// Every file that cannot be read, and the folder itself.
pub fn read_schemas(settings: &Settings) -> Result<Vec<SchemaFile>, Faults> {
    let Some(folder) = &settings.scim.schema_dir else {
        return Ok(Vec::new());
    };
    let paths = match list(folder) {
        Ok(paths) => paths,
        Err(why) => {
            let origin = settings
                .entries()
                .iter()
                .find(|entry| entry.key == "scim.schema_dir")
                .map(|entry| entry.origin.clone());
            let why = format!("the folder {} cannot be read: {why}", folder.display());
            let name = Some("scim.schema_dir".to_owned());
            return Err(Faults(vec![Fault { name, origin, why }]));
        }
    };
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.display().to_string();
        match fs::File::open(&path).and_then(read_short) {
            Ok(text) => files.push(SchemaFile { name, text }),
            Err(why) => faults.push(Fault {
                name: Some(name),
                origin: None,
                why: format!("cannot be read: {why}"),
            }),
        }
    }
    if faults.is_empty() {
        Ok(files)
    } else {
        Err(Faults(faults))
    }
}

fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        if json && !hidden && !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn settings(folder: &Path) -> Settings {
        Settings::load(Sources {
            flags: vec![("scim.schema_dir".into(), folder.display().to_string())],
            environment: vec![],
            file: None,
            read_secret: &|_| Err(String::new()),
        })
        .unwrap()
    }

    #[test]
    fn json_files_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.json", "a.json", ".c.json", "README.md"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("old.json")).unwrap();
        let files = read_schemas(&settings(folder.path())).unwrap();
        let texts: Vec<&str> = files.iter().map(|file| file.text.as_str()).collect();
        assert_eq!(texts, ["a.json", "b.json"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let shown = |text: String| text.replace(&folder.path().display().to_string(), "DIR");
        let missing = read_schemas(&settings(&folder.path().join("gone"))).unwrap_err();
        insta::assert_snapshot!(shown(missing.to_string()), @"scim.schema_dir (--set): the folder DIR/gone cannot be read: No such file or directory (os error 2)");
        fs::write(folder.path().join("a.json"), b"\xff").unwrap();
        fs::write(folder.path().join("b.json"), vec![b' '; 2 << 20]).unwrap();
        let faults = read_schemas(&settings(folder.path())).unwrap_err();
        insta::assert_snapshot!(shown(faults.to_string()), @r"
        DIR/a.json: cannot be read: stream did not contain valid UTF-8
        DIR/b.json: cannot be read: the file is longer than 1 MiB
        ");
    }
}

//! Wrong documents: the program tells all faults at once and exits with 2, as for any wrong setting.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

fn muster(folder: &TempDir, command: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .current_dir(folder.path())
        .env_clear()
        .args([
            "--set",
            "scim.schema_dir=schemas",
            "--set",
            "server.listen=127.0.0.1:0",
            command,
        ])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn every_fault_is_told_with_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("schemas")).unwrap();
    let write =
        |name: &str, text: &str| fs::write(folder.path().join("schemas").join(name), text).unwrap();
    write(
        "b.json",
        r#"{"id": "urn:example:a", "attributes": [{"name": "a"}, {"name": "A", "type": "complex", "subAttributes": [{"name": "x", "type": "text"}]}]}"#,
    );
    write(
        "a.json",
        r#"{"name": "Thing", "endpoint": "/Me", "schema": "urn:example:missing"}"#,
    );
    for command in ["serve", "check"] {
        let (status, out, err) = muster(&folder, command);
        let told = format!("{out}{err}");
        assert_eq!(status, 2, "{told}");
        for fault in [
            "schemas/a.json: endpoint: \"/Me\" belongs to SCIM itself",
            "schemas/a.json: schema: there is no schema \"urn:example:missing\"",
            "schemas/b.json: attributes[1].name: \"A\" stands twice",
            "schemas/b.json: attributes[1].subAttributes[0].type: is \"text\"",
        ] {
            assert!(told.contains(fault), "{command}: {fault} is not in\n{told}");
        }
    }
    assert!(!folder.path().join("data").exists(), "nothing was made");
}

/// Commands write rows too: with other schemas than the gateway that may be running, theirs would not fit.
#[test]
fn a_command_waits_for_the_gateway_to_start_with_changed_documents() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("schemas").join("a.json");
    fs::create_dir(folder.path().join("schemas")).unwrap();
    let say = |index: bool| {
        let badge = format!(
            r#"[{{"id": "urn:example:Badge", "attributes": [{{"name": "floor", "x-muster-index": {index}}}]}},
                {{"name": "User", "schemaExtensions": [{{"schema": "urn:example:Badge"}}]}}]"#
        );
        fs::write(&file, badge).unwrap();
    };
    let list = || {
        let output = Command::new(env!("CARGO_BIN_EXE_muster"))
            .current_dir(folder.path())
            .env_clear()
            .args(["--set", "scim.schema_dir=schemas", "token", "list"])
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), err)
    };
    say(false);
    assert_eq!(list(), (0, String::new()));
    say(true);
    let (status, err) = list();
    assert_eq!(status, 1);
    assert!(err.contains("restart `muster serve` first"), "{err}");
    say(false);
    assert_eq!(list(), (0, String::new()));
}

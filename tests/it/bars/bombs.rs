//! JSON that is made to hurt: refused as such, and the process does not grow by it.

use std::process::Command;

use serde_json::json;

use crate::support::strict::{Client, made, stored, strict, user};

/// Set in the process that does nothing else, in which memory can be measured.
const ALONE: &str = "MUSTER_TEST_ALONE";
const MIB: usize = 1024 * 1024;

/// Bar 54. Other tests share this process, so that this one runs again in a process of its own.
#[test]
fn json_bombs_are_refused_and_cost_no_memory() {
    if std::env::var_os(ALONE).is_some() {
        return bombs();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "bars::bombs::json_bombs_are_refused_and_cost_no_memory",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}{said}",
        String::from_utf8_lossy(&output.stdout)
    );
}

/// The most that was ever resident.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<usize>()
        .unwrap()
        * 1024
}

fn many_names(count: usize) -> Vec<u8> {
    let mut body = b"{\"a\":1".to_vec();
    for ordinal in 0..count {
        body.extend_from_slice(format!(",\"k{ordinal}\":1").as_bytes());
    }
    body.push(b'}');
    body
}

/// `inner` inside so many `[` or `{"a":`.
fn nested(open: &str, close: &str, depth: usize) -> Vec<u8> {
    format!(
        "{{\"title\":{}1{}}}",
        open.repeat(depth),
        close.repeat(depth)
    )
    .into_bytes()
}

fn in_user(member: &str) -> Vec<u8> {
    let body = user("bomb", json!({})).to_string();
    format!("{},{member}}}", &body[..body.len() - 1]).into_bytes()
}

fn malformed() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("1 MB of [", b"[".repeat(1_000_000)),
        ("1 MB of {\"a\":", "{\"a\":".repeat(200_000).into_bytes()),
        ("1 MB of [ in an attribute", nested("[", "", 1_000_000)),
        ("100,000 levels, closed", nested("[", "]", 100_000)),
        ("100,000 objects, closed", nested("{\"a\":", "}", 100_000)),
        ("40 levels", nested("[", "]", 40)),
        ("150,000 names", many_names(150_000)),
        (
            "the same name twice",
            br#"{"userName":"a","userName":"b"}"#.to_vec(),
        ),
        (
            "the same name twice, escaped",
            br#"{"userName":"a","user\u004eame":"b"}"#.to_vec(),
        ),
        ("1 MB of quotes", b"\"".repeat(1_000_000)),
        (
            "1 MB of digits",
            [&b"{\"title\":"[..], &b"9".repeat(1_000_000), b"}"].concat(),
        ),
        (
            "a byte order mark",
            [&b"\xef\xbb\xbf"[..], &in_user("\"title\":\"x\"")].concat(),
        ),
        (
            "UTF-16",
            "{\"a\":1}"
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        ),
    ];
    for (what, member) in [
        (
            "a name twice inside",
            r#""name":{"givenName":"a","givenName":"b"}"#,
        ),
        ("a lone high surrogate", r#""title":"\ud800""#),
        ("a lone low surrogate", r#""title":"\udc00x""#),
        ("surrogates in the wrong order", r#""title":"\udc00\ud800""#),
        ("NUL", r#""title":"a\u0000b""#),
        ("NUL in a name", r#""a\u0000":1"#),
        ("a raw control character", "\"title\":\"a\nb\""),
        ("a number without end", r#""title":1e999999"#),
        ("NaN", r#""title":NaN"#),
        ("a comma too many", r#""title":"x","#),
        ("a comment", r#""title":"x"/* */"#),
    ] {
        all.push((what, in_user(member)));
    }
    for (what, bytes) in [
        ("a stray byte", &b"\xff"[..]),
        ("overlong", b"\xc0\xaf"),
        ("an encoded surrogate", b"\xed\xa0\x80"),
        ("cut short", b"\xe2\x82"),
    ] {
        let mut body = in_user("\"title\":\"").clone();
        body.truncate(body.len() - 1);
        all.push((what, [&body, bytes, b"\"}"].concat()));
    }
    all
}

fn bombs() {
    let fixture = strict(&[]);
    let client = fixture.client();
    let path = made(&client, "/Users", &user("ada", json!({})));
    let before = stored(&client, &path);
    warm_up(&client, &path);
    let baseline = peak();
    for (what, body) in malformed() {
        for (method, target) in [("POST", "/Users"), ("PUT", &*path), ("PATCH", &*path)] {
            let reply = client.send(method, target, &[], Some(&body));
            assert_eq!(reply.status, 400, "{what}: {}", reply.text());
            let detail = reply.refused(400, Some("invalidSyntax"));
            assert!(
                detail.len() < 1_000,
                "{what}: {} bytes of detail",
                detail.len()
            );
        }
    }
    let million = many_names(1_000_000);
    for (method, target) in [("POST", "/Users"), ("PUT", &*path), ("PATCH", &*path)] {
        client
            .send(method, target, &[], Some(&million))
            .refused(413, None);
    }
    drop(million);
    assert_eq!(stored(&client, &path), before);
    let grown = peak().saturating_sub(baseline);
    assert!(grown <= 50 * MIB, "the process grew by {} MiB", grown / MIB);
}

/// What every thread and buffer needs once is not what a bomb costs.
fn warm_up(client: &Client, path: &str) {
    for _ in 0..8 {
        client
            .send("PUT", path, &[], Some(&vec![b' '; 2 * MIB]))
            .refused(400, Some("invalidSyntax"));
    }
}

//! Filters, sorting and indexes on attributes that only documents know (RFC 7644 §3.4.2).

use serde_json::{Value, json};

use super::{EXTENSION, device, made, resource, start, start_with};
use crate::support::Client;

fn encoded(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b':' => {
            (byte as char).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(escape).collect()
}

#[track_caller]
fn found(client: &Client, path: &str, name: &str) -> Vec<String> {
    let list = client.get(path).expect(200).json();
    let text = |one: &Value| one[name].as_str().unwrap().to_owned();
    list["Resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect()
}

#[test]
fn a_filter_compares_as_the_type_says() {
    let fixture = start();
    let client = fixture.client();
    for (identifier, values) in [
        (
            "a",
            json!({ "caseExactString": "Abc", "caseInsensitiveString": "Abc", "integerAttr": 9, "booleanAttr": true,
            "dateTimeAttr": "2026-01-01T00:00:00Z", "binaryAttr": "AAAA", "multiStrings": ["x", "y"],
            "complexAttr": { "sub1": "s" }, "multiComplex": [{ "value": "1", "type": "t" }, { "value": "2", "type": "u" }] }),
        ),
        (
            "b",
            json!({ "caseExactString": "abc", "integerAttr": 10, "dateTimeAttr": "2026-01-01T02:00:00+01:00",
            "multiStrings": ["z"], EXTENSION: { "extRequired": "yes", "extInteger": 3 } }),
        ),
        ("c", json!({ "requestOnlyAttr": "asked" })),
    ] {
        made(&client, "/TestResources", &resource(identifier, &values));
    }
    for (filter, wanted) in [
        ("caseExactString eq \"abc\"", "b"),
        ("caseInsensitiveString eq \"aBC\"", "a"),
        ("integerAttr gt 9", "b"),
        ("integerAttr ge 9 and integerAttr lt 10.5", "ab"),
        ("booleanAttr eq true", "a"),
        ("not (booleanAttr pr)", "bc"),
        ("dateTimeAttr gt \"2026-01-01T00:30:00Z\"", "b"),
        ("dateTimeAttr eq \"2026-01-01T01:00:00.000Z\"", "b"),
        ("binaryAttr eq \"AAAA\"", "a"),
        ("binaryAttr eq \"aaaa\"", ""),
        ("multiStrings eq \"Y\"", "a"),
        ("complexAttr.sub1 eq \"s\"", "a"),
        ("multiComplex[value eq \"1\" and type eq \"t\"]", "a"),
        ("multiComplex[value eq \"1\" and type eq \"u\"]", ""),
        ("requestOnlyAttr eq \"asked\"", "c"),
        (&format!("{EXTENSION}:extInteger eq 3"), "b"),
        ("identifier sw \"A\"", "a"),
    ] {
        let path = format!("/TestResources?filter={}", encoded(filter));
        assert_eq!(
            found(&client, &path, "identifier").concat(),
            wanted,
            "{filter}"
        );
    }
    for wrong in [
        "booleanAttr gt true",
        "binaryAttr lt \"AAAA\"",
        "integerAttr co 1",
        "integerAttr eq \"9\"",
        "complexAttr eq \"s\"",
    ] {
        let path = format!("/TestResources?filter={}", encoded(wrong));
        client.get(&path).refused(400, Some("invalidFilter"));
    }
}

#[test]
fn a_list_sorts_as_the_type_says() {
    let fixture = start();
    let client = fixture.client();
    for (serial, values) in [
        (
            "a",
            json!({ "port-count": 10, "weight": 2.5, "model": "beta", "bought": "2026-01-01T00:00:00Z", "nickname": "B" }),
        ),
        (
            "b",
            json!({ "port-count": 9, "weight": -1, "model": "Alpha", "bought": "2026-01-01T00:30:00+01:00", "nickname": "a" }),
        ),
        ("c", json!({})),
        (
            "d",
            json!({ "port-count": -3, "cards": [{ "value": "z" }, { "value": "a", "primary": true }] }),
        ),
    ] {
        made(&client, "/Devices", &device(serial, &values));
    }
    for (by, ascending, descending) in [
        ("port-count", "dbac", "cabd"),
        ("weight", "bacd", "cdab"),
        ("model", "bacd", "cdab"),
        ("bought", "bacd", "cdab"),
        ("nickname", "bacd", "cdab"),
        ("serial-number", "abcd", "dcba"),
        ("cards.value", "dabc", "abcd"),
    ] {
        for (order, wanted) in [("ascending", ascending), ("descending", descending)] {
            let path = format!("/Devices?sortBy={by}&sortOrder={order}");
            assert_eq!(
                found(&client, &path, "serial-number").concat(),
                wanted,
                "{by} {order}"
            );
        }
    }
}

/// With a scan limit of 1, only an index can answer for many.
#[test]
fn an_index_answers_without_reading_documents() {
    let fixture = start_with(&[("scim.max_scan", "1")]);
    let client = fixture.client();
    for ordinal in 0..20 {
        let values = json!({
            "model": format!("M{}", ordinal % 3), "nickname": "n", "port-count": ordinal, "tags": [format!("t{ordinal}")],
            "cards": [{ "value": format!("v{ordinal}"), "labels": ["all", format!("l{ordinal}")] }],
        });
        made(&client, "/Devices", &device(&ordinal.to_string(), &values));
    }
    for (filter, wanted) in [
        ("model eq \"m1\"", 7),
        ("model sw \"M\"", 20),
        ("port-count ge 15", 5),
        ("port-count eq 3 or model eq \"m2\"", 7),
        ("tags eq \"T7\"", 1),
        ("serial-number eq \"7\"", 1),
        ("cards.value eq \"v3\"", 1),
        ("cards.labels eq \"ALL\"", 20),
        ("cards.labels eq \"l19\"", 1),
    ] {
        let path = format!("/Devices?filter={}", encoded(filter));
        assert_eq!(
            client.get(&path).expect(200).json()["totalResults"],
            wanted,
            "{filter}"
        );
    }
    for path in [
        "/Devices?filter=nickname%20eq%20%22n%22",
        "/Devices?sortBy=nickname",
    ] {
        client.get(path).refused(400, Some("tooMany"));
    }
    assert_eq!(
        found(
            &client,
            "/Devices?sortBy=port-count&sortOrder=descending&count=2",
            "serial-number"
        ),
        ["19", "18"]
    );
}

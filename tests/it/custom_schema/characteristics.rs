//! Types, `required`, `mutability` and `returned` on POST, PUT and in every answer (RFC 7643 §2.2, §2.3, §7).

use serde_json::{Value, json};

use super::{CORE, DEVICE, EXTENSION, device, made, resource, start};

#[test]
fn a_value_is_of_its_type() {
    let fixture = start();
    let client = fixture.client();
    let good = json!({
        "integerAttr": -9_007_199_254_740_991_i64, "booleanAttr": false,
        "dateTimeAttr": "2026-01-31T08:00:00.5+01:00", "binaryAttr": "3q2+7w==",
        "referenceAttr": "../Users/1", "multiStrings": ["a", "b"], "complexAttr": { "sub1": "x" },
        "multiComplex": [{ "value": "v", "type": "t", "primary": true }],
    });
    let created = client.post("/TestResources", &resource("good", &good));
    let created = created.expect(201).json();
    for (name, value) in good.as_object().unwrap() {
        assert_eq!(created[name], *value);
    }
    for (name, wrong) in [
        ("integerAttr", json!(1.5)),
        ("integerAttr", json!("1")),
        ("integerAttr", json!(9_007_199_254_740_992_i64)),
        ("integerAttr", json!(u64::MAX)),
        ("booleanAttr", json!("true")),
        ("dateTimeAttr", json!("2026-01-31")),
        ("dateTimeAttr", json!(1)),
        ("binaryAttr", json!("not base64!")),
        ("referenceAttr", json!({ "value": "x" })),
        ("caseExactString", json!(["a"])),
        ("multiStrings", json!("a")),
        ("multiStrings", json!(["a", 1])),
        ("complexAttr", json!("x")),
        ("complexAttr", json!({ "sub1": 1 })),
        ("multiComplex", json!({ "value": "v" })),
        (
            "multiComplex",
            json!([{ "value": "v", "primary": true }, { "value": "w", "primary": true }]),
        ),
    ] {
        let body = resource("wrong", &json!({ name: wrong }));
        let detail = client
            .post("/TestResources", &body)
            .refused(400, Some("invalidValue"));
        assert!(detail.contains(name), "{name} {wrong}: {detail}");
    }
    for wrong in [json!("1"), json!(true)] {
        let body = device("d", &json!({ "weight": wrong }));
        client
            .post("/Devices", &body)
            .refused(400, Some("invalidValue"));
    }
    let body = device("d", &json!({ "weight": 1.25 }));
    assert_eq!(
        client.post("/Devices", &body).expect(201).json()["weight"],
        1.25
    );
}

#[test]
fn what_is_required_must_be_there() {
    let fixture = start();
    let client = fixture.client();
    let mut nameless = resource("", &json!({}));
    for identifier in [json!(""), Value::Null, json!("  ")] {
        nameless["identifier"] = identifier;
        client
            .post("/TestResources", &nameless)
            .refused(400, Some("invalidValue"));
    }
    let mut bare = resource("a", &json!({}));
    bare.as_object_mut().unwrap().remove(EXTENSION);
    let detail = client
        .post("/TestResources", &bare)
        .refused(400, Some("invalidValue"));
    assert!(detail.contains(EXTENSION), "{detail}");
    bare[EXTENSION] = json!({ "extString": "x" });
    let detail = client
        .post("/TestResources", &bare)
        .refused(400, Some("invalidValue"));
    assert!(detail.contains("extRequired"), "{detail}");

    let path = made(&client, "/TestResources", &resource("a", &json!({})));
    client.put(&path, &bare).refused(400, Some("invalidValue"));
    for target in ["identifier", EXTENSION, &format!("{EXTENSION}:extRequired")] {
        let remove = json!([{ "op": "remove", "path": target }]);
        client
            .operations(&path, &remove)
            .refused(400, Some("mutability"));
    }
    let emptied =
        json!([{ "op": "replace", "path": format!("{EXTENSION}:extRequired"), "value": null }]);
    client
        .operations(&path, &emptied)
        .refused(400, Some("invalidValue"));
}

#[test]
fn what_is_read_only_is_ignored_in_bodies_and_refused_in_patches() {
    let fixture = start();
    let client = fixture.client();
    let body = resource("a", &json!({ "readOnlyAttr": "mine" }));
    let created = client.post("/TestResources", &body).expect(201);
    assert_eq!(created.json().get("readOnlyAttr"), None);
    let path = format!("/TestResources/{}", created.id());
    assert_eq!(
        client
            .put(&path, &body)
            .expect(200)
            .json()
            .get("readOnlyAttr"),
        None
    );
    for operation in [
        json!({ "op": "add", "path": "readOnlyAttr", "value": "mine" }),
        json!({ "op": "replace", "value": { "readOnlyAttr": "mine" } }),
        json!({ "op": "remove", "path": "readOnlyAttr" }),
    ] {
        client
            .operations(&path, &json!([operation]))
            .refused(400, Some("mutability"));
    }
}

#[test]
fn what_is_immutable_is_set_once() {
    let fixture = start();
    let client = fixture.client();
    let path = made(&client, "/TestResources", &resource("a", &json!({})));
    let put = |value: Value| client.put(&path, &resource("a", &json!({ "immutableAttr": value })));
    let send = |operation: Value| client.operations(&path, &json!([operation]));
    assert_eq!(put(json!("one")).expect(200).json()["immutableAttr"], "one");
    put(json!("two")).refused(400, Some("mutability"));
    assert_eq!(put(json!("one")).expect(200).json()["immutableAttr"], "one");
    let left_out = client
        .put(&path, &resource("a", &json!({})))
        .expect(200)
        .json();
    assert_eq!(left_out["immutableAttr"], "one");
    for operation in [
        json!({ "op": "add", "path": "immutableAttr", "value": "two" }),
        json!({ "op": "replace", "path": "immutableAttr", "value": "two" }),
        json!({ "op": "remove", "path": "immutableAttr" }),
    ] {
        send(operation).refused(400, Some("mutability"));
    }
    send(json!({ "op": "add", "path": "immutableAttr", "value": "one" })).expect(200);

    let fresh = made(&client, "/TestResources", &resource("b", &json!({})));
    let add = json!([{ "op": "add", "path": "immutableAttr", "value": "one" }]);
    let patched = client.operations(&fresh, &add).expect(200).json();
    assert_eq!(patched["immutableAttr"], "one");
}

#[test]
fn an_immutable_part_of_an_object_is_set_once() {
    let fixture = start();
    let client = fixture.client();
    let origin = json!({ "origin": { "vendor": "Acme", "country": "SE" } });
    let path = made(&client, "/Devices", &device("1", &origin));
    let other = json!({ "origin": { "vendor": "Other" } });
    client
        .put(&path, &device("1", &other))
        .refused(400, Some("mutability"));
    let moved = json!({ "origin": { "country": "DE" } });
    let put = client.put(&path, &device("1", &moved)).expect(200).json();
    assert_eq!(put["origin"], json!({ "country": "DE", "vendor": "Acme" }));
    let put = client
        .put(&path, &device("1", &json!({})))
        .expect(200)
        .json();
    assert_eq!(put["origin"], json!({ "vendor": "Acme" }));
    for operation in [
        json!({ "op": "replace", "path": "origin.vendor", "value": "Other" }),
        json!({ "op": "replace", "path": "origin", "value": { "vendor": "Other" } }),
        json!({ "op": "replace", "path": "origin", "value": null }),
        json!({ "op": "remove", "path": "origin.vendor" }),
        json!({ "op": "remove", "path": "origin" }),
    ] {
        let reply = client.operations(&path, &json!([operation]));
        reply.refused(400, Some("mutability"));
    }
    let remove = json!([{ "op": "remove", "path": "origin.country" }]);
    client.operations(&path, &remove).expect(200);
}

#[test]
fn what_may_only_be_written_is_never_read() {
    let fixture = start();
    let client = fixture.client();
    let body = resource("a", &json!({ "writeOnlyAttr": "hush" }));
    let created = client
        .post("/TestResources?attributes=writeOnlyAttr", &body)
        .expect(201);
    let path = format!("/TestResources/{}", created.id());
    let silent = |reply: crate::support::Reply| {
        assert!(!reply.text().contains("hush"), "{}", reply.text());
    };
    silent(created);
    silent(client.get(&path).expect(200));
    silent(
        client
            .get(&format!("{path}?attributes=writeOnlyAttr,identifier"))
            .expect(200),
    );
    silent(
        client
            .get("/TestResources?attributes=writeOnlyAttr")
            .expect(200),
    );
    silent(client.put(&path, &body).expect(200));
    let change = json!([{ "op": "replace", "path": "writeOnlyAttr", "value": "hush hush" }]);
    silent(client.operations(&path, &change).expect(200));
    for filter in ["writeOnlyAttr%20eq%20%22hush%22", "writeOnlyAttr%20pr"] {
        let reply = client.get(&format!("/TestResources?filter={filter}"));
        reply.refused(400, Some("invalidFilter"));
    }
    client
        .get("/TestResources?sortBy=writeOnlyAttr")
        .refused(400, Some("invalidValue"));

    // Also where the document says nothing about `returned`, and inside an object.
    let cards = json!({ "secret": "hush", "cards": [{ "value": "1", "pin": "hush" }] });
    let path = made(&client, "/Devices", &device("1", &cards));
    silent(
        client
            .get(&format!("{path}?attributes=cards.pin,secret,cards"))
            .expect(200),
    );
    silent(client.get("/Devices").expect(200));
    let schema = client.get(&format!("/Schemas/{DEVICE}")).expect(200).json();
    let secret = schema["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "secret");
    assert_eq!(secret.unwrap()["returned"], "never");
}

/// It cannot be sent back, so a client that reads, changes and replaces would lose it: visible in the store only.
#[test]
fn a_put_keeps_what_may_only_be_written() {
    let fixture = start();
    let client = fixture.client();
    let body = resource(
        "a",
        &json!({ "writeOnlyAttr": "hush", "caseExactString": "x" }),
    );
    let path = made(&client, "/TestResources", &body);
    let before = client.get(&path).expect(200).etag();
    client
        .put(&path, &resource("a", &json!({ "caseExactString": "x" })))
        .expect(200);
    assert_eq!(client.get(&path).expect(200).etag(), before);
    client
        .put(
            &path,
            &resource(
                "a",
                &json!({ "caseExactString": "x", "writeOnlyAttr": "new" }),
            ),
        )
        .expect(200);
    assert_ne!(client.get(&path).expect(200).etag(), before);
}

/// Elements of an array have no identity but what can be read of them: one that is sent back as it was read keeps what
/// may only be written, one that differs is another.
#[test]
fn a_put_of_what_was_read_keeps_what_may_only_be_written_in_elements() {
    let fixture = start();
    let client = fixture.client();
    let cards = json!([
        { "value": "1", "type": "x", "pin": "1111" },
        { "value": "2", "type": "x", "pin": "2222" },
        { "value": "3", "type": "x" },
    ]);
    let path = made(
        &client,
        "/Devices",
        &device("s", &json!({ "cards": cards })),
    );
    let before = client.get(&path).expect(200);
    assert!(!before.text().contains("pin"));
    client.put(&path, &before.json()).expect(200);
    assert_eq!(client.get(&path).etag(), before.etag(), "nothing changed");
    let pins = |fixture: &crate::support::Fixture| {
        let store = rusqlite::Connection::open(fixture.database()).unwrap();
        let sql = "SELECT json FROM document WHERE resource = $1";
        let id = path.rsplit('/').next().unwrap();
        let text: String = store.query_row(sql, [id], |row| row.get(0)).unwrap();
        let stored: Value = serde_json::from_str(&text).unwrap();
        let cards = stored["cards"].as_array().unwrap().clone();
        cards
            .into_iter()
            .map(|card| card["pin"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(json!(pins(&fixture)), json!(["1111", "2222", null]));
    let mut changed = before.json();
    changed["cards"] = json!([
        { "value": "2", "type": "x" },
        { "value": "1", "type": "y" },
        { "value": "3", "type": "x", "pin": "3333" },
    ]);
    client.put(&path, &changed).expect(200);
    assert_eq!(json!(pins(&fixture)), json!(["2222", null, "3333"]));
}

#[test]
fn every_answer_has_what_returned_says() {
    let fixture = start();
    let client = fixture.client();
    let values =
        json!({ "requestOnlyAttr": "r", "alwaysReturnedAttr": "a", "caseExactString": "d" });
    let body = resource("a", &values);
    let path = made(&client, "/TestResources", &body);
    let change = json!([{ "op": "replace", "path": "integerAttr", "value": 1 }]);
    for (query, shown) in [
        ("", [false, true, true]),
        ("?attributes=requestOnlyAttr", [true, true, false]),
        ("?attributes=caseExactString", [false, true, true]),
        (
            "?excludedAttributes=alwaysReturnedAttr,caseExactString",
            [false, true, false],
        ),
        ("?excludedAttributes=integerAttr", [false, true, true]),
    ] {
        let at = format!("{path}{query}");
        let list = client
            .get(&format!("/TestResources{query}"))
            .expect(200)
            .json();
        let answers = [
            client.get(&at).expect(200).json(),
            list["Resources"][0].clone(),
            client.put(&at, &body).expect(200).json(),
            client.operations(&at, &change).expect(200).json(),
        ];
        for answer in answers {
            let has = ["requestOnlyAttr", "alwaysReturnedAttr", "caseExactString"]
                .map(|name| answer.get(name).is_some());
            assert_eq!(has, shown, "{query}: {answer}");
            assert!(answer.get("id").is_some() && answer["schemas"][0] == CORE);
        }
    }
    let noted = json!({ "origin": { "country": "SE", "note": "n" } });
    let path = made(&client, "/Devices", &device("1", &noted));
    let origin =
        |query: &str| client.get(&format!("{path}{query}")).expect(200).json()["origin"].clone();
    assert_eq!(origin(""), json!({ "country": "SE" }));
    assert_eq!(origin("?attributes=origin.note"), json!({ "note": "n" }));
}

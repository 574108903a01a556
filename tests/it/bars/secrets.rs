//! Secrets that come in or go out once and are found nowhere afterwards: tokens (bar 23) and passwords (bar 41).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Client, Place, Reply, Serving, patch_body, user};

/// Where something could have been left: its name and what it holds.
type Found = Vec<(String, Vec<u8>)>;

fn files(place: &Place, when: &str) -> Found {
    let name = |path: PathBuf| format!("{} {when}", path.display());
    let files = place.files().into_iter();
    files.map(|(path, bytes)| (name(path), bytes)).collect()
}

/// Everything of an answer but what only its client sees.
fn answer(what: &str, reply: &Reply) -> (String, Vec<u8>) {
    let text = format!("{:?}\n{}", reply.headers, reply.text());
    (what.to_owned(), text.into_bytes())
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// In which of all these places `needle` stands.
fn places<'f>(found: &'f Found, needle: &[u8]) -> Vec<&'f str> {
    let holding = found.iter().filter(|(_, bytes)| holds(bytes, needle));
    holding.map(|(name, _)| name.as_str()).collect()
}

/// A secret as it could be written: as text, as the bytes that the text stands for, and these in hexadecimal.
fn spellings(token: &str) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let secret = &token["muster_".len() + 17..];
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(secret)
        .unwrap();
    assert_eq!(bytes.len(), 32, "256 random bits");
    let hex = bytes
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    vec![secret.into(), bytes, hex.to_uppercase().into(), hex.into()]
}

/// Uses a token in every way a client can, right and wrong.
fn use_token(serving: &Serving, token: &str, found: &mut Found) {
    let client = serving.client(Some(token));
    let name = format!("u{}", found.len());
    for reply in [
        client.get("/Users"),
        client.post("/Users", &user(&name)),
        client.get("/Nothing"),
        client.get(&format!("/Users?filter=userName%20eq%20%22{token}%22")),
        client.get(&format!("/Users/{token}")),
        client.get(&format!("/Users?sortBy={token}")),
        client.send("POST", "/Users", &[], Some(b"{")),
        client
            .authorized(Some(&format!("Bearer {token}x")))
            .get("/Users"),
        client
            .authorized(Some(&format!("Basic {token}")))
            .get("/Users"),
        client.authorized(Some(token)).get("/Users"),
    ] {
        // What a client itself put into a URL may be quoted to it.
        if reply.status < 400 || reply.status == 401 {
            found.push(answer("an answer over HTTP", &reply));
        }
    }
    for path in [
        "/metrics",
        "/openapi.json",
        "/scim/v2/ServiceProviderConfig",
    ] {
        found.push(answer(path, &serving.root(None).get(path)));
    }
}

#[test]
fn a_token_cannot_be_read_back_from_anywhere() {
    let place = Place::new(&[("log.level", "trace"), ("limits.failures", "0")]);
    let serving = place.serve(None);
    let greeting = serving.greeting();
    let first = greeting
        .split_whitespace()
        .find(|word| word.starts_with("muster_"));
    let first = first.unwrap().to_owned();
    let made = place
        .done(&["token", "create", "okta"], None)
        .trim()
        .to_owned();
    let rotated = place
        .done(&["token", "rotate", "okta"], None)
        .trim()
        .to_owned();
    let tokens = [first, made, rotated];
    let mut found = Found::new();
    for token in &tokens {
        use_token(&serving, token, &mut found);
    }
    found.extend(files(&place, "while it runs"));
    for command in [
        &["token", "list"][..],
        &["token", "list", "--json"],
        &["connection", "list", "--json"],
        &["audit", "list", "--json"],
        &["audit", "list"],
        &["config", "show"],
        &["check"],
        &["db", "check"],
        &["token", "revoke", "okta"],
        &["token", "revoke", "nobody"],
        &["token", "create", "first"],
    ] {
        let output = place.run(command, None);
        found.push((
            format!("{command:?}"),
            [output.stdout, output.stderr].concat(),
        ));
    }
    found.push(("the log".to_owned(), serving.log().into_bytes()));
    drop(serving);
    found.extend(files(&place, "after the end"));
    for token in &tokens {
        for spelling in spellings(token) {
            assert_eq!(places(&found, &spelling), [""; 0]);
        }
        // The public id is where it should be: it was looked for in the right places.
        let id = &token["muster_".len()..][..16];
        let stands = places(&found, id.as_bytes());
        for expected in ["muster.db after the end", "[\"token\", \"list\"]", "audit"] {
            assert!(
                stands.iter().any(|name| name.contains(expected)),
                "{stands:?}"
            );
        }
    }
}

const PASSWORD: &str = "Canary-5wordfish";

/// Every way in which a client can name a password, except in a query.
fn set_password(client: &Client, path: &str) -> Vec<Reply> {
    let mut whole = user("ada");
    whole["password"] = json!(PASSWORD);
    let operations = [
        json!([{ "op": "replace", "path": "password", "value": PASSWORD }]),
        json!([{ "op": "add", "value": { "password": PASSWORD, "nickName": "A" } }]),
        json!([{ "op": "Replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:password", "value": PASSWORD }]),
        json!([{ "op": "remove", "path": "password" }]),
    ];
    let mut replies = vec![client.put(path, &whole)];
    replies.extend(operations.iter().map(|list| client.operations(path, list)));
    let id = path.rsplit('/').next().unwrap();
    let bulk = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "PATCH", "path": format!("/Users/{id}"), "data": patch_body(&operations[0]) },
            { "method": "PUT", "path": format!("/Users/{id}"), "data": whole },
        ],
    });
    let done = client.post("/Bulk", &bulk).expect(200);
    for operation in done.json()["Operations"].as_array().unwrap() {
        assert_eq!(operation["status"], "200", "{operation}");
    }
    replies.push(done);
    replies
}

/// Whatever a password is asked for by is refused, and the answer does not repeat it.
fn ask_for_password(client: &Client, path: &str) -> Vec<Reply> {
    let mut replies: Vec<Reply> = ["eq", "sw", "co", "ne"]
        .map(|operator| format!("password%20{operator}%20%22{PASSWORD}%22"))
        .into_iter()
        .chain([
            "password%20pr".to_owned(),
            "not%20(password%20pr)".to_owned(),
        ])
        .map(|filter| client.get(&format!("/Users?filter={filter}")))
        .collect();
    replies.push(client.get("/Users?sortBy=password"));
    let search = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": format!("userName pr and password eq \"{PASSWORD}\""),
    });
    replies.push(client.post("/Users/.search", &search));
    for reply in &replies {
        assert_eq!(reply.status, 400, "{}", reply.text());
    }
    for query in ["attributes=password", "attributes=userName,password"] {
        replies.push(client.get(&format!("/Users?{query}")).expect(200));
        replies.push(client.get(&format!("{path}?{query}")).expect(200));
    }
    replies
}

#[test]
fn a_password_needs_its_scope_and_is_never_returned_filtered_sorted_or_logged() {
    for scopes in ["read,users,groups", "read,users,groups,password"] {
        let place = Place::new(&[("log.level", "trace"), ("limits.failures", "0")]);
        let create = ["token", "create", "okta", "--scope", scopes];
        let token = place.done(&create, None);
        let serving = place.serve(None);
        let client = serving.client(Some(token.trim()));
        let mut body = user("ada");
        body["password"] = json!(PASSWORD);
        let made = client.post("/Users", &body).expect(201);
        let path = format!("/Users/{}", made.id());
        let mut replies = vec![made];
        for reply in set_password(&client, &path) {
            assert_eq!(
                reply.status,
                200,
                "dropped, never an error: {}",
                reply.text()
            );
            replies.push(reply);
        }
        replies.extend(ask_for_password(&client, &path));
        replies.push(client.get(&path));
        for reply in &replies {
            let body = if reply.status == 200 {
                reply.json()
            } else {
                Value::Null
            };
            let resources = body["Resources"].as_array().cloned().unwrap_or_default();
            for resource in resources.iter().chain([&body]) {
                assert_eq!(resource.get("password"), None, "{resource}");
            }
        }
        let mut found: Found = replies
            .iter()
            .map(|reply| answer("an answer", reply))
            .collect();
        let log = serving.log();
        if !scopes.contains("password") {
            assert!(log.contains("a password was dropped"), "the log names it");
        }
        found.push(("the log".to_owned(), log.into_bytes()));
        found.extend(files(&place, "while it runs"));
        let audit = place.run(&["audit", "list", "--json"], None);
        found.push(("the audit log".to_owned(), audit.stdout));
        drop(serving);
        found.extend(files(&place, "after the end"));
        assert_eq!(places(&found, PASSWORD.as_bytes()), [""; 0], "{scopes}");
        let name = places(&found, b"\"ada\"");
        assert!(
            name.iter().any(|name| name.contains("muster.db")),
            "{name:?}"
        );
    }
}

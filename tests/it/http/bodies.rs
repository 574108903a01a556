//! The body as HTTP sees it: media type, encoding, size.

use serde_json::json;

use crate::support::{Fixture, Raw, Setup, TOKEN, user};

const LIMIT: usize = 4096;

fn small() -> Fixture {
    Fixture::with(Setup {
        settings: vec![("scim.max_payload", "4 KiB")],
        ..Setup::default()
    })
}

/// A user body of exactly so many bytes.
fn user_of(length: usize) -> Vec<u8> {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "filled",
        "title": "",
    })
    .to_string();
    let filler = "x".repeat(length - body.len());
    body.replace("\"title\":\"\"", &format!("\"title\":\"{filler}\""))
        .into_bytes()
}

#[test]
fn json_is_taken_under_each_of_its_names() {
    let fixture = Fixture::start();
    for (n, media_type) in [
        Some("application/scim+json"),
        Some("application/json"),
        Some("application/scim+json; charset=utf-8"),
        Some("application/json;charset=UTF-8"),
        Some("Application/JSON; charset=\"utf-8\""),
        None,
    ]
    .into_iter()
    .enumerate()
    {
        let headers: Vec<_> = media_type
            .map(|value| ("Content-Type", value))
            .into_iter()
            .collect();
        let body = user(&format!("user{n}")).to_string();
        let reply = fixture
            .client()
            .send("POST", "/Users", &headers, Some(body.as_bytes()))
            .expect(201);
        assert_eq!(reply.header("content-type"), Some("application/scim+json"));
    }
}

#[test]
fn another_media_type_is_415() {
    let fixture = Fixture::start();
    for media_type in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=iso-8859-1",
        "multipart/form-data; boundary=x",
        "json",
        ";",
    ] {
        let headers = [("Content-Type", media_type)];
        let body = user("nobody").to_string();
        let reply = fixture
            .client()
            .send("POST", "/Users", &headers, Some(body.as_bytes()));
        assert_eq!(reply.status, 415, "{media_type}");
        assert!(reply.refused(415, None).contains("application/scim+json"));
    }
    let headers = [
        ("Content-Type", "application/json"),
        ("Content-Encoding", "gzip"),
    ];
    fixture
        .client()
        .send("POST", "/Users", &headers, Some(b"\x1f\x8b"))
        .refused(415, None);
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
}

#[test]
fn any_accept_header_gets_scim_json() {
    let fixture = Fixture::start();
    for accept in [
        "application/scim+json",
        "application/json",
        "*/*",
        "text/html",
        "application/xml;q=0.9",
        "",
    ] {
        let reply = fixture
            .client()
            .send("GET", "/Users", &[("Accept", accept)], None)
            .expect(200);
        assert_eq!(
            reply.header("content-type"),
            Some("application/scim+json"),
            "{accept}"
        );
    }
}

#[test]
fn the_limit_is_exact() {
    let fixture = small();
    let headers = [("Content-Type", "application/scim+json")];
    let send = |body: &[u8]| {
        fixture
            .client()
            .send("POST", "/Users", &headers, Some(body))
    };
    let detail = send(&user_of(LIMIT + 1)).refused(413, None);
    assert!(detail.contains("4096"), "{detail}");
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
    send(&user_of(LIMIT)).expect(201);
}

fn head(framing: &str) -> String {
    format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/scim+json\r\n{framing}\r\n\r\n"
    )
}

fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut framed = Vec::new();
    for chunk in body.chunks(size) {
        framed.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        framed.extend_from_slice(chunk);
        framed.extend_from_slice(b"\r\n");
    }
    framed.extend_from_slice(b"0\r\n\r\n");
    framed
}

#[test]
fn chunks_are_counted_together() {
    let fixture = small();
    for (length, size, expected) in [
        (LIMIT + 1, 100, 413),
        (20 * LIMIT, 1000, 413),
        (LIMIT, 1, 201),
    ] {
        let mut request = head("Transfer-Encoding: chunked").into_bytes();
        request.extend(chunks(&user_of(length), size));
        let reply = Raw::exchange(fixture.address, request);
        assert_eq!(
            reply.status, expected,
            "{length} in chunks of {size}: {}",
            reply.head
        );
        if expected == 413 {
            assert_eq!(reply.json()["status"], "413");
        }
    }
}

/// The refusal comes before the body does, and the client can read it although it still sends.
#[test]
fn a_length_over_the_limit_is_refused_at_once() {
    let fixture = small();
    for length in ["4097", "100000000", "18446744073709551615"] {
        let mut raw = Raw::connect(fixture.address);
        raw.send(head(&format!("Content-Length: {length}")));
        raw.send(vec![b' '; 2000]);
        let reply = raw.read();
        assert_eq!(reply.status, 413, "{length}: {}", reply.head);
    }
}

#[test]
fn a_length_that_lies_makes_no_second_request() {
    let fixture = small();
    let body = user("first").to_string();
    let hidden = format!(
        "DELETE /scim/v2/Users/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    );
    // Two lengths, a length and chunks, and lengths that are none: never a guess which one holds.
    for framing in [
        format!(
            "Content-Length: {}\r\nContent-Length: {}",
            body.len(),
            body.len() + 10
        ),
        format!(
            "Content-Length: {}\r\nTransfer-Encoding: chunked",
            body.len()
        ),
        "Content-Length: +5".to_owned(),
        "Content-Length: -1".to_owned(),
        "Content-Length: 0x10".to_owned(),
        "Transfer-Encoding: xchunked".to_owned(),
        "Transfer-Encoding: chunked, identity".to_owned(),
    ] {
        let reply = Raw::exchange(fixture.address, format!("{}{body}{hidden}", head(&framing)));
        assert_eq!(reply.status, 400, "{framing}: {}", reply.head);
    }
    assert_eq!(fixture.client().get("/Users").json()["totalResults"], 0);
}

/// What a stranger sends is not read, but they can read the answer and go on on the same connection.
#[test]
fn a_large_body_without_a_token_is_401() {
    let fixture = Fixture::start();
    let body = vec![b' '; 1024 * 1024];
    for _ in 0..3 {
        let headers = [("Content-Type", "application/scim+json")];
        fixture
            .client_with(None)
            .send("POST", "/Users", &headers, Some(&body))
            .refused(401, None);
    }
}

//! Responses in progress: a large one is what the group was at one moment, and those that a client does not read take
//! memory from that client alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use muster::service::Wanted;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, TOKEN, group, user};

/// Longer than a loaded machine takes for anything here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request whose response is read when the test wants it.
struct SlowReader {
    stream: TcpStream,
    received: Vec<u8>,
}

impl SlowReader {
    /// Sends a GET and waits for the first bytes of the response, so that it is in progress.
    fn start(fixture: &Fixture, path: &str) -> Self {
        let mut stream = TcpStream::connect(fixture.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!(
            "GET /scim/v2{path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut received = vec![0; 1024];
        let count = stream.read(&mut received).unwrap();
        received.truncate(count);
        Self { stream, received }
    }

    fn status(&self) -> u16 {
        let text = String::from_utf8_lossy(&self.received).into_owned();
        text.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Reads the rest: the header and the chunked body, or `None` if that ended early.
    fn finish(mut self) -> (String, Option<Value>) {
        // A reset is one way to end early.
        let _ = self.stream.read_to_end(&mut self.received);
        let end = self
            .received
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        let body = joined_chunks(&self.received[end + 4..]);
        (
            head,
            body.map(|body| serde_json::from_slice(&body).unwrap()),
        )
    }
}

/// The content of a chunked body; `None` without its last chunk (RFC 9112 §7.1).
fn joined_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + length)?);
        rest = rest.get(end + 2 + length + 2..)?;
    }
}

fn id(number: usize) -> String {
    format!("member-{number:05}")
}

/// A group of 8,000 members of a kilobyte each: more than the system takes for a client that does not read.
fn large_group(client: &Client, name: &str) -> String {
    let made = client.post("/Groups", &group(name, &json!([]))).expect(201);
    let path = format!("/Groups/{}", made.id());
    for first in (0..8_000).step_by(1_600) {
        let members: Vec<Value> = (first..first + 1_600)
            .map(|number| json!({ "value": id(number), "display": "x".repeat(1_000) }))
            .collect();
        let add = json!([{ "op": "add", "path": "members", "value": members }]);
        client
            .operations(&format!("{path}?attributes=displayName"), &add)
            .expect(200);
    }
    path
}

fn ids(group: &Value) -> Vec<String> {
    let members = group["members"].as_array().unwrap().iter();
    members
        .map(|member| member["value"].as_str().unwrap().to_owned())
        .collect()
}

fn take_out_the_second_half(client: &Client, path: &str) {
    let members: Vec<Value> = (4_000..8_000)
        .map(|number| json!({ "value": id(number) }))
        .collect();
    let remove = json!([{ "op": "remove", "path": "members", "value": members }]);
    client.operations(path, &remove).expect(204);
    assert_eq!(ids(&client.get(path).expect(200).json()).len(), 4_000);
}

#[test]
fn a_group_that_changes_while_it_is_sent_is_sent_as_it_was() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let path = large_group(&client, "staff");
    let etag = client.get(&format!("{path}?attributes=displayName")).etag();
    let reader = SlowReader::start(&fixture, &path);
    take_out_the_second_half(&client, &path);
    let (head, body) = reader.finish();
    let body = body.expect("the whole group");
    assert!(head.contains(&format!("etag: {etag}")), "{head}");
    assert_eq!(body["meta"]["version"], etag);
    assert_eq!(ids(&body), (0..8_000).map(id).collect::<Vec<_>>());
}

#[test]
fn a_list_of_large_groups_is_sent_as_it_was() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let paths = ["staff", "students"].map(|name| large_group(&client, name));
    client
        .post("/Groups", &group("small", &json!([{ "value": "1" }])))
        .expect(201);
    for list in [
        "/Groups",
        "/Groups?cursor=&attributes=displayName,members.value",
    ] {
        let reader = SlowReader::start(&fixture, list);
        if list == "/Groups" {
            take_out_the_second_half(&client, &paths[1]);
        }
        let body = reader.finish().1.expect("the whole list");
        assert_eq!(body["totalResults"], 3);
        let groups = body["Resources"].as_array().unwrap();
        let names: Vec<_> = groups
            .iter()
            .map(|group| group["displayName"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["staff", "students", "small"]);
        let counts: Vec<_> = groups.iter().map(|group| ids(group).len()).collect();
        let second = if list == "/Groups" { 8_000 } else { 4_000 };
        assert_eq!(counts, [8_000, second, 1], "{list}");
    }
}

/// Users whose page is nine megabytes.
fn large_users(client: &Client) {
    for number in 0..10 {
        let mut large = user(&format!("user{number}"));
        large["title"] = "x".repeat(900_000).into();
        client.post("/Users?attributes=id", &large).expect(201);
    }
}

/// Starts responses of nine megabytes, which nobody reads, until one is refused.
fn fill_share(fixture: &Fixture) -> Vec<SlowReader> {
    let mut readers = Vec::new();
    loop {
        let reader = SlowReader::start(fixture, "/Users?count=10");
        match reader.status() {
            200 => readers.push(reader),
            503 => return readers,
            other => panic!("{other}"),
        }
        assert!(
            readers.len() <= 7,
            "responses of 63 MB that nobody reads, and no end"
        );
    }
}

#[test]
fn responses_that_nobody_reads_are_bounded_and_take_nothing_from_others() {
    let fixture = Fixture::start();
    let client = fixture.client();
    large_users(&client);
    let small = format!(
        "/Users/{}",
        client.post("/Users", &user("small")).expect(201).id()
    );
    let readers = fill_share(&fixture);
    assert!(readers.len() >= 5, "{} responses of 9 MB", readers.len());
    let refused = client.get("/Users?count=10");
    assert_eq!(refused.header("retry-after"), Some("1"));
    refused.refused(503, None);
    // A small one still fits, and so does every one of another connection.
    client.get(&small).expect(200);
    let day = Duration::from_secs(86_400);
    let other = fixture.block_on(
        fixture
            .gateway
            .create_token("other", Wanted::default(), day),
    );
    let other = fixture.client_with(Some(&other.unwrap()));
    other.post("/Users", &user("other")).expect(201);
    other.get("/Users").expect(200);
    drop(readers);
    let started = Instant::now();
    while client.get("/Users?count=10").status != 200 {
        assert!(
            started.elapsed() < PATIENCE,
            "the share of closed connections is still held"
        );
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_group_that_does_not_fit_into_memory_is_broken_off_when_it_changes() {
    let fixture = Fixture::start();
    let client = fixture.client();
    large_users(&client);
    let path = large_group(&client, "staff");
    let leaver = client.post("/Users", &user("leaver")).expect(201).id();
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": leaver }] }]);
    client.operations(&path, &add).expect(204);
    let _readers = fill_share(&fixture);
    let unchanged = SlowReader::start(&fixture, &path);
    assert_eq!(
        ids(&unchanged.finish().1.expect("the whole group")).len(),
        8_001
    );
    let changing = SlowReader::start(&fixture, &path);
    fixture
        .muster(&["user", "delete", "--user", "leaver"])
        .done();
    let (_, body) = changing.finish();
    assert_eq!(
        body, None,
        "a group that is neither what it was nor what it is"
    );
}

#[test]
fn a_page_that_is_larger_than_the_share_is_refused() {
    let fixture = Fixture::start();
    let client = fixture.client();
    for number in 0..76 {
        let mut large = user(&format!("user{number:02}"));
        large["title"] = "x".repeat(900_000).into();
        client.post("/Users?attributes=id", &large).expect(201);
    }
    for list in ["/Users", "/Users?cursor="] {
        client.get(list).refused(503, None);
    }
    client.get("/Users?count=20").expect(200);
}

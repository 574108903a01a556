//! Allocations per request. They are counted and not timed, so a busy machine gives the same figures as an idle one.

use std::env;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sign_in::{directory, enter, identity};
use crate::support::{AllocationCount, Client, Fixture, TOKEN, group, log, patch_body};

/// What one request may allocate, in the development profile, with the log at its default level, on SQLite: the count
/// of the allocations, and their bytes. Only Rust code is counted: an allocator wrapped around the C library's also
/// sees SQLite and AWS-LC, and an optimized build leaves out a few that this one makes.
///
/// A figure may be exceeded by [`TOLERANCE_PERCENT`]. When a change lowers one, run
/// `cargo test --test it allocations:: -- --nocapture` and copy the printed lines here, so that it stays low.
const ALLOWED: [Allowance; 9] = [
    Allowance::new("GET /Users/{id}", 114, 12_681),
    Allowance::new("userName eq", 135, 16_869),
    Allowance::new("page of 100", 1604, 488_528),
    Allowance::new("page of 100, cached", 92, 9945),
    Allowance::new("POST /Users", 774, 65_394),
    Allowance::new("PATCH of one attribute", 529, 50_352),
    Allowance::new("member add", 320, 36_282),
    Allowance::new("/auth/check", 136, 11_824),
    Allowance::new("/healthz", 51, 3016),
];

/// The compiler and the standard library change a little from release to release.
const TOLERANCE_PERCENT: u64 = 3;

/// Requests between two readings of the counters. What a request leaves to be done behind its response is shared out.
const BATCH: usize = 20;
/// Readings of each kind. The lowest one counts: background jobs run during some of the others.
const BATCHES: usize = 8;
/// One batch more, which warms caches and is not counted.
const REQUESTS: usize = BATCH * (BATCHES + 1);

/// Set in the process that runs this test alone: all threads of a process share one counter.
const ALONE: &str = "MUSTER_TEST_COUNTS_ALLOCATIONS";

/// A kind of request, and what one may allocate.
struct Allowance {
    request: &'static str,
    count: AllocationCount,
}

impl Allowance {
    const fn new(request: &'static str, allocations: u64, bytes: u64) -> Self {
        let count = AllocationCount { allocations, bytes };
        Self { request, count }
    }

    fn permits(&self, measured: AllocationCount) -> bool {
        let most = |figure: u64| figure + figure * TOLERANCE_PERCENT / 100;
        measured.allocations <= most(self.count.allocations)
            && measured.bytes <= most(self.count.bytes)
    }
}

#[test]
fn a_request_allocates_no_more_than_it_did() {
    if env::var_os(ALONE).is_some() {
        return compare();
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "allocations::a_request_allocates_no_more_than_it_did",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (printed, reason) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{printed}{reason}");
    assert!(printed.contains("1 passed"), "{printed}{reason}");
    print!("{printed}");
}

/// Measures every kind of request and compares it with its allowance.
fn compare() {
    log::discard();
    let world = World::new();
    let (mut lines, mut exceeded) = (String::new(), Vec::new());
    for (allowed, scenario) in ALLOWED.iter().zip(world.scenarios()) {
        let measured = world.measure(&scenario);
        let AllocationCount { allocations, bytes } = measured;
        writeln!(
            lines,
            "    Allowance::new({:?}, {allocations}, {bytes}),",
            allowed.request
        )
        .unwrap();
        if !allowed.permits(measured) {
            let AllocationCount {
                allocations: was,
                bytes: were,
            } = allowed.count;
            exceeded.push(format!(
                "{}: {allocations} allocations of {bytes} bytes; the table allows {was} of {were} and {TOLERANCE_PERCENT} %",
                allowed.request
            ));
        }
    }
    println!("measured per request:\n{lines}");
    assert!(
        exceeded.is_empty(),
        "requests allocate more than they did; make them cheaper, or say in the commit why not and copy the \
         measured lines into tests/it/allocations.rs:\n{}\n",
        exceeded.join("\n")
    );
}

/// A gateway with enough in it, and a connection to it that allocates nothing.
struct World {
    fixture: Fixture,
    users: Vec<String>,
    groups: Vec<String>,
    session: String,
}

/// Requests of one kind, complete as they are sent, and the status that each is answered with.
struct Scenario {
    status: u16,
    requests: Vec<Vec<u8>>,
}

impl World {
    /// 400 users, and for each request that adds a member a group of ten.
    fn new() -> Self {
        let (fixture, _hand) = directory(&[]);
        let client = fixture.client();
        let users = create(&client, "/Users", (0..400).map(user));
        let session = enter(&fixture, &identity("ada")).unwrap();
        // The last users, so that those who are read have no groups.
        let others = users.iter().rev().take(10);
        let members: Vec<Value> = others.map(|id| json!({ "value": id })).collect();
        let groups =
            (0..REQUESTS).map(|number| group(&format!("Group {number:04}"), &json!(members)));
        let groups = create(&client, "/Groups", groups);
        let own = json!([{ "value": session.me.id }]);
        client.post("/Groups", &group("Authors", &own)).expect(201);
        let session = session.session.expose().to_owned();
        Self {
            fixture,
            users,
            groups,
            session,
        }
    }

    /// The requests, in the order of [`ALLOWED`].
    fn scenarios(&self) -> [Scenario; 9] {
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        let cookie = format!("Cookie: muster_session={}\r\n", self.session);
        let scim = |status, request: &dyn Fn(usize) -> (&'static str, String, Option<Value>)| {
            let requests = (0..REQUESTS).map(|number| {
                let (method, path, body) = request(number);
                message(method, &format!("/scim/v2{path}"), &bearer, body.as_ref())
            });
            Scenario {
                status,
                requests: requests.collect(),
            }
        };
        let get = |path: &str, header: &str| Scenario {
            status: 200,
            requests: vec![message("GET", path, header, None); REQUESTS],
        };
        let cached = "/scim/v2/Users?startIndex=100&count=100";
        let add = |number| {
            let id = &self.users[10 + number];
            json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])
        };
        [
            scim(200, &|number| {
                ("GET", format!("/Users/{}", self.users[number]), None)
            }),
            scim(200, &|number| {
                let name = name(number);
                (
                    "GET",
                    format!("/Users?filter=userName%20eq%20%22{name}%22"),
                    None,
                )
            }),
            scim(200, &|number| {
                let start = 101 + number;
                ("GET", format!("/Users?startIndex={start}&count=100"), None)
            }),
            get(cached, &bearer),
            scim(201, &|number| {
                ("POST", "/Users".to_owned(), Some(user(1000 + number)))
            }),
            scim(200, &|number| {
                let path = format!("/Users/{}", self.users[number]);
                let display = format!("Ada Lovelace {number:04}");
                let replace = json!([{ "op": "replace", "path": "displayName", "value": display }]);
                ("PATCH", path, Some(patch_body(&replace)))
            }),
            scim(200, &|number| {
                let path = format!("/Groups/{}", self.groups[number]);
                ("PATCH", path, Some(patch_body(&add(number))))
            }),
            get("/auth/check", &cookie),
            get("/healthz", ""),
        ]
    }

    /// The least that one request of a batch allocated, on average over the batch.
    fn measure(&self, scenario: &Scenario) -> AllocationCount {
        let mut connection = Connection::open(self.fixture.address);
        let mut batches = scenario.requests.chunks(BATCH).map(|batch| {
            let before = settled();
            for request in batch {
                assert_eq!(
                    connection.exchange(request),
                    scenario.status,
                    "{}",
                    connection.shown()
                );
            }
            settled().since(before)
        });
        let warm_up = batches.next().unwrap();
        let least = batches.fold(warm_up, |least, batch| AllocationCount {
            allocations: least.allocations.min(batch.allocations),
            bytes: least.bytes.min(batch.bytes),
        });
        AllocationCount {
            allocations: least.allocations.div_ceil(BATCH as u64),
            bytes: least.bytes.div_ceil(BATCH as u64),
        }
    }
}

/// The count once nobody allocates: what follows a response is done.
fn settled() -> AllocationCount {
    loop {
        let before = AllocationCount::read();
        thread::sleep(Duration::from_millis(5));
        if AllocationCount::read() == before {
            return before;
        }
    }
}

/// A keep-alive connection with a buffer for responses that is allocated once.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            buffer: vec![0; 1024 * 1024],
            filled: 0,
        }
    }

    /// Sends a request and reads its response, whose status is returned.
    fn exchange(&mut self, request: &[u8]) -> u16 {
        self.stream.write_all(request).unwrap();
        self.filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[self.filled..]).unwrap();
            assert!(read > 0, "the connection was closed: {}", self.shown());
            self.filled += read;
            if let Some((status, end)) = response_end(&self.buffer[..self.filled])
                && self.filled >= end
            {
                return status;
            }
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.buffer[..self.filled]).into_owned()
    }
}

/// The status of a response, and where it ends, once its head is there.
fn response_end(bytes: &[u8]) -> Option<(u16, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = str::from_utf8(&bytes[..head]).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let length = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    Some((status, head + 4 + length))
}

/// A request as it goes over the wire.
fn message(method: &str, path: &str, header: &str, body: Option<&Value>) -> Vec<u8> {
    let body = body.map(Value::to_string).unwrap_or_default();
    let length = body.len();
    let content = "Content-Type: application/scim+json\r\nContent-Length";
    let content = if body.is_empty() {
        String::new()
    } else {
        format!("{content}: {length}\r\n")
    };
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}{content}\r\n{body}")
        .into_bytes()
}

/// Creates resources in one Bulk request and returns their ids.
fn create(client: &Client, path: &str, resources: impl Iterator<Item = Value>) -> Vec<String> {
    let operations: Vec<Value> = resources
        .enumerate()
        .map(|(number, data)| {
            json!({ "method": "POST", "path": path, "bulkId": format!("b{number}"), "data": data })
        })
        .collect();
    let request = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    });
    let answer = client.post("/Bulk", &request).expect(200).json();
    let operations = answer["Operations"].as_array().unwrap();
    let id = |operation: &Value| {
        let location = operation["location"]
            .as_str()
            .unwrap_or_else(|| panic!("{operation}"));
        location.rsplit('/').next().unwrap().to_owned()
    };
    operations.iter().map(id).collect()
}

fn name(number: usize) -> String {
    format!("user{number:08}@example.com")
}

/// A user of about one kilobyte, as identity providers send them.
fn user(number: usize) -> Value {
    let name = name(number);
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ],
        "externalId": format!("00u{number:08}"),
        "userName": name,
        "name": { "givenName": "Ada", "familyName": "Lovelace", "formatted": "Ada Lovelace" },
        "displayName": format!("Ada Lovelace {number:08}"),
        "title": "Engineer",
        "preferredLanguage": "en-US",
        "timezone": "Europe/Berlin",
        "active": true,
        "emails": [{ "value": name, "type": "work", "primary": true }],
        "phoneNumbers": [{ "value": format!("+49 30 {number:08}"), "type": "work" }],
        "addresses": [{
            "type": "work", "streetAddress": "1 Main Street", "locality": "Berlin",
            "postalCode": "10115", "country": "DE",
        }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": format!("{number:08}"), "department": "Engineering", "organization": "Example",
        },
    })
}

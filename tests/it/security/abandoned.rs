//! What a client asked for is not begun once the client has gone.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use muster::store::{Actor, Cause, Error, Options, Place, Role, Store};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::strict::{USER, user};
use crate::support::{Client, Fixture, Setup, TOKEN};

const CERT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/cert.pem"
);
const KEY: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/it/http/tls_files/key.pem"
);

/// Three times as long as the gateway takes to ask a stream whether it was reset.
const NOTICED_WITHIN: Duration = Duration::from_millis(300);

/// A command that changes something for as long as it is held: the gateway cannot change anything meanwhile.
struct Held {
    release: Sender<()>,
    command: JoinHandle<()>,
}

impl Held {
    fn begin(fixture: &Fixture) -> Self {
        let options = Options {
            place: Place::File(fixture.database()),
            readers: None,
            role: Role::Command,
            at: fixture.gateway.clock().now(),
        };
        let ((release, released), (begun, begins)) = (channel(), channel());
        let command = thread::spawn(move || {
            let store = Store::open(&options).unwrap();
            let cause = Cause {
                id: "held".to_owned(),
                actor: Actor::Cli,
                request: String::new(),
                at: options.at,
            };
            let released = std::sync::Mutex::new(released);
            let wait = move |_: &mut muster::store::Tx<'_>| {
                begun.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
                Ok::<_, Error>(())
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.unwrap().block_on(store.write(cause, wait)).unwrap();
        });
        begins.recv().unwrap();
        Self { release, command }
    }

    fn end(self) {
        self.release.send(()).unwrap();
        self.command.join().unwrap();
    }
}

/// A request that the writer has begun with, and waits to be let in: those that come later wait behind it.
fn waiting_first(client: Client) -> JoinHandle<u16> {
    let first = thread::spawn(move || {
        client
            .post("/Users", &user("first", serde_json::json!({})))
            .status
    });
    thread::sleep(NOTICED_WITHIN);
    first
}

fn body() -> String {
    format!(r#"{{"schemas":["{USER}"],"userName":"gone"}}"#)
}

#[test]
fn a_change_whose_socket_was_closed_is_not_begun() {
    let fixture = Fixture::start();
    let client = fixture.client();
    let held = Held::begin(&fixture);
    let first = waiting_first(client.clone());

    let mut socket = TcpStream::connect(fixture.address).unwrap();
    let body = body();
    let request = format!(
        "POST /scim/v2/Users HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).unwrap();
    thread::sleep(NOTICED_WITHIN);
    socket.shutdown(Shutdown::Write).unwrap();
    // The gateway closes its side, and answers nothing.
    let mut answer = Vec::new();
    socket
        .set_read_timeout(Some(Duration::from_secs(3)))
        .unwrap();
    socket.read_to_end(&mut answer).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "");

    held.end();
    assert_eq!(first.join().unwrap(), 201);
    client
        .post("/Users", &user("last", serde_json::json!({})))
        .expect(201);
    let found = client
        .get("/Users?filter=userName%20eq%20%22gone%22")
        .expect(200)
        .json();
    assert_eq!(found["totalResults"], 0);
}

/// An HTTP/2 frame (RFC 9113 §4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Header fields as literals that are not indexed (RFC 7541 §6.2.2), shorter than 127 bytes each.
fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.bytes());
        }
    }
    block
}

fn http2(fixture: &Fixture) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(Path::new(CERT)).unwrap())
        .unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = "localhost".try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(fixture.address).unwrap())
}

#[test]
fn a_change_whose_stream_was_reset_is_not_begun() {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    let fixture = Fixture::with(Setup {
        settings: vec![("server.tls_cert", CERT), ("server.tls_key", KEY)],
        ..Setup::default()
    });
    let held = Held::begin(&fixture);
    let mut stream = http2(&fixture);
    let post = |id: u32, name: &str| {
        let token = format!("Bearer {TOKEN}");
        let block = fields(&[
            (":method", "POST"),
            (":scheme", "https"),
            (":path", "/scim/v2/Users"),
            (":authority", "localhost"),
            ("authorization", &token),
            ("content-type", "application/scim+json"),
        ]);
        let body = format!(r#"{{"schemas":["{USER}"],"userName":"{name}"}}"#);
        let mut frames = frame(HEADERS, END_HEADERS, id, &block);
        frames.extend(frame(DATA, END_STREAM, id, body.as_bytes()));
        frames
    };
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
    // The writer has begun with the first, and waits to be let in.
    stream.write_all(&post(1, "first")).unwrap();
    stream.flush().unwrap();
    thread::sleep(NOTICED_WITHIN);
    stream.write_all(&post(3, "gone")).unwrap();
    stream.write_all(&post(5, "last")).unwrap();
    stream.flush().unwrap();
    thread::sleep(NOTICED_WITHIN);
    stream
        .write_all(&frame(RST_STREAM, 0, 3, &8_u32.to_be_bytes()))
        .unwrap();
    stream.flush().unwrap();
    thread::sleep(NOTICED_WITHIN);
    held.end();

    // The last one is answered when all before it are done.
    let mut prefix = [0; 9];
    loop {
        stream.read_exact(&mut prefix).unwrap();
        let length = u32::from_be_bytes([0, prefix[0], prefix[1], prefix[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).unwrap();
        let (kind, id) = (
            prefix[3],
            u32::from_be_bytes([prefix[5], prefix[6], prefix[7], prefix[8]]),
        );
        assert!(kind != RST_STREAM, "stream {id} was reset");
        if kind == HEADERS && id == 5 {
            break;
        }
    }
    assert_eq!(names(&fixture), ["first", "last"]);
}

/// The user names that are stored.
fn names(fixture: &Fixture) -> Vec<String> {
    let store = Store::open(&Options {
        place: Place::File(fixture.database()),
        readers: None,
        role: Role::Command,
        at: fixture.gateway.clock().now(),
    })
    .unwrap();
    let rt = fixture.gateway.registry().by_name("User").unwrap().clone();
    let found = fixture.block_on(store.read(move |tx| {
        let found = tx.find(&muster::store::Find {
            viewer: &muster::store::Viewer::All,
            rt: &rt,
            filter: None,
            sort: None,
            start_index: 1,
            count: 10,
            max_scan: 10,
        })?;
        let names = found.records.iter().map(|record| {
            let document = record.document()?;
            Ok(document.text("userName").unwrap_or_default().to_owned())
        });
        names.collect::<Result<Vec<_>, Error>>()
    }));
    store.close();
    found.unwrap()
}

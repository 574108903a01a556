//! A directory that answers whatever a test wants, in the bytes of LDAP (RFC 4511) or in others.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

pub const BIND: u8 = 0x60;
pub const SEARCH: u8 = 0x63;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;

/// A request: the number of its connection and of its message, and its operation.
#[derive(Clone, Copy)]
pub struct Request {
    pub connection: usize,
    pub id: u8,
    pub operation: u8,
}

/// Answers until it is dropped.
pub struct Liar {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Liar {
    pub fn start(answer: impl Fn(Request) -> Vec<u8> + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::<AtomicBool>::default();
        let stop = Arc::clone(&stopped);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let answer = answer.clone();
                thread::spawn(move || converse(stream, connection, &answer));
            }
        });
        Self { address, stopped }
    }

    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

fn converse(mut stream: TcpStream, connection: usize, answer: &impl Fn(Request) -> Vec<u8>) {
    while let Some(message) = read(&mut stream) {
        // INTEGER, its length, the id; then the operation.
        let request = Request {
            connection,
            id: message[2],
            operation: message[3],
        };
        if stream.write_all(&answer(request)).is_err() {
            return;
        }
    }
}

/// What is inside of the next SEQUENCE.
fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut head = [0; 2];
    stream.read_exact(&mut head).ok()?;
    let mut length = usize::from(head[1]);
    if length >= 0x80 {
        let mut long = vec![0; length & 0x7f];
        stream.read_exact(&mut long).ok()?;
        length = long
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// A value with its tag.
pub fn tagged(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], body].concat()
}

/// A whole message.
pub fn message(id: u8, operation: &[u8]) -> Vec<u8> {
    tagged(0x30, &[&[2, 1, id], operation].concat())
}

/// The end of an operation, with its result code.
pub fn done(request: Request, code: u8) -> Vec<u8> {
    let operation = match request.operation {
        BIND => BIND_RESPONSE,
        _ => SEARCH_DONE,
    };
    let body = [&[0x0a, 1, code], &tagged(4, b"")[..], &tagged(4, b"")].concat();
    message(request.id, &tagged(operation, &body))
}

/// An entry that was found.
pub fn entry(request: Request, dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attribute = |(name, value): &(&str, &str)| {
        let values = tagged(0x31, &tagged(4, value.as_bytes()));
        tagged(0x30, &[tagged(4, name.as_bytes()), values].concat())
    };
    let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
    let body = [tagged(4, dn.as_bytes()), tagged(0x30, &attributes)].concat();
    message(request.id, &tagged(SEARCH_ENTRY, &body))
}

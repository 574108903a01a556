//! HTTP/2 frame by frame over TLS, for clients that no library would make.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use rustls::version::TLS13;

use super::fixture::TOKEN;
use super::tls::{self, TlsClient};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const ACK: u8 = 1;
/// End of the stream and of the headers.
const END: u8 = 0x5;
const INITIAL_WINDOW_SIZE: u8 = 4;
/// Field lines that HPACK has an index for (RFC 7541, appendix A): GET, https, and status 200.
const METHOD_GET: u8 = 0x82;
const SCHEME_HTTPS: u8 = 0x87;
const STATUS_OK: u8 = 0x88;

/// A connection that opens streams and leaves it to the test what it reads.
pub struct Http2 {
    stream: TlsClient,
    next: u32,
}

/// A frame of the server.
#[derive(Debug)]
pub struct Frame {
    pub stream: u32,
    kind: u8,
    flags: u8,
    payload: Vec<u8>,
}

impl Http2 {
    /// A connection whose streams may each get `window` bytes before the client asks for more.
    pub fn connect(address: SocketAddr, window: u32) -> Self {
        let mut stream = tls::connect(address, &[&TLS13], "h2");
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        let mut settings = vec![0, INITIAL_WINDOW_SIZE];
        settings.extend(window.to_be_bytes());
        let mut client = Self { stream, next: 1 };
        client.send(SETTINGS, 0, 0, &settings);
        client
    }

    /// Begins a GET with the token of the fixture, if it is wanted; returns its stream.
    pub fn get(&mut self, path: &str, with_token: bool) -> u32 {
        let mut block = vec![METHOD_GET, SCHEME_HTTPS];
        literal(&mut block, ":path", path);
        literal(&mut block, ":authority", "localhost");
        if with_token {
            literal(&mut block, "authorization", &format!("Bearer {TOKEN}"));
        }
        let stream = self.next;
        self.next += 2;
        self.send(HEADERS, END, stream, &block);
        stream
    }

    /// Lets the server send `bytes` more on a stream and on the connection.
    pub fn allow(&mut self, stream: u32, bytes: u32) {
        for stream in [0, stream] {
            self.send(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
        }
    }

    /// The next frame; `None` when the server has closed. Settings and pings are acknowledged.
    pub fn read(&mut self) -> Option<Frame> {
        let patience = Some(Duration::from_secs(120));
        self.stream.sock.set_read_timeout(patience).unwrap();
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head).ok()?;
            let [a, b, c, kind, flags, stream @ ..] = head;
            let length = u32::from_be_bytes([0, a, b, c]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut payload).ok()?;
            if [SETTINGS, PING].contains(&kind) {
                if flags & ACK == 0 {
                    let answer = if kind == PING { &payload[..] } else { &[] };
                    self.send(kind, ACK, 0, answer);
                }
                continue;
            }
            return Some(Frame {
                stream: u32::from_be_bytes(stream),
                kind,
                flags,
                payload,
            });
        }
    }

    /// The head of the next response: its stream, and whether its status is 200.
    pub fn read_head(&mut self) -> Option<(u32, bool)> {
        loop {
            let frame = self.read()?;
            if frame.kind == HEADERS {
                return Some((frame.stream, frame.payload.first() == Some(&STATUS_OK)));
            }
        }
    }

    /// That the server closes meanwhile is no failure.
    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = length[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        let _ = self.stream.write_all(&frame);
    }
}

impl Frame {
    /// Whether it is the last one of its stream.
    pub fn is_last(&self) -> bool {
        [DATA, HEADERS].contains(&self.kind) && self.flags & 1 != 0
    }
}

/// A field line without indexing (RFC 7541 §6.2.2); both texts are shorter than 127 bytes.
fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        block.push(u8::try_from(text.len()).unwrap());
        block.extend(text.as_bytes());
    }
}

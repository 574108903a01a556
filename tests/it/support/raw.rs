//! Bytes over a socket, for requests that no HTTP client would send.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// Longer than every timeout of the server.
const PATIENCE: Duration = Duration::from_secs(45);

/// A connection.
pub struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// What came back before the connection was closed or the body was complete.
#[derive(Debug)]
pub struct RawReply {
    /// 0 when the server closed without an answer.
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// A connection from this address, of which this machine has many: all of 127.0.0.0/8.
    pub fn connect_from(source: IpAddr, address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::new(source, 0).into()).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::over(socket.into())
    }

    /// A connection that takes few bytes before the test reads them.
    pub fn connect_narrow(address: SocketAddr) -> Self {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&address.into()).unwrap();
        Self::over(socket.into())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// One request on a connection of its own.
    pub fn exchange(address: SocketAddr, request: impl AsRef<[u8]>) -> RawReply {
        let mut raw = Self::connect(address);
        raw.send(request);
        raw.read()
    }

    /// A GET with nothing but what HTTP asks for; `target` goes on the wire as it is.
    pub fn get(address: SocketAddr, target: impl AsRef<[u8]>, headers: &str) -> RawReply {
        let target = target.as_ref();
        let mut request = Vec::from(b"GET ");
        request.extend_from_slice(target);
        request.extend_from_slice(
            format!(" HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n")
                .as_bytes(),
        );
        Self::exchange(address, request)
    }

    /// Sends; that the server closes meanwhile is no failure.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Whether the server has not closed the connection yet.
    pub fn is_open(&mut self) -> bool {
        self.stream.set_nonblocking(true).unwrap();
        let mut byte = [0];
        let open = match self.stream.read(&mut byte) {
            Ok(0) => false,
            Ok(_) => {
                self.unread.push(byte[0]);
                true
            }
            Err(fault) => fault.kind() == ErrorKind::WouldBlock,
        };
        self.stream.set_nonblocking(false).unwrap();
        open
    }

    /// Reads at most `count` bytes and drops them; returns how many came, 0 at the end.
    pub fn skip(&mut self, count: usize) -> usize {
        self.stream.read(&mut vec![0; count]).unwrap_or(0)
    }

    /// Whether an answer has begun to arrive.
    pub fn is_answered(&mut self) -> bool {
        self.is_open();
        !self.unread.is_empty()
    }

    /// Reads one answer.
    pub fn read(&mut self) -> RawReply {
        let head_end = self.fill(|bytes| bytes.windows(4).position(|window| window == b"\r\n\r\n"));
        let Some(head_end) = head_end else {
            return RawReply {
                status: 0,
                head: String::from_utf8_lossy(&self.unread).into_owned(),
                body: Vec::new(),
            };
        };
        let head = String::from_utf8_lossy(&self.unread[..head_end]).into_owned();
        self.unread.drain(..head_end + 4);
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        let length =
            header(&head, "content-length").map_or(usize::MAX, |length| length.parse().unwrap());
        self.fill(|bytes| (bytes.len() >= length).then_some(0));
        let rest = self.unread.split_off(length.min(self.unread.len()));
        let body = std::mem::replace(&mut self.unread, rest);
        RawReply { status, head, body }
    }

    /// Reads until `enough` says where, or the connection ends.
    fn fill(&mut self, enough: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(at) = enough(&self.unread) {
                return Some(at);
            }
            match self.stream.read(&mut buffer) {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

impl RawReply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| {
            panic!(
                "{fault}: {} {:?}",
                self.head,
                String::from_utf8_lossy(&self.body)
            )
        })
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

//! A lean HTTP client: many keep-alive connections on one thread, which counts and keeps no body.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use actix_web::rt;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::Result;
use crate::measure::{millis, per_second};

/// Who is asked, and by how many.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) connections: u64,
    pub(crate) time: Duration,
    /// How long a connection rests after each answer.
    pub(crate) pause: Duration,
}

impl Target {
    /// As fast as it can be answered.
    pub(crate) fn hot(address: SocketAddr, connections: u64, time: Duration) -> Self {
        Self {
            address,
            connections,
            time,
            pause: Duration::ZERO,
        }
    }
}

/// What came of it.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) time: Duration,
    pub(crate) done: u64,
    pub(crate) bytes: u64,
    /// Of each request, in milliseconds.
    pub(crate) latencies: Vec<f64>,
}

impl Outcome {
    /// Requests a second.
    pub(crate) fn rate(&self) -> f64 {
        per_second(self.done, self.time)
    }

    /// Megabytes a second.
    pub(crate) fn megabytes(&self) -> f64 {
        per_second(self.bytes, self.time) / 1e6
    }
}

/// Asks until the time is over. `request` writes the `n`th request; every answer must be `status`, if there is one.
pub(crate) fn load(
    target: Target,
    status: Option<u16>,
    request: impl Fn(u64, &mut Vec<u8>) + 'static,
) -> Result<Outcome> {
    rt::System::new().block_on(async move {
        let request = Rc::new(request);
        let next = Rc::new(Cell::new(0));
        let started = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..target.connections {
            let mut connection = Connection::open(target.address).await?;
            let (request, next) = (Rc::clone(&request), Rc::clone(&next));
            tasks.push(rt::spawn(async move {
                let mut mine = Outcome::default();
                while started.elapsed() < target.time {
                    let n = next.replace(next.get() + 1);
                    connection.out.clear();
                    request(n, &mut connection.out);
                    let asked = Instant::now();
                    let answer = connection.exchange().await.map_err(|why| why.to_string())?;
                    if let Some(status) = status.filter(|status| *status != answer.status) {
                        return Err(format!("status {} instead of {status}", answer.status));
                    }
                    mine.latencies.push(millis(asked.elapsed()));
                    mine.bytes += answer.body;
                    mine.done += 1;
                    if !target.pause.is_zero() {
                        rt::time::sleep(target.pause).await;
                    }
                }
                Ok(mine)
            }));
        }
        let mut all = Outcome::default();
        for task in tasks {
            let mine = task.await??;
            all.done += mine.done;
            all.bytes += mine.bytes;
            all.latencies.extend(mine.latencies);
        }
        all.time = started.elapsed();
        Ok(all)
    })
}

/// An answer: its status, how long its body is, and the body where it is kept.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: u64,
}

/// A connection that is used again and again.
pub(crate) struct Connection {
    stream: TcpStream,
    pub(crate) out: Vec<u8>,
    buffer: Box<[u8]>,
    kept: Option<Vec<u8>>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            out: Vec::new(),
            buffer: vec![0; 64 * 1024].into_boxed_slice(),
            kept: None,
        })
    }

    /// Keeps bodies from now on, to be taken.
    pub(crate) fn keep(&mut self) -> &mut Vec<u8> {
        self.kept.get_or_insert_default()
    }

    /// Sends what is in `out` and reads the answer.
    pub(crate) async fn exchange(&mut self) -> Result<Answer> {
        let mut sent = 0;
        while let Some(rest) = self.out.get(sent..).filter(|rest| !rest.is_empty()) {
            sent += poll_fn(|cx| Pin::new(&mut self.stream).poll_write(cx, rest)).await?;
        }
        let mut head = Vec::new();
        let mut filled = self.read().await?;
        loop {
            head.extend_from_slice(self.buffer.get(..filled).unwrap_or_default());
            if let Some(end) = find(&head, b"\r\n\r\n") {
                let first = head.split_off(end + 4);
                return self.body(&head, first).await;
            }
            filled = self.read().await?;
        }
    }

    async fn body(&mut self, head: &[u8], first: Vec<u8>) -> Result<Answer> {
        let head = std::str::from_utf8(head)?;
        let status: u16 = head.get(9..12).unwrap_or_default().parse()?;
        let header = |name: &str| {
            let lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
            let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.trim().to_owned())
        };
        let chunked = header("transfer-encoding").is_some();
        let length: Option<u64> = header("content-length")
            .map(|text| text.parse())
            .transpose()?;
        let mut body = first.len() as u64;
        let mut tail = first
            .get(first.len().saturating_sub(7)..)
            .unwrap_or_default()
            .to_vec();
        if let Some(kept) = &mut self.kept {
            kept.clear();
            kept.extend_from_slice(&first);
        }
        loop {
            let over = match (chunked, length) {
                (true, _) => tail.ends_with(b"\r\n0\r\n\r\n") || tail == b"0\r\n\r\n",
                (false, Some(length)) => body >= length,
                (false, None) => true,
            };
            if over {
                return Ok(Answer { status, body });
            }
            let filled = self.read().await?;
            let piece = self.buffer.get(..filled).unwrap_or_default();
            body += filled as u64;
            if chunked {
                tail.extend_from_slice(piece);
                tail.drain(..tail.len().saturating_sub(7));
            }
            if let Some(kept) = &mut self.kept {
                kept.extend_from_slice(piece);
            }
        }
    }

    async fn read(&mut self) -> Result<usize> {
        let (stream, buffer) = (&mut self.stream, &mut self.buffer);
        let filled = poll_fn(|cx| {
            let mut into = ReadBuf::new(buffer);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut into))?;
            Poll::Ready(std::io::Result::Ok(into.filled().len()))
        })
        .await?;
        if filled == 0 {
            return Err("the connection was closed".into());
        }
        Ok(filled)
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

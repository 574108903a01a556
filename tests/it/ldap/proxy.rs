//! A proxy in front of a directory that is dead, slow, or speaks only half.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// What becomes of a connection.
#[derive(Clone, Copy)]
pub enum Mood {
    /// Both directions are passed on.
    Pass,
    /// It is accepted, and never a byte comes back.
    Silent,
    /// It is shut at once.
    HangUp,
    /// So many bytes come back; then it is shut.
    Cut(usize),
    /// So many bytes come back, and never another one.
    Stall(usize),
    /// Each byte comes back after so many milliseconds.
    Trickle(u64),
}

/// A proxy on a free port; it accepts until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// In front of a port of this machine. `mood` is asked for each connection, by its number from 0 on.
    pub fn start(port: u16, mood: impl Fn(usize) -> Mood + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stopped, connections) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let (stop, count) = (Arc::clone(&stopped), Arc::clone(&connections));
        thread::spawn(move || {
            // What is silent must stay open for as long as the proxy is there.
            let mut held = Vec::new();
            for client in listener.incoming().map_while(Result::ok) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let mood = mood(count.fetch_add(1, Ordering::SeqCst));
                held.push(client.try_clone().unwrap());
                thread::spawn(move || attend(client, port, mood));
            }
        });
        Self {
            address,
            stopped,
            connections,
        }
    }

    pub fn url(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _woken = TcpStream::connect(self.address);
    }
}

fn attend(client: TcpStream, port: u16, mood: Mood) {
    match mood {
        Mood::Silent => {}
        Mood::HangUp => drop(client.shutdown(Shutdown::Both)),
        Mood::Pass | Mood::Cut(_) | Mood::Stall(_) | Mood::Trickle(_) => {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let (mut up_from, mut up_to) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                let _ended = std::io::copy(&mut up_from, &mut up_to);
                let _ended = up_to.shutdown(Shutdown::Write);
            });
            back(server, client, mood);
        }
    }
}

/// The way back, byte by byte.
fn back(mut server: TcpStream, mut client: TcpStream, mood: Mood) {
    let mut passed = 0;
    let mut byte = [0];
    while server.read_exact(&mut byte).is_ok() {
        match mood {
            Mood::Cut(most) if passed == most => break,
            Mood::Stall(most) if passed == most => return,
            Mood::Trickle(pause) => thread::sleep(Duration::from_millis(pause)),
            _ => {}
        }
        if client.write_all(&byte).is_err() {
            break;
        }
        passed += 1;
    }
    let _ended = client.shutdown(Shutdown::Both);
}

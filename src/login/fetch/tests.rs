//! What is fetched and what is not, against servers of this machine.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

/// Answers one request with `answer`, and says what was asked.
fn server(answer: Vec<u8>) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        let _ = stream.write_all(&answer);
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (url, asked)
}

fn answer(status: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{more}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn allowing(entries: &[&str]) -> Fetch {
    let entries: Vec<Destination> = entries.iter().map(|text| text.parse().unwrap()).collect();
    Fetch::new(&entries)
}

#[test]
fn an_allowed_host_may_be_private_and_plain() {
    let (url, asked) = server(answer("200 OK", "", b"{}"));
    assert_eq!(allowing(&["127.0.0.0/8"]).get_now(&url).unwrap(), b"{}");
    assert!(asked.join().unwrap().starts_with("GET /keys HTTP/1.1\r\n"));
    let (url, asked) = server(answer("200 OK", "", b"{}"));
    let named = url.replace("127.0.0.1", "localhost");
    assert_eq!(allowing(&["localhost"]).get_now(&named).unwrap(), b"{}");
    asked.join().unwrap();
}

#[test]
fn no_spelling_of_a_private_address_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0177.0.0.1",
        "0x7f000001",
        "127.1",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00::1]",
        "0.0.0.0",
    ] {
        let why = Fetch::default()
            .get_now(&format!("https://{host}:{port}/keys"))
            .unwrap_err();
        assert!(
            why.contains("private address") || why.contains("no URL") || why.contains("host"),
            "{host}: {why}"
        );
        let why = Fetch::default()
            .get_now(&format!("http://{host}:{port}/keys"))
            .unwrap_err();
        assert!(why.starts_with("use https"), "{host}: {why}");
    }
    assert!(listener.accept().is_err(), "something connected");
}

#[test]
fn what_is_no_https_url_is_not_fetched() {
    for url in [
        "",
        "keys",
        "https://",
        "file:///etc/passwd",
        "ftp://example.org/",
        "gopher://example.org/",
        "http://example.org/",
    ] {
        assert!(Fetch::default().check(url).is_err(), "{url}");
    }
    let with_password = Fetch::default()
        .check("https://me:secret@example.org/")
        .unwrap_err();
    assert!(!with_password.contains("secret"));
    assert_eq!(Fetch::default().check("https://example.org/keys"), Ok(()));
}

#[test]
fn redirects_are_not_followed() {
    let (url, asked) = server(answer(
        "302 Found",
        "Location: http://127.0.0.1:1/\r\n",
        b"",
    ));
    let why = allowing(&["127.0.0.1"]).get_now(&url).unwrap_err();
    assert!(why.contains("redirects are not followed"), "{why}");
    asked.join().unwrap();
}

#[test]
fn an_error_or_a_flood_is_no_document() {
    let (url, asked) = server(answer("500 Internal Server Error", "", b"{}"));
    let why = allowing(&["127.0.0.1"]).get_now(&url).unwrap_err();
    assert!(why.contains("500"), "{why}");
    asked.join().unwrap();
    let (url, asked) = server(answer(
        "200 OK",
        "",
        &vec![b' '; (SIZE_LIMIT + 1).try_into().unwrap()],
    ));
    assert!(allowing(&["127.0.0.1"]).get_now(&url).is_err());
    asked.join().unwrap();
}

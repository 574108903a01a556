//! A real nginx in front of an application, with the configuration that the README tells to paste.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use muster::config::Secret;
use serde_json::json;
use tempfile::TempDir;

use crate::sign_in::{directory, enter, identity};
use crate::support::{Client, Fixture, Reply};

struct Nginx {
    client: Client,
    child: Child,
    _directory: TempDir,
}

impl Nginx {
    fn start(gateway: SocketAddr, application: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        fs::write(
            path.join("nginx.conf"),
            whole(path, &server(address, gateway, application)),
        )
        .unwrap();
        let log = path.join("error.log");
        let mut child = Command::new("/usr/sbin/nginx")
            .arg("-e")
            .arg(&log)
            .arg("-c")
            .arg(path.join("nginx.conf"))
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx of Debian's package nginx-light; ./test installs it");
        while TcpStream::connect(address).is_err() {
            let ended = child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "nginx does not start: {}",
                fs::read_to_string(&log).unwrap()
            );
            thread::sleep(Duration::from_millis(10));
        }
        Self {
            client: Client::new(format!("http://{address}"), None),
            child,
            _directory: directory,
        }
    }

    fn get(&self, path: &str, session: Option<&Secret>) -> Reply {
        let cookie =
            session.map(|session| format!("muster_session={}; theme=dark", session.expose()));
        // What somebody says of themself.
        let mut headers = vec![
            ("Remote-User", "root"),
            ("Remote-Roles", "admin"),
            ("Remote-Groups", "all"),
        ];
        headers.extend(cookie.as_deref().map(|cookie| ("Cookie", cookie)));
        self.client.send("GET", path, &headers, None)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// The block of the README, with the addresses and without the certificate of a real site.
fn server(address: SocketAddr, gateway: SocketAddr, application: SocketAddr) -> String {
    let readme = include_str!("../../README.md");
    let (_, block) = readme.split_once("```nginx\n").expect("a block for nginx");
    let (block, _) = block.split_once("```").unwrap();
    let block = block
        .replace("listen 443 ssl;", &format!("listen {address};"))
        .replace("127.0.0.1:8080", &gateway.to_string())
        .replace("127.0.0.1:3000", &application.to_string());
    let lines: Vec<&str> = block
        .lines()
        .filter(|line| !line.trim_start().starts_with("ssl_"))
        .collect();
    lines.join("\n")
}

fn whole(path: &Path, server: &str) -> String {
    let path = path.display();
    let folders: Vec<String> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {path}/{name};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid {path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{}{server}\n}}\n",
        folders.concat()
    )
}

/// An application that answers with the headers it was sent; it ends with the program.
fn application() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let lines: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let body = lines.join("\n");
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _sent = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(body.as_bytes()));
        }
    });
    address
}

fn site(settings: &[(&'static str, &'static str)]) -> (Fixture, Nginx) {
    let (fixture, _) = directory(settings);
    let nginx = Nginx::start(fixture.address, application());
    (fixture, nginx)
}

#[test]
fn an_application_behind_nginx_is_told_who_it_is_and_sees_nobody_else() {
    let (fixture, nginx) = site(&[("roles.map", r#"{ "Writers" = "author" }"#)]);
    let mut who = identity("zoe");
    who.given_name = Some("Zoë".to_owned());
    who.groups = vec!["writers".to_owned()];
    let session = enter(&fixture, &who).unwrap().session;

    let page = nginx.get("/page?x=1", Some(&session)).expect(200).text();
    for line in [
        "GET /page?x=1 HTTP/1.0",
        "Remote-User: zoe@example.org",
        "Remote-Email: zoe@example.org",
        "Remote-Name: Zo%C3%AB Example",
        "Remote-Roles: author",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}\n{page}");
    }
    // What the browser said of itself has not come through, not even where the gateway says nothing.
    assert!(
        !page.contains("root") && !page.contains("Remote-Groups: all"),
        "{page}"
    );
    assert_eq!(page.matches("Remote-Roles").count(), 1);

    assert_eq!(nginx.get("/page", None).status, 401);
    let forged = Secret::new("no-such-session");
    assert_eq!(nginx.get("/page", Some(&forged)).status, 401);
    assert_eq!(
        nginx.get("/muster/check", Some(&session)).status,
        404,
        "is for nginx alone"
    );
}

#[test]
fn behind_nginx_some_pages_are_for_administrators() {
    let (fixture, nginx) = site(&[]);
    let mut admin = identity("ada");
    admin.admin = Some(true);
    let admin = enter(&fixture, &admin).unwrap().session;
    let other = enter(&fixture, &identity("bea")).unwrap().session;
    let page = nginx.get("/admin/users", Some(&admin)).expect(200).text();
    assert!(page.contains("Remote-Roles: admin"), "{page}");
    assert_eq!(nginx.get("/admin/users", Some(&other)).status, 403);
    assert_eq!(nginx.get("/admin/users", None).status, 401);
    nginx.get("/page", Some(&other)).expect(200);
}

#[test]
fn a_deactivation_is_felt_by_the_next_request_behind_nginx() {
    let (fixture, nginx) = site(&[]);
    let signed_in = enter(&fixture, &identity("ada")).unwrap();
    nginx.get("/page", Some(&signed_in.session)).expect(200);
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    let path = format!("/Users/{}", signed_in.me.id);
    fixture.client().operations(&path, &off).expect(200);
    assert_eq!(nginx.get("/page", Some(&signed_in.session)).status, 401);
}

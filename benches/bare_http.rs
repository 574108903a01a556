//! The limit of a read: a handler that looks at one header and answers bytes that it has already.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use bytes::Bytes;

use crate::Result;

/// The word by which this program is told to be that server.
pub(crate) const COMMAND: &str = "bare-http";

/// A process that answers `/NAME` with what was given for it; it ends with this.
pub(crate) struct Bare {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Bare {
    /// Starts it for these answers, which it reads from files in `folder`.
    pub(crate) fn start(folder: &Path, answers: &[(&str, Vec<u8>)]) -> Result<Self> {
        let folder = folder.join(COMMAND);
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder)?;
        for (name, bytes) in answers {
            fs::write(folder.join(name), bytes)?;
        }
        let mut child = Command::new(std::env::current_exe()?)
            .arg(COMMAND)
            .arg(&folder)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, address })
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A request as the client sends it to the gateway, but for the path.
pub(crate) fn request(out: &mut Vec<u8>, name: &str) {
    out.extend_from_slice(b"GET /");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(
        b" HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer muster_0123456789abcdef_",
    );
    out.extend_from_slice(b"0123456789abcdef0123456789abcdef0123456789a\r\n\r\n");
}

/// Serves with as many workers as the gateway has.
pub(crate) fn serve(folder: &Path) -> Result<()> {
    let mut answers: Vec<(String, Bytes)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("/{}", entry.file_name().to_string_lossy());
        answers.push((path, fs::read(entry.path())?.into()));
    }
    rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            answers.iter().fold(App::new(), |app, (path, bytes)| {
                let bytes = bytes.clone();
                let answer = move |request: HttpRequest| {
                    let answer = if request.headers().contains_key(header::AUTHORIZATION) {
                        HttpResponse::Ok()
                            .insert_header((header::CONTENT_TYPE, "application/scim+json"))
                            .body(bytes.clone())
                    } else {
                        HttpResponse::Unauthorized().finish()
                    };
                    std::future::ready(answer)
                };
                app.route(path, web::get().to(answer))
            })
        })
        .workers(thread::available_parallelism()?.get())
        .bind("127.0.0.1:0")?;
        let address = server.addrs().first().copied().ok_or("no address")?;
        println!("{address}");
        std::io::stdout().flush()?;
        Ok(server.run().await?)
    })
}

//! As much of a browser as pages without scripts need: cookies, forms, and what is sent along.

use std::collections::BTreeMap;

use super::client::{Client, Reply};
use super::fixture::Fixture;

/// A browser with cookies of its own.
pub struct Browser {
    client: Client,
    origin: String,
    pub cookies: BTreeMap<String, String>,
    /// The hidden token of the forms on the last page that had one.
    pub token: String,
}

impl Browser {
    pub fn new(fixture: &Fixture) -> Self {
        Self {
            client: fixture.root().authorized(None),
            origin: format!("http://{}", fixture.address),
            cookies: BTreeMap::new(),
            token: String::new(),
        }
    }

    pub fn get(&mut self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// Opens the page `path`, and sends the form on it that has these fields.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.get(path);
        self.post(path, fields)
    }

    /// Sends a form of the page that was opened last.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token.clone();
        let path = path.split('?').next().unwrap();
        let origin = self.origin.clone();
        let headers = [
            ("Origin", origin.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let mut all = vec![("token", token.as_str())];
        all.extend(fields);
        self.post_with(path, &headers, &all)
    }

    /// Sends a form with exactly these headers and fields.
    pub fn post_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
    ) -> Reply {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend(headers);
        self.send("POST", path, &all, Some(pairs.join("&").as_bytes()))
    }

    /// Where the answer sends the browser.
    #[track_caller]
    pub fn follow(&mut self, reply: &Reply) -> Reply {
        assert_eq!(reply.status, 303, "{}", reply.text());
        let to = reply.header("location").unwrap().to_owned();
        self.get(&to)
    }

    pub fn log_in(&mut self, name: &str, password: &str) -> Reply {
        self.submit("/login", &[("username", name), ("password", password)])
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Reply {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        let reply = self.client.send(method, path, &all, body);
        for line in reply.headers.get_all("set-cookie") {
            let (pair, rest) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let text = reply.text();
        if let Some((_, rest)) = text.split_once("name=\"token\" value=\"") {
            rest.split_once('"').unwrap().0.clone_into(&mut self.token);
        }
        reply
    }
}

/// As a form is sent.
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    let each = text.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    each.collect::<Vec<_>>().concat()
}

//! A browser that goes from one site to another: cookies for each, redirects, forms as they stand on the pages.

use std::collections::BTreeMap;

use crate::support::{Client, Reply, encoded};

/// A browser of its own.
pub struct Surfer {
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

/// A page, where it came from, and what it is.
pub struct Page {
    pub url: String,
    pub reply: Reply,
}

/// A form on a page.
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

/// Nobody sends a browser on more often than that.
const MAX_REDIRECTS: usize = 12;

impl Surfer {
    pub fn new() -> Self {
        Self {
            cookies: BTreeMap::new(),
        }
    }

    #[track_caller]
    pub fn get(&mut self, url: &str) -> Page {
        self.go("GET", url, None)
    }

    #[track_caller]
    pub fn post(&mut self, form: &Form) -> Page {
        let pairs: Vec<String> = form
            .fields
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        self.go("POST", &form.action, Some(&pairs.join("&")))
    }

    #[track_caller]
    fn go(&mut self, method: &str, url: &str, body: Option<&str>) -> Page {
        let (mut method, mut url, mut body) = (method, url.to_owned(), body);
        for _ in 0..MAX_REDIRECTS {
            let reply = self.send(method, &url, body);
            if !(301..=303).contains(&reply.status) {
                return Page { url, reply };
            }
            url = absolute(&url, reply.header("location").unwrap());
            (method, body) = ("GET", None);
        }
        panic!("sent around in a circle: {url}");
    }

    fn send(&mut self, method: &str, url: &str, body: Option<&str>) -> Reply {
        let (site, path) = split(url);
        let jar = self.cookies.entry(site.clone()).or_default();
        let cookies: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let cookies = cookies.join("; ");
        let mut headers = Vec::new();
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies.as_str()));
        }
        if body.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let reply = Client::new(site, None).send(method, &path, &headers, body.map(str::as_bytes));
        for line in reply.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (pair, rest) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if rest.contains("Max-Age=0") || value == "deleted" {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}

impl Page {
    /// The first form on it, with its hidden fields.
    #[track_caller]
    pub fn form(&self) -> Form {
        let text = self.reply.text();
        let form = text
            .split_once("<form")
            .unwrap_or_else(|| panic!("no form: {} {text}", self.url))
            .1;
        let (head, rest) = form.split_once('>').unwrap();
        let action = attribute(head, "action").unwrap_or_default();
        let inside = rest.split_once("</form>").unwrap().0;
        let inputs = inside
            .split("<input")
            .skip(1)
            .map(|input| input.split_once('>').unwrap().0);
        let fields = inputs.filter_map(|input| {
            Some((
                attribute(input, "name")?,
                attribute(input, "value").unwrap_or_default(),
            ))
        });
        Form {
            action: absolute(&self.url, &action),
            fields: fields.collect(),
        }
    }
}

impl Form {
    /// With something typed into a field.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Scheme and host, and what comes after them.
fn split(url: &str) -> (String, String) {
    let rest = url
        .strip_prefix("http://")
        .unwrap_or_else(|| panic!("no URL: {url}"));
    let at = rest.find('/').unwrap_or(rest.len());
    let path = if at == rest.len() { "/" } else { &rest[at..] };
    (format!("http://{}", &rest[..at]), path.to_owned())
}

fn absolute(base: &str, to: &str) -> String {
    if to.starts_with("http") {
        return to.to_owned();
    }
    let (site, path) = split(base);
    match to {
        "" => base.to_owned(),
        to if to.starts_with('/') => format!("{site}{to}"),
        to if to.starts_with('?') => format!("{site}{}{to}", path.split('?').next().unwrap()),
        to => format!("{site}{}/{to}", path.rsplit_once('/').unwrap().0),
    }
}

/// An attribute in a tag, without its entities.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    let value = rest.split_once('"')?.0;
    Some(plain(value))
}

/// A text of HTML without its entities.
pub fn plain(text: &str) -> String {
    let pairs = [
        ("&quot;", "\""),
        ("&#039;", "'"),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

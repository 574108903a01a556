//! Sends a case and compares what is there with what is expected.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::case::{Case, Expect, Request};
use crate::support::{Client, Reply};

/// What is wrong, one sentence each.
type Faults = Vec<String>;

/// Replays `case` against a server with an empty store, whose SCIM base URL is `base`.
pub fn replay(client: &Client, base: String, case: &Case) -> Faults {
    let mut names = Names::new(base);
    for request in &case.setup {
        let reply = send(client, &names, request);
        if !(200..300).contains(&reply.status) {
            let path = &request.path;
            return vec![format!("set-up {path}: {} {}", reply.status, reply.text())];
        }
        if let Some(name) = &request.name {
            names.keep(name, reply.id());
        }
    }
    let reply = send(client, &names, &case.request);
    let expect = &case.expect;
    let mut faults = Vec::new();
    if reply.status != expect.status {
        faults.push(format!(
            "answered {} instead of {}: {}",
            reply.status,
            expect.status,
            reply.text()
        ));
    }
    if let Some(id) = created(case, &reply) {
        names.keep("new", id);
    }
    faults.extend(judge_answer(&names, expect, &reply));
    faults.extend(judge_store(client, &names, case));
    faults
}

fn judge_answer(names: &Names, expect: &Expect, reply: &Reply) -> Faults {
    let mut faults = Vec::new();
    if reply.body.is_empty() && expect.answer.is_none() && expect.found.is_none() {
        return faults;
    }
    let Ok(answer) = serde_json::from_slice::<Value>(&reply.body) else {
        return vec![format!("the answer is no JSON: {}", reply.text())];
    };
    if let Some(part) = &expect.answer {
        faults.extend(missing(&names.fill(part), &answer, "answer"));
    }
    faults.extend(present(&expect.answer_absent, &answer, "answer"));
    if let Some(expected) = &expect.found {
        let mut expected: Vec<_> = expected.iter().map(|name| names.id(name)).collect();
        let listed = answer["Resources"].as_array().into_iter().flatten();
        let mut found: Vec<_> = listed.map(id_of).collect();
        expected.sort_unstable();
        found.sort_unstable();
        if found != expected {
            faults.push(format!("found {found:?} instead of {expected:?}: {answer}"));
        }
    }
    faults
}

fn judge_store(client: &Client, names: &Names, case: &Case) -> Faults {
    let expect = &case.expect;
    let mut faults = Vec::new();
    let judges = expect.stored.is_some() || !expect.absent.is_empty();
    if judges || expect.read.is_some() || expect.read_status.is_some() {
        let path = match &expect.read {
            Some(path) => path.clone(),
            None => own_path(&case.request),
        };
        faults.extend(judge_read(
            client,
            names,
            &path,
            expect.read_status,
            expect.stored.as_ref(),
            &expect.absent,
        ));
    }
    for read in &expect.also {
        faults.extend(judge_read(
            client,
            names,
            &read.path,
            read.status,
            read.stored.as_ref(),
            &read.absent,
        ));
    }
    faults
}

fn judge_read(
    client: &Client,
    names: &Names,
    path: &str,
    status: Option<u16>,
    stored: Option<&Value>,
    absent: &[String],
) -> Faults {
    let reply = client.get(&on_the_wire(&names.fill_text(path)));
    let status = status.unwrap_or(200);
    if reply.status != status {
        let text = reply.text();
        return vec![format!(
            "GET {path} answered {} instead of {status}: {text}",
            reply.status
        )];
    }
    let there = reply.json();
    let mut faults = Vec::new();
    if let Some(part) = stored {
        faults.extend(missing(&names.fill(part), &there, "stored"));
    }
    faults.extend(present(absent, &there, "stored"));
    faults
}

/// Where the resource of the request is read afterwards.
fn own_path(request: &Request) -> String {
    let path = request.path.split('?').next().unwrap();
    match request.method.as_str() {
        "POST" => format!("{path}/{{{{new}}}}"),
        _ => path.to_owned(),
    }
}

fn created(case: &Case, reply: &Reply) -> Option<String> {
    if case.request.method != "POST" || reply.status != 201 {
        return None;
    }
    let answer: Value = serde_json::from_slice(&reply.body).ok()?;
    Some(id_of(&answer))
}

fn id_of(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_default().to_owned()
}

fn send(client: &Client, names: &Names, request: &Request) -> Reply {
    let path = on_the_wire(&names.fill_text(&request.path));
    let headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let method = request.method.as_str();
    match &request.body {
        None => client.send(method, &path, &headers, None),
        Some(body) if request.headers.contains_key("Content-Type") => {
            let body = names.fill(body).to_string();
            client.send(method, &path, &headers, Some(body.as_bytes()))
        }
        Some(body) => client.send_json(method, &path, &headers, &names.fill(body)),
    }
}

/// The path with those characters percent-encoded that HTTP libraries refuse to send.
fn on_the_wire(path: &str) -> String {
    let mut wire = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'"'
            | b' '
            | b'['
            | b']'
            | b'<'
            | b'>'
            | b'\\'
            | b'^'
            | b'`'
            | b'{'
            | b'|'
            | b'}'
            | 0x80.. => write!(wire, "%{byte:02X}").unwrap(),
            _ => wire.push(char::from(byte)),
        }
    }
    wire
}

/// The ids that a case knows, and the texts that name them.
struct Names {
    known: HashMap<String, String>,
}

impl Names {
    fn new(base: String) -> Self {
        let known = HashMap::from([("base".to_owned(), base)]);
        Self { known }
    }

    fn keep(&mut self, name: &str, id: String) {
        self.known.insert(name.to_owned(), id);
    }

    fn id(&self, name: &str) -> String {
        self.known[name].clone()
    }

    fn fill_text(&self, text: &str) -> String {
        self.known.iter().fold(text.to_owned(), |text, (name, id)| {
            text.replace(&format!("{{{{{name}}}}}"), id)
        })
    }

    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill_text(text)),
            Value::Array(elements) => elements.iter().map(|part| self.fill(part)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, part)| (name.clone(), self.fill(part)))
                .collect(),
            other => other.clone(),
        }
    }
}

/// What of `part` is not in `whole`.
fn missing(part: &Value, whole: &Value, place: &str) -> Faults {
    match (part, whole) {
        (Value::Object(members), Value::Object(there)) => members
            .iter()
            .flat_map(|(name, part)| match there.get(name) {
                Some(whole) => missing(part, whole, &format!("{place}.{name}")),
                None => vec![format!("{place}.{name} is missing, expected {part}")],
            })
            .collect(),
        (Value::Array(parts), Value::Array(elements)) if assigned(parts, elements) => Vec::new(),
        _ if part == whole => Vec::new(),
        _ => vec![format!("{place} is {whole}, expected {part}")],
    }
}

/// Whether each of `parts` is in an element of its own, and no element is left.
fn assigned(parts: &[Value], elements: &[Value]) -> bool {
    let Some((part, parts)) = parts.split_first() else {
        return elements.is_empty();
    };
    elements.iter().enumerate().any(|(ordinal, element)| {
        let mut others = elements.to_vec();
        others.remove(ordinal);
        missing(part, element, "").is_empty() && assigned(parts, &others)
    })
}

/// Which of the JSON pointers `absent` have a value.
fn present(absent: &[String], whole: &Value, place: &str) -> Faults {
    absent
        .iter()
        .filter_map(|pointer| {
            let value = whole.pointer(pointer)?;
            let unassigned = muster::scim::resource::is_unassigned(value);
            (!unassigned).then(|| format!("{place}{pointer} is {value}, expected no value"))
        })
        .collect()
}

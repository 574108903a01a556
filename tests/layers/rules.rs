//! The rules of the house as data, and the check of one file against them.

use super::source::{Kind, Source, Token};

/// One floor: its modules may name those of `may`, and themselves.
pub(crate) struct Floor {
    pub(crate) module: &'static str,
    pub(crate) may: &'static [&'static str],
}

/// Who may import whom, the table of `ARCHITECTURE.md`. `lib` is the list of the modules.
pub(crate) const FLOORS: &[Floor] = &[
    Floor {
        module: "lib",
        may: &ALL,
    },
    Floor {
        module: "main",
        may: &ALL,
    },
    Floor {
        module: "server",
        may: &[
            "http",
            "service",
            "store",
            "login",
            "mail",
            "telemetry",
            "scim",
            "config",
            "clock",
        ],
    },
    Floor {
        module: "http",
        may: &["service", "scim", "config", "clock", "telemetry"],
    },
    Floor {
        module: "cli",
        may: &["service", "scim", "config"],
    },
    Floor {
        module: "service",
        may: &[
            "scim",
            "store",
            "login",
            "mail",
            "config",
            "clock",
            "telemetry",
        ],
    },
    Floor {
        module: "store",
        may: &["scim", "clock"],
    },
    Floor {
        module: "login",
        may: &["config", "clock"],
    },
    Floor {
        module: "mail",
        may: &["config"],
    },
    Floor {
        module: "telemetry",
        may: &["config"],
    },
    Floor {
        module: "scim",
        may: &[],
    },
    Floor {
        module: "config",
        may: &[],
    },
    Floor {
        module: "clock",
        may: &[],
    },
];

const ALL: [&str; 11] = [
    "server",
    "http",
    "cli",
    "service",
    "store",
    "login",
    "mail",
    "telemetry",
    "scim",
    "config",
    "clock",
];

/// Paths that the files under `inside` must not name, but for those under `except`.
/// A segment that ends in `*` stands for every name that begins so.
struct Ban {
    inside: &'static str,
    except: &'static [&'static str],
    paths: &'static [&'static str],
    why: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        inside: "src/scim/",
        except: &[],
        paths: &[
            "tokio*",
            "actix*",
            "rusqlite",
            "postgres*",
            "tracing*",
            "log",
            "std::fs",
            "std::env",
            "std::net",
            "std::process",
            "std::time::SystemTime",
            "std::time::Instant",
            "SystemTime",
            "Instant",
        ],
        why: "scim/ is pure: no runtime, no HTTP, no database, no clock, no files, no environment, no log",
    },
    Ban {
        inside: "src/",
        except: &["src/http/", "src/server.rs", "src/server/", "src/main.rs"],
        paths: &["actix*"],
        why: "HTTP ends at http/ and server",
    },
    Ban {
        inside: "src/",
        except: &["src/store/"],
        paths: &["rusqlite", "postgres*"],
        why: "a database driver is named in store/ only",
    },
    Ban {
        inside: "src/service/",
        except: &[],
        paths: &["StatusCode", "http::StatusCode"],
        why: "a SCIM error carries its own status; HTTP begins above service/",
    },
    Ban {
        inside: "src/",
        except: &["src/clock.rs"],
        paths: &[
            "Uuid::new_v4",
            "Uuid::new_v7",
            "Uuid::now_v7",
            "uuid::Uuid::new_v4",
            "uuid::Uuid::now_v7",
        ],
        why: "ids are a parameter; clock makes them",
    },
    Ban {
        inside: "src/",
        except: &["src/main.rs", "src/cli/"],
        paths: &["anyhow"],
        why: "a floor has one error enum of its own; anyhow is for main and cli",
    },
];

/// Each driver is named in one file, so that a third engine would be one file more.
pub(crate) const DRIVERS: &[&str] = &["rusqlite", "postgres"];

/// A file that is longer holds more than one thing.
const MAX_LINES: usize = 600;

/// A handler takes extractors in, makes one service call and gives a reply.
const MAX_HANDLER_LINES: usize = 20;

/// Types that make a `static` a global state.
const SHARED_STATE: &[&str] = &[
    "Mutex",
    "RwLock",
    "OnceLock",
    "OnceCell",
    "RefCell",
    "Cell",
    "ArcSwap",
    "AtomicBool",
    "AtomicU32",
    "AtomicU64",
    "AtomicUsize",
    "AtomicI64",
    "AtomicPtr",
];

/// Everything that is wrong with one file, each with file and line.
pub(crate) fn faults(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    shape(source, &mut found);
    allowed_lints(source, &mut found);
    if source.name.starts_with("src/") {
        floors(source, &mut found);
        bans(source, &mut found);
        wall_clock(source, &mut found);
        sql(source, &mut found);
        shared_state(source, &mut found);
    }
    if source.name.starts_with("src/http/") {
        handlers(source, &mut found);
    }
    found
}

fn fault(source: &Source, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", source.name)
}

fn shape(source: &Source, found: &mut Vec<String>) {
    if !source.text.starts_with("//! ") {
        found.push(fault(source, 1, "a file opens with `//!` and one sentence"));
    }
    let lines = source.text.lines().count();
    if lines > MAX_LINES {
        found.push(fault(
            source,
            lines,
            &format!("{lines} lines, {MAX_LINES} are the most"),
        ));
    }
}

/// `#[expect]` tells when it is no longer needed; `#[allow]` stays for ever.
fn allowed_lints(source: &Source, found: &mut Vec<String>) {
    for window in source.tokens.windows(2) {
        if let [open, allow] = window
            && open.is_mark('[')
            && allow.is_word("allow")
        {
            found.push(fault(
                source,
                allow.line,
                "say #[expect(…, reason)], not #[allow]",
            ));
        }
    }
}

fn floors(source: &Source, found: &mut Vec<String>) {
    let own = source.floor().unwrap_or_default();
    let Some(floor) = FLOORS.iter().find(|floor| floor.module == own) else {
        found.push(fault(
            source,
            1,
            &format!("`{own}` stands on no floor; draw it in ARCHITECTURE.md and in FLOORS"),
        ));
        return;
    };
    for named in &source.named {
        let mut path = named.path.iter().map(String::as_str);
        if path.next() != Some("crate") {
            continue;
        }
        match path.next() {
            // `pub(crate)` and `in crate` name no module.
            None => {}
            Some(module) if module == own || floor.may.contains(&module) => {}
            Some(module) => found.push(fault(
                source,
                named.line,
                &format!(
                    "`{own}` must not import `{module}`; it may import: {}",
                    floor.may.join(", ")
                ),
            )),
        }
    }
}

fn bans(source: &Source, found: &mut Vec<String>) {
    for ban in BANS {
        let applies = source.name.starts_with(ban.inside)
            && !ban
                .except
                .iter()
                .any(|except| source.name.starts_with(except));
        if !applies {
            continue;
        }
        for named in &source.named {
            if ban
                .paths
                .iter()
                .any(|banned| begins_with(&named.path, banned))
            {
                found.push(fault(
                    source,
                    named.line,
                    &format!("`{}`: {}", named.path.join("::"), ban.why),
                ));
            }
        }
    }
}

fn begins_with(path: &[String], banned: &str) -> bool {
    let mut path = path.iter();
    banned.split("::").all(|want| {
        path.next()
            .is_some_and(|word| match want.strip_suffix('*') {
                Some(stem) => word.starts_with(stem),
                None => word == want,
            })
    })
}

/// Files that may ask how long something takes, each with what for. A stopwatch cannot tell what time it is, so nothing
/// that is stored or answered hangs on it.
const STOPWATCHES: &[(&str, &str)] = &[
    (
        "src/http/trace.rs",
        "the duration of a request, for the log",
    ),
    (
        "src/store/engine/sqlite.rs",
        "a read that runs too long is interrupted, and how long a full log is held",
    ),
    (
        "src/store/engine/sqlite/log_bound.rs",
        "tests of how long a full log is held",
    ),
    (
        "src/store/engine/mod.rs",
        "a statement past its deadline is interrupted",
    ),
    ("src/store/open.rs", "a store that closes waits for so long"),
    ("src/store/queue.rs", "how long work waits to be begun"),
    ("src/store/tx/mod.rs", "how long a transaction has run"),
    (
        "src/store/worker.rs",
        "a change past its deadline is rolled back",
    ),
    (
        "src/store/writer.rs",
        "the share of time of one transaction, and the deadline of a change",
    ),
    (
        "src/http/body.rs",
        "a body that does not arrive in time is cut",
    ),
    (
        "src/service/token.rs",
        "how long a request took, for the provisioning log",
    ),
    (
        "src/service/audit/seal.rs",
        "the head of the chain is told once a minute, and so is an alarm",
    ),
];

/// `Something::now` is the wall clock or a stopwatch; a `Clock` that was handed in may be asked.
fn wall_clock(source: &Source, found: &mut Vec<String>) {
    if source.name == "src/clock.rs" {
        return;
    }
    for named in &source.named {
        if let [.., owner, last] = named.path.as_slice()
            && last == "now"
            && owner != "Clock"
            && !(owner == "Instant" && STOPWATCHES.iter().any(|(file, _)| *file == source.name))
        {
            found.push(fault(
                source,
                named.line,
                &format!(
                    "`{}`: time is a parameter; clock reads it",
                    named.path.join("::")
                ),
            ));
        }
    }
}

fn sql(source: &Source, found: &mut Vec<String>) {
    if source.name.starts_with("src/store/") {
        return;
    }
    for token in &source.tokens {
        if let Kind::Text(text) = &token.kind
            && is_sql(text)
        {
            found.push(fault(source, token.line, "SQL text stands in store/ only"));
        }
    }
}

/// Whether a literal reads as SQL; keywords in capitals, so that prose about deleting from a list passes.
fn is_sql(text: &str) -> bool {
    const PAIRS: &[(&str, &[&str])] = &[
        ("INSERT", &["INTO", "OR"]),
        ("DELETE", &["FROM"]),
        ("CREATE", &["TABLE", "INDEX", "UNIQUE", "TRIGGER", "VIEW"]),
        ("DROP", &["TABLE", "INDEX"]),
        ("ALTER", &["TABLE"]),
        ("BEGIN", &["IMMEDIATE", "EXCLUSIVE"]),
    ];
    let words: Vec<&str> = text.split_whitespace().collect();
    let paired = words.windows(2).any(|pair| match pair {
        [first, second] => PAIRS
            .iter()
            .any(|(keyword, next)| first == keyword && next.contains(second)),
        _ => false,
    });
    let follows = |first: &str, second: &str| {
        words
            .iter()
            .position(|word| *word == first)
            .is_some_and(|at| words.iter().skip(at).any(|word| *word == second))
    };
    paired
        || follows("SELECT", "FROM")
        || follows("UPDATE", "SET")
        || words.first() == Some(&"PRAGMA")
}

/// Everything hangs from one `Gateway`; a process may hold several.
fn shared_state(source: &Source, found: &mut Vec<String>) {
    for (at, token) in source.tokens.iter().enumerate() {
        if token.is_word("thread_local") {
            found.push(fault(source, token.line, "no globals: thread_local"));
        }
        if !token.is_word("static") {
            continue;
        }
        let declared = || source.tokens.iter().skip(at + 1);
        let state = declared()
            .take_while(|token| !token.is_mark('=') && !token.is_mark(';'))
            .filter_map(Token::word)
            .find(|word| *word == "mut" || SHARED_STATE.contains(word));
        if let Some(state) = state {
            found.push(fault(
                source,
                token.line,
                &format!("no globals: a static with `{state}`"),
            ));
        }
    }
}

/// Every `async fn` of http/ counts as a handler, but for those of its tests and the middleware, which takes a `Next`.
fn handlers(source: &Source, found: &mut Vec<String>) {
    for (at, token) in source.tokens.iter().enumerate() {
        let follows = |offset: usize, wanted: &Kind| {
            source
                .tokens
                .get(at + offset)
                .is_some_and(|next| next.kind == *wanted)
        };
        if token.is_word("mod")
            && follows(1, &Kind::Word("tests".to_owned()))
            && follows(2, &Kind::Mark('{'))
        {
            return;
        }
        if !token.is_word("async") || !follows(1, &Kind::Word("fn".to_owned())) {
            continue;
        }
        let name = source
            .tokens
            .get(at + 2)
            .and_then(Token::word)
            .unwrap_or_default();
        let function = function(&source.tokens, at);
        if function.iter().any(|token| token.is_word("Next")) {
            continue;
        }
        let end = function.last().map_or(token.line, |last| last.line);
        let lines = end - token.line + 1;
        if lines > MAX_HANDLER_LINES {
            found.push(fault(
                source,
                token.line,
                &format!("handler `{name}` has {lines} lines, {MAX_HANDLER_LINES} are the most"),
            ));
        }
    }
}

/// The tokens from `at` to the end of the first block behind it.
fn function(tokens: &[Token], at: usize) -> &[Token] {
    let rest = tokens.get(at..).unwrap_or_default();
    let mut depth = 0_usize;
    let end = rest.iter().position(|token| {
        match token.kind {
            Kind::Mark('{') => depth += 1,
            Kind::Mark('}') => depth = depth.saturating_sub(1),
            Kind::Word(_) | Kind::Text(_) | Kind::Colons | Kind::Mark(_) => {}
        }
        depth == 0 && (token.is_mark('}') || token.is_mark(';'))
    });
    rest.get(..=end.unwrap_or_default()).unwrap_or_default()
}

//! Figures beside their limits: `cargo bench`, or `cargo bench -- PART…` for some of them.
//!
//! Starts the gateway as it ships, loads it over HTTP, and in the same run, in turns, what bounds it: a handler that only
//! answers, a loop that only commits. Figures are kept under `target/bench`; the table in `benches/README.md` is
//! made from all that are there.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that reports to a person"
)]

mod bare_http;
mod bare_store;
mod gateway;
mod load;
mod measure;
mod part;
mod process;
mod report;
mod seed;

use std::error::Error;
use std::process::ExitCode;

/// Whatever goes wrong ends the run with one line.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    // Cargo itself passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [bare_http::COMMAND, folder, ..] => bare_http::serve(folder.as_ref()),
        [bare_store::COMMAND, folder, group, seconds] => {
            bare_store::run(folder.as_ref(), group, seconds)
        }
        other => run(other),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<()> {
    let wanted: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.starts_with("--"))
        .collect();
    if let Some(unknown) = wanted.iter().find(|name| part::find(name).is_none()) {
        let names: Vec<&str> = part::ALL.iter().map(|part| part.name).collect();
        return Err(format!("no part {unknown}: choose from {}", names.join(", ")).into());
    }
    for part in part::ALL {
        if wanted.is_empty() || wanted.contains(&part.name) {
            println!("{}: {}", part.name, part.about);
            for figure in (part.run)()? {
                report::keep(&figure)?;
            }
        }
    }
    report::write()
}

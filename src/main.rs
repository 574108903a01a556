//! The `muster` command: parses the command line, composes the gateway and hands over.

use std::process::ExitCode;

use muster::cli;
use muster::cli::Command;
use muster::config;

fn main() -> ExitCode {
    let cli = cli::parse();
    let settings = match config::load(cli.config.as_deref(), cli.set) {
        Ok(settings) => settings,
        Err(faults) => return cli::misconfigured(&faults),
    };
    match cli.command {
        Command::Config(command) => cli::exit(cli::config(&command, &settings)),
        Command::Check => cli::exit(cli::check(&settings)),
        Command::Serve | Command::Token(_) | Command::User(_) => ExitCode::FAILURE,
    }
}

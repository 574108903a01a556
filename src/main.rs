//! The `muster` command: parses the command line, composes the gateway and hands over.

use std::process::ExitCode;

use muster::cli;
use muster::cli::Command;
use muster::cli::Failure;
use muster::clock::Clock;
use muster::config;
use muster::config::Settings;
use muster::telemetry;

fn main() -> ExitCode {
    let cli = cli::parse();
    let settings = match config::load(cli.config.as_deref(), cli.set) {
        Ok(settings) => settings,
        Err(faults) => return cli::misconfigured(&faults),
    };
    cli::exit(match cli.command {
        Command::Config(command) => cli::config(&command, &settings),
        Command::Check => cli::check(&settings),
        Command::Serve => serve(&settings),
        Command::Token(_) | Command::User(_) => Ok(()),
    })
}

/// Only `serve` has a log; the other commands say what they have to say on their own.
fn serve(settings: &Settings) -> Result<(), Failure> {
    let clock = Clock::system();
    telemetry::init(&settings.log, move || clock.now()).map_err(Failure::new)?;
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(())
}

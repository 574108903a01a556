//! The `muster` command: parses the command line, composes the gateway and hands over.

use std::process::ExitCode;

use muster::cli;
use muster::cli::Command;
use muster::cli::Failure;
use muster::clock::Clock;
use muster::config;
use muster::config::Settings;
use muster::server;
use muster::service::{Gateway, PurgeRun, Role};
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
        Command::Serve => serve(settings),
        Command::Token(command) => beside(settings, async |gateway| {
            cli::token(&command, gateway).await
        }),
        Command::Audit(command) => beside(settings, async |gateway| {
            cli::audit(&command, gateway).await
        }),
        Command::Db(command) => beside(settings, async |gateway| cli::db(&command, gateway).await),
        Command::Connection(command) => beside(settings, async |gateway| {
            cli::connection(&command, gateway).await
        }),
        Command::User(command) => {
            beside(settings, async |gateway| cli::user(&command, gateway).await)
        }
        Command::Login(command) => beside(settings, async |gateway| {
            cli::login(&command, gateway).await
        }),
        Command::Inbox(command) => beside(settings, async |gateway| {
            cli::inbox(&command, gateway).await
        }),
        Command::Roles(command) => beside(settings, async |gateway| {
            cli::roles(&command, gateway).await
        }),
        Command::Count { format } => {
            beside(settings, async |gateway| cli::count(format, gateway).await)
        }
        Command::Purge { dry_run, format } => {
            let run = if dry_run {
                PurgeRun::Preview
            } else {
                PurgeRun::Real
            };
            beside(settings, async |gateway| {
                cli::purge(run, format, gateway).await
            })
        }
    })
}

/// Only `serve` has a log; the other commands say what they have to say on their own.
fn serve(settings: Settings) -> Result<(), Failure> {
    let clock = Clock::system();
    let for_log = clock.clone();
    let _log = telemetry::init(&settings.log, move || for_log.now()).map_err(Failure::new)?;
    let readers = settings.database.url.readers_warning();
    for warning in settings.warnings().iter().chain(&readers) {
        tracing::warn!("{warning}");
    }
    let gateway = Gateway::open(settings, clock, Role::Serve)?;
    server::serve(gateway).map_err(Failure::new)
}

/// Runs a command on the same database as a gateway that may be serving.
fn beside(
    settings: Settings,
    command: impl AsyncFnOnce(&Gateway) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let gateway = Gateway::open(settings, Clock::system(), Role::Command)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::new)?;
    let done = runtime.block_on(command(&gateway));
    gateway.close();
    done
}

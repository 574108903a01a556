//! The command line: one file a command; here its grammar, its answers and its exit status.

mod audit;
mod check;
mod config;
mod connection;
mod count;
mod db;
mod inbox;
mod login;
mod output;
mod purge;
mod roles;
mod show;
mod table;
mod token;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;

use crate::config::Faults;
use crate::config::Period;
use crate::config::ProfileName;
use crate::config::Scope;
use crate::config::Settings;
use crate::service::{Gateway, PurgeRun};

pub use audit::Since;
pub use connection::SignedScope;
pub use output::Failure;

/// SCIM 2.0 provisioning gateway
#[derive(Debug, Parser)]
#[command(name = "muster", version, disable_help_subcommand = true)]
pub struct Cli {
    /// Settings file [default: muster.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one setting, over environment and file; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the gateway
    Serve,
    /// Make, list and revoke the tokens that clients use
    #[command(subcommand)]
    Token(TokenCommand),
    /// List connections, change what they may do, and give their records away
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Make, list, shut, delete and restore users
    #[command(subcommand)]
    User(UserCommand),
    /// Read the audit log, or verify it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Migrate, check and copy the database
    #[command(subcommand)]
    Db(DbCommand),
    /// Decide what waits: adoptions, links of logins, possible doubles
    #[command(subcommand)]
    Inbox(InboxCommand),
    /// Show what gives which role
    #[command(subcommand)]
    Roles(RolesCommand),
    /// Count users
    Count {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Remove for good who was deleted retention.days ago; needs retention.purge
    Purge {
        /// Only tell who would go
        #[arg(long)]
        dry_run: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Try what a login would come to
    #[command(subcommand)]
    Login(LoginCommand),
    /// Show the settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Validate the settings and reach everything they name
    Check,
}

/// What to do with logins.
#[derive(Debug, Subcommand)]
pub enum LoginCommand {
    /// Find somebody in the directory and tell what their login would come to; asks for no password, writes nothing
    Try {
        /// The name they would type
        #[arg(long, value_name = "NAME")]
        user: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token for a connection, and the connection if there is none; prints it once
    Create {
        /// Name of the connection
        name: String,
        /// How requests of the connection are read [default for a new one: auto]
        #[arg(long, value_parser = profile_parser())]
        profile: Option<ProfileName>,
        /// What the connection may do, such as read,users [default for a new one: read,users,groups,admin-groups]
        #[arg(long, value_name = "SCOPE,…", value_delimiter = ',', value_parser = scope_parser())]
        scope: Option<Vec<Scope>>,
        /// How long the token lives
        #[arg(long, value_name = "PERIOD", default_value = "365d")]
        expires: Period,
    },
    /// List the tokens with expiry and last use; never the tokens themselves
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Make a new token for a connection; the present ones end after the overlap
    Rotate {
        /// Name of the connection
        name: String,
        /// How long the present tokens stay valid
        #[arg(long, value_name = "PERIOD", default_value = "24h")]
        overlap: Period,
        /// How long the new token lives
        #[arg(long, value_name = "PERIOD", default_value = "365d")]
        expires: Period,
    },
    /// End the tokens of a connection at once
    Revoke {
        /// Name of the connection
        name: String,
        /// Only the token with this id, as `token list` shows it
        #[arg(long)]
        id: Option<String>,
    },
}

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub enum ConnectionCommand {
    /// List the connections, with profile, scopes and how many records belong to each
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Allow or forbid a connection something
    Scope {
        /// Name of the connection
        name: String,
        /// What: +SCOPE allows it, -SCOPE forbids it; read, users, groups, admin-groups, password, introspect
        #[arg(required = true, value_name = "+SCOPE|-SCOPE")]
        changes: Vec<SignedScope>,
    },
    /// Let the records of a connection belong to nobody: the next connection that writes to one adopts it
    ///
    /// Deleted records too. Interrupted, it is finished by running it again.
    Release {
        /// Name of the connection
        name: String,
    },
    /// Give the records of a connection to another one
    ///
    /// Deleted records too. End the tokens of the first one before (`muster token revoke`), or let its identity
    /// provider rest: while records move, it sees some of them and not others. Interrupted, it is finished by running
    /// it again.
    Move {
        /// Name of the connection
        name: String,
        /// Name of the connection that gets them
        #[arg(long, value_name = "NAME")]
        to: String,
    },
    /// Accept an identity provider's assertions for a connection at /oauth/token, instead of those accepted before
    Federate {
        /// Name of the connection
        name: String,
        /// Issuer, to the letter (iss)
        #[arg(long, value_name = "URL", required_unless_present = "remove")]
        issuer: Option<String>,
        /// Subject, to the letter (sub); of Entra ID the object id of the service principal
        #[arg(long, value_name = "NAME", required_unless_present = "remove")]
        subject: Option<String>,
        /// Audience, to the letter (aud)
        #[arg(long, value_name = "NAME", required_unless_present = "remove")]
        audience: Option<String>,
        /// URL of the issuer's keys (JWK Set)
        #[arg(long, value_name = "URL", required_unless_present = "remove")]
        keys: Option<String>,
        /// Tenant of Entra ID (tid)
        #[arg(long, value_name = "ID")]
        tenant: Option<String>,
        /// Accept none any more
        #[arg(long, conflicts_with_all = ["issuer", "subject", "audience", "keys", "tenant"])]
        remove: bool,
    },
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make a user, unless there is one with this address
    Create {
        /// E-mail address
        #[arg(long)]
        email: String,
        /// User name [default: the address]
        #[arg(long, value_name = "NAME")]
        user_name: Option<String>,
        /// Given name
        #[arg(long, value_name = "NAME")]
        given_name: Option<String>,
        /// Family name
        #[arg(long, value_name = "NAME")]
        family_name: Option<String>,
        /// Make them an administrator
        #[arg(long)]
        admin: bool,
        /// Send no mail
        #[arg(long)]
        skip_email: bool,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// List users
    List {
        /// Deleted users instead
        #[arg(long)]
        deleted: bool,
        /// Only those that this SCIM filter selects, such as 'userName sw "a"'
        #[arg(long)]
        filter: Option<String>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Show a user, and why they are an administrator
    Show(One),
    /// Open an account, whoever shut it
    Activate(One),
    /// Shut an account, so that no identity provider can open it
    Deactivate(One),
    /// Give a deleted account back, with its id, groups and roles
    Restore(One),
    /// Delete an account; it can be restored
    Delete {
        /// Who, and how to print.
        #[command(flatten)]
        one: One,
        /// Send no mail
        #[arg(long)]
        skip_email: bool,
    },
    /// Remove a deleted account for good
    Purge {
        /// Who.
        #[command(flatten)]
        person: Person,
        /// Yes, for good
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Keep a user from purge (legal hold)
    Hold {
        /// Who, and how to print.
        #[command(flatten)]
        one: One,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// End a legal hold
    Unhold(One),
    /// Make a user an administrator
    SetAdmin {
        /// Who, and how to print.
        #[command(flatten)]
        one: One,
        /// Take the role away instead
        #[arg(long)]
        revoke: bool,
    },
}

/// What to do with what waits for a decision.
#[derive(Debug, Subcommand)]
pub enum InboxCommand {
    /// List what waits, and the decisions that still hold
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Say yes
    ///
    /// Adoption: the connection takes the administrator's record over with its next write. Link: the login leads
    /// to the record from now on. Double: they are one person; the record that belongs to nobody is deleted (it
    /// can be restored), that of the connection stays, and logins that led to the first lead to it.
    Allow {
        /// Id of the entry
        id: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Say no, until it is allowed
    ///
    /// Adoption and link: refused as before. Double: they are two people; what was shut because they might be one
    /// is opened.
    Refuse {
        /// Id of the entry
        id: String,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
}

/// What to do with roles.
#[derive(Debug, Subcommand)]
pub enum RolesCommand {
    /// Show what gives which role, from where
    List {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Let a name in roles.admin_groups match a new group
    Unpin {
        /// The name
        name: String,
    },
}

/// One person, and how they are printed.
#[derive(Debug, Args)]
pub struct One {
    /// Who.
    #[command(flatten)]
    pub person: Person,
    /// How to print.
    #[command(flatten)]
    pub format: Format,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List what was changed, by whom and when, oldest first
    List {
        /// Only what was done to this user: user name, e-mail address or id; of a deleted one, the id
        #[arg(long, value_name = "USER")]
        user: Option<String>,
        /// Only from this time on: 2026-03-01, 2026-03-01T12:00:00Z, or 24h
        #[arg(long, value_name = "TIME")]
        since: Option<Since>,
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Check every entry and the chain they are sealed into
    Verify {
        /// A head that the log told or this command printed before, which the chain must still hold
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// What to do with the database.
#[derive(Debug, Subcommand)]
pub enum DbCommand {
    /// Bring the schema up to this program; `serve` does so by itself
    Migrate,
    /// Check everything in the database against everything else, and the audit log
    Check,
    /// Copy the database, which may be in use, to a new file
    Backup {
        /// The file to make
        file: PathBuf,
    },
}

/// What to do with the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in force and where each comes from; secrets stay hidden
    Show {
        /// How to print.
        #[command(flatten)]
        format: Format,
    },
    /// Print the settings file that does what the variables of an Overleaf Server Pro installation do
    ImportOverleaf {
        /// The file with the variables: config/variables.env of the toolkit, or a compose file
        file: PathBuf,
    },
}

/// How records are printed.
#[derive(Debug, Clone, Copy, Args)]
pub struct Format {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Names one person, in one of three ways.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Person {
    /// By user name or any e-mail address
    #[arg(long)]
    pub email: Option<String>,
    /// By user name
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// By id
    #[arg(long)]
    pub id: Option<String>,
}

/// Reads the command line of this process. Wrong usage ends it with status 2, `--help` with 0.
pub fn parse() -> Cli {
    Cli::parse_from(std::env::args_os().map(connection::spelled))
}

/// Prints the settings.
pub fn config(command: &ConfigCommand, settings: &Settings) -> Result<(), Failure> {
    match command {
        ConfigCommand::Show { format } => config::show(settings, *format),
        ConfigCommand::ImportOverleaf { file } => config::import_overleaf(file),
    }
}

/// Reaches everything the settings name.
pub fn check(settings: &Settings) -> Result<(), Failure> {
    check::run(settings)
}

/// Lists connections and changes what they may do.
pub async fn connection(command: &ConnectionCommand, gateway: &Gateway) -> Result<(), Failure> {
    connection::run(command, gateway).await
}

/// Makes, lists and revokes tokens.
pub async fn token(command: &TokenCommand, gateway: &Gateway) -> Result<(), Failure> {
    token::run(command, gateway).await
}

/// Lists and decides what waits.
pub async fn inbox(command: &InboxCommand, gateway: &Gateway) -> Result<(), Failure> {
    inbox::run(command, gateway).await
}

/// Shows and unpins what gives roles.
pub async fn roles(command: &RolesCommand, gateway: &Gateway) -> Result<(), Failure> {
    roles::run(command, gateway).await
}

/// Tries what a login would come to.
pub async fn login(command: &LoginCommand, gateway: &Gateway) -> Result<(), Failure> {
    login::run(command, gateway).await
}

/// Counts users.
pub async fn count(format: Format, gateway: &Gateway) -> Result<(), Failure> {
    count::run(format, gateway).await
}

/// Runs the retention job once, or tells what it would do.
pub async fn purge(run: PurgeRun, format: Format, gateway: &Gateway) -> Result<(), Failure> {
    purge::run(run, format, gateway).await
}

/// Makes, lists and changes users.
pub async fn user(command: &UserCommand, gateway: &Gateway) -> Result<(), Failure> {
    user::run(command, gateway).await
}

/// Lists and verifies the audit log.
pub async fn audit(command: &AuditCommand, gateway: &Gateway) -> Result<(), Failure> {
    audit::run(command, gateway).await
}

/// Migrates, checks and copies the database.
pub async fn db(command: &DbCommand, gateway: &Gateway) -> Result<(), Failure> {
    db::run(command, gateway).await
}

/// The exit status of a command; a failure is told on standard error, in one line.
pub fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            ExitCode::from(failure.status())
        }
    }
}

/// The exit status of wrong settings; all faults are told on standard error, a line each.
pub fn misconfigured(faults: &Faults) -> ExitCode {
    exit(Err(Failure::from(faults)))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("must be KEY=VALUE, such as server.listen=0.0.0.0:8080")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn scope_parser() -> impl TypedValueParser<Value = Scope> {
    PossibleValuesParser::new(Scope::NAMES).try_map(|name| name.parse::<Scope>())
}

fn profile_parser() -> impl TypedValueParser<Value = ProfileName> {
    PossibleValuesParser::new(ProfileName::NAMES).try_map(|name| name.parse::<ProfileName>())
}

#[cfg(test)]
mod tests;

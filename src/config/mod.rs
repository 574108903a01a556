//! The settings: read from flags, environment, file and defaults, parsed once, with their provenance.
//!
//! To add a setting: one line in `settings.rs`, and its default and meaning in `default.toml`.

mod database_url;
mod fault;
mod file;
mod layers;
mod load;
mod log_filter;
mod name;
mod network;
mod public_url;
mod rate;
mod reader;
mod secret;
mod server_secret;
mod settings;
mod spelling;
mod tls;
mod unit;
mod value;

pub use database_url::DatabaseUrl;
pub use fault::Fault;
pub use fault::Faults;
pub use layers::File;
pub use layers::Origin;
pub use layers::Readers;
pub use layers::Sources;
pub use load::load;
pub use log_filter::LogFilter;
pub use name::LogFormat;
pub use name::OnRecreate;
pub use name::ProfileName;
pub use name::Scope;
pub use network::Network;
pub use public_url::PublicUrl;
pub use public_url::Scheme;
pub use rate::Rate;
pub use reader::Entry;
pub use secret::Secret;
pub use server_secret::SecretError;
pub use server_secret::find_server_secret;
pub use server_secret::server_secret;
pub use settings::Database;
pub use settings::Limits;
pub use settings::Log;
pub use settings::Retention;
pub use settings::Roles;
pub use settings::Scim;
pub use settings::Server;
pub use settings::Settings;
pub use tls::read_tls;
pub use unit::Period;
pub use unit::Size;

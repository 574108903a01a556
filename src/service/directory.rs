//! The directory that the settings name, for whoever checks them before there is a gateway.

use crate::config::Settings;
use crate::login::Directory;

/// Asks each server of `ldap.url` whether it can be used: its address, and what was found or is wrong.
pub async fn reach_directory(settings: &Settings) -> Vec<(String, Result<String, String>)> {
    Directory::new(&settings.ldap).reach().await
}

//! What the gateway does, for every door alike: SCIM, pages, command line and login call the same functions.

mod audit;
mod bulk;
mod discovery;
mod error;
mod gateway;
mod keys;
mod limit;
mod provisioning;
mod resource;
mod schema;
mod token;
mod user;

pub use crate::store::{LogEntry, Nature, Role};
pub use audit::{AuditEntry, AuditFilter, AuditReport, Sealer};
pub use discovery::Discovery;
pub use error::{Error, Result};
pub use gateway::{Gateway, OpenError, SCIM_ROOT};
pub use provisioning::{LogFilter, Request, Said};
pub use resource::{Answer, Fetched};
pub use schema::registry;
pub use token::{CONFIG_CONNECTION, Caller, FIRST_CONNECTION, TokenInfo};
pub use user::{User, Who};

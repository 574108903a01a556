//! What the gateway does, for every door alike: SCIM, pages, command line and login call the same functions.

mod audit;
mod bulk;
mod connection;
mod count;
mod discovery;
mod error;
mod gateway;
mod keys;
mod life;
mod limit;
mod maintenance;
mod metrics;
mod provisioning;
mod resource;
mod retention;
mod role;
mod schema;
mod scope;
mod token;
mod user;

pub use crate::store::{Actor, LogEntry, Migrated, Nature, Role};
pub use audit::{AuditEntry, AuditFilter, AuditReport, Sealer};
pub use connection::{ConnectionInfo, ScopeChange};
pub use count::Counts;
pub use discovery::Discovery;
pub use error::{Error, Result};
pub use gateway::{Gateway, OpenError, SCIM_ROOT, reach};
pub use maintenance::CheckReport;
pub use provisioning::{LogFilter, Request, Said};
pub use resource::{Answer, Fetched};
pub use retention::{Leaver, PurgePage, PurgeReport, PurgeRun};
pub use role::{GrantInfo, GroupMatch, How, Reason, RoleGroup, Roles};
pub use schema::registry;
pub use scope::Scopes;
pub use token::{CONFIG_CONNECTION, Caller, FIRST_CONNECTION, TokenInfo};
pub use user::{DeletedPage, HoldInfo, NewPerson, Person, User, Who};

//! What the gateway does, for every door alike: SCIM, pages, command line and login call the same functions.

mod bulk;
mod count;
mod discovery;
mod error;
mod gateway;
mod keys;
mod life;
mod limit;
mod resource;
mod retention;
mod role;
mod scope;
mod token;
mod user;

pub use crate::store::{Actor, Role};
pub use count::Counts;
pub use discovery::Discovery;
pub use error::{Error, Result};
pub use gateway::{Gateway, SCIM_ROOT};
pub use resource::{Answer, Fetched};
pub use retention::{Leaver, PurgePage, PurgeReport, PurgeRun};
pub use role::{GrantInfo, GroupMatch, How, Reason, RoleGroup, Roles};
pub use scope::Scopes;
pub use token::{CONFIG_CONNECTION, Caller, FIRST_CONNECTION, TokenInfo};
pub use user::{DeletedPage, HoldInfo, NewPerson, Person, User, Who};

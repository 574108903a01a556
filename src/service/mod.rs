//! What the gateway does, for every door alike: SCIM, pages, command line and login call the same functions.

mod account;
mod audit;
mod bulk;
mod connection;
mod count;
mod discovery;
mod error;
mod form;
mod gateway;
mod jwt;
mod keys;
mod launchpad;
mod life;
mod limit;
mod maintenance;
mod metrics;
mod oauth;
mod password;
mod personal_token;
mod provisioning;
mod resource;
mod retention;
mod role;
mod schema;
mod scope;
mod session;
mod sign_in;
mod token;
mod user;

pub use crate::login::{Refused, Step, StepResult, Trail};
pub use crate::store::{Actor, LogEntry, Migrated, Nature, Purpose, Role};
pub use account::{Account, Details};
pub use audit::{AuditEntry, AuditFilter, AuditReport, Sealer};
pub use connection::{ConnectionInfo, ScopeChange};
pub use count::Counts;
pub use discovery::Discovery;
pub use error::{Error, Result};
pub use gateway::{Gateway, OpenError, SCIM_ROOT};
pub use jwt::Jwt;
pub use launchpad::FirstAdministrator;
pub use maintenance::CheckReport;
pub use oauth::{ClientProof, FederationInfo, GrantRefused, Granted, probe_jwks};
pub use password::{LinkHolder, SetLink};
pub use personal_token::{NewPersonalToken, PersonalScope, PersonalTokenInfo, TOKEN_DAYS};
pub use provisioning::{LogFilter, Request, Said};
pub use resource::{Answer, Fetched};
pub use retention::{Leaver, PurgePage, PurgeReport, PurgeRun};
pub use role::{GrantInfo, GroupMatch, How, Reason, RoleGroup, Roles};
pub use schema::registry;
pub use scope::Scopes;
pub use session::{Credential, Me, SessionInfo};
pub use sign_in::{
    Denied, FailedLoginInfo, Once, Proof, Proved, SignInError, SignedIn, Tried, Visitor,
};
pub use token::{CONFIG_CONNECTION, Caller, FIRST_CONNECTION, TokenInfo};
pub use user::{DeletedPage, HoldInfo, Made, NewPerson, Person, User, Who};

//! The login floor: turns proof into an identity. It knows neither a request, a session nor the store.

mod fetch;
mod identity;
mod jwt;
mod key_set;
mod ldap;
pub mod password;
pub mod saml;
mod trail;

pub use fetch::{Fetch, FetchError};
pub use identity::{Identity, SingleLogout};
pub use jwt::{Disbelief, Expected, Key, key_id, names, verify};
pub use key_set::{KeySet, NoKey};
pub use ldap::{Directory, is_group};
pub use trail::{Refusal, Refused, Step, StepResult, Trail};

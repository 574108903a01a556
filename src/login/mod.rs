//! The login floor: turns proof into an identity. It knows neither a request, a session nor the store.

mod identity;
pub mod password;
mod trail;

pub use identity::{Identity, SingleLogout};
pub use trail::{Refusal, Refused, Step, StepResult, Trail};

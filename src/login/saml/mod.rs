//! SAML 2.0 as a service provider: the pure part, which takes texts and the time, and knows neither requests nor the store.
//!
//! A response passes a gate in Rust, which lets through one narrow form; then samael verifies its signature; then the bytes
//! that were signed are read again, and everything is checked on them.

mod assertion;
mod attribute;
mod certificate;
mod content;
mod fault;
mod key;
mod logout;
mod message;
mod metadata;
mod node;
mod provider;
mod redirect;
mod response;
mod scan;
mod signature;
mod structure;
mod uri;
mod verify;

pub use assertion::Asserted;
pub use assertion::Attribute;
pub use assertion::NameId;
pub use attribute::Mapping;
pub use certificate::Certificate;
pub use content::Expected;
pub use key::SigningKey;
pub use logout::Logout;
pub use logout::LogoutRequest;
pub use logout::by_post as logout_by_post;
pub use logout::by_redirect as logout_by_redirect;
pub use message::Envelope;
pub use message::message_id;
pub use metadata::read as read_metadata;
pub use provider::IdentityProvider;
pub use provider::LogoutService;
pub use provider::ServiceProvider;
pub use redirect::Kind;
pub use redirect::MAX_RELAY_STATE;
pub use response::Response;
pub use verify::Verifier;

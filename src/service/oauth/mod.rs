//! OAuth for SCIM clients: access tokens for a secret or an assertion (RFC 6749 §4.4, RFC 7523), and JWTs of an issuer.

mod access;
mod federation;
mod grant;
mod issuer;

pub use federation::FederationInfo;
pub use grant::{ClientProof, GrantRefused, Granted};
pub use issuer::probe_jwks;

pub(super) use issuer::Issuers;

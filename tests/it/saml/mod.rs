//! Login by SAML: the battery of bad responses, real identity providers, and what a person sees of it.

mod battery;
mod document;
mod fuzz;
mod messages;
mod pure;
mod signer;

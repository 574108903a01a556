//! Login by SAML: the battery of bad responses, real identity providers, and what a person sees of it.

mod battery;
mod document;
mod fuzz;
mod idp_metadata;
mod login;
mod logout;
mod messages;
mod program;
mod pure;
mod pysaml2;
mod signer;
mod simplesamlphp;
pub mod site;
mod surfer;

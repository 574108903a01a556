//! Local passwords: how they are kept, the links that set them, and what ends with an account.

mod ends;
mod links;
mod scim;
mod stored;

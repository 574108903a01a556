//! Local passwords: how they are kept, the links that set them, and what ends with an account.

mod ends;
mod links;
mod load;
mod scim;
mod stored;

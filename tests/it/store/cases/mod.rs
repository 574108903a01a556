//! The cases of the battery; none of them knows which engine it runs on.

pub(crate) mod commit;
pub(crate) mod connection;
pub(crate) mod find;
pub(crate) mod life;
pub(crate) mod log;
pub(crate) mod member;
pub(crate) mod owner;
pub(crate) mod password;
pub(crate) mod queue;
pub(crate) mod resource;
pub(crate) mod role;
pub(crate) mod saml;
pub(crate) mod sign_in;
pub(crate) mod unique;
pub(crate) mod walk;

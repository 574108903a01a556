//! Users, groups and every other resource type: create, get, find, replace, patch, delete (RFC 7644 §3).

mod asked;
pub(super) mod body;
pub(super) mod change;
mod condition;
pub(super) mod create;
mod cursor;
mod find;
mod get;
mod kept;
mod large;
pub(super) mod members;
mod packed_members;
mod password;
mod render;
mod response_body;
mod write;

use std::sync::Arc;

use crate::scim::query::{Conditions, Preference, Wanted};
use crate::scim::schema::ResourceType;

pub(super) use condition::etag;
pub(super) use cursor::CURSOR_SECONDS;
pub(super) use kept::Kept;
pub(super) use large::LargeBodies;
pub(super) use render::Joined;
pub use response_body::ResponseBody;

/// A request for one resource.
#[derive(Debug, Clone)]
pub struct One {
    /// The type of the resource.
    pub rt: Arc<ResourceType>,
    /// Its id, as the path has it.
    pub id: String,
    /// What is to be answered of it.
    pub wanted: Wanted,
    /// Under which conditions.
    pub conditions: Conditions,
}

/// What a request is answered with.
pub struct Answer {
    /// The resource as JSON; `None` where it is not wanted, or too large to be sent unasked.
    pub body: Option<ResponseBody>,
    /// `meta.location`.
    pub location: String,
    /// `meta.version`, a weak entity tag.
    pub etag: String,
    /// The preference of the client that was followed.
    pub preference: Preference,
}

/// What a conditional read is answered with (RFC 7644 §3.14).
pub enum Fetched {
    /// The resource.
    Found(Answer),
    /// The client has this version already.
    NotModified {
        /// `meta.version`
        etag: String,
        /// `meta.location`
        location: String,
    },
}

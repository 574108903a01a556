//! `/Me` (RFC 7644 §3.11): for people, with a JWT of ours or a personal access token.

use actix_web::web::Data;

use super::auth::{Oneself, Permit};
use super::conditions::Conditional;
use super::error::Error;
use super::query::One;
use super::reply::Reply;
use crate::scim::ErrorKind;
use crate::service::{Fetched, Gateway};

/// `GET /Me`: one's own record. A connection is nobody: 501.
pub(super) async fn get(
    permit: Option<Permit>,
    oneself: Result<Oneself, Error>,
    gateway: Data<Gateway>,
    query: One,
    conditions: Conditional,
) -> Result<Reply, Error> {
    if permit.is_some() {
        return Err(nobody());
    }
    let fetched = gateway.get_me(&oneself?.0, query.0, conditions.0).await?;
    Ok(match fetched {
        Fetched::Found(answer) => Reply::Found(answer),
        Fetched::NotModified { etag, location } => Reply::NotModified { etag, location },
    })
}

/// Every other method of `/Me`: 501 for connections, and 405 for people, who read their record here and change it
/// nowhere in SCIM.
pub(super) async fn change(
    permit: Option<Permit>,
    oneself: Result<Oneself, Error>,
) -> Result<Reply, Error> {
    if permit.is_some() {
        return Err(nobody());
    }
    oneself?;
    Err(Error::Method("GET, HEAD".to_owned()))
}

fn nobody() -> Error {
    let detail = "A SCIM token is nobody in person: use the URL of the user.";
    Error::new(ErrorKind::NotImplemented, detail)
}

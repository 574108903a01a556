//! Refusals that a caller with a permit gets: unknown URLs, wrong methods, and what SCIM defines but this server does not serve.

use actix_web::HttpRequest;

use super::auth::Permit;
use super::error::Error;
use super::reply::Reply;
use super::route::Mounted;
use crate::scim::ErrorKind;
use crate::service::SCIM_ROOT;

/// Any URL under `/scim` that no route matches: 404, or 400 `invalidVers` under another version of the
/// protocol (RFC 7644 §3.13).
pub(super) async fn not_found(_: Permit, request: HttpRequest) -> Result<Reply, Error> {
    let mut segments = request.path().split('/').skip(2);
    if segments.next().is_some_and(is_other_version) {
        let detail = format!("Only version 2 of SCIM is served, under {SCIM_ROOT}.");
        return Err(Error::new(ErrorKind::InvalidVersion, detail));
    }
    let detail =
        format!("There is nothing at this URL. {SCIM_ROOT}/ResourceTypes lists the endpoints.");
    Err(Error::new(ErrorKind::NotFound, detail))
}

/// A method that the route does not serve: 405 with `Allow` (RFC 9110 §15.5.6).
pub(super) async fn method(_: Permit, request: HttpRequest) -> Result<Reply, Error> {
    Err(not_allowed(&request))
}

/// The 405 of the route that `request` matched.
pub(super) fn not_allowed(request: &HttpRequest) -> Error {
    Error::Method(
        request
            .app_data::<Mounted>()
            .map_or_else(String::new, |at| at.allow.clone()),
    )
}

/// `v1`, `v3`, `v2.1`, …
fn is_other_version(segment: &str) -> bool {
    let number = segment.strip_prefix(['v', 'V']).unwrap_or_default();
    segment != "v2" && number.starts_with(|first: char| first.is_ascii_digit())
}

//! `/saml/…`: the service provider, as browsers and the identity provider see it (SAML bindings §3.4, §3.5).

use actix_web::http::header;
use actix_web::web::{Payload, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::body;
use super::cookie;
use super::page::{Failure, Page, Visit, home, local_path, refused};
use crate::scim::ErrorKind;
use crate::service::{SamlAnswer, SignInError, SloMessage, SloOutcome};

/// The longest form: a message of 256 KiB in base64, percent-encoded.
const MAX_BYTES: usize = 512 * 1024;

/// What the URL of the way to the identity provider says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

/// `GET /saml/metadata` (SAML metadata §2.4.4)
pub(super) async fn metadata(visit: Visit) -> Result<HttpResponse, Failure> {
    let document = visit.gateway.saml_metadata().ok_or_else(nobody)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/samlmetadata+xml"))
        .body(document))
}

/// `GET /saml/login` (SAML profiles §4.1.3.2): 303 to the identity provider.
pub(super) async fn begin(
    visit: Visit,
    request: HttpRequest,
    asked: Query<Asked>,
) -> Result<Page, Failure> {
    let gateway = served(&visit)?;
    let browser = cookie::saml(&request, gateway);
    let begun = gateway
        .begin_saml(local_path(&asked.next), browser.as_ref(), &visit.visitor)
        .await;
    match begun {
        Ok(begun) => {
            let bound = cookie::with_saml(gateway, begun.browser.expose());
            Ok(Visit::abroad(begun.url).with(bound))
        }
        Err(error) => refusal(&visit, error),
    }
}

/// `POST /saml/acs` (SAML profiles §4.1.3.5): the session cookie, and 303 to the page that was asked for.
pub(super) async fn finish(
    visit: Visit,
    request: HttpRequest,
    payload: Payload,
) -> Result<Page, Failure> {
    let answer = answer(&visit, &request, payload).await?;
    let from = visit.visitor.clone();
    match visit.gateway.finish_saml(answer, from).await {
        Ok((signed_in, path)) => {
            let to = path.unwrap_or_else(|| home(&visit));
            Ok(Visit::to(&to).with(cookie::begun(&visit.gateway, &signed_in)))
        }
        Err(error) => refusal(&visit, error),
    }
}

async fn answer(
    visit: &Visit,
    request: &HttpRequest,
    payload: Payload,
) -> Result<SamlAnswer, Failure> {
    let form = read(visit, request, payload).await?;
    Ok(SamlAnswer {
        response: text(&form, "SAMLResponse").unwrap_or_default(),
        browser: cookie::saml(request, &visit.gateway),
    })
}

/// `GET /saml/slo` (SAML bindings §3.4)
pub(super) async fn slo(visit: Visit, request: HttpRequest) -> Result<Page, Failure> {
    let query = request.query_string().to_owned();
    log_out(&visit, SloMessage::Redirect(query)).await
}

/// `POST /saml/slo` (SAML bindings §3.5)
pub(super) async fn slo_post(
    visit: Visit,
    request: HttpRequest,
    payload: Payload,
) -> Result<Page, Failure> {
    let form = read(&visit, &request, payload).await?;
    let (is_request, field) = match text(&form, "SAMLRequest") {
        Some(field) => (true, field),
        None => (false, text(&form, "SAMLResponse").unwrap_or_default()),
    };
    let relay_state = text(&form, "RelayState");
    let message = SloMessage::Post {
        is_request,
        field,
        relay_state,
    };
    log_out(&visit, message).await
}

async fn log_out(visit: &Visit, message: SloMessage) -> Result<Page, Failure> {
    let gateway = served(visit)?;
    match gateway.saml_slo(message, &visit.visitor).await {
        Ok(SloOutcome::Ended(Some(url))) => Ok(Visit::abroad(url).with(cookie::ended(gateway))),
        Ok(SloOutcome::Ended(None)) => Ok(visit
            .elsewhere("/login?done=logout")
            .with(cookie::ended(gateway))),
        Ok(SloOutcome::Answered) => Ok(visit.elsewhere("/login?done=logout")),
        Err(error) => refusal(visit, error),
    }
}

fn refusal(visit: &Visit, error: SignInError) -> Result<Page, Failure> {
    match error {
        SignInError::Denied(denied) => Ok(refused(visit, &denied)),
        SignInError::Failed(error) => Err(error.into()),
    }
}

fn served(visit: &Visit) -> Result<&crate::service::Gateway, Failure> {
    if visit.gateway.has_saml() {
        return Ok(&visit.gateway);
    }
    Err(nobody())
}

fn nobody() -> Failure {
    let detail = "Nobody logs in by SAML here: login.method is another.";
    Failure::new(ErrorKind::NotFound, detail)
}

/// A form of another site, as the identity provider lets a browser send it. Nothing in it counts but signed messages.
async fn read(
    visit: &Visit,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Vec<(String, String)>, Failure> {
    served(visit)?;
    let body = body::read_form(request, payload.into_inner(), MAX_BYTES).await?;
    Ok(form_urlencoded::parse(&body).into_owned().collect())
}

/// A field that is there once.
fn text(form: &[(String, String)], name: &str) -> Option<String> {
    let mut all = form.iter().filter(|(found, _)| found == name);
    let first = all.next().map(|(_, value)| value.clone());
    if all.next().is_some() { None } else { first }
}

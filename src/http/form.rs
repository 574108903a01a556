//! The body of an HTML form or an OAuth request: `application/x-www-form-urlencoded`, bounded, each field once.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::body;
use super::error::Error;
use crate::scim::ErrorKind;

/// The fields of a form, in the order in which they were sent.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a form of at most `limit` bytes.
    pub(super) async fn read(
        request: &HttpRequest,
        payload: Payload,
        limit: usize,
    ) -> Result<Self, Error> {
        if !is_form(request) {
            let detail = "Send the body as Content-Type application/x-www-form-urlencoded.";
            return Err(Error::new(ErrorKind::UnsupportedMediaType, detail));
        }
        let bytes = body::read_form(request, payload, limit).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }

    /// The field of this name; empty text counts as none (RFC 6749 §3.2).
    ///
    /// # Errors
    /// 400 when it stands more than once.
    pub(super) fn field(&self, name: &str) -> Result<Option<&str>, Error> {
        let mut found = self.0.iter().filter(|(field, _)| field == name);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                let detail = format!("The field \"{name}\" stands more than once: send it once.");
                Err(Error::new(ErrorKind::InvalidSyntax, detail))
            }
            (Some((_, value)), None) if !value.is_empty() => Ok(Some(value)),
            (Some(_) | None, _) => Ok(None),
        }
    }
}

impl FromRequest for Form {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        async move { Self::read(&request, payload, body::FORM_BYTES).await }.boxed_local()
    }
}

fn is_form(request: &HttpRequest) -> bool {
    let sent = request.headers().get(header::CONTENT_TYPE);
    let sent = sent
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_stands_once() {
        let pairs = form_urlencoded::parse(b"a=1&b=%20x+y&c=&b=2&d").into_owned();
        let form = Form(pairs.collect());
        assert_eq!(form.field("a").unwrap(), Some("1"));
        assert!(form.field("b").is_err());
        for none in ["c", "d", "e"] {
            assert_eq!(form.field(none).unwrap(), None, "{none}");
        }
    }
}

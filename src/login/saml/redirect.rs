//! HTTP-Redirect (SAML bindings §3.4): messages in a query string, signed and verified over the string as it was sent.
//!
//! Decoding it and encoding it anew would verify what nobody signed, as percent encodings differ.

use std::io::Read;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::percent_decode_str;
use percent_encoding::utf8_percent_encode;

use super::certificate::Certificate;
use super::fault::Fault;
use super::fault::shown;
use super::key;
use super::key::SigningKey;
use super::scan;

/// RelayState has at most 80 bytes (SAML bindings §3.4.3); ours are handles of less than half of that.
pub const MAX_RELAY_STATE: usize = 80;

/// RFC 3986 §2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What a message is: the name of its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `SAMLRequest`.
    Request,
    /// `SAMLResponse`.
    Response,
}

/// A message whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) kind: Kind,
    pub(super) xml: String,
    pub(super) relay_state: Option<String>,
}

impl Kind {
    fn parameter(self) -> &'static str {
        match self {
            Self::Request => "SAMLRequest",
            Self::Response => "SAMLResponse",
        }
    }
}

/// The URL that carries a message, signed if there is a key. The error says what is wrong with the key.
pub(super) fn url(
    location: &str,
    kind: Kind,
    xml: &str,
    relay_state: Option<&str>,
    key: Option<&SigningKey>,
) -> Result<String, String> {
    let packed = deflate(xml).map_err(|e| format!("the message cannot be packed: {e}"))?;
    let mut query = format!("{}={}", kind.parameter(), encode(&STANDARD.encode(packed)));
    if let Some(state) = relay_state {
        query = format!("{query}&RelayState={}", encode(state));
    }
    if let Some(key) = key {
        query = format!("{query}&SigAlg={}", encode(key::RSA_SHA256));
        let made = key
            .sign(query.as_bytes())
            .ok_or("saml.sp_key cannot sign")?;
        query = format!("{query}&Signature={}", encode(&STANDARD.encode(made)));
    }
    let joint = if location.contains('?') { '&' } else { '?' };
    Ok(format!("{location}{joint}{query}"))
}

/// Reads a signed query string: each parameter once, and the signature by one of the certificates.
pub(super) fn receive(query: &str, certificates: &[Certificate]) -> Result<Received, Fault> {
    let (kind, message) = match (one(query, "SAMLRequest")?, one(query, "SAMLResponse")?) {
        (Some(raw), None) => (Kind::Request, raw),
        (None, Some(raw)) => (Kind::Response, raw),
        (None, None) | (Some(_), Some(_)) => {
            return Err(malformed("it holds no message, or two"));
        }
    };
    let (Some(algorithm), Some(made)) = (one(query, "SigAlg")?, one(query, "Signature")?) else {
        return Err(Fault::new(
            "saml.no_signature",
            "the message is not signed: switch signing of logout messages on at the identity provider",
        ));
    };
    let relay_state = one(query, "RelayState")?;
    let mut signed = format!("{}={message}", kind.parameter());
    if let Some(state) = relay_state {
        signed = format!("{signed}&RelayState={state}");
    }
    signed = format!("{signed}&SigAlg={algorithm}");
    let algorithm = decoded(algorithm)?;
    let made = base64(&decoded(made)?)?;
    match key::verifies(certificates, &algorithm, signed.as_bytes(), &made) {
        Some(true) => {}
        Some(false) => {
            return Err(Fault::new(
                "saml.signature",
                "the signature is not of the identity provider's key",
            ));
        }
        None => {
            return Err(Fault::new(
                "saml.algorithm",
                format!(
                    "SigAlg is {:?}; set RSA-SHA256 at the identity provider",
                    shown(&algorithm)
                ),
            ));
        }
    }
    Ok(Received {
        kind,
        xml: inflate(&base64(&decoded(message)?)?)?,
        relay_state: relay_state.map(decoded).transpose()?,
    })
}

/// The value of a parameter as it was sent; it must not be there twice.
fn one<'a>(query: &'a str, name: &str) -> Result<Option<&'a str>, Fault> {
    let mut all = query.split('&').filter_map(|part| {
        let (key, value) = part.split_once('=')?;
        (key == name).then_some(value)
    });
    let first = all.next();
    if all.next().is_some() {
        return Err(malformed(format!("{name} stands in it twice")));
    }
    Ok(first)
}

fn decoded(raw: &str) -> Result<String, Fault> {
    let raw = raw.replace('+', " ");
    percent_decode_str(&raw)
        .decode_utf8()
        .map(|text| text.into_owned())
        .map_err(|_| malformed("it is not UTF-8"))
}

fn base64(text: &str) -> Result<Vec<u8>, Fault> {
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD
        .decode(plain)
        .map_err(|_| malformed("it is not base64"))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

fn deflate(xml: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(xml.as_bytes())?;
    encoder.finish()
}

/// Unpacks no more than a message may have: a kilobyte can hold a megabyte of blanks.
fn inflate(packed: &[u8]) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(scan::MESSAGE.size).unwrap_or(u64::MAX);
    DeflateDecoder::new(packed)
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|_| malformed("it is not packed by DEFLATE"))?;
    if bytes.len() > scan::MESSAGE.size {
        return Err(Fault::new(
            "saml.too_large",
            format!("more than {limit} bytes come out of it"),
        ));
    }
    String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))
}

fn malformed(detail: impl Into<String>) -> Fault {
    Fault::new("saml.malformed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let url = url(
            "https://idp.example.org/sso?x=1",
            Kind::Request,
            "<a>ü</a>",
            Some("r+ /"),
            None,
        )
        .unwrap();
        assert!(url.starts_with("https://idp.example.org/sso?x=1&SAMLRequest="));
        assert!(url.ends_with("&RelayState=r%2B%20%2F"));
        let raw = one(url.split_once('?').unwrap().1, "SAMLRequest")
            .unwrap()
            .unwrap();
        assert_eq!(
            inflate(&base64(&decoded(raw).unwrap()).unwrap()).unwrap(),
            "<a>ü</a>"
        );
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = deflate(&" ".repeat(100 << 20)).unwrap();
        assert!(bomb.len() < 200_000);
        assert_eq!(inflate(&bomb).unwrap_err().code, "saml.too_large");
        assert_eq!(inflate(b"hello").unwrap_err().code, "saml.malformed");
    }

    #[test]
    fn nothing_unsigned_or_doubled_is_received() {
        let code = |query: &str| receive(query, &[]).unwrap_err().code;
        assert_eq!(code(""), "saml.malformed");
        assert_eq!(code("SAMLRequest=a"), "saml.no_signature");
        assert_eq!(code("SAMLRequest=a&SigAlg=x"), "saml.no_signature");
        assert_eq!(
            code("SAMLRequest=a&SAMLResponse=a&SigAlg=x&Signature=a"),
            "saml.malformed"
        );
        assert_eq!(
            code("SAMLRequest=a&SAMLRequest=b&SigAlg=x&Signature=a"),
            "saml.malformed"
        );
        assert_eq!(
            code("SAMLRequest=a&SigAlg=x&Signature=YQ%3D%3D"),
            "saml.algorithm"
        );
        let sha1 = "http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1";
        assert_eq!(
            code(&format!("SAMLRequest=a&SigAlg={sha1}&Signature=YQ%3D%3D")),
            "saml.algorithm"
        );
        let sha256 = encode(key::RSA_SHA256);
        assert_eq!(
            code(&format!("SAMLRequest=a&SigAlg={sha256}&Signature=YQ%3D%3D")),
            "saml.signature"
        );
    }
}

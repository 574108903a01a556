//! The few fields of an X.509 certificate that SAML needs: the public key, and when it expires.
//!
//! A certificate in metadata is a box for a key and nothing more: nobody signs it, and no chain is followed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A key of the identity provider, in its box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    key: Vec<u8>,
    not_after: Timestamp,
}

/// A certificate of 16 KiB holds a key of 64,000 bits.
const MAX_SIZE: usize = 16 * 1024;

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Certificate {
    /// Reads PEM, or the bare base64 that stands in metadata. The error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let body: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("-----"))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect();
        let der = STANDARD
            .decode(body)
            .map_err(|_| "is neither PEM nor base64".to_owned())?;
        Self::from_der(der)
    }

    fn from_der(der: Vec<u8>) -> Result<Self, String> {
        if der.len() > MAX_SIZE {
            return Err(format!("is longer than {MAX_SIZE} bytes"));
        }
        let (key, not_after) = read(&der).ok_or("is not an X.509 certificate")?;
        Ok(Self {
            der,
            key,
            not_after,
        })
    }

    /// The certificate itself, DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// As it stands in metadata.
    pub(super) fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// SubjectPublicKeyInfo, DER.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// When it expires. An expired one still verifies, as is usual with SAML; it is warned of.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The SHA-256 of the certificate, as administrators compare it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.der);
        let bytes: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
        bytes.join(":")
    }
}

/// RFC 5280 §4.1: the key and the end of validity.
fn read(der: &[u8]) -> Option<(Vec<u8>, Timestamp)> {
    let (certificate, rest) = inside(der, SEQUENCE)?;
    if !rest.is_empty() {
        return None;
    }
    let (mut tbs, _) = inside(certificate, SEQUENCE)?;
    if let Some((_, rest)) = inside(tbs, VERSION) {
        tbs = rest;
    }
    let (_, tbs) = inside(tbs, INTEGER)?;
    let (_, tbs) = inside(tbs, SEQUENCE)?; // algorithm
    let (_, tbs) = inside(tbs, SEQUENCE)?; // issuer
    let (validity, tbs) = inside(tbs, SEQUENCE)?;
    let (_, key_on) = inside(tbs, SEQUENCE)?; // subject
    let (_, rest) = inside(key_on, SEQUENCE)?;
    let key = key_on.get(..key_on.len() - rest.len())?;
    let (_, end) = any(validity)?;
    let (tag, not_after, _) = tagged(end)?;
    Some((key.to_vec(), time(tag, not_after)?))
}

/// What is in the value of that tag, and what comes after it.
fn inside(bytes: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    let (tag, value, rest) = tagged(bytes)?;
    (tag == wanted).then_some((value, rest))
}

fn any(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, value, rest) = tagged(bytes)?;
    Some((value, rest))
}

/// One value of DER (X.690 §8.1): tag, content, what comes after it.
fn tagged(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, bytes) = bytes.split_first()?;
    let (&first, bytes) = bytes.split_first()?;
    let (length, bytes) = if first < 0x80 {
        (usize::from(first), bytes)
    } else {
        let count = usize::from(first & 0x7f);
        if count == 0 || count > 3 {
            return None;
        }
        let (digits, bytes) = bytes.split_at_checked(count)?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
        (length, bytes)
    };
    let (value, rest) = bytes.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// RFC 5280 §4.1.2.5: `YYMMDDHHMMSSZ` until 2049, `YYYYMMDDHHMMSSZ` from then on.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        UTC_TIME => {
            let year: u8 = text.get(..2)?.parse().ok()?;
            format!("{}{text}", if year < 50 { "20" } else { "19" })
        }
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    Some(TimeZone::UTC.to_timestamp(time).unwrap_or(Timestamp::MAX))
}

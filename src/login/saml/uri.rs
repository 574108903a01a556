//! The names that SAML and XML signatures give to things.

/// Elements of assertions (SAML core §1.1).
pub(super) const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// Elements of messages (SAML core §1.1).
pub(super) const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// Elements of metadata (SAML metadata §1.1).
pub(super) const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// Elements of signatures (XML signature §1.2).
pub(super) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The namespace of the prefix `xml`.
pub(super) const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Exclusive canonicalization without comments, and the namespace of its one parameter.
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
/// The signature itself is not signed.
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// SAML bindings §3.4.
pub(super) const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// SAML bindings §3.5.
pub(super) const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";

/// SAML core §3.2.2.2.
pub(super) const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
/// Whoever carries the assertion is its subject (SAML profiles §3.3).
pub(super) const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
/// A NameID that is another one at each login (SAML core §8.3.8).
pub(super) const TRANSIENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

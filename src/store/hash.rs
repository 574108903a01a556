//! Hashes of what is stored, so that damage is noticed when it is read.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// The hash of a document, bound to the resource it belongs to: a body that turns up under another
/// id is damage too.
pub(super) fn body_hash(id: &str, json: &str) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(id.as_bytes());
    context.update(b"\n");
    context.update(json.as_bytes());
    context.finish().as_ref().to_vec()
}

/// SHA-256 in hexadecimal.
pub(super) fn hex_digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in digest(&SHA256, bytes).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

//! Comparing values as SCIM compares them: folded text, points in time, numbers (RFC 7643 §2.3, RFC 7644 §3.4.2.2).

//! Black-box conformance runner for any SCIM 2.0 server; it speaks HTTP and cannot import the gateway.

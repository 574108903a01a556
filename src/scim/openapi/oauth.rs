//! `/oauth/token`: what is asked and answered (RFC 6749 §4.4 and §5, RFC 7523 §2.2).

use serde_json::{Value, json};

/// The form that is sent.
pub(super) fn request() -> Value {
    let text = || json!({ "type": "string" });
    let schema = json!({
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": { "const": "client_credentials" },
            "client_id": text(),
            "client_secret": text(),
            "client_assertion_type": { "const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" },
            "client_assertion": text(),
            "scope": text(),
        },
    });
    json!({ "required": true, "content": { "application/x-www-form-urlencoded": { "schema": schema } } })
}

/// The token, or why there is none.
pub(super) fn answers() -> Vec<(String, Value)> {
    let answer = |status: &str, description: &str, schema: Value| {
        let content = json!({ "application/json": { "schema": schema } });
        (
            status.to_owned(),
            json!({ "description": description, "content": content }),
        )
    };
    let refused = json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": { "type": "string" }, "error_description": { "type": "string" } },
    });
    let token = json!({
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": {
            "access_token": { "type": "string" },
            "token_type": { "const": "Bearer" },
            "expires_in": { "type": "integer" },
            "scope": { "type": "string" },
        },
    });
    vec![
        answer("200", "An access token.", token),
        answer(
            "400",
            "The request is not what it should be.",
            refused.clone(),
        ),
        answer(
            "401",
            "The client is not known, or its secret or assertion is not valid.",
            refused.clone(),
        ),
        answer(
            "408",
            "The body did not arrive in time, or was the slowest of too many.",
            refused.clone(),
        ),
        answer(
            "413",
            "The body is longer than the server takes.",
            refused.clone(),
        ),
        answer("429", "Too often.", refused.clone()),
        answer("503", "Not now.", refused),
    ]
}

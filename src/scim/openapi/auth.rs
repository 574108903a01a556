//! `/auth/…`: logins, sessions, and what applications ask about them.

use serde_json::{Value, json};

/// What an endpoint of `/auth` serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// `POST /auth/login`
    LogIn,
    /// `GET /auth/session`
    Session,
    /// `POST /auth/token`
    Token,
    /// `GET /auth/check`
    Check,
    /// `POST /auth/introspect`
    Introspect,
    /// `GET /.well-known/jwks.json`
    Keys,
}

impl Auth {
    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::LogIn => "Log in with name and password",
            Self::Session => "Who is logged in",
            Self::Token => "A fresh JWT for who is logged in",
            Self::Check => "Whether a reverse proxy may let a request through, and whose it is",
            Self::Introspect => "Whether a token of a person still holds (RFC 7662)",
            Self::Keys => "The keys of the JWTs (RFC 7517)",
        }
    }

    /// The parameters of the query.
    pub(super) fn parameters(self) -> Option<Value> {
        let role = json!([{
            "name": "role", "in": "query", "required": false,
            "description": "403 for whoever has not this role.", "schema": { "type": "string" },
        }]);
        (self == Self::Check).then_some(role)
    }

    /// The body that is sent.
    pub(super) fn request(self) -> Option<Value> {
        let body = |media: &str, schema: Value| json!({ "required": true, "content": { media: { "schema": schema } } });
        match self {
            Self::LogIn => Some(body(
                "application/json",
                object(
                    &["username", "password"],
                    &[("username", text()), ("password", text())],
                ),
            )),
            Self::Introspect => Some(body(
                "application/x-www-form-urlencoded",
                object(&["token"], &[("token", text())]),
            )),
            Self::Session | Self::Token | Self::Check | Self::Keys => None,
        }
    }

    pub(super) fn answers(self) -> Vec<(String, Value)> {
        let mut answers = vec![("200".to_owned(), self.done())];
        let refusals: &[(&str, &str)] = match self {
            Self::LogIn => &[
                ("400", "The body is not what it should be."),
                ("401", "`invalid_credentials`"),
                (
                    "403",
                    "`account_deactivated`, `login_refused`, `foreign_origin`",
                ),
                SLOW_BODY,
                LARGE_BODY,
                ("415", "The body is no JSON."),
                ("429", "`too_many_requests`"),
                ("503", "`directory_unavailable`, `unavailable`"),
            ],
            Self::Session => &[("401", "`not_logged_in`")],
            Self::Token => &[("401", "`not_logged_in`"), ("403", "`foreign_origin`")],
            Self::Check => &[("401", "`not_logged_in`"), ("403", "`forbidden`")],
            Self::Introspect => &[
                ("400", "The form is not what it should be."),
                ("401", "`not_logged_in`"),
                ("403", "The connection lacks the scope `introspect`."),
                SLOW_BODY,
                LARGE_BODY,
                ("415", "The body is no form."),
                ("429", "`too_many_requests`"),
            ],
            Self::Keys => &[("503", "`unavailable`")],
        };
        answers.extend(
            refusals
                .iter()
                .map(|(status, why)| ((*status).to_owned(), problem(why))),
        );
        answers
    }

    fn done(self) -> Value {
        let answer = |media: &str, schema: Value| json!({ "description": "Done.", "content": { media: { "schema": schema } } });
        let token = || {
            [
                ("token", text()),
                ("token_type", json!({ "const": "Bearer" })),
                ("expires_in", json!({ "type": "integer" })),
            ]
        };
        let user = || ("user", super::reference("schemas", "User"));
        match self {
            Self::LogIn => {
                let [one, two, three] = token();
                let schema = object(
                    &["token", "token_type", "expires_in", "user"],
                    &[one, two, three, user()],
                );
                answer("application/json", schema)
            }
            Self::Session => {
                let names = || json!({ "type": "array", "items": text() });
                let at = json!({ "type": "string", "format": "date-time" });
                let members = [
                    user(),
                    ("roles", names()),
                    ("groups", names()),
                    ("expires_at", at),
                ];
                answer(
                    "application/json",
                    object(&["user", "roles", "groups", "expires_at"], &members),
                )
            }
            Self::Token => answer(
                "application/json",
                object(&["token", "token_type", "expires_in"], &token()),
            ),
            Self::Check => {
                let header = |what: &str| json!({ "description": what, "schema": text() });
                json!({ "description": "Let it through.", "headers": {
                    "Remote-User": header("The userName; like the others percent-encoded."),
                    "Remote-Email": header("The primary address."),
                    "Remote-Name": header("How they are called."),
                    "Remote-Groups": header("The names of their groups, with commas between; left out past 4 KiB."),
                    "Remote-Roles": header("Their roles, with commas between."),
                } })
            }
            Self::Introspect => {
                let schema = json!({ "type": "object", "required": ["active"], "properties": { "active": { "type": "boolean" } } });
                answer("application/json", schema)
            }
            Self::Keys => {
                let keys = json!({ "type": "array", "items": { "type": "object" } });
                answer(
                    "application/jwk-set+json",
                    object(&["keys"], &[("keys", keys)]),
                )
            }
        }
    }
}

const SLOW_BODY: (&str, &str) = (
    "408",
    "The body did not arrive in time, or was the slowest of too many.",
);
const LARGE_BODY: (&str, &str) = ("413", "The body is longer than the server takes.");

fn text() -> Value {
    json!({ "type": "string" })
}

fn object(required: &[&str], members: &[(&str, Value)]) -> Value {
    let properties: serde_json::Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

/// Problem details (RFC 9457).
fn problem(why: &str) -> Value {
    let members = [
        ("type", text()),
        ("title", text()),
        ("status", json!({ "type": "integer" })),
        ("code", text()),
        ("detail", text()),
        ("reference", text()),
    ];
    let schema = object(&["type", "status", "code", "detail", "reference"], &members);
    json!({ "description": why, "content": { "application/problem+json": { "schema": schema } } })
}

//! Whether a token still holds (RFC 7662): what applications ask that must know before the token has ended.

use serde_json::{Value, json};

use crate::config::{Scope, Secret};
use crate::service::{Caller, Credential, Gateway, PersonalScope, Result};

impl Gateway {
    /// What is known of a JWT of ours, or of a personal access token that is for applications. Of everything else, and of
    /// what no longer holds, nothing but that (RFC 7662 §2.2).
    ///
    /// # Errors
    /// 403 without the scope `introspect`.
    pub async fn introspect(&self, caller: &Caller, token: &Secret) -> Result<Value> {
        caller
            .scopes
            .require(Scope::Introspect, "ask whether a token still holds")?;
        let me = self.whoami(&Credential::Bearer(token.clone())).await?;
        let Some(me) = me.filter(|me| me.may(PersonalScope::Check)) else {
            return Ok(json!({ "active": false }));
        };
        Ok(json!({
            "active": true,
            "iss": self.settings().server.public_url.to_string(),
            "sub": me.id,
            "username": me.user_name,
            "email": me.email,
            "name": me.name,
            "groups": me.groups,
            "roles": me.roles,
            "sid": me.session.map(|session| session.id),
            "exp": me.expires.as_second(),
            "token_type": "Bearer",
        }))
    }
}

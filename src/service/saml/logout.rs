//! Single logout: here first and in any case, then at the identity provider, and the other way about.

use serde_json::Value;

use super::{Saml, internal, nobody};
use crate::config::Secret;
use crate::login::saml::{
    Envelope, Expected, IdentityProvider, Kind, Logout, LogoutRequest, logout_by_post,
    logout_by_redirect, message_id,
};
use crate::login::{Refusal, Refused, SingleLogout, Trail};
use crate::service::{Error, Gateway, Result, SignInError, Visitor};
use crate::store::{Actor, SessionName, Tx};

/// A logout message as it comes.
#[derive(Debug, Clone)]
pub enum SloMessage {
    /// By HTTP-Redirect: the query string as it was sent.
    Redirect(String),
    /// By HTTP-POST.
    Post {
        /// `SAMLRequest`, or `SAMLResponse`.
        is_request: bool,
        /// Its value.
        field: String,
        /// `RelayState`
        relay_state: Option<String>,
    },
}

/// What becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SloOutcome {
    /// The sessions are ended, and this URL takes the answer to the identity provider, if it wants one.
    Ended(Option<String>),
    /// The identity provider has answered our request.
    Answered,
}

impl Gateway {
    /// Ends the session of this cookie. The URL, if there is one, ends the one at the identity provider; whether anybody goes
    /// there changes nothing here.
    ///
    /// # Errors
    /// What the store answers when it cannot write.
    pub async fn log_out(&self, cookie: &Secret, request: &str) -> Result<Option<String>> {
        let ended = self.end_session(cookie, request).await?;
        let Some((saml, session)) = self.saml().zip(ended.and_then(|ended| ended.logout)) else {
            return Ok(None);
        };
        let (Some(idp), Some(session)) =
            (self.identity_provider(saml).await?, single_logout(&session))
        else {
            return Ok(None);
        };
        let (id, now) = (message_id(self.clock().random()?), self.clock().now());
        let envelope = Envelope {
            id: &id,
            now,
            relay_state: None,
        };
        let url = saml
            .provider
            .logout_url(&idp, &session, envelope)
            .transpose();
        url.map_err(internal)
    }

    /// Takes a logout message of the identity provider: a request ends every session that it names.
    ///
    /// # Errors
    /// [`SignInError::Denied`] when it is not signed, not for us, old, or was used before.
    pub async fn saml_slo(
        &self,
        message: SloMessage,
        from: &Visitor,
    ) -> std::result::Result<SloOutcome, SignInError> {
        let Some(saml) = self.saml() else {
            return Err(nobody().into());
        };
        let mut trail = Trail::default();
        let Some(idp) = self.identity_provider(saml).await? else {
            let detail = "the metadata of the identity provider could not be read yet";
            let refusal = trail.fail(
                "saml.provider",
                Refused::Unavailable,
                "saml.no_metadata",
                detail,
            );
            return Err(self.deny(refusal, &trail, from));
        };
        match self.read_slo(saml, &idp, message, &mut trail).await? {
            Err(refusal) => Err(self.deny(refusal, &trail, from)),
            Ok(Logout::Response { success }) => {
                if !success {
                    tracing::warn!(
                        idp = idp.entity_id,
                        "the identity provider did not end every session"
                    );
                }
                Ok(SloOutcome::Answered)
            }
            Ok(Logout::Request(request)) => self.end_named(saml, &idp, request, trail, from).await,
        }
    }

    async fn read_slo(
        &self,
        saml: &Saml,
        idp: &std::sync::Arc<IdentityProvider>,
        message: SloMessage,
        trail: &mut Trail,
    ) -> Result<std::result::Result<Logout, Refusal>> {
        let (provider, idp, verifier) = (
            saml.provider.clone(),
            std::sync::Arc::clone(idp),
            saml.verifier,
        );
        let (now, mut steps) = (self.clock().now(), trail.clone());
        let (read, steps) = saml
            .blocking(move || {
                let expected = Expected {
                    entity_id: &provider.entity_id,
                    acs: &provider.slo,
                    idp: &idp.entity_id,
                    request: None,
                    now,
                    skew: provider.skew,
                };
                let keys = idp.certificates();
                let read = match message {
                    SloMessage::Redirect(query) => {
                        logout_by_redirect(&query, &expected, keys, &mut steps)
                    }
                    SloMessage::Post {
                        is_request,
                        field,
                        relay_state,
                    } => {
                        let kind = if is_request {
                            Kind::Request
                        } else {
                            Kind::Response
                        };
                        logout_by_post(
                            kind,
                            &field,
                            relay_state,
                            &expected,
                            keys,
                            verifier,
                            &mut steps,
                        )
                    }
                };
                (read, steps)
            })
            .await?;
        *trail = steps;
        Ok(read)
    }

    async fn end_named(
        &self,
        saml: &Saml,
        idp: &IdentityProvider,
        request: LogoutRequest,
        mut trail: Trail,
        from: &Visitor,
    ) -> std::result::Result<SloOutcome, SignInError> {
        let (gateway, wanted, issuer) = (self.clone(), request.clone(), idp.entity_id.clone());
        let source = format!("saml:{issuer}");
        let cause = self.cause(Actor::Login(source.clone()), &from.request);
        let ended = self
            .store()
            .write(cause, move |tx| {
                if !tx.use_saml_message(&issuer, &wanted.id, wanted.replay_until)? {
                    return Ok::<_, Error>(None);
                }
                gateway.end_each(tx, &source, &wanted).map(Some)
            })
            .await?;
        let Some(ended) = ended else {
            let detail = "this logout request was sent before";
            let refusal = trail.fail("saml.replay", Refused::Denied, "saml.replay", detail);
            return Err(self.deny(refusal, &trail, from));
        };
        tracing::info!(
            idp = idp.entity_id,
            ended,
            "sessions were ended by the identity provider"
        );
        let (id, now) = (
            message_id(self.clock().random().map_err(Error::from)?),
            self.clock().now(),
        );
        let envelope = Envelope {
            id: &id,
            now,
            relay_state: request.relay_state.as_deref(),
        };
        let url = saml.provider.logout_answer_url(idp, &request.id, envelope);
        Ok(SloOutcome::Ended(url.transpose().map_err(internal)?))
    }

    fn end_each(&self, tx: &mut Tx<'_>, source: &str, wanted: &LogoutRequest) -> Result<usize> {
        let indexes: Vec<Option<&str>> = match wanted.session_indexes.as_slice() {
            [] => vec![None],
            some => some.iter().map(|index| Some(index.as_str())).collect(),
        };
        let mut ended = 0;
        for index in indexes {
            let name = SessionName {
                issuer: source,
                name_id: &wanted.name_id.value,
                index,
            };
            for session in tx.sessions_named(name)? {
                self.end(tx, &session)?;
                ended += 1;
            }
        }
        Ok(ended)
    }
}

/// How a session was named, as it was kept.
fn single_logout(kept: &str) -> Option<SingleLogout> {
    let kept: Value = serde_json::from_str(kept).ok()?;
    let text = |name: &str| kept.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(SingleLogout {
        name_id: text("name_id")?,
        format: text("format"),
        name_qualifier: text("name_qualifier"),
        sp_name_qualifier: text("sp_name_qualifier"),
        session_index: text("session_index"),
        not_on_or_after: None,
    })
}

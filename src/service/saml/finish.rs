//! The way back: a response in the browser that asked for it.

use std::sync::Arc;

use super::pending::{PendingRequest, PendingRequests};
use super::{Saml, nobody};
use crate::config::{LoginMethod, Secret};
use crate::login::saml::{Asserted, Expected, IdentityProvider, Response};
use crate::login::{Refusal, Refused, Trail};
use crate::service::sign_in::OUR_REQUESTS;
use crate::service::{Error, Gateway, Once, Proof, Proved, SignInError, SignedIn, Visitor};

/// What the identity provider lets a browser post.
#[derive(Debug, Clone)]
pub struct SamlAnswer {
    /// `SAMLResponse`
    pub response: String,
    /// The cookie with the requests of this browser.
    pub browser: Option<Secret>,
}

impl Gateway {
    /// Ends a login: judges the response, and lets the person in. The text is the page that this login was begun for.
    ///
    /// # Errors
    /// [`SignInError::Denied`] with the reference number; the log of failed logins keeps the steps, never the response.
    pub async fn finish_saml(
        &self,
        answer: SamlAnswer,
        from: Visitor,
    ) -> Result<(SignedIn, Option<String>), SignInError> {
        let Some(saml) = self.saml() else {
            return Err(nobody().into());
        };
        let mut trail = Trail::default();
        match self.judge(saml, &answer, &mut trail).await? {
            Ok((proof, request)) => {
                let signed_in = self.sign_in(Proof { trail, ..proof }, from).await?;
                Ok((signed_in, request.and_then(|request| request.path)))
            }
            Err(refusal) => Err(self.deny(refusal, &trail, &from)),
        }
    }

    async fn judge(
        &self,
        saml: &Saml,
        answer: &SamlAnswer,
        trail: &mut Trail,
    ) -> Result<Result<(Proof, Option<PendingRequest>), Refusal>, Error> {
        let Some(idp) = self.identity_provider(saml).await? else {
            let detail = "the metadata of the identity provider could not be read yet";
            return Ok(Err(trail.fail(
                "saml.provider",
                Refused::Unavailable,
                "saml.no_metadata",
                detail,
            )));
        };
        let (field, mut steps) = (answer.response.clone(), trail.clone());
        let (response, steps) = saml
            .blocking(move || (Response::decode(&field, &mut steps), steps))
            .await?;
        *trail = steps;
        let response = match response {
            Ok(response) => response,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let request = match self.asked(&idp, &response, answer, trail).await? {
            Ok(request) => request,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let asserted = self
            .check(saml, &idp, response, request.as_ref(), trail)
            .await?;
        let proof =
            asserted.and_then(|asserted| proof(saml, &idp, &asserted, request.as_ref(), trail));
        Ok(proof.map(|proof| (proof, request)))
    }

    /// The request that is answered: one of this browser's that still waits. None where logins that the provider begins are
    /// let in, and this is one. That an assertion and a request count once is looked up here and made sure of in the
    /// transaction of the login: the cookie alone would let the same request be answered again.
    async fn asked(
        &self,
        idp: &IdentityProvider,
        response: &Response,
        answer: &SamlAnswer,
        trail: &mut Trail,
    ) -> Result<Result<Option<PendingRequest>, Refusal>, Error> {
        let Some(id) = response.in_response_to().map(str::to_owned) else {
            return Ok(Ok(None));
        };
        let (issuer, assertion) = (idp.entity_id.clone(), response.assertion_id().to_owned());
        let request = id.clone();
        let (used, answered) = self
            .store()
            .read(move |tx| {
                let used = tx.is_saml_message_used(&issuer, &assertion)?;
                let answered = tx.is_saml_message_used(OUR_REQUESTS, &request)?;
                Ok::<_, Error>((used, answered))
            })
            .await?;
        if used {
            let detail = "the assertion was used before";
            return Ok(Err(trail.fail(
                "saml.replay",
                Refused::Denied,
                "saml.replay",
                detail,
            )));
        }
        let mut refused = |detail: &str| {
            Ok(Err(trail.fail(
                "saml.request",
                Refused::Denied,
                "saml.not_my_request",
                detail,
            )))
        };
        if answered {
            return refused("the request was answered before");
        }
        let Some(cookie) = &answer.browser else {
            return refused(
                "the browser that brings the answer has no cookie of the request: it is another one, or blocks cookies from other sites (over http it must), or ten minutes have passed",
            );
        };
        let pending = PendingRequests::read(self.keys(), Some(cookie), self.clock().now());
        match pending.find(&id) {
            Some(request) => Ok(Ok(Some(request.clone()))),
            None => refused(
                "the cookie of this browser does not hold the request: another browser made it, it is older than ten minutes, or five were made since",
            ),
        }
    }

    async fn check(
        &self,
        saml: &Saml,
        idp: &Arc<IdentityProvider>,
        response: Response,
        request: Option<&PendingRequest>,
        trail: &mut Trail,
    ) -> Result<Result<Asserted, Refusal>, Error> {
        let (provider, idp, verifier) = (saml.provider.clone(), Arc::clone(idp), saml.verifier);
        let unsolicited = self.settings().saml.allow_unsolicited;
        let request = match request {
            Some(request) => Some(request.id.clone()),
            // No id at all is one that no response names.
            None => (!unsolicited).then(String::new),
        };
        let (now, mut steps) = (self.clock().now(), trail.clone());
        let checked = saml
            .blocking(move || {
                let expected = Expected {
                    entity_id: &provider.entity_id,
                    acs: &provider.acs,
                    idp: &idp.entity_id,
                    request: request.as_deref(),
                    now,
                    skew: provider.skew,
                };
                let asserted = response.check(&expected, idp.certificates(), verifier, &mut steps);
                (asserted, steps)
            })
            .await;
        match checked {
            Ok((asserted, steps)) => {
                *trail = steps;
                Ok(asserted)
            }
            // The library has been seen to panic on what it does not know: that is a message that is not verified.
            Err(error) => {
                tracing::error!(%error, "the verification of a SAML response broke off");
                let detail = "the verification broke off";
                Ok(Err(trail.fail(
                    "saml.signature",
                    Refused::Denied,
                    "saml.signature",
                    detail,
                )))
            }
        }
    }
}

fn proof(
    saml: &Saml,
    idp: &IdentityProvider,
    asserted: &Asserted,
    request: Option<&PendingRequest>,
    trail: &mut Trail,
) -> Result<Proof, Refusal> {
    let identity = saml.mapping.identity(&idp.entity_id, asserted, trail)?;
    let message = Once::SamlMessage {
        issuer: idp.entity_id.clone(),
        id: asserted.id.clone(),
        until: asserted.replay_until,
    };
    let request = request.map(|request| Once::SamlRequest {
        id: request.id.clone(),
        until: request.expires(),
    });
    Ok(Proof {
        method: LoginMethod::Saml,
        who: Proved::Identity(Box::new(identity)),
        trail: Trail::default(),
        once: [Some(message), request].into_iter().flatten().collect(),
    })
}

//! A login without proof, for administrators: who a name would be, and where the search goes wrong.

use super::course::Stop;
use super::turn::Server;
use super::{Refused, explain, login, person, template};
use crate::login::Identity;

/// The look-up at one server.
pub(super) async fn attempt(server: Server, name: String) -> Result<Identity, Stop> {
    let mut service = server.service().await?;
    let dn = match &server.inner.settings.user_dn {
        None => {
            let found = login::find(&server, &mut service, &name).await;
            if let Err(Stop::Refused(refusal)) = &found
                && refusal.code == "ldap.credentials"
            {
                explain::nobody(&server, &mut service, &name).await?;
            }
            found?
        }
        Some(template) => {
            server.course.begin("ldap.bind");
            let Some(bind_name) = template::bind_name(template, &name) else {
                let why = "the name holds a character that would lead to another domain";
                return Err(server.course.stop(Refused::Credentials, "ldap.name", why));
            };
            server
                .course
                .note(format!("a login would bind as {bind_name}"));
            if template::is_dn(template) {
                bind_name
            } else {
                explain::find_principal(&server, &mut service, &bind_name, &name).await?
            }
        }
    };
    person::read(&server, &mut service, &dn, &name).await
}

//! A login: find the person, bind as them on a connection of its own, read who they are.

use ldap3::Scope;

use super::connection::{Bound, Connection, Found, NO_ATTRIBUTES, Query};
use super::course::{Course, Stop};
use super::turn::Server;
use super::{MAX_NAME_BYTES, MAX_PASSWORD_BYTES, Refusal, Refused};
use super::{explain, person, template};
use crate::config::Secret;
use crate::login::Identity;

/// What can be refused before the directory hears of it. Blanks around a name are no part of it.
pub(super) fn check(name: &str, password: &Secret, course: &Course) -> Result<String, Refusal> {
    let name = check_name(name, course)?;
    let password = password.expose();
    let fail = |code, why: &str| Err(course.fail(Refused::Credentials, code, why));
    if password.is_empty() {
        return fail(
            "ldap.empty_password",
            "the password is empty, which a directory may take for success",
        );
    }
    if password.len() > MAX_PASSWORD_BYTES || password.contains('\0') {
        return fail(
            "ldap.credentials",
            "the password is longer than 1,024 bytes, or holds a NUL",
        );
    }
    Ok(name)
}

/// See [`check`].
pub(super) fn check_name(name: &str, course: &Course) -> Result<String, Refusal> {
    course.begin("ldap.input");
    let name = name.trim();
    let fail = |why: &str| Err(course.fail(Refused::Credentials, "ldap.name", why));
    if name.is_empty() {
        return fail("the name is empty");
    }
    if name.len() > MAX_NAME_BYTES {
        return fail("the name is longer than 256 bytes");
    }
    if name.chars().any(char::is_control) {
        return fail("the name holds control characters");
    }
    Ok(name.to_owned())
}

/// The whole login at one server.
pub(super) async fn attempt(
    server: Server,
    name: String,
    password: Secret,
) -> Result<Identity, Stop> {
    match &server.inner.settings.user_dn {
        Some(template) => direct(&server, template, &name, &password).await,
        None => searched(&server, &name, &password).await,
    }
}

/// Search and bind.
async fn searched(server: &Server, name: &str, password: &Secret) -> Result<Identity, Stop> {
    let course = &server.course;
    let mut service = server.service().await?;
    let dn = match find(server, &mut service, name).await {
        Ok(dn) => dn,
        Err(stop) => {
            // Whoever is not found costs the directory the same as a wrong password.
            if let Stop::Refused(Refusal {
                refused: Refused::Credentials,
                ..
            }) = stop
            {
                bind_nobody(server, password).await;
            }
            return Err(stop);
        }
    };
    course.begin("ldap.bind");
    let mut own = server.connect().await?;
    bind(course, &mut own, &dn, password).await?;
    // Read anew, with the rights of the service, now that it is them: what their own rights show is theirs to shape.
    person::read(server, &mut service, &dn, name).await
}

/// The one entry that the search finds.
pub(super) async fn find(
    server: &Server,
    service: &mut Connection,
    name: &str,
) -> Result<String, Stop> {
    let (course, settings) = (&server.course, &server.inner.settings);
    course.begin("ldap.search");
    let base = settings.search_base.as_deref().unwrap_or_default();
    let filter = template::filter(&settings.search_filter, name, "");
    let query = Query {
        base,
        scope: Scope::Subtree,
        filter: &filter,
        attributes: NO_ATTRIBUTES,
        most: 2,
    };
    let found = search(course, service, &query).await?;
    match found.entries.as_slice() {
        [only] if !found.more && !only.dn.is_empty() => {
            course.pass(format!("{filter} below {base:?} finds {}", only.dn));
            Ok(only.dn.clone())
        }
        [] if !found.more => {
            let why = found
                .note
                .unwrap_or_else(|| format!("{filter} below {base:?} finds nobody"));
            Err(course.stop(Refused::Credentials, "ldap.credentials", why))
        }
        entries => {
            let names: Vec<&str> = entries.iter().map(|entry| entry.dn.as_str()).collect();
            let why = format!(
                "{filter} below {base:?} must find exactly one, and finds {}",
                names.join(" and ")
            );
            Err(course.stop(Refused::Credentials, "ldap.ambiguous", why))
        }
    }
}

/// Asks; a search that the directory does not answer is a fault of the settings.
pub(super) async fn search(
    course: &Course,
    connection: &mut Connection,
    query: &Query<'_>,
) -> Result<Found, Stop> {
    let found = connection.search(query).await?;
    found.map_err(|why| {
        let why = format!("{} below {:?} is refused: {why}", query.filter, query.base);
        course.stop(Refused::Unavailable, "ldap.search", why)
    })
}

async fn bind(
    course: &Course,
    connection: &mut Connection,
    name: &str,
    password: &Secret,
) -> Result<(), Stop> {
    match connection.bind(name, password).await? {
        Bound::Yes => {
            course.pass(format!("as {name}"));
            Ok(())
        }
        Bound::No(why) => Err(course.stop(
            Refused::Credentials,
            "ldap.credentials",
            format!("{name}: {why}"),
        )),
    }
}

/// A bind that nobody can pass; whatever is answered, the login is refused already.
async fn bind_nobody(server: &Server, password: &Secret) {
    let base = server.inner.settings.search_base.as_deref();
    let dn = format!(
        "cn=muster knows nobody of this name,{}",
        base.unwrap_or_default()
    );
    if let Ok(mut connection) = server.connect().await {
        let _answer = connection.bind(&dn, password).await;
    }
}

/// A name made of what was typed.
async fn direct(
    server: &Server,
    template: &str,
    name: &str,
    password: &Secret,
) -> Result<Identity, Stop> {
    let course = &server.course;
    course.begin("ldap.bind");
    let Some(bind_name) = template::bind_name(template, name) else {
        let why = "the name holds a character that would lead to another domain";
        return Err(course.stop(Refused::Credentials, "ldap.name", why));
    };
    let mut own = server.connect().await?;
    bind(course, &mut own, &bind_name, password).await?;
    let mut reader = match &server.inner.settings.bind_dn {
        Some(_) => server.service().await?,
        None => own,
    };
    let dn = if template::is_dn(template) {
        bind_name
    } else {
        explain::find_principal(server, &mut reader, &bind_name, name).await?
    };
    person::read(server, &mut reader, &dn, name).await
}

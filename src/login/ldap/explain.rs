//! Looks further than the settings do: where the search for a name goes wrong, and whose name a principal is.

use ldap3::Scope;

use super::connection::{Connection, Found, NO_ATTRIBUTES, Query};
use super::course::Stop;
use super::entry::Entry;
use super::turn::Server;
use super::{Refused, login, template};

/// What people type to log in, in the usual directories.
const LOGIN_NAMES: [&str; 5] = ["uid", "sAMAccountName", "userPrincipalName", "mail", "cn"];

/// Nobody was found: tries without the filter, then without the base, and notes which of them is wrong.
pub(super) async fn nobody(
    server: &Server,
    service: &mut Connection,
    name: &str,
) -> Result<(), Stop> {
    let (course, settings) = (&server.course, &server.inner.settings);
    course.begin("ldap.search");
    let base = settings.search_base.as_deref().unwrap_or_default();
    let filter = template::filter(&settings.search_filter, name, "");
    let any: String = LOGIN_NAMES
        .map(|attribute| template::equals(attribute, name))
        .concat();
    let any = format!("(|{any})");
    if let Some(dn) = seen(service, base, &any).await? {
        course.note(format!(
            "ldap.search_filter is wrong: {filter} does not fit {dn}, which {any} finds"
        ));
        return Ok(());
    }
    for context in naming_contexts(service).await? {
        for wanted in [&filter, &any] {
            if let Some(dn) = seen(service, &context, wanted).await? {
                course.note(format!("ldap.search_base is wrong: {base:?} does not hold {dn}, which is below {context:?}"));
                return Ok(());
            }
        }
    }
    let who = settings
        .bind_dn
        .as_deref()
        .unwrap_or("nobody, as ldap.bind_dn is not set");
    course.note(format!("neither without the filter nor without the base is there a {name:?} that the account ({who}) may see"));
    Ok(())
}

/// The name of an entry, if there is one; what the directory refuses shows nothing.
async fn seen(service: &mut Connection, base: &str, filter: &str) -> Result<Option<String>, Stop> {
    let query = Query {
        base,
        scope: Scope::Subtree,
        filter,
        attributes: NO_ATTRIBUTES,
        most: 1,
    };
    let found = service.search(&query).await?.ok();
    Ok(found
        .and_then(|found| found.entries.into_iter().next())
        .map(|entry| entry.dn))
}

async fn root(service: &mut Connection, attribute: &str) -> Result<Option<Entry>, Stop> {
    let query = Query {
        base: "",
        scope: Scope::Base,
        filter: "(objectClass=*)",
        attributes: &[attribute],
        most: 1,
    };
    let found = service.search(&query).await?.ok();
    Ok(found.and_then(|found| found.entries.into_iter().next()))
}

/// What a server holds (RFC 4512 §5.1).
async fn naming_contexts(service: &mut Connection) -> Result<Vec<String>, Stop> {
    let root = root(service, "namingContexts").await?.unwrap_or_default();
    Ok(root.texts("namingContexts").map(str::to_owned).collect())
}

/// The domain that a server of Active Directory is for.
pub(super) async fn domain(server: &Server, service: &mut Connection) -> Result<String, Stop> {
    let root = root(service, "defaultNamingContext")
        .await?
        .unwrap_or_default();
    if let Some(domain) = root.texts("defaultNamingContext").next() {
        return Ok(domain.to_owned());
    }
    let why = "the server names no defaultNamingContext, so this is no Active Directory: set ldap.group_search_base, or \
               make ldap.user_dn a DN";
    Err(server.course.stop(Refused::Unavailable, "ldap.search", why))
}

/// The entry of a name that is no DN: by its principal name, as a bind looks first, then by its account name.
pub(super) async fn find_principal(
    server: &Server,
    reader: &mut Connection,
    bind_name: &str,
    name: &str,
) -> Result<String, Stop> {
    let course = &server.course;
    course.begin("ldap.search");
    let base = domain(server, reader).await?;
    for filter in [
        template::equals("userPrincipalName", bind_name),
        template::equals("sAMAccountName", name),
    ] {
        let query = Query {
            base: &base,
            scope: Scope::Subtree,
            filter: &filter,
            attributes: NO_ATTRIBUTES,
            most: 2,
        };
        let Found { entries, more, .. } = login::search(course, reader, &query).await?;
        match entries.as_slice() {
            [] => {}
            [only] if !more => {
                course.pass(format!("{filter} below {base:?} finds {}", only.dn));
                return Ok(only.dn.clone());
            }
            _ => {
                let why = format!("{filter} below {base:?} finds more than one");
                return Err(course.stop(Refused::Credentials, "ldap.ambiguous", why));
            }
        }
    }
    let why = format!("no entry below {base:?} has the name {bind_name:?}");
    Err(course.stop(Refused::Credentials, "ldap.credentials", why))
}

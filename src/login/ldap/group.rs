//! The four ways of finding the groups of a person.

use ldap3::Scope;

use super::connection::{Connection, Query};
use super::course::{Course, Stop};
use super::entry::Entry;
use super::turn::Server;
use super::{active_directory, explain, login, template};
use crate::config::LdapGroups;

/// Direct groups, as OpenLDAP's overlay, 389 (with groups in groups) and Active Directory (without the primary one) tell them.
pub(super) const MEMBER_OF: &str = "memberOf";
/// The security identifiers of all groups, in Active Directory.
pub(super) const TOKEN_GROUPS: &str = "tokenGroups";

/// The rule that follows groups in groups ([MS-ADTS] 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The page of Active Directory, which gives no more at once; nobody means more than that.
const MOST_GROUPS: usize = 1000;
/// A filter of 50 identifiers has about 5 KiB.
const SIDS_AT_ONCE: usize = 50;
/// Enough to see what is wrong, in a trail that is kept.
const MOST_SHOWN: usize = 20;

/// The names of the groups.
pub(super) async fn read(
    server: &Server,
    reader: &mut Connection,
    person: &Entry,
    login_name: &str,
) -> Result<Vec<String>, Stop> {
    let (course, settings) = (&server.course, &server.inner.settings);
    course.begin("ldap.groups");
    let groups = match settings.groups {
        LdapGroups::Attribute => {
            if person
                .cut
                .iter()
                .any(|name| name.eq_ignore_ascii_case(MEMBER_OF))
            {
                course.note("the directory tells only a part of memberOf: take ldap.groups = \"token_groups\"");
            }
            person.texts(MEMBER_OF).map(str::to_owned).collect()
        }
        LdapGroups::Nested => {
            let base = base(server, reader).await?;
            let member = template::equals(&format!("member:{IN_CHAIN}:"), &person.dn);
            below(
                course,
                reader,
                &base,
                &format!("(&(objectClass=group){member})"),
            )
            .await?
        }
        LdapGroups::Search => {
            let base = settings.group_search_base.as_deref().unwrap_or_default();
            let filter = template::filter(&settings.group_search_filter, login_name, &person.dn);
            below(course, reader, base, &filter).await?
        }
        LdapGroups::TokenGroups => by_sid(server, reader, person).await?,
    };
    course.pass(shown(&groups, settings.groups));
    Ok(groups)
}

async fn base(server: &Server, reader: &mut Connection) -> Result<String, Stop> {
    match &server.inner.settings.group_search_base {
        Some(base) => Ok(base.clone()),
        None => explain::domain(server, reader).await,
    }
}

/// The names of the groups that a filter finds.
async fn below(
    course: &Course,
    reader: &mut Connection,
    base: &str,
    filter: &str,
) -> Result<Vec<String>, Stop> {
    let query = Query {
        base,
        scope: Scope::Subtree,
        filter,
        // Some servers give no entry of which nothing can be read.
        attributes: &["cn"],
        most: MOST_GROUPS,
    };
    let found = login::search(course, reader, &query).await?;
    if found.more {
        course.note(format!(
            "{filter} finds more than {} groups, of which the others are not taken",
            found.entries.len()
        ));
    }
    if let Some(note) = found.note {
        course.note(note);
    }
    Ok(found.entries.into_iter().map(|entry| entry.dn).collect())
}

/// Groups by their security identifiers; those that have no entry, such as Everyone, have no name either.
async fn by_sid(
    server: &Server,
    reader: &mut Connection,
    person: &Entry,
) -> Result<Vec<String>, Stop> {
    let course = &server.course;
    let sids = person.bytes(TOKEN_GROUPS);
    if sids.is_empty() {
        course.note("the entry shows no tokenGroups: this is no Active Directory, or the account may not read them");
        return Ok(Vec::new());
    }
    let base = base(server, reader).await?;
    let mut groups = Vec::new();
    for some in sids.chunks(SIDS_AT_ONCE) {
        let any: Vec<String> = some
            .iter()
            .filter(|sid| active_directory::sid(sid).is_some())
            .map(|sid| format!("(objectSid={})", template::bytes(sid)))
            .collect();
        groups.extend(below(course, reader, &base, &format!("(|{})", any.concat())).await?);
    }
    Ok(groups)
}

fn shown(groups: &[String], how: LdapGroups) -> String {
    let some: Vec<&str> = groups.iter().take(MOST_SHOWN).map(String::as_str).collect();
    let rest = match groups.len().saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    match groups.len() {
        0 => format!("{how}: in no group"),
        count => format!("{how}: {count}: {}{rest}", some.join("; ")),
    }
}

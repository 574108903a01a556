//! From an assertion's attributes to an identity, by the names that the settings give them.

use super::super::Identity;
use super::super::Refusal;
use super::super::Refused;
use super::super::SingleLogout;
use super::super::Trail;
use super::assertion::Asserted;
use super::fault::shown;

/// Which attribute is what: names in order, the first that has a value counts. `nameID` is the NameID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Addresses.
    pub email: Vec<String>,
    /// What the person is called by; without one the first address.
    pub user_name: Vec<String>,
    /// Given name.
    pub given_name: Vec<String>,
    /// Family name.
    pub family_name: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// The id for ever; without one the NameID.
    pub id: Vec<String>,
    /// The attribute and its value that administrators carry.
    pub admin: Option<(Vec<String>, String)>,
}

/// Longer texts are no names, and no groups.
const MAX_TEXT: usize = 1024;
/// More groups than Entra ID sends at most (150), and than a message can hold.
const MAX_GROUPS: usize = 2_000;

impl Mapping {
    /// Who the assertion is about, in our terms.
    pub fn identity(
        &self,
        idp: &str,
        asserted: &Asserted,
        trail: &mut Trail,
    ) -> Result<Identity, Refusal> {
        for attribute in &asserted.attributes {
            let friendly = attribute.friendly_name.as_deref().unwrap_or_default();
            let values = shown(&attribute.values.join(", "));
            trail.note(
                "saml.attribute",
                format!("{} {friendly} = {values}", shown(&attribute.name)),
            );
        }
        let subject = self.subject(asserted, trail)?;
        let (emails, others): (Vec<_>, Vec<_>) = values(&self.email, asserted)
            .into_iter()
            .partition(|value| is_address(value));
        for other in &others {
            trail.note("saml.email", format!("{:?} is no address", shown(other)));
        }
        let name_id = asserted.name_id.value.clone();
        let user_name = one(&self.user_name, asserted)
            .or_else(|| emails.first().cloned())
            .unwrap_or(name_id);
        let mut groups = values(&self.groups, asserted);
        groups.truncate(MAX_GROUPS);
        let identity = Identity {
            source: format!("saml:{idp}"),
            subject,
            user_name,
            emails,
            given_name: one(&self.given_name, asserted),
            family_name: one(&self.family_name, asserted),
            groups,
            admin: self.admin(asserted),
            single_logout: Some(single_logout(asserted)),
        };
        trail.pass(
            "saml.identity",
            format!(
                "{} with the id {}, {}",
                shown(&identity.user_name),
                shown(&identity.subject),
                match identity.admin {
                    Some(true) => "an administrator",
                    Some(false) => "no administrator",
                    None => "the identity provider does not say who is an administrator",
                }
            ),
        );
        Ok(identity)
    }

    fn subject(&self, asserted: &Asserted, trail: &mut Trail) -> Result<String, Refusal> {
        if self.id.is_empty() && asserted.name_id.is_transient() {
            return Err(trail.fail(
                "saml.identity",
                Refused::Denied,
                "saml.transient_name_id",
                "the NameID is another one at each login: set its format to persistent at the identity provider, or name an attribute in saml.id_attribute",
            ));
        }
        if self.id.is_empty() {
            return Ok(asserted.name_id.value.clone());
        }
        one(&self.id, asserted).ok_or_else(|| {
            trail.fail(
                "saml.identity",
                Refused::Denied,
                "saml.no_id",
                format!(
                    "no attribute {} of saml.id_attribute came: the identity provider must send it",
                    self.id.join(", ")
                ),
            )
        })
    }

    fn admin(&self, asserted: &Asserted) -> Option<bool> {
        let (names, value) = self.admin.as_ref()?;
        Some(values(names, asserted).iter().any(|each| each == value))
    }
}

fn one(names: &[String], asserted: &Asserted) -> Option<String> {
    values(names, asserted).into_iter().next()
}

/// The values of the first of the names that has any.
fn values(names: &[String], asserted: &Asserted) -> Vec<String> {
    names
        .iter()
        .map(|name| all(name, asserted))
        .find(|values| !values.is_empty())
        .unwrap_or_default()
}

fn all(name: &str, asserted: &Asserted) -> Vec<String> {
    if name.eq_ignore_ascii_case("nameID") {
        let transient = asserted.name_id.is_transient();
        return (!transient)
            .then(|| asserted.name_id.value.clone())
            .into_iter()
            .collect();
    }
    let named = asserted.attributes.iter().filter(|attribute| {
        attribute.name == name || attribute.friendly_name.as_deref() == Some(name)
    });
    named
        .flat_map(|attribute| &attribute.values)
        .filter(|value| value.chars().count() <= MAX_TEXT)
        .cloned()
        .collect()
}

/// Whether a text looks like an address; whether it is one, the identity provider says.
fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

fn single_logout(asserted: &Asserted) -> SingleLogout {
    let name_id = asserted.name_id.clone();
    SingleLogout {
        name_id: name_id.value,
        format: name_id.format,
        name_qualifier: name_id.name_qualifier,
        sp_name_qualifier: name_id.sp_name_qualifier,
        session_index: asserted.session_index.clone(),
        not_on_or_after: asserted.session_until,
    }
}

#[cfg(test)]
mod tests {
    use super::super::assertion::Attribute;
    use super::super::assertion::NameId;
    use super::super::uri;
    use super::*;

    fn names(all: &[&str]) -> Vec<String> {
        all.iter().map(|name| (*name).to_owned()).collect()
    }

    fn mapping() -> Mapping {
        Mapping {
            email: names(&["mail", "urn:oid:0.9.2342.19200300.100.1.3", "nameID"]),
            given_name: names(&["givenName"]),
            family_name: names(&["sn", "lastName"]),
            groups: names(&["groups"]),
            admin: Some((names(&["role"]), "admin".to_owned())),
            ..Mapping::default()
        }
    }

    fn asserted(name_id: &str, attributes: &[(&str, Option<&str>, &[&str])]) -> Asserted {
        Asserted {
            id: "_a".to_owned(),
            replay_until: jiff::Timestamp::MAX,
            name_id: NameId {
                value: name_id.to_owned(),
                format: None,
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: Some("_s".to_owned()),
            session_until: None,
            attributes: attributes
                .iter()
                .map(|(name, friendly, values)| Attribute {
                    name: (*name).to_owned(),
                    friendly_name: friendly.map(str::to_owned),
                    values: names(values),
                })
                .collect(),
        }
    }

    fn identity(mapping: &Mapping, asserted: &Asserted) -> Result<Identity, Refusal> {
        mapping.identity("urn:idp", asserted, &mut Trail::default())
    }

    #[test]
    fn attributes_are_found_by_name_and_friendly_name() {
        let said = asserted(
            "x1",
            &[
                (
                    "urn:oid:0.9.2342.19200300.100.1.3",
                    Some("mail"),
                    &["a@example.org", "b@example.org"],
                ),
                ("urn:oid:2.5.4.4", Some("sn"), &["Ä"]),
                ("groups", None, &["staff", "admins"]),
                ("role", None, &["user", "admin"]),
            ],
        );
        let found = identity(&mapping(), &said).unwrap();
        assert_eq!(
            (found.source.as_str(), found.subject.as_str()),
            ("saml:urn:idp", "x1")
        );
        assert_eq!(
            (found.user_name.as_str(), found.emails),
            ("a@example.org", names(&["a@example.org", "b@example.org"]))
        );
        assert_eq!(
            (found.family_name.as_deref(), found.given_name),
            (Some("Ä"), None)
        );
        assert_eq!(
            (found.groups, found.admin),
            (names(&["staff", "admins"]), Some(true))
        );
        assert_eq!(
            found.single_logout.unwrap().session_index.as_deref(),
            Some("_s")
        );
    }

    #[test]
    fn a_name_that_is_no_address_is_a_name_only() {
        let found = identity(&mapping(), &asserted("x1", &[])).unwrap();
        assert_eq!(
            (found.user_name.as_str(), found.emails.len(), found.admin),
            ("x1", 0, Some(false))
        );
        let nobody_asks = Mapping {
            admin: None,
            ..mapping()
        };
        assert_eq!(
            identity(&nobody_asks, &asserted("x1", &[])).unwrap().admin,
            None
        );
    }

    #[test]
    fn an_id_that_changes_at_each_login_is_none() {
        let mut said = asserted("x1", &[("uid", None, &["7"])]);
        said.name_id.format = Some(uri::TRANSIENT.to_owned());
        assert_eq!(
            identity(&mapping(), &said).unwrap_err().code,
            "saml.transient_name_id"
        );
        let by_attribute = Mapping {
            id: names(&["uid"]),
            ..mapping()
        };
        assert_eq!(identity(&by_attribute, &said).unwrap().subject, "7");
        let missing = Mapping {
            id: names(&["employeeNumber"]),
            ..mapping()
        };
        assert_eq!(identity(&missing, &said).unwrap_err().code, "saml.no_id");
    }
}

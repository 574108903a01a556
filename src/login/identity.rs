//! What a proof says of a person.

use jiff::Timestamp;

/// Who somebody is, as a directory or an identity provider vouches for it. Nothing in it was looked up in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Which source vouches: `saml:` and the entity id of the identity provider, or `ldap`.
    pub source: String,
    /// The id by which that source knows the person for ever; with `source` the key of the link to a record.
    pub subject: String,
    /// What the source calls the person: by default the first of `emails`, without one the login name or NameID.
    pub user_name: String,
    /// Addresses that the source asserts, the primary one first; none of them was set by the person.
    pub emails: Vec<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Groups as the source names them: attribute values, DNs or cns. They hold until the next login.
    pub groups: Vec<String>,
    /// Whether the source says that this is an administrator; `None` where no setting asks it.
    pub admin: Option<bool>,
    /// What single logout needs to know; SAML only.
    pub single_logout: Option<SingleLogout>,
}

/// How a SAML session is named at its identity provider (SAML core §3.7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleLogout {
    /// The NameID as it was sent.
    pub name_id: String,
    /// Its Format, if it had one.
    pub format: Option<String>,
    /// Its NameQualifier, if it had one.
    pub name_qualifier: Option<String>,
    /// Its SPNameQualifier, if it had one.
    pub sp_name_qualifier: Option<String>,
    /// The SessionIndex of the AuthnStatement, if it had one.
    pub session_index: Option<String>,
    /// SessionNotOnOrAfter: when the session ends at the latest.
    pub not_on_or_after: Option<Timestamp>,
}

//! Settings that are one of a few names.

use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$doc:meta])* $Type:ident { $($(#[$variant_doc:meta])* $Variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Type {
            $($(#[$variant_doc])* $Variant,)+
        }

        impl $Type {
            /// All there are.
            pub const NAMES: &[&str] = &[$($name),+];

            /// The name as it is written in the settings.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$Variant => $name,)+
                }
            }
        }

        impl fmt::Display for $Type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $Type {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($name => Ok(Self::$Variant),)+
                    other => Err(format!("{other:?} is none of {}", Self::NAMES.join(", "))),
                }
            }
        }
    };
}

names! {
    /// The one way to log in.
    LoginMethod {
        /// With a password that this gateway keeps.
        Local = "local",
        /// At an identity provider.
        Saml = "saml",
        /// With the password of a directory.
        Ldap = "ldap",
    }
}

names! {
    /// By what a first login finds its record.
    LinkRule {
        /// The `externalId` is the immutable id of the source.
        ExternalId = "external_id",
        /// The `userName` is the one that the source gives.
        UserName = "user_name",
        /// One of the addresses is one that the source gives.
        Email = "email",
    }
}

names! {
    /// How the requests of a client are read: which deviations from the standard are corrected.
    ProfileName {
        /// All known deviations that cannot be mistaken for something else.
        Auto = "auto",
        /// The standard and nothing but the standard.
        Rfc = "rfc",
        /// Microsoft Entra ID.
        Entra = "entra",
        /// Okta.
        Okta = "okta",
        /// Any client.
        Lenient = "lenient",
    }
}

names! {
    /// What a connection may do.
    Scope {
        /// Read resources.
        Read = "read",
        /// Change users, and everything else that is no group.
        Users = "users",
        /// Change groups.
        Groups = "groups",
        /// Change who is in a group that gives administrator rights, and make a group one.
        AdminGroups = "admin-groups",
        /// Set passwords.
        Password = "password",
        /// Ask whose a token is.
        Introspect = "introspect",
    }
}

names! {
    /// What becomes of a create that names a deleted user of the same connection.
    OnRecreate {
        /// The deleted user is restored.
        Restore = "restore",
        /// A new user is made.
        New = "new",
    }
}

names! {
    /// How the groups of a person are found in a directory.
    LdapGroups {
        /// In the attribute `memberOf` of their entry.
        Attribute = "attribute",
        /// By Active Directory's rule that follows groups in groups.
        Nested = "nested",
        /// By a search for the groups that name the person.
        Search = "search",
        /// In Active Directory's `tokenGroups`: all of them, the primary group too.
        TokenGroups = "token_groups",
    }
}

names! {
    /// The header in which trusted proxies say whom they forward a request for.
    ForwardedHeader {
        /// A list of addresses, as most proxies write it.
        XForwardedFor = "x-forwarded-for",
        /// RFC 7239.
        Forwarded = "forwarded",
    }
}

names! {
    /// How the log is written.
    LogFormat {
        /// For people.
        Text = "text",
        /// For machines: one JSON object a line.
        Json = "json",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_name_is_answered_with_the_right_ones() {
        assert_eq!("okta".parse(), Ok(ProfileName::Okta));
        insta::assert_snapshot!("azure".parse::<ProfileName>().unwrap_err(), @r#""azure" is none of auto, rfc, entra, okta, lenient"#);
    }
}

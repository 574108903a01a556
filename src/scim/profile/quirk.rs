//! Every deviation that a profile undoes: its name, who sends it, its offending JSON, and which profiles undo it.

use super::Column;

/// A way in which real clients deviate from RFC 7643 and RFC 7644. The doc comment of each shows
/// what is sent and, behind `→`, the strict form that takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quirk {
    /// Entra ID (legacy mode): capitalised operations.
    /// `{"op":"Replace",…}` → `{"op":"replace",…}`
    OperationCase,
    /// Scripts and hand-made templates: message members in another case.
    /// `{"operations":[{"Op":"add",…}]}` → `{"Operations":[{"op":"add",…}]}`
    MessageKeyCase,
    /// Microsoft's collection, Keycloak's extension: members of an operation that say nothing.
    /// `{"op":"remove","path":"members","value":null,"name":"addMember"}` → `{"op":"remove","path":"members"}`
    IdleOperationMember,
    /// Recorded fixtures of Okta and Entra ID: no `schemas`, or not the one that the endpoint has.
    /// `{"Operations":[…]}` → `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[…]}`
    MissingSchema,
    /// Entra ID: a schema nobody declared.
    /// `"schemas":["urn:…:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]`
    /// → the second goes
    UnknownSchema,
    /// Templates that were merged: one URN listed twice, or in another case. It is listed once.
    RepeatedSchema,
    /// Entra ID with custom attributes: an extension is there and its URN is not in `schemas`.
    /// `{"schemas":["urn:…:core:2.0:User"],"urn:…:enterprise:2.0:User":{…}}` → the URN is added
    UnlistedExtension,
    /// OneLogin: URNs of SCIM 1, in `schemas`, as key, in paths.
    /// `"urn:scim:schemas:extension:enterprise:1.0"` → `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`
    Scim1Urn,
    /// OneLogin: the manager's id as SCIM 1 named it.
    /// `"manager":{"managerId":"123"}` → `"manager":{"value":"123"}`
    ManagerId,
    /// Entra ID, OneLogin, Keycloak's extension: booleans as text, in bodies, values and filters.
    /// `{"op":"Replace","path":"active","value":"False"}` → `"value":false`;
    /// `roles[primary eq "True"]` → `roles[primary eq true]`
    BooleanText,
    /// OneLogin, Okta, Entra ID: empty text for "no value".
    /// `"title":""` → no `title`; `{"op":"replace","path":"title","value":""}` → `{"op":"remove","path":"title"}`
    EmptyText,
    /// OneLogin: one value where a list belongs.
    /// `"emails":{"value":"ada@corp.example"}` → `"emails":[{"value":"ada@corp.example"}]`
    SingleForArray,
    /// Microsoft's Postman collection: the bare value of a list of objects.
    /// `{"op":"add","path":"members","value":"89bb1940"}` → `"value":[{"value":"89bb1940"}]`
    BareValue,
    /// Entra ID: the manager as text or as a list of one.
    /// `"manager":"123456"` and `"manager":[{"value":"123456"}]` → `"manager":{"value":"123456"}`
    BareManager,
    /// Entra ID (legacy app roles): JSON inside text.
    /// `"roles":[{"value":"{\"id\":\"18d1\",\"value\":\"Admin\",\"displayName\":\"Admin\"}"}]`
    /// → `"roles":[{"value":"Admin","display":"Admin"}]`
    RoleJson,
    /// PingOne: two values of one attribute are primary. The last stays so.
    /// `[{"value":"a","primary":true},{"value":"b","primary":true}]` → the first gets `"primary":false`
    TwoPrimaries,
    /// Keycloak's extension: a member's `$ref` is relative, or stands in place of `value`.
    /// `{"$ref":"Users/89bb1940"}` → `{"value":"89bb1940"}`
    MemberReference,
    /// Entra ID (`aadOptscim062020`): paths as keys of a value without path.
    /// `{"op":"replace","value":{"name.givenName":"Ada","urn:…:enterprise:2.0:User:department":"R&D"}}`
    /// → one operation with a `path` each, in their order
    PathKey,
    /// Microsoft's inbound collection: a dot between URN and attribute.
    /// `urn:…:enterprise:2.0:User.manager` → `urn:…:enterprise:2.0:User:manager`
    UrnDot,
    /// Entra ID: an extension's attribute without its URN, in a path, a filter, or a value without path.
    /// `{"op":"Add","path":"manager",…}` → `"path":"urn:…:enterprise:2.0:User:manager"`
    BareExtensionName,
    /// Okta's group push, authentik: what the server sets is sent back unchanged.
    /// `{"op":"replace","value":{"id":"abf4dd94","displayName":"Eng"}}` → without `id`
    ReadOnlyEcho,
    /// Templates: what the server sets, with another value, in a value without path. It goes.
    ReadOnlyChange,
    /// Everybody with a custom mapping: an attribute that no schema declares, inside the value of an
    /// operation. It goes; as the `path` of an operation it stays an error.
    UnknownAttribute,
    /// Entra ID (legacy), JumpCloud, authentik: `remove` with the values to remove.
    /// `{"op":"Remove","path":"members","value":[{"value":"89bb1940"}]}`
    /// → `{"op":"remove","path":"members[value eq \"89bb1940\"]"}`; an empty list removes nothing
    RemoveWithValue,
    /// Microsoft's collections: literals without quotes.
    /// `userName sw O` → `userName sw "O"`
    UnquotedLiteral,
    /// Entra ID: form encoding in the URL.
    /// `filter=userName+eq+"a%40b.c"` → `userName eq "a@b.c"`
    PlusForSpace,
    /// Entra ID, PingFederate: a complex attribute is compared without sub-attribute.
    /// `manager eq "123456"` → `urn:…:enterprise:2.0:User:manager.value eq "123456"`
    ComplexComparison,
    /// Microsoft's collections: a value filter in the attributes parameter.
    /// `attributes=emails[type eq "work"]` → `attributes=emails`
    FilterInAttributes,
}

const EVERY: &[Column] = &[
    Column::Rfc,
    Column::Entra,
    Column::Okta,
    Column::Lenient,
    Column::Auto,
];
const CLIENTS: &[Column] = &[Column::Entra, Column::Okta, Column::Lenient, Column::Auto];
const ALL_BUT_OKTA: &[Column] = &[Column::Entra, Column::Lenient, Column::Auto];
const GENEROUS: &[Column] = &[Column::Lenient, Column::Auto];
const ROLES: &[Column] = &[Column::Entra, Column::Auto];

impl Quirk {
    /// Every deviation, in the order of this page.
    pub const ALL: [Self; 28] = [
        Self::OperationCase,
        Self::MessageKeyCase,
        Self::IdleOperationMember,
        Self::MissingSchema,
        Self::UnknownSchema,
        Self::RepeatedSchema,
        Self::UnlistedExtension,
        Self::Scim1Urn,
        Self::ManagerId,
        Self::BooleanText,
        Self::EmptyText,
        Self::SingleForArray,
        Self::BareValue,
        Self::BareManager,
        Self::RoleJson,
        Self::TwoPrimaries,
        Self::MemberReference,
        Self::PathKey,
        Self::UrnDot,
        Self::BareExtensionName,
        Self::ReadOnlyEcho,
        Self::ReadOnlyChange,
        Self::UnknownAttribute,
        Self::RemoveWithValue,
        Self::UnquotedLiteral,
        Self::PlusForSpace,
        Self::ComplexComparison,
        Self::FilterInAttributes,
    ];

    /// Its stable name, under which the provisioning log records it, and the profiles that undo it.
    const fn row(self) -> (&'static str, &'static [Column]) {
        match self {
            Self::OperationCase => ("operation-case", EVERY),
            Self::MessageKeyCase => ("message-key-case", EVERY),
            Self::IdleOperationMember => ("idle-operation-member", EVERY),
            Self::MissingSchema => ("missing-schema", CLIENTS),
            Self::UnknownSchema => ("unknown-schema", EVERY),
            Self::RepeatedSchema => ("repeated-schema", CLIENTS),
            Self::UnlistedExtension => ("unlisted-extension", EVERY),
            Self::Scim1Urn => ("scim1-urn", CLIENTS),
            Self::ManagerId => ("manager-id", CLIENTS),
            Self::BooleanText => ("boolean-text", CLIENTS),
            Self::EmptyText => ("empty-text", CLIENTS),
            Self::SingleForArray => ("single-for-array", CLIENTS),
            Self::BareValue => ("bare-value", CLIENTS),
            Self::BareManager => ("bare-manager", CLIENTS),
            Self::RoleJson => ("role-json", ROLES),
            Self::TwoPrimaries => ("two-primaries", CLIENTS),
            Self::MemberReference => ("member-reference", CLIENTS),
            Self::PathKey => ("path-key", CLIENTS),
            Self::UrnDot => ("urn-dot", CLIENTS),
            Self::BareExtensionName => ("bare-extension-name", CLIENTS),
            Self::ReadOnlyEcho => ("read-only-echo", CLIENTS),
            Self::ReadOnlyChange => ("read-only-change", GENEROUS),
            Self::UnknownAttribute => ("unknown-attribute", CLIENTS),
            Self::RemoveWithValue => ("remove-with-value", CLIENTS),
            Self::UnquotedLiteral => ("unquoted-literal", ALL_BUT_OKTA),
            Self::PlusForSpace => ("plus-for-space", CLIENTS),
            Self::ComplexComparison => ("complex-comparison", CLIENTS),
            Self::FilterInAttributes => ("filter-in-attributes", CLIENTS),
        }
    }

    /// The stable name of the deviation, as the provisioning log records it.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// Whether the profile of this column undoes it.
    pub(super) fn is_undone_in(self, column: Column) -> bool {
        self.row().1.contains(&column)
    }
}

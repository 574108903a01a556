//! Reads the metadata of an identity provider (SAML metadata §2).

use roxmltree::Node;

use super::certificate::Certificate;
use super::fault::shown;
use super::node::attribute;
use super::node::elements;
use super::node::is;
use super::node::named;
use super::node::parse;
use super::node::text;
use super::provider::IdentityProvider;
use super::provider::LogoutService;
use super::scan;
use super::uri;

/// More keys than anybody changes between; each costs a verification at every login.
const MAX_CERTIFICATES: usize = 8;

/// The identity provider that a metadata document describes: that of `entity_id` if it is given, else the only one in it.
/// The error says what is wrong with the document.
pub fn read(document: &str, entity_id: Option<&str>) -> Result<IdentityProvider, String> {
    let document = document.trim_start_matches('\u{feff}').trim();
    let document = parse(document, &scan::METADATA).map_err(|fault| fault.detail)?;
    let mut found = Vec::new();
    entities(document.root_element(), &mut found);
    if let Some(wanted) = entity_id {
        found.retain(|(entity, _)| attribute(*entity, "entityID") == Some(wanted));
    }
    match found.as_slice() {
        [(entity, role)] => provider(*entity, *role),
        [] => Err(match entity_id {
            Some(wanted) => format!("it describes no identity provider {wanted:?}"),
            None => "it describes no identity provider of SAML 2.0".to_owned(),
        }),
        _ => Err(
            "it describes several identity providers: say which in saml.idp_entity_id".to_owned(),
        ),
    }
}

/// Every entity that is an identity provider of SAML 2.0, with its description as one.
fn entities<'a, 'i>(node: Node<'a, 'i>, found: &mut Vec<(Node<'a, 'i>, Node<'a, 'i>)>) {
    if is(node, uri::METADATA, "EntitiesDescriptor") {
        for child in elements(node) {
            entities(child, found);
        }
    }
    if !is(node, uri::METADATA, "EntityDescriptor") {
        return;
    }
    let role = named(node, uri::METADATA, "IDPSSODescriptor").find(|role| {
        let protocols = attribute(*role, "protocolSupportEnumeration").unwrap_or_default();
        protocols
            .split_whitespace()
            .any(|each| each == uri::PROTOCOL)
    });
    found.extend(role.map(|role| (node, role)));
}

fn provider(entity: Node<'_, '_>, role: Node<'_, '_>) -> Result<IdentityProvider, String> {
    let entity_id = attribute(entity, "entityID").unwrap_or_default();
    if entity_id.is_empty() || entity_id.chars().count() > 1024 {
        return Err("it gives the identity provider no entityID".to_owned());
    }
    let redirect = |name| {
        named(role, uri::METADATA, name)
            .find(|each| attribute(*each, "Binding") == Some(uri::REDIRECT))
    };
    let location = |node: Node<'_, '_>| attribute(node, "Location").unwrap_or_default().to_owned();
    let Some(sso) = redirect("SingleSignOnService") else {
        return Err("it names no SingleSignOnService for HTTP-Redirect".to_owned());
    };
    let slo = redirect("SingleLogoutService").map(|node| LogoutService {
        location: location(node),
        response: attribute(node, "ResponseLocation").map_or_else(|| location(node), str::to_owned),
    });
    IdentityProvider::new(
        entity_id.to_owned(),
        location(sso),
        slo,
        certificates(role)?,
    )
    .map_err(|why| format!("{why}: {}", shown(entity_id)))
}

/// Keys for signing, and those that are for everything; never one that is for encryption only.
fn certificates(role: Node<'_, '_>) -> Result<Vec<Certificate>, String> {
    let mut all: Vec<Certificate> = Vec::new();
    for key in named(role, uri::METADATA, "KeyDescriptor") {
        if !matches!(attribute(key, "use"), None | Some("" | "signing")) {
            continue;
        }
        let boxes = key
            .descendants()
            .filter(|node| is(*node, uri::SIGNATURE, "X509Certificate"));
        for node in boxes {
            let certificate = Certificate::parse(&text(node).unwrap_or_default())
                .map_err(|why| format!("a signing certificate in it {why}"))?;
            if !all.contains(&certificate) {
                all.push(certificate);
            }
        }
    }
    if all.len() > MAX_CERTIFICATES {
        return Err(format!(
            "it names more than {MAX_CERTIFICATES} signing certificates"
        ));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = include_str!("verify/sample.pem");
    const SSO: &str = r#"<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.org/sso"/>"#;

    fn key(usage: &str) -> String {
        let body: String = PEM
            .lines()
            .filter(|line| !line.starts_with("-----"))
            .collect();
        format!(
            "<md:KeyDescriptor{usage}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{body}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        )
    }

    fn entity(id: &str, content: &str) -> String {
        format!(
            r#"<md:EntityDescriptor xmlns:md="{}" xmlns:ds="{}" entityID="{id}"><md:IDPSSODescriptor protocolSupportEnumeration="{}">{content}</md:IDPSSODescriptor></md:EntityDescriptor>"#,
            uri::METADATA,
            uri::SIGNATURE,
            uri::PROTOCOL
        )
    }

    #[test]
    fn a_provider_is_read_with_its_keys() {
        let slo = r#"<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.org/slo" ResponseLocation="https://idp.example.org/slo/answer"/>"#;
        let content = format!(
            "{}{}{slo}{SSO}<!-- remark -->",
            key(" use=\"signing\""),
            key("")
        );
        let found = read(
            &format!(
                "\u{feff}<?xml version=\"1.0\"?>\n{}",
                entity("urn:idp", &content)
            ),
            None,
        )
        .unwrap();
        assert_eq!(
            (found.entity_id.as_str(), found.sso.as_str()),
            ("urn:idp", "https://idp.example.org/sso")
        );
        assert_eq!(
            found.slo.as_ref().unwrap().response,
            "https://idp.example.org/slo/answer"
        );
        assert_eq!(
            found.certificates().len(),
            1,
            "the same key twice is one key"
        );
        assert_eq!(
            found.certificates()[0].not_after().to_string().get(..4),
            Some("2126")
        );
        assert_eq!(found.certificates()[0].fingerprint().len(), 95);
    }

    #[test]
    fn a_federation_needs_a_name() {
        let content = format!("{}{SSO}", key(""));
        let both = format!(
            r#"<md:EntitiesDescriptor xmlns:md="{}">{}{}</md:EntitiesDescriptor>"#,
            uri::METADATA,
            entity("urn:a", &content),
            entity("urn:b", &content)
        );
        assert_eq!(read(&both, Some("urn:b")).unwrap().entity_id, "urn:b");
        insta::assert_snapshot!(read(&both, None).unwrap_err(), @"it describes several identity providers: say which in saml.idp_entity_id");
        insta::assert_snapshot!(read(&both, Some("urn:c")).unwrap_err(), @r#"it describes no identity provider "urn:c""#);
    }

    #[test]
    fn a_provider_without_a_signing_key_is_none() {
        let why = |document: &str| read(document, None).unwrap_err();
        insta::assert_snapshot!(why(&entity("urn:idp", SSO)), @"the identity provider has no signing certificate: urn:idp");
        insta::assert_snapshot!(why(&entity("urn:idp", &format!("{}{SSO}", key(" use=\"encryption\"")))), @"the identity provider has no signing certificate: urn:idp");
        insta::assert_snapshot!(why(&entity("urn:idp", &key(""))), @"it names no SingleSignOnService for HTTP-Redirect");
        insta::assert_snapshot!(why(&entity("urn:idp", &format!("{}{}", key(""), SSO.replace("https:", "javascript:")))), @"the sign-on URL of the identity provider is not http or https: urn:idp");
        insta::assert_snapshot!(why(&entity("urn:idp", &format!("{}{SSO}", key("").replace("MII", "AII")))), @"a signing certificate in it is not an X.509 certificate");
        insta::assert_snapshot!(why("<html></html>"), @"it describes no identity provider of SAML 2.0");
        insta::assert_snapshot!(why("<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>"), @"it holds a document type, which no identity provider needs");
    }
}

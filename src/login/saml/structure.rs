//! The shape of a response: one assertion, where it belongs, and signatures that cover what they stand in.
//!
//! Every known way to wrap one signature around another content needs a second assertion, a second place for it, or an
//! ID that two parsers read in two ways. None of them is let through, however well the signature verifies.

use std::collections::HashSet;

use roxmltree::Attribute;
use roxmltree::Document;
use roxmltree::Node;

use super::fault::Fault;
use super::fault::shown;
use super::node::attribute;
use super::node::elements;
use super::node::is;
use super::node::label;
use super::node::named;
use super::node::text;
use super::signature;
use super::uri;

/// What stands where in a response whose shape is right.
pub(super) struct Shape<'a, 'i> {
    pub(super) response: Node<'a, 'i>,
    pub(super) assertion: Node<'a, 'i>,
    /// Whether the response as a whole is signed, or the assertion in it only.
    pub(super) response_signed: bool,
    /// The algorithms of its signatures, for explanations.
    pub(super) algorithms: Vec<String>,
}

/// The shape of a response to the assertion consumer service.
pub(super) fn response<'a, 'i>(document: &'a Document<'i>) -> Result<Shape<'a, 'i>, Fault> {
    let root = document.root_element();
    message(root, "Response")?;
    let assertion = only_assertion(root)?;
    let algorithms = signatures(root, &[root, assertion])?;
    shape_of_children(
        root,
        &["Issuer", "Signature", "Extensions", "Status", "Assertion"],
        &[],
    )?;
    shape_of_children(
        assertion,
        &["Issuer", "Signature", "Subject", "Conditions", "Advice"],
        &[
            "AuthnStatement",
            "AuthzDecisionStatement",
            "AttributeStatement",
        ],
    )?;
    let response_signed = named(root, uri::SIGNATURE, "Signature").next().is_some();
    Ok(Shape {
        response: root,
        assertion,
        response_signed,
        algorithms,
    })
}

/// What holds of every message: its root, its version, its ids, its namespaces, nothing encrypted.
pub(super) fn message(root: Node<'_, '_>, name: &str) -> Result<(), Fault> {
    if !is(root, uri::PROTOCOL, name) {
        return Err(structure(format!(
            "the document is {} of {:?}, not a {name} of SAML 2.0",
            label(root),
            shown(root.tag_name().namespace().unwrap_or_default())
        )));
    }
    version(root)?;
    let mut ids = HashSet::new();
    let mut prefixes = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        namespaces(node, &mut prefixes)?;
        for attribute in node.attributes() {
            ids_in(node, attribute, &mut ids)?;
        }
        let lower = node.tag_name().name().to_ascii_lowercase();
        if lower.starts_with("encrypted") {
            return Err(Fault::new(
                "saml.encrypted_unsupported",
                format!(
                    "it holds {}: switch encryption of assertions off at the identity provider",
                    label(node)
                ),
            ));
        }
        if node.tag_name().namespace() == Some(uri::SIGNATURE)
            && ["object", "manifest", "retrievalmethod"].contains(&lower.as_str())
        {
            return Err(form(format!("it holds {}", label(node))));
        }
    }
    Ok(())
}

/// Every signature in the document: one or two, each directly in an element of `signed`, at most one in each.
pub(super) fn signatures(
    root: Node<'_, '_>,
    signed: &[Node<'_, '_>],
) -> Result<Vec<String>, Fault> {
    let all: Vec<_> = root
        .descendants()
        .filter(|node| {
            node.is_element() && node.tag_name().name().eq_ignore_ascii_case("signature")
        })
        .take(signed.len() + 1)
        .collect();
    if all.is_empty() {
        return Err(Fault::new(
            "saml.no_signature",
            "neither the response nor the assertion is signed",
        ));
    }
    if all.len() > signed.len() {
        return Err(form(format!("more than {} signatures", signed.len())));
    }
    let mut seen = Vec::new();
    let mut algorithms = Vec::new();
    for signature in all {
        let parent = signature.parent().filter(|parent| signed.contains(parent));
        let Some(parent) = parent.filter(|_| is(signature, uri::SIGNATURE, "Signature")) else {
            return Err(form(
                "a signature stands elsewhere than directly in what it covers",
            ));
        };
        if seen.contains(&parent) {
            return Err(form("two signatures in one element"));
        }
        seen.push(parent);
        let id = attribute(parent, "ID").unwrap_or_default();
        algorithms.push(signature::check(signature, id)?);
    }
    Ok(algorithms)
}

/// The one element that anybody could take for an assertion.
fn only_assertion<'a, 'i>(root: Node<'a, 'i>) -> Result<Node<'a, 'i>, Fault> {
    let mut all = root.descendants().filter(|node| {
        node.is_element() && node.tag_name().name().eq_ignore_ascii_case("assertion")
    });
    let Some(assertion) = all.next() else {
        return Err(structure("it holds no assertion"));
    };
    if all.next().is_some() {
        return Err(structure("it holds more than one assertion"));
    }
    if !is(assertion, uri::ASSERTION, "Assertion") || assertion.parent() != Some(root) {
        return Err(structure(
            "the assertion is not a SAML 2.0 assertion directly in the response",
        ));
    }
    version(assertion)?;
    Ok(assertion)
}

fn version(node: Node<'_, '_>) -> Result<(), Fault> {
    if attribute(node, "Version") == Some("2.0") && attribute(node, "ID").is_some() {
        return Ok(());
    }
    Err(structure(format!(
        "{} has no ID, or its version is not 2.0",
        label(node)
    )))
}

/// Which elements may stand in a message or assertion: each of `once` at most once, those of `often` as often as wanted.
fn shape_of_children(node: Node<'_, '_>, once: &[&str], often: &[&str]) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    for child in elements(node) {
        let name = child.tag_name().name();
        let home = match child.tag_name().namespace() {
            Some(uri::SIGNATURE) => name == "Signature",
            Some(uri::PROTOCOL) => ["Extensions", "Status"].contains(&name),
            Some(uri::ASSERTION) => name != "Signature",
            _ => false,
        };
        let known = often.contains(&name) || (once.contains(&name) && seen.insert(name));
        if !home || !known {
            return Err(structure(format!(
                "{} stands in {} where it does not belong, or twice",
                label(child),
                label(node)
            )));
        }
    }
    let stray = node
        .children()
        .filter(Node::is_text)
        .any(|child| child.text().is_some_and(|text| !text.trim().is_empty()));
    if stray {
        return Err(structure(format!(
            "text stands directly in {}",
            label(node)
        )));
    }
    Ok(())
}

/// An ID is called `ID` in SAML and `Id` in signatures, is a plain name, and exists once.
fn ids_in<'a>(
    node: Node<'a, '_>,
    attribute: Attribute<'a, '_>,
    ids: &mut HashSet<&'a str>,
) -> Result<(), Fault> {
    if !attribute.name().eq_ignore_ascii_case("id") {
        return Ok(());
    }
    let wanted = match node.tag_name().namespace() {
        Some(uri::SIGNATURE) => "Id",
        _ => "ID",
    };
    if attribute.namespace().is_some() || attribute.name() != wanted {
        return Err(structure(format!(
            "{} has an id in a form that parsers read in several ways",
            label(node)
        )));
    }
    if !is_plain_id(attribute.value()) {
        return Err(structure(format!(
            "{:?} is no ID",
            shown(attribute.value())
        )));
    }
    if ids.insert(attribute.value()) {
        return Ok(());
    }
    Err(structure(format!(
        "the ID {:?} stands in it twice",
        shown(attribute.value())
    )))
}

/// An NCName of ASCII (XML namespaces §3), not longer than any identity provider's.
pub(super) fn is_plain_id(text: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    let first = text.bytes().next().unwrap_or_default();
    (first.is_ascii_alphabetic() || first == b'_') && text.len() <= 256 && text.bytes().all(good)
}

/// Namespaces are absolute URIs, and a prefix of SAML or of signatures means one thing throughout.
fn namespaces<'a>(node: Node<'a, '_>, prefixes: &mut Vec<(&'a str, &'a str)>) -> Result<(), Fault> {
    // The namespaces in scope are those of the parent unless the element declares some.
    let inherited = node
        .parent_element()
        .map(|parent| parent.namespaces().len());
    let declared = node.namespaces();
    if inherited == Some(declared.len()) && !declares(node) {
        return Ok(());
    }
    for namespace in declared {
        let (prefix, uri) = (namespace.name().unwrap_or_default(), namespace.uri());
        if uri == uri::XML {
            continue;
        }
        if !uri.is_empty() && !is_absolute(uri) {
            return Err(structure(format!(
                "the namespace {:?} is relative",
                shown(uri)
            )));
        }
        if prefix.is_empty() || prefixes.contains(&(prefix, uri)) {
            continue;
        }
        let ours = [uri::ASSERTION, uri::PROTOCOL, uri::SIGNATURE];
        let bent = prefixes.iter().any(|(known, means)| {
            *known == prefix && *means != uri && (ours.contains(means) || ours.contains(&uri))
        });
        if bent {
            return Err(structure(format!(
                "the prefix {:?} means two things",
                shown(prefix)
            )));
        }
        prefixes.push((prefix, uri));
    }
    Ok(())
}

/// Whether the element has declarations of its own that its parent does not have in just that way.
fn declares(node: Node<'_, '_>) -> bool {
    let Some(parent) = node.parent_element() else {
        return true;
    };
    node.namespaces()
        .zip(parent.namespaces())
        .any(|(own, outer)| own.name() != outer.name() || own.uri() != outer.uri())
}

fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    !rest.is_empty()
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// The text of the one Issuer directly in a message or assertion.
pub(super) fn issuer(node: Node<'_, '_>) -> Option<String> {
    let mut all = named(node, uri::ASSERTION, "Issuer");
    let issuer = all.next().and_then(text);
    if all.next().is_some() { None } else { issuer }
}

fn structure(detail: impl Into<String>) -> Fault {
    Fault::new("saml.structure", detail)
}

fn form(detail: impl Into<String>) -> Fault {
    Fault::new("saml.signature_form", detail)
}

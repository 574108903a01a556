//! Elements of a parsed message, found by namespace and name and never by prefix.

use jiff::Timestamp;
use roxmltree::Document;
use roxmltree::Node;
use roxmltree::ParsingOptions;

use super::fault::Fault;
use super::fault::shown;
use super::scan::Bounds;
use super::scan::scan;

/// Nodes of all kinds in a document; the bounds of [`scan`] keep it far below.
const MAX_NODES: u32 = 200_000;

/// Looks a document over, and parses what passes.
pub(super) fn parse<'a>(xml: &'a str, bounds: &Bounds) -> Result<Document<'a>, Fault> {
    scan(xml, bounds)?;
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(xml, options)
        .map_err(|e| Fault::new("saml.malformed", shown(&format!("no XML: {e}"))))
}

/// Whether this is that element.
pub(super) fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element()
        && node.tag_name().namespace() == Some(namespace)
        && node.tag_name().name() == name
}

/// The elements directly in this one.
pub(super) fn elements<'a, 'i>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// The elements of that name directly in this one.
pub(super) fn named<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    elements(node).filter(move |child| is(*child, namespace, name))
}

/// The one element of that name directly in this one; none if there are several.
pub(super) fn only<'a, 'i>(
    node: Node<'a, 'i>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'i>> {
    let mut all = named(node, namespace, name);
    let first = all.next();
    if all.next().is_some() { None } else { first }
}

/// The text of an element that holds nothing else.
pub(super) fn text(node: Node<'_, '_>) -> Option<String> {
    if elements(node).next().is_some() {
        return None;
    }
    Some(
        node.children()
            .filter_map(|child| child.text().filter(|_| child.is_text()))
            .collect(),
    )
}

/// An attribute without a namespace.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name)
}

/// A time of the type xs:dateTime with its zone; none if the attribute is missing.
pub(super) fn time(node: Node<'_, '_>, name: &str) -> Result<Option<Timestamp>, Fault> {
    let Some(text) = attribute(node, name) else {
        return Ok(None);
    };
    let wrong = || {
        Fault::new(
            "saml.malformed",
            format!("{name} is no time: {}", shown(text)),
        )
    };
    if text.len() > 40 || text.as_bytes().get(10) != Some(&b'T') {
        return Err(wrong());
    }
    text.parse().map(Some).map_err(|_| wrong())
}

/// How an element is called in an explanation.
pub(super) fn label(node: Node<'_, '_>) -> String {
    shown(node.tag_name().name())
}

//! The first look at an XML document: how large it is and what kinds of markup are in it, before anything is built of it.

use quick_xml::Reader;
use quick_xml::events::BytesDecl;
use quick_xml::events::BytesRef;
use quick_xml::events::BytesStart;
use quick_xml::events::Event;

use super::fault::Fault;
use super::fault::shown;

/// How large a document may be, and what else may stand in it.
pub(super) struct Bounds {
    /// Bytes.
    pub(super) size: usize,
    /// Elements within each other.
    pub(super) depth: usize,
    /// Elements in all.
    pub(super) elements: usize,
    /// Attributes of one element, namespace declarations included.
    pub(super) attributes: usize,
    /// Whether comments and processing instructions may stand in it: never in what is signed, as parsers disagree on
    /// what the text around them is.
    pub(super) remarks: bool,
}

/// A message. With 500 groups of 100 bytes and two signatures it has 90 KiB, 550 elements and a depth of 8.
pub(super) const MESSAGE: Bounds = Bounds {
    size: 256 * 1024,
    depth: 32,
    elements: 2_000,
    attributes: 32,
    remarks: false,
};

/// Metadata of one provider, or of the small federation that it stands in: those of Entra ID have 80 KiB.
pub(super) const METADATA: Bounds = Bounds {
    size: 1 << 20,
    depth: 32,
    elements: 20_000,
    attributes: 64,
    remarks: true,
};

/// Refuses what exceeds the bounds, and what no message needs: a document type, entities, CDATA, remarks.
pub(super) fn scan(xml: &str, bounds: &Bounds) -> Result<(), Fault> {
    if xml.len() > bounds.size {
        return Err(too_large(format!(
            "{} bytes, at most {} are read",
            xml.len(),
            bounds.size
        )));
    }
    let mut reader = Reader::from_str(xml);
    let (mut depth, mut elements) = (0_usize, 0_usize);
    loop {
        let event = reader.read_event().map_err(|e| malformed(&e))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                elements += 1;
                element(&start, depth, elements, bounds)?;
            }
            Event::Empty(start) => {
                elements += 1;
                element(&start, depth + 1, elements, bounds)?;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::GeneralRef(reference) => entity(&reference)?,
            Event::Decl(declaration) => xml_declaration(&declaration)?,
            Event::DocType(_) => return Err(forbidden("a document type")),
            Event::CData(_) => return Err(forbidden("CDATA")),
            Event::Comment(_) if !bounds.remarks => return Err(forbidden("a comment")),
            Event::PI(_) if !bounds.remarks => return Err(forbidden("a processing instruction")),
            Event::Text(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return Ok(()),
        }
    }
}

fn element(
    start: &BytesStart<'_>,
    depth: usize,
    elements: usize,
    bounds: &Bounds,
) -> Result<(), Fault> {
    let bound = |is: usize, limit: usize, what: &str| {
        if is <= limit {
            return Ok(());
        }
        Err(too_large(format!("more than {limit} {what}")))
    };
    bound(depth, bounds.depth, "elements within each other")?;
    bound(elements, bounds.elements, "elements")?;
    // Without the check for doubles, which costs the square of their number; the parser makes it later.
    let mut attributes = start.attributes();
    let unchecked = attributes.with_checks(false);
    let count = unchecked.take(bounds.attributes + 1).count();
    bound(count, bounds.attributes, "attributes of one element")
}

/// Only the five entities of XML itself, and characters by their number.
fn entity(reference: &BytesRef<'_>) -> Result<(), Fault> {
    if reference.is_char_ref() || matches!(&**reference, b"lt" | b"gt" | b"amp" | b"apos" | b"quot")
    {
        return Ok(());
    }
    Err(forbidden("an entity"))
}

/// Parsers must not disagree on what the bytes mean.
fn xml_declaration(declaration: &BytesDecl<'_>) -> Result<(), Fault> {
    let version = declaration.version().map_err(|e| malformed(&e))?;
    if &*version != b"1.0" {
        return Err(forbidden("another version of XML than 1.0"));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case(b"utf-8") => Ok(()),
        Some(Ok(_)) => Err(forbidden("another encoding than UTF-8")),
        Some(Err(e)) => Err(Fault::new("saml.malformed", shown(&format!("no XML: {e}")))),
    }
}

fn too_large(detail: impl Into<String>) -> Fault {
    Fault::new("saml.too_large", detail)
}

fn forbidden(what: &str) -> Fault {
    Fault::new(
        "saml.forbidden_markup",
        format!("it holds {what}, which no identity provider needs"),
    )
}

fn malformed(error: &quick_xml::Error) -> Fault {
    Fault::new("saml.malformed", shown(&format!("no XML: {error}")))
}

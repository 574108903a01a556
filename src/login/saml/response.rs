//! A response from its form field to what it says: gate, signature, and once more what was signed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;

use super::super::Refusal;
use super::super::Trail;
use super::assertion;
use super::assertion::Asserted;
use super::certificate::Certificate;
use super::content;
use super::content::Expected;
use super::fault::Fault;
use super::fault::refuse;
use super::fault::shown;
use super::fault::step;
use super::node::attribute;
use super::node::is;
use super::node::only;
use super::node::parse;
use super::scan;
use super::structure;
use super::structure::Shape;
use super::uri;
use super::verify::Verifier;

/// A response whose form is right. Nothing in it is believed yet.
#[derive(Debug, Clone)]
pub struct Response {
    xml: String,
    in_response_to: Option<String>,
}

impl Response {
    /// Reads the form field `SAMLResponse` (SAML bindings §3.5.4): base64, perhaps in lines.
    pub fn decode(field: &str, trail: &mut Trail) -> Result<Self, Refusal> {
        let xml = step(trail, "saml.document", decode(field, scan::MESSAGE.size))?;
        let shape = parse(&xml, &scan::MESSAGE).and_then(|document| {
            let shape = structure::response(&document)?;
            let asked = attribute(shape.response, "InResponseTo").map(str::to_owned);
            Ok((asked, format!("signed by {}", shape.algorithms.join(", "))))
        });
        let in_response_to = step(trail, "saml.structure", shape)?;
        Ok(Self {
            xml,
            in_response_to,
        })
    }

    /// The request that it says to answer: what to look up, and no more than that.
    pub fn in_response_to(&self) -> Option<&str> {
        self.in_response_to.as_deref()
    }

    /// What it says, if it is signed by one of the certificates and agrees with all that is expected. Blocks for some
    /// milliseconds.
    pub fn check(
        &self,
        expected: &Expected<'_>,
        certificates: &[Certificate],
        verifier: Verifier,
        trail: &mut Trail,
    ) -> Result<Asserted, Refusal> {
        let claimed = self.claimed(expected, trail)?;
        let signed = self.signed(expected, certificates, verifier, &claimed);
        let told = signed.map(|signed| (signed, "made by the identity provider's key".to_owned()));
        step(trail, "saml.signature", told)
    }

    /// What the document says, before anything in it is believed.
    fn claimed(&self, expected: &Expected<'_>, trail: &mut Trail) -> Result<Asserted, Refusal> {
        let document = parse(&self.xml, &scan::MESSAGE)
            .map_err(|fault| refuse(trail, "saml.document", fault))?;
        let shape = structure::response(&document)
            .map_err(|fault| refuse(trail, "saml.structure", fault))?;
        for (name, check) in content::CHECKS {
            step(
                trail,
                name,
                check(&shape, expected).map(|detail| ((), detail)),
            )?;
        }
        for (name, check) in assertion::CHECKS {
            let result = check(shape.assertion, expected);
            step(trail, name, result.map(|detail| ((), detail)))?;
        }
        let read = assertion::read(shape.assertion, expected);
        let told = read.map(|read| {
            let who = format!("about {}", shown(&read.name_id.value));
            (read, who)
        });
        step(trail, "saml.subject", told)
    }

    /// What was signed, read anew: the same checks on the same bytes that were digested, with the same outcome.
    fn signed(
        &self,
        expected: &Expected<'_>,
        certificates: &[Certificate],
        verifier: Verifier,
        claimed: &Asserted,
    ) -> Result<Asserted, Fault> {
        let bytes = verifier.signed(&self.xml, certificates)?;
        let document = parse(&bytes, &scan::MESSAGE)?;
        let root = document.root_element();
        let assertion = if is(root, uri::ASSERTION, "Assertion") {
            root
        } else {
            signed_response(root, expected)?
        };
        for (_, check) in assertion::CHECKS {
            check(assertion, expected)?;
        }
        let read = assertion::read(assertion, expected)?;
        if read == *claimed {
            return Ok(read);
        }
        Err(Fault::new(
            "saml.signature",
            "what was signed is not what the document says",
        ))
    }
}

/// The assertion in a response that is signed as a whole.
fn signed_response<'a, 'i>(
    root: Node<'a, 'i>,
    expected: &Expected<'_>,
) -> Result<Node<'a, 'i>, Fault> {
    let other = || Fault::new("saml.signature", "what was signed is no response");
    if !is(root, uri::PROTOCOL, "Response") {
        return Err(other());
    }
    let assertion = only(root, uri::ASSERTION, "Assertion").ok_or_else(other)?;
    let shape = Shape {
        response: root,
        assertion,
        response_signed: true,
        algorithms: Vec::new(),
    };
    for (_, check) in content::CHECKS {
        check(&shape, expected)?;
    }
    Ok(assertion)
}

/// Base64 of a form field, whose lines may be broken, to text.
pub(super) fn decode(field: &str, limit: usize) -> Result<(String, String), Fault> {
    // Three bytes are four characters; a few more for the ends of lines.
    if field.len() > limit / 3 * 4 + limit / 16 {
        return Err(Fault::new(
            "saml.too_large",
            format!(
                "{} characters of base64 are more than {limit} bytes",
                field.len()
            ),
        ));
    }
    let plain: String = field.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = STANDARD
        .decode(plain)
        .map_err(|_| Fault::new("saml.malformed", "it is not base64"))?;
    let length = bytes.len();
    let xml =
        String::from_utf8(bytes).map_err(|_| Fault::new("saml.malformed", "it is not UTF-8"))?;
    Ok((xml, format!("{length} bytes")))
}

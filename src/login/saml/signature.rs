//! The form of a signature: where it stands, what it says it covers and how, before its key is tried.
//!
//! XML signatures can name URLs, files and programs. Of all that one form is let through: one reference, to the element
//! that the signature stands in.

use roxmltree::Node;
use samael::crypto::AllowedSignatureAlgorithm;

use super::fault::Fault;
use super::fault::shown;
use super::node::attribute;
use super::node::elements;
use super::node::is;
use super::node::label;
use super::node::text;
use super::uri;

/// The algorithms that are accepted, as the verifier is told them: RSA and ECDSA with SHA-2 of 256 bits and more.
pub(super) const ALGORITHMS: [AllowedSignatureAlgorithm; 6] = [
    AllowedSignatureAlgorithm::RsaSha256,
    AllowedSignatureAlgorithm::RsaSha384,
    AllowedSignatureAlgorithm::RsaSha512,
    AllowedSignatureAlgorithm::EcdsaSha256,
    AllowedSignatureAlgorithm::EcdsaSha384,
    AllowedSignatureAlgorithm::EcdsaSha512,
];

/// Makes sure that the signature directly in `parent`, whose ID is `id`, has the one accepted form; gives its algorithm.
pub(super) fn check(signature: Node<'_, '_>, id: &str) -> Result<String, Fault> {
    let (info, rest) = parts(signature)?;
    for node in rest {
        match node.tag_name().name() {
            "SignatureValue" => base64(node)?,
            _ => key_info(node)?,
        }
    }
    let [canonicalization, method, reference] = children(
        info,
        ["CanonicalizationMethod", "SignatureMethod", "Reference"],
    )?;
    exclusive(canonicalization)?;
    let algorithm = algorithm(method, ALGORITHMS.map(|each| each.signature_uri()))?;
    if elements(method).next().is_some() {
        return Err(form("SignatureMethod has parameters"));
    }
    covers(reference, id)?;
    Ok(algorithm)
}

/// SignedInfo, and SignatureValue with perhaps KeyInfo after it.
fn parts<'a, 'i>(signature: Node<'a, 'i>) -> Result<(Node<'a, 'i>, Vec<Node<'a, 'i>>), Fault> {
    let mut all = elements(signature);
    let expected = [all.next(), all.next(), all.next(), all.next()];
    let [Some(info), Some(value), key, None] = expected else {
        return Err(form(
            "a Signature holds SignedInfo, SignatureValue and perhaps KeyInfo",
        ));
    };
    let in_place = is(info, uri::SIGNATURE, "SignedInfo")
        && is(value, uri::SIGNATURE, "SignatureValue")
        && key.is_none_or(|key| is(key, uri::SIGNATURE, "KeyInfo"));
    if !in_place {
        return Err(form(
            "a Signature holds SignedInfo, SignatureValue and perhaps KeyInfo",
        ));
    }
    Ok((info, [Some(value), key].into_iter().flatten().collect()))
}

/// One reference to the element around the signature, by way of the two transforms that every identity provider uses.
fn covers(reference: Node<'_, '_>, id: &str) -> Result<(), Fault> {
    if reference
        .attributes()
        .any(|each| each.name() != "URI" && each.name() != "Id")
    {
        return Err(form("Reference has further attributes"));
    }
    let wanted = attribute(reference, "URI").unwrap_or_default();
    if wanted.strip_prefix('#') != Some(id) {
        return Err(form(format!(
            "the signature covers {:?}, not the element it stands in, #{}",
            shown(wanted),
            shown(id)
        )));
    }
    let [transforms, method, value] =
        children(reference, ["Transforms", "DigestMethod", "DigestValue"])?;
    let [first, second] = children(transforms, ["Transform", "Transform"])?;
    if attribute(first, "Algorithm") != Some(uri::ENVELOPED) || elements(first).next().is_some() {
        return Err(form("the first transform is not enveloped-signature"));
    }
    exclusive(second)?;
    algorithm(method, ALGORITHMS.map(|each| each.digest_uri()))?;
    if elements(method).next().is_some() {
        return Err(form("DigestMethod has parameters"));
    }
    base64(value)
}

/// Exclusive canonicalization, with nothing but a list of prefixes as parameter.
fn exclusive(node: Node<'_, '_>) -> Result<(), Fault> {
    if attribute(node, "Algorithm") != Some(uri::EXCLUSIVE) {
        return Err(form(format!(
            "{} is {:?}, only exclusive canonicalization without comments is accepted",
            label(node),
            shown(attribute(node, "Algorithm").unwrap_or_default())
        )));
    }
    let mut parameters = elements(node);
    let good = parameters.next().is_none_or(|parameter| {
        is(parameter, uri::EXCLUSIVE, "InclusiveNamespaces")
            && elements(parameter).next().is_none()
            && parameter
                .attributes()
                .all(|each| each.name() == "PrefixList")
    });
    if !good || parameters.next().is_some() {
        return Err(form(
            "canonicalization has other parameters than a list of prefixes",
        ));
    }
    Ok(())
}

fn algorithm<const N: usize>(
    node: Node<'_, '_>,
    accepted: [&'static str; N],
) -> Result<String, Fault> {
    let said = attribute(node, "Algorithm").unwrap_or_default();
    if accepted.contains(&said) {
        return Ok(said.to_owned());
    }
    Err(Fault::new(
        "saml.algorithm",
        format!(
            "{} is {:?}; set RSA-SHA256 (or ECDSA, SHA-384, SHA-512) at the identity provider",
            label(node),
            shown(said)
        ),
    ))
}

/// Which key it is, is settled before; so what is named here must only be harmless to read.
fn key_info(node: Node<'_, '_>) -> Result<(), Fault> {
    let harmless = ["X509Data", "KeyName", "KeyValue"];
    let good = elements(node).all(|child| {
        child.tag_name().namespace() == Some(uri::SIGNATURE)
            && harmless.contains(&child.tag_name().name())
    });
    if good {
        return Ok(());
    }
    Err(form(
        "KeyInfo holds something else than a certificate, a key or its name",
    ))
}

/// Exactly these elements of XML signature, in this order.
fn children<'a, 'i, const N: usize>(
    node: Node<'a, 'i>,
    names: [&str; N],
) -> Result<[Node<'a, 'i>; N], Fault> {
    let found: Vec<_> = elements(node).take(N + 1).collect();
    let found: Result<[Node<'_, '_>; N], _> = found.try_into();
    match found {
        Ok(found)
            if found
                .iter()
                .zip(names)
                .all(|(node, name)| is(*node, uri::SIGNATURE, name)) =>
        {
            Ok(found)
        }
        _ => Err(form(format!(
            "{} does not hold exactly {}",
            label(node),
            names.join(", ")
        ))),
    }
}

fn base64(node: Node<'_, '_>) -> Result<(), Fault> {
    let good = |text: &str| {
        !text.trim().is_empty()
            && text.bytes().all(|b| {
                b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=".contains(&b)
            })
    };
    if text(node).is_some_and(|text| good(&text)) {
        return Ok(());
    }
    Err(form(format!("{} is not plain base64", label(node))))
}

fn form(detail: impl Into<String>) -> Fault {
    Fault::new("saml.signature_form", detail)
}

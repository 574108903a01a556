//! Attacks and other bad responses, each by its name in the literature of the field, with the reason code it must meet.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::document::{Login, Pieces, Signed};
use super::signer::{Key, Signing};

mod content;
mod forge;
mod markup;
mod wrap;

/// What an attack is made of: a login that waits for its answer, and what the attacker has.
pub struct World {
    pub login: Login,
    pub key: Key,
    pub evil: Key,
    /// A URL at which a connection would be noticed.
    pub trap: String,
    /// A file that must not be read.
    pub file: String,
    pub nonce: String,
}

/// One attack: the form field that is posted.
pub struct Attack {
    pub name: &'static str,
    pub code: &'static str,
    pub field: fn(&World) -> String,
}

/// All of them.
pub fn all() -> Vec<Attack> {
    [
        wrap::ATTACKS,
        forge::ATTACKS,
        markup::ATTACKS,
        content::ATTACKS,
    ]
    .concat()
    .into_iter()
    .map(|(name, code, field)| Attack { name, code, field })
    .collect()
}

type Line = (&'static str, &'static str, fn(&World) -> String);

const STRUCTURE: &str = "saml.structure";
const FORM: &str = "saml.signature_form";
const SIGNATURE: &str = "saml.signature";
const ALGORITHM: &str = "saml.algorithm";
const MARKUP: &str = "saml.forbidden_markup";
const MALFORMED: &str = "saml.malformed";
const LARGE: &str = "saml.too_large";

pub fn field(xml: &str) -> String {
    STANDARD.encode(xml)
}

impl World {
    fn pieces(&self) -> Pieces {
        self.login.pieces(&self.nonce)
    }

    /// A good response, bent before it is signed by the right key.
    fn bent(&self, signed: Signed, bend: impl FnOnce(&mut Pieces)) -> String {
        let mut pieces = self.pieces();
        bend(&mut pieces);
        field(&pieces.sign(signed, &self.key))
    }

    /// A good response whose signature is made in another way.
    fn signed(&self, signed: Signed, bend: impl FnOnce(&mut Signing)) -> String {
        let mut signing = Signing::good(&self.key);
        bend(&mut signing);
        field(&self.pieces().sign_with(signed, &signing))
    }

    /// A good response, bent after it is signed.
    fn after(&self, signed: Signed, bend: impl FnOnce(String) -> String) -> String {
        let xml = self.pieces().sign(signed, &self.key);
        let changed = bend(xml.clone());
        assert_ne!(xml, changed, "the attack changes nothing");
        field(&changed)
    }

    /// The pieces of what the attacker wants to be.
    fn evil(&self) -> Pieces {
        let mut login = self.login.clone();
        login.name_id = "evil@example.org".to_owned();
        login.pieces(&format!("{}e", self.nonce))
    }
}

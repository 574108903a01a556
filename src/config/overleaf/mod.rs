//! Reads the variables of an Overleaf Server Pro installation and writes the settings file that does the same.

mod draft;
mod general;
mod ldap;
mod rule;
mod saml;
mod variables;

use draft::Draft;
use variables::Variables;

/// A settings file, and what in it is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of `muster.toml`; the warnings stand in it too, beside the settings.
    pub text: String,
    /// What was not taken over as it was, a sentence each.
    pub warnings: Vec<String>,
}

/// Translates `variables.env` of the toolkit, or the `environment:` of a compose file. Variables were called
/// `SHARELATEX_…` before Overleaf 5.0.
///
/// # Errors
/// When no variable of Overleaf is in the text, or `EXTERNAL_AUTH` is none of its values.
pub fn import_overleaf(text: &str) -> Result<Imported, String> {
    let mut variables = Variables::read(text);
    if variables.is_empty() {
        return Err(
            "there is no variable of Overleaf in it: name the file that has OVERLEAF_… and EXTERNAL_AUTH, such as \
             config/variables.env"
                .to_owned(),
        );
    }
    let mut draft = Draft::default();
    let method = general::method(&mut variables)?;
    general::take(&mut variables, &mut draft, method);
    saml::take(&mut variables, &mut draft, method == general::Method::Saml);
    ldap::take(&mut variables, &mut draft, method == general::Method::Ldap);
    Ok(draft.finish(&variables.left()))
}

#[cfg(test)]
mod tests;

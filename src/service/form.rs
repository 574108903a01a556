//! What the forms of pages carry, so that no other site can send them in somebody's name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::Result;
use super::gateway::Gateway;
use super::keys::same;

impl Gateway {
    /// A value for the cookie of a browser that has no session yet: 128 bits.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn form_cookie(&self) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(self.clock().random::<16>()?))
    }

    /// What a form carries that is for the browser whose cookie has this value.
    pub fn form_token(&self, cookie: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.keys().form_mac(cookie))
    }

    /// Whether a form was made for the browser whose cookie has this value.
    pub fn is_form_token(&self, cookie: &str, token: &str) -> bool {
        same(self.form_token(cookie).as_bytes(), token.as_bytes())
    }
}

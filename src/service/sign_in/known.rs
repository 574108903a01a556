//! From where a name was logged in before: a stranger who tries passwords must not keep its owner out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Visitor;
use crate::scim::value::fold;
use crate::service::limit::Counted;
use crate::service::{Gateway, Result};

/// How many names one browser is known for; the latest ones.
const NAMES: usize = 5;
/// How much of a MAC stands in the cookie: 128 bits.
const MAC_BYTES: usize = 16;

/// An attempt that is counted as long as it is not given back.
pub(super) struct Attempt(Vec<Counted>);

impl Attempt {
    /// It was no wrong password.
    pub(super) fn give_back(&self, gateway: &Gateway) {
        for counted in &self.0 {
            gateway.limits().attempts().give_back(counted);
        }
    }
}

impl Gateway {
    /// Counts an attempt, before anything is compared: per address, and per name from where it was never logged in. The inner
    /// error says how many seconds to wait.
    pub(super) async fn begin_attempt(
        &self,
        name: &str,
        from: &Visitor,
    ) -> Result<std::result::Result<Attempt, u64>> {
        let attempts = self.limits().attempts();
        let mut attempt = Attempt(Vec::new());
        if let Some(address) = from.address.map(Counted::address) {
            if let Err(wait) = attempts.take(&address) {
                return Ok(Err(wait));
            }
            attempt.0.push(address);
        }
        if from
            .device
            .as_deref()
            .is_some_and(|device| self.is_known(device, name))
        {
            return Ok(Ok(attempt));
        }
        let counted = Counted::Name(
            self.keys()
                .visitor_mac(&[b"name", fold(name, false).as_bytes()]),
        );
        match attempts.take(&counted) {
            Ok(()) => attempt.0.push(counted),
            Err(wait) if !self.is_from_known_place(name, from).await? => {
                attempt.give_back(self);
                return Ok(Err(wait));
            }
            Err(_) => {}
        }
        Ok(Ok(attempt))
    }

    /// Counts an attempt of somebody who is logged in: per address, and per account from wherever.
    pub(super) fn begin_own_attempt(
        &self,
        id: &str,
        from: &Visitor,
    ) -> std::result::Result<Attempt, u64> {
        let account = Counted::Name(self.keys().visitor_mac(&[b"account", id.as_bytes()]));
        let address = from.address.map(Counted::address);
        let mut attempt = Attempt(Vec::new());
        for counted in address.into_iter().chain([account]) {
            if let Err(wait) = self.limits().attempts().take(&counted) {
                attempt.give_back(self);
                return Err(wait);
            }
            attempt.0.push(counted);
        }
        Ok(attempt)
    }

    async fn is_from_known_place(&self, name: &str, from: &Visitor) -> Result<bool> {
        let Some(place) = self.place_of(name, from) else {
            return Ok(false);
        };
        Ok(self
            .store()
            .read(move |tx| tx.is_known_place(&place))
            .await?)
    }

    /// What stands for the name that was typed and the address it came from.
    pub(in crate::service) fn place(&self, from: &Visitor) -> Option<[u8; 32]> {
        self.place_of(from.name.as_deref()?, from)
    }

    fn place_of(&self, name: &str, from: &Visitor) -> Option<[u8; 32]> {
        let Counted::Address(network) = Counted::address(from.address?) else {
            return None;
        };
        let (name, network) = (fold(name, false), network.to_string());
        Some(
            self.keys()
                .visitor_mac(&[b"place", name.as_bytes(), network.as_bytes()]),
        )
    }

    /// The cookie of a browser in which the name of this login is known from now on: a number drawn for this browser, and a MAC
    /// over it and each name.
    pub(in crate::service) fn device(&self, from: &Visitor) -> Result<Option<String>> {
        let Some(name) = &from.name else {
            return Ok(None);
        };
        let before: Vec<&str> = from
            .device
            .iter()
            .flat_map(|device| device.split('.'))
            .collect();
        let (number, known) = match before.split_first() {
            Some((number, known)) if !number.is_empty() && number.len() <= 32 => {
                ((*number).to_owned(), known.to_vec())
            }
            Some(_) | None => (
                URL_SAFE_NO_PAD.encode(self.clock().random::<16>()?),
                Vec::new(),
            ),
        };
        let mac = self.device_mac(&number, name);
        let others = known
            .into_iter()
            .filter(|other| *other != mac && other.len() == mac.len());
        let others: Vec<&str> = others.take(NAMES - 1).collect();
        let mut cookie = format!("{number}.{mac}");
        for other in others {
            cookie.push('.');
            cookie.push_str(other);
        }
        Ok(Some(cookie))
    }

    fn is_known(&self, device: &str, name: &str) -> bool {
        let mut parts = device.split('.');
        let Some(number) = parts.next() else {
            return false;
        };
        let mac = self.device_mac(number, name);
        parts.take(NAMES).any(|known| known == mac)
    }

    fn device_mac(&self, number: &str, name: &str) -> String {
        let name = fold(name, false);
        let mac = self
            .keys()
            .visitor_mac(&[b"browser", number.as_bytes(), name.as_bytes()]);
        URL_SAFE_NO_PAD.encode(mac.get(..MAC_BYTES).unwrap_or_default())
    }
}

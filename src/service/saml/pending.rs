//! The requests to log in that wait for their answers: in a cookie of the browser that made them, which only we can write.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};

use crate::clock::is_ahead;
use crate::config::Secret;
use crate::service::keys::{Keys, same};

/// How many requests of one browser wait at once: the tabs in which a login was begun last.
const MOST: usize = 5;
/// The longest page that a login leads to. Five requests with such pages are 5 × (8 + 33 + 2 + 2 + 512) = 2,785 bytes, which
/// with the MAC are 3,757 in base64; a browser takes 4,096 for a cookie with its name and attributes.
const MAX_PATH_BYTES: usize = 512;
/// The longest cookie that is looked at: no browser sends a longer one.
const MAX_COOKIE_BYTES: usize = 4_096;
/// Whoever needs longer to log in starts again.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// A request to log in that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PendingRequest {
    /// Its ID.
    pub(super) id: String,
    /// When it was made, to the second.
    pub(super) made: Timestamp,
    /// The page that the browser goes to afterwards, if it asked for one.
    pub(super) path: Option<String>,
}

impl PendingRequest {
    /// Returns a request of this moment; a page with a longer path than a cookie can hold is left out.
    pub(super) fn new(id: String, made: Timestamp, path: Option<&str>) -> Self {
        let path = path.filter(|path| path.len() <= MAX_PATH_BYTES);
        Self {
            id,
            made,
            path: path.map(str::to_owned),
        }
    }

    /// Returns the end of the time within which it may be answered.
    pub(super) fn expires(&self) -> Timestamp {
        self.made.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX)
    }

    fn waits(&self, now: Timestamp) -> bool {
        now < self.expires() && !is_ahead(self.made, now)
    }

    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.made.as_second().to_be_bytes());
        for text in [&*self.id, self.path.as_deref().unwrap_or_default()] {
            bytes.extend(u16::try_from(text.len()).unwrap_or(0).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
    }

    /// Reads one from the front of `bytes`; `None` when they hold none.
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (seconds, rest) = bytes.split_first_chunk::<8>()?;
        *bytes = rest;
        let made = Timestamp::from_second(i64::from_be_bytes(*seconds)).ok()?;
        let id = read_text(bytes)?;
        let path = Some(read_text(bytes)?).filter(|path| !path.is_empty());
        Some(Self { id, made, path })
    }
}

fn read_text(bytes: &mut &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *bytes = rest;
    String::from_utf8(text.to_vec()).ok()
}

/// The requests of one browser that wait, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct PendingRequests(Vec<PendingRequest>);

impl PendingRequests {
    /// Reads the cookie: of one that we did not write, and of requests that wait no longer, nothing is left.
    pub(super) fn read(keys: &Keys, cookie: Option<&Secret>, now: Timestamp) -> Self {
        let bytes = cookie.and_then(|cookie| opened(keys, cookie.expose()));
        let bytes = bytes.unwrap_or_default();
        let mut left = bytes.as_slice();
        let read = std::iter::from_fn(|| PendingRequest::read(&mut left));
        Self(read.take(MOST).filter(|one| one.waits(now)).collect())
    }

    /// Returns the request with this ID.
    pub(super) fn find(&self, id: &str) -> Option<&PendingRequest> {
        self.0.iter().find(|one| one.id == id)
    }

    /// Adds a request; the oldest is dropped when there are too many.
    pub(super) fn add(&mut self, request: PendingRequest) {
        self.0.insert(0, request);
        self.0.truncate(MOST);
    }

    /// Writes the cookie.
    pub(super) fn write(&self, keys: &Keys) -> Secret {
        let mut bytes = Vec::new();
        for request in &self.0 {
            request.write(&mut bytes);
        }
        let mac = keys.request_mac(&bytes);
        let [bytes, mac] = [bytes.as_slice(), &mac].map(|part| URL_SAFE_NO_PAD.encode(part));
        Secret::new(format!("{bytes}.{mac}"))
    }
}

/// What a cookie says that we wrote.
fn opened(keys: &Keys, cookie: &str) -> Option<Vec<u8>> {
    if cookie.len() > MAX_COOKIE_BYTES {
        return None;
    }
    let (bytes, mac) = cookie.split_once('.')?;
    let [bytes, mac] = [bytes, mac].map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let bytes = bytes?;
    same(&keys.request_mac(&bytes), &mac?).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(letter: &str) -> Keys {
        Keys::derive(&Secret::new(letter.repeat(64)))
    }

    fn noon() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn after(seconds: i64) -> Timestamp {
        noon() + SignedDuration::from_secs(seconds)
    }

    fn id(number: usize) -> String {
        format!("_{number:032x}")
    }

    fn with(paths: &[Option<&str>]) -> PendingRequests {
        let mut all = PendingRequests::default();
        for (number, path) in paths.iter().enumerate() {
            all.add(PendingRequest::new(id(number), noon(), *path));
        }
        all
    }

    #[test]
    fn the_cookie_holds_the_last_five_and_fits_a_browser() {
        let long = format!("/{}", "a".repeat(MAX_PATH_BYTES - 1));
        let cookie = with(&[Some(&*long); 6]).write(&keys("a"));
        let name_and_attributes =
            "__Host-muster_saml=; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=600".len();
        assert!(cookie.expose().len() + name_and_attributes <= 4_096);
        let read = PendingRequests::read(&keys("a"), Some(&cookie), noon());
        assert_eq!(read.find(&id(0)), None);
        for number in 1..6 {
            assert_eq!(
                read.find(&id(number)).unwrap().path.as_deref(),
                Some(&*long)
            );
        }
    }

    #[test]
    fn a_longer_page_is_left_out() {
        let long = format!("/{}", "a".repeat(MAX_PATH_BYTES));
        let all = with(&[Some(&*long), Some("/é\"'"), None]);
        let read = PendingRequests::read(&keys("a"), Some(&all.write(&keys("a"))), noon());
        let paths = [0, 1, 2].map(|number| read.find(&id(number)).unwrap().path.clone());
        assert_eq!(paths, [None, Some("/é\"'".to_owned()), None]);
    }

    #[test]
    fn a_request_waits_ten_minutes_and_none_is_of_the_future() {
        let cookie = with(&[None]).write(&keys("a"));
        let waits = |at| {
            let read = PendingRequests::read(&keys("a"), Some(&cookie), at);
            read.find(&id(0)).is_some()
        };
        assert_eq!([0, 599, 600].map(|s| waits(after(s))), [true, true, false]);
        assert_eq!([-60, -61].map(|s| waits(after(s))), [true, false]);
    }

    #[test]
    fn nothing_is_read_from_a_cookie_that_we_did_not_write() {
        let cookie = with(&[Some("/a")]).write(&keys("a"));
        let none = PendingRequests::default();
        let read = |text: &str| PendingRequests::read(&keys("a"), Some(&Secret::new(text)), noon());
        assert_ne!(read(cookie.expose()), none);
        let other = PendingRequests::read(&keys("b"), Some(&cookie), noon());
        assert_eq!(other, none);
        let (bytes, mac) = cookie.expose().split_once('.').unwrap();
        let mut turned = URL_SAFE_NO_PAD.decode(bytes).unwrap();
        turned[12] ^= 1;
        let turned = URL_SAFE_NO_PAD.encode(turned);
        for text in [
            "",
            ".",
            "planted",
            bytes,
            &format!("{turned}.{mac}"),
            &format!("{bytes}."),
            &format!("{bytes}.{bytes}"),
            &"a".repeat(10_000),
        ] {
            assert_eq!(read(text), none, "{text}");
        }
    }
}

//! argon2id (RFC 9106) and its PHC strings.

use argon2::password_hash::{Output, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, ParamsBuilder, Version};

use super::policy::{NewPassword, Typed};

/// Memory of one hash: 19 MiB, so that eight of them at once take 152 MiB (OWASP's first choice for argon2id).
const MEMORY_KIB: u32 = 19_456;
/// Passes over that memory. Two take about 60 to 90 ms of a core of 2020.
const PASSES: u32 = 2;
/// Lanes; more of them would need more threads for the same work.
const LANES: u32 = 1;
/// Length of the hash.
const HASH_BYTES: usize = 32;
/// Length of the salt: 128 bits, so that no two people share one.
pub const SALT_BYTES: usize = 16;

/// A hash in whose place nobody's stands: whoever is not known costs the same work as whoever is.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bXVzdGVyIG5vYm9keSE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that could not be hashed: a defect, or no memory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashFault(String);

/// The PHC string of a password. Takes some 60 ms and 19 MiB.
///
/// # Errors
/// [`HashFault`].
pub fn hash(password: &NewPassword, salt: [u8; SALT_BYTES]) -> Result<String, HashFault> {
    phc(password.as_bytes(), salt)
}

/// The PHC string of a password that was right, made as they are made now.
///
/// # Errors
/// [`HashFault`].
pub fn rehash(typed: &Typed, salt: [u8; SALT_BYTES]) -> Result<String, HashFault> {
    phc(typed.as_bytes(), salt)
}

/// Whether a password is the one behind `phc`. Without one, or with one that does not read, the same work is done and
/// the answer is no.
pub fn verify(typed: &Typed, phc: Option<&str>) -> bool {
    let stored = phc.and_then(|phc| PasswordHash::new(phc).ok());
    let is_somebodys = stored.is_some();
    let Some(against) = stored.or_else(|| PasswordHash::new(NOBODY).ok()) else {
        return false;
    };
    // The parameters are those of the string, so that older hashes still verify.
    let fits = Argon2::default().verify_password(typed.as_bytes(), &against);
    is_somebodys && typed.may_be_right() && fits.is_ok()
}

/// Whether a hash is as [`hash`] makes them now; one that is not is made anew at the next login.
pub fn is_current(phc: &str) -> bool {
    let Ok(stored) = PasswordHash::new(phc) else {
        return false;
    };
    let number = |name: &str| stored.params.get_decimal(name);
    stored.algorithm == Algorithm::Argon2id.ident()
        && stored.version == Some(Version::V0x13.into())
        && number("m") == Some(MEMORY_KIB)
        && number("t") == Some(PASSES)
        && number("p") == Some(LANES)
        && stored.hash.as_ref().map(Output::len) == Some(HASH_BYTES)
}

fn phc(password: &[u8], salt: [u8; SALT_BYTES]) -> Result<String, HashFault> {
    let fault = |why: &dyn ToString| HashFault(why.to_string());
    let params = ParamsBuilder::new()
        .m_cost(MEMORY_KIB)
        .t_cost(PASSES)
        .p_cost(LANES)
        .output_len(HASH_BYTES)
        .build()
        .map_err(|why| fault(&why))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = SaltString::encode_b64(&salt).map_err(|why| fault(&why))?;
    let hashed = argon2.hash_password(password, &salt);
    Ok(hashed.map_err(|why| fault(&why))?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> String {
        hash(&NewPassword::check(text, &[]).unwrap(), [7; SALT_BYTES]).unwrap()
    }

    #[test]
    fn a_hash_verifies_its_password_and_no_other() {
        let phc = made("a long enough one");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        let right = |text: &str| verify(&Typed::new(text), Some(&phc));
        assert!(right("a long enough one"));
        for wrong in [
            "a long enough onE",
            "a long enough one ",
            "",
            "a long enough on",
        ] {
            assert!(!right(wrong), "{wrong:?}");
        }
        assert!(is_current(&phc));
    }

    #[test]
    fn a_password_is_compared_in_one_unicode_form() {
        let phc = made("caf\u{e9} au lait");
        assert!(verify(&Typed::new("cafe\u{301} au\u{a0}lait"), Some(&phc)));
    }

    #[test]
    fn nobody_has_a_password_and_costs_the_work_of_one() {
        assert!(PasswordHash::new(NOBODY).is_ok() && is_current(NOBODY));
        for phc in [None, Some("no phc"), Some(NOBODY)] {
            assert!(!verify(&Typed::new("muster nobody!"), phc));
        }
    }

    #[test]
    fn weaker_hashes_still_verify_and_are_not_current() {
        let params = ParamsBuilder::new().m_cost(1024).t_cost(1).build().unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = SaltString::encode_b64(&[1; 16]).unwrap();
        let phc = weak
            .hash_password(b"a long enough one", &salt)
            .unwrap()
            .to_string();
        assert!(verify(&Typed::new("a long enough one"), Some(&phc)));
        assert!(!is_current(&phc) && !is_current("no phc"));
    }
}

//! The URL of a database on a PostgreSQL server, of which everything but the password may be shown.

use std::fmt;
use std::str::FromStr;

/// A `postgres:` URL. Neither `Debug` nor `Display` prints its password.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    whole: String,
    /// The same, with something else in the place of the password.
    shown: String,
}

const FORM: &str = "postgres://user:password@host/database";

impl ServerUrl {
    /// The whole URL. What calls this must neither log nor answer it.
    pub fn expose(&self) -> &str {
        &self.whole
    }

    /// Whether there is a password in it.
    pub fn has_password(&self) -> bool {
        self.whole != self.shown
    }
}

impl FromStr for ServerUrl {
    type Err = String;

    /// The text is not repeated in errors: it might hold a password.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("must be written as {FORM}");
        let (scheme, rest) = text.split_once("://").ok_or_else(form)?;
        if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("must not have spaces in it: write %20 for one in a password".into());
        }
        let (place, parameters) = match rest.split_once('?') {
            Some((place, parameters)) => (place, Some(parameters)),
            None => (rest, None),
        };
        let (authority, database) = place.split_once('/').ok_or_else(form)?;
        // A password that was not escaped would end the authority, or the place, early.
        if database.contains('@') || parameters.is_some_and(|text| text.contains('@')) {
            return Err("has an @ too late: write %2F for / and %3F for ? in a password".into());
        }
        if database.is_empty() {
            return Err(format!("must name a database: {FORM}"));
        }
        let named = |name: &str| {
            parameters
                .into_iter()
                .flat_map(|all| all.split('&'))
                .any(|one| one.split('=').next() == Some(name))
        };
        if named("password") {
            return Err(format!("must have the password before the host: {FORM}"));
        }
        let shown = match authority.rsplit_once('@') {
            None => text.to_owned(),
            Some((who, host)) => {
                let who = match who.split_once(':') {
                    Some((user, _)) => format!("{user}:(hidden)"),
                    None => who.to_owned(),
                };
                let parameters = parameters.map_or_else(String::new, |text| format!("?{text}"));
                format!("{scheme}://{who}@{host}/{database}{parameters}")
            }
        };
        Ok(Self {
            whole: text.to_owned(),
            shown,
        })
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_but_the_password_is_shown() {
        for (said, shown) in [
            (
                "postgres://muster:swordfish@db.example/muster",
                "postgres://muster:(hidden)@db.example/muster",
            ),
            (
                "postgresql://m:sword@fish@h:5433/d?connect_timeout=3",
                "postgresql://m:(hidden)@h:5433/d?connect_timeout=3",
            ),
            ("postgres://m@%2Frun%2Fpg/d", "postgres://m@%2Frun%2Fpg/d"),
            ("postgres:///d?host=/run/pg", "postgres:///d?host=/run/pg"),
        ] {
            let url: ServerUrl = said.parse().unwrap();
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("ServerUrl({shown})"));
            assert_eq!(url.expose(), said);
            assert_eq!(url.has_password(), said != shown);
        }
    }

    #[test]
    fn what_could_show_a_password_is_refused_without_repeating_it() {
        for said in [
            "postgres:u:swordfish@h/d",
            "postgres://u:swordfish@h",
            "postgres://u:swordfish@h/",
            "postgres://u:sword/fish@h/d",
            "postgres://u:sword?fish@h/d",
            "postgres://u:sword fish@h/d",
            "postgres://u@h/d?password=swordfish",
        ] {
            let why = said.parse::<ServerUrl>().unwrap_err();
            assert!(!why.contains("fish"), "{said}");
        }
    }
}

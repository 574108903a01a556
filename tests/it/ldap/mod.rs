//! Logins with a directory: OpenLDAP's server, and servers that are dead, slow, or lie.

mod group;
mod input;
mod liar;
mod lie;
mod person;
mod proxy;
mod server;
mod slapd;
mod tls;

use muster::config::{Secret, Settings, Sources};
use muster::login::{Directory, Identity, Refusal, Refused, Trail};
use tokio::runtime::{Builder, Runtime};

use slapd::{SERVICE, SERVICE_PASSWORD, Slapd};

/// A directory as the settings describe it, and somebody who logs in.
pub struct Login {
    pub directory: Directory,
    runtime: Runtime,
}

/// What a login came to, with its steps.
pub struct Came {
    pub to: Result<Identity, Refusal>,
    pub trail: Trail,
}

impl Login {
    /// With the people of a test's server, found by the account that searches; further settings count.
    pub fn at(slapd: &Slapd, further: &[(&str, &str)]) -> Self {
        let url = slapd.url();
        let usual = [
            ("ldap.url", url.as_str()),
            ("ldap.search_base", "ou=people,dc=example,dc=org"),
            ("ldap.bind_dn", SERVICE),
        ];
        let kept = usual
            .into_iter()
            .filter(|(key, _)| !further.iter().any(|(other, _)| other == key));
        let all: Vec<_> = kept
            .chain(further.iter().copied())
            .filter(|(_, value)| !value.is_empty())
            .collect();
        Self::with(&all)
    }

    /// With these settings alone; the account's password belongs to `ldap.bind_dn`.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let settings = load(settings);
        Self {
            directory: Directory::new(&settings.ldap),
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
        }
    }

    pub fn log_in(&self, name: &str, password: &str) -> Came {
        let mut trail = Trail::default();
        let password = Secret::new(password);
        let to = self
            .runtime
            .block_on(self.directory.authenticate(name, &password, &mut trail));
        Came { to, trail }
    }

    pub fn look_up(&self, name: &str) -> Came {
        let mut trail = Trail::default();
        let to = self
            .runtime
            .block_on(self.directory.look_up(name, &mut trail));
        Came { to, trail }
    }

    pub fn reach(&self) -> Vec<(String, Result<String, String>)> {
        self.runtime.block_on(self.directory.reach())
    }
}

impl Came {
    /// Who it is.
    #[track_caller]
    pub fn in_as(self) -> Identity {
        let steps = self.steps();
        self.to
            .unwrap_or_else(|refusal| panic!("{refusal}\n{steps}"))
    }

    /// The reason code, and how it looks to the person.
    #[track_caller]
    pub fn refused(&self) -> (&'static str, Refused) {
        match &self.to {
            Ok(identity) => panic!("{identity:?} is in"),
            Err(refusal) => (refusal.code, refusal.refused),
        }
    }

    /// What administrators read of why.
    #[track_caller]
    pub fn why(&self) -> &str {
        &self.to.as_ref().expect_err("refused").detail
    }

    /// The steps, a line each.
    pub fn steps(&self) -> String {
        let steps = self.trail.steps().iter();
        let line = |step: &muster::login::Step| {
            format!("{} {}: {}\n", step.result, step.name, step.detail)
        };
        steps.map(line).collect::<Vec<_>>().concat()
    }
}

fn load(settings: &[(&str, &str)]) -> Settings {
    let flags = settings
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let mut environment = Vec::new();
    if settings.iter().any(|(key, _)| *key == "ldap.bind_dn") {
        environment.push((
            "MUSTER_LDAP__BIND_PASSWORD".to_owned(),
            SERVICE_PASSWORD.to_owned(),
        ));
    }
    Settings::load(Sources {
        flags,
        environment,
        file: None,
        read_secret: &|path| Err(format!("{} is not read in tests", path.display())),
    })
    .unwrap()
}

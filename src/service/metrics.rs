//! What the gateway knows of itself, as figures for Prometheus.

use super::count::YEAR;
use super::{Error, Gateway, Result};
use crate::store::{State, Viewer};
use crate::telemetry::Exposition;

/// Figures that only the database has.
struct Gauges {
    users: [(&'static str, u64); 3],
    groups: u64,
    seen: u64,
}

impl Gateway {
    /// Whether this is the token of `metrics.token`.
    pub fn is_metrics_token(&self, token: &str) -> bool {
        let keys = self.keys();
        let given = self.settings().metrics.token.as_ref();
        given.is_some_and(|given| {
            keys.token_hash(token)
                .is_that_of(&keys.token_hash(given.expose()))
        })
    }

    /// All figures. Those of the database are left out when it does not answer.
    pub async fn metrics_text(&self) -> String {
        let mut text = Exposition::default();
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        text.family("muster_build_info", "gauge", "The version that runs.");
        text.sample("muster_build_info", &version, 1);
        match self.gauges().await {
            Ok(gauges) => gauges.expose(&mut text),
            Err(error) => tracing::warn!(%error, "the metrics lack what the database knows"),
        }
        self.expose_audit(&mut text).await;
        self.expose_tokens(&mut text).await;
        self.expose_saml(&mut text).await;
        self.expose_store(&mut text);
        text.single(
            "muster_provisioning_log_dropped_total",
            "counter",
            "Entries of the provisioning log that were lost because too many waited.",
            self.buffer().dropped(),
        );
        self.requests().expose(&mut text);
        self.tcp_connections().expose(&mut text);
        text.into_text()
    }

    async fn gauges(&self) -> Result<Gauges> {
        let names = |wanted: fn(&crate::scim::schema::ResourceType) -> bool| {
            let types = self.registry().types().iter();
            let mut names = types.filter(move |rt| wanted(rt)).map(|rt| rt.name.clone());
            names.next().unwrap_or_default()
        };
        let (user, group) = (names(|rt| rt.is_user()), names(|rt| rt.is_group()));
        let now = self.clock().now();
        let since = now.checked_sub(YEAR).unwrap_or(now);
        self.store()
            .read(move |tx| {
                let mut count = |state| tx.count_in(&user, state);
                let users = [
                    ("active", count(State::Active)?),
                    ("deactivated", count(State::Deactivated)?),
                    ("deleted", count(State::Deleted)?),
                ];
                let (groups, seen) = (
                    tx.counts(&Viewer::All, &group)?,
                    tx.seen_since(&user, since)?,
                );
                Ok::<_, Error>(Gauges {
                    users,
                    groups,
                    seen,
                })
            })
            .await
    }

    async fn expose_audit(&self, text: &mut Exposition) {
        let Ok((unsealed, oldest)) = self.audit_backlog().await else {
            return;
        };
        text.single(
            "muster_audit_unsealed",
            "gauge",
            "Entries of the audit log that wait to be sealed.",
            unsealed,
        );
        text.single(
            "muster_audit_unsealed_age_seconds",
            "gauge",
            "How long the oldest of them has waited; more than 60 is an alarm.",
            oldest.as_secs_f64(),
        );
    }

    /// Connections are made by administrators, so clients cannot make this grow.
    async fn expose_tokens(&self, text: &mut Exposition) {
        let Ok(tokens) = self.tokens_in_use().await else {
            return;
        };
        let name = "muster_token_expires_timestamp_seconds";
        text.family(
            name,
            "gauge",
            "When the token ends that a connection uses; less than 30 days from now is a warning.",
        );
        for token in tokens {
            text.sample(
                name,
                &[("connection", &token.connection)],
                token.expires.as_second(),
            );
        }
    }

    /// Only where people log in by SAML.
    async fn expose_saml(&self, text: &mut Exposition) {
        let Ok(Some(refused)) = self.is_saml_metadata_refused().await else {
            return;
        };
        text.single(
            "muster_saml_metadata_refused",
            "gauge",
            "1 while the metadata of the identity provider are not taken, and those of before stay in force.",
            u8::from(refused),
        );
    }

    fn expose_store(&self, text: &mut Exposition) {
        let name = "muster_store_queue_depth";
        let (changes, reads) = self.store().waiting();
        text.family(
            name,
            "gauge",
            "Changes and reads that wait for the database.",
        );
        text.sample(name, &[("queue", "changes")], changes);
        text.sample(name, &[("queue", "reads")], reads);
        text.single(
            "muster_store_ready",
            "gauge",
            "1 when the last change could be committed.",
            u8::from(self.is_ready()),
        );
        text.single(
            "muster_store_files_replaced",
            "gauge",
            "1 while a file of the database is not the one that was opened: changes are refused.",
            u8::from(self.store().check_files().is_err()),
        );
        let Some(log) = self.store().log() else {
            return;
        };
        text.single(
            "muster_store_wal_bytes",
            "gauge",
            "The size of the write-ahead log; below 64 MiB unless another process holds it.",
            log.bytes,
        );
        text.single(
            "muster_store_wal_held_seconds",
            "gauge",
            "How long a reader in another process has kept the write-ahead log from being reused; 0 when none does.",
            log.held_outside.as_secs_f64(),
        );
    }
}

impl Gauges {
    fn expose(&self, text: &mut Exposition) {
        let live = self.users.iter().filter(|(state, _)| *state != "deleted");
        text.single(
            "num_active_users",
            "gauge",
            "Users that are not deleted.",
            live.map(|(_, count)| count).sum::<u64>(),
        );
        text.family("muster_users", "gauge", "Users by state.");
        for (state, count) in &self.users {
            text.sample("muster_users", &[("state", state)], count);
        }
        text.single("muster_groups", "gauge", "Groups.", self.groups);
        text.single(
            "muster_users_active_365d",
            "gauge",
            "Users that were seen in the last 365 days.",
            self.seen,
        );
    }
}

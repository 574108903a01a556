//! The background jobs of a gateway that serves: started with the server, ended before the store is closed.

use std::time::Duration;

use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::sleep;
use tokio::sync::watch;

use crate::service::{Gateway, REFUSALS_PAUSE};

/// How often the audit log is sealed.
const SEAL_EVERY: Duration = Duration::from_secs(1);
/// How often the files of the database are compared with those that are open: three `stat` calls, and a log that was
/// deleted is saved before much more is written to it.
const COMPARE_FILES_EVERY: Duration = Duration::from_secs(1);
/// How often refusals that wait for the provisioning log are written.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// The shortest time after which its reads are written because many wait: a commit costs all readers their page caches.
const MANY_READS_AFTER: Duration = Duration::from_secs(10);
/// How often refused logins are written that were told to nobody since: the histories of accounts tell repeated ones once a
/// minute.
const REFUSALS_EVERY: Duration = Duration::from_secs(60);
/// How often old entries of the provisioning log are dropped. Finding the oldest to be kept looks at the ids of all: 50 ms of a reader for
/// a million.
const PRUNE_EVERY: Duration = Duration::from_secs(10 * 60);

/// How often ended sessions are forgotten and the keys of JWTs looked after, whose periods are days.
const TIDY_EVERY: Duration = Duration::from_secs(10 * 60);
/// How often it is looked whether tokens that end soon are to be warned of; that happens once a day.
const WATCH_EVERY: Duration = Duration::from_secs(10 * 60);

/// How often the metadata of the identity provider are read: keys that it publishes a day before it uses them are known in time.
const REFRESH_EVERY: Duration = Duration::from_secs(60 * 60);

/// The jobs that run.
pub(super) struct Jobs {
    gateway: Gateway,
    stop: watch::Sender<()>,
    running: Vec<JoinHandle<()>>,
}

impl Jobs {
    /// Starts all of them. Must be called within an actix system.
    pub(super) fn start(gateway: &Gateway) -> Self {
        let stop = watch::Sender::new(());
        let running = vec![
            rt::spawn(seal(gateway.clone(), stop.subscribe())),
            rt::spawn(compare_files(gateway.clone(), stop.subscribe())),
            rt::spawn(flush(gateway.clone(), stop.subscribe())),
            rt::spawn(write_urgent_uses(gateway.clone(), stop.subscribe())),
            rt::spawn(flush_refusals(gateway.clone(), stop.subscribe())),
            rt::spawn(prune(gateway.clone(), stop.subscribe())),
            rt::spawn(tidy(gateway.clone(), stop.subscribe())),
            rt::spawn(watch_tokens(gateway.clone(), stop.subscribe())),
            rt::spawn(refresh_saml(gateway.clone(), stop.subscribe())),
        ];
        Self {
            gateway: gateway.clone(),
            stop,
            running,
        }
    }

    /// Lets each of them finish what it is about, and waits for that.
    pub(super) async fn stop(self) {
        drop(self.stop);
        for job in self.running {
            if let Err(error) = job.await {
                tracing::error!(%error, "a background job gave up");
            }
        }
        if let Err(error) = self.gateway.leave_jobs().await {
            tracing::warn!(%error, "the leases of this process end by themselves");
        }
    }
}

async fn seal(gateway: Gateway, mut stop: watch::Receiver<()>) {
    let mut sealer = gateway.sealer();
    while goes_on(&mut stop, SEAL_EVERY).await {
        sealer.round().await;
    }
    sealer.finish().await;
}

async fn compare_files(gateway: Gateway, mut stop: watch::Receiver<()>) {
    while goes_on(&mut stop, COMPARE_FILES_EVERY).await {
        gateway.compare_files().await;
    }
}

async fn flush(gateway: Gateway, mut stop: watch::Receiver<()>) {
    let mut waited = Duration::ZERO;
    while goes_on(&mut stop, FLUSH_EVERY).await {
        waited += FLUSH_EVERY;
        let many = waited >= MANY_READS_AFTER && gateway.has_many_reads();
        if many || waited >= gateway.flushed_every() {
            waited = Duration::ZERO;
            gateway.flush_provisioning().await;
        } else {
            gateway.flush_refused_requests().await;
        }
    }
    gateway.flush_provisioning().await;
}

async fn write_urgent_uses(gateway: Gateway, mut stop: watch::Receiver<()>) {
    loop {
        tokio::select! {
            // Nothing is ever sent: this ends when the sender is dropped.
            _ = stop.changed() => return,
            () = gateway.write_urgent_uses() => {}
        }
    }
}

/// Writes refused logins as soon as there is one and then, after a pause, those that came meanwhile.
async fn flush_refusals(gateway: Gateway, mut stop: watch::Receiver<()>) {
    loop {
        let goes_on = tokio::select! {
            _ = stop.changed() => false,
            () = gateway.refusal_arrived() => true,
            () = sleep(REFUSALS_EVERY) => true,
        };
        let flushed = if goes_on {
            gateway.flush_refusals().await
        } else {
            gateway.finish_refusals().await
        };
        if let Err(error) = flushed {
            tracing::warn!(%error, "refused logins were not written and wait on");
        }
        if !goes_on {
            return;
        }
        self::goes_on(&mut stop, REFUSALS_PAUSE).await;
    }
}

async fn prune(gateway: Gateway, mut stop: watch::Receiver<()>) {
    let every = gateway.excess_looked_for_every();
    let mut waited = Duration::ZERO;
    while goes_on(&mut stop, every).await {
        waited += every;
        let pruned = if waited >= PRUNE_EVERY {
            waited = Duration::ZERO;
            gateway.prune_provisioning().await
        } else {
            gateway.prune_excess().await
        };
        if let Err(error) = pruned {
            tracing::warn!(%error, "the provisioning log was not pruned");
        }
    }
}

async fn tidy(gateway: Gateway, mut stop: watch::Receiver<()>) {
    while goes_on(&mut stop, TIDY_EVERY).await {
        if let Err(error) = gateway.drop_ended_sessions().await {
            tracing::warn!(%error, "sessions that ended were not forgotten");
        }
        if let Err(error) = gateway.rotate_keys().await {
            tracing::warn!(%error, "the keys of JWTs were not looked after");
        }
    }
}

async fn watch_tokens(gateway: Gateway, mut stop: watch::Receiver<()>) {
    let mut tokens = gateway.expiry_watch();
    loop {
        tokens.round().await;
        if !goes_on(&mut stop, WATCH_EVERY).await {
            return;
        }
    }
}

async fn refresh_saml(gateway: Gateway, mut stop: watch::Receiver<()>) {
    loop {
        if let Err(error) = gateway.refresh_saml().await {
            tracing::warn!(%error, "the metadata of the identity provider were not kept");
        }
        if !goes_on(&mut stop, REFRESH_EVERY).await {
            return;
        }
    }
}

/// Waits; `false` as soon as the jobs are to end.
async fn goes_on(stop: &mut watch::Receiver<()>, period: Duration) -> bool {
    tokio::select! {
        // Nothing is ever sent: this ends when the sender is dropped.
        _ = stop.changed() => false,
        () = sleep(period) => true,
    }
}

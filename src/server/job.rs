//! Background jobs: what the gateway does without being asked.

use std::time::Duration;

use actix_web::rt;

use crate::service::{Gateway, PurgeReport};

/// How often a job is looked at; whether it is due, its row in the store says.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Runs the jobs until the task is aborted.
pub(super) async fn run(gateway: Gateway) {
    loop {
        match gateway.retain().await {
            Ok(Some(PurgeReport {
                purged,
                held,
                dropped,
            })) => {
                tracing::info!(
                    purged,
                    held,
                    dropped,
                    "retention: what was deleted long ago was removed for good"
                );
            }
            Ok(None) => {}
            Err(why) => tracing::error!(%why, "the retention job failed and will run again"),
        }
        rt::time::sleep(LOOK_EVERY).await;
    }
}

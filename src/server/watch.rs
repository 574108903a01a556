//! The task that closes connections which are idle or slow for too long.

use std::time::Duration;

use actix_web::rt::time::sleep;

use super::descriptors;
use super::registry::ConnectionRegistry;

/// Deadlines are at least 15 s; a second more or less does not matter to anybody.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often the descriptors of the store and of other parts are counted. They change when a reader
/// or a connection to a directory is opened.
const SWEEPS_PER_COUNT: u32 = 10;

/// Watches the connections until the task is aborted.
pub(super) async fn run(registry: ConnectionRegistry) {
    for sweep in 1_u32.. {
        sleep(SWEEP_EVERY).await;
        registry.sweep();
        if sweep % SWEEPS_PER_COUNT == 0 {
            let others = descriptors::count_others(registry.count());
            registry.set_descriptors(descriptors::limit(), others);
        }
    }
}

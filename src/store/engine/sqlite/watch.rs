//! The end of what runs for too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Connection, STEPS_PER_LOOK, SharedBounds, lock, opening};
use crate::store::Result;
use crate::store::engine::Access;

/// Interrupts a statement of a read that has reached its bounds, and any statement when the store waits for nothing more.
/// A change that has reached its bounds ends between two statements ([`Driver::may_go_on`]): an interrupted one takes all
/// changes of its transaction with it.
pub(super) fn watch(
    connection: &mut Connection,
    access: Access,
    bounds: &SharedBounds,
    halted: &Arc<AtomicBool>,
) -> Result<()> {
    let (bounds, halted) = (Arc::clone(bounds), Arc::clone(halted));
    let is_over = move || {
        halted.load(Ordering::Relaxed) || access == Access::Read && lock(&bounds).interrupt()
    };
    connection
        .progress_handler(STEPS_PER_LOOK, Some(is_over))
        .map_err(opening)
}

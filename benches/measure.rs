//! Medians, percentiles and dice.

use std::time::Duration;

/// How often everything is measured.
pub(crate) const TIMES: usize = 3;

/// How often two are measured in turns whose ratio is asked for, a second each: a machine that others use too is not
/// equally fast all the time, but neighbours meet the same.
pub(crate) const TURNS: usize = 9;

/// The middle one of the ratios of neighbours.
pub(crate) fn ratio(ours: &[f64], limits: &[f64]) -> f64 {
    let ratios = ours.iter().zip(limits).map(|(ours, limit)| ours / limit);
    median(ratios.collect())
}

/// The middle one; of an even number the upper of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value below which `share` of them lie.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a position among some thousand values"
    )]
    let position = (values.len() as f64 * share) as usize;
    let last = values.len().saturating_sub(1);
    values.get(position.min(last)).copied().unwrap_or(f64::NAN)
}

/// A rate.
#[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
pub(crate) fn per_second(count: u64, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The `n`th throw of dice with `sides` sides (`SplitMix64`): the same in every run.
pub(crate) fn dice(n: u64, sides: u64) -> u64 {
    let mut z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) % sides.max(1)
}

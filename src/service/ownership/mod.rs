//! Ownership: a first write adopts what belongs to nobody; who may be somebody twice is shut as one.

mod adopt;
pub(super) mod double;

pub(super) use adopt::Owner;

//! Regression tests for attacks and overload: each states what a user, a client or a stranger would notice.

mod abandoned;
mod administrator_model;
mod administrator_rights;
mod bodies;
mod budget;
mod clock;
mod connections;
mod database_files;
mod deleted_records;
mod last_use;
mod log_held;
mod proxies;
mod read_only;
mod responses;
mod sizes;
mod slow_readers;
mod strangers;
mod trust;
mod work_before_right;

//! Regression tests for attacks and overload: each states what a user, a client or a stranger would notice.

mod administrator_model;
mod administrator_rights;
mod deleted_records;
mod work_before_right;

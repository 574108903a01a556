//! RFC 7644, the protocol, section by section, over HTTP in the profile `rfc`.

mod s3_10_notation;
mod s3_12_errors;
mod s3_13_versions;
mod s3_14_etags;
mod s3_1_messages;
mod s3_3_create;
mod s3_4_2_2_filter;
mod s3_4_2_lists;
mod s3_5_1_replace;
mod s3_5_2_edges;
mod s3_5_2_members;
mod s3_5_2_patch;
mod s3_6_delete;
mod s3_7_bulk;
mod s3_9_attributes;
mod s4_discovery;

//! RFC 7643, the schema, section by section, over HTTP in the profile `rfc`.

mod s2_attributes;
mod s3_resources;
mod s4_user_and_group;
mod s7_schemas;

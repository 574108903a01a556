//! The one integration binary.

#![expect(
    unreachable_pub,
    reason = "what the modules of a test binary share is public between them, and reachable for nobody"
)]

// `cfg(test)` always holds here; it tells clippy that helpers beside the tests are tests too.
#[cfg(test)]
mod allocations;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bars;
#[cfg(test)]
mod cli_connection;
#[cfg(test)]
mod cli_token;
#[cfg(test)]
mod cli_user;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod custom_schema;
#[cfg(test)]
mod http;
#[cfg(test)]
mod ldap;
#[cfg(test)]
mod life;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod nginx;
#[cfg(test)]
mod oauth;
#[cfg(test)]
#[expect(clippy::duplicate_mod, reason = "the same tests on another engine")]
mod on_postgres;
#[cfg(test)]
mod ownership;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod password;
#[cfg(test)]
mod provisioning;
#[cfg(test)]
mod rfc7240;
#[cfg(test)]
mod rfc7643;
#[cfg(test)]
mod rfc7644;
#[cfg(test)]
mod rfc9865;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod saml;
#[cfg(test)]
mod search;
#[cfg(test)]
mod security;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;

//! Pages for people: rendered here, without scripts, each form guarded against other sites.

mod answer;
mod failure;
mod form;
mod launchpad;
mod layout;
mod login;
mod logout;
mod next;
mod password;
mod refused;
mod settings;
mod settings_view;
mod visit;

pub(super) use answer::Page;
pub(super) use answer::stylesheet;
pub(super) use failure::{Failure, query};
pub(super) use login::home;
pub(super) use next::local_path;
pub(super) use refused::page as refused;
pub(super) use visit::Visit;

/// The handlers, by the page they belong to.
pub(super) mod handle {
    pub(in crate::http) use super::launchpad::{make as launchpad_post, show as launchpad};
    pub(in crate::http) use super::login::{log_in as login_post, show as login};
    pub(in crate::http) use super::logout::{log_out as logout_post, show as logout};
    pub(in crate::http) use super::password::{set as password_post, show as password};
    pub(in crate::http) use super::settings::{change as settings_post, show as settings};
}

//! What every page has: its head, its frame, and the parts that forms are made of.

use actix_web::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::Visit;
use crate::scim;

/// How wide a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// One short form.
    Narrow,
    /// Lists.
    Wide,
}

/// A whole page.
pub(super) fn page(visit: &Visit, title: &str, width: Width, body: &Markup) -> Markup {
    let class = (width == Width::Wide).then_some("wide");
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Muster" }
                link rel="stylesheet" href=(visit.url("/assets/muster.css"));
            }
            body class=[class] {
                a.skip href="#main" { "Skip to the content" }
                header {
                    span.brand { "Muster" }
                    @if visit.is_in() {
                        form method="post" action=(visit.url("/logout")) {
                            (visit.token_field())
                            button.quiet type="submit" { "Log out" }
                        }
                    }
                }
                main id="main" {
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
}

/// A text field with its label.
pub(super) struct Field<'a> {
    /// Its name, and id.
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    /// `text`, `email`, `password`.
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
    /// What a browser or password manager may fill in (HTML, `autocomplete`).
    pub(super) autocomplete: &'a str,
    pub(super) hint: Option<&'a str>,
    pub(super) required: bool,
    pub(super) focus: bool,
    /// Whether what was sent in it was refused.
    pub(super) is_wrong: bool,
}

impl Default for Field<'_> {
    fn default() -> Self {
        Self {
            name: "",
            label: "",
            kind: "text",
            value: "",
            autocomplete: "off",
            hint: None,
            required: true,
            focus: false,
            is_wrong: false,
        }
    }
}

impl maud::Render for Field<'_> {
    fn render(&self) -> Markup {
        let hint = self.hint.map(|_| format!("{}-hint", self.name));
        let is_wrong = self.is_wrong.then_some("true");
        let value = Some(self.value).filter(|value| !value.is_empty());
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                input type=(self.kind) id=(self.name) name=(self.name) value=[value] autocomplete=(self.autocomplete)
                    maxlength="1024" autocapitalize="none" spellcheck="false"
                    aria-describedby=[hint.as_deref()] aria-invalid=[is_wrong]
                    required[self.required] autofocus[self.focus];
                @if let (Some(hint), Some(id)) = (self.hint, &hint) {
                    p.hint id=(id) { (hint) }
                }
            }
        }
    }
}

/// What went wrong, at the top of a page; it is read out first.
pub(super) fn error(text: &str, reference: Option<&str>) -> Markup {
    html! {
        div.error role="alert" {
            p { (text) }
            @if let Some(reference) = reference.filter(|reference| !reference.is_empty()) {
                p { "Reference: " code { (reference) } }
            }
        }
    }
}

/// The status of a form that was refused.
pub(super) fn status(error: &scim::Error) -> StatusCode {
    StatusCode::from_u16(error.kind.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// What was done.
pub(super) fn done(text: &str) -> Markup {
    html! { div.done role="status" { p { (text) } } }
}

/// The time of day in words that fit a list: `2026-03-01 12:00 UTC`.
pub(super) fn time(at: jiff::Timestamp) -> Markup {
    let shown = at.to_string();
    let minute: String = shown
        .chars()
        .take(16)
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect();
    html! { time datetime=(shown) { (minute) " UTC" } }
}

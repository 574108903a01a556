//! The parts of the run, each by its name.

mod bystander;
mod filters;
mod member;
mod memory;
mod million;
mod reads;
mod writes;

use crate::Result;
use crate::report::Figure;

/// What can be run alone.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn() -> Result<Vec<Figure>>,
}

pub(crate) const ALL: [Part; 10] = [
    Part {
        name: "reads",
        about: "one user and a page, against the bare handler",
        run: reads::run,
    },
    Part {
        name: "writes",
        about: "single creates, against the bare loop",
        run: writes::single,
    },
    Part {
        name: "bulk",
        about: "a thousand creates at once, against the bare loop",
        run: writes::bulk,
    },
    Part {
        name: "member",
        about: "one more member in a large and in a small group",
        run: member::run,
    },
    Part {
        name: "scale",
        about: "one user of a million, against one of ten thousand",
        run: million::scale,
    },
    Part {
        name: "deep",
        about: "pages far behind",
        run: million::deep,
    },
    Part {
        name: "start",
        about: "the start with a million users, and the memory they take",
        run: million::start,
    },
    Part {
        name: "memory",
        about: "an idle gateway, and a large group",
        run: memory::run,
    },
    Part {
        name: "filters",
        about: "the worst filters, and who reads beside them",
        run: filters::run,
    },
    Part {
        name: "bystander",
        about: "creates of one connection beside the worst that another one sends",
        run: bystander::run,
    },
];

/// The part of this name.
pub(crate) fn find(name: &str) -> Option<&'static Part> {
    ALL.iter().find(|part| part.name == name)
}

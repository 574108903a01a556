//! Reads typed values out of the layers and collects what is wrong.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::Fault;
use super::Origin;
use super::layers::Layers;
use super::value::Raw;
use super::value::Setting;

/// A setting in force, for showing.
#[derive(Debug, Clone)]
pub struct Entry {
    /// `section.key`.
    pub key: &'static str,
    /// The value; `null` for a secret and for what is not set.
    pub value: Value,
    /// Whether this is a secret; its value is not here.
    pub is_secret: bool,
    /// Whether it has a value, be it hidden.
    pub is_set: bool,
    /// Where the value comes from.
    pub origin: Origin,
}

pub(super) struct Reader {
    layers: Layers,
    /// Keys whose value is wrong: no second fault is found in what was put in their place.
    failed: BTreeSet<&'static str>,
    entries: Vec<Entry>,
}

/// Declares a section: a struct with one field a setting, the list of its keys, and how it is read.
macro_rules! section {
    ($(#[$doc:meta])* $Section:ident $section:literal {
        $($(#[$field_doc:meta])* $field:ident: $Type:ty $(where $range:expr)?,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $Section {
            $($(#[$field_doc])* pub $field: $Type,)+
        }

        impl $Section {
            pub(super) const KEYS: &[Key] = &[
                $(Key { name: concat!($section, ".", stringify!($field)), secret: <$Type as Setting>::SECRET, in_file: <$Type as Setting>::IN_FILE },)+
            ];

            pub(super) fn read(from: &mut Reader) -> Option<Self> {
                $(
                    let $field: Option<$Type> = from.get(concat!($section, ".", stringify!($field)));
                    $(let $field = $field.map(|value| from.within(concat!($section, ".", stringify!($field)), value, $range));)?
                )+
                Some(Self { $($field: $field?,)+ })
            }
        }
    };
}
pub(super) use section;

impl Reader {
    pub(super) fn new(layers: Layers) -> Self {
        Self {
            layers,
            failed: BTreeSet::new(),
            entries: Vec::new(),
        }
    }

    /// The value in force. If what was said is wrong, that is noted and the default taken, so
    /// that reading goes on and finds the other faults.
    pub(super) fn get<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        let said = self.layers.given(key).map(|given| {
            (
                T::read(&given.raw),
                given.origin.clone(),
                given.raw == Raw::Unreadable,
            )
        });
        match said {
            Some((Ok(value), origin, _)) => {
                self.show(key, &value, origin, true);
                return Some(value);
            }
            Some((Err(why), origin, told)) => {
                self.failed.insert(key);
                if !told {
                    self.layers.faults.push(Fault::at(key, origin, why));
                }
            }
            None => {}
        }
        let default = self.layers.default(key);
        let is_set = default.is_some();
        let value = match default.map_or_else(
            || T::unset().ok_or_else(|| "must be set".to_owned()),
            T::read,
        ) {
            Ok(value) => value,
            Err(why) => {
                self.layers.faults.push(Fault {
                    name: Some(key.to_owned()),
                    origin: None,
                    why,
                });
                return None;
            }
        };
        self.show(key, &value, Origin::Default, is_set);
        Some(value)
    }

    /// Notes a value outside its range.
    pub(super) fn within<T: PartialOrd + Display>(
        &mut self,
        key: &'static str,
        value: T,
        range: RangeInclusive<T>,
    ) -> T {
        if !range.contains(&value) {
            self.refuse(
                key,
                &[],
                format!(
                    "{value} is not between {} and {}",
                    range.start(),
                    range.end()
                ),
            );
        }
        value
    }

    /// Notes a fault of a value that breaks a rule, unless this value, or one it was compared
    /// with, is wrong already.
    pub(super) fn refuse(&mut self, key: &'static str, others: &[&str], why: impl Into<String>) {
        if self.failed.contains(key) || others.iter().any(|other| self.failed.contains(other)) {
            return;
        }
        self.failed.insert(key);
        let origin = self.layers.given(key).map(|given| given.origin.clone());
        self.layers.faults.push(Fault {
            name: Some(key.to_owned()),
            origin,
            why: why.into(),
        });
    }

    /// Where it was said, if anywhere.
    pub(super) fn origin(&self, key: &str) -> Option<&Origin> {
        self.layers.given(key).map(|given| &given.origin)
    }

    /// Whether anything but the default was said.
    pub(super) fn is_given(&self, key: &str) -> bool {
        self.layers.given(key).is_some()
    }

    /// Refuses a setting with a secret in it that stands in a settings file which every user of the machine can read.
    pub(super) fn refuse_exposed(&mut self, key: &str) {
        let exposed = self.layers.exposed(key);
        self.layers.faults.extend(exposed);
    }

    pub(super) fn finish(self) -> (Vec<Entry>, Vec<Fault>) {
        (self.entries, self.layers.faults)
    }

    fn show<T: Setting>(&mut self, key: &'static str, value: &T, origin: Origin, is_set: bool) {
        self.entries.push(Entry {
            key,
            value: value.show(),
            is_secret: T::SECRET,
            is_set,
            origin,
        });
    }
}

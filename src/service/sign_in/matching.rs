//! Which record an identity logs into: the one it is linked to, or the one that `login.link` finds.

use jiff::Timestamp;

use super::stop::{Road, Stop};
use crate::config::LinkRule;
use crate::login::{Identity, Refused, Trail};
use crate::scim::filter;
use crate::scim::schema::ResourceType;
use crate::scim::syntax::Filter;
use crate::scim::value::fold;
use crate::service::role::AdminGroups;
use crate::service::{Error, Result};
use crate::store::{Find, LoginLink, Record, State, Tx, Viewer};

/// How many of those who match are looked at: more than one is too many already.
const LOOKED_AT: u64 = 5;

/// What is looked for, and by which rules.
#[derive(Clone, Copy)]
pub(super) struct Search<'s> {
    pub(super) rt: &'s ResourceType,
    pub(super) groups: &'s AdminGroups,
    pub(super) rules: &'s [LinkRule],
    pub(super) identity: &'s Identity,
    pub(super) max_scan: u64,
}

/// The record of an identity.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matched {
    /// It is linked to this one.
    Known(Record),
    /// It is to be linked to this one; by a rule, and away from another record that is shut.
    New {
        record: Record,
        by: &'static str,
        instead_of: Option<String>,
    },
    /// There is none.
    Nobody,
}

/// What one rule finds.
#[derive(Default)]
struct Candidates {
    live: Vec<Record>,
    deleted: Vec<Record>,
}

impl Search<'_> {
    /// The record that this identity logs into.
    pub(super) fn run(&self, tx: &mut Tx<'_>, trail: &mut Trail) -> Road<Matched> {
        let Identity {
            source, subject, ..
        } = self.identity;
        if let Some(link) = tx.login_link(source, subject)? {
            return self.linked(tx, trail, &link);
        }
        trail.note(
            "road.link",
            format!("{source} has not logged in as {subject:?} before"),
        );
        if let Some(record) = self.let_through(tx, trail)? {
            let by = "a decision in the inbox";
            return Ok(Matched::New {
                record,
                by,
                instead_of: None,
            });
        }
        let mut deleted = Vec::new();
        for rule in self.rules {
            let found = self.candidates(tx, *rule)?;
            if let Some(record) = self.only(tx, trail, *rule, found.live)? {
                must_be_open(trail, &record)?;
                return Ok(Matched::New {
                    record,
                    by: rule.as_str(),
                    instead_of: None,
                });
            }
            deleted.extend(found.deleted);
        }
        self.must_not_be_deleted(tx, trail, deleted)?;
        Ok(Matched::Nobody)
    }

    /// The record that the identity is linked to; if that is shut, one that a connection has made since.
    fn linked(&self, tx: &mut Tx<'_>, trail: &mut Trail, link: &LoginLink) -> Road<Matched> {
        let id = &link.resource;
        let live = tx.get(&Viewer::All, self.rt, id)?;
        if let Some(record) = live.as_ref().filter(|record| record.state == State::Active) {
            trail.pass(
                "road.link",
                format!("linked to {id} since {:.0}", link.linked),
            );
            return Ok(Matched::Known(record.clone()));
        }
        let state = if live.is_some() {
            "deactivated"
        } else {
            "deleted"
        };
        trail.note("road.link", format!("linked to {id}, which is {state}"));
        if let Some((record, by)) = self.successor(tx, trail, link)? {
            let instead_of = Some(id.clone());
            return Ok(Matched::New {
                record,
                by,
                instead_of,
            });
        }
        Err(shut(trail, id, live.is_some()))
    }

    /// The live record that a connection has made since the linked one was shut, and that the rules find.
    fn successor(
        &self,
        tx: &mut Tx<'_>,
        trail: &mut Trail,
        link: &LoginLink,
    ) -> Road<Option<(Record, &'static str)>> {
        let since = link.shut.unwrap_or(Timestamp::MAX);
        for rule in self.rules {
            let mut live = self.candidates(tx, *rule)?.live;
            live.retain(|record| record.id != link.resource);
            let [record] = live.as_slice() else {
                if live.is_empty() {
                    continue;
                }
                return Ok(None);
            };
            let made_since = record.owner.is_some() && record.created >= since;
            if !(made_since && record.state == State::Active) {
                return Ok(None);
            }
            if let Some(why) = self.objection(tx, *rule, record)? {
                trail.note(rule_step(*rule), format!("{}: {why}", record.id));
                return Ok(None);
            }
            trail.pass(
                rule_step(*rule),
                format!("a connection has made {} since", record.id),
            );
            return Ok(Some((record.clone(), rule.as_str())));
        }
        Ok(None)
    }

    /// The one record to which an administrator has let this identity through.
    fn let_through(&self, tx: &mut Tx<'_>, trail: &mut Trail) -> Road<Option<Record>> {
        let Identity {
            source, subject, ..
        } = self.identity;
        let ids = tx.let_through(source, subject)?;
        let [id] = ids.as_slice() else {
            return Ok(None);
        };
        let Some(record) = tx.get(&Viewer::All, self.rt, id)? else {
            return Ok(None);
        };
        trail.pass("road.inbox", format!("let through to {id}"));
        must_be_open(trail, &record)?;
        Ok(Some(record))
    }

    /// The one live record that a rule finds, if it may be linked.
    fn only(
        &self,
        tx: &mut Tx<'_>,
        trail: &mut Trail,
        rule: LinkRule,
        mut live: Vec<Record>,
    ) -> Road<Option<Record>> {
        let step = rule_step(rule);
        let said = self.said(rule);
        let ids: Vec<String> = live.iter().map(|record| record.id.clone()).collect();
        let (Some(record), true) = (live.pop(), live.is_empty()) else {
            if ids.is_empty() {
                trail.note(step, format!("nobody has {said}"));
                return Ok(None);
            }
            let detail = format!("{} records have {said}: {}", ids.len(), ids.join(", "));
            return Err(conflict(trail, step, detail).waiting_for(ids));
        };
        if let Some(why) = self.objection(tx, rule, &record)? {
            let detail = format!("{} has {said}, and {why}", record.id);
            return Err(conflict(trail, step, detail)
                .of(&record.id)
                .waiting_for(ids));
        }
        trail.pass(step, format!("{} has {said}", record.id));
        Ok(Some(record))
    }

    /// Why a record that a rule has found is not linked without a decision.
    fn objection(
        &self,
        tx: &mut Tx<'_>,
        rule: LinkRule,
        record: &Record,
    ) -> Result<Option<String>> {
        let linked = tx.login_links_of(&record.id)?;
        if linked
            .iter()
            .any(|link| link.source == self.identity.source)
        {
            return Ok(Some(
                "another identity of the same source is linked to it".to_owned(),
            ));
        }
        if let Some(owner) = &record.owner {
            return Ok((rule == LinkRule::Email).then(|| {
                format!("belongs to the connection \"{owner}\": by e-mail it is linked only when let through")
            }));
        }
        if self.groups.is_administrator(tx, record)? && !tx.is_awaited(&record.id)? {
            let why = "is an administrator's, and was not made for a login: it is linked only when let through";
            return Ok(Some(why.to_owned()));
        }
        Ok(None)
    }

    /// Nobody comes back as somebody new: but whoever was linked to another identity of this source was somebody else.
    fn must_not_be_deleted(
        &self,
        tx: &mut Tx<'_>,
        trail: &mut Trail,
        deleted: Vec<Record>,
    ) -> Road<()> {
        for record in deleted {
            let links = tx.login_links_of(&record.id)?;
            if links.iter().any(|link| link.source == self.identity.source) {
                let detail = format!("{} was deleted, and was another identity's", record.id);
                trail.note("road.deleted", detail);
                continue;
            }
            return Err(shut(trail, &record.id, false));
        }
        Ok(())
    }

    fn candidates(&self, tx: &mut Tx<'_>, rule: LinkRule) -> Result<Candidates> {
        match rule {
            LinkRule::ExternalId => self.by_external_id(tx),
            LinkRule::UserName => self.by_user_name(tx),
            LinkRule::Email => self.by_email(tx),
        }
    }

    fn by_external_id(&self, tx: &mut Tx<'_>) -> Result<Candidates> {
        let mut found = Candidates::default();
        for record in tx.with_folded_external_id(&self.rt.name, &self.identity.subject)? {
            found.add(record);
        }
        Ok(found)
    }

    fn by_user_name(&self, tx: &mut Tx<'_>) -> Result<Candidates> {
        let mut found = Candidates::default();
        let name = &self.identity.user_name;
        let Some(attr) = self.rt.attribute("userName").filter(|_| !name.is_empty()) else {
            return Ok(found);
        };
        let folded = fold(name, attr.leaf().case_exact);
        if let Some(record) = tx.lookup(&Viewer::All, self.rt, "userName", &folded)? {
            found.add(record);
        }
        found.deleted = tx.former(self.rt, &attr, name)?;
        Ok(found)
    }

    fn by_email(&self, tx: &mut Tx<'_>) -> Result<Candidates> {
        let mut found = Candidates::default();
        let Some(attr) = self.rt.attribute("emails.value") else {
            return Ok(found);
        };
        for email in &self.identity.emails {
            for record in self.with_email(tx, email)? {
                if !tx.is_own_address(&record.id, email)? && !found.has(&record.id) {
                    // Read again, as it is to be changed.
                    found
                        .live
                        .extend(tx.get(&Viewer::All, self.rt, &record.id)?);
                }
            }
            for record in tx.former(self.rt, &attr, email)? {
                if !tx.is_own_address(&record.id, email)? && !found.has(&record.id) {
                    found.deleted.push(record);
                }
            }
        }
        Ok(found)
    }

    fn with_email(&self, tx: &mut Tx<'_>, email: &str) -> Result<Vec<Record>> {
        let text = format!("emails.value eq {}", serde_json::Value::from(email));
        let filter = Filter::parse(&text).and_then(|filter| filter::check(self.rt, &filter));
        let filter = filter.map_err(Error::from)?;
        let found = tx.find(&Find {
            viewer: &Viewer::All,
            rt: self.rt,
            filter: Some(&filter),
            sort: None,
            start_index: 1,
            count: LOOKED_AT,
            max_scan: self.max_scan,
        })?;
        Ok(found.records)
    }

    /// What a rule compares, for the trail.
    fn said(&self, rule: LinkRule) -> String {
        let identity = self.identity;
        match rule {
            LinkRule::ExternalId => format!("the externalId {:?}", identity.subject),
            LinkRule::UserName => format!("the userName {:?}", identity.user_name),
            LinkRule::Email => format!("one of the addresses {:?}", identity.emails),
        }
    }
}

impl Candidates {
    fn add(&mut self, record: Record) {
        match record.state {
            State::Active | State::Deactivated => self.live.push(record),
            State::Deleted => self.deleted.push(record),
        }
    }

    fn has(&self, id: &str) -> bool {
        self.live
            .iter()
            .chain(&self.deleted)
            .any(|record| record.id == id)
    }
}

fn must_be_open(trail: &mut Trail, record: &Record) -> Road<()> {
    match record.state {
        State::Active => Ok(()),
        State::Deactivated => Err(shut(trail, &record.id, true)),
        State::Deleted => Err(shut(trail, &record.id, false)),
    }
}

fn rule_step(rule: LinkRule) -> &'static str {
    match rule {
        LinkRule::ExternalId => "road.external_id",
        LinkRule::UserName => "road.user_name",
        LinkRule::Email => "road.email",
    }
}

fn conflict(trail: &mut Trail, step: &'static str, detail: String) -> Stop {
    Stop::at(trail, step, Refused::Denied, "user.link_conflict", detail)
}

/// The refusal of somebody whose account is deactivated, or else deleted.
pub(super) fn shut(trail: &mut Trail, id: &str, deactivated: bool) -> Stop {
    let (code, detail) = if deactivated {
        (
            "user.deactivated",
            format!("{id} is deactivated: `muster user activate` opens it"),
        )
    } else {
        (
            "user.deleted",
            format!("{id} is deleted: `muster user restore` gives it back"),
        )
    };
    Stop::at(trail, "road.state", Refused::Deactivated, code, detail).of(id)
}

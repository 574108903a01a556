//! Lists: of one type or of all, by GET or POST, paged by index or by cursor (RFC 7644 §3.4.2, §3.4.3, RFC 9865).

use std::sync::Arc;

use bytes::Bytes;

use super::asked::{Asked, Kind, Scope};
use super::cursor::Binding;
use super::kept::Question;
use super::response_body::{RenderedResource, ResourceView, ResponseBody};
use super::{body, members};
use crate::scim::message::{CursorHead, ListHead, cursor_body, list_body};
use crate::scim::query::{ListQuery, Paging};
use crate::scim::schema::ResourceType;
use crate::scim::search;
use crate::service::response_memory::ResponseLease;
use crate::service::{Caller, Error, Gateway, Result};
use crate::store::{Find, Found, List, Record, Sort, Start, Tx, Walk, Walked};

impl Gateway {
    /// A page of the resources of one type, as a list response.
    ///
    /// # Errors
    /// 400 `invalidFilter`, `invalidValue` for what cannot be sorted by, `tooMany`, and those of cursors:
    /// `invalidCursor`, `expiredCursor`.
    pub async fn find(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        query: ListQuery,
    ) -> Result<ResponseBody> {
        self.list(caller, Scope::One(rt), query).await
    }

    /// A page of the resources of all types in one order (RFC 7644 §3.4.2.1). An attribute that a type does not
    /// have has no value there; one that no type has is refused.
    ///
    /// # Errors
    /// Those of [`Gateway::find`].
    pub async fn find_all(&self, caller: &Caller, query: ListQuery) -> Result<ResponseBody> {
        let scope = Scope::All(self.registry().types());
        self.list(caller, scope, query).await
    }

    /// [`Gateway::find`], asked for by a message instead of a query string (RFC 7644 §3.4.3).
    ///
    /// # Errors
    /// Those of [`Gateway::find`], and 400 for a body that is no SearchRequest.
    pub async fn search(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        bytes: Bytes,
    ) -> Result<ResponseBody> {
        let query = self.search_query(caller, rt, bytes).await?;
        self.find(caller, rt, query).await
    }

    /// [`Gateway::find_all`], asked for by a message.
    ///
    /// # Errors
    /// Those of [`Gateway::search`].
    pub async fn search_all(&self, caller: &Caller, bytes: Bytes) -> Result<ResponseBody> {
        let first = self.registry().types().first();
        let first = first.ok_or_else(|| Error::Internal {
            why: "no resource type".to_owned(),
        })?;
        let query = self.search_query(caller, first, bytes).await?;
        self.find_all(caller, query).await
    }

    /// What a search message asks for; `rt` is the type that is searched, or any.
    async fn search_query(
        &self,
        caller: &Caller,
        rt: &Arc<ResourceType>,
        bytes: Bytes,
    ) -> Result<ListQuery> {
        let rt = Arc::clone(rt);
        let read = move |caller: &Caller, bytes: &[u8], max_values| {
            search::parse(body::search(caller, &rt, bytes, max_values)?)
        };
        self.read_body(caller, bytes, read).await
    }

    async fn list(
        &self,
        caller: &Caller,
        scope: Scope<'_>,
        query: ListQuery,
    ) -> Result<ResponseBody> {
        caller.scopes.may_read()?;
        let asked = Asked::new(caller, scope, &query, self.settings())?;
        match &query.paging {
            Paging::Index(start) => {
                if !asked.is_quick(*start) {
                    let gateway = self.clone();
                    let start = *start;
                    let read = move |tx: &mut Tx<'_>| gateway.page_at(tx, &asked, start);
                    let store = self.store().for_client(&caller.connection);
                    return store.scan(read).await;
                }
                let question = match scope {
                    // What is found by a value is few, and found as fast.
                    Scope::One(rt) if query.filter.is_none() => {
                        Some(Question::new(caller, rt, &query))
                    }
                    Scope::One(_) | Scope::All(_) => None,
                };
                self.quickly(caller, asked, *start, question).await
            }
            Paging::Cursor(cursor) => {
                let binding = Binding::new(caller, scope, &query);
                self.by_cursor(caller, asked, &binding, cursor.as_deref())
                    .await
            }
        }
    }

    /// A page by position that is read where it is asked for. The answer to `question`, if that was just answered.
    async fn quickly(
        &self,
        caller: &Caller,
        asked: Asked,
        start_index: u64,
        question: Option<Question>,
    ) -> Result<ResponseBody> {
        let gateway = self.clone();
        let read = move |tx: &mut Tx<'_>| {
            let Some(question) = &question else {
                return gateway.page_at(tx, &asked, start_index);
            };
            let moment = tx.moment()?;
            if let Some(page) = moment.and_then(|at| gateway.kept().find(question, at)) {
                let mut lease = gateway.response_memory().lease(&asked.client);
                lease.reserve(page.len())?;
                return Ok(ResponseBody::of_text(page, lease));
            }
            let page = gateway.page_at(tx, &asked, start_index)?;
            if let (Some(at), Some(text)) = (moment, page.text()) {
                gateway.kept().keep(question, at, text);
            }
            Ok::<_, Error>(page)
        };
        let store = self.store().for_client(&caller.connection);
        store.glance(read).await
    }

    fn page_at(&self, tx: &mut Tx<'_>, asked: &Asked, start_index: u64) -> Result<ResponseBody> {
        tx.bound_documents(self.response_memory().room(&asked.client));
        let (total, records) = if let [kind] = asked.kinds.as_slice() {
            let Found { total, records } = tx.find(&asked.find(kind, start_index))?;
            (total, records)
        } else {
            let walked = tx.walk(&asked.walk(Start::Index(start_index)))?;
            (walked.total.unwrap_or(0), walked.records)
        };
        let mut lease = self.response_memory().lease(&asked.client);
        let resources = self.page(tx, asked, &records, &mut lease)?;
        let head = ListHead {
            total,
            start_index,
            items: resources.len(),
        };
        list_of(resources, lease, |resources| list_body(head, resources))
    }

    async fn by_cursor(
        &self,
        caller: &Caller,
        asked: Asked,
        binding: &Binding,
        cursor: Option<&str>,
    ) -> Result<ResponseBody> {
        let behind = cursor
            .map(|cursor| self.open_cursor(binding, cursor))
            .transpose()?;
        let gateway = self.clone();
        let quick = asked.is_quick(1);
        let read = move |tx: &mut Tx<'_>| {
            tx.bound_documents(gateway.response_memory().room(&asked.client));
            let Walked {
                total,
                records,
                next,
            } = tx.walk(&asked.walk(Start::Behind(behind.clone())))?;
            let mut lease = gateway.response_memory().lease(&asked.client);
            let resources = gateway.page(tx, &asked, &records, &mut lease)?;
            Ok::<_, Error>((total, next, resources, lease))
        };
        let store = self.store().for_client(&caller.connection);
        let (total, next, resources, lease) = if quick {
            store.glance(read).await?
        } else {
            store.scan(read).await?
        };
        let next = next
            .map(|place| self.seal_cursor(binding, &place))
            .transpose()?;
        let head = CursorHead { total, next };
        list_of(resources, lease, |resources| cursor_body(&head, resources))
    }

    /// The resources of a page as JSON text.
    fn page(
        &self,
        tx: &mut Tx<'_>,
        asked: &Asked,
        records: &[Record],
        lease: &mut ResponseLease,
    ) -> Result<Vec<RenderedResource>> {
        let kind_of = |record: &Record| {
            let found = asked.kinds.iter().find(|kind| *kind.rt.name == record.kind);
            found.ok_or_else(|| Error::Internal {
                why: format!("{} is no type that was asked for", record.kind),
            })
        };
        let groups = members::groups_of_page(tx, asked, records)?;
        records
            .iter()
            .map(|record| {
                let kind = kind_of(record)?;
                let joined = members::joined_with(tx, &asked.viewer, kind, record, &groups)?;
                let view = ResourceView {
                    viewer: &asked.viewer,
                    rt: &kind.rt,
                    record,
                    projection: &kind.projection,
                };
                self.rendered(tx, &view, &joined, lease)
            })
            .collect()
    }
}

/// The body of a list. `write` renders it around these resources; where one is a large group, around none first.
fn list_of(
    resources: Vec<RenderedResource>,
    mut lease: ResponseLease,
    write: impl FnOnce(&[RenderedResource]) -> Vec<u8>,
) -> Result<ResponseBody> {
    if resources.iter().any(RenderedResource::is_cut) {
        return Ok(ResponseBody::of_list(&write(&[]), resources, lease));
    }
    let text = write(&resources);
    lease.fit(text.len())?;
    Ok(ResponseBody::of_text(text.into(), lease))
}

impl Asked {
    fn find<'a>(&'a self, kind: &'a Kind, start_index: u64) -> Find<'a> {
        Find {
            viewer: &self.viewer,
            rt: &kind.rt,
            filter: kind.filter.as_ref(),
            sort: kind.by.clone().map(|by| Sort {
                by,
                descending: self.descending,
            }),
            start_index,
            count: self.count,
            max_scan: self.max_scan,
        }
    }

    fn walk(&self, start: Start) -> Walk<'_> {
        let lists = self.kinds.iter().map(|kind| List {
            rt: &kind.rt,
            filter: kind.filter.as_ref(),
            by: kind.by.clone(),
        });
        Walk {
            viewer: &self.viewer,
            lists: lists.collect(),
            descending: self.descending,
            start,
            count: self.count,
            max_scan: self.max_scan,
        }
    }
}

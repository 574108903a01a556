//! The store as the requests of one client use it: in turn with others, and only while somebody waits for the answer.

use std::sync::Arc;
use std::time::Duration;

use super::cause::Cause;
use super::open::Inner;
use super::tx::Tx;
use super::waiting::{Client, Ticket};
use super::{Error, queued};

/// A client's share of a store. What it asks for is refused unstarted, with [`Error::Unavailable`], when its caller has
/// gone or it has waited too long: [`super::READ_WAIT`] or [`super::WRITE_WAIT`].
pub struct ClientStore<'s> {
    inner: &'s Inner,
    name: Arc<str>,
}

impl<'s> ClientStore<'s> {
    pub(super) fn new(inner: &'s Inner, name: Arc<str>) -> Self {
        Self { inner, name }
    }

    /// [`super::Store::write`] for a change that is estimated to take so long.
    ///
    /// # Errors
    /// Those of [`super::Store::write`].
    pub async fn write<T, E>(
        self,
        cause: Cause,
        estimate: Duration,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let ticket = Ticket::of(Client::Named(self.name), estimate);
        queued(&self.inner.changes, ticket, Some(cause), closure).await
    }

    /// [`super::Store::read`].
    ///
    /// # Errors
    /// Those of [`super::Store::read`].
    pub async fn read<T, E>(
        self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let ticket = Ticket::of(Client::Named(self.name), Duration::ZERO);
        queued(&self.inner.reads, ticket, None, closure).await
    }

    /// [`super::Store::scan`].
    ///
    /// # Errors
    /// Those of [`super::Store::read`].
    pub async fn scan<T, E>(
        self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let ticket = Ticket::of(Client::Named(self.name), Duration::ZERO);
        queued(&self.inner.scans, ticket, None, closure).await
    }

    /// [`super::Store::glance`].
    ///
    /// # Errors
    /// Those of [`super::Store::read`].
    pub async fn glance<T, E>(
        self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        match self.inner.near.run(&closure) {
            Some(found) => found,
            None => self.read(closure).await,
        }
    }
}

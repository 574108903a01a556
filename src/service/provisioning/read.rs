//! Reading the log, newest first.

use crate::service::{Error, Gateway, Result};
use crate::store::{LogEntry, LogFind, Nature};

/// Entries on a page: 500 bytes each make 50 kB.
const PAGE: u32 = 100;

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Those of one connection.
    pub connection: Option<String>,
    /// Those about one resource.
    pub resource: Option<String>,
    /// Those of one nature.
    pub nature: Option<Nature>,
}

impl Gateway {
    /// The next entries before the id `before`, newest first; empty when there are no more.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn provisioning(
        &self,
        filter: &LogFilter,
        before: Option<&str>,
    ) -> Result<Vec<LogEntry>> {
        let find = LogFind {
            connection: filter.connection.clone(),
            resource: filter.resource.clone(),
            nature: filter.nature,
            before: before.map(str::to_owned),
            limit: PAGE,
        };
        self.store()
            .read(move |tx| tx.find_log(&find))
            .await
            .map_err(Error::from)
    }

    /// How many reads of a connection there were, whether they are still in the log or not.
    ///
    /// # Errors
    /// What the store answers when it cannot read.
    pub async fn reads(&self, connection: &str) -> Result<u64> {
        let connection = connection.to_owned();
        self.store()
            .read(move |tx| tx.reads(&connection))
            .await
            .map_err(Error::from)
    }
}

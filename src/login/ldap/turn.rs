//! The frame of a login: one time limit around all of it, one task for each attempt, one server after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;

use super::connection::{Bound, Connection};
use super::course::{Course, Stop};
use super::{Directory, Inner, Refusal, Refused};
use crate::config::LdapUrl;

/// One server of the directory, for one attempt.
pub(super) struct Server {
    pub(super) inner: Arc<Inner>,
    pub(super) url: LdapUrl,
    pub(super) course: Course,
    /// How long a connection to it is waited for, so that there is time left for the next one.
    pub(super) patience: Duration,
}

/// Tries one server after the other, until one has given an answer.
pub(super) async fn run<T, F>(
    directory: &Directory,
    course: &Course,
    attempt: impl Fn(Server) -> F,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Stop>> + Send + 'static,
{
    let inner = &directory.0;
    let limit = inner.settings.timeout.as_duration();
    let turns = async {
        let Ok(_permit) = inner.gate.acquire().await else {
            return Err(unavailable(
                course,
                "ldap.unavailable",
                "the directory is shut",
            ));
        };
        turns(inner, course, attempt).await
    };
    if let Ok(done) = tokio::time::timeout(limit, turns).await {
        return done;
    }
    // The one that was slow is not the first to be asked next time.
    inner.first.fetch_add(1, Ordering::Relaxed);
    let why = format!("no answer within ldap.timeout ({})", inner.settings.timeout);
    Err(unavailable(course, "ldap.unavailable", &why))
}

async fn turns<T, F>(
    inner: &Arc<Inner>,
    course: &Course,
    attempt: impl Fn(Server) -> F,
) -> Result<T, Refusal>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Stop>> + Send + 'static,
{
    let urls = &inner.settings.url;
    let first = inner.first.load(Ordering::Relaxed);
    let mut last = ("ldap.unavailable", "ldap.url names no server".to_owned());
    for turn in 0..urls.len() {
        let at = first.wrapping_add(turn) % urls.len();
        let Some(url) = urls.get(at) else { continue };
        if turn > 0 {
            course.note(format!("{}; the next server is asked", last.1));
        }
        course.begin("ldap.connect");
        let server = Server {
            inner: Arc::clone(inner),
            url: url.clone(),
            course: course.clone(),
            patience: patience(inner),
        };
        match alone(attempt(server)).await {
            Ok(done) => {
                inner.first.store(at, Ordering::Relaxed);
                return Ok(done);
            }
            Err(Stop::Refused(refusal)) => return Err(refusal),
            Err(Stop::Unreachable { code, why }) => last = (code, format!("{url}: {why}")),
        }
    }
    Err(unavailable(course, last.0, &last.1))
}

/// The share of one server: the last one has what is left.
fn patience(inner: &Inner) -> Duration {
    let servers = u32::try_from(inner.settings.url.len()).unwrap_or(u32::MAX);
    inner.settings.timeout.as_duration() / servers.max(1)
}

/// Runs it as a task, which ends with this future. A panic is what a malformed answer comes to.
async fn alone<T: Send + 'static>(
    attempt: impl Future<Output = Result<T, Stop>> + Send + 'static,
) -> Result<T, Stop> {
    let mut task = JoinSet::new();
    task.spawn(attempt);
    match task.join_next().await {
        Some(Ok(done)) => done,
        Some(Err(_)) | None => Err(Stop::unavailable("what the server answers is no LDAP")),
    }
}

fn unavailable(course: &Course, code: &'static str, why: &str) -> Refusal {
    course.fail(Refused::Unavailable, code, why)
}

impl Server {
    /// A new connection, bound for nobody.
    pub(super) async fn connect(&self) -> Result<Connection, Stop> {
        Connection::open(&self.inner, &self.url, self.patience).await
    }

    /// A new connection with the rights of the searching account, if there is one.
    pub(super) async fn service(&self) -> Result<Connection, Stop> {
        self.course.begin("ldap.connect");
        let mut connection = self.connect().await?;
        let secured = self.url.is_tls() || self.inner.settings.start_tls;
        let how = if secured { "secured" } else { "not secured" };
        self.course.pass(format!("{}, {how}", self.url));
        let settings = &self.inner.settings;
        let (Some(dn), Some(password)) = (&settings.bind_dn, &settings.bind_password) else {
            return Ok(connection);
        };
        self.course.begin("ldap.service_bind");
        let late = |_| Stop::unavailable("no answer to the bind of ldap.bind_dn");
        let bound = tokio::time::timeout(self.patience, connection.bind(dn, password));
        match bound.await.map_err(late)?? {
            Bound::Yes => {
                self.course.pass(format!("as {dn}"));
                Ok(connection)
            }
            Bound::No(why) => {
                let why = format!("ldap.bind_dn and ldap.bind_password are refused: {why}");
                Err(self
                    .course
                    .stop(Refused::Unavailable, "ldap.service_bind", why))
            }
        }
    }
}

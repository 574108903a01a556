//! A bounded queue between many clients and one worker or a few, who serve the clients in turn.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use super::Error;
use super::waiting::{Client, Entry, Order, Ticket};

/// How many times the usual number of jobs may wait where the gateway's own work is among them, which is never refused
/// because of what clients send.
const OWN_ROOM: usize = 2;

/// Clients that are remembered beside those that wait, before the ones that wait no longer are forgotten.
const REMEMBERED: usize = 64;

/// A piece of work that waits.
pub(super) trait Pending {
    /// Returns true if nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;

    /// Answers without having begun.
    fn refuse(self, why: Error);
}

/// Jobs that wait, each client's in the order they came.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    limit: usize,
    /// How long a job may wait.
    patience: Duration,
}

struct State<T> {
    jobs: BinaryHeap<Entry<T>>,
    /// The last turn that each client was given.
    turns: HashMap<Client, u64>,
    /// The turn that is being served.
    turn: u64,
    /// How many jobs came so far.
    arrivals: u64,
    open: bool,
    /// When those who are not kept are refused, after the queue was closed.
    over: Option<Instant>,
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The queue holds as many jobs as it may.
    Full,
    /// No more jobs are taken.
    Closed,
}

/// What a worker is given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken<T> {
    /// The job whose turn it is.
    Job(T),
    /// Nothing came in time.
    Nothing,
    /// The queue is closed and empty.
    Closed,
}

impl<T: Pending> Queue<T> {
    /// A queue of at most `limit` waiting jobs, each of which waits for at most `patience`.
    pub(super) fn new(limit: usize, patience: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                jobs: BinaryHeap::new(),
                turns: HashMap::new(),
                turn: 0,
                arrivals: 0,
                open: true,
                over: None,
            }),
            arrived: Condvar::new(),
            limit,
            patience,
        }
    }

    /// Adds a job, never waiting. A client that has more jobs in a full queue than this one has gives up its last.
    pub(super) fn push(&self, ticket: Ticket, job: T) -> Result<(), Refused> {
        let mut state = self.lock();
        if !state.open {
            return Err(Refused::Closed);
        }
        if state.jobs.len() >= self.limit {
            self.make_room(&mut state, &ticket)?;
        }
        let turn = state.draw_turn(&ticket.client);
        state.arrivals += 1;
        let order = Order {
            turn,
            arrival: state.arrivals,
        };
        state.jobs.push(Entry {
            order,
            since: Instant::now(),
            ticket,
            job,
        });
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Takes the next job, or waits for one, at most for `rest` if there is a limit to it.
    pub(super) fn take(&self, rest: Option<Duration>) -> Taken<T> {
        let mut state = self.lock();
        loop {
            if let Some(job) = self.pop(&mut state, None) {
                return Taken::Job(job);
            }
            if !state.open {
                return Taken::Closed;
            }
            state = match rest {
                None => {
                    let waited = self.arrived.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(rest) => {
                    let waited = self.arrived.wait_timeout(state, rest);
                    let (state, over) = waited.unwrap_or_else(PoisonError::into_inner);
                    if over.timed_out() && state.jobs.is_empty() && state.open {
                        return Taken::Nothing;
                    }
                    state
                }
            };
        }
    }

    /// Takes the next job if it is one of those that wait and needs no more time than there is.
    pub(super) fn take_within(&self, room: Duration) -> Option<T> {
        if room.is_zero() {
            return None;
        }
        self.pop(&mut self.lock(), Some(room))
    }

    /// How many jobs wait.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Takes no more jobs. Those that wait are done, but after `grace` only those that are kept.
    pub(super) fn close(&self, grace: Duration) {
        let mut state = self.lock();
        state.open = false;
        state.over.get_or_insert(Instant::now() + grace);
        drop(state);
        self.arrived.notify_all();
    }

    /// The next job, unless it needs more than `room`; those that have waited in vain are refused.
    fn pop(&self, state: &mut State<T>, room: Option<Duration>) -> Option<T> {
        loop {
            let next = state.jobs.peek()?;
            if let Some(why) = self.lapse(next, state.over) {
                state.jobs.pop()?.job.refuse(why);
                continue;
            }
            if room.is_some_and(|room| next.ticket.estimate > room) {
                return None;
            }
            let entry = state.jobs.pop()?;
            state.turn = entry.order.turn;
            return Some(entry.job);
        }
    }

    /// Why a job is not begun any more.
    fn lapse(&self, entry: &Entry<T>, over: Option<Instant>) -> Option<Error> {
        if entry.ticket.kept {
            return None;
        }
        let now = Instant::now();
        if entry.job.is_abandoned() {
            return Some(Error::Unavailable("the caller has gone".to_owned()));
        }
        if now.duration_since(entry.since) > self.patience {
            let waited = self.patience.as_secs();
            return Some(Error::Unavailable(format!(
                "the work has waited for more than {waited} s"
            )));
        }
        let closed = over.is_some_and(|over| now > over);
        closed.then(|| Error::Unavailable("the store is closed".to_owned()))
    }

    /// Makes room in a full queue for a job with this ticket.
    fn make_room(&self, state: &mut State<T>, ticket: &Ticket) -> Result<(), Refused> {
        let (lapsed, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut state.jobs)
            .into_vec()
            .into_iter()
            .partition(|entry| self.lapse(entry, None).is_some());
        state.jobs = waiting.into();
        for entry in lapsed {
            if let Some(why) = self.lapse(&entry, None) {
                entry.job.refuse(why);
            }
        }
        if state.jobs.len() < self.limit {
            return Ok(());
        }
        if ticket.kept {
            let full = state.jobs.len() >= self.limit.saturating_mul(OWN_ROOM);
            return if full { Err(Refused::Full) } else { Ok(()) };
        }
        state.displace_for(&ticket.client)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Pending> State<T> {
    /// The turn of the next job of `client`: behind its own that wait, and not before the turn that is served.
    fn draw_turn(&mut self, client: &Client) -> u64 {
        if self.turns.len() > self.jobs.len() + REMEMBERED {
            let present = self.turn;
            self.turns.retain(|_, last| *last >= present);
        }
        let present = self.turn;
        if let Some(last) = self.turns.get_mut(client) {
            *last = present.max(*last + 1);
            return *last;
        }
        self.turns.insert(client.clone(), present);
        present
    }

    /// Refuses the last job of the client that has most in the queue, if those are more than `client` would then have.
    fn displace_for(&mut self, client: &Client) -> Result<(), Refused> {
        let mut counts: HashMap<&Client, usize> = HashMap::new();
        for entry in self.jobs.iter().filter(|entry| !entry.ticket.kept) {
            *counts.entry(&entry.ticket.client).or_default() += 1;
        }
        let own = counts.get(client).copied().unwrap_or(0);
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        let Some((largest, _)) = most.filter(|(_, count)| *count > own + 1) else {
            return Err(Refused::Full);
        };
        let last = self
            .jobs
            .iter()
            .filter(|entry| !entry.ticket.kept && entry.ticket.client == *largest)
            .map(|entry| entry.order.arrival)
            .max();
        let (displaced, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.jobs)
            .into_vec()
            .into_iter()
            .partition(|entry| Some(entry.order.arrival) == last);
        self.jobs = others.into();
        for entry in displaced {
            entry.job.refuse(Error::Full);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// How long the jobs of these tests may wait: for ever.
    const LONG: Duration = Duration::from_secs(3_600);

    struct Numbered {
        number: u32,
        abandoned: bool,
        refusals: Sender<u32>,
    }

    impl Pending for Numbered {
        fn is_abandoned(&self) -> bool {
            self.abandoned
        }

        fn refuse(self, _: Error) {
            self.refusals.send(self.number).unwrap();
        }
    }

    /// A queue and the numbers of the jobs that it refused.
    struct Fixture {
        queue: Queue<Numbered>,
        sender: Sender<u32>,
        refusals: Receiver<u32>,
    }

    impl Fixture {
        fn new(limit: usize, patience: Duration) -> Self {
            let (sender, refusals) = channel();
            Self {
                queue: Queue::new(limit, patience),
                sender,
                refusals,
            }
        }

        fn push(&self, client: &str, number: u32) -> Result<(), Refused> {
            self.push_with(client, number, Duration::ZERO, false)
        }

        fn push_with(
            &self,
            client: &str,
            number: u32,
            estimate: Duration,
            abandoned: bool,
        ) -> Result<(), Refused> {
            let ticket = match client {
                "" => Ticket::kept(),
                name => Ticket::of(Client::Named(name.into()), estimate),
            };
            let job = Numbered {
                number,
                abandoned,
                refusals: self.sender.clone(),
            };
            self.queue.push(ticket, job)
        }

        fn take_all(&self) -> Vec<u32> {
            let all = std::iter::from_fn(|| self.queue.take_within(LONG));
            all.map(|job| job.number).collect()
        }

        fn refused(&self) -> Vec<u32> {
            self.refusals.try_iter().collect()
        }
    }

    #[test]
    fn refuses_what_is_too_much_and_drains_what_it_took() {
        let fixture = Fixture::new(3, LONG);
        for number in 0..3 {
            assert_eq!(fixture.push("a", number), Ok(()));
        }
        assert_eq!(fixture.push("a", 3), Err(Refused::Full));
        assert_eq!(fixture.take_all(), [0, 1, 2]);
        let soon = Some(Duration::from_millis(1));
        assert!(matches!(fixture.queue.take(soon), Taken::Nothing));
        assert_eq!(fixture.push("a", 2), Ok(()));
        fixture.queue.close(LONG);
        assert_eq!(fixture.push("a", 4), Err(Refused::Closed));
        assert!(matches!(fixture.queue.take(None), Taken::Job(_)));
        assert!(matches!(fixture.queue.take(None), Taken::Closed));
    }

    #[test]
    fn clients_are_served_in_turn() {
        let fixture = Fixture::new(100, LONG);
        for number in 0..5 {
            fixture.push("busy", number).unwrap();
        }
        fixture.push("other", 10).unwrap();
        fixture.push("", 20).unwrap();
        fixture.push("other", 11).unwrap();
        assert_eq!(fixture.take_all(), [0, 10, 20, 1, 11, 2, 3, 4]);
        // Who comes later begins where the others are, and makes up for nothing.
        fixture.push("busy", 5).unwrap();
        fixture.push("busy", 6).unwrap();
        fixture.push("other", 12).unwrap();
        assert_eq!(fixture.take_all()[..2], [12, 5]);
    }

    #[test]
    fn a_client_that_fills_the_queue_makes_room_for_others() {
        let fixture = Fixture::new(4, LONG);
        for number in 0..4 {
            fixture.push("busy", number).unwrap();
        }
        fixture.push("other", 10).unwrap();
        assert_eq!(fixture.refused(), [3]);
        fixture.push("other", 11).unwrap();
        assert_eq!(fixture.refused(), [2]);
        assert_eq!(fixture.push("other", 12), Err(Refused::Full));
        fixture.push("", 20).unwrap();
        assert_eq!(fixture.take_all(), [0, 10, 20, 1, 11]);
    }

    #[test]
    fn what_nobody_waits_for_is_not_begun() {
        let fixture = Fixture::new(3, LONG);
        fixture.push_with("a", 0, Duration::ZERO, true).unwrap();
        fixture.push_with("", 1, Duration::ZERO, true).unwrap();
        fixture.push_with("a", 2, Duration::ZERO, true).unwrap();
        // A queue that is full of what nobody waits for is not full.
        fixture.push("a", 3).unwrap();
        assert_eq!(fixture.take_all(), [1, 3]);
        let mut refused = fixture.refused();
        refused.sort_unstable();
        assert_eq!(refused, [0, 2]);
    }

    #[test]
    fn what_has_waited_too_long_is_not_begun() {
        let fixture = Fixture::new(9, Duration::ZERO);
        fixture.push("a", 0).unwrap();
        fixture.push("", 1).unwrap();
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(fixture.take_all(), [1]);
        assert_eq!(fixture.refused(), [0]);
    }

    #[test]
    fn a_closed_queue_does_what_is_kept_whatever_the_time() {
        let fixture = Fixture::new(9, LONG);
        fixture.push("a", 0).unwrap();
        fixture.push("", 1).unwrap();
        fixture.queue.close(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(fixture.take_all(), [1]);
        assert_eq!(fixture.refused(), [0]);
    }

    #[test]
    fn a_job_that_needs_more_time_than_there_is_waits() {
        let fixture = Fixture::new(9, LONG);
        let second = Duration::from_secs(1);
        fixture.push_with("a", 0, second, false).unwrap();
        let room = Duration::from_millis(50);
        assert!(fixture.queue.take_within(room).is_none());
        fixture.push("b", 1).unwrap();
        assert!(fixture.queue.take_within(Duration::ZERO).is_none());
        assert!(matches!(fixture.queue.take(None), Taken::Job(_)));
        assert_eq!(fixture.queue.take_within(room).unwrap().number, 1);
    }
}

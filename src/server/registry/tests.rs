//! Who is closed when there are too many connections.

use super::*;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn peer(address: &str) -> PeerAddress {
    let trusted = ["10.0.0.7".parse().unwrap()];
    PeerAddress::new(address.parse().unwrap(), &trusted)
}

fn table(capacity: usize) -> ConnectionTable {
    ConnectionTable {
        capacity,
        ..ConnectionTable::default()
    }
}

/// Admits a connection at `second`; returns its state and why others were closed.
fn connect(
    table: &mut ConnectionTable,
    address: &str,
    second: u64,
) -> (Arc<ConnectionActivity>, Vec<CloseReason>) {
    let activity = Arc::new(ConnectionActivity::new(at(second)));
    let (_, closed) = table.admit(peer(address), Arc::clone(&activity), at(second));
    (activity, closed)
}

/// Whether the connection was asked to end.
fn is_closed(activity: &ConnectionActivity) -> bool {
    futures_util::FutureExt::now_or_never(activity.closed()).is_some()
}

fn count(table: &ConnectionTable, address: &str) -> usize {
    table.by_peer.get(&peer(address)).map_or(0, BTreeMap::len)
}

#[test]
fn four_fifths_of_the_descriptors_are_used() {
    assert_eq!(capacity(1024, 30), 789);
    assert_eq!(capacity(256, 30), 174);
    assert_eq!(capacity(usize::MAX, 30), MAX_CONNECTIONS);
    assert_eq!(capacity(32, 30), MIN_CONNECTIONS);
    for descriptors in [128, 256, 1024, 65_536] {
        assert!(max_accepted(descriptors, 30) + 30 < descriptors);
    }
}

#[test]
fn an_address_has_at_most_256_connections() {
    let mut table = table(10_000);
    let (oldest, _) = connect(&mut table, "192.0.2.1", 0);
    for second in 1..256 {
        assert_eq!(connect(&mut table, "192.0.2.1", second).1, []);
    }
    let (newcomer, closed) = connect(&mut table, "192.0.2.1", 300);
    assert_eq!(closed, [CloseReason::AddressLimit]);
    assert!(is_closed(&oldest) && !is_closed(&newcomer));
    assert_eq!((count(&table, "192.0.2.1"), table.total), (256, 256));
    assert_eq!(connect(&mut table, "192.0.2.2", 300).1, []);
}

#[test]
fn an_ipv6_network_counts_as_one_address() {
    let mut table = table(10_000);
    for host in 0..=256 {
        connect(&mut table, &format!("2001:db8::{host:x}"), 0);
    }
    assert_eq!(count(&table, "2001:db8::1"), 256);
    connect(&mut table, "2001:db8:0:1::1", 0);
    assert_eq!(table.total, 257);
    connect(&mut table, "::ffff:192.0.2.1", 0);
    assert_eq!(count(&table, "192.0.2.1"), 1);
}

#[test]
fn this_machine_and_proxies_may_have_more() {
    for address in ["127.0.0.1", "::1", "10.0.0.7"] {
        let mut table = table(10_000);
        for _ in 0..1000 {
            assert_eq!(connect(&mut table, address, 0).1, []);
        }
    }
}

#[test]
fn under_pressure_the_longest_idle_of_the_address_with_most_is_closed() {
    let mut table = table(20);
    let (client, _) = connect(&mut table, "192.0.2.1", 0);
    let crowd: Vec<_> = (0..19)
        .map(|_| connect(&mut table, "198.51.100.9", 1).0)
        .collect();
    for newcomer in 1..=9 {
        let (_, closed) = connect(&mut table, &format!("203.0.113.{newcomer}"), 2);
        assert_eq!(closed, [CloseReason::Pressure]);
        assert!(is_closed(&crowd[newcomer - 1]));
    }
    assert!(!is_closed(&client));
    assert_eq!((count(&table, "198.51.100.9"), table.total), (10, 20));
}

/// A stranger that keeps requests unfinished is not better off than one that is idle.
#[test]
fn unfinished_anonymous_requests_do_not_protect_their_connections() {
    let mut table = table(20);
    let (client, _) = connect(&mut table, "192.0.2.1", 0);
    for _ in 0..19 {
        connect(&mut table, "198.51.100.9", 1).0.set_write_blocked();
    }
    connect(&mut table, "203.0.113.1", 2);
    assert!(!is_closed(&client));
    assert_eq!(count(&table, "198.51.100.9"), 18);
}

/// The requests of a proxy belong to many clients.
#[test]
fn a_busy_proxy_is_spared() {
    let mut table = table(20);
    for _ in 0..15 {
        connect(&mut table, "10.0.0.7", 0).0.set_write_blocked();
    }
    for _ in 0..5 {
        connect(&mut table, "198.51.100.9", 1);
    }
    connect(&mut table, "203.0.113.1", 2);
    assert_eq!(
        (
            count(&table, "10.0.0.7"),
            count(&table, "198.51.100.9"),
            table.total
        ),
        (15, 4, 20)
    );
}

#[test]
fn a_newcomer_is_accepted_even_if_all_are_busy() {
    let mut table = table(16);
    for _ in 0..16 {
        connect(&mut table, "127.0.0.1", 0).0.set_write_blocked();
    }
    let (newcomer, closed) = connect(&mut table, "203.0.113.1", 2);
    assert_eq!(closed, [CloseReason::Pressure]);
    assert!(!is_closed(&newcomer));
    assert_eq!(table.total, 16);
}

#[test]
fn idle_anonymous_connections_end_after_15_seconds() {
    let mut table = table(100);
    let (stranger, _) = connect(&mut table, "192.0.2.1", 0);
    let (local, _) = connect(&mut table, "127.0.0.1", 0);
    let (proxy, _) = connect(&mut table, "10.0.0.7", 0);
    assert_eq!(table.sweep(at(14)), []);
    assert_eq!(table.sweep(at(15)), [CloseReason::Idle; 2]);
    assert!(is_closed(&stranger) && is_closed(&local) && !is_closed(&proxy));
    assert_eq!(table.sweep(at(80)), [CloseReason::Idle]);
    assert!(is_closed(&proxy));
    assert_eq!(table.total, 0);
    assert!(table.by_count.is_empty() && table.by_peer.is_empty());
}

#[test]
fn a_slow_reader_is_closed() {
    let mut table = table(100);
    let (reader, _) = connect(&mut table, "192.0.2.1", 0);
    reader.set_write_blocked();
    let mut closed = Vec::new();
    for second in 1..=31 {
        closed = table.sweep(at(second));
    }
    assert_eq!(closed, [CloseReason::SlowReader]);
    assert!(is_closed(&reader));
}

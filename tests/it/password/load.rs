//! Bar 33: logins wait for each other, and nobody else waits for them. How fast is measured elsewhere; here is what must
//! hold on any machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::pages::{PASSWORD, person};
use crate::support::{Browser, Fixture};

#[test]
fn many_logins_at_once_are_answered_and_scim_goes_on_meanwhile() {
    let fixture = Fixture::start();
    person(&fixture, "ada@example.org", &[]);
    let client = fixture.client();
    let done = AtomicBool::new(false);
    let (statuses, served) = thread::scope(|scope| {
        let reads = scope.spawn(|| {
            let mut served = 0;
            while !done.load(Ordering::SeqCst) || served == 0 {
                client
                    .get("/Users?filter=userName%20eq%20%22x%22")
                    .expect(200);
                served += 1;
            }
            served
        });
        let logins: Vec<_> = (0..48)
            .map(|number| {
                let fixture = &fixture;
                scope.spawn(move || {
                    let known = number % 2 == 0;
                    let name = if known { "ada@example.org" } else { "nobody" };
                    Browser::new(fixture).log_in(name, PASSWORD).status
                })
            })
            .collect();
        let statuses: Vec<u16> = logins
            .into_iter()
            .map(|login| login.join().unwrap())
            .collect();
        done.store(true, Ordering::SeqCst);
        (statuses, reads.join().unwrap())
    });
    assert!(
        statuses.iter().step_by(2).all(|status| *status == 303),
        "{statuses:?}"
    );
    assert!(
        statuses
            .iter()
            .skip(1)
            .step_by(2)
            .all(|status| *status == 401),
        "{statuses:?}"
    );
    assert!(served > 0);
}

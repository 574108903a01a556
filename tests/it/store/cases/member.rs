//! Members as rows: deltas, what they cost, who is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::task::JoinSet;

use muster::scim::resource::Member;
use muster::store::{Error, GroupRef, Viewer};

use crate::store::fixture::{Fixture, cause, members};

pub(crate) async fn adding_twice_adds_once(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let group = at.make_group("staff").await;
    assert_eq!(at.add(&group, &[&ada.id, &ada.id, ""]).await, 1);
    assert_eq!(at.add(&group, &[&ada.id]).await, 0);
    let (gone, id) = (group.clone(), vec![ada.id.clone(), "nobody".to_owned()]);
    let removing = (gone.clone(), id.clone());
    assert_eq!(
        at.write(move |tx| tx.remove_members(&gone, &id)).await,
        Ok(1)
    );
    let (gone, id) = removing;
    assert_eq!(
        at.write(move |tx| tx.remove_members(&gone, &id)).await,
        Ok(0)
    );
    assert!(at.members(&group).await.is_empty());
}

pub(crate) async fn parallel_additions_all_stay(at: &Fixture) {
    let group = at.make_group("staff").await;
    let mut additions = JoinSet::new();
    for number in 0..25 {
        let (store, group, rt) = (at.store(), group.clone(), Arc::clone(&at.group));
        let new = members(&[&format!("{number:02}a"), &format!("{number:02}b")]);
        additions.spawn(async move {
            store
                .write(cause(1), move |tx| {
                    let group = tx.get(&Viewer::All, &rt, &group.id)?.unwrap();
                    tx.add_members(&group, &new)?;
                    tx.touch(&group)
                })
                .await
        });
    }
    assert!(additions.join_all().await.iter().all(Result::is_ok));
    assert_eq!(at.members(&group).await.len(), 50);
    let found = at.get(&at.group, &group.id).await.unwrap();
    assert_eq!(found.map(|group| group.version), Some(26));
}

pub(crate) async fn adding_costs_the_same_in_any_group(at: &Fixture) {
    let costs = |size: usize| async move {
        let group = at.make_group("staff").await;
        let ids: Vec<String> = (0..size).map(|_| at.id()).collect();
        at.add(&group, &ids.iter().map(String::as_str).collect::<Vec<_>>())
            .await;
        let user = at.make_user(&format!("user{size}")).await;
        at.write(move |tx| {
            let start = tx.effort();
            assert_eq!(tx.add_members(&group, &members(&[&user.id]))?, 1);
            let added = tx.effort() - start;
            let group = tx.touch(&group)?;
            tx.remove_members(&group, std::slice::from_ref(&user.id))?;
            Ok((added, tx.effort() - start))
        })
        .await
        .unwrap()
    };
    let small = costs(10).await;
    assert_eq!(costs(20_000).await, small);
}

pub(crate) async fn slices_stay_while_members_come(at: &Fixture) {
    let group = at.make_group("staff").await;
    let ids: Vec<String> = (0..10).map(|_| at.id()).collect();
    let [even, odd] = [0, 1].map(|rest| {
        ids.iter()
            .skip(rest)
            .step_by(2)
            .map(String::as_str)
            .collect::<Vec<_>>()
    });
    at.add(&group, &even).await;
    let slice = |after: Option<String>| {
        let group = group.clone();
        at.read(move |tx| tx.members(&Viewer::All, &group, after.as_deref(), 3))
    };
    let first = slice(None).await.unwrap();
    assert_eq!(
        first.iter().map(|row| &*row.value).collect::<Vec<_>>(),
        even[..3]
    );
    at.add(&group, &odd).await;
    let next = slice(first.last().map(|row| row.value.clone()))
        .await
        .unwrap();
    assert_eq!(
        next.iter().map(|row| &*row.value).collect::<Vec<_>>(),
        &ids[5..8]
    );
}

pub(crate) async fn an_unknown_id_resolves_to_nobody_for_good(at: &Fixture) {
    let group = at.make_group("staff").await;
    let early = format!("01900000-0000-7000-8000-{:012}", 3);
    at.add(&group, &[&early]).await;
    at.make_user("bob").await;
    let late = at.make_user("late").await;
    assert_eq!(late.id, early);
    at.add(&group, &[&late.id]).await;
    let of = group.clone();
    let found = at.read(move |tx| tx.members(&Viewer::All, &of, None, 10));
    let found = found.await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].resolved, None);
    assert_eq!(
        at.read(move |tx| tx.groups_of(&Viewer::All, &late.id))
            .await,
        Ok(vec![])
    );
}

pub(crate) async fn deleted_members_are_hidden(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let inner = at.make_group("inner").await;
    let staff = at.make_group("staff").await;
    at.add(&staff, &[&ada.id, &inner.id]).await;
    let (one, other) = (ada.id.clone(), inner.id.clone());
    let of = GroupRef {
        id: staff.id.clone(),
        display: Some("staff".to_owned()),
    };
    assert_eq!(
        at.read(move |tx| tx.groups_of(&Viewer::All, &one)).await,
        Ok(vec![of.clone()])
    );
    assert_eq!(
        at.read(move |tx| tx.groups_of(&Viewer::All, &other)).await,
        Ok(vec![of])
    );
    at.delete(&at.user, &ada).await;
    assert_eq!(at.members(&staff).await, std::slice::from_ref(&inner.id));
    // Taking away one that is hidden changes nothing that is shown, but it is gone.
    let (group, id) = (staff.clone(), ada.id.clone());
    assert_eq!(
        at.write(move |tx| tx.remove_members(&group, std::slice::from_ref(&id)))
            .await,
        Ok(0)
    );
    assert_eq!(at.add(&staff, &[&ada.id]).await, 1);
    assert_eq!(at.members(&staff).await, [ada.id, inner.id]);
}

pub(crate) async fn the_end_of_a_group_drops_its_members(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let staff = at.make_group("staff").await;
    at.add(&staff, &[&ada.id]).await;
    at.delete(&at.group, &staff).await;
    let id = ada.id.clone();
    assert_eq!(
        at.read(move |tx| tx.groups_of(&Viewer::All, &id)).await,
        Ok(vec![])
    );
    assert!(at.members(&staff).await.is_empty());
}

pub(crate) async fn setting_members_changes_what_differs(at: &Fixture) {
    let group = at.make_group("staff").await;
    let ids: Vec<String> = (0..2_500).map(|_| at.id()).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    at.add(&group, &ids).await;
    let set = |wanted: &[&str]| {
        let (group, wanted) = (group.clone(), members(wanted));
        at.write(move |tx| tx.set_members(&group, &wanted))
    };
    assert_eq!(set(&ids).await, Ok(0));
    let wanted = [&ids[3..2_400], &["new"]].concat();
    assert_eq!(set(&wanted).await, Ok(104));
    assert_eq!(at.members(&group).await, wanted);
}

pub(crate) async fn removing_where_and_clearing(at: &Fixture) {
    let group = at.make_group("staff").await;
    let ids: Vec<String> = (0..2_100).map(|_| at.id()).collect();
    at.add(&group, &ids.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let some = group.clone();
    let removed = at
        .write(move |tx| tx.remove_members_where(&some, &mut |row| Some(row.value.ends_with('7'))))
        .await;
    assert_eq!(removed, Ok(210));
    assert_eq!(at.members(&group).await.len(), 1_890);
    assert_eq!(
        at.write(move |tx| tx.clear_members(&group)).await,
        Ok(1_890)
    );
}

/// To delete or restore somebody gives each group a version: the work is that of the memberships and no more.
pub(crate) async fn hiding_costs_what_there_is_to_hide(at: &Fixture) {
    let store = at.store();
    let mut costs = Vec::new();
    for (person, count) in [("few", 100), ("many", 1_000)] {
        let ada = at.make_user(person).await;
        let mut groups = Vec::new();
        for number in 0..count {
            groups.push(at.make_group(&format!("{person}{number}")).await);
        }
        let (all, id) = (groups.clone(), ada.id.clone());
        let joined = at.write(move |tx| {
            for group in &all {
                tx.add_members(group, &members(&[&id]))?;
            }
            Ok(())
        });
        joined.await.unwrap();
        let rt = at.user.clone();
        let started = std::time::Instant::now();
        let deleted = store.write(cause(2), move |tx| {
            let before = tx.effort();
            tx.delete(&rt, &ada)?;
            Ok::<_, Error>(tx.effort() - before)
        });
        let steps = deleted.await.unwrap();
        println!("{count} groups: {steps} steps, {:?}", started.elapsed());
        let now = at.get(&at.group, &groups[0].id).await.unwrap().unwrap();
        assert_eq!(now.version, groups[0].version + 1);
        costs.push(steps / count);
    }
    assert!(costs[1] <= costs[0] * 2, "a group costs {costs:?}");
}

pub(crate) async fn display_is_as_sent(at: &Fixture) {
    let ada = at.make_user("ada").await;
    let group = at.make_group("staff").await;
    let as_sent = Member {
        value: ada.id.clone(),
        display: Some("Ada of old".to_owned()),
        kind: Some("user".to_owned()),
    };
    let (to, member) = (group.clone(), as_sent.clone());
    at.write(move |tx| tx.add_members(&to, std::slice::from_ref(&member)))
        .await
        .unwrap();
    let show = || {
        let group = group.clone();
        at.read(move |tx| Ok(tx.members(&Viewer::All, &group, None, 10)?.remove(0)))
    };
    let shown = show().await.unwrap();
    let second = as_sent.clone();
    assert_eq!((shown.display, shown.kind), (as_sent.display, as_sent.kind));
    assert_eq!(shown.resolved.as_deref(), Some("User"));
    for (display, changed) in [("Ada", 1), ("Ada", 0)] {
        let (to, mut member) = (group.clone(), second.clone());
        member.display = Some(display.to_owned());
        let done = at.write(move |tx| tx.describe_member(&to, &member)).await;
        assert_eq!(done, Ok(changed));
    }
    assert_eq!(show().await.unwrap().display.as_deref(), Some("Ada"));
}

pub(crate) async fn a_glance_at_much_becomes_a_read(at: &Fixture) {
    let group = at.make_group("staff").await;
    let ids: Vec<String> = (0..3_000).map(|_| at.id()).collect();
    at.add(&group, &ids.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let runs = Arc::new(AtomicU32::new(0));
    let glance = |limit: u32| {
        let (store, runs, group) = (at.store(), Arc::clone(&runs), group.clone());
        async move {
            let look = store.glance(move |tx| {
                runs.fetch_add(1, Ordering::Relaxed);
                tx.members(&Viewer::All, &group, None, limit)
            });
            look.await
        }
    };
    let few = glance(10).await.unwrap();
    assert_eq!((few.len(), runs.load(Ordering::Relaxed)), (10, 1));
    let all = glance(3_000).await.unwrap();
    assert_eq!(all.len(), 3_000);
    // Where every look means asking another process, it was a read from the beginning.
    let runs = runs.load(Ordering::Relaxed);
    assert!((2..=3).contains(&runs), "{runs}");
}

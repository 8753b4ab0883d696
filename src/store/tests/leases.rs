use futures_util::future::join_all;

use super::*;
use crate::error::ErrorKind;

#[tokio::test]
async fn a_lease_is_had_by_one_bridge_and_refused_to_others() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let (mine, other) = (lease(row.id), lease(row.id));
    assert_eq!(store.lease(row.id).await.unwrap(), None);
    assert_eq!(store.take_lease(mine.clone(), None).await.unwrap(), None);
    assert_eq!(store.take_lease(other.clone(), None).await.unwrap(), Some(mine.clone()));
    assert_eq!(store.lease(row.id).await.unwrap(), Some(mine.clone()));

    let again = LeaseRow { client: None, taken_at: Timestamp::from_millis(6_000), ..mine };
    assert_eq!(store.take_lease(again.clone(), None).await.unwrap(), None);
    assert_eq!(store.leases().await.unwrap(), [again]);
}

#[tokio::test]
async fn a_lease_is_taken_over_only_from_the_bridge_that_was_found_dead() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let (dead, next, late) = (lease(row.id), lease(row.id), lease(row.id));
    store.take_lease(dead.clone(), None).await.unwrap();
    let stranger = Some(BridgeId::new());
    assert_eq!(store.take_lease(next.clone(), stranger).await.unwrap(), Some(dead.clone()));
    assert_eq!(store.take_lease(next.clone(), Some(dead.bridge_id)).await.unwrap(), None);
    // Who found the same bridge dead, but comes second, does not get it.
    assert_eq!(store.take_lease(late, Some(dead.bridge_id)).await.unwrap(), Some(next));
}

#[tokio::test]
async fn of_many_that_want_a_lease_at_once_exactly_one_gets_it() {
    let home = Home::new();
    let (one, row) = with_session(&home).await;
    let other = home.store();
    for _ in 0..50 {
        let leases: Vec<_> = (0..8).map(|_| lease(row.id)).collect();
        let stores = [&one, &other].into_iter().cycle();
        let takes = leases.iter().zip(stores).map(|(lease, store)| store.take_lease(lease.clone(), None));
        let holders: Vec<_> = join_all(takes).await.into_iter().map(Result::unwrap).collect();
        let winners: Vec<_> = leases.iter().zip(&holders).filter(|(_, holder)| holder.is_none()).collect();
        let [(winner, _)] = winners[..] else { panic!("not one winner: {winners:?}") };
        assert!(holders.iter().flatten().all(|holder| holder == winner), "{holders:?}");
        other.release_leases(winner.bridge_id);
        other.commit(Batch::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_lease_of_a_session_that_is_not_there_is_refused() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let nowhere = store.take_lease(lease(SessionId::new()), None).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::SessionNotFound);
    store.take_lease(lease(row.id), None).await.unwrap();
    store.delete_session(row.id).await.unwrap();
    assert_eq!(store.leases().await.unwrap(), []);
    let gone = store.take_lease(lease(row.id), Some(BridgeId::new())).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::SessionNotFound);
}

#[tokio::test]
async fn a_lease_is_given_back_behind_what_was_written_and_only_by_its_holder() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let (mine, next) = (lease(row.id), lease(row.id));
    store.take_lease(mine.clone(), None).await.unwrap();
    store.release_lease(row.id, next.bridge_id);
    assert_eq!(store.take_lease(next.clone(), None).await.unwrap(), Some(mine.clone()));
    drop(store.commit(events([event(row.id, 1)])));
    store.release_lease(row.id, mine.bridge_id);
    assert_eq!(store.take_lease(next, None).await.unwrap(), None);
    assert_eq!(numbers(&store.events(all_events(row.id)).await.unwrap()), [1]);
}

#[tokio::test]
async fn all_leases_of_a_bridge_are_given_back_together() {
    let home = Home::new();
    let (store, first) = with_session(&home).await;
    let [second, third] = [session(), session()];
    for row in [&second, &third] {
        store.create_session(row.clone(), None).await.unwrap();
    }
    let bridge_id = BridgeId::new();
    let kept = lease(third.id);
    for lease in [LeaseRow { bridge_id, ..lease(first.id) }, LeaseRow { bridge_id, ..lease(second.id) }, kept.clone()] {
        assert_eq!(store.take_lease(lease, None).await.unwrap(), None);
    }
    store.release_leases(bridge_id);
    store.commit(Batch::default()).await.unwrap();
    assert_eq!(store.leases().await.unwrap(), [kept]);
}

#[tokio::test]
async fn a_session_is_held_from_its_beginning() {
    let home = Home::new();
    let (store, row) = (home.store(), session());
    let mine = lease(row.id);
    store.create_session(row.clone(), Some(mine.clone())).await.unwrap();
    assert_eq!(store.take_lease(lease(row.id), None).await.unwrap(), Some(mine));

    let elsewhere = session();
    let wrong = store.create_session(elsewhere.clone(), Some(lease(SessionId::new()))).await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::SessionNotFound);
    assert_eq!(store.session(elsewhere.id).await.unwrap(), None);
}

#[tokio::test]
async fn only_open_sessions_that_nobody_holds_and_nobody_used_are_closed_as_stale() {
    let home = Home::new();
    let store = home.store();
    let used = |millis: i64, state: &str| SessionRow {
        last_active_at: Timestamp::from_millis(millis),
        state: state.to_owned(),
        ..session()
    };
    let rows = [used(999, "open"), used(998, "open"), used(1_000, "open"), used(1, "failed"), used(2, "closed")];
    let held = &rows[1];
    for row in &rows {
        let lease = (row == held).then(|| lease(row.id));
        store.create_session(row.clone(), lease).await.unwrap();
    }
    assert_eq!(store.close_stale(Timestamp::from_millis(1_000)).await.unwrap(), 1);
    let mut states = Vec::new();
    for row in &rows {
        states.push(store.session(row.id).await.unwrap().unwrap().state);
    }
    assert_eq!(states, ["closed", "open", "open", "failed", "closed"]);
}

//! Processes that belong together, whoever of them is left: how they are found again, and how they are ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::processes::{Entry, Identity};

/// How long processes that lost their CLI have to end by themselves, once they are asked.
const GRACE: Duration = Duration::from_millis(250);
/// How long they can take to vanish once they are killed. What is in the kernel's hands by then stays there.
const LIMIT: Duration = Duration::from_secs(2);
/// How often it is looked who is left.
const PACE: Duration = Duration::from_millis(10);

/// Processes by number and start time. One that was known is not lost when its parent dies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Family {
    members: BTreeSet<Identity>,
}

impl Family {
    pub(super) fn of(members: impl IntoIterator<Item = Identity>) -> Self {
        Self { members: members.into_iter().collect() }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = Identity> {
        self.members.iter().copied()
    }

    /// Forgets those who have gone, and takes in those of `table` who are `adopted`, and everybody's descendants.
    pub(super) fn update(&mut self, table: &[Entry], adopted: impl Fn(&Entry) -> bool) {
        let living: BTreeMap<u32, &Entry> =
            table.iter().filter(|entry| !entry.ended).map(|entry| (entry.id.pid, entry)).collect();
        self.members.retain(|member| living.get(&member.pid).is_some_and(|entry| entry.id == *member));
        self.members.extend(living.values().filter(|entry| adopted(entry)).map(|entry| entry.id));
        loop {
            let is_member = |pid| living.get(&pid).is_some_and(|entry| self.members.contains(&entry.id));
            let children = living.values().filter(|entry| is_member(entry.parent)).map(|entry| entry.id);
            let new: Vec<Identity> = children.filter(|child| !self.members.contains(child)).collect();
            if new.is_empty() {
                return;
            }
            self.members.extend(new);
        }
    }

    fn signal(&self, signal: Signal) {
        self.members().for_each(|member| member.signal(signal));
    }
}

/// Ends a family: asks (TERM), waits a little, kills. `look` brings it up to date; it is over when nobody is left.
pub(super) async fn end(family: &mut Family, mut look: impl FnMut(&mut Family)) {
    look(family);
    family.signal(Signal::TERM);
    let asked = Instant::now();
    while !family.members.is_empty() && asked.elapsed() < GRACE {
        sleep(PACE).await;
        look(family);
    }
    while !family.members.is_empty() && asked.elapsed() < GRACE + LIMIT {
        // One that is not there yet is found by the next look, unless its parents are all dead by then.
        family.signal(Signal::KILL);
        sleep(PACE).await;
        look(family);
    }
    if !family.members.is_empty() {
        tracing::warn!(?family, "processes do not end though they are killed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(pid: u32, parent: u32) -> Entry {
        Entry { id: Identity { pid, start: u64::from(pid) * 10 }, parent, ended: false }
    }

    fn pids(family: &Family) -> Vec<u32> {
        family.members().map(|member| member.pid).collect()
    }

    #[test]
    fn descendants_of_any_depth_belong_and_strangers_do_not() {
        let table = [entry(9, 5), entry(5, 3), entry(3, 2), entry(2, 1), entry(4, 1), entry(6, 4)];
        let mut family = Family::of([table[2].id]);
        family.update(&table, |_| false);
        assert_eq!(pids(&family), [3, 5, 9]);
        family.update(&table, |entry| entry.id.pid == 4);
        assert_eq!(pids(&family), [3, 4, 5, 6, 9]);
    }

    #[test]
    fn one_whose_parent_died_is_still_known() {
        let mut family = Family::of([entry(3, 2).id]);
        family.update(&[entry(3, 2), entry(5, 3)], |_| false);
        family.update(&[entry(5, 1)], |_| false);
        assert_eq!(pids(&family), [5]);
    }

    #[test]
    fn another_process_with_the_number_of_one_that_ended_is_a_stranger() {
        let mut family = Family::of([entry(3, 2).id]);
        let another = Entry { id: Identity { pid: 3, start: 31 }, ..entry(3, 2) };
        family.update(&[another, entry(5, 3)], |_| false);
        assert_eq!(pids(&family), [0; 0]);
        let mut family = Family::of([entry(3, 2).id]);
        family.update(&[Entry { ended: true, ..entry(3, 2) }], |_| false);
        assert_eq!(pids(&family), [0; 0]);
    }
}

//! How many sessions may have a process at a time, and who gives way.
//!
//! Whoever starts a process needs a seat. Where all are taken, the session that has had nothing to do for the longest
//! time is asked to give its up; where all are busy, who needs one waits, first come, first served.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

/// All seats.
#[derive(Clone, Debug)]
pub(super) struct Seats(Arc<Mutex<Room>>);

/// The right to have a process; it goes to the next with this value.
#[derive(Debug)]
pub(super) struct Seat {
    room: Seats,
    number: u64,
    idle: bool,
    wanted: Arc<Notify>,
}

/// The answer to who needs a seat.
#[derive(Debug)]
pub(super) enum Request {
    /// Here it is.
    Granted(Seat),
    /// It will come.
    Waiting(oneshot::Receiver<Seat>),
}

#[derive(Debug)]
struct Room {
    size: usize,
    taken: Vec<Taken>,
    waiting: VecDeque<oneshot::Sender<Seat>>,
    /// Numbers given out so far, to seats and to moments.
    count: u64,
}

#[derive(Debug)]
struct Taken {
    number: u64,
    /// Since when there is nothing to do for whoever sits here.
    idle_since: Option<u64>,
    /// Whether it was asked to give the seat up.
    asked: bool,
    wanted: Arc<Notify>,
}

impl Seats {
    /// This many; at least one.
    pub(super) fn new(size: usize) -> Self {
        Self(Arc::new(Mutex::new(Room { size: size.max(1), taken: Vec::new(), waiting: VecDeque::new(), count: 0 })))
    }

    /// A seat, if there is a free one.
    pub(super) fn take(&self) -> Option<Seat> {
        let mut room = self.lock();
        (room.taken.len() < room.size).then(|| self.seat(&mut room))
    }

    /// A seat, now or as soon as somebody gives one up. Not to wait any longer: drop the receiver.
    pub(super) fn request(&self) -> Request {
        if let Some(seat) = self.take() {
            return Request::Granted(seat);
        }
        let (sender, receiver) = oneshot::channel();
        let mut room = self.lock();
        room.waiting.push_back(sender);
        room.ask_the_idle();
        Request::Waiting(receiver)
    }

    fn seat(&self, room: &mut Room) -> Seat {
        let number = room.next();
        let wanted = Arc::new(Notify::new());
        room.taken.push(Taken { number, idle_since: None, asked: false, wanted: Arc::clone(&wanted) });
        Seat { room: self.clone(), number, idle: false, wanted }
    }

    /// Gives a seat that was freed to who waits longest.
    fn pass_on(&self) {
        let mut unwanted = None;
        let mut room = self.lock();
        while room.taken.len() < room.size
            && unwanted.is_none()
            && let Some(next) = room.waiting.pop_front()
        {
            if !next.is_closed() {
                unwanted = next.send(self.seat(&mut room)).err();
            }
        }
        drop(room);
        // Its own end passes it on, for which the room must not be locked.
        drop(unwanted);
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Asks as many of those who are idle as there are waiting, the longest idle first.
    fn ask_the_idle(&mut self) {
        self.waiting.retain(|waiting| !waiting.is_closed());
        let asked = self.taken.iter().filter(|taken| taken.asked).count();
        for _ in asked..self.waiting.len() {
            let idle = self.taken.iter_mut().filter(|taken| !taken.asked && taken.idle_since.is_some());
            let Some(longest) = idle.min_by_key(|taken| taken.idle_since) else { return };
            longest.asked = true;
            longest.wanted.notify_one();
        }
    }
}

impl Seat {
    /// Says whether there is anything to do for who sits here.
    pub(super) fn set_idle(&mut self, idle: bool) {
        if self.idle == idle {
            return;
        }
        self.idle = idle;
        let mut room = self.room.lock();
        let now = room.next();
        if let Some(taken) = room.taken.iter_mut().find(|taken| taken.number == self.number) {
            taken.idle_since = idle.then_some(now);
            // If it was asked, it was too late: another has to be.
            taken.asked = false;
        }
        room.ask_the_idle();
    }

    /// Resolves when another needs the seat.
    pub(super) async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.room.lock().taken.retain(|taken| taken.number != self.number);
        self.room.pass_on();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn granted(request: Request) -> Seat {
        match request {
            Request::Granted(seat) => seat,
            Request::Waiting(_) => panic!("there was no seat"),
        }
    }

    fn waiting(request: Request) -> oneshot::Receiver<Seat> {
        match request {
            Request::Waiting(receiver) => receiver,
            Request::Granted(_) => panic!("there was a seat"),
        }
    }

    fn is_wanted(seat: &Seat) -> bool {
        seat.wanted().now_or_never().is_some()
    }

    #[test]
    fn a_seat_that_is_given_up_goes_to_who_waits_longest() {
        let seats = Seats::new(1);
        let first = granted(seats.request());
        assert!(seats.take().is_none());
        let mut waiters = [waiting(seats.request()), waiting(seats.request())];
        drop(first);
        let second = waiters[0].try_recv().unwrap();
        assert!(waiters[1].try_recv().is_err());
        drop(second);
        assert!(waiters[1].try_recv().is_ok());
        assert!(seats.take().is_some());
    }

    #[test]
    fn who_waits_no_longer_is_passed_over() {
        let seats = Seats::new(1);
        let first = granted(seats.request());
        drop(waiting(seats.request()));
        let mut last = waiting(seats.request());
        drop(first);
        assert!(last.try_recv().is_ok());
        assert!(seats.take().is_some());
    }

    #[test]
    fn the_longest_idle_is_asked_to_give_way_and_no_more_than_are_needed() {
        let seats = Seats::new(3);
        let mut all: Vec<Seat> = (0..3).map(|_| granted(seats.request())).collect();
        all[1].set_idle(true);
        all[0].set_idle(true);
        let _waiter = waiting(seats.request());
        assert_eq!(all.iter().map(is_wanted).collect::<Vec<_>>(), [false, true, false]);
        // It has got something to do before it could go.
        all[1].set_idle(false);
        assert_eq!(all.iter().map(is_wanted).collect::<Vec<_>>(), [true, false, false]);
    }

    #[test]
    fn who_comes_to_rest_while_another_waits_is_asked_at_once() {
        let seats = Seats::new(1);
        let mut only = granted(seats.request());
        let _waiter = waiting(seats.request());
        assert!(!is_wanted(&only));
        only.set_idle(true);
        assert!(is_wanted(&only));
    }

    #[test]
    fn nobody_is_asked_for_who_waits_no_longer() {
        let seats = Seats::new(1);
        let mut only = granted(seats.request());
        drop(waiting(seats.request()));
        only.set_idle(true);
        assert!(!is_wanted(&only));
    }
}

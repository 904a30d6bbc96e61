//! What waits for a connection.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{errors::Failed, prepared::Prepared};

/// What waits beyond that would not have its turn in time.
const MOST_WAITING: usize = 10_000;

pub(super) type Job = Box<dyn FnOnce(&mut Prepared<'_>) + Send>;

/// How much may wait for each thread that is awake before another is woken: to wake one costs more than most jobs do.
const WAITING_FOR_EACH: usize = 16;

/// Jobs that wait for a connection.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    awake: usize,
    asleep: usize,
    /// Of those that are awake, the ones that do not know it yet.
    called: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn push(&self, job: Job) -> Result<(), Failed> {
        let mut waiting = locked(&self.waiting);
        if waiting.closed {
            return Err(Failed::Closed);
        }
        if waiting.jobs.len() >= MOST_WAITING {
            return Err(Failed::Busy);
        }
        waiting.jobs.push_back(job);
        let wakes = waiting.asleep > 0 && waiting.jobs.len() > WAITING_FOR_EACH * waiting.awake;
        if wakes {
            waiting.asleep -= 1;
            waiting.awake += 1;
            waiting.called += 1;
        }
        drop(waiting);
        if wakes {
            self.changed.notify_one();
        }
        Ok(())
    }

    /// What a thread works off, each job as soon as there is one, until there will be none any more.
    pub(super) fn work(&self) -> impl Iterator<Item = Job> {
        locked(&self.waiting).awake += 1;
        std::iter::from_fn(|| self.next())
    }

    fn next(&self) -> Option<Job> {
        let mut waiting = locked(&self.waiting);
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting.awake -= 1;
            waiting.asleep += 1;
            let nobody_calls = |waiting: &mut Waiting| waiting.called == 0 && !waiting.closed;
            waiting = self.changed.wait_while(waiting, nobody_calls).unwrap_or_else(PoisonError::into_inner);
            waiting.called = waiting.called.saturating_sub(1);
        }
    }

    pub(super) fn close(&self) {
        locked(&self.waiting).closed = true;
        self.changed.notify_all();
    }
}

/// Nothing that is done under these locks leaves anything half done.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use super::*;

    #[test]
    fn a_queue_is_bounded_and_works_off_what_it_took() {
        let queue = Queue::default();
        for _ in 0..MOST_WAITING {
            queue.push(Box::new(|_| ())).unwrap();
        }
        assert!(matches!(queue.push(Box::new(|_| ())), Err(Failed::Busy)));
        queue.close();
        assert!(matches!(queue.push(Box::new(|_| ())), Err(Failed::Closed)));
        assert_eq!(queue.work().count(), MOST_WAITING);
    }

    #[test]
    fn as_many_threads_are_woken_as_what_waits_is_worth() {
        let queue = Queue::default();
        // Three that sleep, as far as the queue knows.
        locked(&queue.waiting).asleep = 3;
        let mut awake = Vec::new();
        for _ in 0..=3 * WAITING_FOR_EACH {
            queue.push(Box::new(|_| ())).unwrap();
            awake.push(locked(&queue.waiting).awake);
        }
        assert_eq!(awake[0], 1, "somebody has to");
        assert_eq!((awake[WAITING_FOR_EACH - 1], awake[WAITING_FOR_EACH]), (1, 2));
        assert_eq!((awake[2 * WAITING_FOR_EACH - 1], awake[2 * WAITING_FOR_EACH]), (2, 3));
        assert_eq!(awake.last(), Some(&3), "there are no more");
    }

    #[test]
    fn what_comes_while_all_are_asleep_is_worked_off_by_as_many_as_there_are() {
        let queue = Arc::new(Queue::default());
        let done = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (queue, done) = (Arc::clone(&queue), Arc::clone(&done));
                let count = move |_| {
                    done.fetch_add(1, Ordering::SeqCst);
                };
                thread::spawn(move || queue.work().for_each(count))
            })
            .collect();
        for round in 1..=200 {
            for _ in 0..round {
                queue.push(Box::new(|_| ())).unwrap();
            }
            let all = round * (round + 1) / 2;
            while done.load(Ordering::SeqCst) < all {
                thread::yield_now();
            }
        }
        queue.close();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

//! What waits for a connection.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{errors::Failed, prepared::Prepared};

/// What waits beyond that would not have its turn in time.
const MOST_WAITING: usize = 10_000;

pub(super) type Job = Box<dyn FnOnce(&mut Prepared<'_>) + Send>;

/// Jobs that wait for a connection.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
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
        drop(waiting);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job, as soon as there is one; none where there will be none any more.
    pub(super) fn next(&self) -> Option<Job> {
        let mut waiting = locked(&self.waiting);
        loop {
            if let Some(job) = waiting.jobs.pop_front() {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
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
        assert_eq!(std::iter::from_fn(|| queue.next()).count(), MOST_WAITING);
    }
}

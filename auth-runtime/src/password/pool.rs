use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
};

use super::{HashError, PasswordHash, PasswordHasher, Verdict, normalized};
use crate::secret::Secret;

/// How much hashing runs at once, and how much may wait.
///
/// Memory is bounded by it: each permit keeps the working memory of one hash, 19 MiB with the default parameters.
///
/// ```
/// use std::num::NonZeroUsize;
/// use auth_runtime::PoolSize;
///
/// let one_at_a_time = PoolSize { permits: NonZeroUsize::MIN, ..PoolSize::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// Hashes computed at the same time; by default one for each core.
    pub permits: NonZeroUsize,
    /// Logins that may wait for a permit; beyond that they are answered with 503 and `Retry-After`. By default 64 for
    /// each permit.
    pub waiting: usize,
    /// How much less urgent a hash is than the rest of the process, from 0 to 19, on Linux: what is answered in microseconds then
    /// waits less for hashes that take milliseconds, and logins wait for whatever else keeps all cores busy (a thread of nice 10 has
    /// a tenth of another's time there). By default 0: a sandbox may kill a program that changes priorities (`setpriority`, which
    /// systemd counts among `@resources`).
    pub nice: u8,
}

impl Default for PoolSize {
    fn default() -> Self {
        let permits = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { permits, waiting: permits.get().saturating_mul(64), nice: 0 }
    }
}

/// Why the pool gave no answer.
#[derive(Debug)]
pub(crate) enum PoolError {
    /// The queue is full, or the job was lost.
    Busy,
    /// The hasher failed.
    Hash(HashError),
}

/// Runs a [`PasswordHasher`] off the async workers, a bounded number at a time.
#[derive(Clone)]
pub(crate) struct HashingPool {
    hasher: Arc<dyn PasswordHasher>,
    permits: Arc<Semaphore>,
    /// Jobs that run or wait. Seats are given back by the job's own drop, however it ends.
    present: Arc<AtomicUsize>,
    max_present: usize,
    nice: u8,
}

struct Seat(Arc<AtomicUsize>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl HashingPool {
    pub(crate) fn new(hasher: Arc<dyn PasswordHasher>, size: PoolSize) -> Self {
        let permits = size.permits.get().min(Semaphore::MAX_PERMITS);
        Self {
            hasher,
            permits: Arc::new(Semaphore::new(permits)),
            present: Arc::default(),
            max_present: permits.saturating_add(size.waiting),
            nice: size.nice,
        }
    }

    /// A place in the queue, or none where it is full.
    pub(crate) fn enter(&self) -> Result<Place<'_>, PoolError> {
        let present = self.present.fetch_add(1, Ordering::AcqRel);
        let seat = Seat(Arc::clone(&self.present));
        if present >= self.max_present {
            return Err(PoolError::Busy);
        }
        Ok(Place { pool: self, seat })
    }

    pub(crate) async fn hash(&self, password: Secret) -> Result<PasswordHash, PoolError> {
        self.enter()?.turn().await?.hash(password).await
    }
}

/// A place in the queue.
pub(crate) struct Place<'a> {
    pool: &'a HashingPool,
    seat: Seat,
}

impl Place<'_> {
    /// Waits for its turn to hash.
    pub(crate) async fn turn(self) -> Result<HashingTurn, PoolError> {
        let permit = Arc::clone(&self.pool.permits).acquire_owned().await.map_err(|_| PoolError::Busy)?;
        let HashingPool { hasher, nice, .. } = self.pool;
        Ok(HashingTurn { hasher: Arc::clone(hasher), held: Arc::new((permit, self.seat)), nice: *nice })
    }
}

/// A turn to hash, which ends with whoever has it and with the last job that runs in it.
pub(crate) struct HashingTurn {
    hasher: Arc<dyn PasswordHasher>,
    held: Arc<(OwnedSemaphorePermit, Seat)>,
    nice: u8,
}

impl HashingTurn {
    /// Verifies a password. Where the stored hash cannot be read, the decoy is verified, so that it costs the same; the error
    /// is what was wrong with the hash.
    pub(crate) async fn verify(
        &self,
        password: Secret,
        stored: Option<PasswordHash>,
        decoy: PasswordHash,
    ) -> Result<Result<Verdict, HashError>, PoolError> {
        self.run(move |hasher| {
            let password = normalized(&password);
            let outcome = stored.map_or(Ok(None), |stored| hasher.verify(password.expose(), &stored).map(Some));
            Ok(match outcome {
                Ok(Some(verdict)) => Ok(verdict),
                other => {
                    let _ = hasher.verify(password.expose(), &decoy);
                    other.map(|_| Verdict::Mismatch)
                }
            })
        })
        .await
    }

    pub(crate) async fn hash(&self, password: Secret) -> Result<PasswordHash, PoolError> {
        self.run(move |hasher| hasher.hash(normalized(&password).expose())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&dyn PasswordHasher) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, PoolError> {
        let (hasher, held, nice) = (Arc::clone(&self.hasher), Arc::clone(&self.held), self.nice);
        let (answer, answered) = oneshot::channel();
        let runtime = Handle::current();
        // The job owns its turn too: a request that is dropped does not end it while the hash still runs.
        let job = move || {
            // A hasher may ask the runtime for something, as it may on any of its threads.
            let _entered = runtime.enter();
            give_way(nice);
            let outcome = job(hasher.as_ref());
            drop(held);
            // Nobody may wait for it any more.
            let _ = answer.send(outcome);
        };
        // Not `spawn_blocking`: a priority that was lowered cannot be raised again, and the runtime's threads do other work too.
        if let Err(error) = thread::Builder::new().name("auth-hash".to_owned()).spawn(job) {
            tracing::error!(event = "hash.no_thread", %error);
            return Err(PoolError::Busy);
        }
        answered.await.map_err(|_| PoolError::Busy)?.map_err(PoolError::Hash)
    }
}

/// On Linux, a thread has a priority of its own. Where it may not be lowered, it is a thread like any other.
#[cfg(target_os = "linux")]
fn give_way(nice: u8) {
    if nice > 0 {
        let _ = rustix::process::nice(nice.into());
    }
}

#[cfg(not(target_os = "linux"))]
fn give_way(_: u8) {}

#[cfg(test)]
mod tests {
    use std::{
        sync::{Condvar, Mutex},
        time::Duration,
    };

    use super::*;

    /// Hashes only while the gate is open, and counts.
    #[derive(Default)]
    struct Gated {
        open: Mutex<bool>,
        opened: Condvar,
        running: AtomicUsize,
        max_running: AtomicUsize,
    }

    impl Gated {
        fn open(&self) {
            *self.open.lock().unwrap() = true;
            self.opened.notify_all();
        }
    }

    struct Handle(Arc<Gated>);

    impl PasswordHasher for Handle {
        fn hash(&self, _: &str) -> Result<PasswordHash, HashError> {
            let running = self.0.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.0.max_running.fetch_max(running, Ordering::SeqCst);
            let mut open = self.0.open.lock().unwrap();
            while !*open {
                open = self.0.opened.wait(open).unwrap();
            }
            self.0.running.fetch_sub(1, Ordering::SeqCst);
            Ok(PasswordHash::from_stored("done"))
        }

        fn verify(&self, _: &str, _: &PasswordHash) -> Result<Verdict, HashError> {
            Ok(Verdict::Mismatch)
        }
    }

    fn pool(permits: usize, waiting: usize) -> (Arc<Gated>, HashingPool) {
        let gated = Arc::new(Gated::default());
        let size = PoolSize { permits: NonZeroUsize::new(permits).unwrap(), waiting, nice: 0 };
        (Arc::clone(&gated), HashingPool::new(Arc::new(Handle(gated)), size))
    }

    /// Whether a further job is turned away, rather than made to wait.
    async fn is_full(pool: &HashingPool) -> bool {
        let answer = tokio::time::timeout(Duration::from_secs(60), pool.hash("x".into())).await;
        matches!(answer, Ok(Err(PoolError::Busy)))
    }

    async fn until(condition: impl Fn() -> bool) {
        while !condition() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn runs_no_more_than_its_permits_and_refuses_what_does_not_fit_the_queue() {
        let (gated, pool) = pool(2, 3);
        let jobs: Vec<_> = (0..5)
            .map(|_| {
                tokio::spawn({
                    let pool = pool.clone();
                    async move { pool.hash("x".into()).await }
                })
            })
            .collect();
        until(|| pool.present.load(Ordering::SeqCst) == 5 && gated.running.load(Ordering::SeqCst) == 2).await;
        assert!(is_full(&pool).await);
        gated.open();
        for job in jobs {
            assert!(job.await.unwrap().is_ok());
        }
        assert_eq!(gated.max_running.load(Ordering::SeqCst), 2);
        assert!(pool.hash("x".into()).await.is_ok(), "the places are free again");
        assert_eq!(pool.present.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_dropped_request_keeps_its_permit_until_the_hash_is_done() {
        let (gated, pool) = pool(1, 0);
        let job = tokio::spawn({
            let pool = pool.clone();
            async move { pool.hash("x".into()).await }
        });
        until(|| gated.running.load(Ordering::SeqCst) == 1).await;
        job.abort();
        assert!(job.await.unwrap_err().is_cancelled());
        assert!(is_full(&pool).await);
        gated.open();
        until(|| pool.present.load(Ordering::SeqCst) == 0).await;
        assert!(pool.hash("x".into()).await.is_ok());
    }

    /// Tells the nice value of the thread that it runs on, and whether it knows the runtime.
    #[cfg(target_os = "linux")]
    struct Telling;

    #[cfg(target_os = "linux")]
    impl PasswordHasher for Telling {
        fn hash(&self, _: &str) -> Result<PasswordHash, HashError> {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            // proc(5): the name is in parentheses, and the nice value is the 17th field after it.
            let nice = stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().to_owned();
            Ok(PasswordHash::from_stored(format!("{nice} {}", tokio::runtime::Handle::try_current().is_ok())))
        }

        fn verify(&self, _: &str, _: &PasswordHash) -> Result<Verdict, HashError> {
            Ok(Verdict::Mismatch)
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_hash_is_as_urgent_as_its_pool_says_and_its_thread_knows_the_runtime() {
        let own: i64 = Telling.hash("x").unwrap().expose().split_whitespace().next().unwrap().parse().unwrap();
        for nice in [0, 3] {
            let pool = HashingPool::new(Arc::new(Telling), PoolSize { nice, ..PoolSize::default() });
            let told = pool.hash("x".into()).await.unwrap();
            assert_eq!(told.expose(), format!("{} true", (own + i64::from(nice)).min(19)));
        }
        let after: i64 = Telling.hash("x").unwrap().expose().split_whitespace().next().unwrap().parse().unwrap();
        assert_eq!(after, own, "no other thread gives way");
    }
}

//! What the library logs.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    sync::{Arc, Mutex, Once},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Keeps all that is logged in the thread of a test.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

thread_local! {
    static OF_THIS_THREAD: RefCell<Option<Log>> = const { RefCell::new(None) };
}

impl Log {
    /// From now on.
    // One subscriber for all threads: with one for each, `tracing` may take an event for nobody's while another comes or goes.
    #[must_use]
    pub fn start() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| drop(tracing::subscriber::set_global_default(ToItsThread)));
        let log = Self::default();
        OF_THIS_THREAD.set(Some(log.clone()));
        log
    }

    /// What was logged.
    ///
    /// # Panics
    /// If whoever logged did.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

struct ToItsThread;

impl Subscriber for ToItsThread {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("auth_runtime")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        OF_THIS_THREAD.with_borrow(|log| {
            let Some(Log(text)) = log else { return };
            let mut text = text.lock().unwrap();
            event.record(&mut Line(&mut text));
            text.push('\n');
        });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

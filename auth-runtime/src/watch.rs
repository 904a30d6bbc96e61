//! Every decision, told to whoever watches: as a `tracing` event, as a counter, and to the application's own sink.

use std::{cell::LazyCell, fmt, net::IpAddr, ops::Deref, sync::Arc};

use axum::{extract::OriginalUri, http::request::Parts};
use serde::Serialize;

use crate::{ambient::Clock, error::Refusal};

/// One decision. It holds no secret: no password, no token, no hash.
///
/// The names are stable:
///
/// | event | when | fields |
/// | --- | --- | --- |
/// | `access.granted` | a guard let a request pass | `user`, `method`, `path` |
/// | `access.refused` | a guard or a rule refused one | `reason`, `method`, `path` |
/// | `access.observed` | `#[observe]` let one pass that its policy refuses | `reason`, `method`, `path` |
/// | `login.granted` | a password was right | `user`, `address` |
/// | `login.refused` | it was not, or was not looked at | `reason`, `address`, `user` if there is one of the name |
/// | `login.locked` | an account has reached its limit, for strangers | `user` if there is one, `address` |
/// | `session.started`, `session.ended`, `sessions.ended` | a login in a cookie; a logout here, and everywhere | `user`, `session` |
/// | `token.issued`, `token.revoked` | a token was issued, or taken back | `user` or `client` |
/// | `token.refreshed`, `refresh.refused` | a session was renewed, or was not | `session`, `reason` |
/// | `refresh.replayed` | a used refresh token came again, and its session was ended | `user`, `session` |
/// | `client.refused` | a client did not show that it is the one that it says | `client`, unless it is longer than any name |
/// | `password.changed`, `password.reset_asked`, `password.upgraded` | what they say | `user` |
/// | `user.registered`, `user.disabled`, `user.enabled`, `user.deleted`, `email.verified` | what they say | `user` |
///
/// The reasons of `login.refused`: `unknown_user`, `no_password`, `unreadable_hash`, `wrong_password`, `disabled`, `locked`,
/// `too_many_attempts`, `too_long`, `bad_form`, `busy` and `unavailable`. Those of a guard are the names of
/// [`Refusal`](crate::Refusal), in snake case.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// Its name.
    pub event: &'static str,
    /// Seconds since 1970.
    pub time: u64,
    /// Whom it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<&'a str>,
    /// The client that asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<&'a str>,
    /// Where the request came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The reason in more words: what is wrong with a token, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The request's method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'a str>,
    /// The request's path, without its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
}

impl<'a> AuditEvent<'a> {
    pub(crate) fn new(event: &'static str) -> Self {
        Self {
            event,
            time: 0,
            user: None,
            client: None,
            session: None,
            address: None,
            reason: None,
            detail: None,
            method: None,
            path: None,
        }
    }

    /// About a user.
    pub(crate) fn of(event: &'static str, user: &'a str) -> Self {
        Self { user: Some(user), ..Self::new(event) }
    }

    /// About a request.
    fn at(event: &'static str, parts: &'a Parts) -> Self {
        // That of the whole request, within nested routers too.
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        Self { method: Some(parts.method.as_str()), path: Some(uri.path()), ..Self::new(event) }
    }

    /// With the reason of a refusal.
    pub(crate) fn because(mut self, refusal: &Refusal) -> Self {
        self.reason = Some(refusal.event());
        self.detail = match refusal {
            Refusal::InvalidToken(fault) => Some(fault.to_string()),
            Refusal::InvalidCredentials(scheme, fault) => Some(format!("{}: {fault}", scheme.name())),
            Refusal::BadForm(fault) => Some(fault.to_string()),
            _ => None,
        };
        self
    }
}

/// Where an application keeps its decisions: what [`AuthBuilder::audit`](crate::AuthBuilder::audit) takes. Any function of an
/// [`AuditEvent`] is one.
///
/// It is called on the way of the request, and must not block: hand the event on to a channel.
///
/// ```
/// use auth_runtime::{AuditEvent, AuditSink};
///
/// struct Journal(std::sync::mpsc::Sender<String>);
///
/// impl AuditSink for Journal {
///     fn record(&self, event: &AuditEvent<'_>) {
///         let line = serde_json::to_string(event).unwrap_or_default();
///         let _ = self.0.send(line);
///     }
/// }
/// ```
pub trait AuditSink: Send + Sync + 'static {
    /// Takes one event.
    fn record(&self, event: &AuditEvent<'_>);
}

impl<F: Fn(&AuditEvent<'_>) + Send + Sync + 'static> AuditSink for F {
    fn record(&self, event: &AuditEvent<'_>) {
        self(event);
    }
}

/// Whoever watches an application.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    sink: Option<Arc<dyn AuditSink>>,
    clock: Clock,
}

impl Watch {
    pub(crate) fn new(sink: Option<Arc<dyn AuditSink>>, clock: Clock) -> Self {
        Self { sink, clock }
    }

    pub(crate) fn record(&self, event: &AuditEvent<'_>) {
        self.tell(event.event, &event);
    }

    /// A guard lets a request pass: the most frequent of events, and mostly nobody's. It is made for whoever sees it.
    pub(crate) fn granted(&self, parts: &Parts, user: Option<&str>) {
        let name = "access.granted";
        self.tell(name, &LazyCell::new(|| AuditEvent { user, ..AuditEvent::at(name, parts) }));
    }

    /// A guard or a rule refuses one, or would: the event's name says which. It is made for whoever sees it.
    pub(crate) fn refused(&self, name: &'static str, parts: &Parts, refusal: &Refusal) {
        self.tell(name, &LazyCell::new(|| AuditEvent::at(name, parts).because(refusal)));
    }

    fn tell<'a>(&self, name: &str, event: &dyn Deref<Target = AuditEvent<'a>>) {
        log(name, event);
        #[cfg(feature = "metrics")]
        count(event);
        if let Some(sink) = &self.sink {
            sink.record(&AuditEvent { time: self.clock.unix_seconds(), ..(**event).clone() });
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("sink", &self.sink.is_some()).finish_non_exhaustive()
    }
}

/// What is logged at which level: every granted request would drown the rest, and what may be an attack stands out.
fn log<'a>(name: &str, event: &dyn Deref<Target = AuditEvent<'a>>) {
    // Names are printed as Rust writes strings: a line break in one begins no line of the log.
    macro_rules! emit {
        ($level:ident) => {
            tracing::$level!(
                event = event.event,
                user = event.user.map(tracing::field::debug),
                client = event.client.map(tracing::field::debug),
                session = event.session,
                address = event.address.map(tracing::field::display),
                reason = event.reason,
                detail = event.detail,
                method = event.method,
                path = event.path,
            )
        };
    }
    match name {
        "access.granted" => emit!(debug),
        "access.observed" | "refresh.replayed" | "login.locked" => emit!(warn),
        _ => emit!(info),
    }
}

/// One counter, `auth_events_total`, with the labels `event` and `reason`: both from lists that are known beforehand.
#[cfg(feature = "metrics")]
fn count(event: &AuditEvent<'_>) {
    metrics::counter!("auth_events_total", "event" => event.event, "reason" => event.reason.unwrap_or_default())
        .increment(1);
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::{Mutex, PoisonError},
    };

    use axum::http::Request;
    use tracing::{
        Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span,
    };

    use super::*;
    use crate::{SecurityScheme, scheme::scheme_of, secret::Secret, token::TokenFault};

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    struct Fields<'a>(&'a mut String);

    impl Visit for Fields<'_> {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            use fmt::Write;
            write!(self.0, " {field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Log {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut text = event.metadata().level().to_string();
            event.record(&mut Fields(&mut text));
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        }

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[derive(SecurityScheme, Clone)]
    #[security(api_key(header = "x-key"))]
    struct Key(Secret);

    /// How often an event is made for this watch.
    fn made_for(watch: &Watch) -> u32 {
        let made = Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            AuditEvent::new("login.locked")
        };
        watch.tell("login.locked", &LazyCell::new(make));
        made.get()
    }

    // One test: a subscriber that another thread has makes events for this one, too.
    #[test]
    fn each_decision_is_logged_with_its_reason_where_somebody_sees_it() {
        let nobody = Watch::default();
        let sink = Watch::new(Some(Arc::new(|_: &AuditEvent<'_>| {})), Clock::default());
        assert_eq!(made_for(&nobody), u32::from(cfg!(feature = "metrics")));
        assert_eq!(made_for(&sink), 1);

        let log = Log::default();
        let (parts, ()) = Request::get("/path?key=secret").body(()).unwrap().into_parts();
        let at = |event: &'static str| AuditEvent::at(event, &parts);
        let malformed = Refusal::InvalidCredentials(scheme_of::<Key>(), crate::CredentialFault::Malformed);
        tracing::subscriber::with_default(log.clone(), || {
            for event in [
                AuditEvent { user: Some("john\ndoe"), ..at("access.granted") },
                at("access.refused").because(&Refusal::NoCredentials),
                at("access.refused").because(&Refusal::InvalidToken(TokenFault::Expired)),
                at("access.refused").because(&malformed),
                at("access.observed").because(&Refusal::Forbidden),
                at("refresh.replayed"),
                at("login.locked"),
            ] {
                Watch::default().record(&event);
            }
            assert_eq!(made_for(&sink), 1, "for both");
        });
        let logged = log.0.lock().unwrap();
        let (for_both, logged) = logged.split_last().unwrap();
        assert!(for_both.contains("login.locked"), "{for_both}");
        for (line, (level, event, rest)) in logged.iter().zip([
            (Level::DEBUG, "access.granted", &[r#"user="john\ndoe""#][..]),
            (Level::INFO, "access.refused", &["no_credentials"]),
            (Level::INFO, "access.refused", &["invalid_token", "expired"]),
            (Level::INFO, "access.refused", &["invalid_credentials", "Key", "malformed"]),
            (Level::WARN, "access.observed", &["forbidden"]),
            (Level::WARN, "refresh.replayed", &[]),
            (Level::WARN, "login.locked", &[]),
        ]) {
            assert!(line.starts_with(level.as_str()) && line.contains(event), "{line}");
            assert!(line.contains("method=\"GET\" path=\"/path\""), "{line}");
            assert!(rest.iter().all(|word| line.contains(word)), "{line}");
        }
        assert_eq!(logged.len(), 7);
    }

    #[test]
    fn a_sink_is_told_the_time() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&told);
        let keep = move |event: &AuditEvent<'_>| sink.lock().unwrap().push(serde_json::to_value(event).unwrap());
        let clock = Clock::from_fn(|| std::time::UNIX_EPOCH + std::time::Duration::from_secs(7));
        Watch::new(Some(Arc::new(keep)), clock).record(&AuditEvent::of("user.disabled", "ann"));
        assert_eq!(told.lock().unwrap()[0], serde_json::json!({"event": "user.disabled", "time": 7, "user": "ann"}));
    }
}

use super::{check, done, now, unique};
use crate::store::{KeptToken, Session, SessionStore, TokenDigest, TokenPurpose};

/// What a [`SessionStore`] has to do.
///
/// # Panics
/// If the store does not.
pub async fn sessions<S: SessionStore>(store: &S) {
    keeps_what_it_is_given(store).await;
    exchanges_once(store).await;
    ends_sessions(store).await;
    forgets_what_has_expired(store).await;
}

const DAY: u64 = 24 * 60 * 60;

fn session(subject: &str, now: u64) -> Session {
    Session {
        id: unique("session"),
        subject: subject.to_owned(),
        client: Some("client".to_owned()),
        scopes: vec!["a".to_owned(), "b:c".to_owned()],
        started_at: now,
        expires_at: now + DAY,
        ended_at: None,
    }
}

fn token(purpose: TokenPurpose, session: Option<&Session>, subject: &str, now: u64) -> KeptToken {
    KeptToken {
        digest: TokenDigest::of(&unique("token")),
        purpose,
        session: session.map(|session| session.id.clone()),
        subject: subject.to_owned(),
        client: session.and_then(|session| session.client.clone()),
        scopes: vec!["a".to_owned()],
        detail: None,
        issued_at: now,
        expires_at: now + 600,
        used_at: None,
    }
}

async fn keeps_what_it_is_given<S: SessionStore>(store: &S) {
    let (now, subject) = (now(), unique("grüße \u{1F980}"));
    let session = session(&subject, now);
    let tokens = [TokenPurpose::Refresh, TokenPurpose::Access, TokenPurpose::Cookie]
        .map(|purpose| token(purpose, Some(&session), &subject, now));
    let find = async |digest: &TokenDigest| done(store.find(digest).await, "finding a token");

    check(find(&tokens[0].digest).await.is_none(), "a token is found that nobody kept");
    done(store.begin(&session, &tokens).await, "beginning a session");
    for token in &tokens {
        let Some(found) = find(&token.digest).await else { super::fail("a token of a new session is not found") };
        check(found.token == *token, "a token is not found as it was kept");
        check(found.session.as_ref() == Some(&session), "a token's session is not found as it was begun");
    }
    let mut alone = token(TokenPurpose::VerifyEmail, None, &subject, now);
    (alone.detail, alone.scopes, alone.client) = (Some("a@b.example".to_owned()), Vec::new(), None);
    done(store.keep(&alone).await, "keeping a token");
    let found = find(&alone.digest).await;
    check(
        found.is_some_and(|found| found.token == alone && found.session.is_none()),
        "a token without a session is not found as it was kept",
    );

    // A second session with one token that is there already: all of it fails, or nothing.
    let second = self::session(&subject, now);
    let mut fresh = token(TokenPurpose::Refresh, Some(&second), &subject, now);
    let twice = KeptToken { session: Some(second.id.clone()), ..tokens[0].clone() };
    if store.begin(&second, &[fresh.clone(), twice]).await.is_err() {
        check(find(&fresh.digest).await.is_none(), "half of a session was begun");
        let live = done(store.sessions(&subject, now).await, "listing sessions");
        check(!live.iter().any(|one| one.id == second.id), "a session was begun without its tokens");
    }
    fresh.session = Some(session.id.clone());
}

async fn exchanges_once<S: SessionStore>(store: &S) {
    let (now, subject) = (now(), unique("subject"));
    let session = session(&subject, now);
    let first = token(TokenPurpose::Refresh, Some(&session), &subject, now);
    done(store.begin(&session, std::slice::from_ref(&first)).await, "beginning a session");
    let exchange = async |digest: &TokenDigest, new: &[KeptToken]| {
        done(store.exchange(digest, now + 1, new).await, "exchanging a token")
    };
    let find = async |digest: &TokenDigest| done(store.find(digest).await, "finding a token");

    let second = token(TokenPurpose::Refresh, Some(&session), &subject, now);
    let access = token(TokenPurpose::Access, Some(&session), &subject, now);
    check(!exchange(&TokenDigest::of("unknown"), std::slice::from_ref(&second)).await, "an unknown token is exchanged");
    check(find(&second.digest).await.is_none(), "an exchange that failed leaves its new token");
    check(exchange(&first.digest, &[second.clone(), access.clone()]).await, "a good token is not exchanged");
    let used = find(&first.digest).await.and_then(|found| found.token.used_at);
    check(used == Some(now + 1), "a used token does not say when it was used");
    check(find(&second.digest).await.is_some(), "the new token of an exchange is not kept");
    check(find(&access.digest).await.is_some(), "the second new token of an exchange is not kept");
    let third = token(TokenPurpose::Refresh, Some(&session), &subject, now);
    check(!exchange(&first.digest, std::slice::from_ref(&third)).await, "a token is exchanged twice");
    check(find(&third.digest).await.is_none(), "a second exchange leaves its new token");

    let single = token(TokenPurpose::ResetPassword, None, &subject, now);
    done(store.keep(&single).await, "keeping a token");
    check(exchange(&single.digest, &[]).await, "a token of single use is not used");
    check(!exchange(&single.digest, &[]).await, "a token of single use is used twice");

    // Many at once, as far as this store can do several things at once.
    let mut last = second;
    for _ in 0..20 {
        let new: Vec<KeptToken> =
            (0..16).map(|_| token(TokenPurpose::Refresh, Some(&session), &subject, now)).collect();
        let exchanges: Vec<_> = new.iter().map(|new| exchange(&last.digest, std::slice::from_ref(new))).collect();
        let won = all(exchanges).await;
        check(won.iter().filter(|won| **won).count() == 1, "of several exchanges of one token, not exactly one wins");
        for (new, won) in new.iter().zip(&won) {
            check(
                find(&new.digest).await.is_some() == *won,
                "whether an exchange won, and whether its token is kept, differ",
            );
        }
        let Some((winner, _)) = new.into_iter().zip(won).find(|(_, won)| *won) else { return };
        last = winner;
    }
}

/// The outcomes of futures that go on side by side.
async fn all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, outcome) in running.iter_mut().filter(|(_, outcome)| outcome.is_none()) {
            if let std::task::Poll::Ready(ready) = future.as_mut().poll(context) {
                *outcome = Some(ready);
            }
        }
        if running.iter().all(|(_, outcome)| outcome.is_some()) {
            return std::task::Poll::Ready(());
        }
        std::task::Poll::Pending
    })
    .await;
    running.into_iter().filter_map(|(_, outcome)| outcome).collect()
}

async fn ends_sessions<S: SessionStore>(store: &S) {
    let (now, subject, other) = (now(), unique("subject"), unique("other"));
    let sessions: Vec<Session> = (0..3)
        .map(|number| Session { started_at: now + number, ..session(&subject, now) })
        .chain([session(&other, now)])
        .collect();
    let mut tokens = Vec::new();
    for session in &sessions {
        let token = token(TokenPurpose::Refresh, Some(session), &session.subject, now);
        done(store.begin(session, std::slice::from_ref(&token)).await, "beginning a session");
        tokens.push(token);
    }
    let reset = token(TokenPurpose::ResetPassword, None, &subject, now);
    done(store.keep(&reset).await, "keeping a token");
    let live = async |subject: &str, now| {
        let sessions = done(store.sessions(subject, now).await, "listing sessions");
        sessions.into_iter().map(|session| session.id).collect::<Vec<_>>()
    };
    let ([of_first, of_second, of_third, of_foreign], [_, token_of_second, ..]) =
        (sessions.as_slice(), tokens.as_slice())
    else {
        return;
    };
    let [first, second, third, foreign] = [of_first, of_second, of_third, of_foreign].map(|session| session.id.clone());

    check(live(&subject, now).await == [third.as_str(), &second, &first], "sessions are not listed, the latest first");
    check(live(&subject, now + DAY).await.is_empty(), "sessions are listed that have expired");
    done(store.end_session(&unique("nothing"), now).await, "ending a session that there is not");
    done(store.end_session(&second, now + 5).await, "ending a session");
    done(store.end_session(&second, now + 9).await, "ending a session again");
    let found = done(store.find(&token_of_second.digest).await, "finding a token");
    let ended = found.and_then(|found| found.session).and_then(|session| session.ended_at);
    check(ended == Some(now + 5), "a token of an ended session does not say when it ended");
    check(live(&subject, now).await == [third.as_str(), &first], "an ended session is listed, or another is not");
    let new = token(TokenPurpose::Refresh, Some(of_second), &subject, now);
    check(
        !done(store.exchange(&token_of_second.digest, now, std::slice::from_ref(&new)).await, "exchanging a token"),
        "a token of an ended session is exchanged",
    );
    check(done(store.find(&new.digest).await, "finding a token").is_none(), "an ended session is given a token");

    let mut ended = done(store.end_sessions(&subject, now + 10).await, "ending all sessions");
    ended.sort();
    let mut expected = [first, second, third];
    expected.sort();
    check(ended == expected, "the sessions that ended, before or now, are not named");
    check(live(&subject, now).await.is_empty(), "a session goes on that was ended with all others");
    check(live(&other, now).await == [foreign], "another user's session is ended");
    check(
        done(store.find(&reset.digest).await, "finding a token").is_none(),
        "a token of single use outlives the end of all sessions",
    );
    check(
        done(store.end_sessions(&subject, now + 2 * DAY).await, "ending all sessions").is_empty(),
        "sessions are named that have expired",
    );
}

async fn forgets_what_has_expired<S: SessionStore>(store: &S) {
    // Long ago, so that nothing else in this store is old enough.
    let (past, subject) = (1_000, unique("subject"));
    let old = session(&subject, past);
    let refresh = token(TokenPurpose::Refresh, Some(&old), &subject, past);
    let access = token(TokenPurpose::Access, Some(&old), &subject, past);
    done(store.begin(&old, &[refresh.clone(), access.clone()]).await, "beginning a session");
    let used = token(TokenPurpose::Refresh, Some(&old), &subject, past);
    done(store.exchange(&refresh.digest, past + 1, std::slice::from_ref(&used)).await, "exchanging a token");
    let find = async |digest: &TokenDigest| done(store.find(digest).await, "finding a token").is_some();

    done(store.purge(past + 700).await, "forgetting");
    check(!find(&access.digest).await, "an access token is kept that has expired");
    check(find(&refresh.digest).await, "a used refresh token is forgotten while its session goes on");
    done(store.purge(past + DAY).await, "forgetting");
    check(!find(&refresh.digest).await && !find(&used.digest).await, "tokens are kept whose session has expired");
}

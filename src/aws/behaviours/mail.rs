//! Mail: messages in queues that others may read, which carry a nonce. They are found
//! without keeping those of others.
//!
//! One look takes what lies there, keeps what carries the nonce, and hands the rest
//! back. Where a queue counts how often a message is received, what is not ours is held
//! until the exercise ends, so that each is received once, and nobody looks any more
//! when one could become a dead letter by it.

use std::time::Duration;

use super::mark::nonce_in;
use super::messages::{Held, Message, delete, is_worn, let_go, receive};
use crate::aws::client::Session;
use crate::aws::error::OrAbsent;
use crate::engine::port::Answer;

/// How long a call waits for a message where there is none: the shortest for which SQS
/// asks all of its servers.
const WAIT: Duration = Duration::from_secs(1);
/// How many calls one look makes: of ten messages each.
const MOST_CALLS: usize = 20;

/// Messages of a probe that may be in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mail {
    pub(super) url: String,
    /// By what they are known.
    pub(super) nonces: [String; 2],
    /// How often the queue hands out a message before it goes elsewhere.
    pub(super) tries: Option<u32>,
}

/// What one look at a queue finds.
#[derive(Default)]
pub(super) struct Swept {
    pub(super) ours: Vec<Message>,
    /// Held, and not handed back yet.
    pub(super) theirs: Vec<Held>,
    /// One of others that can be received only once more.
    pub(super) worn: Option<Message>,
    /// Whether there was nothing more.
    pub(super) is_whole: bool,
}

/// Looks once through all that lies in a queue, but for what is in somebody's hands: as
/// the reader, and puts right in the name of the session what was met on the way.
pub(super) async fn sweep(reader: &Session, session: &Session, mail: &Mail) -> Answer<Swept> {
    let (mut found, mut passing, mut left) = (Swept::default(), Vec::new(), Vec::new());
    let mut newest = 0;
    for _ in 0..MOST_CALLS {
        let messages = receive(reader, &mail.url, WAIT).await?;
        if messages.is_empty() {
            found.is_whole = true;
            break;
        }
        for message in messages {
            newest = newest.max(message.sent);
            match nonce_in(&message.text()) {
                Some(nonce) if mail.nonces.contains(&nonce.text) => found.ours.push(message),
                Some(nonce) => left.push((message, nonce.lifetime)),
                None if mail.tries.is_some() => {
                    if is_worn(&message, mail.tries) {
                        found.worn = Some(message.clone());
                    }
                    found.theirs.push(message.held);
                }
                None => passing.push(message.held),
            }
        }
        if found.worn.is_some() {
            break;
        }
    }
    // Of other probes: of runs that were killed, or of one that lasts.
    let is_over = |(message, lifetime): &(Message, Option<i64>)| {
        lifetime.is_some_and(|seconds| message.sent + seconds * 1000 <= newest)
    };
    let (over, lasting): (Vec<_>, Vec<_>) = left.into_iter().partition(is_over);
    passing.extend(lasting.into_iter().map(|(message, _)| message.held));
    let over: Vec<Held> = over.into_iter().map(|(message, _)| message.held).collect();
    delete(session, &over).await?;
    let_go(session, &passing).await?;
    Ok(found)
}

/// Removes what is left of a probe's messages from a queue. Those of others are handed
/// back.
pub(super) async fn recall(session: &Session, mail: &Mail) -> Answer<()> {
    // Reading one would send it to the dead-letter queue: a message that stays is the
    // smaller evil.
    if mail.tries == Some(1) {
        return Ok(());
    }
    let Some(swept) = sweep(session, session, mail).await.or_absent()? else { return Ok(()) };
    let Swept { ours, theirs, .. } = swept;
    let held: Vec<Held> = ours.into_iter().map(|message| message.held).collect();
    let removed = delete(session, &held).await;
    let_go(session, &theirs).await?;
    removed
}

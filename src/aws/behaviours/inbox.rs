//! The inbox: reading a queue without harm to those whose messages are in it.
//!
//! A message of somebody else's is hidden while the exercise lasts and handed
//! back when it ends. Handing it back at once would be no kindness: SQS would
//! deliver it again with the very next call, and after a handful of calls,
//! each of which counts as a try, it would lie in the dead-letter queue.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use tokio::time::Instant;

use super::bench::{Bench, Rubbish};
use super::hindrance::in_the_way;
use super::mark::Mark;
use super::messages::{Message, Whose, delete, is_worn, receive};
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};
use crate::verify::Watch;

/// A queue that was created a moment ago is not there yet for everybody: for
/// a second, says SQS, so that this many calls are enough at 20 ms each.
const MOST_ABSENCES: u32 = 100;

/// A queue that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inbox<'a> {
    pub(super) bench: &'a Bench,
    pub(super) mark: &'a Mark,
    pub(super) watch: &'a Watch,
    pub(super) url: &'a str,
    pub(super) readers: Readers,
}

/// Who reads a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// We alone: it is an ear.
    We,
    /// Others, too. How often they may receive a message before it goes to the
    /// dead-letter queue, if there is one.
    Others(Option<u32>),
}

impl Inbox<'_> {
    /// Waits for a message of ours.
    pub(super) async fn wait<T>(
        &self,
        until: Instant,
        whose: impl Fn(&Message) -> Whose<T>,
    ) -> Answer<Option<(Message, T)>> {
        let mut absences = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            match self.look(left, &whose).await {
                Ok(None) => {}
                Err(error) if error.class == ErrorClass::Absent && absences < MOST_ABSENCES => {
                    absences += 1;
                }
                found => return found,
            }
        }
    }

    /// One call, which waits for a message at most so long.
    pub(super) async fn look<T>(
        &self,
        at_most: Duration,
        whose: impl Fn(&Message) -> Whose<T>,
    ) -> Answer<Option<(Message, T)>> {
        let messages = receive(self.bench.session(), self.url, at_most).await?;
        let (mut ours, mut left, mut worn) = (None, Vec::new(), None);
        for message in messages {
            match (whose(&message), self.readers) {
                (Whose::Ours(what), _) => ours = Some((message, what)),
                (Whose::LeftBehind, _) | (Whose::Theirs, Readers::We) => left.push(message.held),
                (Whose::Test, Readers::We) => {
                    self.watch.saw("a test event of S3, which is about no object");
                    left.push(message.held);
                }
                (Whose::Test, Readers::Others(limit)) if is_worn(&message, limit) => {
                    self.watch.saw("a test event of S3, removed before it is a dead letter");
                    left.push(message.held);
                }
                (Whose::Test | Whose::Theirs, Readers::Others(limit)) => {
                    self.bench.note(self.mark, Rubbish::Held(message.held.clone()));
                    self.watch.saw("a message of somebody else, which goes back afterwards");
                    if is_worn(&message, limit) {
                        worn = Some(message);
                    }
                }
            }
        }
        delete(self.bench.session(), &left).await?;
        let Some(worn) = worn else { return Ok(ours) };
        if let Some((ours, _)) = ours {
            delete(self.bench.session(), &[ours.held]).await?;
        }
        Err(at_risk(self.url, &worn))
    }
}

/// For a message of somebody else's that may not be received once more.
pub(super) fn at_risk(url: &str, worn: &Message) -> CloudError {
    in_the_way(
        &format!("read {url}"),
        "OthersAtRisk",
        format!(
            "message {} of somebody else was received {} times by now; another time \
             could send it to the dead-letter queue",
            worn.held.id, worn.receives
        ),
        "let its consumers finish, or raise max_receive_count; without --exclusive, \
         nobody's messages are read",
    )
}

/// Where a message may be received only once, to receive somebody's message is
/// to send it to the dead-letter queue: there the queue must be empty.
///
/// # Errors
/// Where it is not.
pub(super) async fn check_others_are_safe(
    session: &Session,
    url: &str,
    tries: Option<u32>,
) -> Answer<()> {
    if tries != Some(1) {
        return Ok(());
    }
    match count(session, url).await? {
        0 => Ok(()),
        count => Err(in_the_way(
            &format!("read {url}"),
            "OthersAtRisk",
            format!(
                "there are messages in it, about {count}, and with a max_receive_count of 1 \
                 reading one would send it to the dead-letter queue"
            ),
            "wait until the queue is empty, or raise max_receive_count; without --exclusive, \
             nobody's messages are read",
        )),
    }
}

/// How many messages a queue holds, seen or hidden. Approximate, says SQS: it
/// is exact where nobody has sent or received for a minute.
pub(super) async fn count(session: &Session, url: &str) -> Answer<u64> {
    use QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
        ApproximateNumberOfMessagesNotVisible,
    };
    let names = [
        ApproximateNumberOfMessages,
        ApproximateNumberOfMessagesDelayed,
        ApproximateNumberOfMessagesNotVisible,
    ];
    let call = session.clients.sqs.get_queue_attributes().queue_url(url);
    let answer = call.set_attribute_names(Some(names.to_vec())).send().await;
    let answer = answer.attempting("sqs:GetQueueAttributes", || format!("look at {url}"))?;
    let counts = answer.attributes.unwrap_or_default().into_values();
    Ok(counts.filter_map(|count| count.parse::<u64>().ok()).sum())
}

//! The inbox: reading a queue without harm to those whose messages are in it.
//!
//! A message of somebody else's is hidden while the exercise lasts and handed
//! back when it ends. Handing it back at once would be no kindness: SQS would
//! deliver it again with the very next call, and after a handful of calls,
//! each of which counts as a try, it would lie in the dead-letter queue.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    Message as SqsMessage, MessageSystemAttributeName as Attribute, QueueAttributeName,
};
use futures::future::try_join_all;
use tokio::time::Instant;

use super::bench::{Bench, Rubbish, in_the_way};
use super::mark::Mark;
use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{ErrorClass, Exhibit};
use crate::verify::Watch;

/// The longest that SQS lets a call wait.
const LONGEST_POLL: Duration = Duration::from_secs(20);
/// The most messages that SQS hands out, or takes, in one call.
const BATCH: usize = 10;
/// For how many seconds what we received is hidden. A run that is killed hides
/// it no longer than this.
const HIDDEN: i32 = 30;
/// A queue that was created a moment ago is not there yet for everybody: for
/// a second, says SQS, so that this many calls are enough at 20 ms each.
const MOST_ABSENCES: u32 = 100;

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) body: String,
    /// How often it was received by now.
    pub(super) receives: u32,
    pub(super) held: Held,
}

/// A message that we hold: nobody else sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    url: String,
    id: String,
    receipt: String,
}

#[cfg(test)]
impl Message {
    /// A message as nobody sent it.
    pub(super) fn of(body: &str) -> Self {
        let held = Held { url: String::new(), id: String::new(), receipt: String::new() };
        Self { body: body.into(), receives: 1, held }
    }
}

impl Held {
    /// Whether both are one message, received at different times.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.url, &self.id) == (&other.url, &other.id)
    }
}

/// Whose a message is.
#[derive(Debug)]
pub(super) enum Whose<T> {
    /// This run's, and what it says.
    Ours(T),
    /// An earlier run's: it is removed. It was killed, or its events were for
    /// consumers that are not there.
    LeftBehind,
    /// S3's, which tries whether somebody takes its events: about no object.
    Test,
    /// Somebody else's.
    Theirs,
}

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
    /// We alone: it is a probe.
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
        Err(in_the_way(
            &format!("read {}", self.url),
            "OthersAtRisk",
            format!(
                "message {} of somebody else was received {} times by now; another time \
                 could send it to the dead-letter queue",
                worn.held.id, worn.receives
            ),
            "let its consumers finish, or raise max_receive_count; without --exclusive, \
             nobody's messages are read",
        ))
    }
}

/// Whether a message can be received only once more: that is for others, who
/// may fail with it.
pub(super) fn is_worn(message: &Message, limit: Option<u32>) -> bool {
    limit.is_some_and(|limit| message.receives + 1 >= limit)
}

/// How often a message of a queue may be received before it goes to the
/// dead-letter queue, if there is one.
pub(super) fn tries(queue: &Exhibit) -> Option<u32> {
    let policy = queue.document.get("redrive_policy")?;
    policy["max_receive_count"].as_u64()?.try_into().ok()
}

/// Whether a queue keeps order.
pub(super) fn is_fifo(queue: &Exhibit) -> bool {
    queue.document.get("fifo_queue") == Some(&serde_json::Value::Bool(true))
}

/// How long a queue holds back what is sent to it.
pub(super) fn delay(queue: &Exhibit) -> Duration {
    let seconds = queue.document.get("delay_seconds").and_then(serde_json::Value::as_u64);
    Duration::from_secs(seconds.unwrap_or_default())
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

/// One call, which waits for a message at most so long.
pub(super) async fn receive(
    session: &Session,
    url: &str,
    at_most: Duration,
) -> Answer<Vec<Message>> {
    // Whole seconds, rather one too many than a call that does not wait.
    let wait = at_most.min(LONGEST_POLL).as_secs_f64().ceil();
    #[expect(clippy::cast_possible_truncation, reason = "it is 0 to 20")]
    let wait = wait as i32;
    let call = session.clients.sqs.receive_message().queue_url(url).wait_time_seconds(wait);
    let call = call.max_number_of_messages(10).visibility_timeout(HIDDEN);
    let call = call.message_system_attribute_names(Attribute::ApproximateReceiveCount);
    let answer = call.send().await;
    let answer = answer.attempting("sqs:ReceiveMessage", || format!("read {url}"))?;
    let messages = answer.messages.unwrap_or_default().into_iter();
    Ok(messages.filter_map(|message| message_of(message, url)).collect())
}

fn message_of(message: SqsMessage, url: &str) -> Option<Message> {
    let receives = message.attributes.and_then(|it| {
        it.get(&Attribute::ApproximateReceiveCount).and_then(|count| count.parse().ok())
    });
    let held = Held { url: url.into(), id: message.message_id?, receipt: message.receipt_handle? };
    Some(Message { body: message.body.unwrap_or_default(), receives: receives.unwrap_or(1), held })
}

/// How many messages a queue holds, seen or hidden. Approximate, says SQS: it
/// is exact where nobody has sent or received for a minute.
async fn count(session: &Session, url: &str) -> Answer<u64> {
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

/// Hands a message back: whoever asks next gets it.
pub(super) async fn hand_back(session: &Session, held: &Held) -> Answer<()> {
    let call = session.clients.sqs.change_message_visibility().queue_url(&held.url);
    let answer = call.receipt_handle(&held.receipt).visibility_timeout(0).send().await;
    answer.attempting("sqs:ChangeMessageVisibility", || format!("hand back {}", held.id))?;
    Ok(())
}

/// Hands messages back. Those that are not held any more are fine.
pub(super) async fn let_go(session: &Session, held: &[Held]) -> Answer<()> {
    let batches = batches(held).into_iter().map(|(url, batch)| async move {
        let entries = numbered(batch).filter_map(|(id, held)| {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(id);
            entry.receipt_handle(&held.receipt).visibility_timeout(0).build().ok()
        });
        let call = session.clients.sqs.change_message_visibility_batch().queue_url(url);
        let answer = call.set_entries(Some(entries.collect())).send().await;
        let answer = answer
            .attempting("sqs:ChangeMessageVisibility", || format!("hand back messages of {url}"));
        // What fails for a single message is that it is not held any more.
        answer.or_absent().map(|_| ())
    });
    try_join_all(batches).await?;
    Ok(())
}

/// Deletes one message, as the plainest consumer does.
pub(super) async fn delete_one(session: &Session, held: &Held) -> Answer<()> {
    let call =
        session.clients.sqs.delete_message().queue_url(&held.url).receipt_handle(&held.receipt);
    let answer = call.send().await;
    answer.attempting("sqs:DeleteMessage", || format!("delete a message from {}", held.url))?;
    Ok(())
}

/// Deletes messages. Those that are gone are fine.
pub(super) async fn delete(session: &Session, held: &[Held]) -> Answer<()> {
    let batches = batches(held).into_iter().map(|(url, batch)| async move {
        let entries = numbered(batch).filter_map(|(id, held)| {
            let entry = DeleteMessageBatchRequestEntry::builder().id(id);
            entry.receipt_handle(&held.receipt).build().ok()
        });
        let call = session.clients.sqs.delete_message_batch().queue_url(url);
        let answer = call.set_entries(Some(entries.collect())).send().await;
        let answer =
            answer.attempting("sqs:DeleteMessage", || format!("delete our messages from {url}"));
        answer.or_absent().map(|_| ())
    });
    try_join_all(batches).await?;
    Ok(())
}

fn batches(held: &[Held]) -> Vec<(&str, Vec<&Held>)> {
    let mut queues: BTreeMap<&str, Vec<&Held>> = BTreeMap::new();
    for one in held {
        queues.entry(&one.url).or_default().push(one);
    }
    let batches = queues.into_iter().flat_map(|(url, held)| {
        let batches: Vec<Vec<&Held>> = held.chunks(BATCH).map(<[_]>::to_vec).collect();
        batches.into_iter().map(move |batch| (url, batch))
    });
    batches.collect()
}

fn numbered(batch: Vec<&Held>) -> impl Iterator<Item = (String, &Held)> {
    batch.into_iter().enumerate().map(|(number, held)| (number.to_string(), held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_go_by_queue_ten_at_a_time() {
        let held = |url: &str, id: usize| Held {
            url: url.into(),
            id: id.to_string(),
            receipt: String::new(),
        };
        let mut all: Vec<Held> = (0..11).map(|id| held("a", id)).collect();
        all.push(held("b", 0));
        let sizes: Vec<_> =
            batches(&all).into_iter().map(|(url, batch)| (url, batch.len())).collect();
        assert_eq!(sizes, [("a", 10), ("a", 1), ("b", 1)]);
        assert!(batches(&[]).is_empty());
    }
}

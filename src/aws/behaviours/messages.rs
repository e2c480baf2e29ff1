//! Messages of a queue: the calls that receive them, hand them back and delete
//! them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    Message as SqsMessage, MessageSystemAttributeName as Attribute,
};
use futures::future::try_join_all;

use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;

/// The longest that SQS lets a call wait.
const LONGEST_POLL: Duration = Duration::from_secs(20);
/// The most messages that SQS hands out, or takes, in one call.
const BATCH: usize = 10;
/// For how many seconds what we received is hidden. A run that is killed hides
/// it no longer than this.
const HIDDEN: i32 = 30;
/// What SQS is asked of each message.
const KNOWN: [Attribute; 3] =
    [Attribute::ApproximateReceiveCount, Attribute::MessageGroupId, Attribute::SentTimestamp];

/// A message as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) body: String,
    /// How often it was received by now.
    pub(super) receives: u32,
    /// Its attributes that are texts.
    pub(super) attributes: BTreeMap<String, String>,
    /// Its group, in a FIFO queue.
    pub(super) group: Option<String>,
    /// When SQS took it, in milliseconds of its own clock.
    pub(super) sent: i64,
    pub(super) held: Held,
}

/// A message that we hold: nobody else sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    url: String,
    pub(super) id: String,
    receipt: String,
}

#[cfg(test)]
impl Message {
    /// A message as nobody sent it.
    pub(super) fn of(body: &str) -> Self {
        let held = Held { url: String::new(), id: String::new(), receipt: String::new() };
        let attributes = BTreeMap::new();
        Self { body: body.into(), receives: 1, attributes, group: None, sent: 0, held }
    }
}

impl Message {
    /// Everything in it that may hold a word of its sender's.
    pub(super) fn text(&self) -> String {
        let attributes = self.attributes.values().map(String::as_str);
        let all = std::iter::once(self.body.as_str()).chain(attributes);
        all.chain(self.group.as_deref()).collect::<Vec<_>>().join("\n")
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

/// Whether a message can be received only once more: that is for others, who
/// may fail with it.
pub(super) fn is_worn(message: &Message, limit: Option<u32>) -> bool {
    limit.is_some_and(|limit| message.receives + 1 >= limit)
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
    let call = call.set_message_system_attribute_names(Some(KNOWN.to_vec()));
    let call = call.message_attribute_names("All");
    let answer = call.send().await;
    let answer = answer.attempting("sqs:ReceiveMessage", || format!("read {url}"))?;
    let messages = answer.messages.unwrap_or_default().into_iter();
    Ok(messages.filter_map(|message| message_of(message, url)).collect())
}

fn message_of(message: SqsMessage, url: &str) -> Option<Message> {
    let known = message.attributes.unwrap_or_default();
    let number = |name: &Attribute| known.get(name).and_then(|text| text.parse::<i64>().ok());
    let receives = number(&Attribute::ApproximateReceiveCount);
    let receives = receives.and_then(|count| count.try_into().ok()).unwrap_or(1);
    let sent = number(&Attribute::SentTimestamp).unwrap_or_default();
    let attributes = message.message_attributes.unwrap_or_default().into_iter();
    let attributes = attributes.filter_map(|(name, value)| Some((name, value.string_value?)));
    let (attributes, group) =
        (attributes.collect(), known.get(&Attribute::MessageGroupId).cloned());
    let held = Held { url: url.into(), id: message.message_id?, receipt: message.receipt_handle? };
    let body = message.body.unwrap_or_default();
    Some(Message { body, receives, attributes, group, sent, held })
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

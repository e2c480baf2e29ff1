//! From a batch of messages to what became of each. Every rule is here, and
//! nothing of AWS but the form of its events.

use std::collections::HashSet;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use events::{Event, Level, Line, Moment, Poison, Schemas};

use crate::record::{Record, Status};
use crate::settings::Keep;
use crate::store::{Kept, Store, StoreError};

/// What is left for Lambda to take the answer before it ends a function.
const TO_ANSWER: Duration = Duration::from_millis(200);

/// What it takes to process events.
pub(crate) struct Processor<S> {
    pub(crate) schemas: Schemas,
    pub(crate) store: S,
    pub(crate) keep: Keep,
    pub(crate) clock: fn() -> Moment,
    pub(crate) log: fn(&Line<'_>),
}

/// Why a message goes back to the queue.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// It can never be recorded.
    #[error(transparent)]
    Poison(#[from] Poison),
    /// It could not be recorded this time.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its share of the time was over; whether it was recorded is not known.
    #[error("the store did not answer in time")]
    TooSlow,
    /// Its turn has not come.
    #[error("an earlier message of its group failed")]
    HeldUp,
}

impl<S: Store> Processor<S> {
    /// Takes the messages one by one, in their order, and answers which of them
    /// failed. Lambda deletes the others.
    ///
    /// A group keeps its order: after a message that is to be tried again, none
    /// of its group is. Poison holds up nobody, because it will never stand in
    /// the ledger: who waited for it would be received as often as it is, and go
    /// with it into the dead-letter queue.
    pub(crate) async fn process(&self, batch: SqsEvent, deadline: Moment) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        let mut held_up: HashSet<String> = HashSet::new();
        let count = batch.records.len();
        for (at, message) in batch.records.into_iter().enumerate() {
            let group = message.attributes.get("MessageGroupId");
            let waits = group.is_some_and(|group| held_up.contains(group));
            let share = self.share(deadline, count - at);
            let Err(failure) = self.one(&message, waits, share).await else { continue };
            match failure {
                Failure::Store(_) | Failure::TooSlow => held_up.extend(group.cloned()),
                Failure::Poison(_) | Failure::HeldUp => {}
            }
            // Without an id the whole batch fails, as Lambda wants it: nothing is lost.
            response.add_failure(message.message_id.unwrap_or_default());
        }
        response
    }

    /// What one of so many messages may take, so that a store that hangs does not
    /// take the whole batch with it.
    fn share(&self, deadline: Moment, left: usize) -> Duration {
        let time_left = deadline.since((self.clock)()).saturating_sub(TO_ANSWER);
        time_left / u32::try_from(left).unwrap_or(u32::MAX).max(1)
    }

    /// Takes one message, and logs what became of it.
    async fn one(&self, message: &SqsMessage, waits: bool, share: Duration) -> Result<(), Failure> {
        let now = (self.clock)();
        let id = message.message_id.as_deref().unwrap_or_default();
        let line = |level, what| Line::new(now, level, what).of_message(id);
        let event = match self.read(message, now) {
            Ok(event) => event,
            Err(poison) => {
                (self.log)(&line(Level::Error, "poison").because(&poison.to_string()));
                return Err(poison.into());
            }
        };
        let record = Record::of(event, retries(message), now, self.keep);
        let kept = if waits { Err(Failure::HeldUp) } else { self.keep(&record, share).await };
        let (level, what) = match (&kept, record.status) {
            (Ok(Kept::Written), Status::Ready) => (Level::Info, "recorded"),
            (Ok(Kept::Written), Status::Invalid) => (Level::Warn, "recorded as invalid"),
            (Ok(Kept::Known), _) => (Level::Info, "known already"),
            (Err(Failure::HeldUp), _) => (Level::Warn, "held up"),
            (Err(_), _) => (Level::Error, "not recorded"),
        };
        let reason = match &kept {
            Ok(Kept::Written) => record.reason.clone(),
            Ok(Kept::Known) => None,
            Err(failure) => Some(failure.to_string()),
        };
        let line = line(level, what).of_event(&record.tenant_id, &record.event_id);
        (self.log)(&reason.iter().fold(line, |line, reason| line.because(reason)));
        kept.map(|_| ())
    }

    fn read(&self, message: &SqsMessage, now: Moment) -> Result<Event, Poison> {
        let text = message.body.as_deref().unwrap_or_default();
        let sent_at = number(message, "SentTimestamp").map_or(now, Moment::from_millis);
        Event::read(text, sent_at, &self.schemas)
    }

    async fn keep(&self, record: &Record, share: Duration) -> Result<Kept, Failure> {
        let kept = tokio::time::timeout(share, self.store.keep(record)).await;
        Ok(kept.map_err(|_| Failure::TooSlow)??)
    }
}

/// How often the message was received before this time.
fn retries(message: &SqsMessage) -> u32 {
    let receives = number(message, "ApproximateReceiveCount").unwrap_or(1);
    u32::try_from(receives.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// What SQS says beside a message, in digits.
fn number(message: &SqsMessage, name: &str) -> Option<u64> {
    message.attributes.get(name)?.parse().ok()
}

#[cfg(test)]
mod tests;

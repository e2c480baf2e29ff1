//! The letter: a message of ours in queues that others use. Sending it, and
//! finding it again wherever it went.

use std::time::Duration;

use serde_json::{Value, json};

use super::event::{self, Content, ObjectEvent};
use super::mark::{MARK, Mark, lifetime_of_key};
use super::messages::{self, Held, Message, Whose};
use super::parcel::{secret, unwrapped};
use super::queue;
use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::Exhibit;

/// How long a letter is looked for in each queue before it counts as gone.
/// It is not hidden: whoever looks finds it, unless others did before.
const RECALL: Duration = Duration::from_secs(1);
/// How many messages are looked through for it: this many calls of ten each.
const RECALLS: usize = 10;

/// A message that an exercise sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) nonce: String,
    pub(super) body: String,
    /// Where it may be, the queue that it is sent to first.
    pub(super) urls: Vec<String>,
    /// How often the first may hand out a message before it goes elsewhere.
    pub(super) tries: u32,
    /// FIFO queues want to know more about a message.
    pub(super) is_fifo: bool,
}

impl Letter {
    /// What its body is, for a run on a stack: with a secret that stands nowhere else.
    pub(super) fn body(stack: &str, mark: &Mark) -> String {
        json!({ MARK: { "stack": stack, "run": mark.as_str(), "secret": secret() } }).to_string()
    }

    /// What is sent to the first of these queues, and may be in each of them.
    pub(super) fn to(queues: &[&Exhibit], mark: &Mark, body: String) -> Self {
        Self {
            nonce: mark.as_str().to_owned(),
            body,
            urls: queues.iter().map(|queue| queue.fact("url").to_owned()).collect(),
            tries: queues.first().and_then(|queue| queue::tries(queue)).unwrap_or(u32::MAX),
            is_fifo: queues.iter().any(|queue| queue::is_fifo(queue)),
        }
    }

    /// The same, as it may be in one queue.
    pub(super) fn in_queue(&self, queue: &Exhibit) -> Self {
        Self {
            urls: vec![queue.fact("url").to_owned()],
            tries: queue::tries(queue).unwrap_or(u32::MAX),
            is_fifo: queue::is_fifo(queue),
            ..self.clone()
        }
    }

    /// Sends it to the first of its queues.
    pub(super) async fn send(&self, session: &Session) -> Answer<()> {
        let Some(url) = self.urls.first() else { return Ok(()) };
        let mut call = session.clients.sqs.send_message().queue_url(url).message_body(&self.body);
        call = if self.is_fifo {
            call.message_group_id(&self.nonce).message_deduplication_id(&self.nonce)
        } else {
            // Whatever the queue has. In a FIFO queue no message can have a delay of its own.
            call.delay_seconds(0)
        };
        let answer = call.send().await;
        answer.attempting("sqs:SendMessage", || format!("send a message to {url}"))?;
        Ok(())
    }

    /// Whose a message is, in queues that this letter may be in.
    pub(super) fn whose(&self, message: &Message) -> Whose<()> {
        match run_of(&message.body) {
            // Who saw our mark in a name knows no secret, and can forge none of ours.
            Some(run) if run == self.nonce && secret_of(&message.body) == secret_of(&self.body) => {
                Whose::Ours(())
            }
            Some(_) => Whose::LeftBehind,
            None => match event::read(&message.body) {
                Content::TestEvent => Whose::Test,
                Content::Objects(events) if are_ours(&events) => Whose::LeftBehind,
                Content::Objects(_) | Content::Other => Whose::Theirs,
            },
        }
    }
}

/// Whether events tell of nothing but objects of exercises.
pub(super) fn are_ours(events: &[ObjectEvent]) -> bool {
    !events.is_empty() && events.iter().all(|event| lifetime_of_key(&event.key).is_some())
}

/// Whose letter a message is, whether SNS wrapped it or not; `None` if it is none
/// of ours.
pub(super) fn run_of(body: &str) -> Option<String> {
    said(body, "run")
}

fn secret_of(body: &str) -> Option<String> {
    said(body, "secret")
}

fn said(body: &str, what: &str) -> Option<String> {
    let body: Value = serde_json::from_str(&unwrapped(body).text).ok()?;
    let marked = body.get(MARK).cloned().or_else(|| by_alarm(&body)?.get(MARK).cloned())?;
    Some(marked.get(what)?.as_str()?.to_owned())
}

/// What stands at the end of the reason that an alarm gives.
fn by_alarm(message: &Value) -> Option<Value> {
    let reason = message.get("NewStateReason")?.as_str()?;
    serde_json::from_str(&reason[reason.find('{')?..]).ok()
}

/// Removes a letter from wherever it is. Messages of others that are met on
/// the way are handed back.
pub(super) async fn recall(session: &Session, letter: &Letter) -> Answer<()> {
    let mut theirs = Vec::new();
    let found = search(session, letter, &mut theirs).await;
    let handed_back = messages::let_go(session, &theirs).await;
    found?;
    handed_back
}

async fn search(session: &Session, letter: &Letter, theirs: &mut Vec<Held>) -> Answer<()> {
    for url in &letter.urls {
        let is_first = letter.urls.first() == Some(url);
        for _ in 0..RECALLS {
            let Some(messages) = messages::receive(session, url, RECALL).await.or_absent()? else {
                break;
            };
            let (ours, others): (Vec<_>, Vec<_>) = messages
                .into_iter()
                .partition(|it| run_of(&it.body).as_deref() == Some(&letter.nonce));
            // A letter that stays is a smaller evil than somebody's message that goes.
            let is_worn = |it: &Message| is_first && it.receives + 1 >= letter.tries;
            let is_over = others.is_empty() || others.iter().any(is_worn);
            theirs.extend(others.into_iter().map(|it| it.held));
            if !ours.is_empty() {
                let ours: Vec<Held> = ours.into_iter().map(|it| it.held).collect();
                return messages::delete(session, &ours).await;
            }
            if is_over {
                break;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mark stands in names that others see.
    #[test]
    fn who_knows_the_mark_forges_no_letter() {
        let mark = Mark::new(Duration::from_mins(1));
        let letter = Letter {
            nonce: mark.as_str().into(),
            body: Letter::body("dev", &mark),
            urls: Vec::new(),
            tries: 1,
            is_fifo: false,
        };
        let whose = |body: &str| letter.whose(&Message::of(body));
        assert!(matches!(whose(&letter.body), Whose::Ours(())));
        let alarm = json!({ "NewStateReason": format!("No emergency. {}", letter.body) });
        assert!(matches!(whose(&alarm.to_string()), Whose::Ours(())));
        let real = json!({ "NewStateReason": "Threshold Crossed: {1.0} was greater" });
        assert!(matches!(whose(&real.to_string()), Whose::Theirs));
        let bare = json!({ MARK: { "stack": "dev", "run": mark.as_str() } }).to_string();
        for forged in [bare, Letter::body("dev", &mark)] {
            assert!(matches!(whose(&forged), Whose::LeftBehind), "{forged}");
        }
    }
}

//! What a probe sends to queues, topics and functions, and what it reads of logs.

use std::collections::BTreeSet;

use aws_sdk_sns::types::MessageAttributeValue as OfTopic;
use aws_sdk_sqs::types::MessageAttributeValue as OfQueue;
use serde_json::{Value, json};

use super::company::Company;
use super::targets::{FUNCTION, LOG_GROUP, QUEUE, TOPIC};
use crate::aws::behaviours::bench::Rubbish;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::aws::invocation::{Invocation, Manner, invoke, longest};
use crate::engine::port::Answer;
use crate::model::probe::{InLog, ToFunction, ToQueue, ToTopic};
use crate::model::{Document, Identity};
use crate::verify::probe::Sent;

/// How the names of FIFO queues and topics end.
pub(super) const FIFO: &str = ".fifo";
const TEXT: &str = "String";
/// Pages of lines that are read: `FilterLogEvents` may answer with empty ones on the way.
const MOST_PAGES: usize = 20;
/// How far clocks may be apart, in milliseconds.
const APART: i64 = 300_000;

/// A text, or JSON text.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) async fn to_queue(
    (company, session): (&Company<'_>, &Session),
    to: &ToQueue,
    (nonce, number): (&str, u32),
) -> Answer<Sent> {
    let queue = company.targets().named(QUEUE, &to.queue);
    let url = queue.map_or(to.queue.as_str(), |queue| queue.fact("url"));
    let mail = std::iter::once(company.mail(&to.queue)).chain(company.dead_mail(&to.queue));
    mail.for_each(|mail| company.note(Rubbish::Mail(mail)));
    let call = session.clients.sqs.send_message().queue_url(url);
    let mut call = call.message_body(text_of(&to.body)).set_message_group_id(to.group.clone());
    for (name, text) in &to.attributes {
        let attribute = OfQueue::builder().data_type(TEXT).string_value(text);
        if let Ok(attribute) = attribute.build() {
            call = call.message_attributes(name, attribute);
        }
    }
    let own = url.ends_with(FIFO).then(|| format!("{nonce}-{number}"));
    let answer =
        call.set_message_deduplication_id(to.deduplication_id.clone().or(own)).send().await;
    let answer = answer.attempting("sqs:SendMessage", || format!("send a message to {url}"))?;
    Ok(sent("message", answer.message_id))
}

pub(super) async fn to_topic(
    (company, session): (&Company<'_>, &Session),
    to: &ToTopic,
    (nonce, number): (&str, u32),
) -> Answer<Sent> {
    let topic = company.targets().named(TOPIC, &to.topic);
    let arn = topic.map_or(to.topic.as_str(), |topic| topic.fact("arn"));
    let call = session.clients.sns.publish().topic_arn(arn);
    let mut call = call.message(text_of(&to.message)).set_message_group_id(to.group.clone());
    for (name, text) in &to.attributes {
        let attribute = OfTopic::builder().data_type(TEXT).string_value(text);
        if let Ok(attribute) = attribute.build() {
            call = call.message_attributes(name, attribute);
        }
    }
    let own = arn.ends_with(FIFO).then(|| format!("{nonce}-{number}"));
    let answer =
        call.set_message_deduplication_id(to.deduplication_id.clone().or(own)).send().await;
    let answer = answer.attempting("sns:Publish", || format!("publish a message to {arn}"))?;
    Ok(sent("message", answer.message_id))
}

/// Invokes a function, once, and waits for its answer.
pub(super) async fn to_function(
    (company, session): (&Company<'_>, &Session),
    to: &ToFunction,
) -> Answer<Sent> {
    let function = company.targets().named(FUNCTION, &to.function);
    let name = function.map_or(to.function.as_str(), |function| function.fact("name"));
    let invocation = Invocation {
        function: Identity(name.to_owned()),
        qualifier: None,
        event: to.payload.to_string().into_bytes(),
        manner: Manner::Awaited(longest(function.map_or(&Document::new(), |it| &it.document))),
    };
    let invoked = company.watch.once(|| invoke(session, &invocation)).await?;
    let said = String::from_utf8_lossy(&invoked.answer).into_owned();
    let answer = match invoked.error {
        Some(how) => json!({ "error": format!("{how}: {said}") }),
        None => json!({ "result": serde_json::from_str(&said).unwrap_or(Value::String(said)) }),
    };
    Ok(Sent { called: "invocation".to_owned(), answer: Some(answer) })
}

fn sent(what: &str, id: Option<String>) -> Sent {
    Sent { called: format!("sent {what} {}", id.unwrap_or_default()), answer: None }
}

/// The lines of a log group that hold a text.
pub(super) async fn lines(
    (company, session): (&Company<'_>, &Session),
    at: &InLog,
) -> Answer<Vec<Value>> {
    let group = company.targets().named(LOG_GROUP, &at.log);
    let name = group.map_or(at.log.as_str(), |group| group.fact("name"));
    let since = company.bench.options().since.saturating_sub(APART).max(0);
    // Quotes are the one sign that would end the text that is looked for.
    let pattern = format!("\"{}\"", at.contains.replace('"', "\\\""));
    let (mut found, mut next) = (BTreeSet::new(), None);
    for _ in 0..MOST_PAGES {
        let call = session.clients.logs.filter_log_events().log_group_name(name);
        let call = call.filter_pattern(&pattern).start_time(since).set_next_token(next);
        let answer = call.send().await;
        let answer =
            answer.attempting("logs:FilterLogEvents", || format!("look into log group {name}"))?;
        for event in answer.events.unwrap_or_default() {
            // Emulators leave the id out of what functions write.
            let id = (event.event_id, event.log_stream_name, event.timestamp);
            found.insert((id, event.message));
        }
        next = answer.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(found.into_iter().filter_map(|(_, line)| line).map(|line| line.trim_end().into()).collect())
}

//! Messages of a probe in queues: what was found so far, whoever looks how often.

use std::sync::PoisonError;

use serde_json::{Value, json};

use super::company::Company;
use crate::aws::behaviours::bench::Rubbish;
use crate::aws::behaviours::hindrance::in_the_way;
use crate::aws::behaviours::inbox::{at_risk, check_others_are_safe};
use crate::aws::behaviours::mail::{Swept, sweep};
use crate::aws::behaviours::mark::nonce_in;
use crate::aws::behaviours::messages::{Held, Message, delete, let_go};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::InQueue;

/// Every message of ours that was found in a queue so far.
pub(super) async fn look(
    (company, reader): (&Company<'_>, &Session),
    at: &InQueue,
    nonce: &str,
) -> Answer<Vec<Value>> {
    let mail = company.mail(&at.queue);
    company.note(Rubbish::Mail(mail.clone()));
    let session = company.session();
    check_others_are_safe(session, &mail.url, mail.tries).await?;
    // In an exclusive run the whole probe has its turn.
    let is_exclusive = company.bench.options().exclusive;
    let turn =
        if is_exclusive { None } else { Some(company.watch.in_line(company.bench.turn()).await) };
    let found = sweep(reader, session, &mail).await;
    drop(turn);
    let Swept { ours, theirs, worn, is_whole } = found?;
    for held in theirs {
        company.bench.note(company.mark, Rubbish::Held(held));
    }
    let held: Vec<Held> = ours.iter().map(|message| message.held.clone()).collect();
    if company.keeps {
        let_go(session, &held).await?;
    } else {
        delete(session, &held).await?;
    }
    let mut letters = company.letters.lock().unwrap_or_else(PoisonError::into_inner);
    let letters = letters.entry(mail.url.clone()).or_default();
    letters.extend(ours.iter().map(|message| (message.held.id.clone(), known(message))));
    let of_nonce = letters.values().filter(|(own, _)| own == nonce);
    let all: Vec<Value> = of_nonce.map(|(_, said)| said.clone()).collect();
    match worn {
        Some(worn) if all.is_empty() => Err(at_risk(&mail.url, &worn)),
        None if all.is_empty() && !is_whole => Err(in_the_way(
            &format!("read {}", mail.url),
            "TooManyOthers",
            "more messages of others lie in it than one look goes through".to_owned(),
            "see to them first: what was sent now may lie behind them",
        )),
        Some(_) | None => Ok(all),
    }
}

/// By what a message is known, and what it says. What is sent later goes into the group
/// of what was sent first: its own nonce stands before that, in what it says.
fn known(message: &Message) -> (String, Value) {
    let said = json!({ "body": message.body, "attributes": message.attributes });
    (nonce_in(&message.text()).map(|nonce| nonce.text).unwrap_or_default(), said)
}

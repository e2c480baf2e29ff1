//! Events that a probe puts on a bus.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::company::Company;
use super::targets::BUS;
use crate::aws::client::Session;
use crate::aws::error::{Attempt, told};
use crate::engine::port::Answer;
use crate::model::probe::ToBus;
use crate::verify::probe::Sent;

/// Puts an event. EventBridge answers success to a bus that is not there: what comes of the event tells.
pub(super) async fn put((company, session): (&Company<'_>, &Session), to: &ToBus) -> Answer<Sent> {
    let bus = company.targets().named(BUS, &to.event_bus);
    let bus = bus.map_or(to.event_bus.as_str(), |bus| bus.fact("name"));
    let entry = PutEventsRequestEntry::builder().event_bus_name(bus).source(&to.source);
    let entry = entry.detail_type(&to.detail_type).detail(to.detail.to_string());
    let entry = entry.set_resources(Some(to.resources.clone())).build();
    let attempted = || format!("put an event on {bus}");
    let answer = session.clients.events.put_events().entries(entry).send().await;
    let answer = answer.attempting("events:PutEvents", attempted)?;
    let put = answer.entries.unwrap_or_default().into_iter().next();
    // One entry may fail in a call that succeeds.
    if let Some(code) = put.as_ref().and_then(|put| put.error_code.as_deref()) {
        let message = put.as_ref().and_then(|put| put.error_message.as_deref());
        return Err(told("events:PutEvents", attempted(), code, message.unwrap_or_default()));
    }
    let id = put.and_then(|put| put.event_id).unwrap_or_default();
    Ok(Sent { called: format!("put event {id}"), answer: None })
}

//! An alarm as an exercise has it: its state, and what it did last.

use aws_sdk_cloudwatch::types::{HistoryItemType, StateValue};

use super::letter::Letter;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;

/// Of the newest actions of an alarm, the few among which ours is.
const HISTORY: i32 = 10;

/// An alarm that was set off, and how it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetOff {
    pub(super) name: String,
    pub(super) before: StateValue,
    pub(super) fired: Letter,
    pub(super) over: Letter,
}

/// The state of an alarm.
pub(super) struct State {
    pub(super) value: StateValue,
    reason: String,
}

pub(super) async fn state(session: &Session, name: &str) -> Answer<Option<State>> {
    let answer = session.clients.cloudwatch.describe_alarms().alarm_names(name).send().await;
    let answer = answer.attempting("cloudwatch:DescribeAlarms", || format!("read alarm {name}"))?;
    let alarm = answer.metric_alarms.unwrap_or_default().pop();
    Ok(alarm.and_then(|alarm| {
        let reason = alarm.state_reason.unwrap_or_default();
        Some(State { value: alarm.state_value?, reason })
    }))
}

pub(super) async fn set_state(
    session: &Session,
    name: &str,
    to: &StateValue,
    says: &Letter,
) -> Answer<()> {
    let call = session.clients.cloudwatch.set_alarm_state().alarm_name(name);
    let call = call.state_value(to.clone()).state_reason(reason(says));
    let answer = call.send().await;
    answer.attempting("cloudwatch:SetAlarmState", || format!("set the state of alarm {name}"))?;
    Ok(())
}

/// For whoever is told, and for us.
fn reason(letter: &Letter) -> String {
    format!("No emergency: ccprov verify tries whether this alarm is heard. {}", letter.body)
}

/// Gives an alarm its state back, if it is still what we made it: `CloudWatch` may have
/// looked at the metric since. Answers whether that was to do.
pub(super) async fn put_back(session: &Session, set: &SetOff) -> Answer<bool> {
    let now = state(session, &set.name).await?;
    let is_ours = now.is_some_and(|now| now.reason == reason(&set.fired));
    if is_ours {
        set_state(session, &set.name, &set.before, &set.over).await?;
    }
    Ok(is_ours)
}

/// What an alarm did last.
#[derive(Debug, PartialEq)]
pub(super) struct Action {
    /// By the clock of AWS.
    pub(super) at: Option<aws_smithy_types::DateTime>,
    pub(super) failed: bool,
    pub(super) summary: String,
}

/// What it did last with a topic.
pub(super) async fn last_action(
    session: &Session,
    name: &str,
    topic: &str,
) -> Answer<Option<Action>> {
    let call = session.clients.cloudwatch.describe_alarm_history().alarm_name(name);
    let call = call.history_item_type(HistoryItemType::Action).max_records(HISTORY);
    let answer = call.send().await;
    let answer = answer.attempting("cloudwatch:DescribeAlarmHistory", || {
        format!("read the history of alarm {name}")
    })?;
    let mut items = answer.alarm_history_items.unwrap_or_default().into_iter();
    Ok(items.find_map(|item| {
        let summary = item.history_summary.unwrap_or_default();
        let is_of_topic = summary.split([' ', '.']).any(|word| word == topic);
        let failed = summary.starts_with("Failed to execute action");
        is_of_topic.then_some(Action { at: item.timestamp, failed, summary })
    }))
}

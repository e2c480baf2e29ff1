//! Alarms that go off: heard, with their state put back, and never where more would
//! come of it than a message to the stack's own topics.

use aws_sdk_cloudwatch::types::StateValue;

use super::stand::{Stand, exclusive, impatient, patient, told};
use crate::support::emulator::{Account, ministack, ministack_enforcing_tls};
use crate::support::fault_proxy::{Fault, FaultProxy};
use ccprov::aws::behaviours::Options;

const CHECK: &str = "alarm_fires";

/// An alarm with these fields more, the topic that it tells, and a queue that hears that.
fn stack(more: &str) -> String {
    format!(
        r#"
stack: verified
resources:
  topic: {{ kind: sns_topic, name: claims-sns }}
  queue:
    kind: sqs_queue
    name: claims-sqs
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {{ Service: sns.amazonaws.com }}
          Action: sqs:SendMessage
          Resource: "*"
          Condition: {{ ArnEquals: {{ "aws:SourceArn": "${{topic.arn}}" }} }}
  subscription: {{ kind: sns_subscription, topic_arn: "${{topic.arn}}", protocol: sqs, endpoint: "${{queue.arn}}" }}
  alarm:
    kind: cloudwatch_metric_alarm
    name: claims-alarm
    namespace: Claims
    metric_name: lost
    statistic: Sum
    period: 60
    evaluation_periods: 1
    comparison_operator: GreaterThanThreshold
    threshold: 0
    alarm_actions: ["${{topic.arn}}"]
{more}"#
    )
}

async fn made(account: &Account, more: &str) -> Stand {
    Stand::make_of(account, &stack(more)).await
}

/// The state of the alarm, and why it is in it.
async fn state(stand: &Stand) -> (StateValue, String) {
    let alarms = stand.cloudwatch().describe_alarms().alarm_names("claims-alarm").send().await;
    let alarm = alarms.expect("alarms").metric_alarms.unwrap_or_default().remove(0);
    (alarm.state_value.expect("a state"), alarm.state_reason.unwrap_or_default())
}

async fn set(stand: &Stand, value: StateValue) {
    let call = stand.cloudwatch().set_alarm_state().alarm_name("claims-alarm");
    call.state_value(value).state_reason("by hand").send().await.expect("it is set");
}

/// What the stack's queue holds.
async fn held(stand: &Stand) -> Vec<String> {
    let call = stand.sqs().receive_message().queue_url(stand.url("claims-sqs"));
    let answer = call.max_number_of_messages(10).send().await.expect("messages");
    answer.messages.unwrap_or_default().into_iter().filter_map(|it| it.body).collect()
}

#[tokio::test]
async fn an_alarm_is_heard_and_gets_its_state_back() {
    for account in [ministack().account(), ministack_enforcing_tls().account()] {
        let stand = made(&account, "    ok_actions: [\"${topic.arn}\"]\n").await;
        assert!(told(&stand.verify(CHECK, patient()).await)[0].contains("could not look"));
        for before in [StateValue::InsufficientData, StateValue::Ok] {
            set(&stand, before.clone()).await;
            let _by_hand = held(&stand).await;
            let results = stand.verify(CHECK, exclusive()).await;
            assert_eq!(told(&results), ["alarm -> topic: passed"], "{results:#?}");
            assert_eq!(state(&stand).await.0, before);
            assert_eq!(held(&stand).await, [""; 0], "nothing of it stays in the queue");
            assert_eq!(stand.ears().await, [""; 0]);
            assert_eq!(stand.endpoints().await, [stand.queue_arn("claims-sqs")]);
        }
    }
}

#[tokio::test]
async fn one_that_nobody_hears_is_seen() {
    let account = ministack().account();
    let stand = made(&account, "").await;
    // CloudWatch may not publish: it takes the state, and the topic hears nothing.
    let proxy = FaultProxy::start(&account.endpoint, |_, call| {
        call.is("monitoring", "SetAlarmState").then_some(Fault::Says(200, "", ""))
    });
    let stand = stand.seen_by(&account.through(&proxy.url())).await;
    let results = stand.verify(CHECK, Options { exclusive: true, ..impatient() }).await;
    assert_eq!(told(&results), ["alarm -> topic: alarm alarm_actions"], "{proxy}");
    assert_eq!(stand.ears().await, [""; 0]);
}

#[tokio::test]
async fn where_more_would_come_of_it_nobody_is_told() {
    let account = ministack().account();
    let stand = made(&account, "").await;
    set(&stand, StateValue::Alarm).await;
    let results = stand.verify(CHECK, exclusive()).await;
    let told_of = told(&results);
    assert!(
        told_of[0].starts_with("alarm -> topic: not exercised, it is in alarm already"),
        "{told_of:?}"
    );
    assert_eq!(state(&stand).await, (StateValue::Alarm, "by hand".to_owned()));
    for (more, why) in [
        ("    actions_enabled: false\n", "its actions are switched off"),
        (
            "    insufficient_data_actions: [\"arn:aws:automate:us-east-1:ec2:stop\"]\n    dimensions: { InstanceId: i-1 }\n",
            "it does more than tell topics of the stack: arn:aws:automate:us-east-1:ec2:stop",
        ),
    ] {
        let stand = made(&ministack().account(), more).await;
        let results = stand.verify(CHECK, exclusive()).await;
        assert_eq!(told(&results), [format!("alarm -> {}: not exercised, {why}", stand.topic())]);
    }
}

//! Events that `event_delivery` puts on a bus: they come to the queues of the rule, and none is left
//! in any queue, whichever rules take it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;

use super::stand::{Stand, exclusive, impatient, patient, told};
use crate::support::emulator::ministack;

const CHECK: &str = "event_delivery";

/// Two rules that take what is paid, and one that leaves it; what the second makes of it stands
/// in its place.
const STACK: &str = r#"
stack: verified
region: us-east-1
resources:
  bus: { kind: cloudwatch_event_bus, name: shop }
  ours: { kind: sqs_queue, name: claims-ours }
  theirs: { kind: sqs_queue, name: claims-theirs }
  unpaid: { kind: sqs_queue, name: claims-unpaid }
  paid:
    kind: cloudwatch_event_rule
    event_bus_name: "${bus.name}"
    event_pattern: { source: [shop], detail-type: [paid] }
    targets: { queue: { arn: "${ours.arn}" } }
    matches: [{ source: shop, detail-type: paid, detail: { id: o-1 } }]
  all:
    kind: cloudwatch_event_rule
    event_bus_name: "${bus.name}"
    event_pattern: { source: [shop] }
    targets: { queue: { arn: "${theirs.arn}"MADE } }
  rest:
    kind: cloudwatch_event_rule
    event_bus_name: "${bus.name}"
    event_pattern: { source: [shop], detail-type: [{ anything-but: [paid] }] }
    targets: { queue: { arn: "${unpaid.arn}" } }
"#;

async fn left(stand: &Stand) -> Vec<String> {
    let mut left = Vec::new();
    for name in ["claims-ours", "claims-theirs", "claims-unpaid"] {
        let asked = stand.sqs().get_queue_attributes().queue_url(stand.url(name));
        let told = asked.attribute_names(ApproximateNumberOfMessages).send().await.unwrap();
        let count = told.attributes.unwrap()[&ApproximateNumberOfMessages].clone();
        left.push(format!("{name}: {count}"));
    }
    left
}

const NONE: [&str; 3] = ["claims-ours: 0", "claims-theirs: 0", "claims-unpaid: 0"];

#[tokio::test]
async fn nothing_is_left_in_queues_of_rules_that_take_it_too() {
    for made in ["", ", input_path: $.detail"] {
        let stand = Stand::make_of(&ministack().account(), &STACK.replace("MADE", made)).await;
        let results = stand.verify(CHECK, patient()).await;
        assert_eq!(
            told(&results),
            ["paid: not exercised, all its targets would get the event: with --exclusive alone"]
        );
        let results = stand.verify(CHECK, exclusive()).await;
        assert_eq!(told(&results), ["paid: passed"], "{results:#?}");
        assert_eq!(left(&stand).await, NONE, "{made}");
    }
}

/// What nobody could tell from others is not put there.
#[tokio::test]
async fn no_event_is_put_that_could_not_be_taken_out() {
    let made = ", input_transformer: { input_template: '\"paid\"' }";
    let stand = Stand::make_of(&ministack().account(), &STACK.replace("MADE", made)).await;
    let results = stand.verify(CHECK, exclusive()).await;
    let why =
        "all makes something else of the event for theirs, where nobody could tell it from others";
    assert_eq!(told(&results), [format!("paid: not exercised, {why}")]);
    assert_eq!(left(&stand).await, NONE);
}

/// Also where it does not come to where it should.
#[tokio::test]
async fn nothing_is_left_where_the_event_does_not_come() {
    let stand = Stand::make_of(&ministack().account(), &STACK.replace("MADE", "")).await;
    let scene = stand.scene().await;
    let events = aws_sdk_eventbridge::Client::new(&crate::support::aws::config(&stand.account));
    let gone = events.remove_targets().rule("verified-paid").event_bus_name("shop").ids("queue");
    gone.send().await.unwrap();
    let options = ccprov::aws::behaviours::Options { exclusive: true, ..impatient() };
    let results = stand.verify_scene(&scene, CHECK, options).await;
    assert_eq!(told(&results), ["paid: paid targets"], "{results:#?}");
    assert_eq!(left(&stand).await, NONE);
}

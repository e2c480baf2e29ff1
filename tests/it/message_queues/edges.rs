//! Whatever is taken from an edge of the platform, a rule finds it on paper, at the
//! resource where somebody would mend it: in the stack, or in one of its patterns.

use std::fs;

use crate::support::emulator::root;
use crate::support::findings::found;

/// What somebody gets wrong: in which file, what stands there once, and what instead.
/// With the check that finds it, and the address that its finding names.
struct Slip {
    file: &'static str,
    text: &'static str,
    instead: &'static str,
    check: &'static str,
    address: &'static str,
}

const STACK: &str = "message_queues.yaml";
const QUEUE_SET: &str = "patterns/queue_set.yaml";
const EVENT_BUS: &str = "patterns/event_bus.yaml";

const SLIPS: &[Slip] = &[
    // From a rule to its queue, over policy and key.
    Slip {
        file: STACK,
        text: "          rules: [\"${events.rule.orders.arn}\"]\n",
        instead: "",
        check: "delivery_path",
        address: "queues.queue.orders",
    },
    Slip {
        file: STACK,
        text: "rules: [\"${events.rule.billing.arn}\"]",
        instead: "rules: [\"${events.rule.orders.arn}\"]",
        check: "delivery_path",
        address: "queues.queue.billing",
    },
    Slip {
        file: STACK,
        text: "Action: [\"kms:DescribeKey\", \"kms:GenerateDataKey\", \"kms:ReEncrypt*\", \"kms:Decrypt\"]",
        instead: "Action: \"kms:DescribeKey\"",
        check: "delivery_path",
        address: "key",
    },
    Slip {
        file: QUEUE_SET,
        text: "Principal: { Service: events.amazonaws.com }",
        instead: "Principal: { Service: scheduler.amazonaws.com }",
        check: "delivery_path",
        address: "queues.queue.orders",
    },
    // From a rule to the dead letters of the bus.
    Slip {
        file: EVENT_BUS,
        text: "ArnEquals: { \"aws:SourceArn\": \"${rule.*.arn}\" }",
        instead: "ArnEquals: { \"aws:SourceArn\": \"${bus.arn}\" }",
        check: "delivery_path",
        address: "events.dead_letters",
    },
    // From a queue to its dead-letter queue.
    Slip {
        file: QUEUE_SET,
        text: "permission: byQueue, source_queues: [\"${queue.${each.key}.arn}\"]",
        instead: "permission: denyAll",
        check: "delivery_path",
        address: "queues.dlq.billing",
    },
    // From what is counted to an alarm, and from an alarm to whoever hears it.
    Slip {
        file: QUEUE_SET,
        text: "QueueName: \"${dlq.${each.key}.name}\"",
        instead: "QueueName: \"${dlq.${each.key}.arn}\"",
        check: "alarm_metric",
        address: "queues.dead_letters.orders",
    },
    Slip {
        file: QUEUE_SET,
        text: "QueueName: \"${queue.${each.key}.name}\"",
        instead: "Queue: \"${queue.${each.key}.name}\"",
        check: "alarm_metric",
        address: "queues.depth.billing",
    },
    Slip {
        file: EVENT_BUS,
        text: "EventBusName: \"${bus.name}\", RuleName",
        instead: "RuleName",
        check: "alarm_metric",
        address: "events.lost.orders",
    },
    Slip {
        file: EVENT_BUS,
        text: "metric_name: InvocationsFailedToBeSentToDlq",
        instead: "metric_name: InvocationsFailedToBeSentToDLQ",
        check: "alarm_metric",
        address: "events.lost.orders",
    },
    Slip {
        file: STACK,
        text: "    kms_master_key_id: \"${key.arn}\"\n    policy:",
        instead: "    kms_master_key_id: alias/aws/sns\n    policy:",
        check: "alarm_path",
        address: "alerts",
    },
    // What protects them.
    Slip {
        file: QUEUE_SET,
        text: "Action: \"sqs:*\"",
        instead: "Action: \"sqs:SendMessage\"",
        check: "tls_only",
        address: "queues.queue.orders",
    },
];

#[test]
fn a_broken_edge_is_found_by_its_rule() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("patterns")).expect("a folder");
    let sound = [STACK, QUEUE_SET, EVENT_BUS, "patterns/kafka.yaml"].map(|file| {
        let text = fs::read_to_string(root().join("stacks").join(file)).expect("it is there");
        (file, own(&text))
    });
    let write = |file: &str, text: &str| fs::write(folder.join(file), text).expect("our own");
    for (file, text) in &sound {
        write(file, text);
    }
    let before = found(&folder.join(STACK));
    let mut complaints = Vec::new();
    for Slip { file, text, instead, check, address } in SLIPS {
        let (_, whole) = sound.iter().find(|(name, _)| name == file).expect("a file");
        assert_eq!(whole.matches(text).count(), 1, "{text}");
        write(file, &whole.replace(text, instead));
        let expected = ((*check).to_owned(), (*address).to_owned());
        assert!(!before.contains(&expected), "{check} complains of what is sound at {address}");
        let found = found(&folder.join(STACK));
        if !found.contains(&expected) {
            let wrong = format!("{instead:?} instead of {text:?}");
            complaints.push(format!("{wrong}: not {check} at {address}, but {found:?}"));
        }
        write(file, whole);
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A file that uses patterns as files beside it, and of an account that is known: of
/// another no rule can tell that an ARN is somebody else's.
fn own(text: &str) -> String {
    let text = ["queue_set", "event_bus", "kafka"].iter().fold(text.to_owned(), |text, name| {
        text.replace(&format!("pattern: {name}\n"), &format!("pattern: ./patterns/{name}.yaml\n"))
    });
    text.replacen("\nstack:", "\naccount: \"123456789012\"\nstack:", 1)
}

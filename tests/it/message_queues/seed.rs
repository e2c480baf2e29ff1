//! A platform as it is often written: what Terraform plans and applies without a word is
//! told here before anything is made.

use std::fs;

use crate::support::binary::Ccprov;
use crate::support::emulator::root;
use crate::support::findings::found;

/// What AWS would refuse, half an hour into an apply: words of what is told, what stands
/// there, and what somebody writes who reads it.
const REFUSED: &[(&str, &str, &str)] = &[(
    "a kafka.m5.large has no throughput to provision",
    "broker_instance_type: kafka.m5.large",
    "broker_instance_type: kafka.m5.4xlarge",
)];

/// What AWS takes, and what goes wrong later: checks, and addresses, be it a note.
const FOUND: &[(&str, &str)] = &[
    // The rule sends to a queue that admits roles alone.
    ("delivery_path", "main.orders"),
    // What the queue does not take is gone.
    ("undelivered_events", "rule.orders"),
    ("called_fifo", "main.payments"),
    ("consumer_lag", "msk"),
    // The next version of Kafka wants another configuration.
    ("kafka_versions", "msk_config"),
    // Of topics AWS has calls from 3.6.0 on.
    ("kafka_support", "orders_topic"),
    // ZooKeeper's port is open, which nobody needs.
    ("open_ingress", "msk_sg"),
    ("tls_only", "main.orders"),
];

#[test]
fn what_is_often_wrong_is_told_before_anything_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("seed.yaml");
    let seed = fs::read_to_string(root().join("tests/it/message_queues/seed.yaml"));
    let mut text = seed.expect("it is there");
    let validated = |text: &str| {
        fs::write(&file, text).expect("our own");
        Ccprov::offline().run(&["validate", &file.display().to_string()])
    };
    let told = validated(&text);
    assert_ne!(told.code, Some(0), "{told}");
    for (words, wrong, right) in REFUSED {
        assert!(told.stderr.contains(words), "{words:?} is not told:\n{told}");
        assert_eq!(text.matches(wrong).count(), 1, "{wrong:?}");
        text = text.replace(wrong, right);
    }
    let told = validated(&text);
    assert_eq!(told.code, Some(0), "{told}");

    let found = found(&file);
    let expected = FOUND.iter().map(|(check, at)| ((*check).to_owned(), (*at).to_owned()));
    let missing: Vec<_> = expected.filter(|expected| !found.contains(expected)).collect();
    assert!(missing.is_empty(), "{missing:?} are not among {found:#?}");
}

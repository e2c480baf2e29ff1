//! The event processor of `stacks/`, with its functions, from nothing to nothing: on an
//! emulator that runs them, and holds them to the rights of their roles.
//!
//! What the system is for, its own probes say.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account, root};

const STACK: &str = "stacks/event_processor.yaml";
/// As the demo has it: nobody waits for long until poison is where it belongs.
const VALUES: &str = "scripts/demo/event_processor.yaml";

const PROBES: [&str; 6] = [
    "a_repeated_event_is_ignored",
    "a_tenant_keeps_its_order",
    "an_event_is_recorded_once",
    "an_invalid_event_is_kept_with_its_reason",
    "poison_is_in_the_dead_letter_queue",
    "samples_are_recorded",
];

#[tokio::test]
async fn events_are_recorded_once_in_order_or_with_a_reason() {
    for function in ["event_processor", "event_seeder"] {
        let built = root().join("target/functions").join(function).join("bootstrap");
        assert!(built.exists(), "{} is not built; run: make functions", built.display());
    }
    let account = emulator::ministack_enforcing_tls().account();
    let ccprov = Ccprov::on(&account);
    let must = |arguments: &[&str]| -> Transcript {
        let done = ccprov.run(&[arguments, &["--var-file", VALUES, STACK]].concat());
        assert_eq!(done.code, Some(0), "{done}");
        done
    };
    must(&["validate", "--rules", "--fail-on", "warning"]);
    must(&["plan", "--strict"]);
    must(&["apply", "-y"]);
    must(&["plan", "--detailed-exitcode"]);
    let proof = must(&["verify"]);
    for probe in PROBES {
        let passed = proof.stdout.lines().any(|line| line.contains('✓') && line.contains(probe));
        assert!(passed, "{probe} did not pass:\n{proof}");
    }
    let asked = must(&["invoke", "seeder", "--data", r#"{"tenant_id":"acme"}"#]);
    assert_eq!(asked.stdout.matches("\"event_id\"").count(), 5, "{asked}");
    assert_eq!(recorded(&account, "acme", 5).await, ["READY"; 5]);
    must(&["destroy", "-y"]);
    must(&["plan", "--destroy", "--detailed-exitcode"]);
}

/// The status of a tenant's events, once there are so many. Each question is a round to the
/// emulator, which records at the same time.
async fn recorded(account: &Account, tenant: &str, count: usize) -> Vec<String> {
    const QUESTIONS: usize = 3_000;
    let client = aws_sdk_dynamodb::Client::new(&aws::config(account));
    let mut found = Vec::new();
    for _ in 0..QUESTIONS {
        let query = client.query().table_name("event-processor-events").consistent_read(true);
        let query = query.key_condition_expression("tenant_id = :tenant");
        let tenant = AttributeValue::S(tenant.to_owned());
        let items = query.expression_attribute_values(":tenant", tenant).send().await;
        let items = items.expect("a query").items.unwrap_or_default();
        found = items.iter().filter_map(|item| item.get("status")?.as_s().ok().cloned()).collect();
        if found.len() == count {
            break;
        }
    }
    found
}

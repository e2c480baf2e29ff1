//! Whatever is taken from an edge of the event pipeline, a rule finds it on paper, at
//! the resource where somebody would mend it.

use std::fs;
use std::path::Path;

use crate::support::findings::found;
use crate::support::light_functions;

/// What somebody gets wrong.
enum Slip {
    /// A statement that is not there, by its resource and its `Sid`.
    Without(&'static str, &'static str),
    /// A text in place of another, which is there once.
    Instead(&'static str, &'static str),
}

use Slip::{Instead, Without};

/// Each with the check that finds it, and the address that its finding names.
const SLIPS: &[(Slip, &str, &str)] = &[
    // From the topic to the trigger, and to the queue of what it could not deliver.
    (
        Instead(
            "    permissions:\n      payments: { principal: sns.amazonaws.com, source_arn: \"${payment_events.arn}\" }\n",
            "",
        ),
        "delivery_path",
        "trigger",
    ),
    (
        Instead(
            "principal: sns.amazonaws.com, source_arn: \"${payment_events.arn}\"",
            "principal: sns.amazonaws.com, source_arn: \"${alerts.arn}\"",
        ),
        "delivery_path",
        "trigger",
    ),
    (Without("trigger_dead", "FromTheTopic"), "delivery_path", "trigger_dead"),
    (Without("key", "TopicSendsDeadLetters"), "delivery_path", "key"),
    // From the trigger to the workflow, and to what it fails at.
    (Without("trigger_role", "StartExecutions"), "environment_access", "trigger_role"),
    (Without("trigger_role", "KeepDeadLetters"), "delivery_path", "trigger_role"),
    (Without("trigger_role", "EncryptDeadLetters"), "delivery_path", "trigger_role"),
    // From the workflow to whatever its definition calls.
    (Without("workflow_role", "InvokeFunctions"), "machine_access", "workflow_role"),
    (
        Instead(
            "Resource: [\"${validator.arn}\", \"${processor.arn}\", \"${enricher.arn}\"]",
            "Resource: [\"${validator.arn}\", \"${processor.arn}\"]",
        ),
        "machine_access",
        "workflow_role",
    ),
    (Without("workflow_role", "KeepPayments"), "machine_access", "workflow_role"),
    (Without("workflow_role", "KeepDeadLetters"), "machine_access", "workflow_role"),
    (Without("workflow_role", "EncryptBoth"), "machine_access", "workflow_role"),
    (
        Instead(
            "Action: \"dynamodb:PutItem\"",
            "Action: [\"dynamodb:PutItem\", \"dynamodb:DeleteItem\"]",
        ),
        "machine_surplus",
        "workflow_role",
    ),
    (
        Instead("Action: \"lambda:InvokeFunction\"", "Action: \"lambda:*\""),
        "machine_surplus",
        "workflow_role",
    ),
    (
        Instead("Service: states.amazonaws.com", "Service: lambda.amazonaws.com"),
        "machine_role",
        "workflow_role",
    ),
    // Its logs.
    (Without("workflow_role", "SetUpLogs"), "machine_role", "workflow_role"),
    (Without("key", "WorkflowLogsAreDelivered"), "machine_role", "key"),
    (Without("key", "LogsAreEncrypted"), "log_group_key", "key"),
    // From the alarms to whoever hears them.
    (Without("key", "AlarmsAreTold"), "alarm_path", "key"),
    (Without("alerts", "AlarmsAreTold"), "alarm_path", "alerts"),
    (
        Instead(
            "name: \"event-processing-alerts-${var.environment_suffix}\"\n    kms_master_key_id: \"${key.arn}\"",
            "name: \"event-processing-alerts-${var.environment_suffix}\"\n    kms_master_key_id: alias/aws/sns",
        ),
        "alarm_path",
        "alerts",
    ),
    // What protects it.
    (Without("payment_events", "TlsOnly"), "tls_only", "payment_events"),
    (Without("trigger_dead", "TlsOnly"), "tls_only", "trigger_dead"),
    (
        Instead(
            "      destination_config: { on_failure: { destination: \"${trigger_dead.arn}\" } } # with the reason, as a dead letter is not\n",
            "",
        ),
        "failure_destination",
        "trigger",
    ),
];

#[test]
fn a_broken_edge_is_found_by_its_rule() {
    let file = Path::new(light_functions::event_pipeline());
    // Of an account that nobody knows, no rule can tell that an ARN is another's.
    let sound = fs::read_to_string(file).expect("the stack is there");
    let sound = format!("account: \"123456789012\"\n{sound}");
    let broken = file.with_file_name("broken_edge.yaml");
    fs::write(&broken, &sound).expect("a file of our own");
    let before = found(&broken);
    let mut complaints = Vec::new();
    for (slip, check, address) in SLIPS {
        let (what, text) = slip.of(&sound);
        fs::write(&broken, text).expect("a file of our own");
        let expected = ((*check).to_owned(), (*address).to_owned());
        assert!(!before.contains(&expected), "{check} complains of what is sound at {address}");
        let found = found(&broken);
        if !found.contains(&expected) {
            complaints.push(format!("{what}: not {check} at {address}, but {found:?}"));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

impl Slip {
    /// In words, and the stack with it.
    fn of(&self, sound: &str) -> (String, String) {
        match self {
            Without(resource, sid) => {
                (format!("{resource} without {sid}"), without(sound, resource, sid))
            }
            Instead(text, other) => {
                assert_eq!(sound.matches(text).count(), 1, "{text}");
                (format!("{other:?} instead of {text:?}"), sound.replace(text, other))
            }
        }
    }
}

/// Without the statement of this name in a resource's policies.
fn without(sound: &str, resource: &str, sid: &str) -> String {
    let begin = sound.find(&format!("\n  {resource}:\n")).expect("the resource is there");
    let head = format!("- Sid: {sid}\n");
    let at = begin + sound[begin..].find(&head).expect("the statement is there");
    let line = sound[..at].rfind('\n').map_or(0, |end| end + 1);
    let depth = at - line;
    let is_within = |line: &&str| line.chars().take_while(|it| *it == ' ').count() > depth;
    let rest: usize =
        sound[at + head.len()..].split_inclusive('\n').take_while(is_within).map(str::len).sum();
    format!("{}{}", &sound[..line], &sound[at + head.len() + rest..])
}

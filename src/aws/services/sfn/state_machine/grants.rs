//! What AWS must allow of state machines.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("StateMachines", MACHINE, READING),
    // A definition that is asked about is no state machine yet.
    Grant::read("DefinitionsOfStateMachines", &["*"], &["states:ValidateStateMachineDefinition"]),
    Grant::read("FormerStateMachines", ALL_MACHINES, READING).bound(Bound::Owned),
    // The definition is encrypted with the key, too.
    Grant::read("KeysOfStateMachines", ALL_KEYS, &["kms:Decrypt"])
        .bound(Bound::Via("states"))
        .only_with("encryption_configuration.kms_key_id"),
    Grant::write(
        "StateMachines",
        MACHINE,
        &[
            "states:CreateStateMachine",
            "states:CreateStateMachineAlias",
            "states:DeleteStateMachineAlias",
            "states:PublishStateMachineVersion",
            "states:TagResource",
            "states:UntagResource",
            "states:UpdateStateMachine",
            "states:UpdateStateMachineAlias",
        ],
    ),
    Grant::write("RolesOfStateMachines", &["${role_arn}"], &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "states.amazonaws.com")),
    Grant::write("KeysOfStateMachines", ALL_KEYS, &["kms:DescribeKey", "kms:GenerateDataKey"])
        .bound(Bound::Via("states"))
        .only_with("encryption_configuration.kms_key_id"),
    Grant::remove("StateMachines", MACHINE, &["states:DeleteStateMachine"]),
    Grant::remove("FormerStateMachines", ALL_MACHINES, &["states:DeleteStateMachine"])
        .bound(Bound::Owned),
    Grant::remove("StoppedExecutions", EXECUTIONS, &["states:StopExecution"])
        .only_with("force_destroy"),
];

/// With its versions and aliases.
const MACHINE: &[&str] = &["${arn}", "${arn}:*"];
/// For those that the stack owns and the file no longer declares.
const ALL_MACHINES: &[&str] = &["arn:${partition}:states:${region}:${account}:stateMachine:*"];
const EXECUTIONS: &[&str] = &["arn:${partition}:states:${region}:${account}:execution:${name}:*"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
const READING: &[&str] = &[
    "states:DescribeStateMachine",
    "states:DescribeStateMachineAlias",
    "states:ListExecutions",
    "states:ListStateMachineAliases",
    "states:ListStateMachineVersions",
    "states:ListTagsForResource",
];

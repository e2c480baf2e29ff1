//! `sfn_state_machine`: a state machine of Step Functions, with its definition, its logs
//! and its versions.
//!
//! One call makes it, and one changes it; each publishes what it made, if that is wanted.
//! Aliases are calls of their own.

mod change;
mod check;
mod definition;
mod description;
mod examine;
mod executions;
mod grants;
mod look;
mod settings;
mod versions;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::definition::Definition;
use self::settings::{EncryptionConfiguration, LoggingConfiguration, TracingConfiguration};
use crate::aws::aliases::{self, Aliases};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    Emptying, Examined, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought,
};

pub(crate) struct SfnStateMachine;

/// A state machine. Everything left out has AWS's documented default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 1 to 80 letters, digits and `_-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 80), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    name: Option<String>,
    /// Executions that may take a year and are each run once, or such that end within five minutes and are cheap.
    #[serde(default, rename = "type")]
    machine_type: MachineType,
    /// What it does: its states, in the States Language.
    #[schemars(extend("x-verbatim" = true))]
    definition: Definition,
    /// What it may do: the ARN of a role that admits `states.amazonaws.com`.
    #[schemars(length(min = 1))]
    role_arn: String,
    /// What is logged of its executions. Of those of `EXPRESS` nothing else is kept.
    #[serde(default)]
    logging_configuration: LoggingConfiguration,
    /// Whether X-Ray traces executions.
    #[serde(default)]
    tracing_configuration: TracingConfiguration,
    /// With which key its definition and its executions are encrypted.
    #[serde(default)]
    encryption_configuration: EncryptionConfiguration,
    /// Keep what runs as a version, with a number, whenever it has changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    publish: bool,
    /// Names for versions. Left out: those that there are stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    aliases: Option<Aliases>,
    /// Let a destroy by this file stop executions that still run. Kept at the state machine in
    /// the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// How it is run, and paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MachineType {
    #[default]
    Standard,
    Express,
}

impl Kind for SfnStateMachine {
    const NAME: &'static str = "sfn_state_machine";
    const SUMMARY: &'static str =
        "A state machine of Step Functions, with its definition, its logs and its versions.";
    const NOTES: &'static str = "\
The state machine's name is its identity; its ARN follows from it.

- `definition` is written as YAML, or lies in a file: `{ file: workflow.asl.json }`, as JSON or YAML. References have their \
meaning in both. It is compared as what it says: blanks and the order of keys are no difference. `null` is not the same as \
nothing: `ResultPath: null` throws a result away.
- Every definition is checked against the States Language before anything is called: each problem is told at its place, all \
of them at once. A plan that makes or changes a state machine also asks AWS what it says of the definition: what it would \
refuse stops the apply before anything is changed. What it calls need not be there yet; whether the role may call it is \
seen when it runs.
- AWS tries the role when the state machine is made or changed: it must admit `states.amazonaws.com`. A new role takes some \
seconds to be seen; ccprov goes on trying for as long.
- `logging_configuration` names a log group by its ARN; the `:*` at the end, which Step Functions wants, is added where it \
is missing. The role must be allowed `logs:CreateLogDelivery`, `logs:GetLogDelivery`, `logs:UpdateLogDelivery`, \
`logs:DeleteLogDelivery`, `logs:ListLogDeliveries`, `logs:PutResourcePolicy`, `logs:DescribeResourcePolicies` and \
`logs:DescribeLogGroups` on `*`: CloudWatch Logs knows no resources for these.
- Step Functions writes the log group into a resource policy of CloudWatch Logs, of which a region has ten of 5,120 characters. \
Groups whose names begin with `/aws/vendedlogs/` need no room there.
- Executions of `EXPRESS` end after five minutes, and leave nothing behind but logs. Whoever starts one twice by the same \
name has two. Those of `STANDARD` are kept for 90 days after their end.
- A change is seen by executions that start some seconds later; those that run go on as they began.
- `publish: true` keeps what runs as a version after each change, and `aliases: { live: {} }` then leads to the last one: who \
starts `ARN:live` meets what was published. `version: 3` has an alias stay with that version, and `routing_config: { \
additional_version_weights: { 4: 0.1 } }` beside it starts a tenth with another, in whole hundredths; the names of aliases \
that stay are kept at the state machine, in the tag `ccprov:pinned`. Whoever moves traffic by hand says so: \
`lifecycle: { ignore_changes: [aliases] }`.
- `tracing_configuration: { enabled: true }` needs a role that may `xray:PutTraceSegments`, `xray:PutTelemetryRecords`, \
`xray:GetSamplingRules` and `xray:GetSamplingTargets`.
- With a key of yours, its policy must admit the role to `kms:Decrypt` and `kms:GenerateDataKey`, best where \
`kms:ViaService` is Step Functions; and whoever runs ccprov, because the definition is encrypted too.
- A state machine goes when its executions have come to an end. One whose executions still run is deleted only by the \
`destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`: they are stopped then. Those of \
`EXPRESS` end by themselves.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("state_machine/minimal.yaml"), include_str!("state_machine/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "type"];
    const MUST_EXIST: &'static [&'static str] = &[
        "encryption_configuration.kms_key_id",
        "logging_configuration.log_destination",
        "role_arn",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the state machine's ARN", true), ("name", "its name", true)];
    /// It is there at once. Reads tell what was for some seconds (API Reference:
    /// "This operation is eventually consistent"), and Terraform's provider has seen old
    /// and new in turn for up to ten. What runs to its end keeps it from going: five
    /// minutes is what an EXPRESS execution may take, and what Terraform allows.
    const PATIENCE: Patience = Patience {
        create: Limit::of(Duration::from_mins(2)),
        update: Limit::of(Duration::from_mins(2)),
        delete: Some(Limit::of(Duration::from_mins(5))),
        steady: 2,
        blocks: false,
    };
    const HOLDS_DATA: bool = true;
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const FOLLOWS: &'static [(&'static str, &'static [&'static str])] =
        &[("publish", change::SETTINGS), ("aliases", change::SETTINGS)];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("encryption_configuration.kms_key_id", Takes::Key),
        (
            "logging_configuration.log_destination",
            Takes::Arn { what: "a log group", service: "logs", begins: "log-group:" },
        ),
        ("role_arn", takes::ROLE),
    ];
    const GAP: &'static str = "nobody can start it until the new one is made";
    const LOST: &'static str =
        "its versions, its aliases and the history of its executions are lost";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.logging_configuration = spec.logging_configuration.settled();
        spec.encryption_configuration = spec.encryption_configuration.settled();
        spec.aliases = spec.aliases.map(aliases::settled);
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "states", _, _, "stateMachine", name] => Some(name.to_owned()),
            // Versions and aliases have one part more.
            _ => None,
        }
    }

    async fn examine(aws: &Aws, spec: &Spec) -> Answer<Examined> {
        examine::examine(aws, spec).await
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        look::read(aws, sought).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let call = aws.session.clients.sfn.create_state_machine().name(name);
        let call = call.r#type(spec.machine_type.sdk()).role_arn(&spec.role_arn);
        let call = call.definition(spec.definition.text());
        let call = call.logging_configuration(spec.logging_configuration.sdk());
        let call = call.tracing_configuration(spec.tracing_configuration.sdk());
        let call = call.set_encryption_configuration(spec.encryption_configuration.sdk());
        let tags = settings::all_tags(spec, &want.owner);
        let call = call.publish(spec.publish).set_tags(Some(settings::sdk_tags(tags)));
        let answer = call.send().await;
        answer
            .attempting("states:CreateStateMachine", || format!("create state machine {name}"))?;
        // One of the same definition is answered alike, whatever its role and tags are.
        Ok(match spec.aliases {
            Some(_) => Made::in_part(Facts::new()).or_found(),
            None => Made::whole(Facts::new()).or_found(),
        })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        versions::make_aliases(aws, want).await?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        change::change(aws, change).await
    }

    async fn delete(aws: &Aws, have: &Live, emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let running = if emptying == Emptying::Empty && is_standard(have) {
            executions::running(aws, name).await?
        } else {
            Vec::new()
        };
        let call = aws.session.clients.sfn.delete_state_machine();
        let answer = call.state_machine_arn(arn(&aws.place, name)).send().await;
        answer
            .attempting("states:DeleteStateMachine", || format!("delete state machine {name}"))?;
        // None can start any more, and what started meanwhile ends with its next state.
        executions::stop(aws, &running).await
    }
}

/// Whether its executions are listed, and can be stopped.
fn is_standard(have: &Live) -> bool {
    have.document.get("type").is_some_and(|it| it == "STANDARD")
}

impl MachineType {
    fn sdk(self) -> aws_sdk_sfn::types::StateMachineType {
        match self {
            Self::Standard => aws_sdk_sfn::types::StateMachineType::Standard,
            Self::Express => aws_sdk_sfn::types::StateMachineType::Express,
        }
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("states", &format!("stateMachine:{name}"))
}

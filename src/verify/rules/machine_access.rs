//! A state machine's role may do what its definition says.

use std::collections::BTreeSet;

use super::delivery_path::Seen;
use super::environment_access::asks_of_key;
use super::errand::{Errand, Object, Wish, camel};
use super::machine::{self, Call, MACHINE};
use super::{Judgement, Rule};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "machine_access",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A state machine's role may call what the definition calls, on what it calls it on, and use the keys of that.",
        risk: "An execution comes to that state and fails: AccessDenied. If the state catches errors, it looks as if the work itself had failed.",
        remedy: "Add the statement that is missing to the role.",
    },
    stops_messages: true,
    because: "An error: it does not work. What is called on something that is known when it runs is not judged.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for machine in scene.of_kind(MACHINE) {
        let errand = Errand::of(scene, machine);
        for need in needs(machine::calls(scene, machine)) {
            let seen = match &errand {
                Ok(errand) => need.judge(errand, machine),
                Err(why) => Seen::open(why.clone()),
            };
            let name = format!("{} -> {}", machine.address, need.name());
            let subject = match seen.open {
                Some(why) => format!("{name} (not judged: {why})"),
                None => name,
            };
            judgement.add(subject, seen.findings);
        }
    }
    judgement
}

/// Everything that is called on one thing.
struct Need<'a> {
    on: Result<Object<'a>, String>,
    part: Option<&'a Exhibit>,
    actions: BTreeSet<String>,
    states: BTreeSet<&'a str>,
}

fn needs(calls: Vec<Call<'_>>) -> Vec<Need<'_>> {
    let mut needs: Vec<Need<'_>> = Vec::new();
    for Call { state, action, on, part, .. } in calls {
        let is_same = |need: &&mut Need<'_>| match (&need.on, &on) {
            (Ok(one), Ok(other)) => one.arns() == other.arns(),
            (one, other) => one.as_ref().err() == other.as_ref().err(),
        };
        if let Some(need) = needs.iter_mut().find(is_same) {
            need.actions.insert(action);
            need.states.insert(state);
        } else {
            let (actions, states) = ([action].into(), [state].into());
            needs.push(Need { on, part, actions, states });
        }
    }
    needs
}

impl<'a> Need<'a> {
    /// What it is about, for people.
    fn name(&self) -> String {
        match &self.on {
            Ok(on) => on.name().to_owned(),
            Err(_) => self.states.iter().copied().collect::<Vec<_>>().join(", "),
        }
    }

    fn judge(&self, errand: &Errand<'a>, machine: &Exhibit) -> Seen {
        let on = match &self.on {
            Ok(on) => on.clone(),
            Err(why) => return Seen::open(why.clone()),
        };
        let states: Vec<&str> = self.states.iter().copied().collect();
        let wish = Wish {
            calls: &self.actions.iter().map(String::as_str).collect::<Vec<_>>(),
            sid: format!("{}Calls{}", camel(&machine.address), name_of(&on)),
            because: format!("; its definition does, in {}", states.join(", ")),
            on,
            via: None,
            level: None,
        };
        let seen = errand.ask(&wish);
        let Some(part) = self.part else { return seen };
        let asked = self.actions.iter().map(|action| asks_of_key(action));
        match asked.max_by_key(|calls| calls.len()) {
            Some(calls) if !calls.is_empty() => seen.and(errand.use_key(part, calls, None)),
            Some(_) | None => seen,
        }
    }
}

/// For the name of a statement.
fn name_of(on: &Object<'_>) -> String {
    let name = on.name().rsplit(':').next().unwrap_or_default();
    camel(&Address::new(name))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::RULE;

    /// One of everything: by ARN and by name, in branches and for each item, by `JSONPath`
    /// and by `JSONata`.
    const SOUND: &str = r#"
key: { kind: kms_key }
ledger: { kind: dynamodb_table, hash_key: { name: id, type: S }, kms_key_id: "${key.arn}" }
dead: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
topic: { kind: sns_topic }
bus: { kind: cloudwatch_event_bus }
bucket: { kind: s3_bucket }
validator: { kind: lambda_function }
enricher: { kind: lambda_function }
other:
  kind: sfn_state_machine
  role_arn: "${role.arn}"
  definition: { StartAt: Done, States: { Done: { Type: Succeed } } }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies:
    work:
      Statement:
        - { Sid: Functions, Effect: Allow, Action: "lambda:InvokeFunction", Resource: ["${validator.arn}", "${enricher.arn}:live"] }
        - { Sid: Table, Effect: Allow, Action: ["dynamodb:PutItem", "dynamodb:Query"], Resource: ["${ledger.arn}", "${ledger.arn}/index/*"] }
        - { Sid: Queue, Effect: Allow, Action: "sqs:SendMessage", Resource: "${dead.arn}" }
        - { Sid: Topic, Effect: Allow, Action: "sns:Publish", Resource: "${topic.arn}" }
        - { Sid: Bus, Effect: Allow, Action: "events:PutEvents", Resource: "${bus.arn}" }
        - { Sid: Bucket, Effect: Allow, Action: "s3:PutObject", Resource: "${bucket.arn}/done/*" }
        - { Sid: Other, Effect: Allow, Action: "states:StartExecution", Resource: "${other.arn}" }
        - { Sid: Executions, Effect: Allow, Action: ["states:DescribeExecution", "states:StopExecution"], Resource: "arn:aws:states:*:*:execution:dev-other:*" }
        - { Sid: Rule, Effect: Allow, Action: ["events:PutTargets", "events:PutRule", "events:DescribeRule"], Resource: "arn:aws:events:*:*:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule" }
        - { Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.arn}" }
workflow:
  kind: sfn_state_machine
  role_arn: "${role.arn}"
  definition:
    StartAt: Validate
    States:
      Validate: { Type: Task, Resource: "${validator.arn}", Catch: [{ ErrorEquals: [States.ALL], Next: Failed }], Next: Both }
      Both:
        Type: Parallel
        Branches:
          - StartAt: Enrich
            States:
              Enrich: { Type: Task, Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "${enricher.arn}:live", "Payload.$": "$" }, Next: Known }
              Known: { Type: Task, Resource: "arn:aws:states:::aws-sdk:dynamodb:query", Parameters: { TableName: "${ledger.name}", IndexName: by_status }, End: true }
          - StartAt: Each
            States:
              Each:
                Type: Map
                ItemProcessor:
                  StartAt: Record
                  States:
                    Record: { Type: Task, Resource: "arn:aws:states:::dynamodb:putItem", Parameters: { TableName: "${ledger.name}", Item: { id: { S: a } } }, End: true }
                End: true
        Next: Tell
      Tell: { Type: Task, QueryLanguage: JSONata, Resource: "arn:aws:states:::sns:publish", Arguments: { TopicArn: "${topic.arn}", Message: "{% $states.input %}" }, Next: Emit }
      Emit: { Type: Task, Resource: "arn:aws:states:::events:putEvents", Parameters: { Entries: [{ EventBusName: "${bus.name}", Source: a, DetailType: b, Detail: {} }] }, Next: Keep }
      Keep: { Type: Task, Resource: "arn:aws:states:::aws-sdk:s3:putObject", Parameters: { Bucket: "${bucket.name}", Key: done/one.json, Body: {} }, Next: Other }
      Other: { Type: Task, Resource: "arn:aws:states:::states:startExecution.sync:2", Parameters: { StateMachineArn: "${other.arn}", Input: {} }, End: true }
      Failed: { Type: Task, Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: "${dead.url}", "MessageBody.$": "$" }, End: true }
"#;

    #[test]
    fn a_role_may_do_what_the_definition_says() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let sids = ["Functions", "Table", "Queue", "Topic", "Bus", "Bucket", "Other"];
        let without = sids.map(|sid| (sid, system(SOUND).without(sid)));
        let scenes: Vec<_> = [("sound", system(SOUND))]
            .into_iter()
            .chain(without)
            .chain([
                ("no executions", system(SOUND).without("Executions")),
                ("no rule", system(SOUND).without("Rule")),
                ("no key", system(SOUND).without("Key")),
                ("not the alias", changed("${enricher.arn}:live\"] }", "${enricher.arn}\"] }")),
                ("another folder", changed("/done/*", "/other/*")),
                ("known when it runs", changed("TableName: \"${ledger.name}\", Item", "\"TableName.$\": \"$.table\", Item")),
                ("worked out", changed("TopicArn: \"${topic.arn}\"", "TopicArn: \"{% $states.input.topic %}\"")),
                ("not of the stack", changed("QueueUrl: \"${dead.url}\"", "QueueUrl: \"https://sqs.us-east-1.amazonaws.com/123456789012/other\"")),
                ("a service that nobody knows", changed("arn:aws:states:::sns:publish\", Arguments: { TopicArn: \"${topic.arn}\", Message", "arn:aws:states:::aws-sdk:ses:sendEmail\", Arguments: { Message")),
                ("in another's name", changed("Resource: \"${validator.arn}\", Catch", "Resource: \"arn:aws:lambda:us-east-1:210987654321:function:v\", Credentials: { RoleArn: \"arn:aws:iam::210987654321:role/r\" }, Catch")),
                ("objects that are known when it runs", changed("Key: done/one.json, ", "\"Key.$\": \"$.key\", ")),
                ("a role of others", changed("kind: sfn_state_machine\n  role_arn: \"${role.arn}\"\n  definition:\n", "kind: sfn_state_machine\n  role_arn: \"arn:aws:iam::123456789012:role/x\"\n  definition:\n")),
                ("distributed", changed("ItemProcessor:\n", "ResultWriter: { Resource: \"arn:aws:states:::s3:putObject\", Parameters: { Bucket: \"${bucket.name}\", Prefix: results } }\n                ItemProcessor:\n                  ProcessorConfig: { Mode: DISTRIBUTED, ExecutionType: STANDARD }\n")),
            ])
            .collect();
        for (title, scene) in &scenes {
            let left = pasted(&RULE, scene);
            assert!(left.is_empty(), "{title}: {left:#?}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}

//! Versions of functions: aliases that follow what is published, aliases that stay, and
//! versions that go.

use aws_sdk_lambda::Client;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const STACK: &str = "
stack: greeter
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }
  hello:
    kind: lambda_function
    role: \"${role.arn}\"
    code: { folder: build }
    runtime: provided.al2023
    handler: bootstrap
    publish: true
";

const NAME: &str = "greeter-hello";

/// Somebody with a stack and some code, whose calls go to a URL.
fn desk(account: &Account, url: &str) -> Desk {
    let desk = Desk::with(account.through(url), STACK);
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk
}

/// The stack with these fields, and so many seconds, of which a version comes.
fn stack(seconds: u32, fields: &str) -> String {
    format!("{STACK}    timeout: {seconds}\n{fields}")
}

/// The version to which an alias leads, and what part goes to which other.
async fn leads(lambda: &Client, alias: &str) -> (String, String) {
    let seen = lambda.get_alias().function_name(NAME).name(alias).send().await.expect("an alias");
    let weights = seen.routing_config.and_then(|it| it.additional_version_weights);
    let weights = weights.map(|weights| format!("{weights:?}")).unwrap_or_default();
    (seen.function_version.expect("a version"), weights)
}

async fn versions(lambda: &Client) -> Vec<String> {
    let listed = lambda.list_versions_by_function().function_name(NAME).send().await;
    let listed = listed.expect("versions");
    listed.versions().iter().filter_map(|it| it.version.clone()).collect()
}

#[tokio::test]
async fn an_alias_stays_where_its_version_is_stated() {
    let account = emulator::ministack().account();
    let lambda = Client::new(&aws::config(&account));
    let desk = desk(&account, &account.endpoint);
    let applied = |stack: &str| {
        desk.write("stack.yaml", stack);
        desk.applied();
        desk.must("plan --detailed-exitcode stack.yaml", 0);
    };
    let to = |version: &str| (version.to_owned(), String::new());
    applied(&stack(3, "    aliases: { live: {} }\n"));
    // To the last, which is no difference to be seen, and stays with it.
    let stays = "    aliases: { live: { version: 1 } }\n";
    desk.write("stack.yaml", &stack(3, stays));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("aliases.live.version"), "{plan}");
    applied(&stack(3, stays));
    applied(&stack(4, stays));
    assert_eq!(leads(&lambda, "live").await, to("1"));
    let part = "    aliases: { live: { version: 1, routing_config: { additional_version_weights: { 2: 0.1 } } } }\n";
    applied(&stack(4, part));
    assert_eq!(leads(&lambda, "live").await, ("1".to_owned(), "{\"2\": 0.1}".to_owned()));
    // Somebody gives all to the other, by hand.
    let by_hand = lambda.update_alias().function_name(NAME).name("live");
    by_hand.function_version("2").send().await.expect("a change");
    let drift = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(drift.stdout.contains("aliases.live.version"), "{drift}");
    applied(&stack(4, part));
    // It follows again, and nothing goes elsewhere.
    applied(&stack(5, "    aliases: { live: {} }\n"));
    assert_eq!(leads(&lambda, "live").await, to("3"));
}

#[tokio::test]
async fn older_versions_go_and_none_that_somebody_names() {
    let account = emulator::ministack().account();
    let lambda = Client::new(&aws::config(&account));
    let desk = desk(&account, &account.endpoint);
    let applied = |seconds: u32, fields: &str| {
        desk.write("stack.yaml", &stack(seconds, fields));
        desk.applied();
    };
    let fields = "    aliases: { live: {}, old: { version: 1 } }\n";
    for seconds in 3..=6 {
        applied(seconds, fields);
    }
    assert_eq!(versions(&lambda).await, ["$LATEST", "1", "2", "3", "4"]);
    let queue = aws_sdk_sqs::Client::new(&aws::config(&account));
    let queue = queue.create_queue().queue_name("work").send().await.expect("a queue");
    drop(queue);
    let arn = format!("arn:aws:sqs:us-east-1:{}:work", account.id);
    let mapping = lambda.create_event_source_mapping().event_source_arn(arn);
    mapping.function_name(format!("{NAME}:2")).send().await.expect("a mapping");
    // To keep fewer is no change; the next one sees to it.
    let fields = &format!("{fields}    keep_versions: 1\n");
    desk.write("stack.yaml", &stack(6, fields));
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    applied(7, fields);
    assert_eq!(versions(&lambda).await, ["$LATEST", "1", "2", "5"]);
}

/// To wait for a version that a stack file names, and that nobody publishes, is in vain.
#[test]
fn a_version_that_there_is_not_is_told_at_once() {
    let account = emulator::ministack().account();
    let message =
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:greeter-hello:9";
    let fault = Fault::Says(404, "ResourceNotFoundException", message);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        call.is("lambda", "CreateAlias").then_some(fault)
    });
    let desk = desk(&account, &proxy.url());
    desk.write("stack.yaml", &stack(3, "    aliases: { live: { version: 9 } }\n"));
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("name a version that there is"), "{told}");
    assert_eq!(proxy.befallen().len(), 1, "{proxy}");
}

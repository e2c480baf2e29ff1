//! What the contract does not reach of a function's permissions: who needs them waits for
//! them, those of others stay, and Lambda takes one at a time.

use aws_sdk_lambda::Client;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const FUNCTION: &str = "
stack: drop
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }
  reader:
    kind: lambda_function
    role: \"${role.arn}\"
    code: { folder: build }
    runtime: provided.al2023
    handler: bootstrap
";
const PERMITTED: &str = "
    permissions:
      files: { principal: s3.amazonaws.com, source_arn: \"${files.arn}\", source_account: \"${account}\" }
      news: { principal: sns.amazonaws.com, source_arn: \"${news.arn}\" }
";
const SOURCES: &str = "
  files: { kind: s3_bucket, force_destroy: true }
  news: { kind: sns_topic }
  told:
    kind: s3_bucket_notification
    bucket: \"${files.name}\"
    lambda_function: [{ lambda_function_arn: \"${reader.arn}\", events: [\"s3:ObjectCreated:*\"] }]
  heard: { kind: sns_subscription, topic_arn: \"${news.arn}\", protocol: lambda, endpoint: \"${reader.arn}\" }
";

fn desk(account: &Account, url: &str, parts: &[&str]) -> Desk {
    let desk = Desk::with(account.through(url), &parts.concat());
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk
}

async fn policy(account: &Account) -> String {
    let client = Client::new(&aws::config(account));
    let answer = client.get_policy().function_name("drop-reader").send().await;
    answer.ok().and_then(|answer| answer.policy).unwrap_or_default()
}

/// S3 tries the function when the notification is written, and refuses until it is
/// admitted.
#[test]
fn a_notification_waits_until_s3_is_admitted() {
    let account = emulator::ministack().account();
    let refusal = Fault::Says(
        400,
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    );
    let proxy = FaultProxy::first(&account.endpoint, "PUT ?notification", refusal);
    let desk = desk(&account, &proxy.url(), &[FUNCTION, PERMITTED, SOURCES]);
    desk.applied();
    assert_eq!(proxy.befallen().len(), 1, "{proxy}");
    desk.must("destroy -y stack.yaml", 0);
}

#[tokio::test]
async fn the_permissions_of_others_stay() {
    let account = emulator::ministack().account();
    desk(&account, &account.endpoint, &[FUNCTION, PERMITTED, SOURCES]).applied();
    let client = Client::new(&aws::config(&account));
    let others = client.add_permission().function_name("drop-reader").statement_id("of-others");
    let others = others.action("lambda:InvokeFunction").principal("events.amazonaws.com");
    others.send().await.expect("a permission");
    let desk = desk(&account, &account.endpoint, &[FUNCTION, SOURCES]);
    desk.applied();
    let left = policy(&account).await;
    assert!(left.contains("of-others") && !left.contains("ccprov-"), "{left}");
}

/// A life, in which the first call of an operation fares so: nothing of it is seen by
/// whoever runs the commands.
#[tokio::test]
async fn a_busy_function_is_waited_for() {
    let busy =
        Fault::Says(409, "ResourceConflictException", "An update is in progress for resource");
    for operation in ["AddPermission", "RemovePermission", "PutFunctionEventInvokeConfig"] {
        for fault in [busy, Fault::Throttle, Fault::Error500, Fault::ResetBefore, Fault::ResetAfter]
        {
            let account = emulator::ministack().account();
            let proxy = FaultProxy::first(&account.endpoint, operation, fault);
            let config = "    event_invoke_config: { maximum_retry_attempts: 0 }\n";
            let desk = desk(&account, &proxy.url(), &[FUNCTION, PERMITTED, config, SOURCES]);
            let must = |line: &str| {
                let told = desk.run(line);
                assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
            };
            must("apply -y stack.yaml");
            must("plan --detailed-exitcode stack.yaml");
            let changed = PERMITTED.replace(
                "source_arn: \"${news.arn}\" }",
                "source_arn: \"${news.arn}\", source_account: \"${account}\" }",
            );
            desk.write("stack.yaml", &[FUNCTION, &changed, SOURCES].concat());
            must("apply -y stack.yaml");
            must("plan --detailed-exitcode stack.yaml");
            assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
            let policy = policy(&account).await;
            assert_eq!(policy.matches("ccprov-").count(), 2, "{operation} {fault:?} {policy}");
        }
    }
}

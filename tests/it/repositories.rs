//! What the contract does not reach of a repository's life: a principal that is not seen yet, a
//! repository that was made in part, one that Lambda writes into, and one with images in it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use aws_sdk_ecr::Client;

use crate::support::aws;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

/// moto has one account for all: the stack's name tells the tests apart.
fn stack(name: &str) -> String {
    format!("stack: {name}\n{RESOURCES}")
}

const RESOURCES: &str = r#"region: us-east-1
resources:
  images:
    kind: ecr_repository
    lifecycle_policy:
      rules:
        - rulePriority: 1
          selection: { tagStatus: untagged, countType: sinceImagePushed, countUnit: days, countNumber: 14 }
          action: { type: expire }
    policy:
      Statement:
        - Sid: Partner
          Effect: Allow
          Principal: { AWS: "123456789012" }
          Action: "ecr:BatchGetImage"
"#;

/// Each write is refused once, as AWS refuses what names something new.
#[test]
fn what_is_not_seen_yet_is_asked_again() {
    let emulator = emulator::moto();
    let met = Mutex::new(BTreeSet::new());
    let proxy = FaultProxy::start(emulator.url(), move |_, call| {
        let is_first = || met.lock().is_ok_and(|mut met| met.insert(call.operation.clone()));
        let refused = match call.operation.as_str() {
            "CreateRepository" => Fault::Says(500, "ServerException", "try again"),
            "SetRepositoryPolicy" => Fault::Says(
                400,
                "InvalidParameterException",
                "Invalid parameter at 'PolicyText': Principal not found",
            ),
            "PutLifecyclePolicy" => Fault::Says(400, "ThrottlingException", "Rate exceeded"),
            _ => return None,
        };
        is_first().then_some(refused)
    });
    let desk = Desk::with(emulator.account().through(&proxy.url()), &principal("unseen"));
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
    let met: BTreeSet<String> =
        proxy.befallen().into_iter().map(|(call, _)| call.operation).collect();
    assert_eq!(
        met.into_iter().collect::<Vec<_>>(),
        ["CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy"]
    );
}

/// A missing principal is waited for only where this run makes it.
fn principal(name: &str) -> String {
    let role = format!(
        "{}  reader:\n    kind: iam_role\n    assume_role_policy:\n      Statement:\n        - Effect: Allow\n          \
         Principal: {{ Service: lambda.amazonaws.com }}\n          Action: \"sts:AssumeRole\"\n",
        stack(name)
    );
    role.replace(r#"{ AWS: "123456789012" }"#, r#"{ AWS: "${reader.arn}" }"#)
}

/// The repository is there and its documents are not: the next run sees that, and adds them.
#[test]
fn a_repository_that_was_made_in_part_is_completed() {
    let account = emulator::moto().account();
    let refusing = FaultProxy::start(emulator::moto().url(), |_, call| {
        let refused = Fault::Says(400, "BlockedByOrganizationPolicyException", "not now");
        (call.operation == "PutLifecyclePolicy").then_some(refused)
    });
    let desk = Desk::with(account.clone().through(&refusing.url()), &stack("part"));
    let failed = desk.must("apply -y stack.yaml", 7);
    assert!(failed.stderr.contains("ecr:PutLifecyclePolicy"), "{failed}");
    let desk = Desk::with(account, &stack("part"));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("lifecycle_policy"), "{plan}");
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
}

/// An answer that was lost: the repository is there, and ours.
#[test]
fn a_lost_answer_makes_no_stranger() {
    let emulator = emulator::moto();
    let lost = Mutex::new(false);
    let proxy = FaultProxy::start(emulator.url(), move |_, call| {
        let is_first = call.operation == "CreateRepository"
            && lost.lock().is_ok_and(|mut lost| !std::mem::replace(&mut *lost, true));
        is_first.then_some(Fault::ResetAfter)
    });
    let desk = Desk::with(emulator.account().through(&proxy.url()), &stack("lost"));
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
}

/// Lambda's statement is no difference, outlives a change of ours, and the end of our policy.
#[tokio::test]
async fn what_lambda_writes_stays() {
    let account = emulator::ministack().account();
    let ecr = Client::new(&aws::config(&account));
    let desk = Desk::with(account, &stack("lambda"));
    desk.must("apply -y stack.yaml", 0);
    let of_lambda = r#"{"Sid":"LambdaECRImageRetrievalPolicy","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"ecr:BatchGetImage"}"#;
    let text = policy(&ecr).await;
    let text = text.replacen("\"Statement\":[", &format!("\"Statement\":[{of_lambda},"), 1);
    let call = ecr.set_repository_policy().repository_name("lambda-images").policy_text(text);
    call.send().await.expect("a policy that is taken");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &stack("lambda").replace("BatchGetImage", "DescribeImages"));
    desk.must("apply -y stack.yaml", 0);
    let text = policy(&ecr).await;
    assert!(
        text.contains("LambdaECRImageRetrievalPolicy") && text.contains("DescribeImages"),
        "{text}"
    );
    let (without, _) = RESOURCES.split_once("    policy:").expect("a policy");
    desk.write("stack.yaml", &format!("stack: lambda\n{without}"));
    desk.must("apply -y stack.yaml", 0);
    let text = policy(&ecr).await;
    assert!(text.contains("LambdaECRImageRetrievalPolicy") && !text.contains("Partner"), "{text}");
    desk.must("destroy -y stack.yaml", 0);
}

async fn policy(ecr: &Client) -> String {
    let answer = ecr.get_repository_policy().repository_name("lambda-images").send().await;
    answer.expect("an answer").policy_text.expect("a policy")
}

/// Images are data: they go only where the file says so, or whoever asks.
#[tokio::test]
async fn a_repository_with_images_goes_only_where_its_file_says_so() {
    let account = emulator::ministack().account();
    let ecr = Client::new(&aws::config(&account));
    let desk = Desk::with(account, &stack("full"));
    desk.must("apply -y stack.yaml", 0);
    let manifest =
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;
    for tag in ["v1", "latest"] {
        let call = ecr.put_image().repository_name("full-images").image_manifest(manifest);
        call.image_tag(tag).send().await.expect("an image that is taken");
    }
    let refused = desk.must("destroy -y stack.yaml", 5);
    assert!(refused.stderr.contains("1 image"), "{refused}");
    desk.write("stack.yaml", &format!("{}    force_destroy: true\n", stack("full")));
    desk.must("destroy -y stack.yaml", 0);
}

//! What hangs on a resource behind the stack file's back.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_kms::types::GrantOperation;
use ccprov::model::Skip;
use ccprov::verify::excuse;

use super::stand::{Stand, patient, told};
use crate::support::aws;
use crate::support::emulator::ministack_enforcing_tls;

const CHECK: &str = "undeclared";

#[tokio::test]
async fn who_is_not_declared_is_told_and_may_be_welcome() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let sound = told(&stand.verify(CHECK, patient()).await);
    assert_eq!(sound, ["claims.bucket: passed", "claims.key: passed", "claims.topic: passed"]);
    let listener = stand.queue_arn("listener");
    stand.sqs().create_queue().queue_name("listener").send().await.unwrap();
    let subscribe = stand.sns().subscribe().topic_arn(stand.topic()).protocol("sqs");
    subscribe.endpoint(&listener).send().await.unwrap();
    let kms = aws_sdk_kms::Client::new(&aws::config(&stand.account));
    let grant = kms.create_grant().key_id(key(&stand).await);
    let reader = "arn:aws:iam::123456789012:role/reader";
    grant.grantee_principal(reader).operations(GrantOperation::Decrypt).send().await.unwrap();
    let mut results = stand.verify(CHECK, patient()).await;
    assert_eq!(
        told(&results),
        ["claims.bucket: passed", "claims.key: claims.key", "claims.topic: claims.topic"]
    );
    let welcome = |who: &str| Skip {
        check: CHECK.into(),
        resources: Vec::new(),
        who: Some(who.into()),
        reason: "they are of the audit".into(),
    };
    let skips = [welcome("arn:aws:sqs:*:listener"), welcome("somebody else")];
    for result in &mut results {
        excuse(result, &skips);
    }
    assert_eq!(
        told(&results)[1..],
        ["claims.key: claims.key", "claims.topic: skipped, they are of the audit"]
    );
}

async fn key(stand: &Stand) -> String {
    let scene = stand.scene().await;
    scene.of_kind("kms_key").next().unwrap().fact("key_id").to_owned()
}

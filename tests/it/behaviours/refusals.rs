//! What must be refused, tried where somebody refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::json;

use super::stand::{Stand, patient, told};
use crate::support::aws;
use crate::support::emulator::{Account, ministack, ministack_enforcing_tls};

const CHECKS: [&str; 3] = ["access_denied", "encryption_enforced", "tls_enforced"];

#[tokio::test]
async fn plain_http_is_no_place_to_try_refusals() {
    let stand = Stand::make(&ministack().account()).await;
    for check in CHECKS {
        assert_eq!(told(&stand.verify(check, patient()).await), [""; 0], "{check}");
    }
}

#[tokio::test]
async fn a_sound_stack_refuses() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    check(
        &stand,
        "access_denied",
        &[
            "claims.bucket: passed",
            "claims.dlq: passed",
            "claims.queue: passed",
            "claims.topic: passed",
        ],
    )
    .await;
    check(
        &stand,
        "tls_enforced",
        &["claims.bucket: passed", "claims.dlq: passed", "claims.queue: passed"],
    )
    .await;
    // The emulator spares its root user, so that there is nothing to see.
    check(&stand, "encryption_enforced", &[]).await;
    let user = stand.seen_by(&user(&stand.account).await).await;
    check(&user, "encryption_enforced", &["claims.bucket: passed"]).await;
    stand.assert_tidy().await;
}

#[tokio::test]
async fn what_is_let_through_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bucket = stand.bucket().await;
    let open = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": ["s3:PutObject", "s3:ListBucket"],
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
    }});
    stand.s3().delete_public_access_block().bucket(&bucket).send().await.unwrap();
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(open.to_string());
    put.send().await.unwrap();
    let results = told(&stand.verify("access_denied", patient()).await);
    assert_eq!(results[0], "claims.bucket: claims.bucket policy, claims.bucket policy");
    let user = stand.seen_by(&user(&stand.account).await).await;
    let twice = "claims.bucket: claims.bucket policy, claims.bucket policy";
    check(&user, "encryption_enforced", &[twice]).await;
    stand.assert_tidy().await;
}

async fn check(stand: &Stand, check: &str, expected: &[&str]) {
    assert_eq!(told(&stand.verify(check, patient()).await), expected, "{check}");
}

/// Somebody who may do everything that policies do not deny.
async fn user(root: &Account) -> Account {
    let iam = aws_sdk_iam::Client::new(&aws::config(root));
    iam.create_user().user_name("verifier").send().await.unwrap();
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*",
    }});
    let put = iam.put_user_policy().user_name("verifier").policy_name("all");
    put.policy_document(policy.to_string()).send().await.unwrap();
    let key = iam.create_access_key().user_name("verifier").send().await.unwrap();
    let key = key.access_key().unwrap();
    Account {
        access_key: key.access_key_id().to_owned(),
        secret_key: key.secret_access_key().to_owned(),
        ..root.clone()
    }
}

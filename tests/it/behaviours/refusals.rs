//! What must be refused, tried where somebody refuses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::json;

use super::stand::{Stand, patient, seen, told};
use crate::support::aws;
use crate::support::emulator::{Account, ministack, ministack_enforcing_tls};

const CHECKS: [&str; 3] = ["access_denied", "encryption_enforced", "tls_enforced"];

#[tokio::test]
async fn plain_http_is_no_place_to_try_refusals() {
    let stand = Stand::make(&ministack().account()).await;
    for check in CHECKS {
        let told = told(&stand.verify(check, patient()).await);
        assert!(told[0].contains("NothingToCheck"), "{check}: {told:?}");
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
    // The emulator speaks TLS alone: whether a policy refuses anybody, nobody can see.
    let blind = ["bucket", "dlq", "queue"].map(|name| {
        format!("claims.{name}: not exercised, nobody answers without TLS at this endpoint")
    });
    check(&stand, "tls_enforced", &blind.each_ref().map(String::as_str)).await;
    // The emulator spares its root user, so that there is nothing to see.
    let spared = told(&stand.verify("encryption_enforced", patient()).await);
    assert!(spared[0].contains("NothingToCheck"), "{spared:?}");
    let user = stand.seen_by(&user(&stand.account).await).await;
    check(&user, "encryption_enforced", &["claims.bucket: passed"]).await;
    stand.assert_tidy().await;
}

#[tokio::test]
async fn what_is_let_through_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bucket = stand.bucket().await;
    let open = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*",
        "Action": ["s3:PutObject", "s3:ListBucket", "s3:GetObject"],
        "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
    }});
    stand.s3().delete_public_access_block().bucket(&bucket).send().await.unwrap();
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(open.to_string());
    put.send().await.unwrap();
    let results = told(&stand.verify("access_denied", patient()).await);
    let [list, put, get] = ["claims.bucket policy"; 3];
    assert_eq!(results[0], format!("claims.bucket: {list}, {put}, {get}"));
    let user = stand.seen_by(&user(&stand.account).await).await;
    let thrice = "claims.bucket: claims.bucket policy, claims.bucket policy, claims.bucket policy";
    check(&user, "encryption_enforced", &[thrice]).await;
    stand.assert_tidy().await;
}

/// What can be read and nothing else: neither a list nor a put would tell.
#[tokio::test]
async fn an_object_that_anybody_may_fetch_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bucket = stand.bucket().await;
    let open = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }});
    stand.s3().delete_public_access_block().bucket(&bucket).send().await.unwrap();
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(open.to_string());
    put.send().await.unwrap();
    let results = told(&stand.verify("access_denied", patient()).await);
    assert_eq!(results[0], "claims.bucket: claims.bucket policy");
    stand.assert_tidy().await;
}

/// A Deny with `IfExists` denies who states nothing. That others are refused as
/// well proves nothing then.
#[tokio::test]
async fn a_producer_who_states_nothing_and_is_shut_out_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let bucket = stand.bucket().await;
    let header = "s3:x-amz-server-side-encryption";
    let trap = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
        "Condition": { "StringNotEqualsIfExists": { header: "aws:kms" } },
    }});
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(trap.to_string());
    put.send().await.unwrap();
    let user = stand.seen_by(&user(&stand.account).await).await;
    let results = user.verify("encryption_enforced", patient()).await;
    let told = told(&results);
    assert!(told[0].starts_with("claims.bucket: claims.bucket policy"), "{told:?}");
    let refused = "what states no encryption is refused: AccessDenied";
    assert!(seen(&results).contains(&refused), "{results:?}");
    let nobody = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": format!("arn:aws:s3:::{bucket}/*"),
    }});
    let put = stand.s3().put_bucket_policy().bucket(&bucket).policy(nobody.to_string());
    put.send().await.unwrap();
    let told = super::stand::told(&user.verify("encryption_enforced", patient()).await);
    assert!(told[0].contains("could not look"), "who may not put at all sees nothing: {told:?}");
}

async fn check(stand: &Stand, check: &str, expected: &[&str]) {
    assert_eq!(told(&stand.verify(check, patient()).await), expected, "{check}");
}

/// Somebody who may do everything that policies do not deny.
pub(super) async fn user(root: &Account) -> Account {
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

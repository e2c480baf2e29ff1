//! `encryption_enforced`: a bucket that encrypts with a key of its own takes
//! nothing that is encrypted otherwise.
//!
//! Tried by putting a small object: with S3's own key, with AWS's key for S3,
//! and with KMS but no key. First it is put as the plainest producer puts it,
//! who states nothing and leaves it to the bucket: that must be taken, or else
//! the refusals prove nothing. Whatever was taken is removed again.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;

use super::bench::{Bench, Rubbish};
use super::hindrance::in_the_way;
use super::mark::Mark;
use super::payload::{Encryption, Object};
use super::target;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, ErrorClass, Exhibit, Finding, Level, Path as Field, Scene,
};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "encryption_enforced",
    kind: CheckKind::Behaviour,
    level: Level::Warning,
    summary: "A bucket that encrypts with a key of its own takes objects that state no \
              encryption, and refuses those that state another one.",
    risk: "Payloads lie there that whoever controls the key does not control: its policy does \
           not protect them, and its deletion does not destroy them. Or producers that state \
           nothing are shut out.",
    remedy: "Deny `s3:PutObject` in the bucket's policy where \
             `s3:x-amz-server-side-encryption-aws-kms-key-id` is stated (`Null` is `false`) and \
             is not the key's ARN.",
};

pub(super) struct EncryptionEnforced(pub(super) Bench);

#[async_trait]
impl Behaviour for EncryptionEnforced {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let session = self.0.session();
        if !target::may_enforce(&scene.place) || target::may_spare_us(session, &scene.place) {
            return Vec::new();
        }
        let has_key = |bucket: &&Exhibit| Encryption::of(bucket).key.is_some();
        scene.of_kind("s3_bucket").filter(has_key).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let bucket = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(bucket) = bucket else { return Ok(Vec::new()) };
        target::check_enforces(self.0.session(), &scene.place).await?;
        let mark = Mark::new(self.deadline());
        let object = Object::new(bucket, &scene.place.account, mark.object_name());
        self.0.note(&mark, Rubbish::Object(object.clone()));
        let puts = async {
            let mut findings = self.plainest(bucket, &object, watch).await?;
            for (other, what) in others(scene) {
                let names_none =
                    other.algorithm == Some(ServerSideEncryption::AwsKms) && other.key.is_none();
                let answer = match self.put(&object, other, what).await {
                    // Emulators want a key, where S3 takes AWS's: the policy let it through.
                    Err(error) if names_none && error.class == ErrorClass::Invalid => Ok(()),
                    answer => answer,
                };
                if let Some(refusal) = target::refusal(answer)? {
                    watch
                        .saw(format!("what is encrypted with {what} is refused: {}", refusal.code));
                    continue;
                }
                let message = format!("it takes objects that are encrypted with {what}");
                findings.push(Finding::new(&bucket.address, message).at(Field::field("policy")));
            }
            Ok(findings)
        };
        self.0.tidily(&mark, Box::pin(puts)).await
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }
}

/// What the bucket does not want, and how people call it.
fn others(scene: &Scene) -> [(Encryption, &'static str); 3] {
    let managed = Encryption {
        algorithm: Some(ServerSideEncryption::AwsKms),
        key: Some(scene.place.arn("kms", "alias/aws/s3")),
    };
    let of_s3 = Encryption { algorithm: Some(ServerSideEncryption::Aes256), key: None };
    // Not the bucket's key, says the reference of PutObject, but AWS's.
    let unnamed = Encryption { algorithm: Some(ServerSideEncryption::AwsKms), key: None };
    [
        (of_s3, "a key of S3 (AES256)"),
        (managed, "AWS's key for S3 (aws/s3)"),
        (unnamed, "KMS, naming no key (aws/s3)"),
    ]
}

impl EncryptionEnforced {
    /// Whether who states nothing gets an object in. Who states what the bucket
    /// has tells apart why not.
    async fn plainest(
        &self,
        bucket: &Exhibit,
        object: &Object,
        watch: &Watch,
    ) -> Answer<Vec<Finding>> {
        let nothing = self.put(object, Encryption::default(), "what the bucket has").await;
        let Some(refusal) = target::refusal(nothing)? else {
            watch.saw("what states no encryption is taken");
            return Ok(Vec::new());
        };
        watch.saw(format!("what states no encryption is refused: {}", refusal.code));
        let stated = self.put(object, Encryption::of(bucket), "what the bucket has, stated").await;
        if let Some(refusal) = target::refusal(stated)? {
            return Err(in_the_way(
                &format!("see why {} refuses objects", bucket.address),
                &refusal.code,
                format!("it takes no object of ours at all: {}", refusal.message),
                "let whoever verifies put objects: `ccprov iam --for verify`",
            ));
        }
        let message = "it refuses objects that state no encryption, though it would encrypt them \
                       with its key: ordinary producers are shut out";
        let finding = Finding::new(&bucket.address, message).at(Field::field("policy"));
        Ok(vec![finding.hint("deny only what states another encryption: add Null: false")])
    }

    async fn put(&self, object: &Object, other: Encryption, what: &str) -> Answer<()> {
        let Object { bucket, account, key, .. } = object;
        let call = self.0.session().clients.s3.put_object().bucket(bucket).key(key);
        let call = call.expected_bucket_owner(account).body(ByteStream::from_static(b"ccprov"));
        let call = call.set_server_side_encryption(other.algorithm).set_ssekms_key_id(other.key);
        let answer = call.send().await.attempting("s3:PutObject", || {
            format!("put into bucket {bucket} what is encrypted with {what}")
        });
        answer.map(|_| ())
    }
}

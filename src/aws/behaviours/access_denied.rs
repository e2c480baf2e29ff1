//! `access_denied`: who does not say who they are gets nothing.
//!
//! Tried with the most harmless call that each service has, taken the
//! signature off. Into a bucket an object is put, too, and one of ours, which
//! was signed for, is fetched from it; both are removed again.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::QueueAttributeName;

use super::bench::{Bench, Rubbish};
use super::mark::{MARK, Mark};
use super::payload::{Encryption, Object};
use super::target::{self, Unsigned};
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, ErrorClass, Exhibit, Finding, Level, Path as Field, Scene,
};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "access_denied",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "Buckets, queues and topics refuse calls that nobody signed.",
    risk: "Anybody on the internet can read payloads, or put their own among them.",
    remedy: "Take statements whose principal is everybody out of the resource's policy, or \
             give them a condition.",
};

pub(super) struct AccessDenied(pub(super) Bench);

#[async_trait]
impl Behaviour for AccessDenied {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !target::may_enforce(&scene.place) {
            return Vec::new();
        }
        let kinds = ["s3_bucket", "sns_topic", "sqs_queue"];
        kinds.iter().flat_map(|kind| scene.of_kind(kind)).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let exhibit = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(exhibit) = exhibit else { return Ok(Vec::new()) };
        target::check_enforces(self.0.session(), &scene.place).await?;
        let mark = Mark::new(self.deadline());
        let calls = async {
            match exhibit.kind.as_str() {
                "s3_bucket" => self.bucket(scene, exhibit, &mark, watch).await,
                "sns_topic" => self.topic(exhibit, watch).await,
                _ => self.queue(exhibit, watch).await,
            }
        };
        self.0.tidily(&mark, Box::pin(calls)).await
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }
}

impl AccessDenied {
    async fn bucket(
        &self,
        scene: &Scene,
        bucket: &Exhibit,
        mark: &Mark,
        watch: &Watch,
    ) -> Answer<Vec<Finding>> {
        let s3 = &self.0.session().clients.s3;
        let name = bucket.identity.as_str();
        let list = s3.list_objects_v2().bucket(name).prefix(MARK).max_keys(1);
        let list = list.customize().interceptor(Unsigned).send().await;
        let list = list.attempting("s3:ListObjectsV2", || format!("list bucket {name} unsigned"));
        let mut findings = judge(list, bucket, "list it", watch)?;
        let object = Object::new(bucket, &scene.place.account, mark.object_name());
        let key = object.key.clone();
        self.0.note(mark, Rubbish::Object(object.clone()));
        // Encrypted as the bucket wants it, so that nothing but the missing signature is wrong.
        let Encryption { algorithm, key: kms_key } = Encryption::of(bucket);
        let put = s3.put_object().bucket(name).key(key).body(ByteStream::from_static(b"ccprov"));
        let put = put.set_server_side_encryption(algorithm).set_ssekms_key_id(kms_key);
        let put = put.customize().interceptor(Unsigned).send().await;
        let put = put.attempting("s3:PutObject", || format!("put into bucket {name} unsigned"));
        findings.extend(judge(put, bucket, "put objects into it", watch)?);
        findings.extend(self.fetch(bucket, &object, watch).await?);
        Ok(findings)
    }

    /// Whether anybody may fetch what is there. What is not there S3 denies to
    /// everybody who may not list, so that an object of ours has to be put first.
    async fn fetch(
        &self,
        bucket: &Exhibit,
        object: &Object,
        watch: &Watch,
    ) -> Answer<Vec<Finding>> {
        let (s3, name) = (&self.0.session().clients.s3, &object.bucket);
        // As ordinary producers do, or else as a bucket may insist.
        if target::refusal(self.put(object, Encryption::default()).await)?.is_some() {
            self.put(object, Encryption::of(bucket)).await?;
        }
        let get = s3.get_object().bucket(name).key(&object.key).customize();
        let get = get.interceptor(Unsigned).send().await;
        let get = get.attempting("s3:GetObject", || format!("get from bucket {name} unsigned"));
        match get {
            // Nobody who is nobody may use a key of KMS: S3 calls that a wrong request.
            Err(error) if error.class == ErrorClass::Invalid => {
                watch.saw(format!("s3:GetObject is refused without a signature: {}", error.code));
                Ok(Vec::new())
            }
            get => judge(get, bucket, "get objects from it", watch),
        }
    }

    /// Puts an object of ours, and says who does.
    async fn put(&self, object: &Object, encryption: Encryption) -> Answer<()> {
        let Object { bucket, account, key, .. } = object;
        let call = self.0.session().clients.s3.put_object().bucket(bucket).key(key);
        let call = call.expected_bucket_owner(account).body(ByteStream::from_static(b"ccprov"));
        let call = call.set_server_side_encryption(encryption.algorithm);
        let answer = call.set_ssekms_key_id(encryption.key).send().await;
        let attempted = || format!("put an object of ours into bucket {bucket}");
        answer.attempting("s3:PutObject", attempted).map(|_| ())
    }

    async fn topic(&self, topic: &Exhibit, watch: &Watch) -> Answer<Vec<Finding>> {
        let arn = topic.fact("arn");
        let call = self.0.session().clients.sns.get_topic_attributes().topic_arn(arn).customize();
        let answer = call.interceptor(Unsigned).send().await;
        let answer =
            answer.attempting("sns:GetTopicAttributes", || format!("look at {arn} unsigned"));
        judge(answer, topic, "look at it", watch)
    }

    async fn queue(&self, queue: &Exhibit, watch: &Watch) -> Answer<Vec<Finding>> {
        let url = queue.fact("url");
        let call = self.0.session().clients.sqs.get_queue_attributes().queue_url(url);
        let call = call.attribute_names(QueueAttributeName::QueueArn).customize();
        let answer = call.interceptor(Unsigned).send().await;
        let answer =
            answer.attempting("sqs:GetQueueAttributes", || format!("look at {url} unsigned"));
        judge(answer, queue, "look at it", watch)
    }
}

fn judge<T>(
    answer: Answer<T>,
    exhibit: &Exhibit,
    what: &str,
    watch: &Watch,
) -> Answer<Vec<Finding>> {
    if let Some(refusal) = target::refusal(answer)? {
        watch
            .saw(format!("{} is refused without a signature: {}", refusal.operation, refusal.code));
        return Ok(Vec::new());
    }
    let message = format!("anybody may {what}: a call without a signature was answered");
    Ok(vec![Finding::new(&exhibit.address, message).at(Field::field("policy"))])
}

//! `tls_enforced`: whoever speaks plain http is refused.
//!
//! Tried with a signed call that only reads. A signature is good for this one
//! call and a quarter of an hour, so that whoever listens on the way gains what
//! the call says, and nothing else. Topics are left out: the statement that
//! they need is about publishing, and what gets published cannot be taken back.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;

use super::bench::Bench;
use super::mark::MARK;
use super::target;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{
    CheckInfo, CheckKind, ErrorClass, Exhibit, Finding, Level, Path as Field, Scene,
};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "tls_enforced",
    kind: CheckKind::Behaviour,
    level: Level::Warning,
    summary: "Buckets and queues refuse calls over plain http.",
    risk: "A client that is configured wrongly sends payloads over the network for all to read.",
    remedy: "Deny everything to everybody where `aws:SecureTransport` is `false`, in the \
             resource's policy.",
};

pub(super) struct TlsEnforced(pub(super) Bench);

#[async_trait]
impl Behaviour for TlsEnforced {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        if !target::may_enforce(&scene.place) {
            return Vec::new();
        }
        let kinds = ["s3_bucket", "sqs_queue"];
        kinds.iter().flat_map(|kind| scene.of_kind(kind)).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let exhibit = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(exhibit) = exhibit else { return Ok(Vec::new()) };
        let answer = if exhibit.kind == "s3_bucket" {
            self.bucket(scene, exhibit).await
        } else {
            self.queue(scene, exhibit).await
        };
        let is_own = scene.place.endpoint.is_some();
        match answer {
            // Nobody answers at all: the policies were not asked, and whether they refuse is open.
            Err(error)
                if is_own && error.class == ErrorClass::Transient && error.code.is_empty() =>
            {
                watch.sees_nothing("nobody answers without TLS at this endpoint");
                Ok(Vec::new())
            }
            answer => judge(answer, exhibit, watch),
        }
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }
}

impl TlsEnforced {
    async fn bucket(&self, scene: &Scene, bucket: &Exhibit) -> Answer<()> {
        let name = bucket.identity.as_str();
        let door = aws_sdk_s3::config::Config::builder();
        let door =
            door.endpoint_url(target::without_tls(&scene.place, "s3")).force_path_style(true);
        let call =
            self.0.session().clients.s3.list_objects_v2().bucket(name).prefix(MARK).max_keys(1);
        let answer = call.customize().config_override(door).send().await;
        let answer =
            answer.attempting("s3:ListObjectsV2", || format!("list bucket {name} without TLS"));
        answer.map(|_| ())
    }

    async fn queue(&self, scene: &Scene, queue: &Exhibit) -> Answer<()> {
        let url = queue.fact("url");
        let door = aws_sdk_sqs::config::Config::builder();
        let door = door.endpoint_url(target::without_tls(&scene.place, "sqs"));
        let call = self.0.session().clients.sqs.get_queue_attributes().queue_url(url);
        let call = call.attribute_names(QueueAttributeName::QueueArn);
        let answer = call.customize().config_override(door).send().await;
        let answer =
            answer.attempting("sqs:GetQueueAttributes", || format!("look at {url} without TLS"));
        answer.map(|_| ())
    }
}

fn judge(answer: Answer<()>, exhibit: &Exhibit, watch: &Watch) -> Answer<Vec<Finding>> {
    if let Some(refusal) = target::refusal(answer)? {
        watch.saw(format!("{} is refused without TLS: {}", refusal.operation, refusal.code));
        return Ok(Vec::new());
    }
    let message = "it answers over plain http";
    Ok(vec![Finding::new(&exhibit.address, message).at(Field::field("policy"))])
}

//! `undeclared`: what hangs on a resource and the stack does not declare.
//!
//! Conformance compares what is declared with what lives; this asks AWS for
//! what else there is: subscriptions of a topic, grants on a key, a bucket's
//! replication. It only looks. What is welcome the stack file says.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_kms::types::GrantOperation;

use super::bench::Bench;
use super::ear;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "undeclared",
    kind: CheckKind::Behaviour,
    // Another stack may have its reasons: then this one says who is welcome.
    level: Level::Warning,
    summary: "Nobody but those whom the stack declares is subscribed to a topic, may use a key by a grant, or gets a \
              bucket's objects by replication.",
    risk: "Somebody reads every message, or every payload, and no field of any resource shows it.",
    remedy: "Remove it, declare it, or say under `checks: welcome:` who is welcome, and why.",
};

pub(super) struct Undeclared(pub(super) Bench);

#[async_trait]
impl Behaviour for Undeclared {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let kinds = ["kms_key", "s3_bucket", "sns_topic"];
        kinds.iter().flat_map(|kind| scene.of_kind(kind)).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let exhibit = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(exhibit) = exhibit else { return Ok(Vec::new()) };
        let others = match exhibit.kind.as_str() {
            "kms_key" => self.grants(exhibit).await?,
            "s3_bucket" => self.replicas(scene, exhibit).await?,
            _ => self.subscribers(scene, exhibit).await?,
        };
        let told = others.into_iter().map(|Other { who, does }| {
            watch.saw(format!("{who} {does}"));
            let message = format!("{who} {does}, and the stack does not declare it");
            Finding { actual: Some(who.into()), ..Finding::new(&exhibit.address, message) }
        });
        Ok(told.collect())
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(1)
    }
}

/// Somebody who is not declared.
struct Other {
    /// As the stack file would welcome them.
    who: String,
    /// A phrase.
    does: String,
}

impl Undeclared {
    /// Who gets the messages of a topic. Whoever has not confirmed gets none,
    /// and ears of this stack are ours.
    async fn subscribers(&self, scene: &Scene, topic: &Exhibit) -> Answer<Vec<Other>> {
        let arn = topic.fact("arn");
        let pages = self.0.session().clients.sns.list_subscriptions_by_topic().topic_arn(arn);
        let all = pages.into_paginator().items().send().try_collect().await;
        let all =
            all.attempting("sns:ListSubscriptionsByTopic", || format!("list who hears {arn}"))?;
        let declared: Vec<&str> = scene
            .of_kind("sns_subscription")
            .map(|subscription| subscription.fact("arn"))
            .collect();
        let others = all.into_iter().filter_map(|it| {
            let (own, endpoint) = (it.subscription_arn?, it.endpoint?);
            let is_known = !own.starts_with("arn:") || declared.contains(&own.as_str());
            let is_ours = ear::is_of(&scene.stack, &endpoint);
            (!is_known && !is_ours)
                .then_some(Other { who: endpoint, does: "is subscribed to it".into() })
        });
        Ok(others.collect())
    }

    /// Who may use a key besides those whom its policy names. No stack declares
    /// a grant.
    async fn grants(&self, key: &Exhibit) -> Answer<Vec<Other>> {
        let arn = key.fact("arn");
        let pages = self.0.session().clients.kms.list_grants().key_id(arn).into_paginator();
        let all = pages.items().send().try_collect().await;
        let all = all.attempting("kms:ListGrants", || format!("list the grants of {arn}"))?;
        let others = all.into_iter().filter_map(|grant| {
            let operations = grant.operations.unwrap_or_default();
            let names: Vec<&str> = operations.iter().map(GrantOperation::as_str).collect();
            let does = format!("may use it by a grant ({})", names.join(", "));
            Some(Other { who: grant.grantee_principal?, does })
        });
        Ok(others.collect())
    }

    /// Where a bucket's objects go.
    async fn replicas(&self, scene: &Scene, bucket: &Exhibit) -> Answer<Vec<Other>> {
        let name = bucket.identity.as_str();
        let call = self.0.session().clients.s3.get_bucket_replication().bucket(name);
        let answer = call.expected_bucket_owner(&scene.place.account).send().await;
        let answer = answer
            .attempting("s3:GetBucketReplication", || format!("see where {name} is replicated to"));
        let found = answer.or_absent()?.and_then(|answer| answer.replication_configuration);
        let others = found.into_iter().flat_map(|it| it.rules).filter_map(|rule| {
            let does = "gets its objects by replication".into();
            Some(Other { who: rule.destination?.bucket, does })
        });
        Ok(others.collect())
    }
}

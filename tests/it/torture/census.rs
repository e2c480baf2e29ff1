//! Everything that lives in an account, counted behind ccprov's back.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_kms::types::KeyState;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::future::join_all;

use super::trial::System;
use crate::support::aws;
use crate::support::emulator::Account;

/// Those in which stacks of these tests live.
const REGIONS: [&str; 2] = [Account::REGION, "eu-west-1"];

/// Where what is the same in all regions is counted.
const EVERYWHERE: &str = "";

/// Objects, each with what would show that somebody touched it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    objects: BTreeMap<Object, String>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Object {
    kind: &'static str,
    region: &'static str,
    name: String,
}

/// What is in an account that should not be, or is not and should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Deviation {
    /// Objects that nobody asked for.
    pub(super) orphans: usize,
    /// Objects that are there once too often.
    pub(super) duplicates: usize,
    /// Objects that are missing.
    pub(super) missing: usize,
    /// Objects of others that changed or went.
    pub(super) touched: usize,
}

impl Deviation {
    pub(super) const NONE: Self = Self { orphans: 0, duplicates: 0, missing: 0, touched: 0 };

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            orphans: self.orphans + other.orphans,
            duplicates: self.duplicates + other.duplicates,
            missing: self.missing + other.missing,
            touched: self.touched + other.touched,
        }
    }
}

impl Census {
    /// Counts. Keys that wait for their end do not live.
    pub(super) async fn of(account: &Account) -> Self {
        let regions = join_all(REGIONS.map(|region| Count::of_region(account, region))).await;
        let counts = regions.into_iter().chain([Count::of_everywhere(account).await]);
        Self { objects: counts.flat_map(|count| count.objects).collect() }
    }

    /// How an account with the demo's stack deviates, whose own objects are `self`.
    pub(super) fn with_stack(&self, now: &Self) -> Deviation {
        self.with(System::ClaimCheck, now)
    }

    /// The same, with this stack.
    pub(super) fn with(&self, system: System, now: &Self) -> Deviation {
        let mut deviation = Deviation { touched: self.touched(now, &[]), ..Deviation::NONE };
        for (kind, wanted) in system.objects() {
            let is_new = |it: &&Object| it.kind == *kind && !self.objects.contains_key(*it);
            let found = now.objects.keys().filter(is_new).count();
            deviation.duplicates += found.saturating_sub(*wanted);
            deviation.missing += wanted.saturating_sub(found);
        }
        deviation
    }

    /// How an account deviates whence the stack is gone.
    pub(super) fn without_stack(&self, now: &Self) -> Deviation {
        let orphans = now.objects.keys().filter(|it| !self.objects.contains_key(*it)).count();
        Deviation { orphans, touched: self.touched(now, &[]), ..Deviation::NONE }
    }

    /// How many objects changed or went, but for some of these names.
    pub(super) fn touched(&self, now: &Self, but: &[&str]) -> usize {
        let counts = |it: &Object| !but.contains(&it.name.as_str());
        let was = self.objects.iter().filter(|(object, _)| counts(object));
        was.filter(|(object, state)| now.objects.get(*object) != Some(*state)).count()
    }
}

/// What is counted in one place.
struct Count {
    config: SdkConfig,
    region: &'static str,
    objects: BTreeMap<Object, String>,
}

impl Count {
    async fn of_region(account: &Account, region: &'static str) -> Self {
        let config = aws::config_in(account, region);
        let mut this = Self { config, region, objects: BTreeMap::new() };
        this.keys().await;
        this.queues_and_topics().await;
        this.functions().await;
        this.workflows().await;
        this.buses().await;
        this
    }

    async fn of_everywhere(account: &Account) -> Self {
        let (config, region) = (aws::config(account), EVERYWHERE);
        let mut this = Self { config, region, objects: BTreeMap::new() };
        for bucket in aws::s3(account).list_buckets().send().await.unwrap().buckets() {
            this.note("bucket", bucket.name().unwrap_or_default(), "");
        }
        let iam = aws_sdk_iam::Client::new(&this.config);
        for role in iam.list_roles().send().await.unwrap().roles() {
            this.note("role", role.role_name(), role.path());
        }
        this
    }

    /// Buses with their rules, and what is kept of their events.
    async fn buses(&mut self) {
        let events = aws_sdk_eventbridge::Client::new(&self.config);
        for bus in events.list_event_buses().send().await.unwrap().event_buses() {
            let name = bus.name().unwrap_or_default();
            self.note("bus", name, "");
            let rules = events.list_rules().event_bus_name(name).send().await.unwrap();
            for rule in rules.rules() {
                self.note("rule", rule.arn().unwrap_or_default(), "");
            }
        }
        for archive in events.list_archives().send().await.unwrap().archives() {
            self.note("archive", archive.archive_name().unwrap_or_default(), "");
        }
    }

    /// Machines, the images of their functions, and who tells when they fail.
    async fn workflows(&mut self) {
        let sfn = aws_sdk_sfn::Client::new(&self.config);
        for machine in sfn.list_state_machines().send().await.unwrap().state_machines() {
            self.note("machine", machine.name(), "");
        }
        let ecr = aws_sdk_ecr::Client::new(&self.config);
        for repository in ecr.describe_repositories().send().await.unwrap().repositories() {
            let name = repository.repository_name().unwrap_or_default();
            self.note("repository", name, "");
            let images = ecr.list_images().repository_name(name).send().await.unwrap();
            for image in images.image_ids() {
                self.note("image", image.image_digest().unwrap_or_default(), "");
            }
        }
        let cloudwatch = aws_sdk_cloudwatch::Client::new(&self.config);
        for alarm in cloudwatch.describe_alarms().send().await.unwrap().metric_alarms() {
            self.note("alarm", alarm.alarm_name().unwrap_or_default(), "");
        }
    }

    /// And what they work with.
    async fn functions(&mut self) {
        let dynamodb = aws_sdk_dynamodb::Client::new(&self.config);
        for table in dynamodb.list_tables().send().await.unwrap().table_names() {
            self.note("table", table, "");
        }
        let lambda = aws_sdk_lambda::Client::new(&self.config);
        for function in lambda.list_functions().send().await.unwrap().functions() {
            self.note("function", function.function_name().unwrap_or_default(), "");
        }
        let mappings = lambda.list_event_source_mappings().send().await.unwrap();
        for mapping in mappings.event_source_mappings() {
            self.note("mapping", mapping.uuid().unwrap_or_default(), "");
        }
        let logs = aws_sdk_cloudwatchlogs::Client::new(&self.config);
        for group in logs.describe_log_groups().send().await.unwrap().log_groups() {
            self.note("log group", group.log_group_name().unwrap_or_default(), "");
        }
    }

    async fn keys(&mut self) {
        let kms = aws_sdk_kms::Client::new(&self.config);
        for key in kms.list_keys().send().await.unwrap().keys() {
            let id = key.key_id().unwrap_or_default();
            let described = kms.describe_key().key_id(id).send().await.unwrap();
            let metadata = described.key_metadata().unwrap();
            if metadata.key_state() == Some(&KeyState::Enabled) {
                self.note("key", id, metadata.description().unwrap_or_default());
            }
        }
    }

    async fn queues_and_topics(&mut self) {
        let sqs = aws_sdk_sqs::Client::new(&self.config);
        for url in sqs.list_queues().send().await.unwrap().queue_urls() {
            let name = url.rsplit('/').next().unwrap_or_default();
            let tags = sqs.list_queue_tags().queue_url(url).send().await.unwrap();
            let tags: BTreeMap<_, _> = tags.tags().into_iter().flatten().collect();
            let asked = sqs.get_queue_attributes().queue_url(url);
            let asked = asked.attribute_names(QueueAttributeName::All).send().await.unwrap();
            let stated = |name: &str| !name.starts_with("Approximate");
            let attributes = asked.attributes().into_iter().flatten();
            let attributes: BTreeMap<_, _> = attributes
                .map(|(it, value)| (it.as_str(), value))
                .filter(|it| stated(it.0))
                .collect();
            self.note("queue", name, &format!("{tags:?} {attributes:?}"));
        }
        let sns = aws_sdk_sns::Client::new(&self.config);
        for topic in sns.list_topics().send().await.unwrap().topics() {
            let arn = topic.topic_arn().unwrap_or_default();
            let tags = sns.list_tags_for_resource().resource_arn(arn).send().await.unwrap();
            self.note("topic", arn, &format!("{:?}", tags.tags()));
        }
        for subscription in sns.list_subscriptions().send().await.unwrap().subscriptions() {
            let (topic, to) = (subscription.topic_arn(), subscription.endpoint());
            let name = subscription.subscription_arn().unwrap_or_default();
            self.note("subscription", name, &format!("{topic:?} {to:?}"));
        }
    }

    fn note(&mut self, kind: &'static str, name: &str, state: &str) {
        let object = Object { kind, region: self.region, name: name.to_owned() };
        self.objects.insert(object, state.to_owned());
    }
}

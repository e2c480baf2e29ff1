//! Strangers in a real run: before any call that tells whose an object is, or
//! that makes one, somebody takes that object over. Whatever the run comes to, it
//! is not written to any more.
//!
//! The other calls are left out: between the look and the write that follows at
//! once nobody can notice.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::spread;
use super::trial::{Stage, System};
use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{FaultProxy, Visitor};
use crate::support::request::Request;

const STACK_TAG: &str = "ccprov:stack";

/// What somebody may take over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Queue(String),
    Topic(String),
    Bucket(String),
    Key(String),
    Role(String),
}

impl Thing {
    /// What a call is about, if the call tells whose it is, or makes it.
    fn of(request: &Request) -> Option<Self> {
        let call = request.call();
        let last = |text: String| text.rsplit('/').next().map(str::to_owned);
        match (call.service.as_str(), call.operation.as_str()) {
            ("sqs", "ListQueueTags") => last(request.json("QueueUrl")?).map(Self::Queue),
            ("sqs", "CreateQueue") => request.json("QueueName").map(Self::Queue),
            ("sns", "ListTagsForResource") => {
                let arn = request.form("ResourceArn")?;
                arn.rsplit(':').next().map(|name| Self::Topic(name.to_owned()))
            }
            ("sns", "CreateTopic") => request.form("Name").map(Self::Topic),
            ("s3", "GET ?tagging" | "PUT ?") => Some(Self::Bucket(request.bucket_and_key().0)),
            ("kms", "ListResourceTags") => request.json("KeyId").map(Self::Key),
            ("iam", "GetRole" | "CreateRole") => request.form("RoleName").map(Self::Role),
            _ => None,
        }
    }

    fn makes(request: &Request) -> bool {
        let operation = request.call().operation;
        operation.starts_with("Create") || operation == "PUT ?"
    }
}

/// Somebody with the same account, and no ccprov.
struct Stranger {
    account: Account,
    sqs: aws_sdk_sqs::Client,
    sns: aws_sdk_sns::Client,
    s3: aws_sdk_s3::Client,
    kms: aws_sdk_kms::Client,
    iam: aws_sdk_iam::Client,
}

impl Stranger {
    fn of(account: &Account) -> Self {
        let config = aws::config(account);
        Self {
            account: account.clone(),
            sqs: aws_sdk_sqs::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            s3: aws::s3(account),
            kms: aws_sdk_kms::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
        }
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.account.endpoint, self.account.id)
    }

    fn arn(&self, topic: &str) -> String {
        format!("arn:aws:sns:us-east-1:{}:{topic}", self.account.id)
    }

    /// Puts the tag of another stack on it; tells whether it was there.
    async fn takes(&self, thing: &Thing) -> bool {
        match thing {
            Thing::Queue(name) => {
                let call = self.sqs.tag_queue().queue_url(self.url(name)).tags(STACK_TAG, "other");
                call.send().await.is_ok()
            }
            Thing::Topic(name) => {
                let tag = aws_sdk_sns::types::Tag::builder().key(STACK_TAG).value("other");
                let call = self.sns.tag_resource().resource_arn(self.arn(name));
                call.tags(tag.build().unwrap()).send().await.is_ok()
            }
            Thing::Bucket(name) => {
                let tag = aws_sdk_s3::types::Tag::builder().key(STACK_TAG).value("other").build();
                let tags = aws_sdk_s3::types::Tagging::builder().tag_set(tag.unwrap()).build();
                let call = self.s3.put_bucket_tagging().bucket(name).tagging(tags.unwrap());
                call.send().await.is_ok()
            }
            Thing::Key(id) => {
                let tag = aws_sdk_kms::types::Tag::builder().tag_key(STACK_TAG).tag_value("other");
                let call = self.kms.tag_resource().key_id(id).tags(tag.build().unwrap());
                call.send().await.is_ok()
            }
            Thing::Role(name) => {
                let tag = aws_sdk_iam::types::Tag::builder().key(STACK_TAG).value("other").build();
                let call = self.iam.tag_role().role_name(name).tags(tag.unwrap());
                call.send().await.is_ok()
            }
        }
    }

    /// All that a run could have changed of it. What lives in it without tags is of
    /// who declared it: our entries of a notification, our subscription.
    async fn state(&self, thing: &Thing) -> String {
        match thing {
            Thing::Queue(name) => {
                let url = self.url(name);
                let call = self.sqs.get_queue_attributes().queue_url(&url);
                let seen = call.attribute_names(Name::All).send().await;
                let seen = seen.map(|seen| seen.attributes.unwrap_or_default());
                let seen = seen.unwrap_or_default().into_iter();
                let seen: BTreeMap<_, _> =
                    seen.map(|(name, value)| (name.to_string(), value)).collect();
                let tags = self.sqs.list_queue_tags().queue_url(url).send().await;
                let tags = tags.map(|tags| tags.tags.unwrap_or_default()).unwrap_or_default();
                format!("{seen:?} {:?}", tags.into_iter().collect::<BTreeMap<_, _>>())
            }
            Thing::Topic(name) => {
                let call = self.sns.get_topic_attributes().topic_arn(self.arn(name)).send().await;
                let seen = call.map(|seen| seen.attributes.unwrap_or_default()).unwrap_or_default();
                let tags = self.sns.list_tags_for_resource().resource_arn(self.arn(name));
                let tags = tags.send().await.map(|tags| tags.tags.unwrap_or_default());
                let mut seen: BTreeMap<_, _> = seen.into_iter().collect();
                seen.retain(|name, _| !name.starts_with("Subscriptions"));
                format!("{seen:?} {:?}", sorted(tags.unwrap_or_default()))
            }
            Thing::Bucket(name) => {
                let tags = self.s3.get_bucket_tagging().bucket(name).send().await.ok();
                let policy = self.s3.get_bucket_policy().bucket(name).send().await.ok();
                let versions = self.s3.get_bucket_versioning().bucket(name).send().await.ok();
                let encryption = self.s3.get_bucket_encryption().bucket(name).send().await.ok();
                let rules = self.s3.get_bucket_lifecycle_configuration().bucket(name).send().await;
                format!(
                    "{:?} {:?} {:?} {:?} {:?}",
                    tags.map(|tags| sorted(tags.tag_set)),
                    policy.map(|policy| policy.policy),
                    versions.map(|versions| versions.status),
                    encryption.map(|it| it.server_side_encryption_configuration),
                    rules.ok().map(|rules| rules.rules),
                )
            }
            Thing::Key(id) => {
                let key = self.kms.describe_key().key_id(id).send().await.unwrap().key_metadata;
                let state = key.map(|key| (key.key_state, key.description, key.enabled));
                let policy = self.kms.get_key_policy().key_id(id).policy_name("default");
                let policy = policy.send().await.ok().map(|policy| policy.policy);
                let tags = self.kms.list_resource_tags().key_id(id).send().await.unwrap().tags;
                format!("{state:?} {policy:?} {:?}", sorted(tags.unwrap_or_default()))
            }
            Thing::Role(name) => {
                let role = self.iam.get_role().role_name(name).send().await.ok();
                let role = role.and_then(|role| role.role);
                let trust = role.as_ref().map(|role| role.assume_role_policy_document.clone());
                let tags = role.and_then(|role| role.tags).unwrap_or_default();
                let inline = self.iam.list_role_policies().role_name(name).send().await.ok();
                let inline = inline.map(|inline| inline.policy_names);
                format!("{trust:?} {:?} {inline:?}", sorted(tags))
            }
        }
    }
}

fn sorted<T: fmt::Debug>(all: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    all.into_iter().map(|one| format!("{one:?}")).collect()
}

/// What trials came to.
#[derive(Debug, Default)]
pub(super) struct Strangers {
    /// Objects that somebody took over.
    taken: usize,
    refused: usize,
    told: usize,
    unaware: usize,
    touched: Vec<String>,
}

impl Strangers {
    fn add(&mut self, thing: &Thing, (before, after): (&str, &str), run: &Transcript) {
        self.taken += 1;
        match run.code {
            Some(5) => self.refused += 1,
            Some(6) => self.told += 1,
            // It was over with the object.
            _ => self.unaware += 1,
        }
        if before != after {
            self.touched.push(format!("{thing:?}\n  was {before}\n  is  {after}\n{run}"));
        }
    }

    fn well(&self) {
        assert!(self.taken > 0, "nobody took anything");
        assert!(self.touched.is_empty(), "{}", self.touched.join("\n\n"));
    }
}

impl fmt::Display for Strangers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { taken, refused, told, unaware, touched } = self;
        write!(f, "{taken} | {refused} | {told} | {unaware} | {}", touched.len())
    }
}

type Taken = Arc<Mutex<Option<(Thing, String)>>>;

/// A proxy before which somebody takes over what the nth of the calls is about
/// that tell whose something is, or make it. Counts these.
fn haunted(account: &Account, number: usize) -> (FaultProxy, Arc<AtomicUsize>, Taken) {
    let (count, taken) = (Arc::new(AtomicUsize::new(0)), Taken::default());
    let stranger = Arc::new(Stranger::of(account));
    let (counted, took) = (Arc::clone(&count), Arc::clone(&taken));
    let visitor: Visitor = Box::new(move |_, request, target| {
        let (stranger, took) = (Arc::clone(&stranger), Arc::clone(&took));
        let thing = Thing::of(request);
        let is_it = thing.is_some() && counted.fetch_add(1, Ordering::Relaxed) == number;
        Box::pin(async move {
            let Some(thing) = thing.filter(|_| is_it) else { return };
            if Thing::makes(request) {
                // Somebody is faster with the very same.
                request.answer(target).await.unwrap();
            }
            if stranger.takes(&thing).await {
                let state = stranger.state(&thing).await;
                *took.lock().unwrap_or_else(PoisonError::into_inner) = Some((thing, state));
            }
        })
    });
    (FaultProxy::visited(&account.endpoint, visitor), count, taken)
}

fn begun(stage: Stage) -> Account {
    let account = emulator::ministack().account();
    if let Some(before) = stage.before(System::ClaimCheck) {
        let transcript = Ccprov::on(&account).run(&before);
        assert_eq!(transcript.code, Some(0), "{transcript}");
    }
    account
}

/// Runs a stage once for each of some of those calls.
pub(super) async fn haunt(stage: Stage, most: usize) -> Strangers {
    let account = begun(stage);
    let (proxy, count, _) = haunted(&account, usize::MAX);
    let command = stage.command(System::ClaimCheck);
    Ccprov::on(&account.through(&proxy.url())).run(&command);
    let mut all = Strangers::default();
    for number in spread(count.load(Ordering::Relaxed), most) {
        let account = begun(stage);
        let (proxy, _, taken) = haunted(&account, number);
        let run = Ccprov::on(&account.through(&proxy.url())).run(&command);
        let taken = taken.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((thing, before)) = taken {
            let after = Stranger::of(&account).state(&thing).await;
            all.add(&thing, (&before, &after), &run);
        }
    }
    all
}

/// A plan file that removes all of the stack, and changes hands of one object of it
/// before it is applied.
pub(super) async fn aged(most: usize) -> Strangers {
    let mut all = Strangers::default();
    for number in spread(aged_things(&begun(Stage::Destroy)).await.len(), most) {
        let account = begun(Stage::Destroy);
        let ccprov = Ccprov::on(&account);
        let home = ccprov.home().to_owned();
        let (empty, plan) = (home.join("empty.yaml"), home.join("plan.json"));
        std::fs::write(&empty, "stack: claimcheck-dev\nregion: us-east-1\nresources: {}\n")
            .unwrap();
        let (empty, plan) = (empty.display().to_string(), plan.display().to_string());
        let planned = ccprov.run(&["plan", &empty, "--out", &plan]);
        assert_eq!(planned.code, Some(0), "{planned}");
        let thing = aged_things(&account).await.swap_remove(number);
        let stranger = Stranger::of(&account);
        assert!(stranger.takes(&thing).await, "{thing:?}");
        let before = stranger.state(&thing).await;
        let run = ccprov.run(&["apply", "-y", "--allow-data-loss", "--plan", &plan]);
        let after = stranger.state(&thing).await;
        all.add(&thing, (&before, &after), &run);
    }
    all
}

/// The demo's objects that carry tags.
async fn aged_things(account: &Account) -> Vec<Thing> {
    let stranger = Stranger::of(account);
    let mut things = Vec::new();
    for url in stranger.sqs.list_queues().send().await.unwrap().queue_urls() {
        things.push(Thing::Queue(url.rsplit('/').next().unwrap_or_default().to_owned()));
    }
    for topic in stranger.sns.list_topics().send().await.unwrap().topics() {
        let arn = topic.topic_arn().unwrap_or_default();
        things.push(Thing::Topic(arn.rsplit(':').next().unwrap_or_default().to_owned()));
    }
    for bucket in stranger.s3.list_buckets().send().await.unwrap().buckets() {
        things.push(Thing::Bucket(bucket.name().unwrap_or_default().to_owned()));
    }
    for key in stranger.kms.list_keys().send().await.unwrap().keys() {
        things.push(Thing::Key(key.key_id().unwrap_or_default().to_owned()));
    }
    for role in stranger.iam.list_roles().send().await.unwrap().roles() {
        things.push(Thing::Role(role.role_name().to_owned()));
    }
    things
}

/// A sample: the first and the last of those calls, and one between.
const SAMPLE: usize = 3;

#[tokio::test]
async fn who_takes_over_during_an_apply_keeps_it() {
    haunt(Stage::Apply, SAMPLE).await.well();
}

#[tokio::test]
async fn who_takes_over_during_an_update_keeps_it() {
    haunt(Stage::Update, SAMPLE).await.well();
}

#[tokio::test]
async fn who_takes_over_during_a_destroy_keeps_it() {
    haunt(Stage::Destroy, SAMPLE).await.well();
}

#[tokio::test]
async fn who_takes_over_before_a_plan_file_is_applied_keeps_it() {
    aged(SAMPLE).await.well();
}

#[tokio::test]
#[ignore = "takes minutes: make torture"]
#[expect(clippy::print_stdout, reason = "the table is what `make torture` is for")]
async fn strangers_at_every_look() {
    println!(
        "| Command | Objects taken over | Refused | Told | Over with it | Of others touched |"
    );
    println!("|---|---|---|---|---|---|");
    for stage in [Stage::Apply, Stage::Update, Stage::Destroy] {
        let all = haunt(stage, usize::MAX).await;
        println!("| {} | {all} |", format!("{stage:?}").to_lowercase());
        all.well();
    }
    let all = aged(usize::MAX).await;
    println!("| plan file | {all} |");
    all.well();
}

//! One run with one fault, and what it takes to make it good.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

use std::fmt;

use super::census::{Census, Deviation};
use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::light_functions;
use crate::support::request::Call;

/// Which stack suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    /// That of the demo.
    ClaimCheck,
    /// Queues, tables, and the functions between them.
    EventProcessor,
    /// A topic, a workflow of functions, their images, and who tells of dead letters.
    EventPipeline,
    /// Queues, a bus with rules and an archive, and their alarms.
    MessageQueues,
    /// Four stacks of two regions, three of which use one another in a row.
    Several,
}

/// Which command suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The stack, from nothing.
    Apply,
    /// The stack with a variable of another value.
    Update,
    /// Nothing but a part of it, though more of it differs.
    Part(Part),
    /// The stack with these objects made anew; by who goes on, once more.
    Replace(&'static str),
    /// The same, and who goes on makes nothing anew: so `docs/REPLACEMENT.md` has it.
    ReplaceOnce(&'static str),
    /// The stack, to nothing.
    Destroy,
}

/// What a command with `--only` is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    only: &'static str,
    /// What changes there and elsewhere.
    change: &'static str,
    /// The names of its objects: all others stay as they are.
    names: &'static [&'static str],
}

/// One queue of the message queues, where the policies of all are to change.
pub(super) const ONE_QUEUE: Part = Part {
    only: "queues.queue.orders",
    change: "allowed_principals=[arn:aws:iam::111122223333:root]",
    names: &["orion-dev-orders"],
};

/// Of the demo's stack: what is made before its predecessor goes, and what after.
pub(super) const KEY_QUEUE_AND_TOPIC: &str = "claimcheck.key,claimcheck.queue,claimcheck.topic";

impl System {
    fn files(self) -> Vec<&'static str> {
        match self {
            Self::ClaimCheck => vec!["stacks/dev.yaml"],
            Self::EventProcessor => vec![light_functions::event_processor()],
            Self::EventPipeline => vec![light_functions::event_pipeline()],
            Self::MessageQueues => vec!["stacks/message_queues.yaml"],
            Self::Several => vec![
                "tests/it/torture/stacks/mirror.yaml",
                "tests/it/torture/stacks/loner.yaml",
                "tests/it/torture/stacks/inbox.yaml",
                "tests/it/torture/stacks/hub.yaml",
            ],
        }
    }

    /// What an update changes: attributes and tags, what functions are told, or an output that
    /// others use.
    fn change(self) -> &'static str {
        match self {
            Self::ClaimCheck => "max_receives=7",
            Self::EventProcessor => "events_ttl_days=30",
            Self::EventPipeline => "keep_days=30",
            Self::MessageQueues => "archive_retention_days=7",
            Self::Several => "label=second",
        }
    }

    /// What every command is told: no emulator has the registry of schemas.
    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::ClaimCheck | Self::EventProcessor | Self::EventPipeline | Self::Several => &[],
            Self::MessageQueues => &["--var", "schema_registry=false"],
        }
    }

    /// What the stack consists of.
    pub(super) fn objects(self) -> &'static [(&'static str, usize)] {
        match self {
            Self::ClaimCheck => &[
                ("key", 1),
                ("bucket", 1),
                ("queue", 2),
                ("topic", 1),
                ("subscription", 1),
                ("role", 2),
            ],
            Self::EventProcessor => &[
                ("key", 1),
                ("queue", 2),
                ("table", 2),
                ("function", 2),
                ("mapping", 1),
                ("log group", 2),
                ("role", 2),
            ],
            Self::EventPipeline => &[
                ("key", 1),
                ("queue", 2),
                ("topic", 2),
                ("subscription", 1),
                ("table", 1),
                ("function", 4),
                ("machine", 1),
                ("repository", 1),
                ("image", 4),
                ("alarm", 2),
                ("log group", 5),
                ("role", 5),
            ],
            Self::MessageQueues => &[
                ("key", 1),
                ("queue", 7),
                ("topic", 1),
                ("bus", 1),
                ("rule", 3),
                ("archive", 1),
                ("alarm", 10),
            ],
            Self::Several => {
                &[("key", 1), ("queue", 4), ("topic", 1), ("subscription", 1), ("role", 1)]
            }
        }
    }

    /// A command that is about all of it.
    fn line(self, command: &[&'static str]) -> Vec<&'static str> {
        [command, &self.files(), self.variables()].concat()
    }

    pub(super) fn apply(self) -> Vec<&'static str> {
        self.line(&["apply", "-y"])
    }

    /// Items are counted late: what was made a moment ago may hold some.
    fn destroy(self) -> Vec<&'static str> {
        let mut destroy = self.line(&["destroy", "-y"]);
        match self {
            Self::ClaimCheck | Self::Several => {}
            Self::EventProcessor | Self::EventPipeline | Self::MessageQueues => {
                destroy.push("--allow-data-loss");
            }
        }
        destroy
    }
}

impl Stage {
    pub(super) fn before(self, system: System) -> Option<Vec<&'static str>> {
        match self {
            Self::Apply => None,
            Self::Update
            | Self::Part(_)
            | Self::Replace(_)
            | Self::ReplaceOnce(_)
            | Self::Destroy => Some(system.apply()),
        }
    }

    pub(super) fn command(self, system: System) -> Vec<&'static str> {
        match self {
            Self::Apply | Self::Update | Self::Part(_) => {
                [system.apply(), self.chosen(system)].concat()
            }
            Self::Replace(addresses) | Self::ReplaceOnce(addresses) => {
                [system.apply(), vec!["--allow-data-loss", "--replace", addresses]].concat()
            }
            Self::Destroy => system.destroy(),
        }
    }

    /// What whoever died of the command does next.
    fn again(self, system: System) -> Vec<&'static str> {
        match self {
            Self::Apply | Self::Update | Self::Part(_) | Self::Replace(_) | Self::Destroy => {
                self.command(system)
            }
            Self::ReplaceOnce(_) => [system.apply(), vec!["--allow-data-loss"]].concat(),
        }
    }

    /// Sees that there is nothing left to do.
    fn plan(self, system: System) -> Vec<&'static str> {
        [system.line(&["plan", "--detailed-exitcode"]), self.chosen(system)].concat()
    }

    /// What of the stack the command is about, and with which values.
    fn chosen(self, system: System) -> Vec<&'static str> {
        match self {
            Self::Apply | Self::Replace(_) | Self::ReplaceOnce(_) => Vec::new(),
            Self::Update => vec!["--var", system.change()],
            Self::Part(part) => vec!["--var", part.change, "--only", part.only],
            Self::Destroy => vec!["--destroy"],
        }
    }

    /// Sees that more than this differs.
    fn beyond(self, system: System) -> Option<Vec<&'static str>> {
        let Self::Part(part) = self else { return None };
        Some([system.line(&["plan", "--detailed-exitcode"]), vec!["--var", part.change]].concat())
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apply => "apply",
            Self::Update => "update",
            Self::Part(_) => "apply `--only`",
            Self::Replace(_) => "apply `--replace`",
            Self::ReplaceOnce(_) => "apply `--replace`, then without,",
            Self::Destroy => "destroy",
        })
    }
}

/// A fault at a call of a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
    pub(super) system: System,
    pub(super) stage: Stage,
    pub(super) number: usize,
    pub(super) fault: Fault,
}

/// What a trial came to.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) trial: Trial,
    /// The call that the fault befell.
    pub(super) call: Option<Call>,
    /// Whether the run succeeded all the same.
    pub(super) unharmed: bool,
    pub(super) deviation: Deviation,
    /// What went otherwise than it should.
    pub(super) complaints: Vec<String>,
}

/// How many calls a stage makes.
pub(super) fn calls_of(system: System, stage: Stage) -> usize {
    let account = emulator::ministack().account();
    if let Some(before) = stage.before(system) {
        succeed(&Ccprov::on(&account), &before);
    }
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    succeed(&Ccprov::on(&account.through(&proxy.url())), &stage.command(system));
    proxy.calls()
}

fn succeed(ccprov: &Ccprov, command: &[&str]) {
    let transcript = ccprov.run(command);
    assert_eq!(transcript.code, Some(0), "{transcript}");
}

impl Trial {
    pub(super) async fn run(self) -> Outcome {
        let account = emulator::ministack().account();
        let direct = Ccprov::on(&account);
        of_others(&account).await;
        let others = Census::of(&account).await;
        if let Some(before) = self.stage.before(self.system) {
            succeed(&direct, &before);
        }
        let kept = Kept::before(self.stage, &account).await;
        let proxy = self.proxy(&account);
        let suffering = Ccprov::on(&account.through(&proxy.url()));
        let command = self.stage.command(self.system);
        let first = suffering.run_told(&command, |process| proxy.hunt(process));
        let call = proxy.befallen().first().map(|(call, _)| call.clone());
        let mut outcome = Outcome {
            trial: self,
            unharmed: first.code == Some(0),
            deviation: Deviation::NONE,
            complaints: self.complaints_of(&first, call.as_ref()),
            call,
        };
        if !outcome.unharmed {
            outcome.expect(0, &direct.run(&self.stage.again(self.system)));
        }
        outcome.expect(0, &direct.run(&self.stage.plan(self.system)));
        if let Some(beyond) = self.stage.beyond(self.system) {
            outcome.expect(2, &direct.run(&beyond));
        }
        if self.stage != Stage::Destroy {
            let now = Census::of(&account).await;
            outcome.deviation =
                others.with(self.system, &now).plus(kept.after(&account, &now).await);
            outcome.expect(0, &direct.run(&self.system.destroy()));
        }
        let rest = others.without_stack(&Census::of(&account).await);
        outcome.deviation = outcome.deviation.plus(rest);
        if !outcome.complaints.is_empty() {
            outcome.complaints.push(format!("the calls of the first run:{proxy}"));
        }
        outcome
    }

    /// Credentials that are over stay so.
    fn proxy(self, account: &Account) -> FaultProxy {
        let Self { number, fault, .. } = self;
        if fault == Fault::Expired {
            FaultProxy::start(&account.endpoint, move |index, _| (index >= number).then_some(fault))
        } else {
            FaultProxy::once(&account.endpoint, number, fault)
        }
    }

    /// A run that was not killed ends by itself, and a failed one says why.
    fn complaints_of(self, run: &Transcript, call: Option<&Call>) -> Vec<String> {
        let killed = matches!(self.fault, Fault::KillBefore | Fault::KillAfter);
        let well = match run.code {
            None => killed,
            Some(0) => self.fault != Fault::Expired || call.is_none(),
            Some(1 | 6 | 7) => !killed && explains(run, self.fault),
            Some(_) => false,
        };
        if well { Vec::new() } else { vec![run.to_string()] }
    }
}

fn explains(run: &Transcript, fault: Fault) -> bool {
    let told = format!("{}{}", run.stdout, run.stderr);
    let words = if fault == Fault::Expired { "Expired" } else { "error" };
    told.contains(words)
}

impl Outcome {
    fn expect(&mut self, code: i32, transcript: &Transcript) {
        if transcript.code != Some(code) {
            self.complaints.push(transcript.to_string());
        }
    }
}

/// What of the stack a command leaves as it is.
enum Kept {
    Nothing,
    /// All objects but those of a part, as they were.
    Beyond(Part, Census),
    /// An object in the bucket and a dead letter, which are not said to go.
    Data,
}

const DEAD_LETTERS: &str = "claimcheck-dev-sqs-dlq";

impl Kept {
    async fn before(stage: Stage, account: &Account) -> Self {
        match stage {
            Stage::Apply | Stage::Update | Stage::Destroy => Self::Nothing,
            Stage::Part(part) => Self::Beyond(part, Census::of(account).await),
            Stage::Replace(_) | Stage::ReplaceOnce(_) => {
                let (s3, bucket) = (aws::s3(account), payloads(account).await);
                s3.put_object().bucket(bucket).key("claim").send().await.unwrap();
                let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
                let queue = sqs.get_queue_url().queue_name(DEAD_LETTERS).send().await.unwrap();
                let letter = sqs.send_message().set_queue_url(queue.queue_url);
                letter.message_body("claim").send().await.unwrap();
                Self::Data
            }
        }
    }

    /// What of it is not there any more, or has changed.
    async fn after(&self, account: &Account, now: &Census) -> Deviation {
        match self {
            Self::Nothing => Deviation::NONE,
            Self::Beyond(part, then) => {
                Deviation { touched: then.touched(now, part.names), ..Deviation::NONE }
            }
            Self::Data => {
                let (s3, bucket) = (aws::s3(account), payloads(account).await);
                let payload = s3.head_object().bucket(bucket).key("claim").send().await;
                let sqs = aws_sdk_sqs::Client::new(&aws::config(account));
                let queue = sqs.get_queue_url().queue_name(DEAD_LETTERS).send().await.unwrap();
                let letters = sqs.receive_message().set_queue_url(queue.queue_url);
                let letters = letters.send().await.unwrap();
                let lost = [payload.is_err(), letters.messages().is_empty()];
                let missing = lost.into_iter().filter(|lost| *lost).count();
                Deviation { missing, ..Deviation::NONE }
            }
        }
    }
}

/// The bucket of the demo's stack.
async fn payloads(account: &Account) -> String {
    let buckets = aws::s3(account).list_buckets().send().await.unwrap();
    let mut names = buckets.buckets().iter().filter_map(|bucket| bucket.name());
    names.find(|name| name.starts_with("claimcheck-dev-s3-")).unwrap().to_owned()
}

/// Objects that are nobody's business, with names much like the stack's own.
async fn of_others(account: &Account) {
    let config = aws::config(account);
    let sqs = aws_sdk_sqs::Client::new(&config);
    sqs.create_queue()
        .queue_name("claimcheck-dev-sqs-of-others")
        .tags("Team", "others")
        .send()
        .await
        .unwrap();
    let elsewhere = aws_sdk_sqs::Client::new(&aws::config_in(account, "eu-west-1"));
    elsewhere.create_queue().queue_name("loner-queue-of-others").send().await.unwrap();
    let sns = aws_sdk_sns::Client::new(&config);
    sns.create_topic().name("claimcheck-dev-sns-of-others").send().await.unwrap();
    let kms = aws_sdk_kms::Client::new(&config);
    kms.create_key().description("of others").send().await.unwrap();
    let s3 = aws::s3(account);
    s3.create_bucket().bucket(format!("of-others-{}", account.id)).send().await.unwrap();
}

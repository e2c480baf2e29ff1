//! One run with one fault, and what it takes to make it good.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

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
}

/// Which command suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The stack, from nothing.
    Apply,
    /// The stack with a variable of another value.
    Update,
    /// The stack, to nothing.
    Destroy,
}

impl System {
    fn file(self) -> &'static str {
        match self {
            Self::ClaimCheck => "stacks/dev.yaml",
            Self::EventProcessor => light_functions::event_processor(),
            Self::EventPipeline => light_functions::event_pipeline(),
            Self::MessageQueues => "stacks/message_queues.yaml",
        }
    }

    /// What an update changes: attributes and tags, or what functions are told.
    fn change(self) -> &'static str {
        match self {
            Self::ClaimCheck => "max_receives=7",
            Self::EventProcessor => "events_ttl_days=30",
            Self::EventPipeline => "keep_days=30",
            Self::MessageQueues => "archive_retention_days=7",
        }
    }

    /// What every command is told: no emulator has the registry of schemas.
    fn variables(self) -> &'static [&'static str] {
        match self {
            Self::ClaimCheck | Self::EventProcessor | Self::EventPipeline => &[],
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
        }
    }

    pub(super) fn apply(self) -> Vec<&'static str> {
        [&["apply", "-y", self.file()], self.variables()].concat()
    }

    /// Items are counted late: what was made a moment ago may hold some.
    fn destroy(self) -> Vec<&'static str> {
        let mut destroy = [&["destroy", "-y", self.file()], self.variables()].concat();
        match self {
            Self::ClaimCheck => {}
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
            Self::Update | Self::Destroy => Some(system.apply()),
        }
    }

    pub(super) fn command(self, system: System) -> Vec<&'static str> {
        match self {
            Self::Apply => system.apply(),
            Self::Update => [system.apply(), vec!["--var", system.change()]].concat(),
            Self::Destroy => system.destroy(),
        }
    }

    /// Sees that there is nothing left to do.
    fn plan(self, system: System) -> Vec<&'static str> {
        let mut plan =
            [&["plan", "--detailed-exitcode", system.file()], system.variables()].concat();
        match self {
            Self::Apply => {}
            Self::Update => plan.extend(["--var", system.change()]),
            Self::Destroy => plan.push("--destroy"),
        }
        plan
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
            outcome.expect(&direct.run(&command));
        }
        outcome.expect(&direct.run(&self.stage.plan(self.system)));
        if self.stage != Stage::Destroy {
            let now = Census::of(&account).await;
            outcome.deviation = others.with(self.system, &now);
            outcome.expect(&direct.run(&self.system.destroy()));
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
    fn expect(&mut self, transcript: &Transcript) {
        if transcript.code != Some(0) {
            self.complaints.push(transcript.to_string());
        }
    }
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
    let sns = aws_sdk_sns::Client::new(&config);
    sns.create_topic().name("claimcheck-dev-sns-of-others").send().await.unwrap();
    let kms = aws_sdk_kms::Client::new(&config);
    kms.create_key().description("of others").send().await.unwrap();
    let s3 = aws::s3(account);
    s3.create_bucket().bucket(format!("of-others-{}", account.id)).send().await.unwrap();
}

//! One run with one fault, and what it takes to make it good.

#![expect(clippy::unwrap_used, reason = "an emulator that does not answer ends the test")]

use super::census::{Census, Deviation};
use crate::support::aws;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::request::Call;

/// Which command suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The demo's stack, from nothing.
    Apply,
    /// The stack with other tags, and a queue with other attributes.
    Update,
    /// The stack, to nothing.
    Destroy,
}

const APPLY: &[&str] = &["apply", "-y", "stacks/dev.yaml"];
const UPDATE: &[&str] = &["apply", "-y", "stacks/dev.yaml", "--var", "max_receives=7"];
const DESTROY: &[&str] = &["destroy", "-y", "stacks/dev.yaml"];

impl Stage {
    pub(super) fn before(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Apply => None,
            Self::Update | Self::Destroy => Some(APPLY),
        }
    }

    pub(super) fn command(self) -> &'static [&'static str] {
        match self {
            Self::Apply => APPLY,
            Self::Update => UPDATE,
            Self::Destroy => DESTROY,
        }
    }

    /// Sees that there is nothing left to do.
    fn plan(self) -> Vec<&'static str> {
        let mut plan = vec!["plan", "--detailed-exitcode", "stacks/dev.yaml"];
        match self {
            Self::Apply => {}
            Self::Update => plan.extend(["--var", "max_receives=7"]),
            Self::Destroy => plan.push("--destroy"),
        }
        plan
    }
}

/// A fault at a call of a stage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial {
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
pub(super) fn calls_of(stage: Stage) -> usize {
    let account = emulator::ministack().account();
    if let Some(before) = stage.before() {
        succeed(&Ccprov::on(&account), before);
    }
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    succeed(&Ccprov::on(&account.through(&proxy.url())), stage.command());
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
        if let Some(before) = self.stage.before() {
            succeed(&direct, before);
        }
        let proxy = self.proxy(&account);
        let suffering = Ccprov::on(&account.through(&proxy.url()));
        let first = suffering.run_told(self.stage.command(), |process| proxy.hunt(process));
        let call = proxy.befallen().first().map(|(call, _)| call.clone());
        let mut outcome = Outcome {
            trial: self,
            unharmed: first.code == Some(0),
            deviation: Deviation::NONE,
            complaints: self.complaints_of(&first, call.as_ref()),
            call,
        };
        if !outcome.unharmed {
            outcome.expect(&direct.run(self.stage.command()));
        }
        outcome.expect(&direct.run(&self.stage.plan()));
        if self.stage != Stage::Destroy {
            outcome.deviation = others.with_stack(&Census::of(&account).await);
            outcome.expect(&direct.run(DESTROY));
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

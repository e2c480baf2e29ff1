//! One policy on the way of a message, and what it says to the sender.

use serde_json::{Value, json};

use crate::model::{Address, Exhibit, Finding, Path, Place};
use crate::verify::policy::{Context, Decision, Known, NearMiss, Policy, Request, Who};
use crate::verify::rules::hop::End;
use crate::verify::rules::{others, patch};

/// A service that delivers for a source.
pub(in crate::verify::rules) struct Delivery<'a> {
    /// Its principal.
    pub(in crate::verify::rules) sender: &'a str,
    source: End<'a>,
    place: &'a Place,
    arn: String,
    account: String,
    tells: Tells,
}

/// How a sender tells for whom it delivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    /// By the source's ARN and account.
    Source,
    /// Likewise, and in the old way.
    Owner,
    /// By the encryption context of what it encrypts, and in no other way: the key of
    /// a condition, which has the source's ARN.
    Data(&'static str),
    /// In no way: it meets no condition on that.
    Nothing,
    /// Nobody can tell: AWS's guides do not say so.
    Unsaid,
    /// By the source's ARN and account, and by the encryption context besides.
    SourceAndData(&'static str),
}

/// A policy that has to let the sender through.
pub(in crate::verify::rules) struct Gate<'a> {
    /// The resource whose policy it is.
    pub(in crate::verify::rules) guard: &'a Exhibit,
    /// What the sender calls.
    pub(in crate::verify::rules) calls: &'a [&'a str],
    /// How a statement best allows that.
    pub(in crate::verify::rules) grants: &'a [&'a str],
    /// What the sender calls it on.
    pub(in crate::verify::rules) resource: &'a str,
    /// A name for that statement.
    pub(in crate::verify::rules) sid: &'a str,
    /// What it is for, to end a message with.
    pub(in crate::verify::rules) because: &'a str,
}

/// What was seen at a gate.
#[derive(Debug, Default)]
pub(in crate::verify::rules) struct Seen {
    /// What is wrong.
    pub(in crate::verify::rules) findings: Vec<Finding>,
    /// Why nobody can tell, where that is so.
    pub(in crate::verify::rules) open: Option<String>,
}

impl Seen {
    /// Nobody can tell.
    pub(in crate::verify::rules) fn open(why: impl Into<String>) -> Self {
        Self { findings: Vec::new(), open: Some(why.into()) }
    }

    /// The same of something that is not of the stack, told of who names it.
    pub(in crate::verify::rules) fn told_of(self, address: &Address, at: &Path) -> Self {
        let findings = self.findings.into_iter().map(|it| others::told(it, address, at));
        Self { findings: findings.collect(), open: self.open }
    }

    /// This, and what was seen at the next gate.
    pub(in crate::verify::rules) fn and(mut self, next: Self) -> Self {
        self.findings.extend(next.findings);
        self.open = self.open.or(next.open);
        self
    }
}

impl From<Finding> for Seen {
    fn from(finding: Finding) -> Self {
        Some(finding).into_iter().collect()
    }
}

impl FromIterator<Finding> for Seen {
    fn from_iter<I: IntoIterator<Item = Finding>>(findings: I) -> Self {
        Self { findings: findings.into_iter().collect(), open: None }
    }
}

impl<'a> Delivery<'a> {
    pub(in crate::verify::rules) fn of(
        sender: &'a str,
        names_owner: bool,
        source: End<'a>,
        place: &'a Place,
    ) -> Self {
        let (arn, account) = (source.arn(place), source.account(place));
        let tells = if names_owner { Tells::Owner } else { Tells::Source };
        Self { sender, source, place, arn, account, tells }
    }

    /// That of a service that encrypts what is the source's, and tells so by this key of
    /// a condition alone.
    pub(in crate::verify::rules) fn encrypting(
        sender: &'a str,
        key: &'static str,
        source: End<'a>,
        place: &'a Place,
    ) -> Self {
        Self { tells: Tells::Data(key), ..Self::of(sender, false, source, place) }
    }

    /// The same, where the service encrypts what is the source's, and tells so by this key
    /// of a condition as well.
    pub(in crate::verify::rules) fn saying(self, key: &'static str) -> Self {
        Self { tells: Tells::SourceAndData(key), ..self }
    }

    /// That of a service that tells nobody for whom it delivers.
    pub(in crate::verify::rules) fn silent(
        sender: &'a str,
        source: End<'a>,
        place: &'a Place,
    ) -> Self {
        Self { tells: Tells::Nothing, ..Self::of(sender, false, source, place) }
    }

    /// That of a service of which nobody can tell whether it does.
    pub(in crate::verify::rules) fn unsaid(
        sender: &'a str,
        source: End<'a>,
        place: &'a Place,
    ) -> Self {
        Self { tells: Tells::Unsaid, ..Self::of(sender, false, source, place) }
    }

    /// For whom it delivers, as a stack file states it.
    pub(in crate::verify::rules) fn stated_source(&self) -> String {
        self.source.reference(self.place)
    }

    /// Whether a topic that states no policy lets the sender through: AWS's own
    /// document, which it has then, admits whoever comes from the owner.
    pub(super) fn is_admitted_by_default(&self, topic: &Exhibit) -> bool {
        let states_none = topic.document.get("policy").is_none_or(Value::is_null);
        let owner = topic.fact("arn").split(':').nth(4);
        self.tells == Tells::Owner && states_none && owner == Some(self.account.as_str())
    }

    /// What the gate's policy says to each call.
    pub(in crate::verify::rules) fn pass(&self, gate: &Gate<'_>) -> Seen {
        let context = self.context();
        let policy = Policy::of(gate.guard, &Path::field("policy"));
        let (mut seen, mut missing, mut nearly) = (Seen::default(), Vec::new(), None);
        for action in gate.calls {
            let who = Who::Service(self.sender);
            let request = Request { who, action, resource: gate.resource, context: &context };
            let decision = policy.as_ref().map(|policy| policy.decide(&request));
            match decision.unwrap_or(Decision::Silent(Vec::new())) {
                Decision::Allowed => {}
                Decision::Denied(statement) => {
                    let message = format!(
                        "{} denies {} {action}{}",
                        statement.name(),
                        self.sender,
                        gate.because
                    );
                    let finding = Finding::new(&gate.guard.address, message).at(statement.path);
                    seen.findings.push(finding.hint(
                        "leave AWS services out of it: add the condition Bool, aws:PrincipalIsAWSService: false",
                    ));
                }
                Decision::Unclear(statement, why) => {
                    seen.open = Some(format!("{} of {}", why.what, statement.name()));
                }
                Decision::Silent(near) => {
                    missing.push(*action);
                    nearly = nearly.or(near.into_iter().next());
                }
            }
        }
        if !missing.is_empty() {
            seen.findings.push(self.lacks(gate, &missing, nearly));
        }
        seen
    }

    /// What is known when a service delivers: for whom, over TLS, and that it
    /// is no principal of an account (IAM User Guide, "AWS global condition
    /// context keys").
    fn context(&self) -> Context<'_> {
        let (arn, account) = (Known::Is(self.arn.as_str()), Known::Is(self.account.as_str()));
        let source = |arn, account| [("aws:SourceArn", arn), ("aws:SourceAccount", account)];
        let mut told: Vec<(&str, Known<'_>)> = match self.tells {
            Tells::Source | Tells::Owner | Tells::SourceAndData(_) => source(arn, account).into(),
            Tells::Data(_) | Tells::Nothing => source(Known::Absent, Known::Absent).into(),
            Tells::Unsaid => Vec::new(),
        };
        match self.tells {
            Tells::Owner => told.push(("aws:SourceOwner", account)),
            Tells::Data(key) | Tells::SourceAndData(key) => told.push((key, arn)),
            Tells::Nothing => told.push(("aws:SourceOrgID", Known::Absent)),
            Tells::Source | Tells::Unsaid => {}
        }
        let known = [
            ("aws:SecureTransport", Known::Is("true")),
            ("aws:PrincipalIsAWSService", Known::Is("true")),
            ("aws:PrincipalArn", Known::Absent),
            ("aws:PrincipalAccount", Known::Absent),
            ("aws:PrincipalOrgID", Known::Absent),
            ("aws:SourceVpc", Known::Absent),
            ("aws:SourceVpce", Known::Absent),
        ];
        Context::of(known.into_iter().chain(told)).at(self.place)
    }

    fn lacks(&self, gate: &Gate<'_>, missing: &[&str], nearly: Option<NearMiss<'_>>) -> Finding {
        let Self { sender, source, .. } = self;
        let told = |nearly: &str| {
            let (calls, source, because) = (listed(missing), source.name(), gate.because);
            format!(
                "no statement of its policy lets {sender} call {calls} for {source}{nearly}{because}"
            )
        };
        let finding = Finding::new(&gate.guard.address, told(""));
        let finding = patch::with_statement(finding, gate.guard, gate.sid, self.statement(gate));
        let Some(NearMiss { statement, because }) = nearly else { return finding };
        let name = statement.name();
        Finding {
            message: told(&format!(" ({name} would, but for its {})", because.what)),
            path: Some(because.path),
            expected: because.expected.map(Value::from),
            actual: Some(because.actual),
            hint: Some(if self.tells == Tells::Nothing {
                format!("take the condition out of {name}: {sender} tells nobody for whom it comes")
            } else {
                format!("correct {name}, or add a statement")
            }),
            ..finding
        }
    }

    fn statement(&self, gate: &Gate<'_>) -> Value {
        let actions = gate.grants.iter().map(|action| (*action).to_owned()).collect();
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": { "Service": self.sender },
            "Action": patch::one_or_several(actions),
        });
        if let Some(condition) = self.condition() {
            statement["Condition"] = condition;
        }
        match gate.guard.kind.as_str() {
            // The policy of a repository speaks of nothing else, and ECR takes no resource in it.
            "ecr_repository" => {}
            // In the policy of a key, everything is that key.
            "kms_key" => statement["Resource"] = "*".into(),
            _ => statement["Resource"] = patch::arn_of(gate.guard).into(),
        }
        statement
    }

    /// For whom alone, if it tells.
    fn condition(&self) -> Option<Value> {
        let Self { source, place, account, tells, .. } = self;
        let sake = match tells {
            // Many alarms tell one topic: one statement admits them all.
            Tells::Owner => "arn:${partition}:cloudwatch:${region}:${account}:alarm:*".to_owned(),
            Tells::Source | Tells::SourceAndData(_) => source.reference(place),
            Tells::Data(key) => {
                return Some(json!({ "ArnLike": { (*key): source.reference(place) } }));
            }
            Tells::Nothing | Tells::Unsaid => return None,
        };
        let account = if *account == place.account { "${account}" } else { account };
        Some(json!({
            "StringEquals": { "aws:SourceAccount": account },
            "ArnLike": { "aws:SourceArn": sake }
        }))
    }
}

/// For people: `a`, `a and b`, `a, b and c`.
fn listed(calls: &[&str]) -> String {
    match calls {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => calls.concat(),
    }
}

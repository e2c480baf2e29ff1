//! Who acts in an exercise: roles of the stack, those that were asked for, or
//! whoever runs it; what each was given on paper, and how a role is taken on.

use std::time::Duration;

use super::bench::{Bench, Rubbish};
use super::inbox;
use super::letter::Letter;
use super::mark::{MARK, Mark};
use super::queue;
use super::target;
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{Address, CloudError, ErrorClass, Exhibit, Finding, InFlight, Path, Scene};
use crate::verify::rights::{Identity, distrust};
use crate::verify::{Trial, Watch, matches};

/// How long a refusal may be that of something made moments ago: IAM's changes
/// take single-digit seconds, as a rule.
const SETTLING: Duration = Duration::from_secs(10);
/// In place of a mark, while it is only asked where an object may lie.
const SAMPLE: &str = "0123456789abcdef-60";

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Actor<'a> {
    /// A role of the stack.
    Role(&'a Exhibit),
    /// A role that was asked for, of which the stack knows no more than the ARN.
    Stranger(&'a str),
    /// Whoever runs this.
    Caller,
}

/// What is done to resources of a kind: the kind, and the action that it takes.
pub(super) type Deeds = &'static [(&'static str, &'static str)];

/// Somebody, and something that they were given an action on.
#[derive(Clone, Debug)]
pub(super) struct Play<'a> {
    pub(super) actor: Actor<'a>,
    pub(super) part: &'a Exhibit,
    pub(super) reach: Reach,
}

/// Where somebody may do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// To the resource as a whole.
    Whole,
    /// To objects whose keys begin and end so.
    Keys { before: String, after: String },
    /// To certain objects alone, none of which can be one of ours.
    Others,
}

impl<'a> Actor<'a> {
    /// For people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Role(role) => role.address.to_string(),
            Self::Stranger(arn) => (*arn).to_owned(),
            Self::Caller => "the caller".to_owned(),
        }
    }

    /// Its own resource, if the stack has it.
    pub(super) fn address(&self) -> Option<&'a Address> {
        match self {
            Self::Role(role) => Some(&role.address),
            Self::Stranger(_) | Self::Caller => None,
        }
    }

    /// What policies say of it; `None` of the caller, of whom they need not speak.
    fn identity(&self, scene: &'a Scene) -> Option<Identity<'a>> {
        match self {
            Self::Role(role) => Some(Identity::of_role(scene, role)),
            Self::Stranger(arn) => Some(Identity::stranger(arn)),
            Self::Caller => None,
        }
    }

    /// Whether it was given an action on a resource, or on something in it.
    pub(super) fn was_given(&self, scene: &'a Scene, part: &Exhibit, deed: (&str, &str)) -> bool {
        self.identity(scene).is_some_and(|it| it.may(part, deed.0, deed.1))
    }

    /// Whether it is known before that it cannot be taken on, and nobody asked for
    /// it: then there is nothing to see.
    pub(super) fn is_out_of_reach(&self, bench: &Bench, watch: &Watch) -> bool {
        let was_asked_for = !bench.options().act_as.is_empty();
        let why = self.distrusts(bench).filter(|_| !was_asked_for);
        let is_out = why.is_some();
        if let Some(why) = why {
            watch.sees_nothing(why);
        }
        is_out
    }

    /// A session in its name. `None` where STS refuses it, and nobody asked for it:
    /// then there is nothing to see.
    pub(super) async fn enter(
        &self,
        bench: &Bench,
        mark: &Mark,
        watch: &Watch,
    ) -> Answer<Option<Session>> {
        let arn = match self {
            Self::Role(role) => role.fact("arn"),
            Self::Stranger(arn) => arn,
            Self::Caller => return Ok(Some(bench.session().clone())),
        };
        let was_asked_for = !bench.options().act_as.is_empty();
        let session = format!("{MARK}-{}", mark.as_str());
        let entered = watch.settles(settling(bench), || bench.session().assume(arn, &session));
        match entered.await {
            Ok(session) => {
                watch.saw(format!("took on the role {arn}"));
                Ok(Some(session))
            }
            Err(error) if target::is_refusal(error.class) && !was_asked_for => {
                let CloudError { code, message, .. } = error;
                watch.sees_nothing(format!(
                    "{} could not be taken on: {code}: {message}",
                    self.name()
                ));
                Ok(None)
            }
            Err(error) => {
                let hint = self.distrusts(bench).or(error.hint);
                Err(CloudError { hint, ..error })
            }
        }
    }

    /// Why it cannot be taken on, by what its trust policy says.
    pub(super) fn distrusts(&self, bench: &Bench) -> Option<String> {
        let (Self::Role(role), Some(caller)) = (self, bench.session().known_caller()) else {
            return None;
        };
        let whom = distrust(role, caller)?;
        Some(format!(
            "{} admits {whom}: play a role that you may take on with --as, or admit {} in development",
            role.address, caller.arn
        ))
    }
}

/// The roles that were asked for, or else every role of the stack.
pub(super) fn roles<'a>(bench: &'a Bench, scene: &'a Scene) -> Vec<Actor<'a>> {
    let asked = &bench.options().act_as;
    if asked.is_empty() {
        return scene.of_kind("iam_role").map(Actor::Role).collect();
    }
    let named = asked.iter().filter_map(|name| {
        let of_stack = |role: &&Exhibit| role.address.as_str() == name || role.fact("arn") == name;
        match scene.of_kind("iam_role").find(of_stack) {
            Some(role) => Some(Actor::Role(role)),
            // An address that nothing lives at is a finding of others.
            None => name.starts_with("arn:").then_some(Actor::Stranger(name)),
        }
    });
    named.collect()
}

/// What roles were given to do.
pub(super) fn plays<'a>(bench: &'a Bench, scene: &'a Scene, deeds: Deeds) -> Vec<Play<'a>> {
    let all = roles(bench, scene).into_iter().flat_map(|actor| {
        let parts = deeds
            .iter()
            .flat_map(|(kind, action)| scene.of_kind(kind).map(move |part| (part, *action)));
        parts.filter_map(move |(part, action)| {
            let reach = reach(&actor.identity(scene)?, part, action)?;
            Some(Play { actor, part, reach })
        })
    });
    all.collect()
}

/// Where an identity was given an action on a resource; `None` for nowhere.
fn reach(identity: &Identity<'_>, part: &Exhibit, action: &str) -> Option<Reach> {
    let arn = part.fact("arn");
    if part.kind != "s3_bucket" {
        return identity.may(part, action, arn).then_some(Reach::Whole);
    }
    let patterns = identity.patterns(part, action);
    let folders = patterns.iter().filter_map(|pattern| {
        let (bucket, keys) = pattern.split_once('/')?;
        let (before, _) = keys.split_once(['*', '?'])?;
        let (_, after) = keys.rsplit_once(['*', '?'])?;
        matches(bucket, arn).then(|| (before.to_owned(), after.to_owned()))
    });
    let anywhere = std::iter::once((String::new(), String::new()));
    for (before, after) in anywhere.chain(folders) {
        let key = format!("{arn}/{before}{MARK}/{SAMPLE}{after}");
        if identity.may(part, action, &key) {
            return Some(Reach::Keys { before, after });
        }
    }
    let is_inside = |pattern: &&str| pattern.starts_with(&format!("{arn}/"));
    let others = patterns.into_iter().filter(is_inside);
    others.into_iter().any(|one| identity.may(part, action, one)).then_some(Reach::Others)
}

impl<'a> Play<'a> {
    /// A letter for the queue, and the session of whoever plays, once nothing
    /// stands in the way of taking it out again; else nothing is seen.
    pub(super) async fn with_letter(
        &self,
        body: String,
        bench: &Bench,
        mark: &Mark,
        watch: &Watch,
    ) -> Answer<Option<(Letter, Session)>> {
        let queue = self.part;
        let letter = Letter::to(&[queue], mark, body);
        if letter.is_fifo && !queue::delay(queue).is_zero() {
            watch.sees_nothing("the queue holds every message back: ours could not be removed");
            return Ok(None);
        }
        let (url, tries) = (queue.fact("url"), queue::tries(queue));
        inbox::check_others_are_safe(bench.session(), url, tries).await?;
        let Some(session) = self.actor.enter(bench, mark, watch).await? else { return Ok(None) };
        bench.note(mark, Rubbish::Letter(letter.clone()));
        Ok(Some((letter, session)))
    }

    /// The key of an object of ours that it may reach.
    pub(super) fn key(&self, mark: &Mark) -> Option<String> {
        match &self.reach {
            Reach::Keys { before, after } => Some(format!("{before}{}{after}", mark.object_name())),
            Reach::Whole | Reach::Others => None,
        }
    }

    /// A trial of it, under that name.
    pub(super) fn trial(&self, subject: String) -> Trial {
        let addresses = [Some(&self.part.address), self.actor.address()];
        let addresses = addresses.into_iter().flatten().cloned().collect();
        Trial { subject, addresses, ..Trial::default() }
    }

    /// What a refusal tells against. One that a policy means for other networks
    /// tells nothing, and is `None`.
    pub(super) fn refused(
        &self,
        scene: &'a Scene,
        what: &str,
        error: &CloudError,
        watch: &Watch,
    ) -> Vec<Finding> {
        watch.saw(format!("{what} is refused: {}", error.code));
        let network = self.actor.identity(scene).and_then(|it| it.network(self.part));
        if let Some(key) = network {
            watch.sees_nothing(format!(
                "{what} is refused here, and a policy asks for {key}: this may be another network"
            ));
            return Vec::new();
        }
        let CloudError { code, message, .. } = error;
        let name = self.actor.name();
        let told = format!("{name} was given the right, and {what} is refused: {code}: {message}");
        let (address, path) = self.blamed(scene, error);
        let finding = Finding { path, ..Finding::new(address, told) };
        vec![if names_key(error) {
            finding.hint(format!("let {name} use the key that encrypts {}", self.part.address))
        } else {
            finding
        }]
    }

    /// Whose policy refuses. AWS says of which sort it is (IAM User Guide,
    /// "Troubleshoot access denied error messages"), and which action it misses.
    fn blamed(&self, scene: &'a Scene, error: &CloudError) -> (&'a Address, Option<Path>) {
        let policy = Some(Path::field("policy"));
        let is_of_resource = error.message.contains("resource-based policy");
        match (self.actor.address(), is_of_resource, names_key(error)) {
            (Some(role), false, _) => (role, None),
            (_, _, true) => match key_of(scene, self.part) {
                Some(key) => (&key.address, policy),
                None => (&self.part.address, None),
            },
            (_, _, false) => (&self.part.address, policy),
        }
    }
}

/// Whether it is the key that somebody may not use: S3, SNS and SQS hand on what
/// KMS says.
fn names_key(error: &CloudError) -> bool {
    error.code.contains("KMS") || error.message.contains("kms:")
}

fn key_of<'a>(scene: &'a Scene, part: &Exhibit) -> Option<&'a Exhibit> {
    let of_bucket = part.document.get("server_side_encryption");
    let of_bucket = of_bucket.and_then(|it| it["kms_master_key_id"].as_str());
    scene.named("kms_key", of_bucket.or_else(|| part.text("kms_master_key_id"))?)
}

/// Does what a role was given, as often as a fresh role needs.
///
/// # Errors
/// Where the answer is neither that it was done nor that it was refused.
pub(super) async fn act<T, F>(
    bench: &Bench,
    watch: &Watch,
    deed: impl FnMut() -> F + Send,
) -> Answer<Result<T, CloudError>>
where
    F: Future<Output = Answer<T>> + Send,
{
    match watch.settles(settling(bench), deed).await {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match error.class {
            ErrorClass::Denied
            | ErrorClass::Credentials
            | ErrorClass::NotYet(InFlight::Dependency)
            | ErrorClass::Invalid => Ok(Err(error)),
            ErrorClass::Absent
            | ErrorClass::Exists
            | ErrorClass::Throttled
            | ErrorClass::Transient
            | ErrorClass::NotYet(InFlight::Busy | InFlight::Cooldown)
            | ErrorClass::Quota
            | ErrorClass::Unexpected => Err(error),
        },
    }
}

fn settling(bench: &Bench) -> Duration {
    SETTLING.min(bench.options().patience)
}

#[cfg(test)]
mod tests;

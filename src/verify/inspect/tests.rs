//! What an inspection comes to, with behaviours that do as they are told.

use async_trait::async_trait;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::engine::port::Answer;
use crate::model::FormerNames;
use crate::verify::rules::tests::scene;
use crate::verify::rules::tests::system::system;

const INFO: CheckInfo = CheckInfo {
    id: "told",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "It does as it is told.",
    risk: "None.",
    remedy: "None.",
};

/// How long the behaviour below waits for a message that never comes.
const PATIENCE: Duration = Duration::from_secs(90);

/// Something that waits in vain at each of some resources.
struct Waits {
    at: &'static [&'static str],
    /// Only one at a time.
    turn: Option<tokio::sync::Mutex<()>>,
    blind: bool,
}

impl Waits {
    fn at(at: &'static [&'static str]) -> Self {
        Self { at, turn: None, blind: false }
    }
}

#[async_trait]
impl Behaviour for Waits {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, _: &Scene) -> Vec<Trial> {
        let trial = |name: &&str| Trial {
            subject: (*name).into(),
            addresses: vec![Address::new(*name)],
            ..Trial::default()
        };
        self.at.iter().map(trial).collect()
    }

    async fn exercise(&self, _: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        if self.blind {
            watch.sees_nothing("it is dark");
            return Ok(Vec::new());
        }
        let _turn = match &self.turn {
            Some(turn) => Some(watch.in_line(turn.lock()).await),
            None => None,
        };
        let (patience, never) = (watch.patience(PATIENCE), std::future::pending::<()>());
        let _nothing_comes = tokio::time::timeout(patience, never).await;
        let message = format!("nothing came in {} s", patience.as_secs());
        Ok(vec![Finding::new(&trial.addresses[0], message)])
    }

    fn deadline(&self) -> Duration {
        PATIENCE + Duration::from_secs(1)
    }
}

/// Tells how many of some others had ended at its first look, and at its second.
struct LooksAround {
    ended: Arc<AtomicUsize>,
    /// Its first look never comes to its end, or fails.
    first: First,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Sees,
    Fails,
    Hangs,
}

#[async_trait]
impl Behaviour for LooksAround {
    fn info(&self) -> &'static CheckInfo {
        &CheckInfo { id: "around", ..INFO }
    }

    fn trials(&self, _: &Scene) -> Vec<Trial> {
        let addresses = vec![Address::new("queue")];
        vec![Trial { subject: "queue".into(), addresses, ..Trial::default() }]
    }

    async fn exercise(&self, _: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        elapse(Duration::from_secs(5)).await;
        match self.first {
            First::Sees => {}
            First::Fails => return Ok(vec![Finding::new(&trial.addresses[0], "blind")]),
            First::Hangs => std::future::pending().await,
        }
        let before = self.ended.load(Ordering::Relaxed);
        watch.while_others_run().await;
        // There is nobody to wait for any more.
        watch.while_others_run().await;
        let after = self.ended.load(Ordering::Relaxed);
        Ok(vec![Finding::new(&trial.addresses[0], format!("{before}, then {after}")).as_note()])
    }

    fn deadline(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn looks_around(&self) -> bool {
        true
    }
}

/// One who ends after so long.
struct Ends(Arc<AtomicUsize>, u64);

#[async_trait]
impl Behaviour for Ends {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, _: &Scene) -> Vec<Trial> {
        let addresses = vec![Address::new("queue")];
        vec![Trial { subject: format!("{} s", self.1), addresses, ..Trial::default() }]
    }

    async fn exercise(&self, _: &Scene, _: &Trial, _: &Watch) -> Answer<Vec<Finding>> {
        elapse(Duration::from_secs(self.1)).await;
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Vec::new())
    }

    fn deadline(&self) -> Duration {
        Duration::from_mins(5)
    }
}

/// The others take longer than whoever looks around them may.
#[tokio::test(start_paused = true)]
async fn who_looks_around_looks_before_all_others_and_after_them() {
    let check = async |first: First, most: Duration, expected: [&str; 3]| {
        let scene = scene(WELL);
        let ended = Arc::<AtomicUsize>::default();
        let behaviours: [Box<dyn Behaviour>; 3] = [
            Box::new(Ends(ended.clone(), 2)),
            Box::new(LooksAround { ended: ended.clone(), first }),
            Box::new(Ends(ended.clone(), 100)),
        ];
        let inspection = Inspection {
            plan: &nothing_to_do(&scene),
            foreign: &BTreeMap::new(),
            scene: &scene,
            behaviours: &behaviours,
            choice: &only(&["told", "around"]),
            skips: &[],
            timeout: most,
        };
        assert_eq!(told(&inspect(inspection, mpsc::unbounded_channel().0).await), expected);
    };
    let others = ["told 100 s passed", "told 2 s passed"];
    check(First::Sees, LONG, ["around queue noted: 0, then 2", others[0], others[1]]).await;
    check(First::Fails, LONG, ["around queue failed: blind", others[0], others[1]]).await;
    let late = "around queue failed: nothing came of it within 10 s: ";
    check(First::Hangs, LONG, [late, others[0], others[1]]).await;
    let (late, cut) =
        ("around queue could not look: OutOfTime", "told 100 s could not look: OutOfTime");
    check(First::Sees, Duration::from_mins(1), [late, cut, others[1]]).await;
}

fn nothing_to_do(scene: &Scene) -> Plan {
    Plan {
        stack: scene.stack.clone(),
        was: FormerNames::default(),
        place: scene.place.clone(),
        changes: Vec::new(),
        steps: Vec::new(),
        outputs: BTreeMap::new(),
        left: Vec::new(),
        excerpt: None,
        existing: Vec::new(),
        uses: BTreeMap::new(),
    }
}

const WELL: &str = "queue: { kind: sqs_queue }";
/// A topic that the queue does not admit.
const BROKEN: &str = "
topic: { kind: sns_topic }
queue: { kind: sqs_queue }
subscription: { kind: sns_subscription, topic_arn: \"${topic.arn}\", protocol: sqs, endpoint: \"${queue.arn}\" }";

async fn results(
    resources: &str,
    behaviour: Waits,
    choice: &Choice,
    most: Duration,
) -> Vec<Inspected> {
    let scene = scene(resources);
    let plan = nothing_to_do(&scene);
    let behaviours: [Box<dyn Behaviour>; 1] = [Box::new(behaviour)];
    let inspection = Inspection {
        plan: &plan,
        foreign: &BTreeMap::new(),
        scene: &scene,
        behaviours: &behaviours,
        choice,
        skips: &[],
        timeout: most,
    };
    inspect(inspection, mpsc::unbounded_channel().0).await
}

fn only(ids: &[&str]) -> Choice {
    Choice { only: ids.iter().map(|id| (*id).to_owned()).collect(), ..Choice::ALL }
}

fn told(results: &[Inspected]) -> Vec<String> {
    let line = |result: &Inspected| {
        let came = match &result.verdict {
            Verdict::Passed => "passed".to_owned(),
            Verdict::Noted { findings } => format!("noted: {}", findings[0].message),
            Verdict::Failed { findings } => format!("failed: {}", findings[0].message),
            Verdict::Skipped { reason } => format!("skipped: {reason}"),
            Verdict::NotExercised { reason } => format!("not exercised: {reason}"),
            Verdict::CouldNotLook { error } => format!("could not look: {}", error.code),
        };
        format!("{} {} {came}", result.check, result.subject)
    };
    results.iter().map(line).collect()
}

const LONG: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn what_a_rule_knows_ends_the_wait() {
    let choice = only(&["told"]);
    let sound = results(WELL, Waits::at(&["queue"]), &choice, LONG).await;
    assert_eq!(told(&sound), ["told queue failed: nothing came in 90 s"]);
    let broken = results(BROKEN, Waits::at(&["queue"]), &choice, LONG).await;
    assert_eq!(told(&broken), ["told queue failed: nothing came in 10 s"]);
    let seen = &broken[0].observations[0].seen;
    assert!(
        seen.starts_with("the rule delivery_path knows why nothing can come: queue: "),
        "{seen}"
    );
    // Elsewhere it knows nothing.
    let elsewhere = results(BROKEN, Waits::at(&["topic"]), &choice, LONG).await;
    assert_eq!(told(&elsewhere), ["told topic failed: nothing came in 90 s"]);
}

#[tokio::test(start_paused = true)]
async fn a_time_in_line_is_nobodys_own() {
    let choice = only(&["told"]);
    let in_turn =
        || Waits { turn: Some(tokio::sync::Mutex::default()), ..Waits::at(&["a", "b", "c", "d"]) };
    let all = results(WELL, in_turn(), &choice, LONG).await;
    let every =
        ["a", "b", "c", "d"].map(|name| format!("told {name} failed: nothing came in 90 s"));
    assert_eq!(told(&all), every);
    let some = results(WELL, in_turn(), &choice, 2 * PATIENCE + Duration::from_secs(1)).await;
    let mut some = told(&some);
    some.sort_by_key(|line| line.contains("could not look"));
    assert!(some[1].ends_with("failed: nothing came in 90 s"), "{some:?}");
    assert!(some[2].ends_with("could not look: OutOfTime"), "{some:?}");
    assert!(some[3].ends_with("could not look: TurnNeverCame"), "{some:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_checked_is_not_passed() {
    let choice = only(&["told", "delivery_path", "conformance", "dead_letter_queue"]);
    let results = results(WELL, Waits::at(&[]), &choice, LONG).await;
    assert_eq!(
        told(&results),
        [
            "conformance the stack could not look: NothingToCheck",
            "dead_letter_queue queue noted: it has no dead-letter queue",
            "delivery_path the stack could not look: NothingToCheck",
            "told the stack could not look: NothingToCheck",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn where_there_is_nothing_to_see_nothing_was_exercised() {
    let blind = Waits { blind: true, ..Waits::at(&["queue"]) };
    let results = results(WELL, blind, &only(&["told"]), LONG).await;
    assert_eq!(told(&results), ["told queue not exercised: it is dark"]);
}

#[tokio::test(start_paused = true)]
async fn levels_fail_as_was_asked() {
    let check = async |fail_on: Level, expected: [&str; 2]| {
        let choice = Choice { fail_on, ..only(&["told", "dead_letter_queue"]) };
        let results = results(WELL, Waits::at(&["queue"]), &choice, LONG).await;
        let verdicts: Vec<String> = told(&results)
            .iter()
            .map(|line| line.split(' ').nth(2).unwrap_or_default().to_owned())
            .collect();
        assert_eq!(verdicts, expected, "{fail_on:?}");
    };
    check(Level::Note, ["failed:", "failed:"]).await;
    check(Level::Warning, ["noted:", "failed:"]).await;
    check(Level::Error, ["noted:", "failed:"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_trial_gives_a_sign_of_life_every_ten_seconds() {
    let (notices, mut heard) = mpsc::unbounded_channel();
    let limit = Duration::from_secs(90);
    let watch = Watch::new("flow", "queue", None, limit, notices);
    let work = async {
        elapse(Duration::from_secs(12)).await;
        watch.awaits("our event");
        elapse(Duration::from_secs(13)).await;
    };
    with_signs_of_life(work, &watch).await;
    assert_eq!(watch.observations().len(), 1, "a sign of life is no observation");
    drop(watch);
    let mut said = Vec::new();
    while let Some(notice) = heard.recv().await {
        if let Notice::Awaiting { what, waited, limit: told, .. } = notice {
            assert_eq!(told, limit);
            said.push((waited.as_secs(), what));
        }
    }
    let said: Vec<(u64, &str)> = said.iter().map(|(at, what)| (*at, what.as_str())).collect();
    assert_eq!(said, [(10, "answers"), (12, "our event"), (20, "our event")]);
}

/// What is worth knowing does not fail with what is wrong beside it, nor hide behind it.
#[test]
fn findings_of_one_subject_are_told_by_their_levels() {
    const PAIR: &str = "
rights:
  kind: iam_policy
  policy:
    Statement:
      - { Sid: Owner, Effect: Allow, Action: \"sqs:*\", Resource: \"arn:aws:sqs:us-east-1:123456789012:q\" }
      - { Sid: Anywhere, Effect: Allow, Action: \"sqs:SendMessage\", Resource: \"*\" }";
    let levels = |choice: &Choice| -> Vec<(Level, bool)> {
        let results = judge(
            &scene(PAIR),
            &Choice { only: only(&["least_privilege"]).only, ..choice.clone() },
        );
        assert!(results.iter().all(|it| it.subject == "rights" && it.verdict.findings().len() < 2));
        let failed = |it: &Inspected| matches!(it.verdict, Verdict::Failed { .. });
        results.iter().map(|it| (it.level, failed(it))).collect()
    };
    assert_eq!(levels(&Choice::ALL), [(Level::Warning, true), (Level::Note, false)]);
    let strict = Choice { fail_on: Level::Note, ..Choice::ALL };
    assert_eq!(levels(&strict), [(Level::Warning, true), (Level::Note, true)]);
    let few = Choice { least: Level::Warning, ..Choice::ALL };
    assert_eq!(levels(&few), [(Level::Warning, true)]);
}

/// An event goes from the queue to the table through a function whose role may not
/// read, and which nothing of the trial names. That its logs are lost stops nothing.
#[test]
fn what_stops_a_message_may_lie_between_the_ends() {
    let scene = system(
        r#"
queue: { kind: sqs_queue }
table: { kind: dynamodb_table, hash_key: { name: id, type: S } }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies: { work: { Statement: [{ Effect: Allow, Action: "dynamodb:PutItem", Resource: "${table.arn}" }] } }
function: { kind: lambda_function, role: "${role.arn}", environment: { TABLE: "${table.name}" } }
mapping: { kind: lambda_event_source_mapping, event_source_arn: "${queue.arn}", function_name: "${function.name}" }
"#,
    );
    let known = stopped(&scene, &[]);
    let rules: Vec<&str> = known.iter().map(|(rule, _)| rule.info.id).collect();
    assert_eq!(rules, ["delivery_path"]);
    let of = |ends: &[&str]| {
        let addresses = ends.iter().map(|end| Address::new(*end)).collect();
        known_of(&scene, &Trial { subject: String::new(), addresses, ..Trial::default() }, &known)
    };
    let told = of(&["queue", "table"]).unwrap();
    assert!(
        told.starts_with("the rule delivery_path knows why nothing can come: role: "),
        "{told}"
    );
    assert_eq!(of(&["queue"]), None, "the queue itself takes and gives");
}

//! `probe`: what the user of a stack has tried of it, in AWS.
//!
//! What is sent, and in what order it is awaited, `verify::probe` knows; here are the
//! calls. Everything that is made carries a nonce, by which it is found again; nothing
//! that does not carry it is changed or kept.

mod cast;
mod check;
mod company;
mod events;
mod executions;
mod letters;
mod objects;
mod records;
mod sending;
mod shelf;
mod stage;
mod targets;

use std::time::Duration;

use async_trait::async_trait;

use self::cast::{Cast, actor_of, takes_part};
pub(in crate::aws) use self::check::{check, probed};
use self::company::Company;
use self::targets::Targets;
use super::actor::roles;
use super::bench::Bench;
use super::mark::Mark;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Finding, Level, Probe, Scene};
use crate::verify::probe::{Part, act};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "probe",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "What the stack file says under `probes` comes true: what is sent has the effect that is expected.",
    risk: "The system is there as it is declared, and does not do what it is for.",
    remedy: "See what was seen last, and what lies in the dead-letter queue; `ccprov verify --only probe` tries again.",
};

/// For the calls that send, look and remove.
const CALLS: Duration = Duration::from_mins(1);

pub(super) struct Probes(pub(super) Bench);

#[async_trait]
impl Behaviour for Probes {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        let asked = &self.0.options().act_as;
        let actors = if asked.is_empty() { Vec::new() } else { roles(&self.0, scene) };
        let of = |probe: &Probe| {
            let by = actors.iter().map(|actor| trial(probe, scene, Some(&actor.name())));
            let plain = actors.is_empty().then(|| trial(probe, scene, None));
            plain.into_iter().chain(by).collect::<Vec<_>>()
        };
        scene.probes.iter().flat_map(of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let probe = scene.probes.iter().find(|probe| Some(&probe.name) == trial.name.as_ref());
        let Some(probe) = probe else { return Ok(Vec::new()) };
        let probe = probe.filled(&|fact| scene.fact(fact));
        let actor = trial.subject.split_once(AS).and_then(|(_, it)| actor_of(&self.0, scene, it));
        if let Some(actor) = actor.filter(|actor| !takes_part(actor, scene, &probe)) {
            let name = actor.name();
            watch.sees_nothing(format!("{name} was given nothing that this probe does"));
            return Ok(Vec::new());
        }
        // Who reads the stack's queues alone would take its messages for those of others.
        let is_exclusive = self.0.options().exclusive;
        let _turn = if is_exclusive { Some(watch.in_line(self.0.turn()).await) } else { None };
        let [mark, later] =
            [self.deadline(), self.deadline()].map(|it| Mark::new(it + trial.delay));
        let nonces = [mark.nonce(probe.keeps), later.nonce(probe.keeps)];
        let mut company = Company::new(&self.0, scene, (&mark, &nonces), watch, &probe);
        if let Some(actor) = actor {
            let Some(cast) = Cast::enter(actor, &self.0, &mark, watch).await? else {
                return Ok(Vec::new());
            };
            company.cast = Some(cast);
        }
        let tried = async {
            company.listens(&probe).await?;
            let nonces = [nonces[0].as_str(), nonces[1].as_str()];
            let tried = act(Part { probe: &probe, nonces, stage: &company, watch }).await;
            let refused = company.cast.as_ref().and_then(|cast| cast.findings(scene, watch));
            let findings = refused.map_or(tried, Ok)?;
            company.ends(&probe, findings.is_empty());
            Ok(findings)
        };
        self.0.tidily(&mark, Box::pin(tried)).await
    }

    fn deadline(&self) -> Duration {
        CALLS
    }
}

/// Between a probe's name and that of who plays a role in it.
const AS: &str = " as ";

fn trial(probe: &Probe, scene: &Scene, actor: Option<&str>) -> Trial {
    let known = probe.filled(&|fact| scene.fact(fact));
    let parts = Targets(scene).of(&known).map(|part| part.address.clone());
    let addresses = std::iter::once(probe.address()).chain(parts).collect();
    Trial {
        name: Some(probe.name.clone()),
        level: Some(probe.level),
        // Once for what is expected, and once for what shows that nothing more comes.
        delay: probe.within * 2,
        subject: actor.map_or_else(|| probe.name.clone(), |it| format!("{}{AS}{it}", probe.name)),
        addresses,
    }
}

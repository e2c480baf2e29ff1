//! What is not of a stack, and decides over its messages: keys, topics and queues
//! that its documents name by ARN, id or alias; and what its alarms watch.

use std::collections::BTreeSet;

use super::encryption_at_rest::{is_aws_managed, keys};
use super::event::LOG_GROUP;
use super::function::FUNCTION;
use super::hop::{self, End};
use super::{alarm_metric, composite_children};
use crate::model::document::is_pending;
use crate::model::{Address, Finding, Identity, Path, Place, Scene, Sought};

/// What to look at beside a stack. Objects of other accounts and regions are left
/// out: their policies are nobody's to read from here.
pub fn named_others(scene: &Scene) -> Vec<Sought> {
    let keys =
        keys(scene).map(|(_, _, key)| ("kms_key", key)).filter(|(_, key)| !is_aws_managed(key));
    let ends = hop::edges(scene).into_iter().flat_map(|edge| {
        let read = (edge.hop.source_kind(), edge.source);
        let read = edge.hop.reads_queue().then_some(read);
        read.into_iter().chain([(edge.hop.target_kind(), edge.target)])
    });
    let ends = ends.filter_map(|(kind, end)| match end {
        // Of a function, a state machine or a log group of others nothing is asked.
        End::Elsewhere(arn) if arn.starts_with("arn:") && !UNASKED.contains(&kind) => {
            Some((kind, arn))
        }
        End::Elsewhere(_) | End::Here(_) => None,
    });
    let children = composite_children::named_others(scene);
    let children = children.iter().map(|arn| (hop::ALARM, arn.as_str()));
    let watched = alarm_metric::named_others(scene);
    let watched = watched.iter().map(|(kind, name)| (*kind, name.as_str()));
    let named: BTreeSet<(&str, &str)> = keys.chain(ends).chain(watched).chain(children).collect();
    let others = named.into_iter().filter(|(kind, name)| {
        let kinds: &[&str] = if *kind == hop::ALARM { &hop::ALARMING } else { &[*kind] };
        let is_of_the_stack = kinds.iter().any(|kind| scene.named(kind, name).is_some());
        !is_pending(name) && !is_of_the_stack && is_near(name, &scene.place)
    });
    others.map(|(kind, name)| sought(kind, name)).collect()
}

const UNASKED: [&str; 3] = [FUNCTION, LOG_GROUP, "sfn_state_machine"];

fn is_near(name: &str, place: &Place) -> bool {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, _, region, account, _] => region == place.region && account == place.account,
        _ => true,
    }
}

fn sought(kind: &str, name: &str) -> Sought {
    // Queues, topics and buses are known by name; a key by whatever KMS takes. The name of an alarm may
    // hold anything.
    let own = match kind {
        "kms_key" => name,
        hop::ALARM => name.split_once(":alarm:").map_or(name, |(_, name)| name),
        _ => name.rsplit([':', '/']).next().unwrap_or(name),
    };
    let fields = ["policy", "redrive_allow_policy", "kms_master_key_id", "is_enabled"];
    Sought {
        kind: kind.to_owned(),
        identity: Identity(own.to_owned()),
        address: Some(Address::new(name)),
        formerly: Vec::new(),
        arn: name.starts_with("arn:").then(|| name.to_owned()),
        fields: Some(fields.map(str::to_owned).into()),
        holdings: false,
    }
}

/// What is wrong with something that is not of the stack, told of the resource that
/// names it: its own file is somewhere else, so no patch of ours fits.
pub(super) fn told(finding: Finding, of: &Address, at: &Path) -> Finding {
    let Finding { address: other, message, .. } = finding;
    Finding::new(of, format!("{other}, which is not of this stack: {message}"))
        .at(at.clone())
        .hint("it is for its owner to put right; or name another")
}

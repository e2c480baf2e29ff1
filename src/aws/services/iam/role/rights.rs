//! What a role may do: its attached and its inline policies, as they change.

use futures::future::FutureExt;

use super::calls::{attach, detach, put, remove};
use super::{LARGEST_INLINE, Spec};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::aws::policy::{Measure, Policy, Size};
use crate::aws::services::iam::paths as iam;
use crate::aws::turnover::{Room, Turnover, all, turn_over};
use crate::engine::port::Answer;

/// Managed policies that are attached together before room is made (IAM quota,
/// which AWS raises to 20 for whoever asks; nobody tells a role whether it did).
const MOST_ATTACHED: usize = 10;

/// Attached and inline policies. What is taken from one and given to the other
/// is given first.
pub(super) async fn write(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = iam::name(&change.want.identity);
    let (want, have) = (&change.want.spec, &change.have);
    turn_over([attachments(aws, name, want, have), documents(aws, name, want, have)]).await
}

fn attachments<'a>(aws: &'a Aws, name: &'a str, want: &'a Spec, have: &'a Spec) -> Turnover<'a> {
    let (want, have) = (&want.managed_policy_arns, &have.managed_policy_arns);
    Turnover {
        room: Room::of(want.union(have).count(), want.len(), MOST_ATTACHED),
        comes: Box::pin(all(want.difference(have).map(|arn| attach(aws, name, arn)))),
        goes: Box::pin(all(have.difference(want).map(|arn| detach(aws, name, arn)))),
    }
}

/// A document that shrinks makes room like one that goes. Each is one put.
fn documents<'a>(aws: &'a Aws, name: &'a str, want: &'a Spec, have: &'a Spec) -> Turnover<'a> {
    let (want, have) = (&want.inline_policies, &have.inline_policies);
    let size = |policy: &String| have.get(policy).map_or(0, length);
    let changed = want.iter().filter(|(policy, document)| have.get(*policy) != Some(*document));
    let (grown, shrunk): (Vec<_>, Vec<_>) =
        changed.partition(|(policy, document)| length(document) > size(policy));
    let before: usize = have.values().map(length).sum();
    let after: usize = want.values().map(length).sum();
    let growth: usize =
        grown.iter().map(|(policy, document)| length(document) - size(policy)).sum();
    let write = move |(policy, document): (&'a String, &'a Policy)| {
        put(aws, name, policy, document).boxed()
    };
    let gone = have.keys().filter(|policy| !want.contains_key(*policy));
    let removed = gone.map(move |policy| remove(aws, name, policy).boxed());
    Turnover {
        room: Room::of(before + growth, after, LARGEST_INLINE),
        comes: Box::pin(all(grown.into_iter().map(write))),
        goes: Box::pin(all(shrunk.into_iter().map(write).chain(removed))),
    }
}

/// What IAM counts of a document.
fn length(document: &Policy) -> usize {
    Size::of(document, Measure::WithoutBlanks).count
}

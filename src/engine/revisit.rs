//! Looks again at what a plan is about, for who did not act on it at once.

use std::collections::BTreeMap;

use super::observe::{Onlooker, find_all};
use super::port::Read;
use super::proof::Seen;
use crate::model::{CloudError, Sought};
use crate::plan::{Plan, StepId, Today, today};

/// The objects of a plan's steps, each by its own service's word, with what would
/// be lost of those that go; and since when they are known.
///
/// # Errors
/// Every look that failed: "could not look" is never taken for "not there".
pub async fn revisit(
    reader: &dyn Read,
    plan: &Plan,
    told: Onlooker<'_>,
) -> Result<(Today, Seen), Vec<CloudError>> {
    let seen = Seen::now();
    let mut steps: BTreeMap<Sought, Vec<StepId>> = BTreeMap::new();
    for (step, sought) in today::sought(plan) {
        steps.entry(sought).or_default().push(step);
    }
    let (mut found, mut errors) = (Today::default(), Vec::new());
    for (sought, answer) in find_all(reader, steps.keys().cloned(), told).await {
        match answer {
            Ok(Some(live)) => {
                let about = steps.get(&sought).into_iter().flatten();
                found.0.extend(about.map(|step| (*step, live.clone())));
            }
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok((found, seen)) } else { Err(errors) }
}

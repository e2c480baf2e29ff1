//! Runs about a part of a stack: whenever they die, the rest stays as it is, and the
//! same command run again goes on.

use std::collections::{BTreeMap, BTreeSet};

use ccprov::model::{Address, Document, Owner, Stack, document};
use ccprov::plan::{Asked, Plan, Purpose, guard};
use ccprov::sim::Cloud;
use proptest::{prop_assert, prop_assert_eq};

use super::super::excerpts::{asked, planned_excerpt};
use super::super::site::{DATA_MAY_GO, catalog, changes};
use super::case::Case;
use super::dying::{Goal, RUNS_AT_MOST, converges, ended};
use super::{holds, is};

#[test]
fn whoever_dies_at_a_part_leaves_the_rest_alone() {
    holds(async |case| {
        let cloud = case.cloud();
        let (stack, later) = (case.stack(), case.later());
        converges(case, &cloud, &stack, Goal::Applied).await?;
        cloud.calm().await;
        let names: Vec<&str> = later.resources.keys().map(Address::as_str).collect();
        let Some(name) = names.get(usize::from(case.delay) % names.len().max(1)) else {
            return Ok(());
        };
        let (part, asked) = asked(&later, &[name], &[]);
        let rest = rest(&cloud, [&stack, &later], &part);
        let (before, calls) = (rest_of(&cloud, &rest), cloud.calls().len());
        let is_done = part_converges(case, &cloud, &part, &asked).await?;
        prop_assert_eq!(rest_of(&cloud, &rest), before);
        for call in &cloud.calls()[calls..] {
            let object = call.object.as_deref().unwrap_or_default();
            let is_theirs = rest.iter().any(|(_, identity)| identity == object);
            prop_assert!(!is_theirs, "{} {object}", call.operation);
        }
        if is_done {
            converges(case, &cloud, &later, Goal::Applied).await?;
            cloud.calm().await;
            is(case, &cloud, &later).await?;
        }
        Ok(())
    });
}

/// Kind and identity of whatever is not of the part.
type Rest = BTreeSet<(String, String)>;

fn rest(cloud: &Cloud<'_>, stacks: [&Stack; 2], part: &Stack) -> Rest {
    let of_part = |stack: &Stack| -> Rest {
        let wanted =
            stack.resources.values().filter(|want| part.resources.contains_key(&want.address));
        wanted.map(|want| (want.kind.clone(), want.identity.to_string())).collect()
    };
    let of_part: Rest = stacks.into_iter().flat_map(of_part).collect();
    let names: BTreeSet<&str> = of_part.iter().map(|(_, identity)| identity.as_str()).collect();
    let is_ours = |owner: &Owner| part.resources.contains_key(&owner.address);
    let objects = cloud.objects().into_iter();
    let others = objects.filter(|live| !live.owner.as_ref().is_some_and(is_ours));
    let others = others.map(|live| (live.kind, live.identity.to_string()));
    // Who carries no tags, and has a name of what the cloud chose, cannot be told.
    let others = others.filter(|(kind, identity)| {
        !names.contains(identity.as_str())
            && !part
                .resources
                .values()
                .any(|want| want.kind == *kind && document::is_pending(want.identity.as_str()))
    });
    others.collect()
}

fn rest_of(cloud: &Cloud<'_>, rest: &Rest) -> BTreeMap<(String, String), Document> {
    let objects = cloud.objects().into_iter();
    let named = objects.map(|live| ((live.kind, live.identity.to_string()), live.document));
    named.filter(|(name, _)| rest.contains(name)).collect()
}

/// Runs until one succeeds. The first ones die. Whether any may: what is made anew
/// without those who mention it is refused.
async fn part_converges(
    case: &Case,
    cloud: &Cloud<'_>,
    part: &Stack,
    asked: &Asked,
) -> Result<bool, proptest::test_runner::TestCaseError> {
    let mut last = None;
    let mut deaths = case.deaths.iter();
    for _ in 0..RUNS_AT_MOST {
        if case.is_patient {
            cloud.calm().await;
        }
        let plan: Plan = planned_excerpt(cloud, part, asked).await;
        if !guard(&plan, part, catalog(), Purpose::Apply, DATA_MAY_GO).is_empty() {
            return Ok(false);
        }
        match ended(case, cloud, (plan, None), deaths.next()).await {
            Some((true, _)) => {
                cloud.calm().await;
                let plan = planned_excerpt(cloud, part, asked).await;
                if case.is_patient {
                    prop_assert_eq!(changes(&plan), [""; 0]);
                }
                return Ok(true);
            }
            Some((false, told)) => last = Some(told),
            None => {}
        }
    }
    prop_assert!(false, "{RUNS_AT_MOST} runs were not enough: {last:#?}");
    Ok(false)
}

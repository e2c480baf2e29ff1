//! The kinds of AWS on the simulated cloud: the stack that the README begins
//! with, through foul weather and death.

use std::collections::BTreeMap;
use std::path::Path;

use ccprov::aws::AwsCatalog;
use ccprov::engine::stop::Stopper;
use ccprov::engine::{Look, Site, Until, execute, observe};
use ccprov::model::{Mask, Stack, Status};
use ccprov::plan::{Permissions, Plan, plan, plan_destroy};
use ccprov::sim::{Cloud, Weather, rounds};
use ccprov::spec::{Inputs, check, load};
use tokio::sync::mpsc;

use super::site::{changes, place};

const PERMISSIONS: Permissions = Permissions { allow_data_loss: true };

fn dev(catalog: &AwsCatalog) -> Stack {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks/dev.yaml");
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let file = load(&path, &inputs).expect("a stack file");
    check(&file, &place(), catalog, &inputs).expect("a stack").stack
}

fn aws(catalog: &AwsCatalog, weather: Weather) -> Cloud<'_> {
    let cloud = Cloud::new(catalog, place(), weather).in_two_calls("kms_key", "alias");
    for principal in [
        "*",
        "ec2.amazonaws.com",
        "s3.amazonaws.com",
        "sns.amazonaws.com",
        "arn:aws:iam::123456789012:root",
    ] {
        cloud.exists_outside(principal);
    }
    cloud
}

async fn planned(cloud: &Cloud<'_>, catalog: &AwsCatalog, stack: &Stack) -> Plan {
    let world = observe(cloud, stack, catalog, Look::ToPlan).await.expect("every fault passes");
    plan(stack, &world, catalog, PERMISSIONS).expect("a plan")
}

/// Whether everything was done; not if the run died.
async fn succeeds(cloud: &Cloud<'_>, catalog: &AwsCatalog, plan: &Plan) -> bool {
    let (sender, _events) = mpsc::unbounded_channel();
    let writer = cloud.writer(plan.stack.clone());
    let site = Site {
        writer: &writer,
        catalog,
        plan,
        seen: None,
        told: const { &BTreeMap::new() },
        is_in_wake: false,
        until: Until::Ready,
        seed: 1,
    };
    let report = tokio::select! {
        biased;
        () = cloud.crashed() => return false,
        report = execute(site, Stopper::new().1, sender) => report,
    };
    cloud.crash_never();
    report.summary.is_success()
}

#[tokio::test(start_paused = true)]
async fn it_converges_and_goes() {
    let catalog = AwsCatalog::new();
    let stack = dev(&catalog);
    for seed in 0..20 {
        let cloud = aws(&catalog, Weather::foul(seed));
        let mut done = false;
        for death in 0..20 {
            // Whoever begins at once may not see the key that the dead run made.
            cloud.calm().await;
            let plan = planned(&cloud, &catalog, &stack).await;
            cloud.crash_at(1 + (seed * 7 + death * 11) % 60);
            done = succeeds(&cloud, &catalog, &plan).await;
            if done {
                break;
            }
        }
        assert!(done, "seed {seed}");
        cloud.calm().await;
        assert_eq!(changes(&planned(&cloud, &catalog, &stack).await), [""; 0], "seed {seed}");
        let world = observe(&cloud, &stack, &catalog, Look::ToDestroy).await.expect("a world");
        let destroy = plan_destroy(&stack, &world, &catalog, PERMISSIONS);
        assert!(succeeds(&cloud, &catalog, &destroy).await, "seed {seed}");
        let left = cloud.objects().into_iter().filter(|live| live.status == Status::Current);
        assert_eq!(left.count(), 0, "seed {seed}");
        assert_eq!(cloud.violations(), [""; 0], "seed {seed}");
    }
}

/// The key and what it encrypts name each other, and nobody waits for long.
#[tokio::test(start_paused = true)]
async fn it_takes_few_rounds() {
    let catalog = AwsCatalog::new();
    let cloud = aws(&catalog, Weather::even(1));
    let plan = planned(&cloud, &catalog, &dev(&catalog)).await;
    assert!(succeeds(&cloud, &catalog, &plan).await);
    let mut calls = cloud.calls();
    calls.retain(|call| ["Create", "Finish", "Update"].contains(&call.operation.as_str()));
    assert_eq!(rounds(&calls), 3, "{calls:#?}");
}

//! Objects that are the same in all regions, and what an object says itself.

use ccprov::engine::{Look, observe};
use ccprov::model::{Address, Live, Owner};
use ccprov::plan::{Permissions, Plan, Purpose, WhyLeft, guard, plan};
use ccprov::sim::{Cloud, Weather};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, catalog, changes, cloud, planned_destroy, planned_or_refused, settled, stack,
};

/// As [`super::site::place`] has it.
const HERE: &str = "eu-central-1";

fn owner(region: Option<&str>, address: &str) -> Owner {
    let region = region.map(str::to_owned);
    Owner { region, ..Owner::new("dev", Address::new(address)) }
}

/// A badge of the stack, whose tags then say something else.
async fn badge_of(owner: Owner) -> (Cloud<'static>, Live) {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&json!({ "a": { "kind": "badge" } }))).await;
    let live = cloud.object("badge", "dev-a").expect("it was made");
    assert_eq!(live.owner, Some(self::owner(Some(HERE), "a")));
    let live = Live { owner: Some(owner), ..live };
    cloud.put(live.clone());
    (cloud, live)
}

/// What a plan does, and what it leaves alone.
fn told_of(plan: &Plan) -> String {
    let left = plan.left.iter().map(|left| match left.why {
        WhyLeft::NoRegion => format!("left: {} names no region", left.identity),
        WhyLeft::NoOwner => format!("left: {} names no owner", left.identity),
    });
    changes(plan).into_iter().chain(left).collect::<Vec<_>>().join(", ")
}

/// What a declaration, its absence and a destroy do to a badge of that owner.
async fn check(owner: Owner, declared: Result<&str, &str>, removed: &str, destroyed: &str) {
    let (cloud, before) = badge_of(owner).await;
    let (with, without) = (stack(&json!({ "a": { "kind": "badge" } })), stack(&json!({})));
    let told = planned_or_refused(&cloud, &with).await;
    let told = told.map(|plan| changes(&plan).concat());
    let told = told.map_err(|found| found[0].summary.clone());
    assert_eq!(told, declared.map(str::to_owned).map_err(str::to_owned));
    let plan = planned_or_refused(&cloud, &without).await.expect("a plan");
    assert_eq!(told_of(&plan), removed);
    let plan = planned_destroy(&cloud, &with, DATA_MAY_GO).await.expect("a plan");
    assert_eq!(told_of(&plan), destroyed);
    if declared.is_ok() {
        settled(&cloud, &with).await;
        let now = cloud.object("badge", "dev-a").expect("it stays");
        assert_eq!(now.owner, Some(self::owner(Some(HERE), "a")));
    } else {
        assert_eq!(cloud.object("badge", "dev-a"), Some(before));
    }
    assert_eq!(cloud.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_stack_of_the_same_name_in_another_region_is_another_stack() {
    let theirs = "badge dev-a belongs to stack dev in eu-west-1";
    check(owner(Some("eu-west-1"), "a"), Err(theirs), "", "").await;
    check(owner(Some(HERE), "a"), Ok(""), "- a", "- a").await;
}

/// Whichever region made it: it is nobody's to delete before one has claimed it.
#[tokio::test(start_paused = true)]
async fn what_names_no_region_is_claimed_or_left() {
    let unsaid = "left: dev-a names no region";
    check(owner(None, "a"), Ok("~ a owner"), unsaid, unsaid).await;
    check(owner(None, "old"), Ok("~ a owner"), unsaid, unsaid).await;
}

fn kept(kept: bool) -> Value {
    json!({ "a": { "kind": "thing", "lifecycle": { "prevent_destroy": kept } } })
}

async fn refusals(cloud: &Cloud<'_>, resources: &Value, purpose: Purpose) -> Vec<String> {
    let stack = stack(resources);
    let plan = match purpose {
        Purpose::Apply => {
            let world = observe(cloud, &stack, catalog(), Look::ToPlan).await.expect("answers");
            plan(&stack, &world, catalog(), Permissions::default()).expect("a plan")
        }
        Purpose::Destroy => {
            planned_destroy(cloud, &stack, Permissions::default()).await.expect("a plan")
        }
    };
    let found = guard(&plan, &stack, catalog(), purpose, Permissions { allow_data_loss: true });
    found.into_iter().map(|refusal| refusal.summary).collect()
}

/// The file says it; where there is none, or it says nothing any more, the object
/// itself does.
#[tokio::test(start_paused = true)]
async fn what_is_protected_stays_by_every_road() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&kept(true))).await;
    let protected = ["a is protected from being deleted"];
    assert_eq!(refusals(&cloud, &kept(true), Purpose::Destroy).await, protected);
    assert_eq!(refusals(&cloud, &json!({}), Purpose::Apply).await, protected);
    assert_eq!(refusals(&cloud, &json!({}), Purpose::Destroy).await, protected);
    // What the file says now goes before what the last apply wrote.
    assert_eq!(refusals(&cloud, &kept(false), Purpose::Destroy).await, [""; 0]);
    settled(&cloud, &stack(&kept(false))).await;
    assert_eq!(refusals(&cloud, &json!({}), Purpose::Apply).await, [""; 0]);
    let live = cloud.object("thing", "dev-a").expect("it stays");
    assert_eq!(live.owner, Some(Owner::new("dev", Address::new("a"))));
}

//! Replacing, removing and bringing back.

use ccprov::engine::{Look, observe, weigh};
use ccprov::model::Status;
use ccprov::plan::{Permissions, Plan, Purpose, guard, plan, plan_asked};
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::{Value, json};

use super::excerpts::asked;
use super::site::{
    DATA_MAY_GO, Orders, carried_out, catalog, changes, cloud, planned, planned_destroy, settled,
    stack, writes,
};

/// From one stack to another: what the plan says, and the calls in their order.
async fn check(before: Value, after: Value, plan: &[&str], calls: &[&str]) {
    let cloud = cloud(Weather::even(1)).bound("link", "holds");
    settled(&cloud, &stack(&before)).await;
    let earlier = writes(&cloud).len();
    assert_eq!(changes(&planned(&cloud, &stack(&after)).await), plan);
    settled(&cloud, &stack(&after)).await;
    assert_eq!(writes(&cloud)[earlier..], *calls);
    assert_eq!(changes(&planned(&cloud, &stack(&after)).await), [""; 0]);
    assert_eq!(cloud.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn under_the_same_name_the_old_one_goes_first() {
    let shape = |shape: &str| {
        json!({
            "a": { "kind": "thing", "shape": shape },
            "b": { "kind": "thing", "uses": ["${a.id}"] },
        })
    };
    check(
        shape("round"),
        shape("square"),
        &["± a shape", "~ b uses"],
        &["Delete dev-a", "Create dev-a", "Update dev-b"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn under_a_new_name_the_old_one_goes_when_nobody_uses_it() {
    let name = |name: &str| {
        json!({
            "a": { "kind": "thing", "name": name },
            "b": { "kind": "thing", "uses": ["${a.id}"] },
        })
    };
    check(
        name("one"),
        name("two"),
        &["± a name", "~ b uses"],
        &["Create two", "Update dev-b", "Delete one"],
    )
    .await;
}

/// The new object's creation is answered with the loss of the connection, and
/// then with that it exists; the looks still show the old one.
#[tokio::test(start_paused = true)]
async fn the_old_object_is_not_taken_for_the_new_one() {
    let seconds = std::time::Duration::from_secs;
    let cloud = cloud(Weather { find_lag: seconds(8)..seconds(8), ..Weather::even(1) });
    let shape = |shape: &str| stack(&json!({ "a": { "kind": "thing", "shape": shape } }));
    settled(&cloud, &shape("round")).await;
    cloud.befall(Operation::Create, "dev-a", 1, Fault::AnswerLost);
    let run = settled(&cloud, &shape("square")).await;
    assert_eq!(run.told(), ["a create: done", "a delete: done"]);
    assert_eq!(cloud.violations(), [""; 0]);
}

/// By nothing but its ARN the new object is told from the old one, which has the name until
/// then, and whose twin a lost answer may have made.
#[tokio::test(start_paused = true)]
async fn an_object_is_not_taken_for_the_one_that_comes_in_its_place() {
    for lost in [0, 1] {
        let cloud = cloud(Weather::even(1));
        let whole = stack(&json!({
            "k": { "kind": "key" },
            "a": { "kind": "thing", "uses": ["${k.arn}"] },
        }));
        settled(&cloud, &whole).await;
        cloud.befall(Operation::Create, "dev-k", lost, Fault::AnswerLost);
        let (part, asked) = asked(&whole, &[], &["k"]);
        let world = observe(&cloud, &part, catalog(), Look::ToPlan).await.expect("answers");
        let plan = plan_asked(&part, &world, catalog(), DATA_MAY_GO, &asked).expect("a plan");
        assert_eq!(changes(&plan), ["~ a uses", "± k "]);
        let run = carried_out(&cloud, plan, Orders::new()).await.expect("it lives");
        let mut told = run.told();
        told.sort();
        assert_eq!(told, ["a update: done", "k create: done", "k delete: done"]);
        assert_eq!(changes(&planned(&cloud, &whole).await), [""; 0]);
        assert_eq!(cloud.violations(), [""; 0]);
    }
}

/// What lives and dies with an object has to be made anew with it.
#[tokio::test(start_paused = true)]
async fn what_is_bound_to_a_replaced_object_is_replaced_too() {
    let shape = |shape: &str| {
        json!({
            "a": { "kind": "thing", "shape": shape },
            "l": { "kind": "link", "holds": ["${a.arn}"] },
        })
    };
    check(
        shape("round"),
        shape("square"),
        &["± a shape", "± l parent"],
        &["Delete dev-a", "Create dev-a", "Create dev-l"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_bound_goes_along_without_a_call() {
    let before = json!({
        "a": { "kind": "thing" },
        "l": { "kind": "link", "holds": ["${a.arn}"] },
    });
    let cloud = cloud(Weather::even(1)).bound("link", "holds");
    settled(&cloud, &stack(&before)).await;
    destroyed(&cloud, &before).await;
    assert_eq!(writes(&cloud)[2..], ["Delete dev-a"]);
    assert_eq!(cloud.objects(), []);
}

#[tokio::test(start_paused = true)]
async fn what_others_rely_on_goes_after_them() {
    let resources = json!({
        "a": { "kind": "thing" },
        "h": { "kind": "holder", "holds": ["${a.arn}"] },
        "k": { "kind": "key" },
        "l": { "kind": "link", "holds": ["${h.arn}"], "uses": ["${k.id}"] },
    });
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&resources)).await;
    let earlier = writes(&cloud).len();
    destroyed(&cloud, &resources).await;
    assert_eq!(
        writes(&cloud)[earlier..],
        ["Delete dev-l", "Delete dev-h", "Delete dev-a", "Delete dev-k"]
    );
    assert_eq!(cloud.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_on_its_way_out_is_brought_back_or_made_anew() {
    let resources = json!({ "a": { "kind": "thing" }, "k": { "kind": "key" } });
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&resources)).await;
    let before = cloud.object("key", "dev-k").expect("a key");
    destroyed(&cloud, &resources).await;
    let going = cloud.object("key", "dev-k").expect("still a key");
    assert!(matches!(going.status, Status::Deleting(_)));
    assert_eq!(changes(&planned(&cloud, &stack(&json!({}))).await), [""; 0]);
    assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), ["+ a", "~ k status"]);
    settled(&cloud, &stack(&resources)).await;
    assert_eq!(cloud.object("key", "dev-k"), Some(before));

    cloud.ail("thing", "dev-a", Status::Deleting("on its way out".into()));
    assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), ["+ a"]);
}

/// A creation that died between its two calls left something without a name.
#[tokio::test(start_paused = true)]
async fn what_was_half_made_is_finished() {
    let resources = json!({ "k": { "kind": "key" } });
    for dying in 1..=8 {
        let cloud = cloud(Weather { seed: dying, ..Weather::even(dying) });
        let plan = planned(&cloud, &stack(&resources)).await;
        cloud.crash_at(1 + dying % 2);
        assert!(carried_out(&cloud, plan, Orders::new()).await.is_none(), "it dies");
        settled(&cloud, &stack(&resources)).await;
        assert_eq!(cloud.objects().len(), 1);
        assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), [""; 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn losses_are_refused_unless_they_are_permitted() {
    let vault = |more: &Value| {
        let mut vault = json!({ "kind": "vault", "shape": "round" });
        let fields = vault.as_object_mut().expect("an object");
        fields.extend(more.as_object().cloned().unwrap_or_default());
        json!({ "v": vault })
    };
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&vault(&json!({})))).await;
    let guarded = async |resources: Value, allow_data_loss| {
        let (stack, permissions) = (stack(&resources), Permissions { allow_data_loss });
        let mut world = observe(&cloud, &stack, catalog(), Look::ToPlan).await.expect("answers");
        let replaced = world.found.keys().cloned().collect();
        weigh(&cloud, &mut world, &replaced, &|_| {}).await.expect("answers");
        let plan = plan(&stack, &world, catalog(), permissions).expect("a plan");
        told(&guard(&plan, &stack, catalog(), Purpose::Apply, permissions))
    };
    let square = json!({ "shape": "square" });
    // Nothing is in it now.
    assert_eq!(guarded(vault(&square), false).await, [""; 0]);
    assert_eq!(guarded(json!({}), false).await, [""; 0]);
    cloud.fill("vault", "dev-v", 3);
    assert_eq!(guarded(vault(&square), false).await, ["v would be replaced, and holds 3 parts"]);
    assert_eq!(guarded(json!({}), false).await, ["v would be deleted, and holds 3 parts"]);
    // What may be emptied when the stack goes may not be when it is replaced.
    let forced = json!({ "shape": "square", "force_destroy": true });
    assert_eq!(guarded(vault(&forced), false).await, ["v would be replaced, and holds 3 parts"]);
    assert_eq!(guarded(vault(&square), true).await, [""; 0]);
    let protected = json!({ "shape": "square", "lifecycle": { "prevent_destroy": true } });
    assert_eq!(guarded(vault(&protected), true).await, ["v is protected from being replaced"]);

    let destroy = async |more: Value, allow_data_loss| {
        let (stack, permissions) = (stack(&vault(&more)), Permissions { allow_data_loss });
        let plan = planned_destroy(&cloud, &stack, permissions).await.expect("a plan");
        let refusals = told(&guard(&plan, &stack, catalog(), Purpose::Destroy, permissions));
        (plan, refusals)
    };
    let (plan, refusals) = destroy(json!({}), false).await;
    assert_eq!(refusals, ["v would be deleted, and holds 3 parts"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["v delete: failed, Invalid x1"]);
    let keep = json!({ "lifecycle": { "prevent_destroy": true } });
    assert_eq!(destroy(keep, true).await.1, ["v is protected from being deleted"]);
    let (plan, refusals) = destroy(json!({ "force_destroy": true }), false).await;
    assert_eq!(refusals, [""; 0]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!((run.told(), cloud.objects()), (vec!["v delete: done".to_owned()], vec![]));
}

/// What a cloud sent by itself counts among what is lost, and the refusal says so.
#[tokio::test(start_paused = true)]
async fn what_the_cloud_sent_by_itself_is_told_from_what_others_did() {
    let hints = async |resources: Value| {
        let (cloud, stack) = (cloud(Weather::even(1)), stack(&resources));
        settled(&cloud, &stack).await;
        cloud.fill("vault", "dev-v", 1);
        let permissions = Permissions::default();
        let plan = planned_destroy(&cloud, &stack, permissions).await.expect("a plan");
        let refusals = guard(&plan, &stack, catalog(), Purpose::Destroy, permissions);
        assert_eq!(told(&refusals), ["v would be deleted, and holds 1 parts"]);
        let hints = refusals.into_iter().flat_map(|refusal| refusal.hints);
        hints.filter(|hint| hint.contains("nobody's data")).collect::<Vec<_>>()
    };
    let vault = json!({ "kind": "vault" });
    let invite = |to: &str| json!({ "kind": "invite", "holds": [to] });
    let expected = ["among that may be a letter, when i was set up: it is nobody's data"];
    assert_eq!(hints(json!({ "v": vault, "i": invite("${v.arn}") })).await, expected);
    let (thing, to_thing) = (json!({ "kind": "thing" }), invite("${t.arn}"));
    assert_eq!(hints(json!({ "v": vault, "t": thing, "i": to_thing })).await, [""; 0]);
    // By way of what is bound to the thing.
    let link = json!({ "kind": "link", "holds": ["${t.arn}", "${v.arn}"] });
    let through = json!({ "v": vault, "t": thing, "i": to_thing, "l": link });
    assert_eq!(hints(through).await, expected);
}

async fn destroyed(cloud: &Cloud<'_>, resources: &Value) {
    let plan: Plan = planned_destroy(cloud, &stack(resources), DATA_MAY_GO).await.expect("a plan");
    let run = carried_out(cloud, plan, Orders::new()).await.expect("nobody dies");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
}

fn told(refusals: &[ccprov::model::Diagnostic]) -> Vec<String> {
    refusals.iter().map(|refusal| refusal.summary.clone()).collect()
}

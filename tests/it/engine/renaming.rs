//! What is renamed keeps its object: by another address, in a stack of another name, and
//! wherever a run dies.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use serde_json::{Value, json};

use ccprov::model::Stack;
use ccprov::sim::{Cloud, Weather};

use super::site::{
    Orders, applied, carried_out, changes, cloud, file, planned, planned_or_refused, settled,
    stack, times,
};

/// One of every sort: found by its name, by its tags, the same in all regions, with data,
/// without tags.
fn before() -> Value {
    json!({
        "t": { "kind": "thing" },
        "k": { "kind": "key" },
        "b": { "kind": "badge" },
        "v": { "kind": "vault" },
        "l": { "kind": "link", "holds": ["${t.arn}"] },
        "e": { "kind": "thing", "for_each": ["a", "c"] },
    })
}

fn after() -> Value {
    json!({
        "t2": { "kind": "thing" },
        "k2": { "kind": "key" },
        "b2": { "kind": "badge" },
        "v2": { "kind": "vault" },
        "l2": { "kind": "link", "holds": ["${t2.arn}"] },
        "e": { "kind": "thing", "for_each": ["b", "c"] },
    })
}

fn moved() -> Value {
    json!({ "t": "t2", "k": "k2", "b": "b2", "v": "v2", "l": "l2", "e.a": "e.b" })
}

/// The same resources by other addresses.
fn renamed() -> Stack {
    file(&json!({ "stack": "dev", "resources": after(), "moved": moved() })).unwrap()
}

/// And in a stack of another name.
fn of_another_name() -> Stack {
    let text = json!({ "stack": "prod", "was": "dev", "resources": after(), "moved": moved() });
    file(&text).unwrap()
}

fn names(cloud: &Cloud<'_>) -> Vec<String> {
    let mut names: Vec<String> =
        cloud.objects().iter().map(|live| format!("{} {}", live.kind, live.identity)).collect();
    names.sort();
    names
}

/// Nothing is lost, and who has a tag has the new one.
fn has_moved(cloud: &Cloud<'_>, had: &[String], to: &Stack, title: &str) {
    assert_eq!(names(cloud), had, "{title}");
    assert_eq!(cloud.violations(), [""; 0], "{title}");
    for owner in cloud.objects().iter().filter_map(|live| live.owner.as_ref()) {
        assert_eq!(owner.stack, to.name, "{title}");
        assert!(to.resources.contains_key(&owner.address), "{title}: {}", owner.address);
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_writes_the_owner_and_nothing_else() {
    for (to, gone) in [(renamed(), 5), (of_another_name(), 6)] {
        let cloud = cloud(Weather::even(1));
        settled(&cloud, &stack(&before())).await;
        let had = names(&cloud);
        let plan = planned(&cloud, &to).await;
        let told = changes(&plan);
        assert_eq!(told.len(), gone, "{told:?}");
        assert!(
            told.iter().all(|told| told.starts_with("~ ") && told.ends_with(" owner")),
            "{told:?}"
        );
        settled(&cloud, &to).await;
        has_moved(&cloud, &had, &to, &to.name);
        cloud.calm().await;
        assert_eq!(changes(&planned(&cloud, &to).await), [""; 0]);
        assert_eq!(times(&cloud, "Delete", "dev-t"), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_move_that_is_killed_at_any_call_converges() {
    for to in [renamed(), of_another_name()] {
        let (mut number, mut died) = (0, true);
        while died {
            number += 1;
            let cloud = cloud(Weather::even(1));
            settled(&cloud, &stack(&before())).await;
            let had = names(&cloud);
            let plan = planned(&cloud, &to).await;
            cloud.crash_at(number);
            died = carried_out(&cloud, plan, Orders::new()).await.is_none();
            cloud.crash_never();
            settled(&cloud, &to).await;
            let title = format!("{} killed at call {number}", to.name);
            has_moved(&cloud, &had, &to, &title);
            assert_eq!(changes(&planned(&cloud, &to).await), [""; 0], "{title}");
        }
        assert!(number > 10, "{number} calls");
    }
}

/// What was half made before it was renamed is found by its tags, where it has no name yet.
#[tokio::test(start_paused = true)]
async fn what_was_half_made_is_found_by_the_address_that_it_had() {
    for number in 1..30 {
        let cloud = cloud(Weather::even(1));
        let plan = planned(&cloud, &stack(&before())).await;
        cloud.crash_at(number);
        carried_out(&cloud, plan, Orders::new()).await;
        cloud.crash_never();
        cloud.calm().await;
        let to = renamed();
        settled(&cloud, &to).await;
        let title = format!("made until call {number}");
        assert_eq!(cloud.objects().len(), to.resources.len(), "{title}: {:?}", names(&cloud));
        assert_eq!(cloud.violations(), [""; 0], "{title}");
        assert_eq!(changes(&planned(&cloud, &to).await), [""; 0], "{title}");
    }
}

/// A stack that was applied in part, and one of the former name that is still there.
#[tokio::test(start_paused = true)]
async fn what_carries_either_name_goes_with_the_stack() {
    let cloud = cloud(Weather::even(1));
    let mut tagged = before();
    tagged.as_object_mut().unwrap().remove("l");
    settled(&cloud, &stack(&tagged)).await;
    let part = json!({ "stack": "prod", "was": "dev", "resources": { "t": { "kind": "thing" } } });
    let part = file(&part).unwrap();
    assert_eq!(
        changes(&planned(&cloud, &part).await),
        ["- b", "- e.a", "- e.c", "- k", "~ t owner", "- v"]
    );
    let plan = super::site::planned_destroy(&cloud, &part, super::site::DATA_MAY_GO).await.unwrap();
    let run = carried_out(&cloud, plan, Orders::new()).await.unwrap();
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert_eq!(cloud.violations(), [""; 0]);
}

/// And again, one name after the other; what one of them gave keeps it.
#[tokio::test(start_paused = true)]
async fn a_stack_that_is_renamed_again_keeps_what_any_of_its_names_gave() {
    let of = |names: &Value, addresses: &[&str]| {
        let thing = json!({ "kind": "thing" });
        let resources: serde_json::Map<String, Value> =
            addresses.iter().map(|address| ((*address).to_owned(), thing.clone())).collect();
        let text = json!({ "stack": names[0], "was": names[1], "resources": resources });
        file(&text).unwrap()
    };
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &of(&json!(["one", []]), &["a"])).await;
    settled(&cloud, &of(&json!(["two", "one"]), &["a", "b"])).await;
    let had = ["thing one-a", "thing one-b"];
    assert_eq!(names(&cloud), had);
    let third = of(&json!(["three", ["two", "one"]]), &["a", "b"]);
    settled(&cloud, &third).await;
    has_moved(&cloud, &had.map(str::to_owned), &third, "three");
    // What is taken away has a name that the stack gives, whichever of its names that is.
    assert_eq!(
        changes(&planned(&cloud, &of(&json!(["three", ["two", "one"]]), &["a"])).await),
        ["- b"]
    );
}

#[tokio::test(start_paused = true)]
async fn no_object_becomes_another_kind() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&json!({ "a": { "kind": "thing" } }))).await;
    let to = json!({
        "stack": "dev", "moved": { "a": "b" }, "resources": { "b": { "kind": "vault" } }
    });
    let refused = planned_or_refused(&cloud, &file(&to).unwrap()).await.unwrap_err();
    assert_eq!(refused[0].summary, "a was a thing, and b is a vault");
}

/// The name is the same where nothing was there to be renamed.
#[tokio::test(start_paused = true)]
async fn a_fresh_environment_has_the_name_that_moved_says() {
    let cloud = cloud(Weather::even(1));
    applied(&cloud, &renamed()).await;
    assert_eq!(times(&cloud, "Create", "dev-t"), 1);
    assert_eq!(changes(&planned(&cloud, &renamed()).await), [""; 0]);
}

//! Bytes of the checkout on their way to the cloud.

use std::time::Duration;

use ccprov::engine::event::{EventKind, Outcome};
use ccprov::model::Hash;
use ccprov::plan::{Plan, Purpose, SavedPlan};
use ccprov::sim::{Cloud, Shelf, Weather};
use serde_json::{Value, json};

use super::site::{
    FILES, Orders, applied, carried_out, changes, cloud, planned, settled, stack, times,
};

fn function(file: &str, color: &str) -> Value {
    json!({ "f": { "kind": "function", "code": { "file": file }, "color": color } })
}

fn code(cloud: &Cloud<'_>) -> Value {
    cloud.object("function", "dev-f").map(|it| it.document["code"].clone()).unwrap_or_default()
}

fn slow() -> Cloud<'static> {
    let length = Duration::from_secs(10);
    cloud(Weather { settling: length..length, ..Weather::even(1) })
}

/// The code with everything else that changes at once, and then the color.
#[tokio::test(start_paused = true)]
async fn code_and_configuration_change_one_after_the_other() {
    let cloud = slow();
    settled(&cloud, &stack(&function("one.bin", "red"))).await;
    let first = code(&cloud);
    assert_eq!(changes(&planned(&cloud, &stack(&function("one.bin", "red"))).await), [""; 0]);
    let before = times(&cloud, "Update", "dev-f");
    let later = stack(&function("two.bin", "blue"));
    assert_eq!(changes(&planned(&cloud, &later).await), ["~ f code color"]);
    settled(&cloud, &later).await;
    assert_eq!(times(&cloud, "Update", "dev-f"), before + 2);
    assert_eq!(cloud.violations(), [""; 0]);
    assert_ne!(code(&cloud), first);
    assert_eq!(changes(&planned(&cloud, &later).await), [""; 0]);
}

/// A change of the code takes the color away, which no look before it could show.
#[tokio::test(start_paused = true)]
async fn what_a_change_makes_other_than_asked_is_written_after_it() {
    let cloud = slow();
    settled(&cloud, &stack(&function("one.bin", "red"))).await;
    let before = times(&cloud, "Update", "dev-f");
    let later = stack(&function("two.bin", "red"));
    assert_eq!(changes(&planned(&cloud, &later).await), ["~ f code"]);
    settled(&cloud, &later).await;
    assert_eq!(times(&cloud, "Update", "dev-f"), before + 2);
    assert_eq!(cloud.violations(), [""; 0]);
    assert_eq!(changes(&planned(&cloud, &later).await), [""; 0]);
}

/// Equal bytes are equal, wherever they lie.
#[tokio::test(start_paused = true)]
async fn a_file_is_known_by_its_bytes_and_not_by_its_path() {
    let cloud = slow();
    settled(&cloud, &stack(&function("one.bin", "red"))).await;
    assert_eq!(changes(&planned(&cloud, &stack(&function("./one.bin", "red"))).await), [""; 0]);
    assert_eq!(changes(&planned(&cloud, &stack(&function("two.bin", "red"))).await), ["~ f code"]);
}

/// Of each step that sends something, and of no other.
#[tokio::test(start_paused = true)]
async fn what_is_sent_is_told() {
    let cloud = slow();
    let mut resources = function("one.bin", "red");
    resources["other"] = json!({ "kind": "thing" });
    let run = applied(&cloud, &stack(&resources)).await;
    let told = run.picked(|kind| match kind {
        EventKind::StepSending { address, sent, of, .. } => Some((address.to_string(), *sent, *of)),
        _ => None,
    });
    assert_eq!(told, [("f".to_owned(), 9, 9)]);
}

/// A step that leaves the code alone needs no file, and one that sends it takes no
/// other than the plan saw.
#[tokio::test(start_paused = true)]
async fn what_changed_since_the_plan_is_not_sent() {
    let [(_, one), _] = FILES;
    let cloud = cloud(Weather::even(1)).with_files(Shelf::of([one]));
    settled(&cloud, &stack(&function("one.bin", "red"))).await;
    let writes = times(&cloud, "Update", "dev-f");
    let run = applied(&cloud, &stack(&function("two.bin", "blue"))).await;
    let Outcome::Failed { error, attempts: 1 } = run.outcome("f") else {
        panic!("{:?}", run.told());
    };
    assert_eq!((&*error.code, times(&cloud, "Update", "dev-f")), ("ArtifactChanged", writes));
    let cloud = cloud.with_files(Shelf::default());
    settled(&cloud, &stack(&function("one.bin", "blue"))).await;
    assert_eq!(times(&cloud, "Update", "dev-f"), writes + 1);
}

/// A plan of a file has hash, size and path of what it sends, and none of its bytes;
/// carried out elsewhere it sends what has the same hash.
#[tokio::test(start_paused = true)]
async fn a_saved_plan_holds_no_bytes() {
    let cloud = slow();
    let stack = stack(&function("one.bin", "red"));
    let plan = planned(&cloud, &stack).await;
    let saved = SavedPlan::new(stack, plan, Purpose::Apply);
    let text = serde_json::to_string(&saved).unwrap_or_default();
    let [(name, one), _] = FILES;
    assert!(text.contains(&Hash::of(one).to_string()), "{text}");
    assert!(text.contains(name) && text.contains("\"size\":9"), "{text}");
    assert!(!text.contains(std::str::from_utf8(one).unwrap_or_default()), "{text}");
    let plan: Plan = SavedPlan::read(&text).expect("it was written just now").plan;
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["f create: done"]);
}

/// What somebody else deployed stays, where the stack says so.
#[tokio::test(start_paused = true)]
async fn code_that_is_left_alone_is_not_sent() {
    let cloud = slow();
    let left = |color: &str| {
        let mut resources = function("one.bin", color);
        resources["f"]["lifecycle"] = json!({ "ignore_changes": ["code"] });
        stack(&resources)
    };
    settled(&cloud, &left("red")).await;
    cloud.alter("function", "dev-f", |it| drop(it.insert("code".into(), "another's".into())));
    assert_eq!(changes(&planned(&cloud, &left("red")).await), [""; 0]);
    let cloud = cloud.with_files(Shelf::default());
    settled(&cloud, &left("blue")).await;
    assert_eq!(code(&cloud), "another's");
}

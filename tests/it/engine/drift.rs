//! What others do behind our back: what is put right, what is left alone, and
//! what is refused.

use ccprov::engine::revisit;
use ccprov::model::{Address, Document, Live, Owner};
use ccprov::plan::{SavedPlan, held};
use ccprov::sim::{Cloud, Weather};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, Orders, carried_out, catalog, changes, cloud, planned, planned_destroy,
    planned_or_refused, settled, stack,
};

async fn made(resources: &Value) -> Cloud<'static> {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(resources)).await;
    cloud
}

fn document(cloud: &Cloud<'_>, identity: &str) -> Document {
    cloud.object("thing", identity).expect("it is there").document
}

/// One thing, changed by a stranger: what a plan says to it, and what it is
/// after an apply.
async fn check(stated: Value, change: impl Fn(&mut Document), plan: &[&str], after: Value) {
    let resources = json!({ "a": stated });
    let cloud = made(&resources).await;
    cloud.alter("thing", "dev-a", change);
    assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), plan);
    settled(&cloud, &stack(&resources)).await;
    assert_eq!(Value::Object(document(&cloud, "dev-a")), after);
    assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), [""; 0]);
    assert_eq!(cloud.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn every_field_is_put_right() {
    let stated = json!({
        "kind": "thing", "color": "red", "size": 3, "members": ["m", "n"], "uses": ["u"],
        "rules": [{ "id": "r", "text": "t" }], "settings": { "s": "1", "t": "2" },
    });
    let mut after = stated.clone();
    after.as_object_mut().expect("an object").remove("kind");
    after["name"] = "dev-a".into();
    for (field, value, diff) in [
        ("color", json!("blue"), "color"),
        ("size", json!(4), "size"),
        ("members", json!(["m"]), "members"),
        ("uses", json!([]), "uses"),
        ("rules", json!([{ "id": "r", "text": "other" }]), "rules.r.text"),
        ("rules", json!([]), "rules"),
        ("settings", json!({ "s": "9", "x": "1", "t": "2" }), "settings.s settings.x"),
    ] {
        let plan = if field == "rules" && value == json!([]) { "rules.r" } else { diff };
        let change = |document: &mut Document| {
            document.insert(field.to_owned(), value.clone());
        };
        check(stated.clone(), change, &[&format!("~ a {plan}")], after.clone()).await;
        let remove = |document: &mut Document| {
            document.remove(field);
        };
        check(stated.clone(), remove, &[&format!("~ a {field}")], after.clone()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_stated_is_left_alone() {
    let change = |document: &mut Document| {
        document.insert("color".into(), "blue".into());
        document.insert("settings".into(), json!({ "theirs": "1" }));
    };
    let after = |size| json!({ "name": "dev-a", "size": size, "color": "blue", "settings": { "theirs": "1" } });
    check(json!({ "kind": "thing", "size": 3 }), change, &[], after(3)).await;
    let both = |document: &mut Document| {
        change(document);
        document.insert("size".into(), 4.into());
    };
    check(json!({ "kind": "thing", "size": 3 }), both, &["~ a size"], after(3)).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_ignored_is_left_alone_inside_what_changes() {
    let stated = json!({
        "kind": "thing", "color": "red",
        "settings": { "ours": "1", "seen": "never" },
        "rules": [{ "id": "m", "text": "ours" }, { "id": "x", "text": "ours" }],
        "lifecycle": { "ignore_changes": ["color", "settings.seen", "rules.theirs", "rules.x.text"] },
    });
    let alone = |document: &mut Document| {
        document.insert("color".into(), "blue".into());
        document["settings"]["seen"] = "today".into();
        document["rules"][1]["text"] = "theirs".into();
    };
    let settings = json!({ "ours": "1", "seen": "today" });
    let rules = json!([{ "id": "m", "text": "ours" }, { "id": "x", "text": "theirs" }]);
    let after = json!({ "name": "dev-a", "color": "blue", "settings": settings, "rules": rules });
    check(stated.clone(), alone, &[], after).await;
    let more = |document: &mut Document| {
        alone(document);
        document["settings"]["ours"] = "9".into();
        document["rules"][0]["text"] = "9".into();
        let theirs = json!({ "id": "theirs", "text": "new" });
        document["rules"].as_array_mut().expect("a list").insert(1, theirs);
    };
    let rules = json!([
        { "id": "m", "text": "ours" }, { "id": "theirs", "text": "new" }, { "id": "x", "text": "theirs" },
    ]);
    let after = json!({ "name": "dev-a", "color": "blue", "settings": settings, "rules": rules });
    check(stated, more, &["~ a rules.m.text settings.ours"], after).await;
}

/// What is put beside an ignored element is put where the kind keeps it.
#[tokio::test(start_paused = true)]
async fn what_is_ignored_does_not_disturb_the_order() {
    let ours = json!([{ "id": "b", "text": "1" }, { "id": "m", "text": "1" }]);
    let theirs = json!([{ "id": "m", "text": "1" }, { "id": "theirs", "text": "1" }]);
    let stated = json!({
        "kind": "thing", "rules": ours, "lifecycle": { "ignore_changes": ["rules.theirs"] },
    });
    let change = |document: &mut Document| document["rules"] = theirs.clone();
    let after = json!({ "name": "dev-a", "rules": [ours[0], ours[1], theirs[1]] });
    check(stated.clone(), change, &["~ a rules.b"], after.clone()).await;
    let theirs = json!([{ "id": "theirs", "text": "1" }]);
    let change = |document: &mut Document| document["rules"] = theirs.clone();
    check(stated, change, &["~ a rules.b rules.m"], after).await;
}

/// A plan from a file is carried out on the object as it is by then.
#[tokio::test(start_paused = true)]
async fn a_saved_plan_leaves_alone_what_is_ignored() {
    let resources = json!({ "a": {
        "kind": "thing", "settings": { "ours": "1", "seen": "never" },
        "lifecycle": { "ignore_changes": ["settings.seen"] },
    } });
    let cloud = made(&resources).await;
    let set = |key: &'static str, value: &'static str| {
        cloud.alter("thing", "dev-a", |document| document["settings"][key] = value.into());
    };
    set("ours", "9");
    set("seen", "yesterday");
    let stack = stack(&resources);
    let saved =
        SavedPlan::new(stack.clone(), planned(&cloud, &stack).await, ccprov::plan::Purpose::Apply);
    set("seen", "today");
    let (today, _) = revisit(&cloud, &saved.plan, &|_| {}).await.expect("answers");
    let plan = held(&saved.plan, &today, catalog()).expect("nothing moved").plan;
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["a update: done"]);
    assert_eq!(document(&cloud, "dev-a")["settings"], json!({ "ours": "1", "seen": "today" }));
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_made_again_and_what_is_not_declared_goes() {
    let resources = json!({ "a": { "kind": "thing" }, "b": { "kind": "thing" } });
    let cloud = made(&resources).await;
    cloud.remove("thing", "dev-a");
    assert_eq!(changes(&planned(&cloud, &stack(&resources)).await), ["+ a"]);
    let without = json!({ "a": { "kind": "thing" } });
    settled(&cloud, &stack(&without)).await;
    let names: Vec<String> = cloud.objects().iter().map(|l| l.identity.to_string()).collect();
    assert_eq!(names, ["dev-a"]);
    assert_eq!(changes(&planned(&cloud, &stack(&without)).await), [""; 0]);
}

/// An object that is there before the stack is: nobody's, ours, or theirs.
#[tokio::test(start_paused = true)]
async fn only_what_is_ours_or_given_to_us_is_touched() {
    let owned = |stack: &str, address: &str| Some(Owner::new(stack, Address::new(address)));
    let plain = json!({ "a": { "kind": "thing", "color": "red" } });
    let mut adopting = plain.clone();
    adopting["a"]["lifecycle"] = json!({ "adopt": true });
    for (resources, owner, expected) in [
        (&plain, None, Err("thing dev-a exists already and carries no owner tag")),
        (&adopting, None, Ok("~ a color owner")),
        (&plain, owned("other", "a"), Err("thing dev-a belongs to stack other")),
        (&adopting, owned("other", "a"), Err("thing dev-a belongs to stack other")),
        (&plain, owned("dev", "old"), Ok("~ a color owner")),
        (&plain, owned("dev", "a"), Ok("~ a color")),
    ] {
        let cloud = made(&json!({ "a": { "kind": "thing", "color": "blue" } })).await;
        let live = cloud.object("thing", "dev-a").expect("it was made");
        let before = Live { owner, ..live };
        cloud.put(before.clone());
        let told = planned_or_refused(&cloud, &stack(resources)).await;
        let told = told.map(|plan| changes(&plan).concat());
        let told = told.map_err(|found| found[0].summary.clone());
        assert_eq!(told, expected.map(str::to_owned).map_err(str::to_owned));
        let ours = before.owner.as_ref().is_some_and(|owner| owner.stack == "dev");
        let destroy = planned_destroy(&cloud, &stack(resources), DATA_MAY_GO).await;
        assert_eq!(changes(&destroy.expect("a plan")).concat(), if ours { "- a" } else { "" });
        if expected.is_ok() {
            settled(&cloud, &stack(resources)).await;
            let now = cloud.object("thing", "dev-a").expect("it stays");
            assert_eq!((now.owner, &now.document["color"]), (owned("dev", "a"), &json!("red")));
        } else {
            assert_eq!(cloud.object("thing", "dev-a"), Some(before));
        }
        assert_eq!(cloud.violations(), [""; 0]);
    }
}

//! What belongs to others is looked up by its tags, in a cloud whose index lags and whose
//! answers get lost. (Settings are the tags of this cloud.)

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ccprov::engine::look_up_all;
use ccprov::engine::wait::elapse;
use ccprov::model::{Address, By, Claimant, Diagnostic, ErrorClass, Existing, FormerNames, Lookup};
use ccprov::plan::recognised;
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::{Value, json};

use super::site::{cloud, place, settled, stack, times};

fn lookup(kind: &str, tags: &[(&str, &str)], count: Option<usize>) -> Lookup {
    let tags = tags.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
    let by = By::Signs { tags, fields: BTreeMap::new() };
    Lookup { kind: kind.into(), by, count, facts: BTreeSet::from(["id".to_owned()]) }
}

/// What each look comes to, for a stack that owns nothing.
async fn looked(cloud: &Cloud<'_>, lookups: &[Lookup]) -> Vec<Result<Existing, Diagnostic>> {
    let address = |number: usize| Address::new(format!("existing.{number}"));
    let all = lookups.iter().cloned().enumerate().map(|(number, it)| (address(number), it));
    let found = look_up_all(cloud, all.collect(), &|_| {}).await;
    let place = place();
    let was = &FormerNames::default();
    let claimant = Claimant { stack: "mine", was, place: &place };
    let judged = found.into_iter().map(|(address, lookup, lives)| {
        recognised(&address, &lookup, &lives.unwrap(), claimant, &BTreeMap::new())
    });
    judged.collect()
}

fn names(found: &Result<Existing, Diagnostic>) -> Vec<&str> {
    match found {
        Ok(existing) => existing.found.iter().map(|it| it.identity.as_str()).collect(),
        Err(problem) => vec![problem.summary.as_str()],
    }
}

fn theirs() -> Value {
    json!({
        "b": { "kind": "thing", "settings": { "tier": "private", "team": "blue" } },
        "a": { "kind": "thing", "settings": { "tier": "private" } },
        "c": { "kind": "vault", "settings": { "tier": "private" } },
        "d": { "kind": "thing", "settings": { "tier": "public" } },
    })
}

#[tokio::test(start_paused = true)]
async fn what_carries_all_tags_is_found_in_the_order_of_its_names() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&theirs())).await;
    let found = looked(
        &cloud,
        &[
            lookup("thing", &[("tier", "private")], Some(2)),
            lookup("thing", &[("tier", "private"), ("team", "blue")], None),
            lookup("thing", &[("tier", "private")], None),
            lookup("thing", &[("tier", "Private")], None),
        ],
    )
    .await;
    assert_eq!(names(&found[0]), ["dev-a", "dev-b"]);
    assert_eq!(names(&found[1]), ["dev-b"]);
    let many = "existing.2: there are 2 thing with the tag tier = private, and one is meant";
    assert_eq!(names(&found[2]), [many]);
    assert_eq!(names(&found[3]), ["existing.3: there is no thing with the tag tier = Private"]);
    let facts = found[0].as_ref().unwrap().facts().collect::<BTreeMap<_, _>>();
    assert!(facts[&Address::new("existing.0.1")].contains_key("id"), "{facts:?}");
}

/// An answer that got lost is asked for again; a refusal is told, and holds up no other.
#[tokio::test(start_paused = true)]
async fn a_look_is_repeated_and_a_refusal_is_told() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&theirs())).await;
    let (lost, denied) = (
        lookup("vault", &[("tier", "private")], None),
        lookup("thing", &[("tier", "public")], None),
    );
    cloud.befall(Operation::LookUp, &lost.to_string(), 1, Fault::Refused(ErrorClass::Transient));
    cloud.befall(Operation::LookUp, &denied.to_string(), 1, Fault::Refused(ErrorClass::Denied));
    let all = [(Address::new("existing.lost"), lost), (Address::new("existing.denied"), denied)];
    let found = look_up_all(&cloud, all.into(), &|_| {}).await;
    assert_eq!(found[0].2.as_ref().unwrap()[0].identity.as_str(), "dev-c");
    assert_eq!(found[1].2.as_ref().unwrap_err().class, ErrorClass::Denied);
    let asked = found.iter().map(|(_, lookup, _)| times(&cloud, "LookUp", &lookup.to_string()));
    assert_eq!(asked.collect::<Vec<usize>>(), [2, 1]);
}

/// The index learns late: of what is new nothing is found before, and of what has changed
/// nothing that is so no more.
#[tokio::test(start_paused = true)]
async fn what_the_index_believes_is_confirmed() {
    let lag = Duration::from_mins(1);
    let cloud = cloud(Weather { index_lag: lag..lag, ..Weather::even(1) });
    let by = [lookup("thing", &[("tier", "public")], None)];
    settled(&cloud, &stack(&theirs())).await;
    elapse(Duration::from_mins(5)).await;
    assert_eq!(names(&looked(&cloud, &by).await[0]), ["dev-d"]);
    let mut changed = theirs();
    changed["d"]["settings"]["tier"] = "private".into();
    settled(&cloud, &stack(&changed)).await;
    assert_eq!(
        names(&looked(&cloud, &by).await[0]),
        ["existing.0: there is no thing with the tag tier = public"]
    );
}

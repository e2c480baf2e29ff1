//! What was found of others, judged: by who refers to it, and once more by who acts on a
//! plan of another day.

use std::collections::BTreeMap;

use crate::model::{
    Address, By, Claimant, Desired, Diagnostic, Existing, Live, Lookup, Neighbour, Status,
};

/// Most objects that a message names.
const MOST_NAMED: usize = 10;

/// What a look for something that is not the stack's came to.
///
/// # Errors
/// That it is not there, that it is not one, that it is the stack's own, or that it lacks a
/// fact to which the stack refers. Nothing is found out here of where that is written.
pub fn recognised(
    address: &Address,
    lookup: &Lookup,
    found: &[Live],
    claimant: Claimant<'_>,
    own: &BTreeMap<Address, Desired>,
) -> Result<Existing, Diagnostic> {
    let problem = |summary: String| Diagnostic::error(format!("{address}: {summary}"));
    let place = claimant.place;
    let here = format!("in account {} in {}", place.account, place.region);
    let is_one = matches!(lookup.by, By::Name(_) | By::Arn(_));
    let (count, meant) = (lookup.count.unwrap_or(1), found.len());
    if let [Live { status: Status::Deleting(how), .. }] = found {
        return Err(problem(format!("{lookup} is on its way out")).because(how.clone()));
    }
    if meant == 0 {
        let problem = problem(format!("there is no {lookup}")).because(here);
        let hint = if is_one {
            "what the stack makes itself stands under `resources:`"
        } else {
            "the tags must be there, all of them, letter for letter"
        };
        return Err(problem.hint(hint));
    }
    if meant != count {
        let names = found.iter().take(MOST_NAMED).map(|live| live.identity.as_str());
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        if meant > MOST_NAMED {
            names.push(format!("{} more", meant - MOST_NAMED));
        }
        let noun = if meant == 1 { "is" } else { "are" };
        let wanted = if count == 1 { "one is meant".into() } else { format!("{count} are meant") };
        return Err(problem(format!("there {noun} {meant} {lookup}, and {wanted}"))
            .because(format!("{here}: {}", names.join(", ")))
            .hint(format!("say more of what is meant, or `count: {meant}` if it is all of them")));
    }
    for live in found {
        let declared =
            own.values().find(|want| want.kind == live.kind && want.identity == live.identity);
        let tagged = live.owner.as_ref().filter(|owner| claimant.is(owner));
        let ours = declared.map(|want| &want.address).or(tagged.map(|owner| &owner.address));
        if let Some(ours) = ours {
            let summary = format!("{} {} belongs to this very stack", live.kind, live.identity);
            return Err(problem(summary)
                .because(format!("it is the stack's `{ours}`"))
                .hint(format!("refer to it as `${{{ours}.FACT}}`")));
        }
        if let Some(fact) = lookup.facts.iter().find(|fact| !live.facts.contains_key(*fact)) {
            let summary = format!("{} {} has no `{fact}`", live.kind, live.identity);
            return Err(problem(summary).because("AWS tells none of this one"));
        }
    }
    let found = found.iter().map(|live| Neighbour::of(live, &lookup.facts)).collect();
    Ok(Existing { address: address.clone(), lookup: lookup.clone(), found })
}

/// Why a plan no longer holds that was drawn with this in sight; nothing if it does.
pub fn moved(was: &Existing, now: &Result<Existing, Diagnostic>) -> Option<Diagnostic> {
    let stale = |why: String| {
        Diagnostic::error(format!("the plan is stale: {} is not what it was", was.address))
            .because(format!("{why}; nothing was changed"))
            .hint("make the plan again and review it")
    };
    let now = match now {
        Ok(now) => now,
        Err(problem) => return Some(stale(problem.summary.clone())),
    };
    let names = |it: &Existing| -> Vec<String> {
        it.found.iter().map(|found| found.identity.0.clone()).collect()
    };
    if names(was) != names(now) {
        let (was, now) = (names(was).join(", "), names(now).join(", "));
        return Some(stale(format!("it was {was}, and is {now} by now")));
    }
    let pairs = was.found.iter().zip(&now.found);
    let differing = pairs.flat_map(|(was, now)| {
        was.facts.iter().filter(|(name, text)| now.facts.get(*name) != Some(*text))
    });
    // What it was may be long, or nobody's business.
    differing.map(|(fact, _)| stale(format!("its `{fact}` is another by now"))).next()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::model::{Facts, FormerNames, Identity, Owner, Place};

    fn place() -> Place {
        Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        }
    }

    fn live(identity: &str, value: &str, stack: Option<&str>) -> Live {
        Live {
            kind: "vpc".into(),
            identity: Identity(identity.into()),
            document: crate::model::Document::new(),
            facts: Facts::from([("id".into(), value.into())]),
            owner: stack.map(|stack| Owner::new(stack, Address::new("net"))),
            status: Status::Current,
            holdings: None,
            parent: None,
            held: None,
            remark: None,
        }
    }

    fn lookup(count: Option<usize>) -> Lookup {
        let tags = BTreeMap::from([("Name".to_owned(), "main".to_owned())]);
        let by = By::Signs { tags, fields: BTreeMap::new() };
        Lookup { kind: "vpc".into(), by, count, facts: BTreeSet::from(["id".to_owned()]) }
    }

    fn judged(lookup: &Lookup, found: &[Live]) -> Result<Existing, Diagnostic> {
        let place = place();
        let claimant = Claimant { stack: "dev", was: &FormerNames::default(), place: &place };
        recognised(&Address::new("existing.net"), lookup, found, claimant, &BTreeMap::new())
    }

    #[test]
    fn what_is_meant_is_there_and_somebody_elses() {
        let check = |count: Option<usize>, found: &[Live], expected: &str| {
            let told = match judged(&lookup(count), found) {
                Ok(existing) => format!("{} found", existing.found.len()),
                Err(problem) => problem.summary.trim_start_matches("existing.net: ").to_owned(),
            };
            assert_eq!(told, expected);
        };
        let (one, two) = (live("vpc-1", "vpc-1", None), live("vpc-2", "vpc-2", Some("net")));
        check(None, std::slice::from_ref(&one), "1 found");
        check(Some(2), &[one.clone(), two.clone()], "2 found");
        check(None, &[], "there is no vpc with the tag Name = main");
        let several = "there are 2 vpc with the tag Name = main, and one is meant";
        check(None, &[one.clone(), two.clone()], several);
        let few = "there is 1 vpc with the tag Name = main, and 3 are meant";
        check(Some(3), std::slice::from_ref(&one), few);
        let ours = live("vpc-3", "vpc-3", Some("dev"));
        check(None, &[ours], "vpc vpc-3 belongs to this very stack");
        let going = Live { status: Status::Deleting("soon gone".into()), ..one.clone() };
        check(None, &[going], "vpc with the tag Name = main is on its way out");
        let bare = Live { facts: Facts::new(), ..one };
        check(None, &[bare], "vpc vpc-1 has no `id`");
    }

    #[test]
    fn a_plan_holds_while_others_stay_as_they_were() {
        let was = judged(&lookup(None), &[live("vpc-1", "a", None)]).unwrap();
        let check = |found: &[Live], expected: Option<&str>| {
            let told = moved(&was, &judged(&lookup(None), found));
            let why = told.and_then(|problem| problem.detail);
            assert_eq!(why.as_deref(), expected);
        };
        check(&[live("vpc-1", "a", Some("net"))], None);
        check(&[live("vpc-1", "b", None)], Some("its `id` is another by now; nothing was changed"));
        let other = "it was vpc-1, and is vpc-2 by now; nothing was changed";
        check(&[live("vpc-2", "a", None)], Some(other));
        let gone = "existing.net: there is no vpc with the tag Name = main; nothing was changed";
        check(&[], Some(gone));
    }
}

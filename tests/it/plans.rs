//! Golden plans: a stack and a world, written down, and the plan that follows.
//!
//! Each folder of `tests/plans/` is a case: `stack.yaml` as a user writes it, and
//! `world.yaml`, which tells the objects by how they differ from what the stack
//! states. Beside them stands what a user reads, and what a program does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ccprov::aws::AwsCatalog;
use ccprov::model::{
    Address, Catalog as _, Desired, Document, Facts, Holdings, Identity, Live, Mask, Owner, Parent,
    Place, Stack, Status,
};
use ccprov::plan::{
    AskedFor, Permissions, Plan, Purpose, World, guard, plan_asked, plan_destroy_asked,
};
use ccprov::report::{PlanDetail, PlanRecord, diagnostics_text, plan_json, plan_text};
use ccprov::spec;
use serde::Deserialize;

use crate::support::emulator::root;

/// Which resources an output speaks of.
type ToldOf = BTreeMap<String, BTreeSet<Address>>;

/// `world.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Case {
    /// Plan the removal of everything.
    destroy: bool,
    allow_data_loss: bool,
    /// What somebody asks for, as on the command line.
    only: Vec<String>,
    replace: Vec<String>,
    /// The objects behind resources, by address.
    found: BTreeMap<String, Seen>,
    /// Objects that the stack owns and does not declare.
    orphans: Vec<Orphan>,
}

/// An object that is as its resource states, but for this.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Seen {
    /// Fields with other values, as in a stack file.
    but: Document,
    /// Facts that only AWS knows.
    facts: Facts,
    identity: Option<Identity>,
    /// `STACK/ADDRESS`, `STACK@REGION/ADDRESS`, or `nobody`. Else the stack and
    /// address themselves.
    owner: Option<String>,
    /// What its tag says. Else what the resource states.
    prevent_destroy: Option<bool>,
    status: Option<Status>,
    holdings: Option<Holdings>,
    held: Option<usize>,
    /// What AWS says goes wrong with it.
    remark: Option<String>,
}

/// An object that no resource states.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Orphan {
    kind: String,
    identity: Identity,
    /// `STACK/ADDRESS`, `STACK@REGION/ADDRESS`, or `nobody`.
    owner: String,
    #[serde(default)]
    prevent_destroy: bool,
    #[serde(default)]
    document: Document,
    #[serde(default)]
    facts: Facts,
    holdings: Option<Holdings>,
    parent: Option<Parent>,
}

#[test]
fn every_case_comes_to_its_plan() {
    let folders = fs::read_dir(root().join("tests/plans")).expect("a folder of cases");
    let mut names: Vec<String> = folders
        .map(|folder| folder.expect("a folder").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    assert!(!names.is_empty());
    for name in names {
        check(&root().join("tests/plans").join(name));
    }
}

fn check(folder: &Path) {
    let (stack, told_of) = stack(&folder.join("stack.yaml"));
    let world = fs::read_to_string(folder.join("world.yaml")).expect("a world");
    let case: Case = serde_saphyr::from_str(&world)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let world = world_of(&case, &stack);
    let (text, json) = told(&case, stack, world, &told_of);
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::assert_snapshot!("plan.txt", text);
        insta::assert_snapshot!("plan.json", json);
    });
}

/// What a user reads, and what a program does, of a plan and all that stands
/// against it.
fn told(case: &Case, stack: Stack, world: World, told_of: &ToldOf) -> (String, String) {
    let catalog = AwsCatalog::new();
    let permissions = Permissions { allow_data_loss: case.allow_data_loss };
    let purpose = if case.destroy { Purpose::Destroy } else { Purpose::Apply };
    let (mut stack, mut world) = (stack, world);
    let drawn = asked_for(case, purpose).of(&mut stack, told_of).and_then(|asked| {
        world.found.retain(|address, _| stack.resources.contains_key(address));
        match purpose {
            Purpose::Apply => plan_asked(&stack, &world, &catalog, permissions, &asked),
            Purpose::Destroy => {
                Ok(plan_destroy_asked(&stack, &world, &catalog, permissions, &asked))
            }
        }
    });
    let (text, json) = match drawn {
        Ok(plan) => {
            let refusals = guard(&plan, &stack, &catalog, purpose, permissions);
            let mut text = plan_text(&plan, PlanDetail::CHANGES);
            text.push_str(&steps(&plan));
            if !refusals.is_empty() {
                write!(text, "\n{}", diagnostics_text(&refusals)).expect("a text takes all");
            }
            (text, plan_json(PlanRecord { refusals: &refusals, ..PlanRecord::of(&plan) }))
        }
        Err(problems) => (diagnostics_text(&problems), String::new()),
    };
    (anstream::adapter::strip_str(&text).to_string(), json)
}

fn asked_for(case: &Case, purpose: Purpose) -> AskedFor {
    AskedFor { only: case.only.clone(), replace: case.replace.clone(), purpose }
}

/// The executor's part, a line a step: `2 create queue after 0, 1 (facts)`.
fn steps(plan: &Plan) -> String {
    let mut text = "\nSteps\n".to_owned();
    for node in &plan.steps {
        let action = format!("{:?}", node.step.action()).to_lowercase();
        let needs = node.needs.iter().map(|(id, need)| format!("{id} {need:?}").to_lowercase());
        let needs: Vec<String> = needs.collect();
        let after =
            if needs.is_empty() { String::new() } else { format!("  after {}", needs.join(", ")) };
        writeln!(text, "    {} {action} {}{after}", node.id, node.address)
            .expect("a text takes all");
    }
    text
}

fn stack(path: &Path) -> (Stack, ToldOf) {
    let inputs = spec::Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let place = Place {
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: None,
    };
    let file = spec::load(path, &inputs).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let checked = spec::check(&file, &place, &AwsCatalog::new(), &inputs);
    let checked = checked.unwrap_or_else(|problems| panic!("{problems:#?}"));
    (checked.stack, checked.told_of)
}

fn world_of(case: &Case, stack: &Stack) -> World {
    let found = case.found.iter().map(|(name, seen)| {
        let address = Address::new(name.clone());
        let want = stack.resources.get(&address).unwrap_or_else(|| panic!("no resource {name}"));
        (address, live(want, seen, stack))
    });
    let orphans = case.orphans.iter().map(|orphan| Live {
        kind: orphan.kind.clone(),
        identity: orphan.identity.clone(),
        document: orphan.document.clone(),
        facts: orphan.facts.clone(),
        owner: protected(owner(&orphan.owner), orphan.prevent_destroy),
        status: Status::Current,
        holdings: orphan.holdings.clone(),
        parent: orphan.parent.clone(),
        held: None,
        remark: None,
    });
    World { found: found.collect(), orphans: orphans.collect(), ..World::default() }
}

fn live(want: &Desired, seen: &Seen, stack: &Stack) -> Live {
    let naming = stack.claimant().naming_of(want);
    let mut document = want.document.clone();
    document.extend(seen.but.clone());
    document.retain(|_, value| !value.is_null());
    let prepared = AwsCatalog::new().prepare(&want.kind, &naming, &document);
    let document = prepared.expect("a kind").expect("what AWS could show").document;
    let mut facts = want.predicted.clone();
    facts.extend(seen.facts.clone());
    let catalog = AwsCatalog::new();
    let ours = || Some(stack.claimant().owner(catalog.kind(&want.kind)?, want));
    let owner = seen.owner.as_deref().map_or_else(ours, owner);
    let kept = seen.prevent_destroy.unwrap_or(want.lifecycle.prevent_destroy);
    Live {
        kind: want.kind.clone(),
        identity: seen.identity.clone().unwrap_or_else(|| want.identity.clone()),
        document,
        facts,
        owner: protected(owner, kept),
        status: seen.status.clone().unwrap_or(Status::Current),
        holdings: seen.holdings.clone(),
        parent: None,
        held: seen.held,
        remark: seen.remark.clone(),
    }
}

fn protected(owner: Option<Owner>, prevent_destroy: bool) -> Option<Owner> {
    owner.map(|owner| Owner { prevent_destroy, ..owner })
}

fn owner(text: &str) -> Option<Owner> {
    let (stack, address) = text.split_once('/')?;
    let (stack, region) = match stack.split_once('@') {
        Some((stack, region)) => (stack, Some(region.to_owned())),
        None => (stack, None),
    };
    Some(Owner { region, ..Owner::new(stack, Address::new(address)) })
}

//! What the manual shows is sound: the examples of the kinds' pages, and the
//! stacks of `stacks/examples/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ccprov::aws::AwsCatalog;
use ccprov::model::{Catalog as _, Finding, Level, Mask, Place, Scene, Stack, Verdict};
use ccprov::plan::{Permissions, Purpose, World, guard, plan};
use ccprov::report::diagnostics_text;
use ccprov::spec;
use ccprov::verify::{Choice, judge};

use crate::support::binary::Ccprov;
use crate::support::emulator::{self, root};

#[test]
fn those_of_every_kind_are_sound() {
    let catalog = AwsCatalog::new();
    for kind in catalog.kinds() {
        assert_eq!(kind.examples.len(), 2, "{} has an example and one for production", kind.name);
        for text in &kind.examples {
            assert!(text.starts_with("# "), "{}: {text}\nsays not what it is", kind.name);
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("stack.yaml");
            fs::write(&path, text).expect("a file");
            let stack = sound(&path);
            let of_kind = stack.resources.values().any(|want| want.kind == kind.name);
            assert!(of_kind, "{}: {text}\nhas none of it", kind.name);
        }
    }
}

#[test]
fn stacks_are_sound() {
    for path in stacks() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert_eq!(sound(&path).name, name, "{}", path.display());
    }
}

#[test]
fn every_stack_is_in_the_list() {
    let list = fs::read_to_string(root().join("stacks/examples/README.md")).expect("a list");
    for path in stacks() {
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(list.contains(&format!("]({file})")), "stacks/examples/README.md lacks {file}");
    }
}

/// On an emulator that refuses what AWS would refuse. Another account's topic is
/// nobody's there.
#[test]
fn stacks_are_made_proven_and_removed() {
    let alone = |path: &PathBuf| !path.ends_with("cross-account.yaml");
    for path in stacks().into_iter().filter(alone) {
        let path = path.display().to_string();
        let ccprov = Ccprov::on(&emulator::ministack_enforcing_tls().account());
        let must = |arguments: &[&str]| {
            let done = ccprov.run(arguments);
            assert_eq!(done.code, Some(0), "{path}\n{done}");
        };
        must(&["plan", "--strict", &path]);
        must(&["apply", "-y", &path]);
        must(&["verify", &path]);
        // What a proof sends may lie in a queue still.
        must(&["destroy", "-y", "--allow-data-loss", &path]);
    }
}

fn stacks() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("stacks/examples")).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    let mut stacks: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    stacks.sort();
    assert!(!stacks.is_empty());
    stacks
}

/// The stack of a file that holds together, can be made of nothing, and of which
/// no rule finds anything to warn of.
fn sound(path: &Path) -> Stack {
    let stack = checked(path);
    let catalog = AwsCatalog::new();
    let permissions = Permissions { allow_data_loss: false };
    let drawn = plan(&stack, &World::default(), &catalog, permissions);
    let drawn = drawn.unwrap_or_else(|problems| panic!("{}", diagnostics_text(&problems)));
    let refusals = guard(&drawn, &stack, &catalog, Purpose::Apply, permissions);
    assert!(refusals.is_empty(), "{}", diagnostics_text(&refusals));
    let choice = Choice { least: Level::Warning, ..Choice::ALL };
    let judged = judge(&Scene::desired(&stack, &catalog), &choice);
    let findings: Vec<&Finding> = judged.iter().flat_map(|it| findings(&it.verdict)).collect();
    assert!(findings.is_empty(), "{}: {findings:#?}", path.display());
    stack
}

fn findings(verdict: &Verdict) -> &[Finding] {
    match verdict {
        Verdict::Noted { findings } | Verdict::Failed { findings } => findings,
        Verdict::Passed
        | Verdict::Skipped { .. }
        | Verdict::NotExercised { .. }
        | Verdict::CouldNotLook { .. } => &[],
    }
}

fn checked(path: &Path) -> Stack {
    let inputs = spec::Inputs {
        vars: BTreeMap::new(),
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let told = |problems: Vec<_>| -> ! { panic!("{}", diagnostics_text(&problems)) };
    let file = spec::load(path, &inputs).unwrap_or_else(|problems| told(problems));
    let place = Place {
        partition: "aws".to_owned(),
        account: "123456789012".to_owned(),
        region: file.region().expect("an example says its region").to_owned(),
        endpoint: None,
    };
    let checked = spec::check(&file, &place, &AwsCatalog::new(), &inputs);
    let checked = checked.unwrap_or_else(|problems| told(problems));
    assert!(checked.warnings.is_empty(), "{}", diagnostics_text(&checked.warnings));
    checked.stack
}

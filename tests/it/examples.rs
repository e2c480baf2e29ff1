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
use serde_json::Value;

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
            build(folder.path(), text);
            let stack = sound(&path);
            let of_kind = stack.resources.values().any(|want| want.kind == kind.name);
            assert!(of_kind, "{}: {text}\nhas none of it", kind.name);
        }
    }
}

#[test]
fn those_of_what_is_looked_up_only_are_sound() {
    for landmark in AwsCatalog::new().landmarks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("stack.yaml");
        fs::write(&path, &landmark.example).expect("a file");
        sound(&path);
        assert!(landmark.example.contains(&format!("kind: {}", landmark.name)));
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
/// nobody's there, and it has no Kafka.
#[test]
fn stacks_are_made_proven_and_removed() {
    let elsewhere = ["cross-account.yaml", "kafka.yaml"];
    let alone = |path: &PathBuf| !elsewhere.iter().any(|name| path.ends_with(name));
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

/// What editors underline is wrong, and what is right they leave alone.
#[test]
fn the_schemas_for_editors_take_them() {
    let catalog = AwsCatalog::new();
    let (of_stacks, of_patterns) = (spec::schema(&catalog), spec::pattern_schema(&catalog));
    let kinds = catalog.kinds().iter().flat_map(|kind| kind.examples.clone());
    let kinds = kinds.chain(catalog.landmarks().iter().map(|it| it.example.clone()));
    let read = |path: &Path| fs::read_to_string(path).expect("a file");
    for text in stacks().iter().map(|path| read(path)).chain(kinds) {
        assert_eq!(underlined(&of_stacks, &text), Vec::<String>::new(), "{text}");
    }
    let built_in = spec::PATTERNS.iter().map(|it| format!("stacks/patterns/{}.yaml", it.name));
    for path in built_in.chain(["stacks/examples/patterns/consumer.yaml".to_owned()]) {
        let text = read(&root().join(&path));
        assert_eq!(underlined(&of_patterns, &text), Vec::<String>::new(), "{path}");
        assert_ne!(underlined(&of_stacks, &text), Vec::<String>::new(), "{path} is no stack");
    }
    for wrong in [
        "parameters: {}",
        "resources: {}\nvars: {}",
        "parameters: { a: { type: float } }\nresources: {}",
        "resources: { a: { kind: sqs_queue, delay: 1 } }",
        "values: { a: [{ when: x }] }\nresources: {}",
    ] {
        assert_ne!(underlined(&of_patterns, wrong), Vec::<String>::new(), "{wrong}");
    }
}

fn underlined(schema: &Value, text: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let document: Value = serde_saphyr::from_str(text).expect("YAML");
    validator.iter_errors(&document).map(|error| error.to_string()).collect()
}

/// README's first stack, step by step. What it leaves out is `...`; whoever runs a
/// test is not asked, and an emulator's queues have other hosts.
#[test]
fn the_first_stack_of_the_readme_goes_as_it_shows() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    let (_, steps) = readme.split_once("## First stack").expect("a first stack");
    let blocks = |language: &str| -> Vec<String> {
        let fence = format!("   ```{language}\n");
        let after = steps.split(&fence).skip(1);
        after.map(|block| block.split("   ```").next().unwrap_or_default().to_owned()).collect()
    };
    let plain = |block: &String| -> Vec<String> {
        block.lines().map(|line| line.get(3..).unwrap_or("").to_owned() + "\n").collect()
    };
    let stack = plain(&blocks("yaml")[0]).concat();
    let ccprov = Ccprov::on(&emulator::ministack_enforcing_tls().account()).at_home();
    let write = |text: &str| fs::write(ccprov.home().join("orders.yaml"), text).expect("a file");
    write(&stack);
    let shown: Vec<String> = blocks("console").iter().flat_map(plain).collect();
    let (first, change) =
        shown.split_at(shown.iter().position(|l| l.starts_with("~ ")).expect("~"));
    for (command, lines) in sessions(first) {
        let done = run(&ccprov, &command);
        assert_shows(&done, &lines);
    }
    write(&stack.replace("visibility_timeout_seconds: 60", "visibility_timeout_seconds: 90"));
    assert_shows(&run(&ccprov, "plan orders.yaml"), change);
    let gone = run(&ccprov, "destroy --stack orders-dev --region eu-central-1");
    assert!(gone.contains("Destroy complete! Resources: 2 destroyed."), "{gone}");
}

/// Every command of a console with the lines that it shows.
fn sessions(shown: &[String]) -> Vec<(String, Vec<String>)> {
    let mut sessions: Vec<(String, Vec<String>)> = Vec::new();
    for line in shown {
        match (line.strip_prefix("$ ccprov "), sessions.last_mut()) {
            (Some(command), _) => sessions.push((command.trim().to_owned(), Vec::new())),
            (None, Some((_, lines))) => lines.push(line.clone()),
            (None, None) => {}
        }
    }
    sessions
}

/// What a command writes, in an order that a terminal may show.
fn run(ccprov: &Ccprov, command: &str) -> String {
    let mut arguments: Vec<&str> = command.split(' ').collect();
    if ["apply", "destroy"].contains(&arguments[0]) {
        arguments.push("-y");
    }
    let done = ccprov.run(&arguments);
    assert_eq!(done.code, Some(0), "{done}");
    format!("{}{}", done.stdout, done.stderr)
}

fn assert_shows(done: &str, lines: &[String]) {
    for line in lines.iter().map(|line| line.trim_end()) {
        let line = match line.rsplit_once('/') {
            Some((host, name)) if host.starts_with("https://sqs.") => name,
            Some(_) | None => line,
        };
        let is_asked = line.starts_with("Apply this plan?");
        assert!(line == "..." || is_asked || done.contains(line), "README shows {line:?}:\n{done}");
    }
}

/// Makes the code that an example takes of its checkout.
fn build(checkout: &Path, example: &str) {
    for sort in ["file", "folder"] {
        let begins = format!("{{ {sort}: build/");
        let taken = example.split(&begins).skip(1);
        for path in taken.filter_map(|rest| rest.split([',', ' ']).next()) {
            let path = checkout.join("build").join(path);
            let file = if sort == "folder" { path.join("bootstrap") } else { path };
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder of our own");
            fs::write(file, "of an example").expect("a file of our own");
        }
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
        ambient: BTreeMap::new(),
        files: &[],
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

//! Systems of shapes that people run, none of them wrong: each goes through its
//! whole life without a word that asks for something to be done.
//!
//! A new one is a file in `cases/`, or a folder of stack files that one command takes
//! together; what these extend is in a folder within. Where a rule speaks up about one of them
//! above a note, either the system has something that a good engineer would
//! change, and does not belong here, or the rule is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use crate::support::binary::Transcript;
use crate::support::emulator::{Emulator, ministack_enforcing_tls, root};
use crate::transcripts::Desk;

/// As many lives at a time as keep two processors busy.
const SIDE_BY_SIDE: usize = 4;

/// Of each stack alone.
const ON_PAPER: [&str; 2] = ["validate", "validate --rules"];

/// Of all stacks of a system together. In this order, each ends well. The plan in the middle
/// is empty. A queue that a bucket tells of its events holds the test message that S3 sends.
const LIFE: [&str; 6] = [
    "plan --strict",
    "apply -y",
    "verify",
    "plan --detailed-exitcode",
    "destroy -y --allow-data-loss",
    "plan --destroy --detailed-exitcode",
];

/// The files of a system: their paths, each with its text.
type Files = BTreeMap<String, String>;

#[test]
fn sound_systems_live_without_a_complaint() {
    let cases = cases();
    assert!(cases.len() >= 17, "{:?}", cases.keys());
    let emulator = ministack_enforcing_tls();
    let (left, complaints) = (Mutex::new(cases.into_iter()), Mutex::new(Vec::new()));
    let next = || left.lock().expect("nobody fails while holding it").next();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((name, files)) = next() {
                    let told = complaints_of(&name, &files, emulator);
                    complaints.lock().expect("nobody fails while holding it").extend(told);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("nobody fails while holding it");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// Every case with its files.
fn cases() -> BTreeMap<String, Files> {
    let mut cases = BTreeMap::<String, Files>::new();
    let folder = root().join("tests/it/systems/cases");
    for (path, text) in files_below(&folder) {
        let name = path.split(['/', '.']).next().unwrap_or_default().to_owned();
        let path = path.strip_prefix(&format!("{name}/")).unwrap_or(&path).to_owned();
        cases.entry(name).or_default().insert(path, text);
    }
    cases
}

/// Every file of a folder and of those within: by its path from there.
fn files_below(folder: &Path) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(folder).expect("a folder of cases") {
        let path = entry.expect("a case").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            let within = files_below(&path).into_iter();
            files.extend(within.map(|(path, text)| (format!("{name}/{path}"), text)));
        } else {
            files.insert(name, fs::read_to_string(&path).expect("a text"));
        }
    }
    files
}

/// The life of one system, as far as it goes well.
fn complaints_of(name: &str, files: &Files, emulator: &Emulator) -> Option<String> {
    let desk = Desk::with(emulator.account(), "");
    for (path, text) in files {
        desk.write(path, text);
    }
    let stacks: Vec<&str> =
        files.keys().map(String::as_str).filter(|path| !path.contains('/')).collect();
    let alone =
        ON_PAPER.iter().flat_map(|line| stacks.iter().map(move |it| format!("{line} {it}")));
    let together = LIFE.iter().map(|line| format!("{line} {}", stacks.join(" ")));
    alone.chain(together).find_map(|line| {
        let transcript = desk.run(&line);
        let is_well = transcript.code == Some(0) && !complains(&transcript);
        (!is_well).then(|| format!("{name}: {transcript}"))
    })
}

/// Whether anything is told that is not only worth knowing.
fn complains(transcript: &Transcript) -> bool {
    let lines = transcript.stdout.lines().chain(transcript.stderr.lines());
    lines.map(str::trim_start).any(|line| {
        ["warning:", "error:", "✗", "?"].iter().any(|complaint| line.starts_with(complaint))
    })
}

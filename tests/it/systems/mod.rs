//! Systems of shapes that people run, none of them wrong: each goes through its
//! whole life without a word that asks for something to be done.
//!
//! A new one is a file in `cases/`. Where a rule speaks up about one of them
//! above a note, either the system has something that a good engineer would
//! change, and does not belong here, or the rule is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Mutex;
use std::thread;

use crate::support::binary::Transcript;
use crate::support::emulator::{Emulator, ministack_enforcing_tls, root};
use crate::transcripts::Desk;

/// As many lives at a time as keep two processors busy.
const SIDE_BY_SIDE: usize = 4;

/// In this order, each ends well. The plan in the middle is empty. A queue that a
/// bucket tells of its events holds the test message that S3 sends.
const LIFE: [&str; 8] = [
    "validate stack.yaml",
    "validate --rules stack.yaml",
    "plan --strict stack.yaml",
    "apply -y stack.yaml",
    "verify stack.yaml",
    "plan --detailed-exitcode stack.yaml",
    "destroy -y --allow-data-loss stack.yaml",
    "plan --destroy --detailed-exitcode stack.yaml",
];

#[test]
fn sound_systems_live_without_a_complaint() {
    let cases = cases();
    assert!(cases.len() >= 15, "{:?}", cases.keys());
    let emulator = ministack_enforcing_tls();
    let (left, complaints) = (Mutex::new(cases.into_iter()), Mutex::new(Vec::new()));
    let next = || left.lock().expect("nobody fails while holding it").next();
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((name, text)) = next() {
                    let told = complaints_of(&name, &text, emulator);
                    complaints.lock().expect("nobody fails while holding it").extend(told);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("nobody fails while holding it");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// Every case with its text.
fn cases() -> BTreeMap<String, String> {
    let files = fs::read_dir(root().join("tests/it/systems/cases")).expect("a folder of cases");
    let files = files.map(|file| file.expect("a case").path());
    files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect()
}

/// The life of one system, as far as it goes well.
fn complaints_of(name: &str, text: &str, emulator: &Emulator) -> Option<String> {
    let desk = Desk::with(emulator.account(), text);
    LIFE.iter().find_map(|line| {
        let transcript = desk.run(line);
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

//! The corpus of the fuzzer, as it is and spoiled in a thousand ways, on stable
//! Rust. `fuzz/` runs the same targets for as long as one likes.

mod targets;

use std::fs;
use std::panic::catch_unwind;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::support::emulator::root;

type Target = fn(&[u8]);

/// Every run throws the same inputs. Another number throws others.
const SEED: u8 = 1;

/// Spoiled inputs for each target that takes microseconds.
const MANY: u32 = 2_000;
/// For each that works out whole stacks.
const SOME: u32 = 100;

/// A target of `fuzz/`, and how many spoiled inputs it is worth in each run.
const TARGETS: &[(&str, Target, u32)] = &[
    ("plan_file", targets::plan_file, MANY),
    ("policy", targets::policy, MANY),
    ("references", targets::references, SOME),
    ("stack_file", targets::stack_file, SOME),
];

#[test]
fn the_corpus_does_no_harm() {
    for (name, target, _) in TARGETS {
        for (file, bytes) in corpus(name) {
            let ended = catch_unwind(|| target(&bytes));
            assert!(ended.is_ok(), "fuzz/corpus/{name}/{file} does; what, stands above");
        }
    }
}

#[test]
fn a_spoiled_corpus_does_no_harm() {
    for (name, target, runs) in TARGETS {
        let corpus: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, bytes)| bytes).collect();
        let config = Config { cases: *runs, failure_persistence: None, ..Config::default() };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[SEED; 32]);
        let inputs = (any::<Index>(), any::<Index>(), vec(spoiling(), 1..6)).prop_map(
            |(first, other, spoilings)| {
                let (first, other) = (first.get(&corpus), other.get(&corpus));
                spoilings.iter().fold(first.clone(), |bytes, how| how.applied(bytes, other))
            },
        );
        let found = TestRunner::new_with_rng(config, rng).run(&inputs, |bytes| {
            target(&bytes);
            Ok(())
        });
        if let Err(problem) = found {
            panic!("{name}, seed {SEED}, bytes as a file of fuzz/corpus/{name}: {problem}");
        }
    }
}

/// Every target has its binary, which is the function of the same name.
#[test]
fn every_target_is_a_binary_with_a_corpus() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("a manifest");
    let found = manifest.matches("[[bin]]").count();
    assert_eq!(found, TARGETS.len());
    for (name, ..) in TARGETS {
        let path = format!("fuzz_targets/{name}.rs");
        assert!(manifest.contains(&format!("path = \"{path}\"")), "{path}");
        let text = fs::read_to_string(root().join("fuzz").join(&path)).expect("a binary");
        assert!(text.contains(&format!("targets::{name}(bytes)")), "{path}");
        assert!(corpus(name).len() >= 3, "{name} has hardly a corpus");
    }
}

/// What was kept for a target: its file names and what is in them.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = fs::read_dir(root().join("fuzz/corpus").join(name)).expect("a corpus");
    let mut files: Vec<(String, Vec<u8>)> = folder
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// One way to make an input worse.
#[derive(Clone, Debug)]
enum Spoiling {
    /// Other bits in a byte.
    Flip(Index, u8),
    /// Nothing from here on.
    Truncate(Index),
    /// A part of another input.
    Splice(Index, Index, Index),
    /// A part so many times.
    Repeat(Index, Index, usize),
    /// Nothing between two places.
    Cut(Index, Index),
    /// Something that means much to a parser.
    Insert(Index, &'static str),
}

fn spoiling() -> impl Strategy<Value = Spoiling> {
    const MEANINGFUL: &[&str] = &[
        "${", "}", "{", "[", "]", "\"", "'", ":", ": ", "\n", "\t", "\0", "*a", "&a ", "<<: ",
        "- ", "---\n", "!x ", "|\n", "~", ".", "\\", "\\ud800", "\u{1}", "\u{feff}", "\u{fc}",
        "1e999", "-1", "null", "each.key", "var.", "\r\n",
    ];
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, bits)| Spoiling::Flip(at, bits)),
        at().prop_map(Spoiling::Truncate),
        (at(), at(), at()).prop_map(|(at, from, to)| Spoiling::Splice(at, from, to)),
        (at(), at(), 2..40_usize).prop_map(|(from, to, times)| Spoiling::Repeat(from, to, times)),
        (at(), at()).prop_map(|(from, to)| Spoiling::Cut(from, to)),
        (at(), proptest::sample::select(MEANINGFUL))
            .prop_map(|(at, text)| Spoiling::Insert(at, text)),
    ]
}

impl Spoiling {
    fn applied(&self, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
        /// No input needs to be larger to be hostile.
        const LARGEST: usize = 64 * 1024;
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        let part = |from: &Index, to: &Index, bytes: &[u8]| {
            let (from, to) = (place(from, bytes), place(to, bytes));
            from.min(to)..from.max(to)
        };
        match self {
            Self::Flip(at, bits) => {
                let at = place(at, &bytes);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bits);
            }
            Self::Truncate(at) => bytes.truncate(place(at, &bytes)),
            Self::Splice(at, from, to) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, other[part(from, to, other)].iter().copied());
            }
            Self::Repeat(from, to, times) => {
                let part = part(from, to, &bytes);
                let more = bytes[part.clone()].repeat(*times);
                bytes.splice(part, more);
            }
            Self::Cut(from, to) => {
                bytes.drain(part(from, to, &bytes));
            }
            Self::Insert(at, text) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, text.bytes());
            }
        }
        bytes.truncate(LARGEST);
        bytes
    }
}

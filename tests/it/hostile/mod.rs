//! Stack files that are wrong, and exactly what their writers are told.
//!
//! `cases/AREA.txt` holds the files (`case` says in which form), and
//! `snapshots/` what a terminal shows for each. A golden file is to be read as
//! by the person who made the mistake: does it point at the right characters,
//! does it say what is wrong in words of the stack file, does it say what to
//! try? What must hold for all of them is asserted here.

mod case;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use ccprov::model::{Diagnostic, Severity};
use ccprov::report::diagnostics_text;

use self::case::Case;

/// Every file of `cases/`, in the order in which a stack file is understood.
const AREAS: &[(&str, &str)] = &[
    ("syntax", include_str!("cases/syntax.txt")),
    ("limits", include_str!("cases/limits.txt")),
    ("header", include_str!("cases/header.txt")),
    ("moved", include_str!("cases/moved.txt")),
    ("extends", include_str!("cases/extends.txt")),
    ("uses", include_str!("cases/uses.txt")),
    ("variables", include_str!("cases/variables.txt")),
    ("declarations", include_str!("cases/declarations.txt")),
    ("references", include_str!("cases/references.txt")),
    ("elsewhere", include_str!("cases/elsewhere.txt")),
    ("entries", include_str!("cases/entries.txt")),
    ("for_each", include_str!("cases/for_each.txt")),
    ("patterns", include_str!("cases/patterns.txt")),
    ("language", include_str!("cases/language.txt")),
    ("skips", include_str!("cases/skips.txt")),
    ("probes", include_str!("cases/probes.txt")),
    ("existing", include_str!("cases/existing.txt")),
    ("queues", include_str!("cases/queues.txt")),
    ("topics", include_str!("cases/topics.txt")),
    ("buckets", include_str!("cases/buckets.txt")),
    ("keys", include_str!("cases/keys.txt")),
    ("state_machines", include_str!("cases/state_machines.txt")),
    ("groups", include_str!("cases/groups.txt")),
    ("iam", include_str!("cases/iam.txt")),
    ("policies", include_str!("cases/policies.txt")),
    ("controls", include_str!("cases/controls.txt")),
];

/// Nothing that is told of one problem is longer, however large the file: a
/// list of thirty names, each cut short.
const LONGEST_TEXT: usize = 3_000;
/// Longer lines of a file are not shown.
const LONGEST_LINE: usize = 500;
/// A hundred, and the one that says how many more there are.
const MOST_PROBLEMS: usize = 101;

#[test]
fn every_mistake_is_told_in_words_of_the_stack_file() {
    let mut complaints = Vec::new();
    for (area, text) in AREAS {
        let mut golden = Vec::new();
        for case in case::read(text) {
            let problems = case.problems();
            complaints.extend(complaints_about(&case.title, &problems));
            golden.push(told(&case.title, &problems));
        }
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(*area, golden.join("\n"));
        });
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn there_are_two_hundred_and_no_two_are_alike() {
    let cases: Vec<Case> = AREAS.iter().flat_map(|(_, text)| case::read(text)).collect();
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let titles: BTreeSet<&str> = cases.iter().map(|case| case.title.as_str()).collect();
    assert_eq!(titles.len(), cases.len(), "two cases have one title");
    let mut files = BTreeMap::new();
    for case in &cases {
        let same = files.insert(&case.files, &case.title);
        assert_eq!(same, None, "{} is the same file", case.title);
    }
}

/// The case as its golden file has it: what a terminal shows, without colours.
/// Of a hundred problems it has the first ones and the last.
fn told(title: &str, problems: &[Diagnostic]) -> String {
    const MOST: usize = 12;
    let shown = match problems {
        [first, second, .., last] if problems.len() > MOST => {
            &[first.clone(), second.clone(), last.clone()]
        }
        few => few,
    };
    let text = anstream::adapter::strip_str(&diagnostics_text(shown)).to_string();
    format!("#### {title}\n{}", text.replace("\n\n", "\n"))
}

/// What no diagnostic may be, whatever it says.
fn complaints_about(title: &str, problems: &[Diagnostic]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut complain = |what: String| complaints.push(format!("{title}: {what}"));
    if problems.is_empty() || problems.len() > MOST_PROBLEMS {
        complain(format!("{} problems", problems.len()));
    }
    for problem in problems {
        let place = problem.location.as_ref();
        let is_count = problem.summary.ends_with("more problems are not shown");
        match place {
            None if is_count => {}
            None => complain(format!("no place: {}", problem.summary)),
            Some(at) if at.text.chars().count() > LONGEST_LINE => complain("a long line".into()),
            Some(_) => {}
        }
        if problem.severity != Severity::Error {
            complain(format!("a warning: {}", problem.summary));
        }
        let texts = [Some(&problem.summary), problem.detail.as_ref()];
        for text in texts.into_iter().flatten().chain(&problem.hints) {
            if text.chars().count() > LONGEST_TEXT {
                complain(format!("{} characters", text.chars().count()));
            } else if let Some(word) = JARGON.iter().find(|word| text.contains(**word)) {
                complain(format!("`{word}` means nothing to users: {text}"));
            }
        }
    }
    complaints
}

/// Words of those who write the program.
const JARGON: &[&str] = &[
    "invalid type",
    "invalid value",
    "invalid length",
    "struct",
    "variant",
    "expected",
    "deserialize",
    "serde",
    "saphyr",
    "None",
    "Some(",
    "Err(",
    "u32",
    "i64",
    "sequence",
    "mapping",
    "scalar",
    "recursion limit",
];

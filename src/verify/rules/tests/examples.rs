//! Every example of the pages is a stack that could be written so, and that no
//! rule warns of: what a page teaches is sound.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{AwsCatalog, RULES, checked};
use crate::model::{Scene, Verdict};
use crate::verify::{Choice, judge};

/// One block of YAML of a page.
#[derive(Debug)]
struct Example {
    page: String,
    line: usize,
    text: String,
}

/// Pages for users; those of the checks have a test of their own.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("docs/checks") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

fn examples(page: &Path) -> Vec<Example> {
    let text = fs::read_to_string(page).unwrap();
    let mut examples: Vec<Example> = Vec::new();
    let mut open = None;
    for (line, text) in text.lines().enumerate() {
        match open {
            None if text.trim() == "```yaml" => {
                // A block may be part of a list, and is indented with it.
                open = Some(text.len() - text.trim_start().len());
                let page = page.display().to_string();
                examples.push(Example { page, line: line + 1, text: String::new() });
            }
            Some(_) if text.trim() == "```" => open = None,
            Some(indent) => {
                let example = examples.last_mut().unwrap();
                example.text.extend([text.get(indent..).unwrap_or_default(), "\n"]);
            }
            None => {}
        }
    }
    examples
}

impl Example {
    fn has(&self, key: &str) -> bool {
        self.text.lines().any(|line| line.starts_with(&format!("{key}:")))
    }

    /// The file that its first line names.
    fn file(&self) -> Option<&str> {
        self.text.lines().next()?.strip_prefix("# ").filter(|name| name.contains(".yaml"))
    }

    /// A whole stack file, with what the page's words say around it; `None` for
    /// what declares nothing.
    fn stack(&self) -> Option<String> {
        let mut text = self.text.clone();
        if self.has("policy") {
            let indented = text.lines().fold(String::new(), |all, line| all + "    " + line + "\n");
            text = format!("resources:\n  queue:\n    kind: sqs_queue\n{indented}");
        } else if self.has("checks") {
            let audit = "  claimcheck:\n    for_each: [audit]\n    kind: sqs_queue\n";
            text = format!("resources:\n{audit}{text}");
        } else if !self.has("resources") || self.has("parameters") || self.text.contains("\"<") {
            // A part, a pattern, or the outline of a kind.
            return None;
        }
        for (used, resource) in [("${topic.", "topic"), ("${queue.", "queue")] {
            if text.contains(used) && !text.contains(&format!("  {resource}:")) {
                let more = format!("resources:\n  {resource}: {{ kind: sns_topic }}\n");
                text = text.replacen("resources:\n", &more, 1);
            }
        }
        if text.contains("${var.") && !self.has("vars") {
            text.push_str("vars: { max_receives: 5, readers: { type: list, nullable: true } }\n");
        }
        if !self.has("stack") {
            text.push_str("stack: example\n");
        }
        if !self.has("region") && !self.has("extends") {
            text.push_str("region: us-east-1\n");
        }
        Some(text)
    }
}

/// Makes what an example takes of its checkout: all of it lies in `build`.
fn build(checkout: &Path, example: &str) {
    for sort in ["file", "folder"] {
        let begins = format!("{{ {sort}: build/");
        let taken = example.split(&begins).skip(1);
        for path in taken.filter_map(|rest| rest.split([',', ' ']).next()) {
            let path = checkout.join("build").join(path);
            let file = if sort == "folder" { path.join("bootstrap") } else { path };
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "of an example").unwrap();
        }
    }
}

#[test]
fn what_the_pages_teach_is_sound() {
    let mut judged: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages() {
        let folder = tempfile::tempdir().unwrap();
        let examples = examples(&page);
        for example in &examples {
            if let Some(name) = example.file() {
                let path = folder.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &example.text).unwrap();
            }
        }
        let base = "region: us-east-1\nresources: { audit: { kind: sqs_queue }, queue: { kind: sqs_queue } }\n";
        fs::create_dir_all(folder.path().join("stacks")).unwrap();
        for name in ["base.yaml", "stacks/base.yaml"] {
            fs::write(folder.path().join(name), base).unwrap();
        }
        for example in &examples {
            let Some(text) = example.stack() else { continue };
            // What an example leaves to the environment.
            let text = text.replace(
                "{ type: string, sensitive: true }",
                "{ type: string, default: of-a-test, sensitive: true }",
            );
            let path = folder.path().join("example.yaml");
            build(folder.path(), &text);
            fs::write(&path, text).unwrap();
            let Example { page, line, .. } = example;
            let checked = checked(&path, &["dead_letter_queue"]);
            let checked = checked.unwrap_or_else(|found| panic!("{page}:{line}: {found:#?}"));
            let scene = Scene::desired(&checked.stack, &AwsCatalog::new());
            // As `plan --strict` does it.
            for result in judge(&scene, &Choice::ALL) {
                let is_failed = matches!(result.verdict, Verdict::Failed { .. });
                assert!(!is_failed, "{page}:{line}: {result:#?}");
            }
            *judged.entry(page.clone()).or_default() += 1;
        }
    }
    let counted: usize = judged.values().sum();
    assert!(judged.keys().any(|page| page.ends_with("README.md")), "{judged:?}");
    assert!(counted >= 9, "the examples of the pages are found: {judged:?}");
}

/// What the page of a check shows can be pasted into a stack file, and leaves
/// the check out.
#[test]
fn what_the_page_of_a_check_shows_can_be_pasted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks");
    let mut pasted = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let page = entry.unwrap().path();
        for Example { text, .. } in examples(&page) {
            let text = text.replace("NAME", "queue").replace("WHY", "it does not matter here");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("stack.yaml");
            let stack = "stack: dev\nregion: us-east-1\nresources: { queue: { kind: sqs_queue } }";
            fs::write(&path, format!("{stack}\n{text}")).unwrap();
            let check = page.file_stem().unwrap().to_str().unwrap().to_owned();
            let checked = checked(&path, &[&check]);
            let checked = checked.unwrap_or_else(|found| panic!("{}: {found:#?}", page.display()));
            let skips = checked.stack.skips;
            assert_eq!(skips.len(), 1, "{}", page.display());
            assert_eq!(skips[0].check, check);
            assert_eq!(skips[0].reason, "it does not matter here");
            pasted += 1;
        }
    }
    assert!(pasted >= RULES.len(), "{pasted}");
}

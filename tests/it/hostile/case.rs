//! The form of `cases/*.txt`, and how a case is run.
//!
//! `#### TITLE` begins a case. What follows is `stack.yaml`, up to the next
//! case or `++++ PATH`, which begins a further file; `++++ PATH -> TARGET` is a
//! link and `++++ PATH/` a folder. What an editor would spoil is written as
//! `<<HEX FF 00>>`, bytes, and `<<20 * TEXT>>`, which repeats: `\n` in TEXT is
//! a line break, `{n}` counts from 1 and `{m}` is one more.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ccprov::aws::AwsCatalog;
use ccprov::model::{Diagnostic, Mask, Place};
use ccprov::spec::{self, Inputs};

/// Made once: every kind derives its schema.
static CATALOG: LazyLock<AwsCatalog> = LazyLock::new(AwsCatalog::new);

/// Some files, the first of which is the stack file.
pub(super) struct Case {
    pub(super) title: String,
    pub(super) files: Vec<(String, Vec<u8>)>,
}

/// Every case of a text.
pub(super) fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.split_inclusive('\n') {
        if let Some(title) = line.strip_prefix("#### ") {
            let files = vec![("stack.yaml".to_owned(), Vec::new())];
            cases.push(Case { title: title.trim_end().to_owned(), files });
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        match (line.strip_prefix("++++ "), case.files.last_mut()) {
            (Some(path), _) => case.files.push((path.trim_end().to_owned(), Vec::new())),
            (None, Some((_, bytes))) => bytes.extend(decoded(line)),
            (None, None) => {}
        }
    }
    cases
}

fn decoded(line: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("<<") {
        let made = after.split_once(">>").and_then(|(code, rest)| Some((made_by(code)?, rest)));
        bytes.extend_from_slice(before.as_bytes());
        rest = if let Some((made, rest)) = made {
            bytes.extend(made);
            rest
        } else {
            // A merge key of YAML.
            bytes.extend_from_slice(b"<<");
            after
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn made_by(code: &str) -> Option<Vec<u8>> {
    if let Some(bytes) = code.strip_prefix("HEX ") {
        return bytes.split(' ').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    }
    let (times, text) = code.split_once(" * ")?;
    let text = text.replace("\\n", "\n");
    let times: usize = times.parse().ok()?;
    let turn = |n: usize| {
        text.replace("{n}", &n.to_string()).replace("{m}", &(n + 1).to_string()).into_bytes()
    };
    Some((1..=times).flat_map(turn).collect())
}

impl Case {
    /// What `ccprov validate stack.yaml` tells, run beside the files.
    pub(super) fn problems(&self) -> Vec<Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        // Two folders deep: a stack may read what lies beside its own folder.
        let home = folder.path().canonicalize().unwrap().join("checkout/stacks");
        fs::create_dir_all(&home).unwrap();
        for (name, bytes) in &self.files {
            write(&home, name, bytes);
        }
        let environment = |name: &str| Ok((name == "USER").then(|| "jane".to_owned()));
        let mask = Mask::default();
        let inputs = Inputs {
            vars: BTreeMap::new(),
            ambient: BTreeMap::new(),
            files: &[],
            env: &environment,
            checks: &["dead_letter_queue", "encrypted", "tls_only"],
            mask: &mask,
        };
        let mut problems = problems(&home.join("stack.yaml"), &inputs);
        let here = format!("{}/", home.display());
        for problem in &mut problems {
            problem.summary = problem.summary.replace(&here, "");
            problem.summary = problem.summary.replace(here.trim_end_matches('/'), ".");
            problem.detail = problem.detail.as_ref().map(|text| text.replace(&here, ""));
            problem.hints.iter_mut().for_each(|hint| *hint = hint.replace(&here, ""));
            if let Some(at) = &mut problem.location {
                at.file = at.file.replace(&here, "");
            }
        }
        problems
    }
}

fn write(home: &Path, name: &str, bytes: &[u8]) {
    if let Some((link, target)) = name.split_once(" -> ") {
        std::os::unix::fs::symlink(target, home.join(link)).unwrap();
    } else if name.ends_with('/') {
        fs::create_dir_all(home.join(name)).unwrap();
    } else {
        let path = home.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

fn problems(path: &Path, inputs: &Inputs<'_>) -> Vec<Diagnostic> {
    let file = match spec::load(path, inputs) {
        Ok(file) => file,
        Err(problems) => return problems,
    };
    let place = Place {
        partition: "aws".to_owned(),
        account: file.account().unwrap_or("123456789012").to_owned(),
        region: file.region().unwrap_or("eu-central-1").to_owned(),
        endpoint: None,
    };
    match spec::check(&file, &place, &*CATALOG, inputs) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    }
}

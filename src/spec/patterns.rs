//! The patterns that come with the program, and those that a stack brought.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::contents::Contents;
use super::files::{self, Reach};
use super::pattern::{self, Pattern};
use super::shape;
use super::source::{Mark, Source};
use super::suggest::{did_you_mean, listed};
use super::tree::Map;
use super::yaml;
use crate::model::Diagnostic;

/// The built-in patterns, sorted by name. A new one is a file in
/// `stacks/patterns/`, a stack in `stacks/examples/` that uses it, and an entry here.
pub static PATTERNS: &[BuiltIn] = &[
    BuiltIn {
        name: "claim_check",
        text: include_str!("../../stacks/patterns/claim_check.yaml"),
        example: include_str!("../../stacks/examples/claim-check.yaml"),
    },
    BuiltIn {
        name: "event_bus",
        text: include_str!("../../stacks/patterns/event_bus.yaml"),
        example: include_str!("../../stacks/examples/event-bus.yaml"),
    },
    BuiltIn {
        name: "kafka",
        text: include_str!("../../stacks/patterns/kafka.yaml"),
        example: include_str!("../../stacks/examples/kafka.yaml"),
    },
    BuiltIn {
        name: "queue_set",
        text: include_str!("../../stacks/patterns/queue_set.yaml"),
        example: include_str!("../../stacks/examples/queue-set.yaml"),
    },
];

/// One pattern that is part of the program.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What a stack file calls it.
    pub name: &'static str,
    /// Its YAML.
    pub text: &'static str,
    /// A whole stack file that uses it.
    pub example: &'static str,
}

impl BuiltIn {
    /// The pattern, read. `problems` stays empty unless the program was built
    /// with a broken pattern.
    pub(super) fn read(&self) -> (Pattern, Vec<Diagnostic>) {
        let source = Source::text(format!("<pattern {}>", self.name), self.text);
        match yaml::parse(&source, self.text) {
            Ok(root) => pattern::read(&root),
            Err(problem) => {
                let (nothing, _) = pattern::read(&super::tree::Node::text("", &source.start()));
                (nothing, vec![problem])
            }
        }
    }
}

/// The patterns that a stack uses, by the file that names one and the name
/// that it uses.
#[derive(Debug, Default)]
pub(super) struct Library {
    patterns: BTreeMap<(String, String), Arc<Pattern>>,
    /// What stands in other files.
    pub(super) contents: Contents,
}

impl Library {
    /// The pattern that `name` means in the file that `at` points into. `None`
    /// where loading found no such pattern, and told so.
    pub(super) fn find(&self, name: &str, at: &Mark) -> Option<&Pattern> {
        let file = if is_path(name) { at.source.name.clone() } else { String::new() };
        self.patterns.get(&(file, name.to_owned())).map(Arc::as_ref)
    }

    /// Every pattern that was read for a stack.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.patterns.values().map(Arc::as_ref)
    }

    /// Reads the files that something in the root of a stack, or in a pattern, may mean.
    pub(super) fn read_contents(&mut self, root: &Map, reach: &Reach) {
        self.contents.gather(root, reach);
        for pattern in self.patterns.values() {
            let defaults = pattern.parameters.values().filter_map(|it| it.default.as_ref());
            defaults.for_each(|node| self.contents.gather_within(node, reach));
            for entries in [&pattern.values, &pattern.resources, &pattern.outputs, &pattern.probes]
            {
                self.contents.gather(entries, reach);
            }
        }
    }
}

/// Gathers every pattern that some resources use, and that those patterns use
/// in turn.
pub(super) struct Gathering<'a> {
    pub(super) reach: &'a Reach,
    pub(super) built_in: &'a [BuiltIn],
    /// Every file read so far, whatever it is called where.
    pub(super) read: BTreeMap<PathBuf, Arc<Pattern>>,
    pub(super) library: Library,
    pub(super) problems: Vec<Diagnostic>,
}

impl Gathering<'_> {
    /// Adds the patterns that these resources use.
    pub(super) fn gather(&mut self, resources: &Map) {
        // A list of what is still to be looked through, and no recursion: the
        // chain of files may be as long as a hostile checkout likes.
        let mut waiting = self.used_by(resources);
        while let Some(pattern) = waiting.pop() {
            waiting.extend(self.used_by(&pattern.resources));
        }
    }

    /// The patterns that were not known before.
    fn used_by(&mut self, resources: &Map) -> Vec<Arc<Pattern>> {
        let names: Vec<(String, Mark)> = resources
            .values()
            .filter_map(|entry| entry.node.get("pattern"))
            .filter_map(|node| Some((node.as_text()?.to_owned(), node.at.clone())))
            .collect();
        names.iter().filter_map(|(name, at)| self.add(name, at)).collect()
    }

    fn add(&mut self, name: &str, at: &Mark) -> Option<Arc<Pattern>> {
        if self.library.find(name, at).is_some() {
            return None;
        }
        let (file, found) = if is_path(name) {
            (at.source.name.clone(), self.open(name, at))
        } else {
            (String::new(), self.choose(name, at))
        };
        match found {
            Ok((pattern, is_new)) => {
                self.library.patterns.insert((file, name.to_owned()), Arc::clone(&pattern));
                is_new.then_some(pattern)
            }
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// A pattern from a file, and whether it was not read before.
    fn open(&mut self, name: &str, at: &Mark) -> Result<(Arc<Pattern>, bool), Diagnostic> {
        let (path, called) = self.reach.resolve(name, at)?;
        if let Some(pattern) = self.read.get(&path) {
            return Ok((Arc::clone(pattern), false));
        }
        let (_, root) =
            files::read(&path, &called).map_err(|problem| files::named_at(problem, Some(at)))?;
        let (pattern, problems) = pattern::read(&root);
        self.problems.extend(problems);
        let pattern = Arc::new(pattern);
        self.read.insert(path, Arc::clone(&pattern));
        Ok((pattern, true))
    }

    fn choose(&mut self, name: &str, at: &Mark) -> Result<(Arc<Pattern>, bool), Diagnostic> {
        let Some(built_in) = self.built_in.iter().find(|candidate| candidate.name == name) else {
            let names = || self.built_in.iter().map(|candidate| candidate.name);
            let problem = Diagnostic::error(format!("there is no pattern `{name}`"))
                .at(Some(at.location()))
                .because(format!("the built-in patterns are {}", listed(names())));
            let problem = did_you_mean(shape::without_references(problem, name), name, names());
            return Err(problem.hint("a pattern of your own is named by its path, `./name.yaml`"));
        };
        let (pattern, problems) = built_in.read();
        self.problems.extend(problems);
        Ok((Arc::new(pattern), true))
    }
}

/// Whether a `pattern:` names a file and not a built-in pattern.
fn is_path(name: &str) -> bool {
    let has_ending = |ending: &str| {
        std::path::Path::new(name)
            .extension()
            .is_some_and(|found| found.eq_ignore_ascii_case(ending))
    };
    name.contains('/') || has_ending("yaml") || has_ending("yml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_patterns_are_sorted_and_sound() {
        assert!(PATTERNS.is_sorted_by(|a, b| a.name < b.name));
        for built_in in PATTERNS {
            let (pattern, problems) = built_in.read();
            assert_eq!(problems, [], "{}", built_in.name);
            assert!(pattern.description.is_some(), "{} lacks a description", built_in.name);
        }
    }

    #[test]
    fn a_path_is_told_from_a_name() {
        assert!(is_path("./a.yaml") && is_path("a.yml") && is_path("../x/a"));
        assert!(!is_path("claim_check"));
    }
}

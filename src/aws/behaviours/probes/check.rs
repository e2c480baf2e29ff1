//! What a probe asks of the resources that it names: on paper, before anybody is
//! called. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sending::FIFO;
use super::targets::{KINDS, kind_of, kind_to};
use crate::aws::behaviours::items::keys_of;
use crate::model::document::{self, is_pending, pending_facts};
use crate::model::probe::{InTable, ToQueue, ToTopic};
use crate::model::{Address, Desired, Expectation, Path, Probe, Problem, Sending};

/// Everything that is wrong with a probe of a sound stack.
pub(in crate::aws) fn check(probe: &Probe, resources: &BTreeMap<Address, Desired>) -> Vec<Problem> {
    let mut sent: Vec<(Path, &Sending)> = at("send", &probe.script.send).collect();
    let mut expected: Vec<(Path, &Expectation)> = at("expect", &probe.script.expect)
        .chain(at("expect_not", &probe.script.expect_not))
        .collect();
    if let Some(after) = &probe.after {
        let within = |field: &str| Path::field("after").with_field(field);
        sent.extend(items(within("send"), &after.send));
        expected.extend(items(within("expect"), &after.expect));
    }
    let stack = Stack(resources);
    let of_sent = sent.iter().flat_map(|(path, sending)| stack.sending(path, sending));
    let of_expected = expected.iter().flat_map(|(path, one)| stack.expectation(path, one));
    of_sent.chain(of_expected).collect()
}

/// The resources that the probes of a stack name.
pub(in crate::aws) fn probed(stack: &crate::model::Stack) -> Vec<&Desired> {
    let all = Stack(&stack.resources);
    let of_probe = |probe: &Probe| {
        let after = probe.after.iter();
        let sent = after.clone().flat_map(|after| &after.send).chain(&probe.script.send).cloned();
        let expected = after.flat_map(|after| &after.expect).chain(&probe.script.expect);
        let expected = expected.chain(&probe.script.expect_not).cloned();
        let sent = sent.filter_map(|one| all.named(kind_to(&one), one.target()));
        let expected = expected.filter_map(|one| all.named(kind_of(&one)?, one.target()?));
        sent.chain(expected).collect::<Vec<_>>()
    };
    let mut named: Vec<&Desired> = stack.probes.iter().flat_map(of_probe).collect();
    named.sort_by_key(|want| &want.address);
    named.dedup_by_key(|want| &want.address);
    named
}

fn at<'a, T>(field: &str, all: &'a [T]) -> impl Iterator<Item = (Path, &'a T)> {
    items(Path::field(field), all)
}

fn items<T>(path: Path, all: &[T]) -> impl Iterator<Item = (Path, &T)> {
    all.iter().enumerate().map(move |(index, one)| (path.with_index(index), one))
}

/// The resources among which targets are.
#[derive(Clone, Copy)]
struct Stack<'a>(&'a BTreeMap<Address, Desired>);

impl<'a> Stack<'a> {
    fn sending(self, path: &Path, sending: &Sending) -> Vec<Problem> {
        let (kind, target) = (kind_to(sending), sending.target());
        let (field, outside): (&str, fn(&str) -> bool) = match sending {
            Sending::Queue(_) => ("queue", is_url),
            Sending::Topic(_) => ("topic", is_arn),
            Sending::Bucket(_) => ("bucket", |_| false),
            Sending::Function(_) => ("function", is_arn),
        };
        let mut problems = Vec::new();
        let part = self.named(kind, target);
        if part.is_none() && !outside(target) {
            problems.push(self.no_target(kind, target).at(path.with_field(field)));
            return problems;
        }
        match sending {
            Sending::Queue(ToQueue { group, deduplication_id, .. })
            | Sending::Topic(ToTopic { group, deduplication_id, .. }) => {
                let of_part = part.map(|part| is_fifo(part, kind));
                let is_fifo = of_part.unwrap_or_else(|| target.ends_with(FIFO));
                if is_fifo && group.is_none() {
                    let message = format!(
                        "`{}` keeps order, and takes no message without a group",
                        shown(target, part)
                    );
                    let problem = Problem::of("", message).at(path.clone());
                    problems.push(
                        problem.hint("state `group: \"${nonce}\"`, or what its producers state"),
                    );
                }
                if !is_fifo && deduplication_id.is_some() {
                    let message = format!(
                        "`{}` keeps no order, and knows no repetitions",
                        shown(target, part)
                    );
                    let problem = Problem::of("", message).at(path.with_field("deduplication_id"));
                    problems.push(problem.hint("take it out"));
                }
            }
            Sending::Bucket(_) | Sending::Function(_) => {}
        }
        problems
    }

    fn expectation(self, path: &Path, one: &Expectation) -> Vec<Problem> {
        let (Some(kind), Some(target)) = (kind_of(one), one.target()) else { return Vec::new() };
        let (field, outside): (&str, fn(&str) -> bool) = match one {
            Expectation::Table(_) => ("table", |_| false),
            Expectation::Queue(_) => ("queue", is_url),
            Expectation::Bucket(_) => ("bucket", |_| false),
            Expectation::Log(_) => ("log", |_| false),
            Expectation::Result(_) | Expectation::Error(_) => return Vec::new(),
        };
        match (self.named(kind, target), one) {
            (None, _) if outside(target) => Vec::new(),
            (None, _) => vec![self.no_target(kind, target).at(path.with_field(field))],
            (Some(part), Expectation::Table(table)) => in_table(path, part, table),
            (Some(_), _) => Vec::new(),
        }
    }

    /// The resource that a target names: by a fact of it, known or not.
    fn named(self, kind: &str, target: &str) -> Option<&'a Desired> {
        let of_kind = self.0.values().filter(|want| want.kind == kind);
        let waits_for = pending_facts(&Value::from(target));
        let mut named = of_kind.filter(|want| {
            want.identity.as_str() == target
                || want.predicted.values().any(|fact| fact == target)
                || waits_for.iter().any(|fact| fact.address == want.address)
        });
        named.next()
    }

    /// The problem of a target that is none.
    fn no_target(self, kind: &str, target: &str) -> Problem {
        let (what, key, fact) = words(kind);
        let other =
            KINDS.iter().find_map(|kind| self.named(kind, target).map(|part| (*kind, part)));
        if let Some((other, part)) = other {
            let (is, key, _) = words(other);
            let message = format!(
                "`{}` is {is}, and no {}",
                part.address,
                what.split_once(' ').map_or(what, |it| it.1)
            );
            return Problem::of("", message).hint(format!("write `{key}:`"));
        }
        let beyond = match key {
            "queue" => ", nor a URL",
            "topic" | "function" => ", nor an ARN",
            _ => "",
        };
        let named = what.split_once(' ').map_or(what, |it| it.1);
        let problem = Problem::of(
            "",
            format!("`{}` is no {named} of the stack{beyond}", document::shown(target)),
        );
        let by_address =
            self.0.values().find(|want| want.kind == kind && want.address.as_str() == target);
        let mut all = self.0.values().filter(|want| want.kind == kind);
        match (by_address.or_else(|| all.next()), by_address) {
            (Some(part), Some(_)) => {
                problem.hint(format!("did you mean `${{{}.{fact}}}`?", part.address))
            }
            (Some(part), None) => {
                problem.hint(format!("name one as `${{{}.{fact}}}`", part.address))
            }
            (None, _) => problem.hint(format!("the stack has no {kind}")),
        }
    }
}

/// How people call a kind, the key that names one, and the fact that is its name.
fn words(kind: &str) -> (&'static str, &'static str, &'static str) {
    match kind {
        super::targets::BUCKET => ("a bucket", "bucket", "name"),
        super::targets::FUNCTION => ("a function", "function", "name"),
        super::targets::LOG_GROUP => ("a log group", "log", "name"),
        super::targets::QUEUE => ("a queue", "queue", "url"),
        super::targets::TABLE => ("a table", "table", "name"),
        _ => ("a topic", "topic", "arn"),
    }
}

fn shown(target: &str, part: Option<&Desired>) -> String {
    part.map_or_else(|| document::shown(target), |part| part.address.to_string())
}

fn is_url(target: &str) -> bool {
    target.starts_with("https://") || target.starts_with("http://") || is_pending(target)
}

fn is_arn(target: &str) -> bool {
    target.starts_with("arn:") || is_pending(target)
}

fn is_fifo(part: &Desired, kind: &str) -> bool {
    let field = if kind == super::targets::TOPIC { "fifo_topic" } else { "fifo_queue" };
    part.document.get(field) == Some(&Value::Bool(true))
}

/// Whether the items can be found by what is stated.
fn in_table(path: &Path, table: &Desired, wanted: &InTable) -> Vec<Problem> {
    let address = &table.address;
    let Some(keys) = keys_of(&table.document, wanted.index.as_deref()) else {
        let index = wanted.index.as_deref().unwrap_or_default();
        let message = format!("`{address}` has no index `{}`", document::shown(index));
        return vec![Problem::of("", message).at(path.with_field("index"))];
    };
    let at = path.with_field("where");
    let missing = keys.hash.iter().filter(|key| !wanted.keys.contains_key(key.name));
    let mut problems: Vec<Problem> = missing
        .map(|key| {
            let of = wanted
                .index
                .as_ref()
                .map_or_else(String::new, |index| format!("'s index `{index}`"));
            let message = format!(
                "items of `{address}`{of} are found by `{}`, which is not stated",
                key.name
            );
            Problem::of("", message)
                .at(at.clone())
                .hint("add it under `where:`; by other keys an `index:` finds them")
        })
        .collect();
    for key in keys.hash.iter().chain(&keys.range) {
        let Some(value) = wanted.keys.get(key.name) else { continue };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let message = match key.holds {
            "B" => "holds bytes, which nobody can write here",
            "N" if !is_pending(&text) && text.parse::<f64>().is_err() => "holds a number",
            _ => continue,
        };
        problems
            .push(Problem::of("", format!("`{}` {message}", key.name)).at(at.with_field(key.name)));
    }
    problems
}

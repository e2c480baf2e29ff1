//! What a probe asks of the resources that it names: on paper, before anybody is
//! called. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sending::FIFO;
use super::targets::{
    self, KINDS, LOG_GROUP, MACHINE, is_express, kind_of, kind_to, log_group, of_kind,
};
use crate::aws::behaviours::items::keys_of;
use crate::aws::brokers::servers;
use crate::model::document::{self, fill_text, is_pending, pending_facts};
use crate::model::probe::{Authentication, Ending, Executed, InTable, ToQueue, ToTopic};
use crate::model::{Address, Desired, Expectation, FactRef, Path, Probe, Problem, Sending};

/// Characters of an execution's name (Step Functions API Reference, `StartExecution`).
const MOST_OF_NAME: usize = 80;
/// In place of a nonce, while it is only asked whether a name is fit.
const NONCE_LIKE: &str = "ccprov-0123456789abcdef-1860";

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
    let sent_to = |one: &&(Path, &Sending)| kind_to(one.1) == MACHINE;
    let started: Vec<&Sending> = sent.iter().filter(sent_to).map(|(_, one)| *one).collect();
    let of_expected =
        expected.iter().flat_map(|(path, one)| stack.expectation(path, one, &started));
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
        let outside: fn(&str) -> bool = match sending {
            Sending::Queue(_) => is_url,
            Sending::Topic(_) | Sending::Function(_) => is_arn,
            // How a state machine is started its type says, which nobody knows of another
            // stack's.
            Sending::Bucket(_) | Sending::Machine(_) => |_| false,
            // Every account has one, which no stack makes.
            Sending::Bus(_) => |bus| bus == "default" || is_arn(bus),
            Sending::Kafka(_) => is_servers,
        };
        let mut problems = Vec::new();
        let part = self.named(kind, target);
        if part.is_none() && !outside(target) {
            problems.push(self.no_target(path, (kind, target), Way::Sent));
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
            Sending::Machine(to) => problems.extend(unfit_name(path, to.name.as_deref())),
            Sending::Bus(to) => problems.extend(unfit_source(path, &to.source)),
            Sending::Kafka(to) => {
                problems.extend(at_odds(path, &to.kafka, to.authentication.as_ref()));
            }
            Sending::Bucket(_) | Sending::Function(_) => {}
        }
        problems
    }

    /// `started` are the executions that the probe starts.
    fn expectation(self, path: &Path, one: &Expectation, started: &[&Sending]) -> Vec<Problem> {
        let (Some(kind), Some(target)) = (kind_of(one), one.target()) else { return Vec::new() };
        let is_outside = match one {
            Expectation::Queue(_) => is_url(target),
            Expectation::Kafka(_) => is_servers(target),
            Expectation::Table(_)
            | Expectation::Bucket(_)
            | Expectation::Result(_)
            | Expectation::Error(_)
            | Expectation::Log(_)
            | Expectation::Execution(_) => false,
        };
        match (self.named(kind, target), one) {
            (None, _) if is_outside => Vec::new(),
            (None, _) => vec![self.no_target(path, (kind, target), Way::Expected)],
            (Some(part), Expectation::Table(table)) => in_table(path, part, table),
            (Some(part), Expectation::Execution(one)) => {
                let unfit = unfit_name(path, one.name.as_deref());
                unfit.into_iter().chain(self.express(path, part, one, started)).collect()
            }
            (Some(_), Expectation::Kafka(at)) => {
                at_odds(path, &at.kafka, at.authentication.as_ref()).into_iter().collect()
            }
            (Some(_), _) => Vec::new(),
        }
    }

    /// The resource that a target names: by a fact of it, known or not.
    fn named(self, kind: &str, target: &str) -> Option<&'a Desired> {
        let (kind, other) = of_kind(kind);
        let is_of_kind = |want: &&Desired| want.kind == kind || Some(want.kind.as_str()) == other;
        let waits_for = pending_facts(&Value::from(target));
        let mut named = self.0.values().filter(is_of_kind).filter(|want| {
            want.identity.as_str() == target
                || want.predicted.values().any(|fact| fact == target)
                || waits_for.iter().any(|fact| fact.address == want.address)
        });
        named.next()
    }

    /// What nobody can see of an execution of an EXPRESS state machine.
    fn express(
        self,
        path: &Path,
        machine: &Desired,
        one: &Executed,
        started: &[&Sending],
    ) -> Option<Problem> {
        if !is_express(&machine.document) {
            return None;
        }
        let address = &machine.address;
        if one.status == Some(Ending::Aborted) {
            let message = format!("executions of `{address}` are EXPRESS: nobody can stop one");
            return Some(Problem::of("", message).at(path.with_field("status")));
        }
        let is_it = |sending: &&Sending| match sending {
            Sending::Machine(to) => {
                let of_same = self.named(MACHINE, &to.state_machine);
                of_same.is_some_and(|it| it.address == *address) && to.name == one.name
            }
            Sending::Queue(_)
            | Sending::Topic(_)
            | Sending::Bucket(_)
            | Sending::Function(_)
            | Sending::Bus(_)
            | Sending::Kafka(_) => false,
        };
        if started.iter().any(is_it) {
            return None;
        }
        let message = format!(
            "AWS keeps no record of executions of `{address}`, which is EXPRESS, and this probe starts none of this name"
        );
        let problem = Problem::of("", message).at(path.with_field("execution"));
        let group = log_group(&machine.document).and_then(|arn| self.named(LOG_GROUP, arn));
        Some(match group {
            Some(group) => problem.hint(format!(
                "one that others start stands in the log group alone: `{{ log: \"${{{}.name}}\", contains: \"${{nonce}}\" }}`",
                group.address
            )),
            None => problem.hint(format!(
                "one that others start stands in a log group alone: state `logging_configuration` of `{address}`, and look into that with `log:`"
            )),
        })
    }

    /// The problem of a target that is none.
    fn no_target(self, path: &Path, (kind, target): (&str, &str), way: Way) -> Problem {
        let own = words(kind);
        let (named, field, fact) = (own.noun(), own.key(way).unwrap_or_default(), own.fact);
        let at = path.with_field(field);
        let other =
            KINDS.iter().find_map(|kind| self.named(kind, target).map(|part| (*kind, part)));
        if let Some((other, part)) = other {
            let other = words(other);
            let message = format!("`{}` is {}, and no {named}", part.address, other.what);
            let hint = match (other.key(way), way) {
                (Some(key), _) => format!("write `{key}:`"),
                (None, Way::Sent) => format!("no probe sends to {}", other.what),
                (None, Way::Expected) => format!("no probe looks into {}", other.what),
            };
            return Problem::of("", message).at(at).hint(hint);
        }
        let beyond = match field {
            "queue" => ", nor a URL",
            "topic" | "function" | "event_bus" => ", nor an ARN",
            "kafka" => ", nor a list of bootstrap servers, HOST:PORT",
            _ => "",
        };
        let problem = Problem::of(
            "",
            format!("`{}` is no {named} of the stack{beyond}", document::shown(target)),
        )
        .at(at);
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

/// What is said of a kind.
struct Words {
    /// How people call one.
    what: &'static str,
    /// The key that names one to send to.
    sent: Option<&'static str>,
    /// The key that names one to look into.
    expected: Option<&'static str>,
    /// The fact by which one is named.
    fact: &'static str,
}

/// What a probe does with a target.
#[derive(Clone, Copy)]
enum Way {
    Sent,
    Expected,
}

impl Words {
    /// The key that names one.
    fn key(&self, way: Way) -> Option<&'static str> {
        match way {
            Way::Sent => self.sent,
            Way::Expected => self.expected,
        }
    }

    /// The same without its article.
    fn noun(&self) -> &'static str {
        self.what.split_once(' ').map_or(self.what, |it| it.1)
    }
}

fn words(kind: &str) -> Words {
    let of = |what, sent, expected, fact| Words { what, sent, expected, fact };
    match kind {
        targets::BUCKET => of("a bucket", Some("bucket"), Some("bucket"), "name"),
        targets::BUS => of("an event bus", Some("event_bus"), None, "name"),
        targets::CLUSTER => {
            of("a Kafka cluster", Some("kafka"), Some("kafka"), "bootstrap_brokers_sasl_iam")
        }
        targets::FUNCTION => of("a function", Some("function"), None, "name"),
        targets::LOG_GROUP => of("a log group", None, Some("log"), "name"),
        targets::MACHINE => of("a state machine", Some("state_machine"), Some("execution"), "arn"),
        targets::QUEUE => of("a queue", Some("queue"), Some("queue"), "url"),
        targets::TABLE => of("a table", None, Some("table"), "name"),
        _ => of("a topic", Some("topic"), None, "arn"),
    }
}

/// A source that EventBridge takes of nobody else (API Reference, `PutEventsRequestEntry`).
fn unfit_source(path: &Path, source: &str) -> Option<Problem> {
    source.starts_with("aws.").then(|| {
        let message = format!("`{source}` is a source of AWS's own, which nobody else can have");
        Problem::of("", message).at(path.with_field("source")).hint("name one of your own")
    })
}

/// A name that Step Functions would refuse (API Reference, `StartExecution`).
fn unfit_name(path: &Path, name: Option<&str>) -> Option<Problem> {
    let nonce = |fact: &FactRef| (*fact == Probe::nonce()).then(|| NONCE_LIKE.to_owned());
    let name = fill_text(name?, &nonce);
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]\"#%\\^|~`$&,;:/".contains(c);
    let why = if is_pending(&name) {
        return None;
    } else if let Some(odd) = name.chars().find(|c| is_odd(*c)) {
        format!("`{odd}`, which no name of an execution may hold")
    } else if name.chars().count() > MOST_OF_NAME {
        format!("more than {MOST_OF_NAME} characters, with the nonce in its place")
    } else {
        return None;
    };
    Some(Problem::of("", format!("the name has {why}")).at(path.with_field("name")))
}

fn shown(target: &str, part: Option<&Desired>) -> String {
    part.map_or_else(|| document::shown(target), |part| part.address.to_string())
}

fn is_url(target: &str) -> bool {
    target.starts_with("https://") || target.starts_with("http://") || is_pending(target)
}

fn is_servers(target: &str) -> bool {
    servers(target).is_some() || is_pending(target)
}

/// Of brokers that want to know otherwise who we are than they are told.
fn at_odds(path: &Path, kafka: &str, said: Option<&Authentication>) -> Option<Problem> {
    let facts = pending_facts(&Value::from(kafka));
    let fact = facts.iter().find(|fact| fact.fact.starts_with("bootstrap_brokers"))?;
    let (message, hint) = match (fact.fact.as_str(), said) {
        ("bootstrap_brokers", _) => (
            "brokers of this fact speak without TLS, and no probe does",
            "name those of `bootstrap_brokers_tls`, `_sasl_iam` or `_sasl_scram`",
        ),
        ("bootstrap_brokers_sasl_iam", None | Some(Authentication::Scram(_))) => {
            ("brokers of this fact want to know by IAM who we are", "state `authentication: iam`")
        }
        ("bootstrap_brokers_sasl_scram", None | Some(Authentication::Iam)) => (
            "brokers of this fact want a name and a password",
            "state `authentication: { scram: SECRET_ARN }`",
        ),
        ("bootstrap_brokers_tls", Some(_)) => (
            "brokers of this fact ask nobody by SASL who they are",
            "leave out `authentication`, or name those of `_sasl_iam` or `_sasl_scram`",
        ),
        (_, None | Some(_)) => return None,
    };
    Some(Problem::of("", message.to_owned()).at(path.with_field("kafka")).hint(hint))
}

fn is_arn(target: &str) -> bool {
    target.starts_with("arn:") || is_pending(target)
}

fn is_fifo(part: &Desired, kind: &str) -> bool {
    let field = if kind == targets::TOPIC { "fifo_topic" } else { "fifo_queue" };
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

//! What is sent and what is expected: one thing or a list, each checked against the
//! form of its target.

use super::super::lookup::NONCE;
use super::schema::{EXPECTED, Nonce, SENT, Target, target_of};
use super::{
    CLOSING, Entry, Env, Expansion, Map, Mark, Node, Value, document, executions, shape, spelling,
};
use crate::model::{Diagnostic, Probe};

/// Most things that one probe sends, or expects. A story of twenty is already hard to
/// follow.
const MOST: usize = 50;

impl Expansion<'_> {
    /// What a probe says under `send`, `expect`, `expect_not` and `after`: lists of maps
    /// whose form is sound. What is not is told.
    pub(super) fn parts(&mut self, probe: &Map, at: &Mark, env: &Env) -> Map {
        let mut parts = Map::new();
        for (key, targets) in [("send", &*SENT), ("expect", &*EXPECTED), ("expect_not", &*EXPECTED)]
        {
            if let Some(entry) = probe.get(key).filter(|entry| !entry.node.is_null()) {
                let list = self.list_of(key, entry, targets, env);
                parts.insert(key.to_owned(), Entry { key_at: entry.key_at.clone(), node: list });
            }
        }
        if let Some(entry) = probe.get("after").filter(|entry| !entry.node.is_null()) {
            let node = self.closing(entry, env);
            parts.insert("after".to_owned(), Entry { key_at: entry.key_at.clone(), node });
        }
        self.hangs_together(probe, &parts, at, env);
        parts
    }

    fn closing(&mut self, entry: &Entry, env: &Env) -> Node {
        let mut closing = Map::new();
        let map = self.shaped(env.scope, |found| {
            let map = shape::map(&entry.node, "after", found)?;
            shape::only_keys(map, CLOSING, "`after`", found);
            shape::required(map, "send", "`after`", &entry.key_at, found)?;
            shape::required(map, "expect", "`after`", &entry.key_at, found)?;
            Some(map)
        });
        for (key, targets) in [("send", &*SENT), ("expect", &*EXPECTED)] {
            if let Some(entry) = map.and_then(|map| map.get(key)) {
                let node = self.list_of(key, entry, targets, env);
                closing.insert(key.to_owned(), Entry { key_at: entry.key_at.clone(), node });
            }
        }
        Node::new(Value::Map(closing), &entry.node.at)
    }

    /// One thing, or a list of them.
    fn list_of(&mut self, key: &str, entry: &Entry, targets: &[Target], env: &Env) -> Node {
        let nothing = Node::new(Value::List(Vec::new()), &entry.node.at);
        let Some(node) = self.evaluate(&entry.node, env) else { return nothing };
        let items = match node.value {
            Value::List(items) => items,
            Value::Map(_) => vec![node],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                let summary =
                    format!("`{key}` must be a map or a list of maps, not {}", node.type_name());
                self.report(env.scope, Diagnostic::error(summary).at(Some(node.at.location())));
                return nothing;
            }
        };
        if items.is_empty() || items.len() > MOST {
            let summary = format!("`{key}` has {} things: it takes 1 to {MOST}", items.len());
            self.report(env.scope, Diagnostic::error(summary).at(Some(entry.node.at.location())));
            return nothing;
        }
        let items = items.into_iter().filter_map(|item| self.item_of(key, item, targets, env));
        let items: Vec<Node> = items.collect();
        Node::new(Value::List(items), &entry.node.at)
    }

    fn item_of(&mut self, key: &str, item: Node, targets: &[Target], env: &Env) -> Option<Node> {
        let at = item.at.clone();
        let target = self.shaped(env.scope, |found| {
            let map = shape::map(&item, "what stands here", found)?;
            target_of(map, targets)
                .map_err(|problem| found.push(problem.at(Some(at.location()))))
                .ok()
        })?;
        let item = self.with_files(&target.form, item, env)?;
        let mut doubts = Vec::new();
        let item = spelling::as_wanted(&target.form, &item, &mut |number| {
            doubts.extend(spelling::doubt(number));
        });
        let mut found = match &target.schema {
            Ok(schema) => schema.check(&item, &at),
            Err(message) => vec![Diagnostic::error(message.clone())],
        };
        found.append(&mut doubts);
        if found.is_empty() && !holds_nonce(&item, target.nonce) {
            found.push(without_nonce(key, target).at(Some(at.location())));
        }
        let is_sound = found.is_empty();
        for problem in found {
            self.report(env.scope, problem);
        }
        is_sound.then_some(item)
    }

    /// What one part of a probe asks of another.
    fn hangs_together(&mut self, probe: &Map, parts: &Map, at: &Mark, env: &Env) {
        let has = |key: &str| probe.get(key).is_some_and(|entry| !entry.node.is_null());
        let mut found = Vec::new();
        if !has("send") {
            let problem = shape::missing("send", "the probe", at);
            found.push(problem.hint(format!("`send: {{ {}: ..., ... }}`", SENT[0].key)));
        }
        if !has("expect") && !has("expect_not") {
            let problem = shape::missing("expect", "the probe", at);
            found
                .push(problem.hint(
                    "say what is to come of it: a probe that expects nothing proves nothing",
                ));
        }
        if has("expect_not") && !has("expect") && !has("after") {
            let problem = Diagnostic::error("nothing shows when `expect_not` is decided");
            let why = "that something has not come yet says nothing: it is decided by a message sent later that does arrive";
            found.push(problem.because(why).at(Some(at.location())).hint(
                "state `after: { send: ..., expect: ... }` with a message that is taken, or an `expect` that holds of this one",
            ));
        }
        let items = |key: &str| {
            let list = parts.get(key).and_then(|entry| entry.node.as_list());
            list.unwrap_or_default().to_vec()
        };
        let sends_to = |key: &str| items("send").iter().any(|item| item.get(key).is_some());
        // An execution has an error of its own.
        let answers = |item: &Node| {
            item.get("execution").is_none()
                && (item.get("result").is_some() || item.get("error").is_some())
        };
        for item in items("expect").iter().chain(&items("expect_not")).filter(|item| answers(item))
        {
            if !sends_to("function") {
                let problem =
                    Diagnostic::error("nothing here answers: no function is among what is sent");
                let hint = if sends_to("state_machine") {
                    "what becomes of an execution: `expect: { execution: ARN, status: SUCCEEDED }`"
                } else {
                    "`send: { function: NAME, payload: ... }`"
                };
                found.push(problem.at(Some(item.at.location())).hint(hint));
            }
        }
        for item in items("expect_not") {
            for key in ["count", "items"] {
                if let Some(node) = item.get(key) {
                    let problem =
                        Diagnostic::error(format!("`{key}` says nothing under `expect_not`"));
                    let why = "what stands there must not be there at all";
                    found.push(problem.because(why).at(Some(node.at.location())));
                }
            }
        }
        for item in items("expect") {
            let other = ["count", "item"].into_iter().find_map(|key| item.get(key));
            if let (Some(_), Some(other)) = (item.get("items"), other) {
                let problem =
                    Diagnostic::error("`items` says how many there are, and what each is");
                let hint = "leave out `count` and `item` beside it";
                found.push(problem.at(Some(other.at.location())).hint(hint));
            }
        }
        found.extend(executions::check(parts));
        for problem in found {
            self.report(env.scope, problem);
        }
    }
}

/// Whether the nonce stands where it must.
fn holds_nonce(item: &Node, place: Nonce) -> bool {
    let nonce = Probe::nonce();
    let holds = |node: &Node| document::pending_facts(&node.to_json()).contains(&nonce);
    match place {
        Nonce::Free => true,
        Nonce::Anywhere => holds(item),
        Nonce::In(field) => item.get(field).is_some_and(holds),
        Nonce::InIfStated(field) => item.get(field).is_none_or(holds),
    }
}

fn without_nonce(key: &str, target: &Target) -> Diagnostic {
    let place = match target.nonce {
        Nonce::Free | Nonce::Anywhere => format!("what is sent to a {}", target.key),
        Nonce::In(field) | Nonce::InIfStated(field) => format!("`{field}`"),
    };
    let (why, hint) = match (key == "send", target.nonce) {
        (true, Nonce::InIfStated(_)) => (
            "a name is taken once: the next run would find that of this one",
            "there, or leave it out",
        ),
        (true, Nonce::Free | Nonce::Anywhere | Nonce::In(_)) => (
            "without it nobody could tell it from what others send, nor remove it",
            "in a field of the body that may hold any text",
        ),
        (false, Nonce::Free | Nonce::Anywhere | Nonce::In(_) | Nonce::InIfStated(_)) => (
            "without it what others made, or an earlier run, would be taken for it",
            "there, as in what is sent",
        ),
    };
    Diagnostic::error(format!("`{NONCE}` does not stand in {place}"))
        .because(why)
        .hint(format!("write `{NONCE}` {hint}"))
}

//! Instructions carried out, and the lists that they stand in.

use super::expand::{Env, Expansion, Switch};
use super::instruction::{self, Instruction};
use super::shape;
use super::source::Mark;
use super::spelling;
use super::tree::{Map, Node, Value};
use crate::model::{Diagnostic, document};

impl Expansion<'_> {
    /// What an instruction comes to.
    pub(super) fn carry_out(
        &mut self,
        instruction: &Instruction<'_>,
        at: &Mark,
        env: &Env,
    ) -> Option<Node> {
        match instruction {
            Instruction::Choose(map) => self.chosen(map, "value", at, env),
            Instruction::Join { list, with } => self.joined(list, with, at, env),
            Instruction::ToJson(value) => {
                let value = self.evaluate(value, env)?;
                // Where it ends up nobody says what is wanted of a scalar.
                let text = document::json_text(&spelling::as_read(&value).to_json());
                self.spend_text(&text, at)?;
                Some(Node::text(text, at))
            }
        }
    }

    /// What stands under `key` if the conditions hold, else under `else`, else null.
    fn chosen(&mut self, map: &Map, key: &str, at: &Mark, env: &Env) -> Option<Node> {
        let taken = match self.switch(map, env)? {
            Switch::On => map.get(key),
            Switch::Off(_) => map.get("else"),
        };
        match taken {
            Some(entry) => self.evaluate(&entry.node, env),
            None => Some(Node::new(Value::Null, at)),
        }
    }

    fn joined(&mut self, list: &Node, with: &Node, at: &Mark, env: &Env) -> Option<Node> {
        let (list, with) = (self.evaluate(list, env), self.evaluate(with, env));
        let (list, with) = (list?, with?);
        let items = self.shaped(env.scope, |found| shape::list(&list, "join", found))?;
        let mut texts = Vec::with_capacity(items.len());
        for node in items.iter().chain([&with]) {
            let Some(text) = node.scalar_text() else {
                let summary = format!("`join` puts texts together, not {}", node.type_name());
                let problem = Diagnostic::error(summary).at(Some(node.at.location()));
                self.report(
                    env.scope,
                    problem.hint("name what is meant of it, as in `${var.map.key}`"),
                );
                return None;
            };
            texts.push(text);
        }
        let between = texts.pop().unwrap_or_default();
        let joined = texts.join(between);
        self.spend_text(&joined, at)?;
        Some(Node::text(joined, at))
    }

    /// A list with everything in it worked out. An item that comes to a list stands
    /// for the items of that, and one that comes to nothing for none, unless it is
    /// written as such: what a policy needs may come from several places, and AWS
    /// knows no list within a list.
    pub(super) fn list(&mut self, items: &[Node], at: &Mark, env: &Env) -> Option<Node> {
        let mut sound = true;
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let done = match item.as_map() {
                Some(map) if instruction::is_of_a_list(map) => self.items(map, env, &mut list),
                Some(_) | None => self.item(item, env, &mut list),
            };
            sound &= done.is_some();
        }
        sound.then(|| Node::new(Value::List(list), at))
    }

    fn item(&mut self, written: &Node, env: &Env, list: &mut Vec<Node>) -> Option<()> {
        let node = self.evaluate(written, env)?;
        let is_itself = match &written.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => true,
            Value::Text(_) => false,
            Value::Map(map) => instruction::of(map).is_none(),
        };
        match node.value {
            Value::List(items) if !is_itself => list.extend(items),
            Value::Null if !is_itself => {}
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_) => list.push(node),
        }
        Some(())
    }

    /// The items that `{ when: …, item: … }` and its like stand for.
    fn items(&mut self, map: &Map, env: &Env, list: &mut Vec<Node>) -> Option<()> {
        let Some(for_each) = map.get("for_each") else {
            return self.one_of_the_items(map, env, list);
        };
        for each in self.elements(&for_each.node, env)? {
            self.one_of_the_items(map, &env.within(each), list)?;
        }
        Some(())
    }

    fn one_of_the_items(&mut self, map: &Map, env: &Env, list: &mut Vec<Node>) -> Option<()> {
        let taken = match self.switch(map, env)? {
            Switch::On => map.get("item"),
            Switch::Off(_) => map.get("else"),
        };
        taken.map_or(Some(()), |entry| self.item(&entry.node, env, list))
    }
}

//! What a reference to an output of another stack means.

use super::expand::Expansion;
use super::lookup::{Form, Found, Search};
use super::suggest::{all_of, closest};
use super::tree::Node;
use crate::model::document;

impl Expansion<'_> {
    /// Whether a name is another stack's, where a reference with it stands.
    pub(super) fn is_lender(&self, name: &str, search: &Search<'_>) -> bool {
        let scope = &self.scopes[search.env.scope];
        self.ground.lent.stacks.contains_key(name)
            && (scope.usage.is_none() || !scope.resources.contains_key(name))
    }

    /// What a reference to an output of another stack means.
    pub(super) fn lent(&mut self, search: &Search<'_>) -> Option<Found> {
        self.outside_of_patterns(search)?;
        self.in_time(search)?;
        let (lent, alias) = (self.ground.lent, search.names.0[0].as_str());
        let by = lent.stacks.get(alias)?;
        let names = by.names.as_ref()?;
        let known = || names.iter().map(String::as_str);
        let detail = all_of(&format!("outputs of `{alias}`"), known());
        let Some(output) = search.names.0.get(1) else {
            let summary = format!("`{}` is incomplete", search.names);
            let hint = format!("name an output of it: `${{{alias}.NAME}}`");
            return self.tell(search, summary, detail, Some(hint));
        };
        if !names.contains(output) {
            return self.not_promised(search, (alias, output), &by.file, &detail);
        }
        self.borrowed.insert((alias.to_owned(), output.clone()));
        let value = lent.node(alias, output, &search.at)?;
        let found = self.descend(value, 2, search)?;
        Some(self.as_found(found, search))
    }

    /// A text as the fact that it is; where it is asked whether there is one, as it reads.
    fn as_found(&self, node: Node, search: &Search<'_>) -> Found {
        let fact =
            node.as_text().and_then(|text| document::pending_facts(&text.into()).pop_first());
        match fact {
            Some(fact) if search.form == Form::Condition => match self.ground.lent.known(&fact) {
                Some(text) => Found::Value(Node::text(text.as_str(), &node.at)),
                None => Found::Fact(fact),
            },
            Some(fact) => Found::Fact(fact),
            None => Found::Value(node),
        }
    }

    fn not_promised<T>(
        &mut self,
        search: &Search<'_>,
        (alias, output): (&str, &str),
        file: &str,
        detail: &str,
    ) -> Option<T> {
        let known = self.ground.lent.stacks.get(alias).and_then(|by| by.names.as_ref());
        let known = || known.into_iter().flatten().map(String::as_str);
        let summary = format!("`{}` refers to nothing", search.shown());
        let inner = &search.names.0[1..];
        let hint = if let [_, _, ..] = inner {
            // Meant for a fact of a resource there.
            let name = inner.join("_");
            if known().any(|known| known == name) {
                format!("did you mean `${{{alias}.{name}}}`?")
            } else {
                let fact = inner.join(".");
                format!("declare it under `outputs:` there: `{name}: ${{{fact}}}` in {file}")
            }
        } else {
            match closest(output, known()) {
                Some(right) => format!("did you mean `{}`?", search.shown_with(1, right)),
                None => format!("declare it under `outputs:` there: `{output}: ...` in {file}"),
            }
        };
        self.tell(search, summary, detail.to_owned(), Some(hint))
    }

    /// Tells that another stack is nothing to wait for.
    pub(super) fn is_no_resource<T>(&mut self, search: &Search<'_>) -> Option<T> {
        let summary = format!("`{}` is another stack", search.names.0[0]);
        let detail = "what it makes is there before any of this stack is begun".to_owned();
        self.tell(search, summary, detail, Some("leave it out".to_owned()))
    }

    /// The text with what other stacks lend in it, as far as that is known: for names, which
    /// must be known before anything is.
    pub(super) fn settled(&self, text: &str) -> String {
        document::fill_text(text, &|fact| self.ground.lent.known(fact).cloned())
    }
}

//! What is told of a reference that means nothing, with the right one if it can
//! be guessed.

use super::elsewhere;
use super::expand::Expansion;
use super::lookup::{Form, Search};
use super::reference::ALL;
use super::shape::RESERVED;
use super::source::Mark;
use super::suggest::closest;
use crate::model::Diagnostic;

/// Whether names behind this one may be keys of a map.
fn is_map(family: &str) -> bool {
    ["var", "value", "param"].contains(&family)
}

impl Expansion<'_> {
    /// An element of a `for_each` that lacks what another may have.
    pub(super) fn lacking<'n, T>(
        &mut self,
        search: &Search<'_>,
        element: &str,
        position: usize,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<T> {
        let known: Vec<&str> = known.collect();
        let wrong = search.names.0[position].clone();
        let detail = format!("the `for_each` has no `{wrong}` in `{element}`");
        let (summary, hint) = match self.guess(&wrong, &known) {
            Some(right) => (
                format!("`{}` refers to nothing", search.shown()),
                format!("did you mean `{}`?", search.shown_with(position, right)),
            ),
            None => (
                format!("`{}` is not stated by every element", search.shown()),
                format!("for an element without it, say what counts: `{}`", search.with_fallback()),
            ),
        };
        self.tell(search, summary, detail, Some(hint))
    }

    /// Tells that the name at `position` means nothing, with the whole
    /// reference spelled right if a known name is near.
    pub(super) fn unknown<'n, T>(
        &mut self,
        search: &Search<'_>,
        position: usize,
        known: impl IntoIterator<Item = &'n str>,
        detail: String,
    ) -> Option<T> {
        let wrong = &search.names.0[position];
        // `${vars.timeout}` and `${regoin}` are meant for the words of our own.
        let ours = match (search.form, position) {
            (Form::Value | Form::Condition | Form::Optional, 0) => RESERVED,
            (Form::Value | Form::Condition | Form::Optional | Form::Address, _) => &[],
        };
        let known: Vec<&str> = known.into_iter().chain(ours.iter().copied()).collect();
        let theirs = match (search.form, position) {
            (Form::Value | Form::Condition | Form::Optional, 0) => {
                elsewhere::reference(&search.names.0)
            }
            (Form::Value | Form::Condition | Form::Optional | Form::Address, _) => None,
        };
        let summary = format!("`{}` refers to nothing", search.shown());
        if let Some(said) = theirs {
            let ours = search.names.0.get(1..).filter(|_| said.starts_with("did you mean"));
            let ours = ours.and_then(|names| self.with_family(names, search));
            let said = ours.map_or(said, |right| format!("did you mean `{right}`?"));
            let begins = "a reference begins with the name of a resource, or with `var`, `value`, \
                          `env`, `each`, `self` or `param`";
            return self.tell(search, summary, begins.to_owned(), Some(said));
        }
        let right = self.guess(wrong, &known).map(|right| search.shown_with(position, right));
        let right = right.or_else(|| self.of_another_family(search, position));
        let hint = right.map(|right| format!("did you mean `{right}`?"));
        let hint = hint.or_else(|| match search.names.0.as_slice() {
            [family, _, _, ..]
                if position > 1
                    && !known.is_empty()
                    && search.form == Form::Value
                    && is_map(family) =>
            {
                Some(format!("where it may be missing, write `{}`", search.with_fallback()))
            }
            [family, name] if family == "var" => {
                Some(format!("declare it: `vars: {{ {name}: DEFAULT }}`"))
            }
            [family, name] if family == "value" => {
                Some(format!("declare it: `values: {{ {name}: ... }}`"))
            }
            _ => None,
        });
        self.tell(search, summary, detail, hint)
    }

    /// The name that was meant, as long as guessing has not cost too much: in a
    /// file of thousands of wrong names each would be compared with thousands.
    fn guess<'n>(&mut self, wrong: &str, known: &[&'n str]) -> Option<&'n str> {
        self.guesses_left = self.guesses_left.checked_sub(known.len())?;
        closest(wrong, known.iter().copied())
    }

    pub(super) fn tell<T>(
        &mut self,
        search: &Search<'_>,
        summary: String,
        detail: String,
        hint: Option<String>,
    ) -> Option<T> {
        let mut problem = Diagnostic::error(summary).because(detail).at(Some(search.at.location()));
        problem.hints.extend(hint);
        self.report(search.env.scope, problem);
        None
    }

    /// The reference with the family that has its name: `${timeout}` for
    /// `${var.timeout}` is the commonest slip of all.
    fn of_another_family(&self, search: &Search<'_>, position: usize) -> Option<String> {
        let names = match (position, search.names.0.as_slice()) {
            (0, names) => names,
            (1, [family, names @ ..]) if is_map(family) => names,
            (_, _) => return None,
        };
        self.with_family(names, search)
    }

    /// Some names behind the family that has the first of them.
    fn with_family(&self, names: &[String], search: &Search<'_>) -> Option<String> {
        let (pattern, name) = (self.pattern(search.env.scope), names.first()?);
        let family = if self.values(search.env.scope).contains_key(name) {
            "value"
        } else if pattern.is_some_and(|pattern| pattern.parameters.contains_key(name)) {
            "param"
        } else if pattern.is_none() && self.ground.variables.contains_key(name) {
            "var"
        } else {
            return None;
        };
        (search.form != Form::Address).then(|| format!("${{{family}.{}}}", names.join(".")))
    }

    /// `*` behind what is no repetition.
    pub(super) fn not_repeated<T>(&mut self, search: &Search<'_>, position: usize) -> Option<T> {
        let before = search.names.0[..position].join(".");
        let summary = format!("`{}` refers to nothing", search.shown());
        let detail = format!("`{before}` is not repeated by `for_each`");
        let hint = format!("`{ALL}` stands for every element of a resource with `for_each`");
        self.tell(search, summary, detail, Some(hint))
    }

    /// A fact of what is not there.
    pub(super) fn switched_off<T>(
        &mut self,
        search: &Search<'_>,
        position: usize,
        condition: &Mark,
    ) -> Option<T> {
        let name = search.names.0[..position].join(".");
        let summary = format!("`{name}` is switched off");
        let detail = format!("its condition at {condition} does not hold");
        if search.names.0.get(position).is_none() || search.form == Form::Address {
            return self.tell(search, summary, detail, None);
        }
        let shown = search.shown();
        let hint = format!(
            "where it may be missing, write `{}`, or choose a whole value by it: \
             `{{ when: \"{shown}\", value: ... }}`",
            search.with_fallback()
        );
        self.tell(search, summary, detail, Some(hint))
    }
}

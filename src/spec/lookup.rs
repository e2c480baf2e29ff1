//! What a reference means.

use std::borrow::Cow;

use super::expand::{Env, Expansion, Named};
use super::reference::{self, ALL, Fallback, Names, Part, Reference};
use super::shape::RESERVED;
use super::source::Mark;
use super::suggest::{all_of, listed};
use super::tree::{Map, Node, Plain, Value};
use super::yaml;
use crate::model::{Diagnostic, EXISTING, FactRef, Probe};

/// What a reference refers to.
pub(super) enum Found {
    /// A value that is known now.
    Value(Node),
    /// A fact of a resource.
    Fact(FactRef),
}

/// Why so little can be referred to while it is found out which stack this is.
pub(super) const BEFORE_THE_STACK: &str = "`stack`, `was`, `account`, `region`, `role` and `uses` themselves may refer to variables, to values and to the environment alone";

/// How a probe refers to what nobody else has.
pub(super) const NONCE: &str = "${nonce}";

/// One reference being looked up.
pub(super) struct Search<'r> {
    /// Its names, also those that another reference chose.
    pub(super) names: &'r Names,
    /// Which names another reference chose.
    pub(super) chosen: &'r [(usize, Names)],
    /// Where the reference stands.
    pub(super) at: Mark,
    pub(super) env: &'r Env,
    pub(super) form: Form,
}

/// How a reference is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `${a.b}`, for a value.
    Value,
    /// `${a.b}`, for whether there is such a value: a key that a map does not
    /// have is null, and so is a fact of what is switched off.
    Condition,
    /// `${a.b | 5}`, likewise; what the environment lacks is null as well.
    Optional,
    /// `a.b`, for the resource itself.
    Address,
}

impl Search<'_> {
    /// The reference as the user wrote it, with another name at a position.
    pub(super) fn shown_with(&self, position: usize, name: &str) -> String {
        let mut names = self.names.0.clone();
        if let Some(place) = names.get_mut(position) {
            name.clone_into(place);
        }
        match self.form {
            Form::Value | Form::Condition | Form::Optional => Names(names).to_string(),
            Form::Address => names.join("."),
        }
    }

    /// The reference as the user wrote it.
    pub(super) fn shown(&self) -> String {
        self.shown_with(usize::MAX, "")
    }

    /// The reference with what counts where it leads to nothing.
    pub(super) fn with_fallback(&self) -> String {
        format!("${{{} | null}}", self.names.0.join("."))
    }

    /// Null, if that is what a name means that leads to nothing.
    pub(super) fn nothing(&self) -> Option<Node> {
        let may_be = matches!(self.form, Form::Condition | Form::Optional);
        may_be.then(|| Node::new(Value::Null, &self.at))
    }

    /// Whether another reference chose the name at a position.
    pub(super) fn is_chosen(&self, position: usize) -> bool {
        self.chosen.iter().any(|(chosen, _)| *chosen == position)
    }
}

impl Expansion<'_> {
    /// Looks a reference up; tells if it means nothing.
    pub(super) fn find(&mut self, reference: &Reference, at: &Mark, env: &Env) -> Option<Found> {
        self.find_as(Form::Value, reference, at, env)
    }

    /// What `when` or `unless` says of itself.
    pub(super) fn holds(&mut self, condition: &Node, env: &Env) -> Option<bool> {
        let parts = condition.as_text().and_then(|text| reference::parse(text).ok());
        if let Some([Part::Reference(reference)]) = parts.as_deref() {
            return match self.find_as(Form::Condition, reference, &condition.at, env)? {
                Found::Value(node) => Some(node.is_true()),
                Found::Fact(_) => Some(true),
            };
        }
        self.without_operators(condition, env)?;
        self.evaluate(condition, env).map(|node| node.is_true())
    }

    /// `${var.stage} == prod` is a text, and every text is true: nobody who
    /// writes it means that.
    fn without_operators(&mut self, condition: &Node, env: &Env) -> Option<()> {
        const OPERATORS: &[&str] = &["==", "!=", "&&", "||"];
        let text = condition.as_text().unwrap_or_default();
        if !OPERATORS.iter().any(|operator| text.contains(operator)) {
            return Some(());
        }
        let problem = Diagnostic::error("a condition has no operators")
            .at(Some(condition.at.location()))
            .because("this is a text, and every text that is not empty counts as true")
            .hint("refer to a variable that is `true` or `false`");
        self.report(env.scope, problem);
        None
    }

    fn find_as(
        &mut self,
        form: Form,
        reference: &Reference,
        at: &Mark,
        env: &Env,
    ) -> Option<Found> {
        if self.has_failed_enough() {
            return None;
        }
        let at = at.narrowed_to(&reference.written);
        let names = self.with_chosen(reference, &at, env)?;
        let with_fallback = if reference.fallback.is_some() { Form::Optional } else { form };
        let chosen = &reference.chosen;
        let search = Search { names: &names, chosen, at: at.clone(), env, form: with_fallback };
        let found = self.look_up(&search)?;
        match (&found, &reference.fallback) {
            (Found::Value(node), Some(fallback)) if node.is_null() => {
                self.fall_back(fallback, form, at, env)
            }
            (Found::Value(_) | Found::Fact(_), _) => Some(found),
        }
    }

    /// The names of a reference, with what other references choose put in place.
    pub(super) fn with_chosen<'r>(
        &mut self,
        reference: &'r Reference,
        at: &Mark,
        env: &Env,
    ) -> Option<Cow<'r, Names>> {
        let mut names = Cow::Borrowed(&reference.names);
        for (position, by) in &reference.chosen {
            let search = Search { names: by, chosen: &[], at: at.clone(), env, form: Form::Value };
            let found = match self.look_up(&search)? {
                Found::Value(node) => node.scalar_text().map(str::to_owned).ok_or(node.type_name()),
                Found::Fact(fact) => match self.ground.lent.known(&fact) {
                    Some(text) => Ok(text.clone()),
                    None => Err("known after an apply"),
                },
            };
            match found {
                Ok(name) => names.to_mut().0[*position] = name,
                Err(other) => {
                    let summary = format!("`{by}` chooses a name, and is {other}");
                    let detail = "what chooses a name is a text, known before anything exists";
                    return self.tell(&search, summary, detail.to_owned(), None);
                }
            }
        }
        Some(names)
    }

    /// What stands behind `|`.
    fn fall_back(&mut self, fallback: &Fallback, form: Form, at: Mark, env: &Env) -> Option<Found> {
        let value = match fallback {
            Fallback::Null => Value::Null,
            Fallback::Bool(value) => {
                Value::Bool(Plain { value: *value, written: value.to_string().into() })
            }
            Fallback::Number(written) => Value::Number(Plain {
                value: serde_json::from_str(written).ok()?,
                written: written.as_str().into(),
            }),
            Fallback::Text(text) => Value::Text(text.clone()),
            Fallback::Reference(names) => {
                return self.look_up(&Search { names, chosen: &[], at, env, form });
            }
        };
        Some(Found::Value(Node::new(value, &at)))
    }

    fn look_up(&mut self, search: &Search<'_>) -> Option<Found> {
        let names: Vec<&str> = search.names.0.iter().map(String::as_str).collect();
        let value = match names.as_slice() {
            ["stack" | "account" | "region" | "partition"] => self.about_the_stack(search),
            ["env", name] => self.environment(name, search),
            ["var", _, ..] => self.variable(search),
            ["param", _, ..] => self.parameter_of_the_pattern(search),
            ["value", _, ..] => self.value_of_the_file(search),
            ["each", "key"] => self.each(search).map(|(key, _)| key),
            ["each", "value", ..] => {
                let (_, value) = self.each(search)?;
                self.descend(value, 2, search)
            }
            ["self", _, ..] => return self.of_itself(search),
            [EXISTING, _, ..] => return self.of_others(search),
            ["nonce"] => return self.nonce(search),
            [name, ..] if self.is_lender(name, search) => return self.lent(search),
            [name, ..] if !RESERVED.contains(name) => return self.address(search),
            _ => {
                let forms = "`${var.NAME}`, `${value.NAME}`, `${stack}`, `${account}`, `${region}`, \
                             `${partition}`, `${env.NAME}`, `${each.key}`, `${each.value}`, \
                             `${self.FACT}` and `${existing.NAME.FACT}`";
                let detail = format!("the forms with a meaning of their own are {forms}");
                self.tell(search, format!("`{}` refers to nothing", search.names), detail, None)
            }
        };
        value.map(Found::Value)
    }

    fn about_the_stack(&mut self, search: &Search<'_>) -> Option<Node> {
        let place = self.ground.place;
        let known = match search.names.0[0].as_str() {
            "stack" => self.ground.stack,
            "account" => place.map(|place| place.account.as_str()),
            "region" => place.map(|place| place.region.as_str()),
            _ => place.map(|place| place.partition.as_str()),
        };
        if let Some(text) = known {
            return Some(Node::text(text, &search.at));
        }
        let summary = format!("`{}` is not known yet", search.names);
        self.tell(search, summary, BEFORE_THE_STACK.to_owned(), None)
    }

    fn environment(&mut self, name: &str, search: &Search<'_>) -> Option<Node> {
        self.outside_of_patterns(search)?;
        match (self.ground.env)(name) {
            Err(barred) => {
                let summary = format!("the environment's `{name}` is not admitted");
                self.tell(search, summary, barred.why, Some(barred.hint))
            }
            Ok(Some(text)) if text.chars().any(yaml::is_unprintable) => {
                let summary = format!("the environment's `{name}` holds a control character");
                self.tell(search, summary, "no field admits one".to_owned(), None)
            }
            Ok(Some(text)) => Some(Node::text(text, &search.at)),
            Ok(None) if search.form == Form::Optional => search.nothing(),
            Ok(None) => {
                let summary = format!("the environment has no `{name}`");
                let variable = name.to_lowercase();
                let hint = format!(
                    "set it; or declare `vars: {{ {variable}: DEFAULT }}`, write \
                     `${{var.{variable}}}`, and set CCPROV_VAR_{variable} where it differs"
                );
                let detail = "it is not set where ccprov runs".to_owned();
                self.tell(search, summary, detail, Some(hint))
            }
        }
    }

    fn variable(&mut self, search: &Search<'_>) -> Option<Node> {
        self.outside_of_patterns(search)?;
        let name = &search.names.0[1];
        if !self.ground.variables.contains_key(name) {
            let variables = self.ground.variables;
            let detail = all_of("variables", variables.keys().map(String::as_str));
            return self.unknown(search, 1, variables.keys().map(String::as_str), detail);
        }
        let value = self.named(Named::Variable(name.clone()), &search.at)?;
        self.descend(value, 2, search)
    }

    /// Tells that what others have is not known yet, where that is so.
    pub(super) fn in_time(&mut self, search: &Search<'_>) -> Option<()> {
        let Some(why) = self.ground.early else { return Some(()) };
        let summary = format!("`{}` is not known yet", search.names);
        let hint = "a variable may say it: `${var.NAME}`".to_owned();
        self.tell(search, summary, why.to_owned(), Some(hint))
    }

    /// Patterns see their parameters and themselves, and nothing of the stack
    /// around them, so that one can be read, tested and moved by itself.
    pub(super) fn outside_of_patterns(&mut self, search: &Search<'_>) -> Option<()> {
        if self.pattern(search.env.scope).is_none() {
            return Some(());
        }
        let summary = format!("a pattern cannot see `{}`", search.names);
        let detail = "it sees its parameters, its values and its own resources".to_owned();
        let hint = "give the pattern a parameter, and the stack file gives the value in `with:`";
        self.tell(search, summary, detail, Some(hint.to_owned()))
    }

    fn parameter_of_the_pattern(&mut self, search: &Search<'_>) -> Option<Node> {
        let scope = search.env.scope;
        let Some(pattern) = self.pattern(scope) else {
            let summary = format!("`{}` has a meaning only in a pattern", search.names);
            let hint = Some("variables of a stack file are `${var.NAME}`".to_owned());
            let detail = "this is not a pattern".to_owned();
            return self.tell(search, summary, detail, hint);
        };
        let name = &search.names.0[1];
        if !pattern.parameters.contains_key(name) {
            let known = || pattern.parameters.keys().map(String::as_str);
            let detail = all_of("parameters", known());
            return self.unknown(search, 1, known(), detail);
        }
        let value = self.named(Named::Parameter(scope, name.clone()), &search.at)?;
        self.descend(value, 2, search)
    }

    /// A value of the stack file, or of the pattern that the reference stands in.
    fn value_of_the_file(&mut self, search: &Search<'_>) -> Option<Node> {
        let scope = search.env.scope;
        let (values, name) = (self.values(scope), &search.names.0[1]);
        if !values.contains_key(name) {
            let known = || values.keys().map(String::as_str);
            let detail = all_of("values", known());
            return self.unknown(search, 1, known(), detail);
        }
        let value = self.named(Named::Value(scope, name.clone()), &search.at)?;
        self.descend(value, 2, search)
    }

    /// A fact of the resource whose field the reference stands in.
    fn of_itself(&mut self, search: &Search<'_>) -> Option<Found> {
        if let Some(index) = search.env.own {
            return self.fact(index, 1, search);
        }
        let summary = format!("`{}` has a meaning only in the fields of a resource", search.names);
        let detail = "it stands for the resource that it is written in".to_owned();
        let hint = "name the resource that is meant: `${NAME.FACT}`".to_owned();
        self.tell(search, summary, detail, Some(hint))
    }

    /// What a probe's messages and items are known by.
    fn nonce(&mut self, search: &Search<'_>) -> Option<Found> {
        if search.env.in_probe {
            return Some(Found::Fact(Probe::nonce()));
        }
        let summary = format!("`{NONCE}` has a meaning only in a probe");
        let detail = "it stands for a text that is another in every run".to_owned();
        self.tell(search, summary, detail, None)
    }

    fn each(&mut self, search: &Search<'_>) -> Option<(Node, Node)> {
        if let Some(each) = &search.env.each {
            return Some((each.key.clone(), each.value.clone()));
        }
        let summary = format!("`{}` has a meaning only under `for_each`", search.names);
        self.tell(search, summary, "nothing here is repeated".to_owned(), None)
    }

    /// The part of a value that the names from position `from` on lead to.
    pub(super) fn descend(
        &mut self,
        value: Node,
        from: usize,
        search: &Search<'_>,
    ) -> Option<Node> {
        let mut value = value;
        for (position, name) in search.names.0.iter().enumerate().skip(from) {
            let Some(inner) = value.get(name) else {
                let nothing = Map::new();
                let map = value.as_map().unwrap_or(&nothing);
                let may_lack = matches!(value.value, Value::Map(_) | Value::Null);
                if let (true, Some(nothing)) = (may_lack, search.nothing()) {
                    return Some(nothing);
                }
                if name == ALL {
                    return self.not_repeated(search, position);
                }
                let known = || map.keys().map(String::as_str);
                let is_of_an_element = search.names.0[0] == "each"
                    && matches!(value.value, Value::Map(_) | Value::Null);
                if let (Some(each), true) = (&search.env.each, is_of_an_element) {
                    let element = each.key.scalar_text().unwrap_or_default().to_owned();
                    return self.lacking(search, &element, position, known());
                }
                let detail = match value.as_map() {
                    Some(_) => format!("its keys are {}", listed(known())),
                    None => format!("what stands before is {}, not a map", value.type_name()),
                };
                return self.unknown(search, position, known(), detail);
            };
            value = inner.clone();
        }
        Some(value)
    }
}

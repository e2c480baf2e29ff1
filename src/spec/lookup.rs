//! What a reference means.

use super::elsewhere;
use super::expand::{Env, Expansion, Meaning, Named};
use super::reference::{self, Part, Reference};
use super::shape::RESERVED;
use super::source::Mark;
use super::suggest::{all_of, closest, listed};
use super::tree::{Map, Node, Value};
use super::yaml;
use crate::model::{Address, Diagnostic, FactRef};

/// What a reference refers to.
pub(super) enum Found {
    /// A value that is known now.
    Value(Node),
    /// A fact of a resource.
    Fact(FactRef),
}

/// Why so little can be referred to while it is found out which stack this is.
const BEFORE_THE_STACK: &str = "`stack`, `account` and `region` themselves may refer to variables and to the environment alone";

/// One reference being looked up.
struct Search<'r> {
    reference: &'r Reference,
    /// Where the reference stands.
    at: Mark,
    env: &'r Env,
    form: Form,
}

/// How a reference is written.
#[derive(Clone, Copy)]
enum Form {
    /// `${a.b}`, for a value.
    Value,
    /// `${a.b}`, for whether there is such a value: a key that a map does not
    /// have is null.
    Condition,
    /// `a.b`, for the resource itself.
    Address,
}

impl Search<'_> {
    /// The reference as the user wrote it, with another name at a position.
    fn shown_with(&self, position: usize, name: &str) -> String {
        let mut names = self.reference.0.clone();
        if let Some(place) = names.get_mut(position) {
            name.clone_into(place);
        }
        match self.form {
            Form::Value | Form::Condition => Reference(names).to_string(),
            Form::Address => names.join("."),
        }
    }

    /// The reference as the user wrote it.
    fn shown(&self) -> String {
        self.shown_with(usize::MAX, "")
    }
}

impl<'a> Expansion<'a> {
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
        let at = at.narrowed_to(&reference.to_string());
        let search = Search { reference, at, env, form };
        let names: Vec<&str> = reference.0.iter().map(String::as_str).collect();
        let value = match names.as_slice() {
            ["stack" | "account" | "region" | "partition"] => self.about_the_stack(&search),
            ["env", name] => self.environment(name, &search),
            ["var", _, ..] => self.variable(&search),
            ["param" | "value", _, ..] => self.of_the_pattern(&search),
            ["each", "key"] => self.each(&search).map(|(key, _)| key),
            ["each", "value", ..] => {
                let (_, value) = self.each(&search)?;
                self.descend(value, 2, &search)
            }
            [name, ..] if !RESERVED.contains(name) => return self.address(&search),
            _ => {
                let forms = "`${var.NAME}`, `${stack}`, `${account}`, `${region}`, \
                             `${partition}`, `${env.NAME}`, `${each.key}` and `${each.value}`";
                let detail = format!("the forms with a meaning of their own are {forms}");
                self.tell(&search, format!("`{reference}` refers to nothing"), detail, None)
            }
        };
        value.map(Found::Value)
    }

    fn about_the_stack(&mut self, search: &Search<'_>) -> Option<Node> {
        let place = self.ground.place;
        let known = match search.reference.0[0].as_str() {
            "stack" => self.ground.stack,
            "account" => place.map(|place| place.account.as_str()),
            "region" => place.map(|place| place.region.as_str()),
            _ => place.map(|place| place.partition.as_str()),
        };
        if let Some(text) = known {
            return Some(Node::text(text, &search.at));
        }
        let summary = format!("`{}` is not known yet", search.reference);
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
        let name = &search.reference.0[1];
        if !self.ground.variables.contains_key(name) {
            let variables = self.ground.variables;
            let detail = all_of("variables", variables.keys().map(String::as_str));
            return self.unknown(search, 1, variables.keys().map(String::as_str), detail);
        }
        let value = self.named(Named::Variable(name.clone()), &search.at)?;
        self.descend(value, 2, search)
    }

    /// Patterns see their parameters and themselves, and nothing of the stack
    /// around them, so that one can be read, tested and moved by itself.
    fn outside_of_patterns(&mut self, search: &Search<'_>) -> Option<()> {
        if self.pattern(search.env.scope).is_none() {
            return Some(());
        }
        let summary = format!("a pattern cannot see `{}`", search.reference);
        let detail = "it sees its parameters, its values and its own resources".to_owned();
        let hint = "give the pattern a parameter, and the stack file gives the value in `with:`";
        self.tell(search, summary, detail, Some(hint.to_owned()))
    }

    fn of_the_pattern(&mut self, search: &Search<'_>) -> Option<Node> {
        let scope = search.env.scope;
        let (family, name) = (search.reference.0[0].as_str(), search.reference.0[1].clone());
        let Some(pattern) = self.pattern(scope) else {
            let summary = format!("`{}` has a meaning only in a pattern", search.reference);
            let hint = Some("variables of a stack file are `${var.NAME}`".to_owned());
            let detail = "this is not a pattern".to_owned();
            return self.tell(search, summary, detail, hint);
        };
        let named = if family == "param" {
            if !pattern.parameters.contains_key(&name) {
                let known = || pattern.parameters.keys().map(String::as_str);
                let detail = all_of("parameters", known());
                return self.unknown(search, 1, known(), detail);
            }
            Named::Parameter(scope, name)
        } else {
            if !pattern.values.contains_key(&name) {
                let known = || pattern.values.keys().map(String::as_str);
                let detail = all_of("values", known());
                return self.unknown(search, 1, known(), detail);
            }
            Named::Value(scope, name)
        };
        let value = self.named(named, &search.at)?;
        self.descend(value, 2, search)
    }

    fn each(&mut self, search: &Search<'_>) -> Option<(Node, Node)> {
        if let Some(each) = &search.env.each {
            return Some((each.key.clone(), each.value.clone()));
        }
        let summary = format!("`{}` has a meaning only under `for_each`", search.reference);
        self.tell(search, summary, "nothing here is repeated".to_owned(), None)
    }

    /// The part of a value that the names from position `from` on lead to.
    fn descend(&mut self, value: Node, from: usize, search: &Search<'_>) -> Option<Node> {
        let mut value = value;
        for (position, name) in search.reference.0.iter().enumerate().skip(from) {
            let Some(inner) = value.get(name) else {
                let nothing = Map::new();
                let map = value.as_map().unwrap_or(&nothing);
                if let (Form::Condition, Value::Map(_) | Value::Null) = (search.form, &value.value)
                {
                    return Some(Node::new(Value::Null, &search.at));
                }
                let known = || map.keys().map(String::as_str);
                let is_of_an_element = search.reference.0[0] == "each"
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

    /// An element of a `for_each` that lacks what another may have.
    fn lacking<'n, T>(
        &mut self,
        search: &Search<'_>,
        element: &str,
        position: usize,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<T> {
        let known: Vec<&str> = known.collect();
        let wrong = search.reference.0[position].clone();
        let detail = format!("the `for_each` has no `{wrong}` in `{element}`");
        let (summary, hint) = match self.guess(&wrong, &known) {
            Some(right) => (
                format!("`{}` refers to nothing", search.shown()),
                format!("did you mean `{}`?", search.shown_with(position, right)),
            ),
            None => (
                format!("`{}` is not stated by every element", search.shown()),
                format!("write `{wrong}: ~` into an element that is to leave the field out"),
            ),
        };
        self.tell(search, summary, detail, Some(hint))
    }

    fn address(&mut self, search: &Search<'_>) -> Option<Found> {
        let mut walk = self.step_into(search.env.scope, 0, search)?;
        let mut position = 1;
        loop {
            let next = search.reference.0.get(position);
            match (walk, next) {
                (Meaning::Resource(index), _) => return self.fact(index, position, search),
                (Meaning::Off(condition), _) => {
                    let name = search.reference.0[..position].join(".");
                    let summary = format!("`{name}` is switched off");
                    let detail = format!("its condition at {condition} does not hold");
                    return self.tell(search, summary, detail, None);
                }
                (Meaning::Group(group), Some(key)) => {
                    let Some(meaning) = group.get(key) else {
                        let known = || group.keys().map(String::as_str);
                        let detail = format!("the keys of its `for_each` are {}", listed(known()));
                        return self.unknown(search, position, known(), detail);
                    };
                    walk = meaning.clone();
                }
                (Meaning::Instance(scope), Some(name)) => {
                    let pattern = self.pattern(scope)?;
                    if pattern.outputs.contains_key(name) {
                        let output = Named::Output(scope, name.clone());
                        let value = self.named(output, &search.at)?;
                        return self.descend(value, position + 1, search).map(Found::Value);
                    }
                    walk = self.step_into(scope, position, search)?;
                }
                (Meaning::Group(_), None) => {
                    let detail = "it stands for several resources; name one of its keys".to_owned();
                    let summary = format!("`{}` is incomplete", search.reference);
                    return self.tell(search, summary, detail, None);
                }
                (Meaning::Instance(scope), None) => {
                    let known = self.names_in(scope);
                    let detail = format!("name something in it: {}", listed(known.iter().copied()));
                    let summary = format!("`{}` is incomplete", search.reference);
                    return self.tell(search, summary, detail, None);
                }
            }
            position += 1;
        }
    }

    /// The entry of a scope that the name at `position` means.
    fn step_into(&mut self, scope: usize, position: usize, search: &Search<'_>) -> Option<Meaning> {
        let name = &search.reference.0[position];
        let resources: &'a Map = self.scopes[scope].resources;
        if resources.contains_key(name) {
            return self.entry(scope, name, &search.at);
        }
        let known = self.names_in(scope);
        let detail = match (self.ground.stack, known.is_empty()) {
            (None, _) => BEFORE_THE_STACK.to_owned(),
            (Some(_), true) => "there are no resources here".to_owned(),
            (Some(_), false) => {
                format!("there is no `{name}` among {}", listed(known.iter().copied()))
            }
        };
        self.unknown(search, position, known.iter().copied(), detail)
    }

    /// The entries of a scope, and the outputs if it is a pattern's.
    fn names_in(&self, scope: usize) -> Vec<&'a str> {
        let resources: &'a Map = self.scopes[scope].resources;
        let outputs = self.pattern(scope).map(|pattern| pattern.outputs.keys());
        resources.keys().chain(outputs.into_iter().flatten()).map(String::as_str).collect()
    }

    fn fact(&mut self, index: usize, position: usize, search: &Search<'_>) -> Option<Found> {
        let (kind, address) = (self.declared[index].kind, self.declared[index].address.clone());
        let known = || kind.facts.iter().map(|fact| fact.name.as_str());
        let detail = format!("the facts of `{}` are {}", kind.name, listed(known()));
        match &search.reference.0[position..] {
            [] => {
                let summary = format!("`{}` is incomplete", search.reference);
                self.tell(search, summary, detail, None)
            }
            [fact] if known().any(|name| name == fact) => {
                let fact = fact.clone();
                Some(Found::Fact(FactRef { address, fact }))
            }
            [fact, part, ..] if known().any(|name| name == fact) => {
                let detail = format!("`{fact}` is a text, and has no `{part}`");
                self.unknown(search, position + 1, [], detail)
            }
            [wrong, ..] => {
                let facts: Vec<&str> = known().collect();
                let Some(ours) = elsewhere::fact(wrong, &facts) else {
                    return self.unknown(search, position, known(), detail);
                };
                let summary = format!("`{}` refers to nothing", search.shown());
                let meant = format!("did you mean `{}`?", search.shown_with(position, ours));
                self.tell(search, summary, detail, Some(meant))
            }
        }
    }

    /// Every resource that an address of a scope stands for: itself, all of a
    /// pattern's use, all of a `for_each`.
    pub(super) fn resources_of(
        &mut self,
        reference: &Reference,
        at: &Mark,
        env: &Env,
    ) -> Option<Vec<Address>> {
        if self.has_failed_enough() {
            return None;
        }
        let search = Search { reference, at: at.clone(), env, form: Form::Address };
        let mut meaning = self.step_into(env.scope, 0, &search)?;
        for (position, name) in reference.0.iter().enumerate().skip(1) {
            meaning = match &meaning {
                Meaning::Instance(scope) => self.step_into(*scope, position, &search)?,
                Meaning::Group(group) if group.contains_key(name) => group.get(name)?.clone(),
                Meaning::Group(_) | Meaning::Resource(_) | Meaning::Off(_) => {
                    let detail = format!("`{}` has no parts", reference.0[..position].join("."));
                    return self.unknown(&search, position, [], detail);
                }
            };
        }
        let mut addresses = Vec::new();
        self.collect(&meaning, at, &mut addresses);
        self.spend(addresses.len(), at)?;
        Some(addresses)
    }

    fn collect(&mut self, meaning: &Meaning, at: &Mark, addresses: &mut Vec<Address>) {
        match meaning {
            Meaning::Off(_) => {}
            Meaning::Resource(index) => addresses.push(self.declared[*index].address.clone()),
            Meaning::Group(group) => {
                for meaning in group.values() {
                    self.collect(meaning, at, addresses);
                }
            }
            Meaning::Instance(scope) => {
                let resources: &'a Map = self.scopes[*scope].resources;
                for name in resources.keys() {
                    if let Some(meaning) = self.entry(*scope, name, at) {
                        self.collect(&meaning, at, addresses);
                    }
                }
            }
        }
    }

    /// Tells that the name at `position` means nothing, with the whole
    /// reference spelled right if a known name is near.
    fn unknown<'n, T>(
        &mut self,
        search: &Search<'_>,
        position: usize,
        known: impl IntoIterator<Item = &'n str>,
        detail: String,
    ) -> Option<T> {
        let wrong = &search.reference.0[position];
        // `${vars.timeout}` and `${regoin}` are meant for the words of our own.
        let ours = match (search.form, position) {
            (Form::Value | Form::Condition, 0) => RESERVED,
            (Form::Value | Form::Condition | Form::Address, _) => &[],
        };
        let known: Vec<&str> = known.into_iter().chain(ours.iter().copied()).collect();
        let theirs = match (search.form, position) {
            (Form::Value | Form::Condition, 0) => elsewhere::reference(&search.reference.0),
            (Form::Value | Form::Condition | Form::Address, _) => None,
        };
        let summary = format!("`{}` refers to nothing", search.shown());
        if theirs.is_some() {
            let begins = "a reference begins with the name of a resource, or with `var`, `env`, \
                          `each`, `param` or `value`";
            return self.tell(search, summary, begins.to_owned(), theirs);
        }
        let hint = self.guess(wrong, &known).map(str::to_owned).or_else(|| {
            // `${timeout}` for `${var.timeout}` is the commonest slip of all.
            let in_stack = self.pattern(search.env.scope).is_none() && position == 0;
            let variable = in_stack && self.ground.variables.contains_key(wrong);
            variable.then(|| format!("var.{wrong}"))
        });
        let hint =
            hint.map(|right| format!("did you mean `{}`?", search.shown_with(position, &right)));
        let hint = hint.or_else(|| match search.reference.0.as_slice() {
            [family, name] if family == "var" => {
                Some(format!("declare it: `vars: {{ {name}: DEFAULT }}`"))
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

    fn tell<T>(
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
}

//! `vars`: declared in the files of a stack, given from outside.
//!
//! A variable is declared as a parameter of a pattern is, `{ type: string, ... }`,
//! or by its default alone, whose type it then has. One that has neither a
//! default nor `nullable` must be given.

use std::collections::BTreeMap;

use super::given::Given;
use super::merge::merge;
use super::parameter::{self, Parameter};
use super::source::Mark;
use super::tree::{Entry, Map, Node, Value};
use super::yaml;
use crate::model::Diagnostic;

/// A declared variable with the value that it has in this run.
#[derive(Debug)]
pub(super) struct Variable {
    /// What it is, its references not yet replaced. `None` if it has no value,
    /// or a wrong one: that was told, and nothing follows from it.
    pub(super) node: Option<Node>,
    /// What is declared of it; `None` if that is its default alone.
    pub(super) parameter: Option<Parameter>,
    /// Where it is declared.
    pub(super) at: Mark,
}

/// The `vars` of a file laid over those of its base. What is stated plainly over
/// a declaration is its default: to say what a variable is in one environment
/// takes nothing away from what it may be in all.
pub(super) fn lay_over(base: Node, over: Node) -> Node {
    let (Value::Map(mut below), Value::Map(above)) = (base.value.clone(), over.value.clone())
    else {
        return merge(base, over);
    };
    let mut plain = Map::new();
    for (name, entry) in above {
        let is_plain = !entry.node.is_null() && !parameter::is_declaration(&entry.node);
        let declared = below.get_mut(&name).map(|entry| &mut entry.node);
        match declared.filter(|node| is_plain && parameter::is_declaration(node)) {
            Some(Node { value: Value::Map(declaration), .. }) => {
                let node = match declaration.remove("default") {
                    Some(had) => merge(had.node, entry.node),
                    None => entry.node,
                };
                declaration.insert("default".to_owned(), Entry { key_at: entry.key_at, node });
            }
            Some(_) | None => {
                plain.insert(name, entry);
            }
        }
    }
    merge(Node::new(Value::Map(below), &base.at), Node::new(Value::Map(plain), &over.at))
}

/// Every declared variable with the value that it has in this run. `file` is
/// the variable file that would be read if it were there.
pub(super) fn settle(
    declared: Option<&Map>,
    given: &BTreeMap<String, Given>,
    file: Option<&str>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Variable> {
    let mut settled = BTreeMap::new();
    for (name, entry) in declared.into_iter().flatten() {
        if !is_variable(name) {
            let problem = Diagnostic::error(format!("`{name}` cannot name a variable"))
                .at(Some(entry.key_at.location()))
                .because("a variable's name has letters, digits, dashes and underscores");
            problems.push(problem);
        }
        let at = entry.key_at.clone();
        let parameter = if parameter::is_declaration(&entry.node) {
            // One that is declared wrong may be anything, and nothing follows from it.
            let Some(found) = parameter::read(name, &entry.node, parameter::VARIABLE, problems)
            else {
                settled.insert(name.clone(), Variable { node: None, parameter: None, at });
                continue;
            };
            Some(found)
        } else {
            None
        };
        let declaration = Declaration { name, entry, parameter: parameter.as_ref() };
        let node = match given.get(name) {
            Some(given) => declaration.typed(given),
            None => declaration.default(file),
        };
        let node = node.map_err(|problem| problems.push(problem)).ok();
        settled.insert(name.clone(), Variable { node, parameter, at });
    }
    settled
}

fn is_variable(name: &str) -> bool {
    // As shells name their variables, and dashes: `CCPROV_VAR_name`.
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// What the files say of one variable.
struct Declaration<'a> {
    name: &'a str,
    entry: &'a Entry,
    parameter: Option<&'a Parameter>,
}

impl Declaration<'_> {
    /// The value where none is given.
    fn default(&self, file: Option<&str>) -> Result<Node, Diagnostic> {
        let nothing = || Node::new(Value::Null, &self.entry.key_at);
        match self.parameter {
            Some(Parameter { default: Some(default), .. }) => Ok(default.clone()),
            Some(parameter) if parameter.nullable => Ok(nothing()),
            Some(_) => Err(self.missing(file)),
            None if self.entry.node.is_null() => Err(self.missing(file)),
            None => Ok(self.entry.node.clone()),
        }
    }

    fn missing(&self, file: Option<&str>) -> Diagnostic {
        let name = self.name;
        let problem = Diagnostic::error(format!("the variable `{name}` has no value"))
            .at(Some(self.entry.key_at.location()));
        let described = self.parameter.and_then(|it| it.schema.get("description")?.as_str());
        let problem = match described {
            Some(description) => problem.because(description.to_owned()),
            None => problem,
        };
        let file = file.map(|file| format!(", {file}")).unwrap_or_default();
        let problem = problem.hint(format!(
            "give it: `--var {name}=...`, CCPROV_VAR_{name}, or `{name}: ...` in a variable file \
             (--var-file FILE{file})"
        ));
        if self.parameter.is_some() {
            return problem;
        }
        problem.hint(format!(
            "one that may stay without is declared so: `{name}: {{ type: string, nullable: true }}`"
        ))
    }

    /// The given value as the variable's type wants it. Whether it keeps to what
    /// is declared is seen when its references are replaced.
    fn typed(&self, given: &Given) -> Result<Node, Diagnostic> {
        let node = match given {
            Given::Text(at, text) => self.read(text, at)?,
            Given::Entry(entry) => entry.node.clone(),
        };
        let Some(wanted) = self.plain_type() else { return Ok(node) };
        if node.type_name() == wanted {
            return Ok(node);
        }
        match (node.scalar_text(), given) {
            (Some(text), _) if wanted == "text" => Ok(Node::text(text, &node.at)),
            (_, Given::Text(at, _)) => Err(self.refuse(at, wanted)),
            (_, Given::Entry(entry)) => Err(self.refuse(&entry.node.at, wanted)),
        }
    }

    /// The text of `--var` or of the environment. A text is taken as it is.
    fn read(&self, text: &str, at: &Mark) -> Result<Node, Diagnostic> {
        if text.chars().any(yaml::is_unprintable) {
            return Err(Diagnostic::error("the value holds a control character")
                .at(Some(at.source.start().location()))
                .because(format!("given by `{}`", at.source.name)));
        }
        let wants_text = match self.parameter {
            Some(parameter) => parameter.json_type() == Some("string"),
            None => matches!(self.entry.node.value, Value::Text(_) | Value::Null),
        };
        if wants_text {
            return Ok(Node::text(text, at));
        }
        let wanted = self.plain_type().unwrap_or("such a value: it is no YAML");
        yaml::parse(&at.source, text).map_err(|_| self.refuse(at, wanted))
    }

    /// The type of a default that stands alone, in the words of messages; `None`
    /// if it may be of any.
    fn plain_type(&self) -> Option<&'static str> {
        let default = &self.entry.node;
        let may_be_any = match &default.value {
            Value::Null => true,
            Value::Text(text) => text.starts_with("${"),
            Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => false,
        };
        (self.parameter.is_none() && !may_be_any).then(|| default.type_name())
    }

    fn refuse(&self, at: &Mark, wanted: &str) -> Diagnostic {
        let origin = match at.source.path {
            Some(_) => String::new(),
            None => format!("given by `{}`; ", at.source.name),
        };
        let declared = &self.entry.key_at;
        let detail = match self.parameter {
            Some(_) => format!("{origin}`{}` is declared at {declared}", self.name),
            None => format!(
                "{origin}the default of `{}`, at {declared}, is {}",
                self.name,
                self.entry.node.type_name()
            ),
        };
        Diagnostic::error(format!("`{}` is not {wanted}", at.text()))
            .at(Some(at.location()))
            .because(detail)
    }
}

//! What AWS would refuse of a policy document, told where it is written.
//!
//! Looks at the document as the stack file has it, and not at its canonical
//! form, so that every problem has its statement and its item. A text that
//! waits for a fact is taken on trust.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::uses::{Element, Use};
use super::{Policy, actions, conditions, principals, size::Size};
use crate::aws::near::nearest;
use crate::aws::partition;
use crate::model::document::{as_json, is_pending};
use crate::model::{Path, Place, Problem};

/// Elements of a document and of a statement (IAM's grammar of policies).
const OF_DOCUMENTS: &[&str] = &["Id", "Statement", "Version"];
const OF_STATEMENTS: &[&str] = &[
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
];
const VERSIONS: &[&str] = &["2008-10-17", "2012-10-17"];

/// Everything that is wrong with a document that stands at a path. `own` is
/// the ARN of the object that has it, as far as that is known.
pub(crate) fn check(
    written: &Value,
    path: &Path,
    of: &'static Use,
    place: &Place,
    own: Option<&str>,
) -> Vec<Problem> {
    let parsed;
    let document = match written {
        // Empty is none, and what is no JSON was refused when it was read.
        Value::String(text) => {
            parsed = serde_json::from_str(&as_json(text)).unwrap_or(Value::Null);
            &parsed
        }
        other => other,
    };
    let Value::Object(fields) = document else { return Vec::new() };
    let mut check = Check { of, place, own, problems: Vec::new() };
    if written.is_string() {
        // Elsewhere whoever looks through the whole document finds them.
        partition::find(document, path, place, &mut check.problems);
    }
    check.document(fields, path);
    check.limits(document, path);
    check.problems
}

struct Check<'a> {
    of: &'static Use,
    place: &'a Place,
    own: Option<&'a str>,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn tell(&mut self, path: &Path, message: impl Into<String>, hint: Option<String>) {
        let problem = Problem::of("", message).at(path.clone());
        self.problems.push(Problem { hint, ..problem });
    }

    fn document(&mut self, fields: &Map<String, Value>, path: &Path) {
        self.elements(fields, OF_DOCUMENTS, path);
        let version = fields.get("Version").and_then(Value::as_str);
        if let Some(version) = version.filter(|version| !VERSIONS.contains(version)) {
            let message = format!("there is no version `{version}` of policies");
            self.tell(&path.with_field("Version"), message, Some("write \"2012-10-17\"".into()));
        }
        let path = path.with_field("Statement");
        let statements: Vec<(Path, &Value)> = match fields.get("Statement") {
            Some(Value::Array(list)) => {
                list.iter().enumerate().map(|(at, one)| (path.with_index(at), one)).collect()
            }
            Some(single) => vec![(path.clone(), single)],
            None => Vec::new(),
        };
        if statements.is_empty() {
            let message = format!("{} needs a statement at least", self.of.what);
            self.tell(&path, message, None);
        }
        let mut sids = BTreeSet::new();
        for (path, statement) in &statements {
            let Value::Object(statement) = statement else {
                self.tell(path, "a statement is a map", None);
                continue;
            };
            self.statement(statement, path);
            self.sid(statement, path, &mut sids);
        }
    }

    fn statement(&mut self, statement: &Map<String, Value>, path: &Path) {
        self.elements(statement, OF_STATEMENTS, path);
        match statement.get("Effect").and_then(Value::as_str) {
            Some(effect) if ["allow", "deny"].contains(&effect.to_lowercase().as_str()) => {}
            Some(effect) if is_pending(effect) => {}
            Some(_) | None => {
                let hint = Some("write `Effect: Allow` or `Effect: Deny`".to_owned());
                self.tell(path, "the statement neither allows nor denies", hint);
            }
        }
        self.principal(statement, path);
        self.pair(statement, ["Action", "NotAction"], path, "sqs:SendMessage");
        for element in ["Action", "NotAction"] {
            self.actions(statement, element, path);
        }
        match self.of.resource {
            Element::Required => {
                let example = self.own.filter(|own| !is_pending(own)).unwrap_or("*");
                self.pair(statement, ["Resource", "NotResource"], path, example);
                for element in ["Resource", "NotResource"] {
                    self.resources(statement, element, path);
                }
                self.fitting(statement, path);
            }
            Element::Forbidden(why) => {
                self.forbidden(statement, ["Resource", "NotResource"], path, why);
            }
        }
        self.condition(statement, path);
    }

    /// Elements that nobody knows. The schema tells those of YAML; those of
    /// JSON within a text are told here.
    fn elements(&mut self, fields: &Map<String, Value>, known: &[&str], path: &Path) {
        for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
            let near = nearest(name, known.iter().copied());
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("a policy has no element `{name}`");
            self.tell(&path.with_field(name), message, hint);
        }
    }

    /// One of two elements must be there, with something in it.
    fn pair(&mut self, statement: &Map<String, Value>, pair: [&str; 2], path: &Path, one: &str) {
        let [name, not] = pair;
        match (statement.get(name), statement.get(not)) {
            (Some(_), Some(_)) => {
                let message = format!("the statement has {name} and {not}: it takes one of them");
                self.tell(&path.with_field(not), message, None);
            }
            (None, None) => {
                let message = format!("the statement has no {name}");
                self.tell(path, message, Some(format!("write `{name}: \"{one}\"`")));
            }
            (Some(value), None) | (None, Some(value)) => {
                if texts(value).is_empty() {
                    let at = if statement.contains_key(name) { name } else { not };
                    self.tell(&path.with_field(at), format!("{at} names nothing"), None);
                }
            }
        }
    }

    fn forbidden(
        &mut self,
        statement: &Map<String, Value>,
        elements: [&str; 2],
        path: &Path,
        why: &str,
    ) {
        let found = elements.iter().find(|element| statement.contains_key(**element));
        if let Some(element) = found {
            let message = format!("{} has no {element}: {why}", self.of.what);
            self.tell(&path.with_field(*element), message, None);
        }
    }

    fn principal(&mut self, statement: &Map<String, Value>, path: &Path) {
        const PAIR: [&str; 2] = ["Principal", "NotPrincipal"];
        if let Element::Forbidden(why) = self.of.principal {
            return self.forbidden(statement, PAIR, path, why);
        }
        let stated: Vec<&str> =
            PAIR.into_iter().filter(|element| statement.contains_key(*element)).collect();
        match stated[..] {
            [] => {
                let hint = "say whom it is about: `Principal: { Service: s3.amazonaws.com }`, \
                            `{ AWS: \"123456789012\" }` or `\"*\"`";
                self.tell(path, "the statement has no Principal", Some(hint.to_owned()));
            }
            [_, not] => {
                let message = "the statement has Principal and NotPrincipal: it takes one of them";
                self.tell(&path.with_field(not), message, None);
            }
            [..] => {}
        }
        for element in stated {
            let at = path.with_field(element);
            match &statement[element] {
                Value::String(text) => {
                    if let Some((message, hint)) = principals::bare(text) {
                        self.tell(&at, message, hint);
                    }
                }
                Value::Object(sorts) => self.principals(sorts, &at),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                    let hint = Some("write { AWS: [...] } or { Service: ... }".to_owned());
                    self.tell(&at, format!("{element} is `*` or a map"), hint);
                }
            }
        }
    }

    fn principals(&mut self, sorts: &Map<String, Value>, path: &Path) {
        let told = self.problems.len();
        for (sort, who) in sorts {
            self.texts_alone(who, &path.with_field(sort));
        }
        let is_sound = self.problems.len() == told;
        if is_sound && sorts.values().all(|who| texts(who).is_empty()) {
            self.tell(path, "the principal is nobody", None);
        }
        for (sort, who) in sorts {
            let at = path.with_field(sort);
            if !principals::SORTS.contains(&sort.as_str()) {
                let near = nearest(sort, principals::SORTS.iter().copied());
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                self.tell(&at, format!("there are no principals of the sort `{sort}`"), hint);
                continue;
            }
            for (item, text) in placed(who, &at) {
                if let Some((message, hint)) = principals::fault(sort, text, self.place) {
                    self.tell(&item, message, hint);
                }
            }
        }
    }

    fn actions(&mut self, statement: &Map<String, Value>, element: &str, path: &Path) {
        let Some(value) = statement.get(element) else { return };
        self.texts_alone(value, &path.with_field(element));
        let listed = placed(value, &path.with_field(element));
        for (item, action) in &listed {
            if let Some(fault) = actions::fault(action, self.of.service, self.of.what) {
                self.tell(item, fault.message, fault.hint);
            }
        }
        let distinct: BTreeSet<String> =
            listed.iter().map(|(_, action)| action.to_lowercase()).collect();
        if let Some(most) = self.of.limits.actions.filter(|most| distinct.len() > *most) {
            let message = format!("the statement has {} actions, AWS takes {most}", distinct.len());
            let hint = "split the statement, or join actions with `*`".to_owned();
            self.tell(&path.with_field(element), message, Some(hint));
        }
    }

    fn resources(&mut self, statement: &Map<String, Value>, element: &str, path: &Path) {
        let Some(value) = statement.get(element) else { return };
        self.texts_alone(value, &path.with_field(element));
        for (item, resource) in placed(value, &path.with_field(element)) {
            if resource == "*" || is_pending(resource) {
                continue;
            }
            if !resource.starts_with("arn:") {
                let message = format!("`{resource}` is not a resource");
                self.tell(&item, message, Some("write an ARN, or `*`".to_owned()));
            } else if let Some(own) = self.own.filter(|own| !is_pending(own))
                && self.of.own_resources
                && !is_within(resource, own)
            {
                let message = format!("`{resource}` is not what {} is about", self.of.what);
                self.tell(&item, message, Some(format!("write `{own}`")));
            }
        }
    }

    /// S3 refuses actions that fit none of their statement's resources.
    fn fitting(&mut self, statement: &Map<String, Value>, path: &Path) {
        let (Some(actions), Some(resources)) = (statement.get("Action"), statement.get("Resource"))
        else {
            return;
        };
        let resources = texts(resources);
        let Some(own) = self.own.filter(|_| self.of.service.is_some_and(|s| s.prefix == "s3"))
        else {
            return;
        };
        let is_object = |text: &str| text.contains('/');
        let is_open =
            |text: &str| is_pending(text) || !is_object(text) && text.contains(['*', '?']);
        let has_objects = resources.iter().any(|text| is_object(text) || is_open(text));
        let has_bucket = resources.iter().any(|text| !is_object(text) || is_open(text));
        for (item, action) in placed(actions, &path.with_field("Action")) {
            match actions::target_in_s3(action) {
                Some("/*") if !has_objects => {
                    let message = format!("`{action}` works on objects, and the resource is none");
                    self.tell(&item, message, Some(format!("add the resource `{own}/*`")));
                }
                Some("") if !has_bucket => {
                    let message =
                        format!("`{action}` works on the bucket, and the resource is none");
                    self.tell(&item, message, Some(format!("add the resource `{own}`")));
                }
                Some(_) | None => {}
            }
        }
    }

    fn condition(&mut self, statement: &Map<String, Value>, path: &Path) {
        let path = path.with_field("Condition");
        let operators = match statement.get("Condition") {
            Some(Value::Object(operators)) => operators,
            Some(_) => return self.tell(&path, "a condition is a map of operators", None),
            None => return,
        };
        for (operator, keys) in operators {
            let at = path.with_field(operator);
            if let Some((message, hint)) = conditions::unknown(operator) {
                self.tell(&at, message, hint);
                continue;
            }
            let Value::Object(keys) = keys else {
                self.tell(&at, format!("`{operator}` is a map of keys and values"), None);
                continue;
            };
            for (key, values) in keys {
                self.texts_alone(values, &at.with_field(key));
                for (item, value) in placed(values, &at.with_field(key)) {
                    if let Some(wanted) = conditions::wanted(operator, value) {
                        let message =
                            format!("`{operator}` compares with {wanted}, not with `{value}`");
                        self.tell(&item, message, None);
                    }
                }
            }
        }
    }

    /// AWS takes a text or a list of texts, and no list within a list. The schema
    /// tells those of YAML; those of JSON within a text are told here.
    fn texts_alone(&mut self, value: &Value, path: &Path) {
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (index, item) in items.iter().enumerate() {
            let found = match item {
                Value::Array(_) => "a list within a list",
                Value::Object(_) => "a map",
                Value::Null => "null",
                Value::String(_) | Value::Bool(_) | Value::Number(_) => continue,
            };
            let at = if value.is_array() { path.with_index(index) } else { path.clone() };
            let hint = Some("write a text, or one list of texts".to_owned());
            self.tell(&at, format!("this is {found}, and AWS takes texts"), hint);
        }
    }

    fn sid(&mut self, statement: &Map<String, Value>, path: &Path, seen: &mut BTreeSet<String>) {
        let path = path.with_field("Sid");
        let Some(sid) = statement.get("Sid").and_then(Value::as_str).filter(|sid| !is_pending(sid))
        else {
            return;
        };
        let is_plain = sid.chars().all(|c| c.is_ascii_alphanumeric());
        if self.of.plain_sids && !is_plain {
            let plain: String = sid
                .split(|c: char| !c.is_ascii_alphanumeric())
                .flat_map(|word| {
                    let (first, rest) = word.split_at(word.len().min(1));
                    [first.to_ascii_uppercase(), rest.to_owned()]
                })
                .collect();
            let message = format!("the Sid `{sid}` has more than letters and digits");
            let hint = (!plain.is_empty()).then(|| format!("write `{plain}`"));
            self.tell(&path, message, hint);
        }
        if !sid.is_empty() && !seen.insert(sid.to_owned()) && self.of.unique_sids {
            self.tell(&path, format!("two statements have the Sid `{sid}`"), None);
        }
    }

    fn limits(&mut self, document: &Value, path: &Path) {
        let Ok(policy) = serde_json::from_value::<Policy>(document.clone()) else { return };
        let policy = policy.in_partition(&self.place.partition);
        let limits = &self.of.limits;
        if let Some((most, measure)) = limits.size {
            let size = Size::of(&policy, measure);
            if size.count > most {
                let (words, unit) = (size.words(), measure.unit());
                let message = format!("the document has {words} {unit}, AWS takes {most}");
                self.tell(path, message, Some(self.of.relief.to_owned()));
            }
        }
        let count = policy.statements().count();
        if let Some(most) = limits.statements.filter(|most| count > *most) {
            let message = format!("the policy has {count} statements, AWS takes {most}");
            self.tell(path, message, None);
        }
        let principals: usize = policy
            .statements()
            .filter_map(|statement| statement.get("Principal").and_then(Value::as_object))
            .flat_map(Map::values)
            .map(|who| texts(who).len())
            .sum();
        if let Some(most) = limits.principals.filter(|most| principals > *most) {
            let message = format!("the policy has {principals} principals, AWS takes {most}");
            let hint = "name accounts, and the roles in a condition on `aws:PrincipalArn`";
            self.tell(path, message, Some(hint.to_owned()));
        }
    }
}

/// The texts of an item or a list; what is no text is the schema's to refuse.
fn texts(value: &Value) -> Vec<&str> {
    placed(value, &Path::default()).into_iter().map(|(_, text)| text).collect()
}

/// The same, each with its path.
fn placed<'a>(value: &'a Value, path: &Path) -> Vec<(Path, &'a str)> {
    match value {
        Value::String(text) => vec![(path.clone(), text)],
        Value::Array(items) => items
            .iter()
            .enumerate()
            .filter_map(|(at, item)| Some((path.with_index(at), item.as_str()?)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

/// Whether a resource may be an object or something in it: as far as its
/// beginning, before the first wildcard, can tell.
fn is_within(resource: &str, own: &str) -> bool {
    let literal = resource.split(['*', '?', '$', '\u{1}']).next().unwrap_or_default();
    let is_whole = literal.len() == resource.len();
    let inside = format!("{own}/");
    literal == own || literal.starts_with(&inside) || !is_whole && inside.starts_with(literal)
}

#[cfg(test)]
mod tests;

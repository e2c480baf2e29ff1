//! What a policy lets happen: as much of AWS's evaluation as deciding about a
//! delivery takes.
//!
//! Reads canonical documents, in which an action's prefix is in lower case and
//! everyone is `{ AWS: "*" }`. What depends on something that no document
//! tells is unclear, and never counts as allowed. Knows no kinds and no rules.

mod condition;
mod wildcard;

use serde_json::{Map, Value};

pub(crate) use condition::{Context, Known, Obstacle};
pub(crate) use wildcard::matches;

use crate::model::{Document, Exhibit, Path};

/// A policy, and where in its resource's document it stands.
pub(crate) struct Policy<'a> {
    statements: Vec<Statement<'a>>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement<'a> {
    /// Where it stands: by its `Sid` if it has one, as [`crate::model::compare()`] names it.
    pub(crate) path: Path,
    body: &'a Map<String, Value>,
}

/// What somebody asks for.
pub(crate) struct Request<'a> {
    /// By whom.
    pub(crate) who: Who<'a>,
    /// For example `sns:Publish`.
    pub(crate) action: &'a str,
    /// The ARN that it is asked of.
    pub(crate) resource: &'a str,
    /// What AWS would know about the request.
    pub(crate) context: &'a Context<'a>,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who<'a> {
    /// A service, by its principal.
    Service(&'a str),
    /// Each and every principal: what speaks of some alone does not count. A
    /// statement that names nobody belongs to an identity, and speaks of it.
    Everyone,
    /// A role or a user, by its ARN: what speaks of it by name, or of everybody.
    Identity(&'a str),
}

/// What a policy says to a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision<'a> {
    /// Yes.
    Allowed,
    /// No, by this statement, whatever others allow.
    Denied(Statement<'a>),
    /// It depends on a condition of this statement.
    Unclear(Statement<'a>, Obstacle),
    /// No statement says yes. Some nearly did.
    Silent(Vec<NearMiss<'a>>),
}

/// A statement that allows the action to who asks, but not in this case.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NearMiss<'a> {
    /// The statement.
    pub(crate) statement: Statement<'a>,
    /// What stands against it.
    pub(crate) because: Obstacle,
}

/// Whether a statement speaks of a request.
enum Applies {
    Yes,
    No,
    Nearly(Obstacle),
    Unclear(Obstacle),
}

impl<'a> Policy<'a> {
    /// The policy in one field of a resource, if there is one.
    pub(crate) fn of(exhibit: &'a Exhibit, field: &Path) -> Option<Self> {
        Self::within(&exhibit.document, field)
    }

    /// The policy in one field of a document, if there is one.
    pub(crate) fn within(document: &'a Document, field: &Path) -> Option<Self> {
        let list = field.get(document)?.get("Statement")?.as_array()?;
        let path = field.with_field("Statement");
        let statements = list.iter().enumerate().filter_map(|(position, statement)| {
            let body = statement.as_object()?;
            let path = match sid(body) {
                Some(sid) => path.with_field(sid),
                None => path.with_index(position),
            };
            Some(Statement { path, body })
        });
        Some(Self { statements: statements.collect() })
    }

    /// Every statement.
    pub(crate) fn statements(&self) -> &[Statement<'a>] {
        &self.statements
    }

    /// What it says to a request, by AWS's own order: an explicit deny decides,
    /// then any allow.
    pub(crate) fn decide(&self, request: &Request<'_>) -> Decision<'a> {
        let (mut allowed, mut near) = (false, Vec::new());
        let (mut may_allow, mut may_deny) = (None, None);
        for statement in &self.statements {
            let here = || statement.clone();
            match (statement.allows(), statement.applies(request)) {
                (_, Applies::No) | (false, Applies::Nearly(_)) => {}
                (false, Applies::Yes) => return Decision::Denied(here()),
                (false, Applies::Unclear(why)) => may_deny = Some(Decision::Unclear(here(), why)),
                (true, Applies::Yes) => allowed = true,
                (true, Applies::Nearly(because)) => {
                    near.push(NearMiss { statement: here(), because });
                }
                (true, Applies::Unclear(why)) => may_allow = Some(Decision::Unclear(here(), why)),
            }
        }
        if allowed {
            may_deny.unwrap_or(Decision::Allowed)
        } else {
            may_allow.unwrap_or(Decision::Silent(near))
        }
    }

    /// The statement that denies a request under a condition that nobody can tell,
    /// whether anything allows it or not.
    pub(crate) fn may_deny(&self, request: &Request<'_>) -> Option<(Statement<'a>, Obstacle)> {
        let denying = self.statements.iter().filter(|statement| !statement.allows());
        denying.into_iter().find_map(|statement| match statement.applies(request) {
            Applies::Unclear(why) => Some((statement.clone(), why)),
            Applies::Yes | Applies::No | Applies::Nearly(_) => None,
        })
    }
}

impl<'a> Statement<'a> {
    /// Whether it allows. Otherwise it denies.
    pub(crate) fn allows(&self) -> bool {
        self.body.get("Effect").and_then(Value::as_str) == Some("Allow")
    }

    /// Its name for people: its `Sid` in quotes, or its number.
    pub(crate) fn name(&self) -> String {
        match self.sid() {
            Some(sid) => format!("`{sid}`"),
            None => format!("the statement at {}", self.path),
        }
    }

    /// Its `Sid`.
    pub(crate) fn sid(&self) -> Option<&'a str> {
        sid(self.body)
    }

    /// The values of one of its elements: `Action`, `NotResource`.
    pub(crate) fn list(&self, element: &str) -> Vec<&'a str> {
        self.body.get(element).map(texts).unwrap_or_default()
    }

    /// The actions that it speaks of, for people.
    pub(crate) fn actions(&self) -> String {
        if self.has("NotAction") {
            return format!("all but {}", self.list("NotAction").join(", "));
        }
        self.list("Action").join(", ")
    }

    /// Whether it has an element.
    pub(crate) fn has(&self, element: &str) -> bool {
        self.body.contains_key(element)
    }

    /// Whom of a sort (`AWS`, `Service`) it names as principals.
    pub(crate) fn principals(&self, sort: &str) -> Vec<&'a str> {
        named(self.body.get("Principal"), sort)
    }

    /// Its conditions as they stand.
    pub(crate) fn condition(&self) -> Map<String, Value> {
        self.body.get("Condition").and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// Its conditions: operator, key, values.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&'a str, &'a str, Vec<&'a str>)> {
        let operators = self.body.get("Condition").and_then(Value::as_object).into_iter().flatten();
        operators.flat_map(|(operator, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(|(key, values)| (operator.as_str(), key.as_str(), texts(values)))
        })
    }

    /// What each of its conditions comes to: operator, key, and whether it holds;
    /// `None` where nobody can tell.
    pub(crate) fn outcomes(
        &self,
        context: &Context<'_>,
    ) -> impl Iterator<Item = (&'a str, &'a str, Option<bool>)> {
        self.conditions().map(|(operator, key, values)| {
            (operator, key, condition::holds(operator, key, &values, context))
        })
    }

    /// Whether it holds only for certain values of one of these condition keys.
    pub(crate) fn is_bound_by(&self, keys: &[&str]) -> bool {
        self.conditions().any(|(operator, key, values)| {
            keys.iter().any(|one| one.eq_ignore_ascii_case(key))
                && condition::narrows(operator, &values)
        })
    }

    /// The same of every key that begins so.
    pub(crate) fn is_bound_by_prefix(&self, prefix: &str) -> bool {
        self.conditions().any(|(operator, key, values)| {
            let begins = key.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix));
            begins && condition::narrows(operator, &values)
        })
    }

    /// Whether it allows a request, whatever others deny; `None` where that
    /// depends on what no document tells.
    #[cfg(feature = "aws")]
    pub(crate) fn grants(&self, request: &Request<'_>) -> Option<bool> {
        match (self.allows(), self.applies(request)) {
            (true, Applies::Yes) => Some(true),
            (true, Applies::Unclear(_)) => None,
            (true, Applies::No | Applies::Nearly(_)) | (false, _) => Some(false),
        }
    }

    fn applies(&self, request: &Request<'_>) -> Applies {
        if !self.speaks_of(request.who) || !self.covers_action(request.action) {
            return Applies::No;
        }
        let mut unclear = None;
        match self.covers_resource(request) {
            Ok(true) => {}
            Ok(false) => return Applies::Nearly(self.other_resource(request.resource)),
            Err(obstacle) => unclear = Some(obstacle),
        }
        for (operator, key, values) in self.conditions() {
            let path = self.path.with_field("Condition").with_field(operator).with_field(key);
            let obstacle = || Obstacle::of(path.clone(), key, &values, request.context);
            match condition::holds(operator, key, &values, request.context) {
                Some(true) => {}
                Some(false) => return Applies::Nearly(obstacle()),
                None => unclear = Some(obstacle()),
            }
        }
        unclear.map_or(Applies::Yes, Applies::Unclear)
    }

    fn speaks_of(&self, who: Who<'_>) -> bool {
        let lists = |principals: &Value| {
            let identities = named(Some(principals), "AWS");
            identities.contains(&"*")
                || match who {
                    Who::Service(service) => named(Some(principals), "Service").contains(&service),
                    Who::Everyone => false,
                    // To name an account admits whom the account itself admits, and shuts out
                    // all of it (IAM User Guide, "AWS account principals").
                    Who::Identity(arn) => {
                        let account = || root_of(arn);
                        identities.contains(&arn)
                            || !self.allows() && identities.contains(&account().as_str())
                    }
                }
        };
        match (self.body.get("Principal"), self.body.get("NotPrincipal")) {
            (Some(principals), _) => lists(principals),
            (None, Some(others)) => who != Who::Everyone && !lists(others),
            (None, None) => true,
        }
    }

    /// Whether it speaks of an action. Their case means nothing.
    pub(crate) fn covers_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let listed = |element| {
            self.list(element).iter().any(|one| matches(&one.to_ascii_lowercase(), &action))
        };
        if self.has("NotAction") { !listed("NotAction") } else { listed("Action") }
    }

    /// Whether it speaks of a resource; `Err` where that depends on a policy
    /// variable, or on where the stack lives.
    fn covers_resource(&self, request: &Request<'_>) -> Result<bool, Obstacle> {
        let resource = request.resource;
        let excludes = self.has("NotResource");
        let element = if excludes { "NotResource" } else { "Resource" };
        if !self.has(element) {
            return Ok(true);
        }
        let list = self.list(element);
        if list.iter().any(|one| matches(one, resource)) {
            return Ok(!excludes);
        }
        if list.iter().any(|one| one.contains("${")) || request.context.leaves_open(resource) {
            return Err(self.other_resource(resource));
        }
        Ok(excludes)
    }

    fn other_resource(&self, resource: &str) -> Obstacle {
        let element = if self.has("NotResource") { "NotResource" } else { "Resource" };
        Obstacle {
            path: self.path.with_field(element),
            what: element.to_owned(),
            expected: Some(resource.to_owned()),
            actual: self.body.get(element).cloned().unwrap_or_default(),
        }
    }
}

/// What a policy calls the account that an identity is of.
pub(crate) fn root_of(arn: &str) -> String {
    let account: Vec<&str> = arn.splitn(6, ':').take(5).collect();
    format!("{}:root", account.join(":"))
}

fn sid(statement: &Map<String, Value>) -> Option<&str> {
    statement.get("Sid")?.as_str().filter(|sid| !sid.is_empty())
}

fn named<'a>(principals: Option<&'a Value>, sort: &str) -> Vec<&'a str> {
    principals.and_then(|principals| principals.get(sort)).map(texts).unwrap_or_default()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests;

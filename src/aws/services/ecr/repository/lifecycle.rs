//! Which images of a repository go by themselves: AWS's own document, typed, so that
//! documents that mean the same are the same.
//!
//! Source: "Lifecycle policy properties in Amazon ECR" of its user guide.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::policy::no_object;
use crate::engine::port::Answer;
use crate::model::document::as_json;
use crate::model::{Path, Problem};

/// The rules, in the order in which they are applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Lifecycle {
    rules: Vec<Rule>,
}

/// The same as it is written: `rules` alone.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// 1 to 50. Each image goes by the first that selects it.
    #[schemars(length(min = 1, max = 50))]
    rules: Vec<Rule>,
}

/// Which images, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    /// The lowest is applied first. Each rule has its own; one of `tagStatus: any` the highest.
    #[schemars(range(min = 1))]
    #[serde(rename = "rulePriority")]
    priority: u32,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Which images.
    selection: Selection,
    /// What becomes of them.
    action: Action,
}

/// Which images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Selection {
    /// Whether they have a tag.
    tag_status: TagStatus,
    /// Tags, with at most four `*` each; an image has all of them. Only of tagged ones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tag_pattern_list: BTreeSet<String>,
    /// How tags begin; an image has all of them. Only of tagged ones.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    tag_prefix_list: BTreeSet<String>,
    /// Where they are kept. Default: `standard`.
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_class: Option<StorageClass>,
    /// By what they are counted.
    count_type: CountType,
    /// Only with a time: `days`.
    #[serde(skip_serializing_if = "Option::is_none")]
    count_unit: Option<CountUnit>,
    /// More images than that, or more days.
    #[schemars(range(min = 1))]
    count_number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TagStatus {
    Tagged,
    Untagged,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum StorageClass {
    Standard,
    Archive,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum CountType {
    ImageCountMoreThan,
    SinceImagePushed,
    SinceImagePulled,
    SinceImageTransitioned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum CountUnit {
    Days,
}

/// What becomes of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Action {
    /// Whether they go, or are kept at less cost.
    r#type: ActionType,
    /// Only of what is kept: `archive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_storage_class: Option<TargetClass>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum ActionType {
    Expire,
    Transition,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum TargetClass {
    Archive,
}

impl<'de> Deserialize<'de> for Lifecycle {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) => {
                let read: serde_json::Map<_, _> =
                    serde_json::from_str(&as_json(&text)).map_err(|error| no_object(&error))?;
                Value::Object(read)
            }
            value => value,
        };
        let Written { mut rules } = serde_json::from_value(value).map_err(D::Error::custom)?;
        rules.sort_by_key(|rule| rule.priority);
        Ok(Self { rules })
    }
}

impl JsonSchema for Lifecycle {
    fn schema_name() -> Cow<'static, str> {
        "LifecyclePolicy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Written::json_schema(generator);
        schema.insert("type".into(), serde_json::json!(["object", "string"]));
        let told = "A lifecycle policy of ECR, as YAML or as JSON text.";
        schema.insert("description".into(), told.into());
        schema
    }
}

impl Lifecycle {
    /// What AWS would refuse.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut seen = BTreeMap::new();
        let last = self.rules.last().map(|rule| rule.priority);
        for (index, rule) in self.rules.iter().enumerate() {
            let priority = rule.priority;
            if seen.insert(priority, index).is_some() {
                let message = format!("two rules have the priority {priority}");
                let hint = "each rule has a rulePriority of its own";
                problems.push(at(index, &["rulePriority"], message).hint(hint));
            }
            if rule.selection.tag_status == TagStatus::Any && Some(priority) != last {
                let message = "a rule for `any` image is applied last";
                let hint = "give it the highest rulePriority of all";
                problems.push(at(index, &["rulePriority"], message.to_owned()).hint(hint));
            }
            problems.extend(rule.check(index));
        }
        problems
    }
}

impl Rule {
    fn check(&self, index: usize) -> Vec<Problem> {
        let mut problems = Vec::new();
        let Self { selection, action, .. } = self;
        let mut wrong = |steps: &[&str], message: &str, hint: &str| {
            problems.push(at(index, steps, message.to_owned()).hint(hint.to_owned()));
        };
        let (patterns, prefixes) = (&selection.tag_pattern_list, &selection.tag_prefix_list);
        let names_tags = !(patterns.is_empty() && prefixes.is_empty());
        match selection.tag_status {
            TagStatus::Tagged if !names_tags => wrong(
                &["selection", "tagStatus"],
                "of tagged images AWS wants to know which tags",
                "tagPatternList: [\"*\"]",
            ),
            TagStatus::Tagged if !patterns.is_empty() && !prefixes.is_empty() => wrong(
                &["selection", "tagPrefixList"],
                "goes without `tagPatternList`, which says the same and more",
                "write each prefix as a pattern with `*` at its end",
            ),
            TagStatus::Untagged | TagStatus::Any if names_tags => wrong(
                &["selection", "tagStatus"],
                "tags are named of tagged images alone",
                "tagStatus: tagged",
            ),
            TagStatus::Tagged | TagStatus::Untagged | TagStatus::Any => {}
        }
        if let Some(pattern) = patterns.iter().find(|it| it.matches('*').count() > 4) {
            let message = format!("`{pattern}` has more than four `*`");
            wrong(&["selection", "tagPatternList"], &message, "use fewer");
        }
        let is_count = selection.count_type == CountType::ImageCountMoreThan;
        match (is_count, selection.count_unit) {
            (true, Some(_)) => wrong(
                &["selection", "countUnit"],
                "goes with a time, and images are counted here",
                "leave `countUnit` out",
            ),
            (false, None) => {
                wrong(&["selection", "countType"], "a time has a unit", "countUnit: days");
            }
            (true, None) | (false, Some(_)) => {}
        }
        match (action.r#type, action.target_storage_class) {
            (ActionType::Transition, None) => wrong(
                &["action", "type"],
                "what is kept elsewhere is kept somewhere",
                "targetStorageClass: archive",
            ),
            (ActionType::Expire, Some(_)) => wrong(
                &["action", "targetStorageClass"],
                "what expires is kept nowhere",
                "leave `targetStorageClass` out, or write `type: transition`",
            ),
            (ActionType::Transition, Some(_)) | (ActionType::Expire, None) => {}
        }
        problems
    }
}

/// A problem of one rule.
fn at(index: usize, steps: &[&str], message: String) -> Problem {
    let rule = Path::field("lifecycle_policy").with_field("rules").with_index(index);
    let path = steps.iter().fold(rule, |path, step| path.with_field(*step));
    Problem::of("lifecycle_policy", message).at(path)
}

/// The document as it is kept, if there is one that says anything.
pub(super) async fn read(aws: &Aws, name: &str) -> Answer<Option<Lifecycle>> {
    let answer = aws.session.clients.ecr.get_lifecycle_policy().repository_name(name).send().await;
    let attempted = || format!("read the lifecycle policy of repository {name}");
    let found = answer.attempting("ecr:GetLifecyclePolicy", attempted).or_absent()?;
    let text = found.and_then(|found| found.lifecycle_policy_text);
    Ok(text.and_then(|text| seen(&text)))
}

/// What AWS keeps and we cannot read has no rules: it differs from whatever is wanted.
fn seen(text: &str) -> Option<Lifecycle> {
    if text.trim().is_empty() {
        return None;
    }
    Some(serde_json::from_str(text).unwrap_or(Lifecycle { rules: Vec::new() }))
}

/// Writes the document, or removes it.
pub(super) async fn write(aws: &Aws, name: &str, policy: Option<&Lifecycle>) -> Answer<()> {
    let ecr = &aws.session.clients.ecr;
    if let Some(policy) = policy {
        let text = serde_json::to_string(policy).unwrap_or_default();
        let call = ecr.put_lifecycle_policy().repository_name(name).lifecycle_policy_text(text);
        let attempted = || format!("set the lifecycle policy of repository {name}");
        call.send().await.attempting("ecr:PutLifecyclePolicy", attempted)?;
    } else {
        let answer = ecr.delete_lifecycle_policy().repository_name(name).send().await;
        let attempted = || format!("remove the lifecycle policy of repository {name}");
        answer.attempting("ecr:DeleteLifecyclePolicy", attempted).or_absent()?;
    }
    Ok(())
}

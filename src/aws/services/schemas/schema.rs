//! `schemas_schema`: what events of one sort look like, in a registry.
//!
//! Each change of its content is a version of its own, so that what says the same is not
//! sent again.

mod content;
mod grants;
mod openapi;
mod violation;

use std::collections::HashMap;

use aws_sdk_schemas::types::Type;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::content::Content;
use super::tags;
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Live, Naming, Place, Problem, Sought};

pub(crate) struct SchemasSchema;

/// A schema. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// The registry that it lies in, by its name.
    #[schemars(length(min = 1, max = 64))]
    registry_name: String,
    /// 1 to 385 letters, digits and `._-@`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 385), regex(pattern = r"^[._@A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// The language of its content.
    #[serde(rename = "type")]
    language: Language,
    /// What an event looks like, as a document of OpenAPI 3 or as a JSON Schema of draft 4.
    #[schemars(extend("x-verbatim" = true))]
    content: Content,
    /// Up to 256 characters.
    #[serde(default)]
    #[schemars(length(max = 256))]
    description: String,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// The language of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Language {
    OpenApi3,
    #[serde(rename = "JSONSchemaDraft4")]
    JsonSchemaDraft4,
}

impl Kind for SchemasSchema {
    const NAME: &'static str = "schemas_schema";
    const SUMMARY: &'static str = "A schema of events in a registry of EventBridge.";
    const NOTES: &'static str = "\
Registry and name together are its identity; its ARN follows from them.

- `content` is written as YAML, or lies in a file: `{ file: order-paid.json }`, as JSON or YAML. AWS keeps it as JSON. It \
is compared as what it says: blanks, the order of keys, and how a number is spelled are no difference.
- It is checked before anything is called: for JSON Schema against the schema of draft 4, for OpenAPI that it has what it \
must have, and that each `$ref` within it leads somewhere.
- Another content is another version, of which AWS keeps all; the fact `version` is the newest. Another `type` goes with \
the content. A change of the description alone makes none.
- A schema that nobody used for two years is deleted by AWS: a plan then shows it as new.
- EventBridge holds no event against a schema. Who puts or reads events does that.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("schema/minimal.yaml"), include_str!("schema/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "registry_name"];
    const MUST_EXIST: &'static [&'static str] = &["registry_name"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the schema's ARN", true),
        ("name", "its name", true),
        ("version", "the number of its newest version", false),
    ];
    const MOVING: &'static [(&'static str, &'static [&'static str])] =
        &[("version", &["content", "type"])];
    const GAP: &'static str = "nobody finds the schema meanwhile";
    const LOST: &'static str = "its earlier versions are lost";
    const FOUND_BY: &'static [(&'static str, Option<&'static str>)] =
        &[("registry_name", None), ("name", None)];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        let name = spec.name.as_deref().filter(|name| !is_pending(name)).unwrap_or_default();
        let name = too_long("name", name, 385, "EventBridge");
        name.into_iter()
            .chain(check_registry(&spec.registry_name))
            .chain(content::check(&spec.content, spec.language))
            .collect()
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        format!("{}/{}", spec.registry_name, spec.name.as_deref().unwrap_or_default())
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming), None)
    }

    fn identify(arn: &str) -> Option<String> {
        let arn = Arn::read(arn).filter(|arn| arn.service == "schemas")?;
        arn.resource.strip_prefix("schema/").map(str::to_owned)
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let identity = sought.identity.as_str();
        let (registry, name) = parts(identity);
        let call = aws.session.clients.schemas.describe_schema().registry_name(registry);
        let attempted = || format!("read schema {identity}");
        let answer = call.schema_name(name).send().await;
        let answer = answer.attempting("schemas:DescribeSchema", attempted).or_absent()?;
        let Some(schema) = answer else { return Ok(None) };
        let (tags, owner) = Tags::seen(schema.tags.unwrap_or_default());
        let spec = Spec {
            registry_name: registry.to_owned(),
            name: Some(name.to_owned()),
            language: match schema.r#type.as_deref() {
                Some("JSONSchemaDraft4") => Language::JsonSchemaDraft4,
                Some(_) | None => Language::OpenApi3,
            },
            content: Content::seen(schema.content.as_deref().unwrap_or_default()),
            description: schema.description.unwrap_or_default(),
            tags,
        };
        let facts = facts(&aws.place, identity, schema.schema_version);
        Ok(Some(Seen::current(spec, facts, owner)))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (identity, spec) = (&want.identity, &want.spec);
        let attempted = || format!("create schema {identity}");
        // The model of this call knows no answer for one that is there.
        if is_there(aws, identity).await? {
            let message = "there is a schema of this name";
            return Err(told("schemas:CreateSchema", attempted(), "ConflictException", message));
        }
        let (registry, name) = parts(identity);
        let described = (!spec.description.is_empty()).then(|| spec.description.clone());
        let tags: HashMap<_, _> = spec.tags.with_owner(&want.owner).into_iter().collect();
        let call = aws.session.clients.schemas.create_schema().registry_name(registry);
        let call = call.schema_name(name).r#type(spec.language.sdk()).content(spec.content.text());
        let answer = call.set_description(described).set_tags(Some(tags)).send().await;
        let made = answer.attempting("schemas:CreateSchema", attempted)?;
        Ok(Made::whole(version(made.schema_version)).or_found())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        if let Some(turn) = change.tag_change(|spec| &spec.tags) {
            let identity = &change.want.identity;
            let arn = arn(&aws.place, identity);
            tags::write(aws, turn, &arn, &format!("schema {identity}")).await?;
        }
        let (identity, spec) = (&change.want.identity, &change.want.spec);
        let is_other = change.touches("content") || change.touches("type");
        if !is_other && !change.touches("description") {
            return Ok(Accepted::Done(Facts::new()));
        }
        let (registry, name) = parts(identity);
        let call = aws.session.clients.schemas.update_schema().registry_name(registry);
        let call = call.schema_name(name).description(&spec.description);
        let call = if is_other {
            call.r#type(spec.language.sdk()).content(spec.content.text())
        } else {
            call
        };
        let answer = call.send().await;
        let attempted = || format!("change schema {identity}");
        let changed = answer.attempting("schemas:UpdateSchema", attempted)?;
        Ok(Accepted::Done(version(changed.schema_version)))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let identity = have.identity.as_str();
        let (registry, name) = parts(identity);
        let call = aws.session.clients.schemas.delete_schema().registry_name(registry);
        let answer = call.schema_name(name).send().await;
        answer.attempting("schemas:DeleteSchema", || format!("delete schema {identity}"))?;
        Ok(())
    }
}

impl Language {
    fn sdk(self) -> Type {
        match self {
            Self::OpenApi3 => Type::OpenApi3,
            Self::JsonSchemaDraft4 => Type::JsonSchemaDraft4,
        }
    }
}

/// Registry and name of a schema, neither of which holds a `/`.
fn parts(identity: &str) -> (&str, &str) {
    identity.split_once('/').unwrap_or((identity, ""))
}

fn arn(place: &Place, identity: &str) -> String {
    place.arn("schemas", &format!("schema/{identity}"))
}

fn facts(place: &Place, identity: &str, newest: Option<String>) -> Facts {
    let (_, name) = parts(identity);
    let predicted = [("arn", arn(place, identity)), ("name", name.to_owned())];
    let predicted = predicted.map(|(fact, value)| (fact.to_owned(), value));
    predicted.into_iter().chain(version(newest)).collect()
}

fn version(newest: Option<String>) -> Facts {
    newest.into_iter().map(|version| ("version".to_owned(), version)).collect()
}

fn check_registry(name: &str) -> Option<Problem> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    let is_name = is_pending(name) || !name.is_empty() && name.chars().all(is_sign);
    let message = format!("takes the name of a registry, and `{name}` is none");
    (!is_name).then(|| Problem::of("registry_name", message).meaning("name"))
}

async fn is_there(aws: &Aws, identity: &str) -> Answer<bool> {
    let (registry, name) = parts(identity);
    let call = aws.session.clients.schemas.describe_schema().registry_name(registry);
    let answer = call.schema_name(name).send().await;
    let attempted = || format!("look for schema {identity}");
    Ok(answer.attempting("schemas:DescribeSchema", attempted).or_absent()?.is_some())
}

#[cfg(test)]
mod tests;

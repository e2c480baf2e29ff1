//! `schemas_registry`: where schemas of events lie, by their names.

mod grants;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tags;
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Live, Naming, Place, Problem, Sought};

pub(crate) struct SchemasRegistry;

/// A registry. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 1 to 64 letters, digits and `._-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[._A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// Up to 256 characters.
    #[serde(default)]
    #[schemars(length(max = 256))]
    description: String,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

impl Kind for SchemasRegistry {
    const NAME: &'static str = "schemas_registry";
    const SUMMARY: &'static str = "A registry of EventBridge, for schemas of events.";
    const NOTES: &'static str = "\
The registry's name is its identity; its ARN follows from it.

- Names that begin with `aws.` are AWS's own registries, and so is `discovered-schemas`.
- A registry goes after the schemas in it.
- It is there for people and their tools: EventBridge holds no event against a schema.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("registry/minimal.yaml"), include_str!("registry/production.yaml")];
    const FIXED: &'static [&'static str] = &["name"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the registry's ARN", true), ("name", "its name", true)];
    const DELETE_AFTER: &'static [&'static str] = &["schemas_schema"];
    const GAP: &'static str = "nobody finds the schemas meanwhile";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        let name = spec.name.as_deref().filter(|name| !is_pending(name)).unwrap_or_default();
        let mut problems: Vec<Problem> =
            too_long("name", name, 64, "EventBridge").into_iter().collect();
        if name.starts_with("aws.") || name == "discovered-schemas" {
            let message = format!("`{name}` is a registry of AWS's own");
            problems.push(Problem::of("name", message).hint("state another `name`"));
        }
        problems
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        let arn = Arn::read(arn).filter(|arn| arn.service == "schemas")?;
        arn.resource.strip_prefix("registry/").map(str::to_owned)
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let call = aws.session.clients.schemas.describe_registry().registry_name(name);
        let attempted = || format!("read registry {name}");
        let answer = call.send().await.attempting("schemas:DescribeRegistry", attempted);
        let Some(registry) = answer.or_absent()? else { return Ok(None) };
        let (tags, owner) = Tags::seen(registry.tags.unwrap_or_default());
        let description = registry.description.unwrap_or_default();
        let spec = Spec { name: Some(name.to_owned()), description, tags };
        Ok(Some(Seen::current(spec, facts(&aws.place, name), owner)))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let described = (!spec.description.is_empty()).then(|| spec.description.clone());
        let tags: HashMap<_, _> = spec.tags.with_owner(&want.owner).into_iter().collect();
        let call = aws.session.clients.schemas.create_registry().registry_name(name);
        let answer = call.set_description(described).set_tags(Some(tags)).send().await;
        answer.attempting("schemas:CreateRegistry", || format!("create registry {name}"))?;
        Ok(Made::whole(Facts::new()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        if let Some(turn) = change.tag_change(|spec| &spec.tags) {
            let name = &change.want.identity;
            let arn = arn(&aws.place, name);
            tags::write(aws, turn, &arn, &format!("registry {name}")).await?;
        }
        if change.touches("description") {
            let (name, spec) = (&change.want.identity, &change.want.spec);
            let call = aws.session.clients.schemas.update_registry().registry_name(name);
            let answer = call.description(&spec.description).send().await;
            answer.attempting("schemas:UpdateRegistry", || format!("change registry {name}"))?;
        }
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let call = aws.session.clients.schemas.delete_registry().registry_name(name);
        let answer = call.send().await;
        answer.attempting("schemas:DeleteRegistry", || format!("delete registry {name}"))?;
        Ok(())
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("schemas", &format!("registry/{name}"))
}

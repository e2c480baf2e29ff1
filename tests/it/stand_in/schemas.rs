//! The schema registry of EventBridge: registries, schemas and their versions, and tags. As
//! its API Reference has it; where that is silent, the stricter of what it may mean: a
//! registry that holds schemas is not deleted, and a second creation is refused.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::route::{Asked, Refusal, Route, Said, Tags, route};

/// All calls.
pub(crate) const ROUTES: &[&[Route<Schemas>]] = &[REGISTRIES, SCHEMAS, TAGS];

const REGISTRY: &str = "/v1/registries/name/{RegistryName}";
const SCHEMA: &str = "/v1/registries/name/{RegistryName}/schemas/name/{SchemaName}";
const TAGGED: &str = "/tags/{ResourceArn}";

const REGISTRIES: &[Route<Schemas>] = &[
    route("CreateRegistry", "POST", REGISTRY, create_registry),
    route("DescribeRegistry", "GET", REGISTRY, describe_registry),
    route("UpdateRegistry", "PUT", REGISTRY, update_registry),
    route("DeleteRegistry", "DELETE", REGISTRY, delete_registry),
];
const SCHEMAS: &[Route<Schemas>] = &[
    route("CreateSchema", "POST", SCHEMA, create_schema),
    route("DescribeSchema", "GET", SCHEMA, describe_schema),
    route("UpdateSchema", "PUT", SCHEMA, update_schema),
    route("DeleteSchema", "DELETE", SCHEMA, delete_schema),
];
const TAGS: &[Route<Schemas>] =
    &[route("TagResource", "POST", TAGGED, tag), route("UntagResource", "DELETE", TAGGED, untag)];

/// What the registry keeps in an account.
#[derive(Debug)]
#[expect(clippy::struct_field_names, reason = "the service is called by what it keeps")]
pub(crate) struct Schemas {
    account: String,
    /// By ARN.
    registries: BTreeMap<String, Registry>,
    schemas: BTreeMap<String, Schema>,
}

#[derive(Debug)]
struct Registry {
    description: Option<String>,
    tags: Tags,
}

#[derive(Debug)]
struct Schema {
    /// What was said, as it was understood; the last is the newest.
    versions: Vec<(String, Value)>,
    description: Option<String>,
    tags: Tags,
}

impl Schemas {
    /// An empty account.
    pub(super) fn of(account: &str) -> Self {
        Self { account: account.to_owned(), registries: BTreeMap::new(), schemas: BTreeMap::new() }
    }

    /// What the index knows.
    pub(super) fn tagged(&self) -> impl Iterator<Item = (String, Tags)> {
        let registries = self.registries.iter().map(|(arn, registry)| (arn, &registry.tags));
        let schemas = self.schemas.iter().map(|(arn, schema)| (arn, &schema.tags));
        registries.chain(schemas).map(|(arn, tags)| (arn.clone(), tags.clone()))
    }

    /// What is kept of a schema, the oldest version first.
    pub(crate) fn versions(&self, registry: &str, name: &str) -> Vec<Value> {
        let kept = self.schemas.get(&self.schema_arn(registry, name));
        kept.into_iter().flat_map(|it| &it.versions).map(|(_, content)| content.clone()).collect()
    }

    fn registry_arn(&self, name: &str) -> String {
        format!("arn:aws:schemas:us-east-1:{}:registry/{name}", self.account)
    }

    fn schema_arn(&self, registry: &str, name: &str) -> String {
        format!("arn:aws:schemas:us-east-1:{}:schema/{registry}/{name}", self.account)
    }

    fn registry(&mut self, asked: &Asked) -> Result<(String, &mut Registry), Refusal> {
        let arn = self.registry_arn(asked.segment("RegistryName"));
        let registry = self.registries.get_mut(&arn).ok_or_else(|| absent("Registry"))?;
        Ok((arn, registry))
    }

    fn schema(&mut self, asked: &Asked) -> Result<(String, &mut Schema), Refusal> {
        self.registry(asked)?;
        let arn = self.schema_arn(asked.segment("RegistryName"), asked.segment("SchemaName"));
        let schema = self.schemas.get_mut(&arn).ok_or_else(|| absent("Schema"))?;
        Ok((arn, schema))
    }

    fn tags(&mut self, asked: &Asked) -> Result<&mut Tags, Refusal> {
        let arn = asked.segment("ResourceArn");
        let registry = self.registries.get_mut(arn).map(|registry| &mut registry.tags);
        let schema = self.schemas.get_mut(arn).map(|schema| &mut schema.tags);
        registry.or(schema).ok_or_else(|| absent("Resource"))
    }
}

fn create_registry(schemas: &mut Schemas, asked: &Asked) -> Said {
    let name = asked.segment("RegistryName");
    check_name(name, 64, "._-")?;
    let arn = schemas.registry_arn(name);
    if schemas.registries.contains_key(&arn) {
        return Err(conflict("Registry"));
    }
    let registry = Registry { description: described(asked)?, tags: asked.tags() };
    schemas.registries.insert(arn, registry);
    describe_registry(schemas, asked)
}

fn describe_registry(schemas: &mut Schemas, asked: &Asked) -> Said {
    let (arn, registry) = schemas.registry(asked)?;
    let mut told = json!({
        "RegistryArn": arn, "RegistryName": asked.segment("RegistryName"), "tags": registry.tags,
    });
    if let Some(description) = &registry.description {
        told["Description"] = json!(description);
    }
    Ok(told)
}

fn update_registry(schemas: &mut Schemas, asked: &Asked) -> Said {
    let description = described(asked)?;
    let (_, registry) = schemas.registry(asked)?;
    registry.description = description;
    describe_registry(schemas, asked)
}

fn delete_registry(schemas: &mut Schemas, asked: &Asked) -> Said {
    let (arn, _) = schemas.registry(asked)?;
    let within = schemas.schema_arn(asked.segment("RegistryName"), "");
    if schemas.schemas.keys().any(|schema| schema.starts_with(&within)) {
        return Err(bad("The registry still has schemas."));
    }
    schemas.registries.remove(&arn);
    Ok(json!({}))
}

fn create_schema(schemas: &mut Schemas, asked: &Asked) -> Said {
    let (registry, name) = (asked.segment("RegistryName"), asked.segment("SchemaName"));
    check_name(name, 385, "._-@")?;
    schemas.registry(asked)?;
    let arn = schemas.schema_arn(registry, name);
    if schemas.schemas.contains_key(&arn) {
        return Err(conflict("Schema"));
    }
    let versions = vec![said(asked)?];
    let schema = Schema { versions, description: described(asked)?, tags: asked.tags() };
    schemas.schemas.insert(arn, schema);
    describe_schema(schemas, asked)
}

/// AWS writes content anew, in an order and with blanks of its own.
fn describe_schema(schemas: &mut Schemas, asked: &Asked) -> Said {
    let (arn, schema) = schemas.schema(asked)?;
    let (language, content) = schema.versions.last().expect("each has one");
    let mut told = json!({
        "SchemaArn": arn,
        "SchemaName": asked.segment("SchemaName"),
        "SchemaVersion": schema.versions.len().to_string(),
        "Type": language,
        "Content": format!("{content:#}"),
        "tags": schema.tags,
    });
    if let Some(description) = &schema.description {
        told["Description"] = json!(description);
    }
    Ok(told)
}

/// Content that says the same makes no version.
fn update_schema(schemas: &mut Schemas, asked: &Asked) -> Said {
    let described = described(asked)?;
    let is_other = !asked.body["Content"].is_null();
    if is_other == asked.body["Type"].is_null() {
        return Err(bad("Content and Type go together."));
    }
    let content = is_other.then(|| said(asked)).transpose()?;
    let (_, schema) = schemas.schema(asked)?;
    if !asked.body["Description"].is_null() {
        schema.description = described;
    }
    let newer = content.filter(|content| schema.versions.last() != Some(content));
    schema.versions.extend(newer);
    describe_schema(schemas, asked)
}

fn delete_schema(schemas: &mut Schemas, asked: &Asked) -> Said {
    let (arn, _) = schemas.schema(asked)?;
    schemas.schemas.remove(&arn);
    Ok(json!({}))
}

fn tag(schemas: &mut Schemas, asked: &Asked) -> Said {
    schemas.tags(asked)?.extend(asked.tags());
    Ok(json!({}))
}

fn untag(schemas: &mut Schemas, asked: &Asked) -> Said {
    let tags = schemas.tags(asked)?;
    for key in asked.queries("tagKeys") {
        tags.remove(key);
    }
    Ok(json!({}))
}

/// Type and content, if the one is in the language of the other.
fn said(asked: &Asked) -> Result<(String, Value), Refusal> {
    let (language, text) = (asked.text("Type"), asked.text("Content"));
    if text.is_empty() || text.chars().count() > 100_000 {
        return Err(bad("Content has 1 to 100000 characters."));
    }
    let content: Value = serde_json::from_str(text).map_err(|_| bad("Content is not JSON."))?;
    let is_sound = match language {
        "OpenApi3" => ["openapi", "info", "paths"].iter().all(|part| !content[*part].is_null()),
        "JSONSchemaDraft4" => jsonschema::draft4::meta::is_valid(&content),
        _ => return Err(bad("Type is OpenApi3 or JSONSchemaDraft4.")),
    };
    is_sound
        .then(|| (language.to_owned(), content))
        .ok_or_else(|| bad("Content is not of its Type."))
}

/// An empty text is none.
fn described(asked: &Asked) -> Result<Option<String>, Refusal> {
    let text = asked.text("Description");
    if text.chars().count() > 256 {
        return Err(bad("Description has up to 256 characters."));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn check_name(name: &str, most: usize, signs: &str) -> Result<(), Refusal> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || signs.contains(sign);
    let is_name = (1..=most).contains(&name.len()) && name.chars().all(is_sign);
    is_name.then_some(()).ok_or_else(|| bad("The name is none."))
}

fn absent(what: &str) -> Refusal {
    Refusal::new(404, "NotFoundException", format!("{what} does not exist."))
}

fn conflict(what: &str) -> Refusal {
    Refusal::new(409, "ConflictException", format!("{what} already exists."))
}

fn bad(message: &str) -> Refusal {
    Refusal::new(400, "BadRequestException", message)
}

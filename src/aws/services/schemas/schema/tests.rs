//! What is told on paper of schemas, and which of them are the same.

use serde_json::{Value, json};

use super::*;
use crate::model::Address;

fn naming() -> Naming {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    Naming { stack: "dev".into(), address: Address::new("s"), place }
}

fn settled(language: &str, content: &Value) -> Spec {
    let document = json!({ "registry_name": "r", "type": language, "content": content });
    SchemasSchema::settle(serde_json::from_value(document).unwrap(), &naming())
}

#[track_caller]
fn check(language: &str, content: &Value, expected: &[&str]) {
    let problems = SchemasSchema::check(&settled(language, content), &naming());
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    assert_eq!(told, expected, "{content}");
}

#[test]
fn a_schema_is_known_by_its_registry_and_its_name() {
    let spec = settled("OpenApi3", &json!({}));
    assert_eq!(SchemasSchema::identity(&spec, &naming()), "r/dev-s");
    let arn = "arn:aws:schemas:us-east-1:123456789012:schema/r/dev-s";
    assert_eq!(SchemasSchema::predict(&spec, &naming())["arn"], arn);
    assert_eq!(SchemasSchema::identify(arn).as_deref(), Some("r/dev-s"));
    assert_eq!(SchemasSchema::identify("arn:aws:schemas:us-east-1:1:registry/r"), None);
    let spec = Spec { registry_name: "arn:aws:schemas:us-east-1:1:registry/r".into(), ..spec };
    assert_eq!(SchemasSchema::check(&spec, &naming())[0].meant, Some("name"));
}

#[test]
fn what_says_the_same_is_the_same() {
    let content = |content: Value| settled("JSONSchemaDraft4", &content).content;
    let written = content(json!({ "type": "object", "maxProperties": 2.0 }));
    assert_eq!(written, content(json!("{\"maxProperties\": 2,\n \"type\": \"object\"}")));
    assert_eq!(Content::seen(&written.text()), written);
    let with = |default: Value| content(json!({ "default": default }));
    assert_ne!(with(Value::Null), content(json!({})), "null says something");
}

#[test]
fn a_schema_of_draft_4_is_held_against_it() {
    let of_draft =
        |content: Value, expected: &[&str]| check("JSONSchemaDraft4", &content, expected);
    of_draft(json!({}), &[]);
    of_draft(
        json!({
            "$schema": "http://json-schema.org/draft-04/schema#",
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "string" }, "n": { "maximum": 5, "exclusiveMaximum": true } }
        }),
        &[],
    );
    of_draft(
        json!({ "$schema": "https://json-schema.org/draft/2020-12/schema" }),
        &[
            "content.$schema: `https://json-schema.org/draft/2020-12/schema` is another language, and `type` says \
           JSONSchemaDraft4",
        ],
    );
    let wrong = json!({ "properties": { "id": { "minLength": -1 } } });
    of_draft(wrong, &["content.properties.id.minLength: -1 is less than the minimum of 0"]);
}

#[test]
fn a_document_of_openapi_has_what_it_must_have() {
    let with = |schemas: Value| {
        json!({
            "openapi": "3.0.0",
            "info": { "title": "t", "version": "1" },
            "paths": {},
            "components": { "schemas": schemas }
        })
    };
    let of_openapi = |content: Value, expected: &[&str]| check("OpenApi3", &content, expected);
    of_openapi(with(json!({})), &[]);
    let sound = json!({
        "A": { "type": "object", "required": ["b"], "properties": { "b": { "$ref": "#/components/schemas/B" } } },
        "B": { "type": "string", "nullable": true, "x-of-ours": [1] }
    });
    of_openapi(with(sound.clone()), &[]);
    of_openapi(
        json!({ "openapi": "2.0", "info": { "title": "t" } }),
        &[
            "content: \"paths\" is a required property",
            "content.info: \"version\" is a required property",
            "content.openapi: \"2.0\" does not match \"^3\\.[01]\\.[0-9]+$\"",
        ],
    );
    let mut astray = sound.clone();
    astray["A"]["properties"]["b"]["$ref"] = json!("#/components/schemas/C");
    of_openapi(
        with(astray),
        &[
            "content.components.schemas.A.properties.b.$ref: there is no \"#/components/schemas/C\" in this document",
        ],
    );
    let mut wrong = sound;
    wrong["B"]["type"] = json!("text");
    let told = "content.components.schemas.B.type: \"text\" is not one of \"array\", \"boolean\" or 4 other candidates";
    of_openapi(with(wrong), &[told]);
}

#[test]
fn what_is_too_long_is_refused() {
    let of = |length: usize| json!({ "title": "a".repeat(length) });
    // `{"title":""}` is 12 characters.
    check("JSONSchemaDraft4", &of(100_000 - 12), &[]);
    check(
        "JSONSchemaDraft4",
        &of(100_000 - 11),
        &["content: has 100001 characters as JSON, AWS takes 100000"],
    );
}

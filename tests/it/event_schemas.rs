//! Registries and schemas, which no emulator has, before a stand-in: what every kind keeps,
//! and what is theirs: a version for each content that says something else, and for no other.

use serde_json::{Value, json};

use crate::stand_in::StandIn;
use crate::stand_in::route::Refusal;
use crate::support::emulator;
use crate::transcripts::Desk;

const STACK: &str = "
stack: orders
region: us-east-1
resources:
  events: { kind: schemas_registry, description: events of orders, tags: { team: a } }
  paid:
    kind: schemas_schema
    registry_name: \"${events.name}\"
    type: JSONSchemaDraft4
    content: { type: object, required: [id], properties: { id: { type: string, default: null } } }
    description: an order was paid
    tags: { team: a }
outputs:
  version: \"${paid.version}\"
";

/// The same that a file says as JSON, in another order and with other numbers.
const FILE: &str = r#"{ "required": ["id"],
  "properties": {"id": {"default": null, "type": "string"}}, "type": "object" }"#;

fn desk(stand_in: &StandIn, stack: &str) -> Desk {
    Desk::with(emulator::ministack().account().through(&stand_in.url()), stack)
}

fn stand_in() -> StandIn {
    StandIn::before(&emulator::ministack().account())
}

/// What was refused, but for looks at what is not there.
fn refused(stand_in: &StandIn) -> Vec<String> {
    let mut refused = stand_in.refused();
    refused.retain(|call| !call.ends_with(": NotFoundException"));
    refused
}

fn versions(stand_in: &StandIn) -> Vec<Value> {
    stand_in.with(|services| services.schemas.versions("orders-events", "orders-paid"))
}

#[test]
fn a_life_takes_no_call_that_is_not_needed() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let desk = Desk::with(account.through(&stand_in.url()), STACK);
    desk.applied();
    assert_eq!(stand_in.changes(), ["CreateRegistry", "CreateSchema"]);
    let steps: [(&str, String, &[&str]); 5] = [
        ("described", STACK.replace("events of orders", "others"), &["UpdateRegistry"]),
        (
            "tagged",
            STACK.replace("team: a", "team: b"),
            &["UpdateRegistry", "TagResource", "TagResource"],
        ),
        (
            "retagged",
            STACK.replace("tags: { team: a }", "tags: { cost: \"1\" }"),
            &["TagResource", "UntagResource", "TagResource", "UntagResource"],
        ),
        (
            "again",
            STACK.replace("an order was paid", "paid"),
            &["TagResource", "UntagResource", "TagResource", "UntagResource", "UpdateSchema"],
        ),
        ("bare", STACK.replace("    description: an order was paid\n", ""), &["UpdateSchema"]),
    ];
    for (name, stack, expected) in steps {
        desk.write("stack.yaml", &stack);
        desk.applied();
        let mut changes = stand_in.changes();
        let mut expected: Vec<String> = expected.iter().map(|call| (*call).to_owned()).collect();
        changes.sort();
        expected.sort();
        assert_eq!(changes, expected, "{name}");
    }
    assert_eq!(versions(&stand_in).len(), 1, "no change was one of content");
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(stand_in.changes(), ["DeleteSchema", "DeleteRegistry"]);
    assert_eq!(refused(&stand_in), [""; 0]);
    desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
}

#[test]
fn a_version_is_made_where_the_content_says_something_else() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let desk = Desk::with(account.through(&stand_in.url()), STACK);
    desk.applied();
    let version = || desk.must("output --name version --format raw stack.yaml", 0).stdout;
    assert_eq!(version().trim(), "1");
    // From a file, in another order: nothing differs.
    let content =
        "{ type: object, required: [id], properties: { id: { type: string, default: null } } }";
    desk.write("paid.json", FILE);
    desk.write("stack.yaml", &STACK.replace(content, "{ file: paid.json }"));
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &STACK.replace("default: null", "default: \"\""));
    desk.applied();
    assert_eq!(version().trim(), "2");
    let open = "{ openapi: 3.0.0, info: { title: paid, version: \"1\" }, paths: {} }";
    let other = STACK.replace(content, open).replace("JSONSchemaDraft4", "OpenApi3");
    desk.write("stack.yaml", &other);
    desk.applied();
    assert_eq!(version().trim(), "3");
    let kept: Vec<Value> = versions(&stand_in);
    assert_eq!(
        kept[2],
        json!({ "openapi": "3.0.0", "info": { "title": "paid", "version": "1" }, "paths": {} })
    );
}

#[test]
fn what_is_not_in_its_language_is_refused_on_paper() {
    let stand_in = stand_in();
    let desk = desk(&stand_in, &STACK.replace("{ type: string, default: null }", "{ type: text }"));
    let refused = desk.run("validate stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("content.properties.id.type"), "{refused}");
    assert_eq!(stand_in.changes(), [""; 0]);
}

#[test]
fn a_refusal_for_now_is_got_over_and_one_for_good_is_told() {
    for (operation, refusal) in [
        ("CreateRegistry", Refusal::new(503, "ServiceUnavailableException", "later")),
        ("CreateSchema", Refusal::new(429, "TooManyRequestsException", "slower")),
        ("UpdateSchema", Refusal::new(500, "InternalServerErrorException", "once more")),
        ("DeleteSchema", Refusal::new(503, "ServiceUnavailableException", "later")),
        ("DeleteRegistry", Refusal::new(409, "ConflictException", "busy")),
    ] {
        let account = emulator::ministack().account();
        let stand_in = StandIn::before(&account);
        let desk = Desk::with(account.through(&stand_in.url()), STACK);
        stand_in.refuse_next(operation, refusal);
        desk.applied();
        desk.write("stack.yaml", &STACK.replace("type: string", "type: integer"));
        desk.applied();
        desk.must("destroy -y stack.yaml", 0);
        assert_eq!(refused(&stand_in).len(), 1, "{operation}");
    }
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let desk = Desk::with(account.through(&stand_in.url()), STACK);
    stand_in.refuse_next("CreateSchema", Refusal::new(403, "ForbiddenException", "not you"));
    let refused = desk.run("apply -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("schemas:CreateSchema"), "{refused}");
    // What was made stands, and the next run goes on.
    desk.applied();
}

/// Somebody else's stays as it is, whenever it came.
#[test]
fn a_schema_of_others_is_left_alone() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let theirs = STACK.replace("stack: orders", "stack: theirs");
    let theirs =
        theirs.replace("kind: schemas_schema", "kind: schemas_schema\n    name: orders-paid");
    let desk = Desk::with(account.through(&stand_in.url()), &theirs);
    desk.applied();
    let shared = STACK.replace("\"${events.name}\"", "theirs-events");
    desk.write("ours.yaml", &shared);
    let refused = desk.run("apply -y ours.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("theirs"), "{refused}");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

//! What a stack says of itself besides what it wants: who works on it, what was renamed, and
//! where its lease lies.

use serde_json::{Value as Json, json};

use super::ADDRESSES;

pub(super) fn role() -> Json {
    json!({
        "description": "The role in which the stack is worked on: calls are made in its name.",
        "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "required": ["arn"],
                "additionalProperties": false,
                "properties": {
                    "arn": { "type": "string", "description": "`arn:aws:iam::ACCOUNT:role/NAME`." },
                    "external_id": {
                        "type": "string",
                        "description": "What the role's trust policy wants to hear.",
                    },
                },
            },
        ],
    })
}

pub(super) fn moved() -> Json {
    json!({
        "type": "object",
        "description": "New addresses by old ones: what is renamed keeps its object. Uses of \
                        patterns move as a whole.",
        "propertyNames": { "pattern": ADDRESSES },
        "additionalProperties": { "type": ["string", "null"], "pattern": ADDRESSES },
    })
}

pub(super) fn lock() -> Json {
    json!({
        "description": "The lease that `apply` and `destroy` take, so that no two runs change the \
                        stack at the same time.",
        "type": "object",
        "required": ["bucket"],
        "additionalProperties": false,
        "properties": {
            "bucket": {
                "type": "string",
                "description": "A bucket of the stack's region that exists, and is not the stack's own.",
            },
            "key": {
                "type": "string",
                "description": "The object in it. Default: `ccprov/STACK.lease`.",
            },
            "account": {
                "type": "string",
                "description": "The account that the bucket belongs to. Default: the stack's.",
            },
        },
    })
}

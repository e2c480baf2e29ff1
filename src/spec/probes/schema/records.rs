//! The forms of records that are written to topics of Kafka clusters, and expected there.

use serde_json::{Value as Json, json};

use super::{anything, count, form, text, texts, times};

const SERVERS: &str = "The cluster's bootstrap servers: `${NAME.bootstrap_brokers_sasl_iam}`.";

pub(super) fn to_kafka() -> Json {
    form(
        "A record to a topic of a Kafka cluster.",
        &["kafka", "topic", "value"],
        &[
            ("kafka", text(SERVERS)),
            ("topic", text("The topic's name: `${NAME.name}`.")),
            (
                "key",
                text(
                    "The key, which decides the partition. Default: none, and the first partition.",
                ),
            ),
            ("value", anything("The value: a text, or a map that is written as JSON.")),
            ("headers", texts("Headers.")),
            ("authentication", authentication()),
            ("times", times()),
        ],
    )
}

pub(super) fn in_kafka() -> Json {
    form(
        "Records of a topic of a Kafka cluster.",
        &["kafka", "topic"],
        &[
            ("kafka", text(SERVERS)),
            ("topic", text("The topic's name: `${NAME.name}`.")),
            ("key", text("What the key is.")),
            ("value", anything("What the value holds in part.")),
            ("contains", text("What stands in the value.")),
            ("headers", texts("What is among the headers.")),
            ("authentication", authentication()),
            ("count", count()),
        ],
    )
}

/// By IAM, by SCRAM, or left out.
fn authentication() -> Json {
    json!({
        "description": "How the brokers learn who we are: `iam`, or `scram` with the ARN of a secret that holds `username` and `password`.",
        "anyOf": [
            { "enum": ["iam"] },
            {
                "type": "object",
                "required": ["scram"],
                "additionalProperties": false,
                "properties": { "scram": text("The secret's ARN.") },
            },
        ],
    })
}

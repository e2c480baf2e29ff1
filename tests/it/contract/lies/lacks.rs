//! What an emulator has not at all.

use super::{Lack, Lacking};

/// Sorted.
pub(crate) static LACKS: &[Lack] = &[
    // It knows no composite alarms, and no calls in CBOR.
    Lack {
        emulator: "moto",
        kind: "cloudwatch_composite_alarm",
        what: Lacking::Kind,
        answer: "404",
        saying: "",
    },
    Lack {
        emulator: "moto",
        kind: "cloudwatch_event_bus",
        what: Lacking::Call(
            "events:UpdateEventBus",
            &["dead_letter_config", "description", "kms_key_identifier", "log_config"],
        ),
        answer: "500",
        saying: "",
    },
    // It knows no calls in CBOR, as the SDK makes them: a page that is not found.
    Lack {
        emulator: "moto",
        kind: "cloudwatch_metric_alarm",
        what: Lacking::Kind,
        answer: "404",
        saying: "",
    },
    // A table that had a stream once gets no other.
    Lack {
        emulator: "moto",
        kind: "dynamodb_table",
        what: Lacking::Call("dynamodb:UpdateTable", &["stream_view_type"]),
        answer: "ResourceInUseException",
        saying: "Cannot enable stream",
    },
    // It fails at a digest that it has not.
    Lack { emulator: "moto", kind: "ecr_image", what: Lacking::Kind, answer: "500", saying: "" },
    Lack {
        emulator: "moto",
        kind: "lambda_function",
        what: Lacking::Call("lambda:DeleteFunctionCodeSigningConfig", &["code_signing_config_arn"]),
        answer: "500",
        saying: "",
    },
    Lack {
        emulator: "moto",
        kind: "lambda_function",
        what: Lacking::Call("lambda:GetFunctionRecursionConfig", &["recursive_loop"]),
        answer: "404",
        saying: "",
    },
    Lack {
        emulator: "moto",
        kind: "sfn_state_machine",
        what: Lacking::Call("states:ListStateMachineVersions", &["aliases", "publish"]),
        answer: "500",
        saying: "",
    },
];

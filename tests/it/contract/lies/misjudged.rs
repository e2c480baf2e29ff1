//! What an emulator asks a permission for where AWS asks for another.

/// A permission that the enforcing emulator asks for where AWS asks for another.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Misjudged {
    pub(crate) kind: &'static str,
    /// IAM's action, or a part of its name.
    pub(crate) action: &'static str,
    /// The resource that it asks for. `ACCOUNT` and `STACK` stand for these.
    pub(crate) asks_for: &'static str,
    pub(crate) lie: &'static str,
    pub(crate) aws: &'static str,
}

/// The lie that no condition on tags is met.
const WITHOUT_TAGS: &str = "the object, without its tags";

impl Misjudged {
    /// Whether what it grants must be free of conditions.
    pub(crate) fn knows_no_tags(&self) -> bool {
        self.lie == WITHOUT_TAGS
    }
}

/// Sorted.
pub(crate) static MISJUDGED: &[Misjudged] = &[
    Misjudged {
        kind: "cloudwatch_event_archive",
        action: "events:",
        asks_for: "*",
        lie: "nothing",
        aws: "the archive, and its bus",
    },
    Misjudged {
        kind: "cloudwatch_event_bus",
        action: "events:",
        asks_for: "*",
        lie: "nothing",
        aws: "the event bus",
    },
    Misjudged {
        kind: "cloudwatch_event_rule",
        action: "events:",
        asks_for: "*",
        lie: "nothing",
        aws: "the rule",
    },
    Misjudged {
        kind: "cloudwatch_log_group",
        action: "logs:DescribeLogGroups",
        asks_for: "*",
        lie: "nothing",
        aws: "the log groups",
    },
    // It finds a table by `TableName`, and knows no `ResourceArn`.
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:DeleteResourcePolicy",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:GetResourcePolicy",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:ListTagsOfResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:PutResourcePolicy",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:TagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    Misjudged {
        kind: "dynamodb_table",
        action: "dynamodb:UntagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the table",
    },
    // It looks for one `repositoryName`, which neither the call for several nor those about
    // tags have.
    Misjudged {
        kind: "ecr_repository",
        action: "ecr:",
        asks_for: "*",
        lie: "nothing",
        aws: "the repository",
    },
    Misjudged {
        kind: "iam_policy",
        action: "iam:CreatePolicy",
        asks_for: "*",
        lie: "nothing",
        aws: "the policy's ARN",
    },
    Misjudged {
        kind: "iam_role",
        action: "Role",
        asks_for: "arn:aws:iam::ACCOUNT:role/STACK-*",
        lie: "the role's name without its path",
        aws: "the role's ARN, path and all",
    },
    Misjudged {
        kind: "kms_key",
        action: "Alias",
        asks_for: "*",
        lie: "nothing",
        aws: "both the alias and the key",
    },
    Misjudged {
        kind: "kms_key",
        action: "kms:DescribeKey",
        asks_for: "arn:aws:kms:us-east-1:ACCOUNT:alias/*",
        lie: "the alias",
        aws: "the key behind the alias",
    },
    Misjudged {
        kind: "lambda_event_source_mapping",
        action: "lambda:TagResource",
        asks_for: "*",
        lie: WITHOUT_TAGS,
        aws: "the mapping, with its tags",
    },
    Misjudged {
        kind: "lambda_event_source_mapping",
        action: "lambda:UntagResource",
        asks_for: "*",
        lie: WITHOUT_TAGS,
        aws: "the mapping, with its tags",
    },
    Misjudged {
        kind: "lambda_function",
        action: "lambda:CreateFunction",
        asks_for: "*",
        lie: "nothing",
        aws: "the function",
    },
    // It looks at no tags of what is of EC2.
    Misjudged {
        kind: "security_group",
        action: "ec2:",
        asks_for: "*",
        lie: WITHOUT_TAGS,
        aws: "the security group, with its tags",
    },
    // It knows a state machine by `stateMachineArn` alone.
    Misjudged {
        kind: "sfn_state_machine",
        action: "states:ListTagsForResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the state machine",
    },
    Misjudged {
        kind: "sfn_state_machine",
        action: "states:TagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the state machine",
    },
    Misjudged {
        kind: "sfn_state_machine",
        action: "states:UntagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the state machine",
    },
    Misjudged {
        kind: "sns_topic",
        action: "sns:ListTagsForResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the topic",
    },
    Misjudged {
        kind: "sns_topic",
        action: "sns:TagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the topic",
    },
    Misjudged {
        kind: "sns_topic",
        action: "sns:UntagResource",
        asks_for: "*",
        lie: "nothing",
        aws: "the topic",
    },
];

//! Words of Terraform, CloudFormation, Pulumi and the Serverless Framework, and
//! what is said here instead. None of them means anything in a stack file: they
//! are looked up only for what is unknown already.

use std::borrow::Cow;

mod attributes;
mod functions;
mod resources;

use attributes::{OF_KINDS, WITHIN};
use functions::{CALLS, without_brackets};
use resources::{FALSE_FRIENDS, RESOURCES};

use super::suggest::plain;

/// Some words of others, and what to say here.
type Said = (&'static [&'static str], &'static str);

/// Keys at the top of a file.
const AT_THE_TOP: &[Said] = &[
    (
        &["variable", "variables", "parameters", "params", "inputs", "config", "custom"],
        "variables stand under `vars:`, each with its default",
    ),
    (&["locals", "local"], "write them under `vars:`: a default may refer to other variables"),
    (
        &["data"],
        "there are no look-ups: name what exists by its ARN, as text or in a variable of `vars:`",
    ),
    (
        &["module", "modules"],
        "a module is a pattern here: an entry of `resources:` with `pattern: ./FILE.yaml`",
    ),
    (
        &["provider", "providers"],
        "there are no providers: `region:` and `account:` say where, and the environment has the \
         credentials",
    ),
    (
        &["terraform", "backend", "runtime", "plugins", "package", "framework_version"],
        "take it out: there is no state to keep and nothing to install",
    ),
    (
        &["awstemplate_format_version", "transform", "globals", "metadata"],
        "take it out: a stack file is no template of CloudFormation, and has nothing like it",
    ),
    (&["conditions", "rules"], "`when:` and `unless:` of a resource refer to a variable"),
    (&["mappings"], "write a map under `vars:`, and read it as `${var.MAP.KEY}`"),
    (&["description", "comment"], "write a comment: `# what this is for`"),
    (&["service", "name", "app", "project"], "the name of the stack stands behind `stack:`"),
    (&["functions"], "there is no kind for functions: name one by its ARN"),
    (&["import"], "`lifecycle: { adopt: true }` of a resource takes over what exists"),
    (&["moved"], "a resource that states the `name:` of its object keeps it under a new address"),
    (&["removed"], "what is not declared any more is deleted, and the plan says so first"),
    (&["include", "includes", "imports"], "`extends: ./base.yaml` lays this file over another"),
    (
        &["environment", "env", "stage"],
        "declare a variable under `vars:`; `${env.NAME}` reads the environment",
    ),
];

/// Keys of an entry under `resources`.
const IN_AN_ENTRY: &[Said] = &[
    (
        &["count"],
        "`for_each:` with a map or a list makes one for each element; `when:` switches one on or \
         off",
    ),
    (
        &[
            "prevent_destroy",
            "deletion_policy",
            "update_replace_policy",
            "removal_policy",
            "deletion_protection",
            "protect",
            "retain_on_delete",
        ],
        "write `lifecycle: { prevent_destroy: true }`",
    ),
    (&["ignore_changes"], "it stands under `lifecycle:`: `lifecycle: { ignore_changes: [FIELD] }`"),
    (&["adopt", "import"], "it stands under `lifecycle:`: `lifecycle: { adopt: true }`"),
    (
        &["create_before_destroy", "delete_before_replace", "replace_triggered_by", "triggers"],
        "take it out: wherever AWS lets it, the new object is made before the old one goes",
    ),
    (
        &["type", "resource_type"],
        "what it is stands behind `kind:`; `ccprov kinds` lists what there is",
    ),
    (
        &["properties", "options", "args", "spec"],
        "fields stand beside `kind:`, with nothing around them",
    ),
    (
        &["condition", "if", "enabled", "create"],
        "`when:` and `unless:` refer to a variable: `when: \"${var.NAME}\"`",
    ),
    (
        &["provider", "providers", "region", "account", "profile"],
        "a stack is one account and one region: another one is another stack file",
    ),
    (
        &["source"],
        "a module is a pattern here: `pattern: ./FILE.yaml`, its parameters under `with:`",
    ),
    (
        &["dynamic"],
        "in a list, `{ for_each: ELEMENTS, item: ... }` stands for one item for each element",
    ),
    (
        &["provisioner", "connection", "timeouts", "tags_all"],
        "take it out: there is nothing like it, and what is waited for says `ccprov kinds KIND`",
    ),
    (
        &["name_prefix", "bucket_prefix"],
        "take it out: left unstated, a name follows from the stack and the address",
    ),
    (
        &["acl", "access_control", "grant", "grants"],
        "take it out: buckets are private, and a statement of `policy:` lets others in",
    ),
    (
        &["subscription", "subscriptions"],
        "a subscription is a resource of its own: `kind: sns_subscription`",
    ),
    (
        &["redrive", "dead_letter_config"],
        "write `redrive_policy: { dead_letter_queue: \"${NAME.arn}\", max_receive_count: 5 }`",
    ),
];

/// Fields by what others call them; said only where there is such a field.
const FIELDS: &[Said] = &[
    (&["dead_letter_target_arn", "dead_letter_target"], "dead_letter_queue"),
    (&["source_queue_arns"], "source_queues"),
    (&["redrive_permission"], "permission"),
    (
        &[
            "queue_name",
            "topic_name",
            "bucket_name",
            "role_name",
            "policy_name",
            "managed_policy_name",
            "alarm_name",
            "log_group_name",
        ],
        "name",
    ),
    (&["alarm_description"], "description"),
    (&["metric_query"], "metrics"),
    (&["okactions"], "ok_actions"),
    (&["retention_days", "retention"], "retention_in_days"),
    (&["bucket_name", "bucket_arn"], "bucket"),
    (&["message_retention_period"], "message_retention_seconds"),
    (&["receive_message_wait_time_seconds"], "receive_wait_time_seconds"),
    (&["maximum_message_size"], "max_message_size"),
    (&["fifo"], "fifo_queue"),
    (&["fifo"], "fifo_topic"),
    (&["assume_role_policy_document", "trust_policy"], "assume_role_policy"),
    (&["policy_document", "key_policy", "topic_policy", "queue_policy", "bucket_policy"], "policy"),
    (&["pending_window_in_days", "deletion_window"], "deletion_window_in_days"),
    (&["customer_master_key_spec"], "key_spec"),
    (&["versioning_configuration"], "versioning"),
    (&["public_access_block_configuration"], "public_access_block"),
    (&["kms_key_id", "kms_key_arn", "kms_key", "encryption_key"], "kms_master_key_id"),
    (&["kms_master_key_id", "kms_key_arn", "kms_key", "encryption_key"], "kms_key_id"),
    (&["endpoint_arn", "queue_arn", "target_arn"], "endpoint"),
];

/// Facts by what others call them; said only of a kind that has such a fact.
const FACTS: &[Said] = &[
    (&["id", "queue_url", "ref"], "url"),
    (&["id", "key", "uuid"], "key_id"),
    (&["id", "bucket", "bucket_name", "queue_name", "topic_name", "role_name"], "name"),
    (&["bucket_name", "id"], "bucket"),
    (&["id", "queue_arn", "topic_arn", "bucket_arn", "role_arn", "key_arn", "policy_arn"], "arn"),
    (&["alias", "target_key_id"], "alias_name"),
];

/// Types of parameters.
const TYPES: &[Said] = &[
    (&["text", "str"], "string"),
    (&["number", "int"], "integer"),
    (&["bool"], "boolean"),
    (&["array", "set", "tuple", "comma_delimited_list", "string_list"], "list"),
    (&["object", "dict"], "map"),
];

/// First names of references.
const REFERENCES: &[Said] = &[
    (&["data"], "there are no look-ups: write the ARN out, or give it in a variable of `vars:`"),
    (&["count"], "there is no `count`: `for_each:` with a list or a map, and `${each.key}` within"),
    (&["self"], "a resource names itself like any other: `${NAME.FACT}`"),
    (&["path"], "paths are relative to the file that they stand in"),
    (&["terraform"], "there are no workspaces: `${stack}` is the stack's name"),
    (&["secrets"], "declare a variable, list it under `sensitive:`, and set CCPROV_VAR_NAME"),
    (&["github"], "declare a variable under `vars:`, and set CCPROV_VAR_NAME in the workflow"),
];

/// The functions of CloudFormation; as tags they have a `!`, as keys mostly `Fn::`.
const FUNCTIONS: &[Said] = &[
    (&["Ref"], "write `\"${NAME.arn}\"` for a resource, `\"${var.NAME}\"` for a variable"),
    (&["GetAtt"], "write `\"${NAME.arn}\"`: `ccprov kinds KIND` lists what can be referred to"),
    (&["Sub", "Join"], "write one text with references in it: `\"${stack}-${NAME.name}\"`"),
    (
        &["If", "Condition", "Equals", "Not", "And", "Or"],
        "`when:` and `unless:` of a resource or an item refer to a variable that is true or false",
    ),
    (
        &["ImportValue"],
        "stacks do not see each other's outputs: give the value in a variable of `vars:`",
    ),
    (&["FindInMap", "Select"], "`\"${var.MAP.KEY}\"` reads a map under `vars:`"),
];

/// Where a word of others stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// A key at the top of a stack file.
    Top,
    /// A key of any entry under `resources`.
    Entry,
    /// A field of one kind.
    Field(&'static str),
    /// A field within another, whatever the kind.
    Within(&'static str),
    /// A field or a fact that has another name here, which is what is said.
    Renamed,
    /// What stands behind `kind:`.
    Resource,
    /// The function of a reference.
    Function,
    /// A tag of YAML, or the only key of a map; a type; the first name of a reference.
    Other,
}

/// Every word of other tools that is known, its place, and what is said instead of it:
/// for pages and tests.
pub fn words_of_others() -> impl Iterator<Item = (Where, &'static str, &'static str)> {
    let tables: [(Where, &[Said]); 9] = [
        (Where::Top, AT_THE_TOP),
        (Where::Entry, IN_AN_ENTRY),
        (Where::Renamed, FIELDS),
        (Where::Renamed, FACTS),
        (Where::Resource, RESOURCES),
        (Where::Function, CALLS),
        (Where::Other, TYPES),
        (Where::Other, REFERENCES),
        (Where::Other, FUNCTIONS),
    ];
    let of_kinds = OF_KINDS.iter().map(|(kind, table)| (Where::Field(kind), *table));
    let within = WITHIN.iter().map(|(field, table)| (Where::Within(field), *table));
    let all = tables.into_iter().chain(of_kinds).chain(within);
    all.flat_map(|(place, table)| {
        table
            .iter()
            .flat_map(move |(words, said)| words.iter().map(move |word| (place, *word, *said)))
    })
}

/// What is said here instead of a key at the top of a file.
pub(super) fn at_the_top(key: &str) -> Option<&'static str> {
    said(AT_THE_TOP, &plain(key)).or_else(|| function(key))
}

/// What is said here instead of an unknown field of a kind. `within` is the
/// field that it stands in; empty at the top of an entry.
pub(super) fn attribute(kind: &str, within: &str, name: &str) -> Option<&'static str> {
    let (tables, of) = if within.is_empty() { (OF_KINDS, kind) } else { (WITHIN, within) };
    let (_, table) = tables.iter().find(|(one, _)| *one == of)?;
    said(table, &plain(name))
}

/// What is said here instead of a key of an entry under `resources`, or of a
/// field within one.
pub(super) fn in_an_entry(key: &str) -> Option<&'static str> {
    said(IN_AN_ENTRY, &plain(key)).or_else(|| function(key))
}

/// The field that is called otherwise elsewhere, if it is among those that are known.
pub(super) fn field(name: &str, known: &[&str]) -> Option<&'static str> {
    among(FIELDS, name, known)
}

/// The fact that is called otherwise elsewhere, if it is among those that are known.
pub(super) fn fact(name: &str, known: &[&str]) -> Option<&'static str> {
    among(FACTS, name, known)
}

/// What is said here instead of `AWS::SQS::Queue`, `aws_sqs_queue` or `aws:sqs/queue:Queue`.
pub(super) fn kind<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let exactly = said(FALSE_FRIENDS, name).map(str::to_owned);
    if exactly.is_some() {
        return exactly;
    }
    let mut words: Vec<String> = name.split([':', '/', '.']).map(plain).collect();
    words.retain(|word| !word.is_empty());
    // Pulumi says `queue:Queue`.
    words.dedup();
    let name = words.join("_");
    let (name, is_theirs) = match name.strip_prefix("aws_") {
        Some(rest) => (rest, true),
        None => (name.as_str(), false),
    };
    let mut known = known;
    let ours = known.find(|ours| *ours == name && is_theirs);
    let written = ours.map(|ours| format!("write `kind: {ours}`"));
    written.or_else(|| said(RESOURCES, name).map(str::to_owned))
}

/// The type of parameters that is called otherwise elsewhere.
pub(super) fn parameter_type(name: &str) -> Option<&'static str> {
    said(TYPES, &plain(name))
}

/// What is said here instead of a reference, which is given by its names.
pub(super) fn reference(names: &[String]) -> Option<String> {
    let rest = |from: usize| names.get(from..).unwrap_or_default().join(".");
    let meant = |text: String| Some(format!("did you mean `${{{text}}}`?"));
    match names.first()?.as_str() {
        "local" | "locals" | "variable" | "variables" | "vars" => meant(format!("var.{}", rest(1))),
        "module" | "resource" | "resources" | "pattern" if names.len() > 2 => meant(rest(1)),
        "parameter" | "parameters" | "params" | "inputs" => meant(format!("param.{}", rest(1))),
        "environment" => meant(format!("env.{}", rest(1))),
        "data" => looked_up(names)
            .map(str::to_owned)
            .or_else(|| said(REFERENCES, "data").map(str::to_owned)),
        theirs if theirs.starts_with("aws_") && names.len() > 2 => meant(rest(1)),
        theirs => said(REFERENCES, theirs).map(str::to_owned),
    }
}

/// What Terraform looks up, and is known here.
const LOOKED_UP: &[Said] = &[
    (&["aws_caller_identity"], "did you mean `${account}`?"),
    (&["aws_region"], "did you mean `${region}`?"),
    (&["aws_partition"], "did you mean `${partition}`?"),
    (&["aws_iam_policy_document"], "write the policy itself, as YAML, where it is used"),
];

/// What is said instead of `${data.TYPE.NAME.ATTRIBUTE}`, if it needs no look-up.
fn looked_up(names: &[String]) -> Option<&'static str> {
    said(LOOKED_UP, names.get(1)?)
}

/// What is said here instead of a function of CloudFormation: a tag without
/// its `!`, or the only key of a map.
pub(super) fn function(name: &str) -> Option<&'static str> {
    const NO_FUNCTIONS: &str =
        "there are no functions: write the value itself, or give it in a variable of `vars:`";
    let name = name.strip_prefix('!').unwrap_or(name);
    let name = name.strip_prefix("Fn::").or(name.strip_prefix("fn::")).ok_or(name);
    match name {
        Ok(name) => Some(said(FUNCTIONS, name).unwrap_or(NO_FUNCTIONS)),
        Err("Ref") => said(FUNCTIONS, "Ref"),
        Err(_) => None,
    }
}

/// What is said here instead of a tag, `!Sub`.
pub(super) fn tag(tag: &str) -> Option<&'static str> {
    const MORE: &[&str] =
        &["Split", "Base64", "Cidr", "GetAZs", "Transform", "Length", "ToJsonString"];
    let name = tag.strip_prefix('!')?;
    if MORE.contains(&name) { function("Fn::Split") } else { said(FUNCTIONS, name) }
}

/// Why what stands between `${` and `}` is the expression of another tool, and
/// what to do, if that can be told.
pub(super) fn expression(inner: &str) -> Option<(&'static str, Cow<'static, str>)> {
    const OPERATORS: &[&str] =
        &["==", "!=", "&&", "||", " ? ", " + ", " - ", " * ", " / ", " < ", " > "];
    const SERVERLESS: &[&str] = &["self", "opt", "sls", "param", "env"];
    let told = |message, hint: &'static str| Some((message, Cow::Borrowed(hint)));
    let (before, after) = inner.split_once(':').unwrap_or((inner, ""));
    if after.starts_with('-') || inner.contains("??") {
        return told(
            "a reference has no default",
            "declare a variable with one, `vars: { name: DEFAULT }`, and refer to `${var.name}`",
        );
    }
    if after.starts_with(':') {
        return told(
            "this is a pseudo parameter of CloudFormation",
            "write `${region}`, `${account}`, `${partition}` or `${stack}`",
        );
    }
    if SERVERLESS.contains(&before) && !after.is_empty() {
        return told(
            "this is a variable of the Serverless Framework",
            "declare it under `vars:`, and write `${var.NAME}`; `${env.NAME}` reads the environment",
        );
    }
    // What IAM replaces may have a default: `${aws:PrincipalTag/team, 'a ? b'}`.
    if !after.is_empty() && !before.trim().contains([' ', '(', '.']) {
        return None;
    }
    if let Some((name, _)) = inner.split_once('(') {
        let name = name.rsplit([' ', '(', '!']).next().unwrap_or_default();
        return told("there are no functions", said(CALLS, name).unwrap_or(NO_FUNCTION));
    }
    if OPERATORS.iter().any(|operator| inner.contains(operator)) {
        return told(
            "a reference has no operators",
            "write the value itself, or give it in a variable of `vars:`; `when:` chooses",
        );
    }
    inner.contains('[').then(|| ("a reference has no positions and no brackets", dotted(inner)))
}

/// What to write instead of a function that nothing else is known of.
const NO_FUNCTION: &str = "write the value itself, or give it in a variable of `vars:`";

/// What to write instead of a reference with brackets.
fn dotted(inner: &str) -> Cow<'static, str> {
    let Some(ours) = without_brackets(inner.trim()) else {
        return "names are joined by dots: `${NAME.KEY.arn}` is one element of a `for_each`".into();
    };
    let names: Vec<String> = ours.split('.').map(str::to_owned).collect();
    reference(&names).unwrap_or_else(|| format!("did you mean `${{{ours}}}`?")).into()
}

/// What is said here instead of a word, the first of what is known.
fn among(table: &[Said], word: &str, known: &[&str]) -> Option<&'static str> {
    let word = plain(word);
    let rows = table.iter().filter(|(theirs, _)| theirs.contains(&word.as_str()));
    rows.map(|(_, ours)| *ours).find(|ours| known.contains(ours))
}

fn said(table: &[Said], word: &str) -> Option<&'static str> {
    table.iter().find(|(theirs, _)| theirs.contains(&word)).map(|(_, said)| *said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_others_are_known() {
        let check = |theirs: &str, expected: Option<&str>| {
            let known = ["s3_bucket", "sns_subscription", "sqs_queue"];
            assert_eq!(kind(theirs, known.into_iter()).as_deref(), expected, "{theirs}");
        };
        for theirs in ["aws_sqs_queue", "AWS::SQS::Queue", "aws:sqs:Queue", "aws:sqs/queue:Queue"] {
            check(theirs, Some("write `kind: sqs_queue`"));
        }
        check("AWS::S3::Bucket", Some("write `kind: s3_bucket`"));
        check("AWS::SQS::QueuePolicy", Some("it is the field `policy` of the sqs_queue"));
        check("aws_sns_topic_subscription", Some("write `kind: sns_subscription`"));
        check("aws_lambda_function", None);
        check("queue", None);
    }

    #[test]
    fn what_iam_replaces_is_no_expression() {
        for theirs in [
            "aws:username",
            "aws:PrincipalTag/a, 'b ? c'",
            "accounts.google.com:sub",
            "saml:sub",
            "*",
        ] {
            assert_eq!(expression(theirs), None, "{theirs}");
        }
        for foreign in
            ["AWS::Region", "self:service", "var.x ? 1 : 2", "lower(a)", "env.A:-b", "a[0]"]
        {
            assert!(expression(foreign).is_some(), "{foreign}");
        }
    }

    #[test]
    fn words_stand_in_the_tables_as_they_are_looked_up() {
        for table in [AT_THE_TOP, IN_AN_ENTRY, FIELDS, FACTS, RESOURCES, TYPES] {
            let words = table.iter().flat_map(|(theirs, _)| *theirs);
            for word in words {
                let fits = *word == plain(word);
                assert!(fits, "{word} is never found");
            }
        }
    }
}

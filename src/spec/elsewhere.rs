//! Words of Terraform, CloudFormation, Pulumi and the Serverless Framework, and
//! what is said here instead. None of them means anything in a stack file: they
//! are looked up only for what is unknown already.

mod attributes;
mod functions;
mod resources;
#[cfg(test)]
mod tests;
mod words;

use attributes::{OF_KINDS, WITHIN};
pub(super) use functions::expression;
use resources::{FALSE_FRIENDS, RESOURCES};
pub use words::{Where, words_of_others};

use super::suggest::plain;

/// Some words of others, and what to say here.
type Said = (&'static [&'static str], &'static str);

/// Keys at the top of a file.
const AT_THE_TOP: &[Said] = &[
    (
        &["variable", "variables", "parameters", "params", "inputs", "config", "custom"],
        "variables stand under `vars:`, each with its default",
    ),
    (
        &["locals", "local"],
        "they are named values: write them under `values:`, and refer to `${value.NAME}`",
    ),
    (
        &["data"],
        "what exists stands under `existing:`: `existing: { NAME: { kind: KIND, name: ... } }`, and \
         `${existing.NAME.arn}` refers to it",
    ),
    (
        &["module", "modules"],
        "a module is a pattern here: an entry of `resources:` with `pattern: ./FILE.yaml`",
    ),
    (
        &["provider", "providers"],
        "there are no providers: `region:` and `account:` say where, `role:` as whom, and the \
         environment has the credentials",
    ),
    (
        &["terraform", "backend", "runtime", "plugins", "package", "framework_version"],
        "take it out: there is no state to keep and nothing to install",
    ),
    (
        &["awstemplate_format_version", "transform", "globals", "metadata"],
        "take it out: a stack file is no template of CloudFormation, and has nothing like it",
    ),
    (
        &["conditions", "rules"],
        "`when:` and `unless:` refer to a variable: of a resource, or of one value, \
         `{ when: ..., value: ..., else: ... }`",
    ),
    (&["mappings"], "write a map under `values:`, and read it as `${value.MAP.KEY}`"),
    (&["description", "comment"], "write a comment: `# what this is for`"),
    (&["service", "name", "app", "project"], "the name of the stack stands behind `stack:`"),
    (&["functions"], "a function is a resource: `kind: lambda_function`"),
    (&["import"], "`lifecycle: { adopt: true }` of a resource takes over what exists"),
    (&["renamed", "renames", "moves"], "`moved: { OLD: NEW }` keeps an object under a new address"),
    (&["formerly", "previous", "alias"], "`was: NAME` says which name the stack had before"),
    (
        &["remote_state", "terraform_remote_state", "remote", "dependency", "dependencies"],
        "outputs of other stacks: `uses: { NAME: ./FILE.yaml }`, and `${NAME.OUTPUT}` refers to one",
    ),
    (
        &["assume_role", "role_arn"],
        "`role: ARN` says in which role the stack is worked on; `{ arn: ARN, external_id: ID }` where \
         its trust wants one",
    ),
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
    (
        &["moved", "moved_from", "renamed_from", "was"],
        "it stands at the top of the stack file, or of a pattern's: `moved: { OLD: NEW }`",
    ),
    (&["adopt", "import"], "it stands under `lifecycle:`: `lifecycle: { adopt: true }`"),
    (
        &["create_before_destroy", "delete_before_replace"],
        "take it out: wherever AWS lets it, the new object is made before the old one goes",
    ),
    (
        &["replace_triggered_by", "triggers", "triggers_replace"],
        "take it out: an object is made anew if a field asks for it, or if you do, by \
         `ccprov apply --replace ADDRESS`",
    ),
    (
        &["type", "resource_type"],
        "what it is stands behind `kind:`; `ccprov kinds` lists what there is",
    ),
    (
        &["properties", "options", "args", "spec"],
        "fields stand beside `kind:`, with nothing around them",
    ),
    (&["else", "otherwise"], "write another entry, with `unless:` and the same condition"),
    (
        &["condition", "if", "enabled", "create"],
        "`when:` and `unless:` refer to a variable: `when: \"${var.NAME}\"`",
    ),
    (
        &["provider", "providers", "region", "account", "profile", "assume_role"],
        "a stack is one account and one region: another one is another stack file, with its own `region:` \
         and `role:`, and one command takes several",
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
            "function_name",
            "log_group_name",
            "repository_name",
            "state_machine_name",
        ],
        "name",
    ),
    (&["force_delete", "empty_on_delete"], "force_destroy"),
    (&["repository_policy_text", "repository_policy"], "policy"),
    (&["partitions", "num_partitions"], "partition_count"),
    (&["config", "configuration"], "configs"),
    (&["secret_arns", "secret_arn"], "secret_arn_list"),
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
    (&["function_arn", "function"], "function_name"),
    (&["source_arn", "event_source", "queue_arn", "stream_arn"], "event_source_arn"),
    (&["batch_window", "max_batching_window"], "maximum_batching_window_in_seconds"),
    (&["source_access_configurations"], "source_access_configuration"),
    (&["destination_arn"], "destination"),
    (&["environment_variables", "env"], "environment"),
    (&["memory"], "memory_size"),
    (&["reserved_concurrency"], "reserved_concurrent_executions"),
    (&["execution_role", "role_arn"], "role"),
    (&["function_version"], "version"),
    (&["execution_role", "role"], "role_arn"),
    (&["state_machine_type"], "type"),
    (&["kms_key", "kms_key_id", "encryption_key"], "kms_key_arn"),
];

/// Facts by what others call them; said only of a kind that has such a fact.
const FACTS: &[Said] = &[
    (&["id", "queue_url", "ref"], "url"),
    (&["id", "key", "uuid"], "key_id"),
    (&["id"], "uuid"),
    (
        &["id", "bucket", "bucket_name", "queue_name", "topic_name", "role_name", "function_name"],
        "name",
    ),
    (&["bucket_name", "id"], "bucket"),
    (
        &[
            "id",
            "queue_arn",
            "topic_arn",
            "bucket_arn",
            "role_arn",
            "key_arn",
            "policy_arn",
            "function_arn",
            "state_machine_arn",
        ],
        "arn",
    ),
    (&["alias", "target_key_id"], "alias_name"),
];

/// Types of parameters.
const TYPES: &[Said] = &[
    (&["str"], "string"),
    (&["int"], "integer"),
    (&["float", "double", "decimal"], "number"),
    (&["bool"], "boolean"),
    (&["array", "set", "tuple", "comma_delimited_list", "string_list"], "list"),
    (&["object", "dict"], "map"),
];

/// Keys of what declares a variable or a parameter.
const OF_A_VALUE: &[Said] = &[
    (&["value"], "did you mean `default`?"),
    (&["required"], "what has no `default` must be given, unless it is `nullable: true`"),
    (&["optional"], "did you mean `nullable`?"),
    (&["min", "min_value", "least"], "did you mean `minimum`?"),
    (&["max", "max_value", "most"], "did you mean `maximum`?"),
    (&["regex", "allowed_pattern", "format"], "did you mean `pattern`?"),
    (&["allowed", "allowed_values", "choices", "one_of", "options"], "did you mean `enum`?"),
    (&["no_echo", "secret", "ephemeral"], "did you mean `sensitive`?"),
    (&["sensitive"], "a variable of the stack file is sensitive, as a whole"),
    (&["properties", "fields", "attributes"], "did you mean `keys`?"),
    (&["additional_properties", "values", "each"], "did you mean `entries`?"),
    (&["elements", "of", "element"], "did you mean `items`?"),
    (&["validation"], "bounds stand beside the type: `pattern`, `minimum`, `maximum`, `enum`"),
];

/// First names of references.
const REFERENCES: &[Said] = &[
    (&["data"], "what exists stands under `existing:`, and `${existing.NAME.FACT}` refers to it"),
    (&["count"], "there is no `count`: `for_each:` with a list or a map, and `${each.key}` within"),
    (&["path"], "paths are relative to the file that they stand in"),
    (&["terraform"], "there are no workspaces: `${stack}` is the stack's name"),
    (&["secrets"], "declare a variable, list it under `sensitive:`, and set CCPROV_VAR_NAME"),
    (&["github"], "declare a variable under `vars:`, and set CCPROV_VAR_NAME in the workflow"),
];

/// The functions of CloudFormation; as tags they have a `!`, as keys mostly `Fn::`.
const FUNCTIONS: &[Said] = &[
    (&["Ref"], "write `\"${NAME.arn}\"` for a resource, `\"${var.NAME}\"` for a variable"),
    (&["GetAtt"], "write `\"${NAME.arn}\"`: `ccprov kinds KIND` lists what can be referred to"),
    (&["Sub"], "write one text with references in it: `\"${stack}-${NAME.name}\"`"),
    (
        &["Join"],
        "write one text with references in it: `\"${stack}-${NAME.name}\"`; for a list, \
         `{ join: LIST, with: \", \" }`",
    ),
    (&["If"], CHOICE),
    (
        &["Condition", "Equals", "Not", "And", "Or"],
        "`when:` and `unless:` refer to a variable that is true or false",
    ),
    (
        &["ImportValue"],
        "write `uses: { NAME: ./FILE.yaml }` at the top of the file, and `\"${NAME.OUTPUT}\"` for an \
         output of that stack",
    ),
    (
        &["FindInMap", "Select"],
        "`\"${value.MAP.KEY}\"` reads a map under `values:`, and a reference may choose the key: \
         `\"${value.MAP.${region}}\"`",
    ),
    (&["ToJsonString"], "write `{ to_json: VALUE }`"),
];

/// What is said of `<<` with a reference where names are declared.
pub(super) const MERGES_LATE: &str = "a reference merges into values and fields; what is declared is written down, or merged by an \
     alias of YAML: `<<: *name`";

const CHOICE: &str = "one value or another is `{ when: \"${var.NAME}\", value: ..., else: ... }`";

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

/// What is said here instead of a key of what declares a variable or a parameter.
pub(super) fn of_a_value(key: &str) -> Option<&'static str> {
    said(OF_A_VALUE, &plain(key))
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
        "local" | "locals" | "values" => meant(format!("value.{}", rest(1))),
        "variable" | "variables" | "vars" => meant(format!("var.{}", rest(1))),
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
    (
        &["terraform_remote_state", "aws_cloudformation_stack", "aws_cloudformation_export"],
        "outputs of another stack stand under `uses:`, `uses: { NAME: ./FILE.yaml }`, and \
         `${NAME.OUTPUT}` refers to one",
    ),
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
    const MORE: &[&str] = &["Split", "Base64", "Cidr", "GetAZs", "Transform", "Length"];
    let name = tag.strip_prefix('!')?;
    if MORE.contains(&name) { function("Fn::Split") } else { said(FUNCTIONS, name) }
}

/// Whether a key is what others call the condition of a value, or what follows from it.
pub(super) fn is_condition(key: &str) -> bool {
    ["if", "condition", "test", "then", "otherwise", "default"].contains(&key)
}

/// What is said here of a map in the place of a value that would choose or make one.
pub(super) fn instruction<'k>(mut keys: impl Iterator<Item = &'k String>) -> Option<&'static str> {
    const REPEATED: &str =
        "in a list, an item `{ for_each: ..., item: ... }` stands for one item for each element";
    keys.find_map(|key| match key.as_str() {
        "when" | "unless" | "if" => Some(CHOICE),
        "for_each" => Some(REPEATED),
        "join" => Some("write `{ join: LIST, with: \", \" }`, and nothing beside it"),
        "to_json" => Some("write `{ to_json: VALUE }`, and nothing beside it"),
        "file" => Some("`{ file: ./PATH }` stands for a text, and where a text is wanted"),
        _ => None,
    })
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

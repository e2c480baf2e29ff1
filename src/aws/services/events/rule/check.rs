//! What EventBridge would refuse of a rule.

use super::target::{InputTransformer, MARK_HOLDS, Target, mark};
use super::{DEFAULT_BUS, Spec, schedule};
use crate::aws::arn::Arn;
use crate::aws::names::too_long;
use crate::model::document::is_pending;
use crate::model::{Path, Place, Problem};
use crate::verify::event_pattern::examples::{Wanted, problems};

pub(super) fn check(spec: &Spec, place: &Place) -> Vec<Problem> {
    let name = spec.name.as_deref().unwrap_or_default();
    let name = (!is_pending(name)).then(|| too_long("name", name, 64, "EventBridge")).flatten();
    let mut problems: Vec<Problem> = name.into_iter().collect();
    problems.extend(check_bus(&spec.event_bus_name));
    problems.extend(spec.event_pattern.iter().flat_map(super::EventPattern::check));
    problems.extend(check_examples(spec));
    problems.extend(check_schedule(spec));
    for (id, target) in &spec.targets {
        let at = Path::field("targets").with_field(id);
        problems.extend(check_id(id, &at));
        problems.extend(check_target(target, &at, spec, place));
    }
    problems.extend(check_marks(spec));
    problems.extend(check_tags(spec));
    problems
}

fn check_bus(bus: &str) -> Option<Problem> {
    if is_pending(bus) {
        return None;
    }
    // That of this account and region is a name by now.
    if bus.starts_with("arn:") {
        let message = format!("takes a bus of the stack's account and region, and `{bus}` is none");
        return Some(Problem::of("event_bus_name", message).meaning("name"));
    }
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "/._-".contains(sign);
    let is_name = !bus.is_empty() && bus.chars().all(is_sign);
    let message = format!("`{bus}` is no name of an event bus");
    (!is_name).then(|| Problem::of("event_bus_name", message).meaning("name"))
}

/// What a sound pattern makes of the examples.
fn check_examples(spec: &Spec) -> Vec<Problem> {
    let Some(Ok(pattern)) = spec.event_pattern.as_ref().map(super::EventPattern::read) else {
        return Vec::new();
    };
    let lists = [
        ("matches", &spec.matches, Wanted::Taken),
        ("not_matches", &spec.not_matches, Wanted::Left),
    ];
    let judged = |(field, examples, wanted): (&str, &Vec<_>, _)| {
        problems(&pattern, &Path::field(field), examples, wanted)
    };
    lists.into_iter().flat_map(judged).collect()
}

fn check_schedule(spec: &Spec) -> Option<Problem> {
    let of = |message: String| Problem::of("schedule_expression", message);
    let Some(schedule) = &spec.schedule_expression else {
        let is_idle = spec.event_pattern.is_none();
        let message = "a rule needs a pattern of events, or a schedule";
        let hint = "event_pattern: { source: [orders] }, or schedule_expression: rate(5 minutes)";
        return is_idle.then(|| Problem::of("event_pattern", message).hint(hint));
    };
    if is_pending(schedule) {
        return None;
    }
    if let Some((message, hint)) = schedule::fault(schedule) {
        return Some(of(message).hint(hint));
    }
    let is_elsewhere = spec.event_bus_name != DEFAULT_BUS && !is_pending(&spec.event_bus_name);
    is_elsewhere.then(|| {
        let message = format!("only rules on the bus `{DEFAULT_BUS}` have schedules");
        of(message).hint("leave `event_bus_name` out, or make it a rule of its own")
    })
}

fn check_id(id: &str, at: &Path) -> Option<Problem> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || "._-".contains(sign);
    let is_id = (1..=64).contains(&id.len()) && id.chars().all(is_sign);
    let message = format!("`{id}` is no id of a target");
    let hint = "1 to 64 letters, digits and `._-`";
    (!is_id).then(|| Problem::of("", message).at(at.clone()).hint(hint))
}

/// A tag names all of them.
fn check_marks(spec: &Spec) -> Option<Problem> {
    let length = mark(spec.targets.keys()).map(|(_, ids)| ids.len())?;
    (length > MARK_HOLDS).then(|| {
        let message = format!(
            "the ids have {length} characters together, the tag that keeps them takes {MARK_HOLDS}"
        );
        Problem::of("targets", message).hint("give the targets shorter ids, or have a second rule")
    })
}

/// Tags of a rule (API Reference, `TagResource`: 50), without those that ccprov may add: whose it
/// is takes three, and targets and `force_destroy` one each.
const MOST_TAGS: usize = 45;

fn check_tags(spec: &Spec) -> Option<Problem> {
    let tags = spec.tags.0.len();
    let message = format!("has {tags} tags, and {MOST_TAGS} fit beside those of ccprov");
    (tags > MOST_TAGS).then(|| Problem::of("tags", message))
}

fn check_target(target: &Target, at: &Path, spec: &Spec, place: &Place) -> Vec<Problem> {
    let of = |field: &str, message: String| Problem::of("", message).at(at.with_field(field));
    let mut problems = check_input(target, at);
    let is_known = !is_pending(&target.arn);
    let Some(arn) = Arn::read(&target.arn).filter(|_| is_known) else { return problems };
    let has_role = target.role_arn.is_some() || spec.role_arn.is_some();
    if let Some(what) = needs_role(arn, place).filter(|_| !has_role) {
        let message = format!("{what} is reached with a role alone, and none is stated");
        let hint = "role_arn: \"${NAME.arn}\", of an iam_role that admits events.amazonaws.com";
        problems.push(of("arn", message).hint(hint));
    }
    let is_fifo = arn.service == "sqs" && arn.resource.strip_suffix(".fifo").is_some();
    match &target.sqs_target {
        Some(_) if arn.service != "sqs" => {
            problems.push(of("sqs_target", "this target is no queue".to_owned()));
        }
        None if is_fifo => {
            let message = "a FIFO queue needs a group for its messages".to_owned();
            let hint = "sqs_target: { message_group_id: orders }";
            problems.push(of("arn", message).hint(hint));
        }
        Some(_) | None => {}
    }
    if target.kinesis_target.is_some() && arn.service != "kinesis" {
        problems.push(of("kinesis_target", "this target is no Kinesis stream".to_owned()));
    }
    if let Some(queue) = &target.dead_letter_config
        && queue.arn.strip_suffix(".fifo").is_some()
    {
        let message = "EventBridge sends to standard queues, and this one is FIFO".to_owned();
        problems.push(of("dead_letter_config", message));
    }
    problems
}

/// What EventBridge reaches with a role alone, if this is such (User Guide, "Permissions for
/// Amazon EventBridge to access targets").
fn needs_role(arn: Arn<'_>, place: &Place) -> Option<&'static str> {
    let is_elsewhere = arn.account != place.account || arn.region != place.region;
    match arn.service {
        "batch" => Some("a job queue"),
        "codebuild" | "codepipeline" => Some("a project or pipeline"),
        "ecs" => Some("a cluster"),
        "events" if arn.resource.starts_with("api-destination/") => Some("an API destination"),
        "events" if is_elsewhere => Some("a bus of another account or region"),
        "firehose" => Some("a delivery stream"),
        "kinesis" => Some("a stream"),
        "redshift" | "redshift-serverless" => Some("a database"),
        "sagemaker" => Some("a pipeline of SageMaker"),
        "states" => Some("a state machine"),
        _ => None,
    }
}

fn check_input(target: &Target, at: &Path) -> Vec<Problem> {
    let of = |field: &str, message: String| Problem::of("", message).at(at.with_field(field));
    let mut problems = Vec::new();
    let forms = [
        ("input", target.input.is_some()),
        ("input_path", target.input_path.is_some()),
        ("input_transformer", target.input_transformer.is_some()),
    ];
    let mut stated = forms.iter().filter(|(_, is_stated)| *is_stated).map(|(field, _)| *field);
    if let (Some(first), Some(second)) = (stated.next(), stated.next()) {
        let message = format!("a target has one form of input, and has `{first}` as well");
        problems.push(of(second, message).hint("state one of the two"));
    }
    if let Some(input) = target.input.as_ref().map(super::target::Input::text) {
        let is_json =
            is_pending(&input) || serde_json::from_str::<serde_json::Value>(&input).is_ok();
        if !is_json {
            let message = "the text is not JSON, which targets get".to_owned();
            problems.push(of("input", message).hint("a plain text is JSON in quotes: '\"text\"'"));
        } else if input.chars().count() > 8192 {
            let message =
                format!("has {} characters as JSON, EventBridge takes 8192", input.chars().count());
            problems.push(of("input", message));
        }
    }
    problems.extend(
        target.input_path.iter().filter_map(|path| no_path(path, &at.with_field("input_path"))),
    );
    if let Some(key) = &target.kinesis_target {
        let at = at.with_field("kinesis_target").with_field("partition_key_path");
        problems.extend(no_path(&key.partition_key_path, &at));
    }
    if let Some(transformer) = &target.input_transformer {
        problems.extend(check_transformer(transformer, &at.with_field("input_transformer")));
    }
    problems
}

fn no_path(path: &str, at: &Path) -> Option<Problem> {
    let is_path = is_pending(path) || path.starts_with('$');
    let message = format!("`{path}` is no path into an event, which begins with `$`");
    (!is_path).then(|| Problem::of("", message).at(at.clone()).hint("$.detail.id"))
}

/// Variables of EventBridge's own (User Guide, "Input transformation").
const RESERVED: &[&str] = &[
    "aws.events.event",
    "aws.events.event.ingestion-time",
    "aws.events.event.json",
    "aws.events.rule-arn",
    "aws.events.rule-name",
];

fn check_transformer(transformer: &InputTransformer, at: &Path) -> Vec<Problem> {
    let paths = &transformer.input_paths;
    let mut problems = Vec::new();
    for (name, path) in paths {
        let at = at.with_field("input_paths").with_field(name);
        problems.extend(no_path(path, &at));
        if !is_variable(name) || name.to_ascii_uppercase().starts_with("AWS") {
            let message = format!("`{name}` is no name that a template can have for a part");
            let hint = "letters, digits, `_` and `-`, not beginning with AWS";
            problems.push(Problem::of("", message).at(at).hint(hint));
        }
    }
    let unknown = variables(&transformer.input_template)
        .filter(|name| !paths.contains_key(*name) && !RESERVED.contains(name));
    for name in unknown {
        let message = format!("`<{name}>` stands for nothing: `input_paths` does not name it");
        let hint = format!("input_paths: {{ {name}: $.detail.{name} }}");
        let at = at.with_field("input_template");
        problems.push(Problem::of("", message).at(at).hint(hint));
    }
    problems
}

/// What a template names in angle brackets. Other text in such brackets is text.
fn variables(template: &str) -> impl Iterator<Item = &str> {
    let named = template.split('<').skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    named.filter(|name| is_variable(name))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || b"_.-".contains(&it))
}

//! What is read for a function, the function may run for.

use serde_json::{Value, json};

use super::function::{self, FUNCTION, Mapping, Source};
use super::hop::End;
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "mapping_concurrency",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Lambda reads no more of a queue at once than may be run of the function.",
        risk: "What was read and cannot be run counts as received: messages that nobody ever tried go to the dead-letter queue.",
        remedy: "State `scaling_config.maximum_concurrency`, no higher than `reserved_concurrent_executions` of the function.",
    },
    stops_messages: true,
    because: "An error where nothing may run. Where less may run than is read it is a warning, since it works while there is little to do; where five and more may, and nothing bounds what is read, a note.",
    judge,
};

const RESERVED: &str = "reserved_concurrent_executions";
/// Batches that Lambda begins with (Lambda Developer Guide, "Configuring scaling behavior for
/// SQS event source mappings").
const AT_FIRST: u64 = 5;
/// The least that `maximum_concurrency` takes.
const LEAST: u64 = 2;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    let all: Vec<Mapping<'_>> = function::mappings(scene).filter(Mapping::is_enabled).collect();
    for function in scene.of_kind(FUNCTION) {
        let is_its = |mapping: &&Mapping<'_>| match mapping.function {
            End::Here(one) => one.address == function.address,
            End::Elsewhere(_) => false,
        };
        let its: Vec<&Mapping<'_>> = all.iter().filter(is_its).collect();
        if !its.is_empty() {
            judgement.add(function.address.to_string(), judge_function(function, &its));
        }
    }
    judgement
}

fn judge_function(function: &Exhibit, mappings: &[&Mapping<'_>]) -> Vec<Finding> {
    let Some(reserved) = function::reserved(function) else { return Vec::new() };
    if reserved == 0 {
        let message = "none of it may run at once: what Lambda reads for it is never processed";
        let finding = Finding::new(&function.address, message).at(Path::field(RESERVED));
        return vec![finding.hint("leave it out, or reserve as much as is needed")];
    }
    // Of a stream, a batch that cannot be run is tried again in its turn.
    let of_queues = mappings.iter().filter(|mapping| match mapping.source {
        Source::Queue(_) => true,
        Source::Stream(_) | Source::Other => false,
    });
    let of_queues: Vec<&&Mapping<'_>> = of_queues.collect();
    let together: u64 = of_queues.iter().filter_map(|mapping| bound(mapping)).sum();
    let judged = of_queues.iter().filter_map(|mapping| match bound(mapping) {
        None => Some(unbounded(function, mapping, reserved, of_queues.len())),
        Some(_) if together > reserved => {
            let message = format!(
                "up to {together} batches are read at once for {}, and {reserved} of it may run",
                function.address
            );
            Some(told(mapping, message, reserved, of_queues.len()))
        }
        Some(_) => None,
    });
    judged.collect()
}

fn bound(mapping: &Mapping<'_>) -> Option<u64> {
    path().get(&mapping.exhibit.document).and_then(Value::as_u64)
}

fn path() -> Path {
    Path::field("scaling_config").with_field("maximum_concurrency")
}

fn unbounded(function: &Exhibit, mapping: &Mapping<'_>, reserved: u64, of: usize) -> Finding {
    let function = &function.address;
    let message = format!(
        "nothing bounds how many batches are read at once for {function}: {AT_FIRST} at first, and {reserved} of it may run"
    );
    let finding = told(mapping, message, reserved, of);
    if reserved >= AT_FIRST { finding.as_note() } else { finding }
}

fn told(mapping: &Mapping<'_>, message: String, reserved: u64, of: usize) -> Finding {
    let finding = Finding::new(&mapping.exhibit.address, message).at(path());
    let finding = Finding { level: Some(Level::Warning), ..finding };
    let share = reserved / of.max(1) as u64;
    if share < LEAST {
        return finding.hint(format!("reserve {} or more of the function", LEAST * of as u64));
    }
    let finding = finding.hint("read no more at once than may run");
    finding.patch(patch::at(&path(), json!(share)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn read(function: &str, first: &str, second: &str) -> Scene {
        let mapping = |name: &str, more: &str| {
            format!(
                "{name}_mapping: {{ kind: lambda_event_source_mapping, event_source_arn: \"${{{name}.arn}}\", function_name: \"${{function.arn}}\" {more} }}"
            )
        };
        system(&format!(
            "
orders: {{ kind: sqs_queue }}
returns: {{ kind: sqs_queue }}
function: {{ kind: lambda_function {function} }}
{}
{}",
            mapping("orders", first),
            mapping("returns", second),
        ))
    }

    #[test]
    fn no_more_is_read_than_may_run() {
        let most = |count: u32| format!(", scaling_config: {{ maximum_concurrency: {count} }}");
        let reserved = |count: i32| format!(", reserved_concurrent_executions: {count}");
        let off = ", enabled: false";
        golden!(told_of(
            &RULE,
            &[
                ("nothing reserved", read("", "", "")),
                ("nothing reserved, as AWS tells it", read(&reserved(-1), "", "")),
                ("nothing may run", read(&reserved(0), &most(2), "")),
                ("as much as is read", read(&reserved(10), &most(4), &most(6))),
                ("less than is read", read(&reserved(8), &most(4), &most(6))),
                ("less than Lambda begins with", read(&reserved(4), "", off)),
                ("one alone", read(&reserved(1), "", off)),
                ("without a bound", read(&reserved(20), &most(5), "")),
                ("switched off", read(&reserved(0), off, off)),
            ]
        ));
    }
}

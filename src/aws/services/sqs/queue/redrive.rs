//! Which queue may be the dead-letter queue of which: one of the same account,
//! region and type (SQS Developer Guide, "Using dead-letter queues").

use super::Spec;
use crate::aws::arn::Arn;
use crate::model::document::is_pending;
use crate::model::{Naming, Path, Problem};

/// What SQS would refuse of a queue's dead-letter queue, and of those whose
/// dead-letter queue it is.
pub(super) fn check(spec: &Spec, naming: &Naming) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(redrive) = &spec.redrive_policy {
        let path = Path::field("redrive_policy").with_field("dead_letter_queue");
        let own = naming.place.arn("sqs", spec.name.as_deref().unwrap_or_default());
        let is_itself = redrive.dead_letter_queue == own;
        if is_itself {
            let message = "a queue cannot be its own dead-letter queue";
            problems.push(Problem::of("", message).at(path.clone()));
        }
        let fault = fault(&redrive.dead_letter_queue, spec.fifo_queue, naming);
        problems.extend(fault.map(|why| Problem::of("", alike("queue", &why)).at(path)));
    }
    let sources = spec.redrive_allow_policy.iter().flat_map(|allow| &allow.source_queues);
    problems.extend(sources.filter_map(|source| {
        let path = Path::field("redrive_allow_policy").with_field("source_queues");
        let why = fault(source, spec.fifo_queue, naming)?;
        Some(Problem::of("", alike("queue", &why)).at(path))
    }));
    problems
}

/// What a dead-letter queue and whoever uses it have in common.
pub(in crate::aws::services) fn alike(user: &str, why: &str) -> String {
    format!("a dead-letter queue is of the account, region and type of its {user}: {why}")
}

/// Why two queues cannot be a queue and its dead-letter queue. Silent about
/// what is not known yet, and about what is no queue.
pub(in crate::aws::services) fn fault(
    other: &str,
    is_fifo: bool,
    naming: &Naming,
) -> Option<String> {
    let arn = Arn::read(other).filter(|arn| arn.service == "sqs" && !is_pending(other))?;
    let place = &naming.place;
    let elsewhere = if arn.account != place.account && place.knows_account() {
        Some(format!("in account {}, this one in {}", arn.account, place.account))
    } else if arn.region != place.region && place.knows_region() {
        Some(format!("in region {}, this one in {}", arn.region, place.region))
    } else if arn.resource.strip_suffix(".fifo").is_some() != is_fifo {
        let words = |is_fifo| if is_fifo { "FIFO" } else { "standard" };
        Some(format!("{}, this one {}", words(!is_fifo), words(is_fifo)))
    } else {
        None
    };
    elsewhere.map(|elsewhere| format!("`{}` is {elsewhere}", arn.resource))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Place};

    #[test]
    fn a_dead_letter_queue_is_of_the_same_account_region_and_type() {
        let check = |account: &str, other: &str, is_fifo: bool, told: Option<&str>| {
            let place = Place {
                partition: "aws".into(),
                account: account.into(),
                region: "eu-central-1".into(),
                endpoint: None,
            };
            let naming = Naming { stack: "dev".into(), address: Address::new("q"), place };
            let found = fault(other, is_fifo, &naming);
            let found = found.as_deref().and_then(|text| text.split_once(" is "));
            assert_eq!(found.map(|(_, why)| why), told, "{other}");
        };
        let (ours, dlq) = ("123456789012", "arn:aws:sqs:eu-central-1:123456789012:dlq");
        check(ours, dlq, false, None);
        check(ours, &format!("{dlq}.fifo"), true, None);
        check(ours, &format!("{dlq}.fifo"), false, Some("FIFO, this one standard"));
        check(ours, dlq, true, Some("standard, this one FIFO"));
        let there = "arn:aws:sqs:us-east-1:123456789012:dlq";
        check(ours, there, false, Some("in region us-east-1, this one in eu-central-1"));
        let theirs = "in account 123456789012, this one in 111122223333";
        check("111122223333", dlq, false, Some(theirs));
        // Nobody has said yet which account it is.
        check("000000000000", dlq, false, None);
        check(ours, "dlq", false, None);
    }
}

//! What an answer always holds, call by call: one without it is no answer, and
//! no fact follows from it.
//!
//! The SDK reads what is missing as empty. So half of an answer, which some box
//! on the way put right again, would be a queue without settings, or an account
//! without roles.

use crate::aws::services::SERVICES;

/// The first word that an answer always holds and this one does not.
pub(super) fn missing(service: &str, operation: &str, body: &[u8]) -> Option<&'static str> {
    let words = always(service, operation)?;
    let lacks = |word: &&&str| !contains(body, word.as_bytes());
    words.iter().find(lacks).copied()
}

/// The words that AWS writes whatever there is to tell.
fn always(service: &str, operation: &str) -> Option<&'static [&'static str]> {
    let service = SERVICES.iter().find(|told| told.prefix == service)?;
    let entry = service.contents.iter().find(|(told, _)| *told == operation);
    entry.map(|(_, words)| *words)
}

fn contains(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::super::READING;
    use super::*;
    use crate::aws::services::rate_limits;

    #[test]
    fn of_every_read_it_is_told_what_its_answer_holds() {
        let calls = rate_limits().flat_map(|limit| {
            limit.operations().iter().map(|operation| (limit.service, *operation))
        });
        let reads = calls.filter(|(_, name)| READING.iter().any(|verb| name.starts_with(verb)));
        for (service, operation) in reads {
            assert!(always(service, operation).is_some(), "{service}:{operation}");
        }
    }

    #[test]
    fn an_answer_without_its_contents_is_none() {
        let check = |service, operation, body: &str, expected| {
            let found = missing(service, operation, body.as_bytes());
            assert_eq!(found, expected, "{service}:{operation} {body}");
        };
        check("sqs", "GetQueueAttributes", "{}", Some("\"Attributes\""));
        check("sqs", "GetQueueAttributes", "{\"Attributes\":{\"DelaySeconds\":\"0\"}}", None);
        check("sqs", "ListQueueTags", "{}", None);
        check("kms", "DescribeKey", "{}", Some("\"KeyMetadata\""));
        check("iam", "ListRoles", "<ListRolesResponse/>", Some("<Roles"));
        check("iam", "ListRoles", "<ListRolesResponse><Roles/></ListRolesResponse>", None);
        check("iam", "ListRoles", "", Some("<Roles"));
    }
}

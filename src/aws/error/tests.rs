//! Which code comes to which class, and what is told of it.

use super::*;

fn check(code: &str, message: &str, expected: ErrorClass) {
    assert_eq!(classify(code, message, Some(400)), expected, "{code}: {message}");
}

#[test]
fn codes_decide() {
    use ErrorClass::{Absent, Denied, Exists, Quota, Throttled, Unexpected};
    check("AWS.SimpleQueueService.NonExistentQueue", "", Absent);
    check("QueueDoesNotExist", "", Absent);
    check("BucketAlreadyOwnedByYou", "", Exists);
    check("LimitExceededException", "", Quota);
    check("AccessDenied", "", Denied);
    check("SomethingNew", "", Unexpected);
    check("SomethingNew", "Rate exceeded", Throttled);
}

#[test]
fn messages_decide_only_where_the_code_is_ambiguous() {
    use ErrorClass::{Exists, Invalid, NotYet};
    let dependency = NotYet(InFlight::Dependency);
    check("MalformedPolicy", "Invalid principal in policy", dependency);
    check("MalformedPolicy", "This policy contains invalid Json", Invalid);
    check("InvalidArgument", "Unable to validate the following destination", dependency);
    check("InvalidArgument", "Something else", Invalid);
    check("InvalidParameter", "Topic already exists with different tags", Exists);
    let role = "arn:aws:iam::123456789012:role/r is not a valid role to allow SNS to write";
    check("InvalidParameter", role, dependency);
    let unconfirmed = "Cannot unsubscribe a subscription that is pending confirmation";
    check("InvalidParameter", unconfirmed, ErrorClass::Absent);
    check("AWS.SimpleQueueService.QueueDeletedRecently", "", NotYet(InFlight::Cooldown));
}

#[test]
fn every_service_says_in_its_own_way_that_a_call_goes_too_fast() {
    let check = |status: u16, body: &'static str, expected: bool| {
        let answer = HttpResponse::new(status.try_into().unwrap(), body.into());
        assert_eq!(is_throttled(&answer), expected, "{status} {body}");
    };
    check(400, r#"{"__type":"ThrottlingException","message":"Slower"}"#, true);
    check(400, r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":""}"#, true);
    check(429, "<ErrorResponse><Error><Code>Throttled</Code></Error></ErrorResponse>", true);
    check(400, "<Error><Code>Other</Code><Message>Rate exceeded</Message></Error>", true);
    check(503, "<Error><Code>SlowDown</Code></Error>", true);
    check(503, "", true);
    check(400, r#"{"__type":"LimitExceededException","message":"Too many aliases"}"#, false);
    check(403, "<Error><Code>AccessDenied</Code></Error>", false);
    check(404, "", false);
    check(500, "", false);
    check(200, "<Name>SlowDown</Name>", false);
}

#[test]
fn a_limit_of_documents_is_raised_for_nobody() {
    let many = "8 actions were found in a statement from the submitted policy, max allowed is 7";
    let told =
        |message: &str| hint(ErrorClass::Quota, "sqs:SetQueueAttributes", "OverLimit", message);
    assert!(told(many).unwrap().contains("smaller"));
    assert!(told("Too many queues").unwrap().contains("quota"));
}

#[test]
fn a_server_fault_is_worth_another_try() {
    assert_eq!(classify("Weird", "", Some(503)), ErrorClass::Transient);
    assert_eq!(classify("", "connection reset", None), ErrorClass::Transient);
}

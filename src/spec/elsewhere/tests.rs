//! Words of others lead somewhere, and only where they should.

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
    for theirs in
        ["aws:username", "aws:PrincipalTag/a, 'b ? c'", "accounts.google.com:sub", "saml:sub", "*"]
    {
        assert_eq!(expression(theirs), None, "{theirs}");
    }
    for foreign in ["AWS::Region", "self:service", "var.x ? 1 : 2", "lower(a)", "env.A:-b", "a[0]"]
    {
        assert!(expression(foreign).is_some(), "{foreign}");
    }
}

#[test]
fn words_stand_in_the_tables_as_they_are_looked_up() {
    for table in [AT_THE_TOP, IN_AN_ENTRY, FIELDS, FACTS, RESOURCES, OF_A_VALUE, TYPES] {
        let words = table.iter().flat_map(|(theirs, _)| *theirs);
        for word in words {
            let fits = *word == plain(word);
            assert!(fits, "{word} is never found");
        }
    }
}

/// What has a counterpart by now is told by it.
#[test]
fn what_other_stacks_and_places_are_called_leads_to_ours() {
    let place = in_an_entry("provider").expect("it is a word of others");
    assert!(place.contains("`role:`") && place.contains("several"), "{place}");
    for told in [at_the_top("terraform_remote_state"), function("Fn::ImportValue")] {
        assert!(told.is_some_and(|told| told.contains("uses:")), "{told:?}");
    }
    let names = ["data", "terraform_remote_state", "net", "outputs", "vpc"].map(str::to_owned);
    assert!(reference(&names).is_some_and(|told| told.contains("uses:")));
    assert!(at_the_top("assume_role").is_some_and(|told| told.contains("role: ARN")));
    let anew = in_an_entry("replace_triggered_by");
    assert!(anew.is_some_and(|told| told.contains("--replace ADDRESS")), "{anew:?}");
}

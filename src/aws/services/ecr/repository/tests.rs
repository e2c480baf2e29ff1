//! What is told of a repository on paper, and what is made of its documents.

use serde_json::{Value, json};

use super::lifecycle::Lifecycle;
use super::*;
use crate::aws::error::told;
use crate::model::{ErrorClass, InFlight};

fn problems(document: Value) -> Vec<String> {
    let spec: Spec = serde_json::from_value(document).unwrap();
    let problems = check::check(&spec).into_iter();
    problems.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn what_ecr_would_refuse_is_told_before() {
    let check = |document: Value, expected: &[&str]| {
        assert_eq!(problems(document.clone()), expected, "{document}");
    };
    check(json!({}), &[]);
    check(
        json!({ "name": "Orders" }),
        &["name: ECR takes small letters alone, and the name is `Orders`"],
    );
    let long = "a".repeat(257);
    check(json!({ "name": long }), &["name: the name has 257 characters, ECR takes 256"]);
    let filters = |filters: &[&str]| {
        filters.iter().map(|filter| json!({ "filter": filter })).collect::<Vec<_>>()
    };
    check(
        json!({ "image_tag_mutability_exclusion_filter": filters(&["v*"]) }),
        &["image_tag_mutability_exclusion_filter: goes with a mutability that has exclusions"],
    );
    check(
        json!({ "image_tag_mutability": "MUTABLE_WITH_EXCLUSION" }),
        &[": an exclusion excludes something"],
    );
    check(
        json!({
            "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
            "image_tag_mutability_exclusion_filter": filters(&["a", "b", "c*", "d*", "e*", "*f*f*"]),
        }),
        &[
            "image_tag_mutability_exclusion_filter: ECR takes 5 of them, and there are 6",
            "image_tag_mutability_exclusion_filter[5].filter: `*f*f*` has more than two `*`",
        ],
    );
    check(
        json!({ "encryption_configuration": { "encryption_type": "AES256", "kms_key": "alias/aws/ecr" } }),
        &["encryption_configuration.kms_key: with AES256 S3 has a key of its own, and takes none"],
    );
    check(
        json!({ "encryption_configuration": { "encryption_type": "KMS", "kms_key": "alias/own" } }),
        &[
            "encryption_configuration.kms_key: takes the ARN of a key or alias/aws/ecr, and `alias/own` is neither",
        ],
    );
    check(
        json!({ "policy": { "Statement": { "Sid": "LambdaECRImageRetrievalPolicy", "Effect": "Allow" } } }),
        &["policy: Lambda writes the statement `LambdaECRImageRetrievalPolicy` itself"],
    );
}

/// A rule that nothing is wrong with, but for what is said.
fn rule(priority: u32, selection: &Value) -> Value {
    let mut all = json!({ "countType": "imageCountMoreThan", "countNumber": 10 });
    all.as_object_mut().unwrap().extend(selection.as_object().unwrap().clone());
    json!({ "rulePriority": priority, "selection": all, "action": { "type": "expire" } })
}

#[test]
fn rules_that_aws_would_refuse_are_told_before() {
    let check = |rules: Value, expected: &[&str]| {
        let told = problems(json!({ "lifecycle_policy": { "rules": rules } }));
        let told: Vec<_> =
            told.iter().map(|it| it.trim_start_matches("lifecycle_policy.rules")).collect();
        assert_eq!(told, expected, "{rules}");
    };
    let days = json!({ "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days" });
    check(json!([rule(1, &days)]), &[]);
    check(
        json!([
            rule(1, &json!({ "tagStatus": "any" })),
            rule(2, &json!({ "tagStatus": "untagged" }))
        ]),
        &["[0].rulePriority: a rule for `any` image is applied last"],
    );
    check(
        json!([
            rule(2, &json!({ "tagStatus": "untagged" })),
            rule(2, &json!({ "tagStatus": "any" }))
        ]),
        &["[1].rulePriority: two rules have the priority 2"],
    );
    check(
        json!([rule(1, &json!({ "tagStatus": "tagged" }))]),
        &["[0].selection.tagStatus: of tagged images AWS wants to know which tags"],
    );
    check(
        json!([rule(
            1,
            &json!({ "tagStatus": "tagged", "tagPatternList": ["v*"], "tagPrefixList": ["v"] })
        )]),
        &[
            "[0].selection.tagPrefixList: goes without `tagPatternList`, which says the same and more",
        ],
    );
    check(
        json!([rule(1, &json!({ "tagStatus": "untagged", "tagPrefixList": ["v"] }))]),
        &["[0].selection.tagStatus: tags are named of tagged images alone"],
    );
    check(
        json!([rule(1, &json!({ "tagStatus": "tagged", "tagPatternList": ["a*b*c*d*e*"] }))]),
        &["[0].selection.tagPatternList: `a*b*c*d*e*` has more than four `*`"],
    );
    check(
        json!([rule(1, &json!({ "tagStatus": "any", "countUnit": "days" }))]),
        &["[0].selection.countUnit: goes with a time, and images are counted here"],
    );
    check(
        json!([rule(1, &json!({ "tagStatus": "any", "countType": "sinceImagePulled" }))]),
        &["[0].selection.countType: a time has a unit"],
    );
    let mut kept = rule(1, &json!({ "tagStatus": "any" }));
    kept["action"] = json!({ "type": "transition" });
    check(json!([kept]), &["[0].action.type: what is kept elsewhere is kept somewhere"]);
    kept["action"] = json!({ "type": "expire", "targetStorageClass": "archive" });
    check(json!([kept]), &["[0].action.targetStorageClass: what expires is kept nowhere"]);
}

#[test]
fn documents_that_mean_the_same_are_the_same() {
    let read = |value: Value| serde_json::from_value::<Lifecycle>(value).unwrap();
    let tagged = |tags: [&str; 2]| json!({ "tagStatus": "tagged", "tagPrefixList": tags });
    let (first, last) = (rule(1, &tagged(["a", "b"])), rule(2, &json!({ "tagStatus": "any" })));
    let plain = read(json!({ "rules": [first, last] }));
    let mut empty =
        rule(2, &json!({ "tagStatus": "any", "tagPrefixList": [], "tagPatternList": [] }));
    empty["description"] = Value::Null;
    assert_eq!(read(json!({ "rules": [empty, rule(1, &tagged(["b", "a"]))] })), plain);
    let text = serde_json::to_string_pretty(&plain).unwrap();
    assert_eq!(read(Value::String(text)), plain);
}

#[test]
fn what_lambda_says_is_neither_shown_nor_lost() {
    let of_lambda = json!({ "Sid": policy::OF_LAMBDA, "Effect": "Allow", "Action": "ecr:BatchGetImage",
        "Principal": { "Service": "lambda.amazonaws.com" } });
    let own =
        json!({ "Sid": "Own", "Effect": "Allow", "Action": "ecr:BatchGetImage", "Principal": "*" });
    let document = |statements: Value| json!({ "Version": "2012-10-17", "Statement": statements });
    let seen = |statements: Value| Policy::seen(&document(statements).to_string(), "aws").unwrap();
    let (both, own) = (seen(json!([of_lambda, own])), seen(json!([own])));
    let shown = |policy: &Policy| policy::shown(&policy.text(), "aws");
    assert_eq!(shown(&both).as_ref(), Some(&own));
    assert_eq!(shown(&own).as_ref(), Some(&own));
    assert_eq!(shown(&seen(json!([of_lambda]))), None);
    let (_, part) = both.clone().parted(policy::is_of_lambda);
    assert_eq!(own.clone().joined(&part.unwrap()), both);
    assert_eq!(own.parted(policy::is_of_lambda).1, None);
    // By its name alone nothing hides.
    for (element, value) in [
        ("Principal", json!("*")),
        ("Principal", json!({ "Service": "lambda.amazonaws.com", "AWS": "210987654321" })),
        ("Action", json!("ecr:*")),
        ("Effect", json!("Deny")),
    ] {
        let mut wider = of_lambda.clone();
        wider[element] = value;
        let wider = seen(json!([wider]));
        assert_eq!(shown(&wider).as_ref(), Some(&wider), "{element}");
    }
}

#[test]
fn refusals_are_understood() {
    let check = |operation: &str, code: &str, message: &str, class: ErrorClass| {
        let error = told(&format!("ecr:{operation}"), String::new(), code, message);
        assert_eq!(error.class, class, "{code}: {message}");
    };
    let dependency = ErrorClass::NotYet(InFlight::Dependency);
    check("CreateRepository", "RepositoryAlreadyExistsException", "", ErrorClass::Exists);
    check("CreateRepository", "KmsException", "the key is not there", dependency);
    check("DescribeRepositories", "RepositoryNotFoundException", "", ErrorClass::Absent);
    let nobody =
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Principal not found'";
    check("SetRepositoryPolicy", "InvalidParameterException", nobody, dependency);
    let none = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'";
    check("SetRepositoryPolicy", "InvalidParameterException", none, dependency);
    check("SetRepositoryPolicy", "InvalidParameterException", "no JSON", ErrorClass::Invalid);
    check("DeleteRepository", "RepositoryNotEmptyException", "", ErrorClass::Invalid);
}

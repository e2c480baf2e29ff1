//! Who else may invoke a function: statements of its policy, of which Lambda takes one a
//! call and none changed.
//!
//! Others have statements there too. Ours are known by their id, which begins with
//! `ccprov-`; those of others are neither told nor touched.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::FunctionUrlAuthType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Spec;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;
use crate::model::document::is_pending;
use crate::model::{CloudError, ErrorClass, Path, Problem};

/// What the ids of our statements begin with.
const OURS: &str = "ccprov-";
/// API Reference, `AddPermission`.
const LONGEST_ID: usize = 100;

/// Who else may do what with the function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permission {
    /// A service (`s3.amazonaws.com`), an account, the ARN of a role or a user, or `*`.
    #[schemars(length(min = 1))]
    principal: String,
    /// What it may do.
    #[serde(default = "invoke")]
    #[schemars(regex(pattern = r"^lambda:[A-Za-z*]+$"))]
    action: String,
    /// In the name of what the service acts: the ARN of a bucket, a topic, a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_arn: Option<String>,
    /// Whose that is: the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^\d{12}$"))]
    source_account: Option<String>,
    /// The organisation of which the principal must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_org_id: Option<String>,
    /// The token that an Alexa skill shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_source_token: Option<String>,
    /// How the URL of the function asks who comes. For `lambda:InvokeFunctionUrl`.
    #[serde(skip_serializing_if = "Option::is_none")]
    function_url_auth_type: Option<UrlAuth>,
}

fn invoke() -> String {
    "lambda:InvokeFunction".to_owned()
}

/// How the URL of a function asks who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum UrlAuth {
    #[serde(rename = "AWS_IAM")]
    Iam,
    #[serde(rename = "NONE")]
    None,
}

/// By the name that the stack file gives each.
pub(super) type Permissions = BTreeMap<String, Permission>;

/// An account is one principal, however it is written.
pub(super) fn settled(permissions: Permissions) -> Permissions {
    let settled = |(name, permission): (String, Permission)| {
        let principal = account_of(&permission.principal).unwrap_or(&permission.principal);
        let principal = principal.to_owned();
        (name, Permission { principal, ..permission })
    };
    permissions.into_iter().map(settled).collect()
}

/// The account that `arn:aws:iam::ACCOUNT:root` names.
fn account_of(principal: &str) -> Option<&str> {
    let account = principal.strip_prefix("arn:")?.split(":iam::").nth(1)?;
    account.strip_suffix(":root")
}

pub(super) fn check(permissions: &Permissions) -> Vec<Problem> {
    permissions.iter().flat_map(|(name, permission)| check_one(name, permission)).collect()
}

fn check_one(name: &str, permission: &Permission) -> Vec<Problem> {
    let at = Path::field("permissions").with_field(name);
    let of = |message: String| Problem::of("permissions", message);
    let mut problems = Vec::new();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let longest = LONGEST_ID - OURS.len();
    if name.is_empty() || name.len() > longest || !name.bytes().all(is_plain) {
        let message =
            format!("the name of a permission has 1 to {longest} letters, digits, `-` and `_`");
        problems.push(of(message).at(at.clone()));
    }
    let principal = permission.principal.as_str();
    let is_account = principal.len() == 12 && principal.bytes().all(|it| it.is_ascii_digit());
    let is_one = is_pending(principal)
        || principal == "*"
        || is_account
        || principal.starts_with("arn:")
        || principal.contains('.');
    if !is_one {
        let message = format!(
            "takes a service as `s3.amazonaws.com`, an account, an ARN or `*`, and `{principal}` is none"
        );
        problems.push(of(message).at(at.with_field("principal")));
    }
    problems
}

/// Our statements in the policy of a function; `None` if there is no such function, or it has
/// no policy.
pub(super) async fn read(aws: &Aws, function: &str) -> Answer<Permissions> {
    let answer = aws.session.clients.lambda.get_policy().function_name(function).send().await;
    let answer =
        answer.attempting("lambda:GetPolicy", || format!("read the policy of function {function}"));
    let policy = answer.or_absent()?.and_then(|answer| answer.policy);
    Ok(policy.map(|text| seen(&text)).unwrap_or_default())
}

fn seen(policy: &str) -> Permissions {
    let policy: Value = serde_json::from_str(policy).unwrap_or_default();
    let statements = policy["Statement"].as_array().into_iter().flatten();
    let ours = statements.filter_map(|statement| {
        let name = statement["Sid"].as_str()?.strip_prefix(OURS)?;
        Some((name.to_owned(), Permission::seen(statement)?))
    });
    settled(ours.collect())
}

/// What changed goes and comes again, one call after the other: Lambda loses one of two that
/// come at once.
pub(super) async fn write(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let function = change.want.identity.as_str();
    let (want, have) = (&change.want.spec.permissions, &change.have.permissions);
    for name in have.keys().filter(|name| want.get(*name) != have.get(*name)) {
        remove(aws, function, name).await?;
    }
    for (name, permission) in want.iter().filter(|(name, it)| have.get(*name) != Some(*it)) {
        match add(aws, function, name, permission).await {
            // An answer was lost, or what was read is of before.
            Err(error) if error.class == ErrorClass::Exists => {
                remove(aws, function, name).await?;
                add(aws, function, name, permission).await?;
            }
            other => other?,
        }
    }
    Ok(())
}

async fn add(aws: &Aws, function: &str, name: &str, permission: &Permission) -> Answer<()> {
    let call = aws.session.clients.lambda.add_permission().function_name(function);
    let call = call
        .statement_id(format!("{OURS}{name}"))
        .principal(&permission.principal)
        .action(&permission.action)
        .set_source_arn(permission.source_arn.clone())
        .set_source_account(permission.source_account.clone())
        .set_principal_org_id(permission.principal_org_id.clone())
        .set_event_source_token(permission.event_source_token.clone())
        .set_function_url_auth_type(permission.function_url_auth_type.map(UrlAuth::sdk));
    let answer = call.send().await;
    answer.attempting("lambda:AddPermission", || {
        format!("permit {} to use function {function}", permission.principal)
    })?;
    Ok(())
}

async fn remove(aws: &Aws, function: &str, name: &str) -> Answer<()> {
    let call = aws.session.clients.lambda.remove_permission().function_name(function);
    let answer = call.statement_id(format!("{OURS}{name}")).send().await;
    let attempted = || format!("remove the permission {name} of function {function}");
    let removed: Result<_, CloudError> = answer.attempting("lambda:RemovePermission", attempted);
    removed.or_absent().map(drop)
}

impl Permission {
    /// A statement as Lambda writes it.
    fn seen(statement: &Value) -> Option<Self> {
        let condition = |key: &str| {
            let operators = statement["Condition"].as_object()?.values();
            let keys = operators.filter_map(Value::as_object).flatten();
            let named = keys.filter(|(name, _)| name.eq_ignore_ascii_case(key));
            named.filter_map(|(_, value)| value.as_str()).next().map(str::to_owned)
        };
        let principal = match &statement["Principal"] {
            Value::String(anybody) => anybody.clone(),
            named => named.as_object()?.values().next()?.as_str()?.to_owned(),
        };
        Some(Self {
            principal,
            action: statement["Action"].as_str()?.to_owned(),
            source_arn: condition("AWS:SourceArn"),
            source_account: condition("AWS:SourceAccount"),
            principal_org_id: condition("aws:PrincipalOrgID"),
            event_source_token: condition("lambda:EventSourceToken"),
            function_url_auth_type: condition("lambda:FunctionUrlAuthType")
                .and_then(|text| serde_json::from_value(Value::String(text)).ok()),
        })
    }
}

impl UrlAuth {
    fn sdk(self) -> FunctionUrlAuthType {
        match self {
            Self::Iam => FunctionUrlAuthType::AwsIam,
            Self::None => FunctionUrlAuthType::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permissions(value: Value) -> Permissions {
        settled(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_lambda_writes_is_what_was_asked() {
        let statement = |sid: &str, principal: Value, condition: Value| {
            json!({
                "Sid": sid, "Effect": "Allow", "Principal": principal,
                "Action": "lambda:InvokeFunction", "Resource": "arn:function",
                "Condition": condition
            })
        };
        let policy = json!({ "Version": "2012-10-17", "Id": "default", "Statement": [
            statement("ccprov-bucket", json!({ "Service": "s3.amazonaws.com" }), json!({
                "StringEquals": { "AWS:SourceAccount": "123456789012" },
                "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" }
            })),
            statement("ccprov-other", json!({ "AWS": "arn:aws:iam::123456789012:root" }), json!({})),
            statement("ccprov-all", json!("*"), json!({
                "StringEquals": { "lambda:FunctionUrlAuthType": "NONE", "aws:PrincipalOrgID": "o-1" }
            })),
            statement("of-others", json!("*"), json!({})),
        ]});
        let expected = permissions(json!({
            "bucket": { "principal": "s3.amazonaws.com", "source_arn": "arn:aws:s3:::b",
                        "source_account": "123456789012" },
            "other": { "principal": "123456789012" },
            "all": { "principal": "*", "function_url_auth_type": "NONE", "principal_org_id": "o-1" }
        }));
        assert_eq!(seen(&policy.to_string()), expected);
        assert_eq!(seen("{}"), Permissions::new());
    }

    #[test]
    fn what_means_nothing_is_told_before() {
        let check = |value: Value, expected: &[&str]| {
            let problems = check(&permissions(value.clone()));
            let paths: Vec<String> = problems.iter().map(|it| it.path.to_string()).collect();
            assert_eq!(paths, expected, "{value}");
        };
        for principal in ["s3.amazonaws.com", "123456789012", "arn:aws:iam::123456789012:role/r", "*"] {
            check(json!({ "one": { "principal": principal } }), &[]);
        }
        check(json!({ "one": { "principal": "s3" } }), &["permissions.one.principal"]);
        check(json!({ "a b": { "principal": "*" } }), &["permissions[a b]"]);
    }
}

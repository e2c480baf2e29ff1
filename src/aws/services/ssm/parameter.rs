//! `ssm_parameter`: a value that others keep in Parameter Store.

use async_trait::async_trait;

use super::client::Shown;
use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::landmark::{Landmark, Told, live};
use crate::engine::port::Answer;
use crate::model::{By, CloudError, ErrorClass, LandmarkInfo, Live, Lookup};

/// The kind.
pub(crate) struct Parameter;

const TOLD: Told = Told {
    name: "ssm_parameter",
    summary: "A value in the Parameter Store of Systems Manager, which others write.",
    notes: "\
The value is a text: that of a `StringList` is its items with commas between. It is read when a
plan is drawn, and stands in the plan. Whoever must notice that it became another applies again.

A `SecureString` is refused: the value of a secret does not belong into a plan, nor into what a
plan is written to. Hand on its name, and let who needs the secret read it.",
    example: include_str!("parameter/example.yaml"),
    named_by: "name",
    signs: &[],
    fields: &[
        (
            "name",
            "Its name, path included: `/shared/limit`. `:3` behind it means its third version.",
        ),
        ("arn", "Its ARN."),
    ],
    facts: &[
        ("arn", "the ARN"),
        ("value", "what it holds"),
        ("version", "the number of its version"),
    ],
};

#[async_trait]
impl Landmark for Parameter {
    fn name(&self) -> &'static str {
        TOLD.name
    }

    fn info(&self) -> LandmarkInfo {
        TOLD.info()
    }

    fn grants(&self) -> &'static [Grant] {
        const { &[Grant::read("ExistingParameters", &["${arn}"], &["ssm:GetParameter"])] }
    }

    fn is_arn(&self, arn: &str) -> bool {
        name_of(arn).is_some()
    }

    async fn look_up(&self, aws: &Aws, lookup: &Lookup) -> Answer<Vec<Live>> {
        let name = match &lookup.by {
            By::Name(name) => Some(name.0.clone()),
            By::Arn(arn) => name_of(arn),
            By::Signs { .. } => None,
        };
        let Some(name) = name else { return Ok(Vec::new()) };
        let answer = aws.session.clients.ssm.get_parameter().name(&name).send().await;
        let answer = answer.attempting("ssm:GetParameter", || format!("read parameter {name}"));
        let Some(got) = answer.or_absent()? else { return Ok(Vec::new()) };
        if got.parameter.sort == "SecureString" {
            return Err(secret(&name));
        }
        Ok(vec![shown(aws, &name, got.parameter)])
    }
}

fn shown(aws: &Aws, name: &str, parameter: Shown) -> Live {
    let arn = parameter.arn.unwrap_or_else(|| aws.place.arn("ssm", &resource(&parameter.name)));
    let version = parameter.version.to_string();
    let facts = [("arn", arn), ("value", parameter.value), ("version", version)];
    live(TOLD.name, name, None, facts.map(|(name, text)| (name.to_owned(), text)).into())
        .without_controls()
}

fn secret(name: &str) -> CloudError {
    CloudError {
        attempted: format!("read parameter {name}"),
        operation: String::new(),
        class: ErrorClass::Invalid,
        code: "SecureString".into(),
        message: "it is a SecureString, and the value of a secret does not belong into a plan"
            .into(),
        request_id: None,
        hint: Some("hand on its name, and let who needs the secret read it".into()),
    }
}

/// What stands for a parameter in an ARN, without its version.
pub(crate) fn resource(name: &str) -> String {
    let name = name.split(':').next().unwrap_or_default();
    format!("parameter/{}", name.trim_start_matches('/'))
}

/// The name in `arn:...:parameter/NAME`: one with a path begins with a slash (Systems Manager
/// User Guide, "Working with parameter hierarchies").
fn name_of(arn: &str) -> Option<String> {
    let arn = Arn::read(arn).filter(|arn| arn.service == "ssm")?;
    let name = arn.resource.strip_prefix("parameter/").filter(|name| !name.is_empty())?;
    Some(if name.contains('/') { format!("/{name}") } else { name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_its_arn() {
        let check = |resource: &str, expected: Option<&str>| {
            let arn = format!("arn:aws:ssm:eu-central-1:123456789012:{resource}");
            assert_eq!(name_of(&arn).as_deref(), expected, "{resource}");
        };
        check("parameter/shared/limit", Some("/shared/limit"));
        check("parameter/limit", Some("limit"));
        check("document/limit", None);
        assert_eq!(resource("/shared/limit:3"), "parameter/shared/limit");
        assert_eq!(resource("limit"), "parameter/limit");
    }
}

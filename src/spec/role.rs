//! `role`: whom calls for the stack are made as.

use super::alone::{evaluated, written};
use super::expand::Ground;
use super::shape;
use super::tree::{Entry, Node};
use crate::model::{Diagnostic, Role};

const KEYS: &[&str] = &["arn", "external_id"];
/// STS API Reference, `AssumeRole`.
const EXTERNAL_ID: std::ops::RangeInclusive<usize> = 2..=1224;

/// The role, if one is stated and well said: its ARN, or a map. `ground` has no resources:
/// the role is taken on before anybody is asked.
pub(super) fn of(
    section: Option<&Entry>,
    ground: Ground<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Role> {
    let entry = section.filter(|entry| !entry.node.is_null())?;
    let Some(map) = entry.node.as_map() else {
        let arn = text(&entry.node, "role", ground, problems, role_arn)?;
        return Some(Role { arn, external_id: None });
    };
    shape::only_keys(map, KEYS, "`role`", problems);
    let arn = shape::required(map, "arn", "`role`", &entry.key_at, problems)
        .and_then(|arn| text(&arn.node, "arn", ground, problems, role_arn));
    let external_id = written(map, "external_id")
        .and_then(|node| text(node, "external_id", ground, problems, external_id));
    Some(Role { arn: arn?, external_id })
}

/// A text, or nothing where it comes to null: a variable says who takes a role on, and who does not.
fn text(
    node: &Node,
    key: &str,
    ground: Ground<'_>,
    problems: &mut Vec<Diagnostic>,
    check: fn(&str) -> Result<(), Diagnostic>,
) -> Option<String> {
    let node = evaluated(node, ground, problems);
    shape::checked(&node.filter(|node| !node.is_null())?, key, problems, check)
}

fn role_arn(text: &str) -> Result<(), Diagnostic> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_account = |text: &str| text.len() == 12 && text.chars().all(|c| c.is_ascii_digit());
    let fits = matches!(parts[..], ["arn", partition, "iam", "", account, role]
        if !partition.is_empty() && is_account(account)
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()));
    if fits {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` is not the ARN of a role"))
        .because("it reads like `arn:aws:iam::123456789012:role/NAME`"))
}

fn external_id(text: &str) -> Result<(), Diagnostic> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || "+=,.@:/-_".contains(c);
    if EXTERNAL_ID.contains(&text.len()) && text.chars().all(is_good) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` is not an external id"))
        .because("STS takes 2 to 1224 letters, digits and `+=,.@:/-_`"))
}

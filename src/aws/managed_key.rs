//! The keys that AWS makes in an account for one of its services, and calls by an alias.

use super::error::{Attempt, OrAbsent};
use super::handed::Aws;
use crate::engine::port::Answer;

/// A key as a document names it: one of AWS's own by its alias, any other as it is
/// told, by its ARN.
pub(crate) async fn named(aws: &Aws, alias: &'static str, arn: &str) -> Answer<String> {
    let ManagedKey(managed) = aws.listing().get(alias, || look(aws, alias)).await?;
    let is_managed = managed.as_deref() == Some(arn);
    Ok(if is_managed { alias } else { arn }.to_owned())
}

/// The ARN of the key, which all objects of a place share; none before the first that
/// it encrypts.
#[derive(Clone)]
struct ManagedKey(Option<String>);

async fn look(aws: &Aws, alias: &'static str) -> Answer<ManagedKey> {
    let answer = aws.session.clients.kms.describe_key().key_id(alias).send().await;
    let answer = answer.attempting("kms:DescribeKey", || format!("look at key {alias}"));
    let managed = answer.or_absent()?.and_then(|answer| answer.key_metadata);
    Ok(ManagedKey(managed.and_then(|managed| managed.arn)))
}

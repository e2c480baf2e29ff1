//! `cloudwatch_log_group`: where a service or a program writes its logs.
//!
//! One call makes it, with its key and its tags, and another says how long it
//! keeps what it is given. CloudWatch Logs refuses two changes of one group at a
//! time, so they go out one after the other. Nothing needs waiting for.

mod grants;
mod listing;

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types::{LogGroup, LogGroupClass};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws::arn::Arn;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::tags::{Tags, is_forced};
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{Emptying, Facts, Holdings, Live, Naming, Owner, Place, Problem, Sought};

pub(crate) struct CloudwatchLogGroup;

/// A log group. Everything left out has AWS's documented default.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Up to 512 letters, digits and `_-/.#`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[._/#A-Za-z0-9-]+$"))]
    name: Option<String>,
    /// Days for which log events are kept: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180,
    /// 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653. 0, or left
    /// out: for ever.
    #[schemars(range(min = 0, max = 3653))]
    retention_in_days: Option<u16>,
    /// What the group can do, and what it costs. `DELIVERY` keeps Lambda's logs
    /// for a day, on their way to S3 or Firehose.
    #[serde(default)]
    log_group_class: Class,
    /// Encrypt with this KMS key (ARN). Left out: with a key of CloudWatch Logs.
    #[schemars(length(min = 1, max = 256))]
    kms_key_id: Option<String>,
    /// Have AWS refuse to delete the group, whoever asks.
    #[serde(default)]
    deletion_protection_enabled: bool,
    /// Let a destroy by this file delete the group with the logs in it. Kept at
    /// the group in the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// What a group can do, and what it costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Class {
    #[default]
    Standard,
    InfrequentAccess,
    Delivery,
}

/// As the API Reference lists them (`PutRetentionPolicy`).
const RETENTIONS: [u16; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

impl Kind for CloudwatchLogGroup {
    const NAME: &'static str = "cloudwatch_log_group";
    const SUMMARY: &'static str = "A log group of CloudWatch Logs, with its retention and its key.";
    const NOTES: &'static str = "\
The group's name is its identity; its ARN follows from it. The fact `arn` is without the `:*` at the end that \
some policies and services want: write it behind.

- Who writes logs often makes the group: Lambda makes `/aws/lambda/FUNCTION`, without retention and key, \
when the function first runs. A group that is there and nobody's is adopted by `--adopt`, as with other kinds. \
A function that still runs makes its group again after it was deleted.
- The policy of the key must admit `logs.REGION.amazonaws.com` to `kms:Encrypt*`, `kms:Decrypt*`, `kms:ReEncrypt*`, \
`kms:GenerateDataKey*` and `kms:Describe*`, best where `kms:EncryptionContext:aws:logs:arn` is the ARN of the group. \
AWS tries the key when the group is given it; ccprov goes on trying for some minutes, because a new policy takes \
some seconds to be seen.
- A new key encrypts what comes from then on, within five minutes. What is there stays under the old key, \
which must stay until that has expired.
- Where the account has a retention policy, AWS shows that of the account as the group's: state the same, or nothing holds.
- `deletion_protection_enabled` is not lifted by a destroy: apply the file with `false` first.
- A group with logs in it is deleted only by the `destroy` of a file that states `force_destroy: true`, or with \
`--allow-data-loss`. AWS tells the size hours late; log streams tell that there is something before.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("log_group/minimal.yaml"), include_str!("log_group/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "log_group_class"];
    const MUST_EXIST: &'static [&'static str] = &["kms_key_id"];
    const FACTS: &'static [(&'static str, &'static str, bool)] =
        &[("arn", "the group's ARN, without `:*`", true), ("name", "its name", true)];
    const HOLDS_DATA: bool = true;
    const TAKES: &'static [(&'static str, Takes)] = &[("kms_key_id", Takes::Key)];
    const LOST: &'static str = "the logs in the old group are lost";
    const GAP: &'static str = "what is logged meanwhile is lost";
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.retention_in_days = spec.retention_in_days.filter(|days| *days != 0);
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "logs", _, _, "log-group", name] => Some(name.to_owned()),
            _ => None,
        }
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let Some(group) = listing::find(aws, name).await? else { return Ok(None) };
        let call = aws.session.clients.logs.list_tags_for_resource();
        let answer = call.resource_arn(arn(&aws.place, name)).send().await;
        let tags = answer.attempting("logs:ListTagsForResource", || {
            format!("read the tags of log group {name}")
        });
        let Some(tags) = tags.or_absent()? else { return Ok(None) };
        let holdings = match held(&group) {
            None if sought.holdings => streams(aws, name).await?,
            held => held,
        };
        let tags = tags.tags.unwrap_or_default().into_iter().collect();
        let (spec, owner) = shown(name, group, tags);
        let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
        seen.holdings = holdings;
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (name, spec) = (&want.identity, &want.spec);
        let call = aws.session.clients.logs.create_log_group().log_group_name(name);
        let call = call.set_kms_key_id(spec.kms_key_id.clone());
        let call = call.log_group_class(spec.log_group_class.sdk());
        let protected = spec.deletion_protection_enabled.then_some(true);
        let call = call.set_deletion_protection_enabled(protected);
        let tags = spec.tags.of_holder(&want.owner, spec.force_destroy).into_iter().collect();
        let answer = call.set_tags(Some(tags)).send().await;
        answer.attempting("logs:CreateLogGroup", || format!("create log group {name}"))?;
        Ok(match spec.retention_in_days {
            Some(_) => Made::in_part(Facts::new()),
            None => Made::whole(Facts::new()),
        })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, _made: &Live) -> Answer<Facts> {
        keep(aws, &want.identity, want.spec.retention_in_days).await?;
        Ok(Facts::new())
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let (name, spec) = (&change.want.identity, &change.want.spec);
        if change.touches("retention_in_days") {
            keep(aws, name, spec.retention_in_days).await?;
        }
        if change.touches("kms_key_id") {
            encrypt(aws, name, spec.kms_key_id.as_deref()).await?;
        }
        if change.touches("deletion_protection_enabled") {
            protect(aws, name, spec.deletion_protection_enabled).await?;
        }
        write_tags(aws, change).await?;
        Ok(Accepted::Done(Facts::new()))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.clients.logs.delete_log_group().log_group_name(name).send().await;
        answer.attempting("logs:DeleteLogGroup", || format!("delete log group {name}"))?;
        Ok(())
    }
}

impl Class {
    fn sdk(self) -> LogGroupClass {
        match self {
            Self::Standard => LogGroupClass::Standard,
            Self::InfrequentAccess => LogGroupClass::InfrequentAccess,
            Self::Delivery => LogGroupClass::Delivery,
        }
    }

    /// What was made before there were classes is of the first.
    fn of(group: &LogGroup) -> Self {
        match group.log_group_class {
            Some(LogGroupClass::InfrequentAccess) => Self::InfrequentAccess,
            Some(LogGroupClass::Delivery) => Self::Delivery,
            _ => Self::Standard,
        }
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

/// As the calls about tags want it; in policies `:*` follows.
fn arn(place: &Place, name: &str) -> String {
    place.arn("logs", &format!("log-group:{name}"))
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if !is_pending(name) {
        problems.extend(too_long("name", name, 512, "CloudWatch Logs"));
        if name.starts_with("aws/") {
            let message = "names that begin with aws/ are AWS's own";
            problems.push(Problem::of("name", message).hint(format!("name: /{name}")));
        }
    }
    problems.extend(spec.kms_key_id.as_deref().and_then(check_key));
    let Some(days) = spec.retention_in_days else { return problems };
    if spec.log_group_class == Class::Delivery {
        let message = "groups of the class DELIVERY keep logs for a day, and take no other time";
        problems.push(Problem::of("retention_in_days", message));
    } else if !RETENTIONS.contains(&days) {
        let message =
            format!("CloudWatch Logs keeps logs for fixed numbers of days, and {days} is none");
        // Whoever has to keep logs for a time keeps them for longer rather than shorter.
        let next = RETENTIONS.iter().find(|taken| **taken > days);
        let next = next.map_or_else(|| "0".to_owned(), u16::to_string);
        problems.push(
            Problem::of("retention_in_days", message).hint(format!("retention_in_days: {next}")),
        );
    }
    problems
}

/// CloudWatch Logs takes, and shows, no other name of a key than its ARN.
fn check_key(key: &str) -> Option<Problem> {
    let is_arn = Arn::read(key).is_some_and(|arn| arn.resource.starts_with("key/"));
    let message = format!("takes the ARN of a key, and `{key}` is none");
    (!is_pending(key) && !is_arn).then(|| Problem::of("kms_key_id", message).meaning("arn"))
}

/// A group as AWS shows it, and whose it is.
fn shown(name: &str, group: LogGroup, tags: BTreeMap<String, String>) -> (Spec, Option<Owner>) {
    let force_destroy = is_forced(&tags);
    let (tags, owner) = Tags::seen(tags);
    let log_group_class = Class::of(&group);
    let days = group.retention_in_days.and_then(|days| u16::try_from(days).ok());
    let spec = Spec {
        name: Some(name.to_owned()),
        // That of the class, which nobody can set.
        retention_in_days: days.filter(|_| log_group_class != Class::Delivery),
        log_group_class,
        kms_key_id: group.kms_key_id,
        deletion_protection_enabled: group.deletion_protection_enabled.unwrap_or_default(),
        force_destroy,
        tags,
    };
    (spec, owner)
}

/// What AWS counted some hours ago.
fn held(group: &LogGroup) -> Option<Holdings> {
    let bytes = group.stored_bytes.filter(|bytes| *bytes > 0)?;
    Some(Holdings::lost(format!("about {bytes} bytes of logs")))
}

/// What AWS has not counted yet.
async fn streams(aws: &Aws, name: &str) -> Answer<Option<Holdings>> {
    let call = aws.session.clients.logs.describe_log_streams().log_group_name(name).limit(1);
    let answer = call.send().await;
    let attempted = || format!("look for logs in log group {name}");
    let found = answer.attempting("logs:DescribeLogStreams", attempted).or_absent()?;
    let streams = found.and_then(|answer| answer.log_streams).unwrap_or_default();
    let is_any = !streams.is_empty();
    Ok(is_any.then(|| Holdings::lost("logs that AWS has not counted yet")))
}

async fn keep(aws: &Aws, name: &str, days: Option<u16>) -> Answer<()> {
    let attempted = || format!("set the retention of log group {name}");
    let logs = &aws.session.clients.logs;
    if let Some(days) = days {
        let call = logs.put_retention_policy().log_group_name(name);
        let answer = call.retention_in_days(days.into()).send().await;
        answer.attempting("logs:PutRetentionPolicy", attempted)?;
    } else {
        let answer = logs.delete_retention_policy().log_group_name(name).send().await;
        answer.attempting("logs:DeleteRetentionPolicy", attempted)?;
    }
    Ok(())
}

async fn encrypt(aws: &Aws, name: &str, key: Option<&str>) -> Answer<()> {
    let attempted = || format!("change the key of log group {name}");
    let logs = &aws.session.clients.logs;
    if let Some(key) = key {
        let answer = logs.associate_kms_key().log_group_name(name).kms_key_id(key).send().await;
        answer.attempting("logs:AssociateKmsKey", attempted)?;
    } else {
        let answer = logs.disassociate_kms_key().log_group_name(name).send().await;
        answer.attempting("logs:DisassociateKmsKey", attempted)?;
    }
    Ok(())
}

async fn protect(aws: &Aws, name: &str, protected: bool) -> Answer<()> {
    let call = aws.session.clients.logs.put_log_group_deletion_protection();
    let call = call.log_group_identifier(name).deletion_protection_enabled(protected);
    let answer = call.send().await;
    answer.attempting("logs:PutLogGroupDeletionProtection", || {
        format!("change the deletion protection of log group {name}")
    })?;
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let turn = change.holder_tags(|spec| (&spec.tags, spec.force_destroy));
    let Some(turn) = turn else { return Ok(()) };
    let name = &change.want.identity;
    let (logs, arn) = (&aws.session.clients.logs, &arn(&aws.place, name));
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = Some(tags.into_iter().collect());
        let answer = logs.tag_resource().resource_arn(arn).set_tags(tags).send().await;
        answer.attempting("logs:TagResource", || format!("tag log group {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = logs.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("logs:UntagResource", || format!("untag log group {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}

#[cfg(test)]
mod tests;

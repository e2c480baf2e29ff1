//! The versions of a state machine, and the aliases that lead to one.

use std::collections::BTreeMap;

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineOutput;
use aws_sdk_sfn::operation::describe_state_machine_alias::DescribeStateMachineAliasOutput;
use aws_sdk_sfn::types::RoutingConfigurationListItem as Route;
use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Spec, arn, description};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Wanted};
use crate::engine::port::Answer;
use crate::model::ErrorClass;

/// A name for the version that was published last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// What it is for.
    #[schemars(length(max = 256))]
    description: Option<String>,
    /// The version to which it leads, where that is not the last: nothing that a stack file states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(skip)]
    version: Option<String>,
    /// Further versions, and how many of a hundred executions they get; likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(skip)]
    further_versions: BTreeMap<String, i32>,
}

/// The number that ends the ARN of a version.
fn number_of(version: &str) -> u64 {
    version.rsplit(':').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The ARN of the version that was published last. AWS tells the latest first.
async fn last(aws: &Aws, name: &str) -> Answer<Option<String>> {
    let call = aws.session.clients.sfn.list_state_machine_versions();
    let answer = call.state_machine_arn(arn(&aws.place, name)).send().await;
    let answer = answer.attempting("states:ListStateMachineVersions", || {
        format!("read the versions of state machine {name}")
    });
    let versions = answer.or_absent()?.map(|answer| answer.state_machine_versions);
    let versions = versions.into_iter().flatten().map(|version| version.state_machine_version_arn);
    Ok(versions.max_by_key(|version| number_of(version)))
}

async fn aliases(aws: &Aws, name: &str) -> Answer<Vec<DescribeStateMachineAliasOutput>> {
    let sfn = &aws.session.clients.sfn;
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let call = sfn.list_state_machine_aliases().state_machine_arn(arn(&aws.place, name));
        let answer = call.set_next_token(next).send().await;
        let answer = answer.attempting("states:ListStateMachineAliases", || {
            format!("read the aliases of state machine {name}")
        });
        let Some(page) = answer.or_absent()? else { return Ok(Vec::new()) };
        all.extend(page.state_machine_aliases.into_iter().map(|it| it.state_machine_alias_arn));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            break;
        }
    }
    let described = all.into_iter().map(|alias| async move {
        let call = sfn.describe_state_machine_alias().state_machine_alias_arn(&alias);
        let answer = call.send().await;
        let attempted = || format!("read alias {alias}");
        answer.attempting("states:DescribeStateMachineAlias", attempted).or_absent()
    });
    Ok(try_join_all(described).await?.into_iter().flatten().collect())
}

/// Whether what runs now was published, and the aliases as they lead to that.
pub(super) async fn read(
    aws: &Aws,
    name: &str,
    now: &DescribeStateMachineOutput,
) -> Answer<(bool, BTreeMap<String, Alias>)> {
    let last = last(aws, name).await?;
    let published = match &last {
        Some(last) => description::describe(aws, name, last).await.or_absent()?,
        None => None,
    };
    let is_published = published.is_some_and(|last| is_same(now, &last));
    let number = last.as_deref().map(number_of);
    let seen = |alias: DescribeStateMachineAliasOutput| {
        let mut routes = alias.routing_configuration.unwrap_or_default().into_iter();
        let first = routes.next().map(|route| number_of(&route.state_machine_version_arn));
        let further = routes
            .map(|route| (number_of(&route.state_machine_version_arn).to_string(), route.weight));
        let seen = Alias {
            description: alias.description.filter(|text| !text.is_empty()),
            version: first.filter(|it| Some(*it) != number).map(|it| it.to_string()),
            further_versions: further.collect(),
        };
        Some((alias.name?, seen))
    };
    Ok((is_published, aliases(aws, name).await?.into_iter().filter_map(seen).collect()))
}

/// Whether a version is what runs now: of all that a version keeps.
fn is_same(now: &DescribeStateMachineOutput, version: &DescribeStateMachineOutput) -> bool {
    let kept = |machine: &DescribeStateMachineOutput| {
        let Spec { definition, role_arn, logging_configuration, tracing_configuration, .. } =
            description::shown("", machine);
        (definition, role_arn, logging_configuration, tracing_configuration)
    };
    kept(now) == kept(version)
}

/// Tells the version. AWS makes none where what runs was published.
pub(super) async fn publish(aws: &Aws, name: &str) -> Answer<String> {
    let call = aws.session.clients.sfn.publish_state_machine_version();
    let answer = call.state_machine_arn(arn(&aws.place, name)).send().await;
    let answer = answer.attempting("states:PublishStateMachineVersion", || {
        format!("publish state machine {name}")
    })?;
    Ok(answer.state_machine_version_arn)
}

/// Makes the aliases of a new state machine.
pub(super) async fn make_aliases(aws: &Aws, want: &Wanted<Spec>) -> Answer<()> {
    let name = want.identity.as_str();
    // An alias that leads to nothing published is refused by the check.
    let Some(version) = last(aws, name).await? else { return Ok(()) };
    for (alias, wanted) in want.spec.aliases.iter().flatten() {
        make_alias(aws, (name, alias), &version, wanted).await?;
    }
    Ok(())
}

/// Makes all aliases lead to a version, which is the one that was published last if none
/// was right now, and removes others.
pub(super) async fn write_aliases(
    aws: &Aws,
    change: &Changing<'_, Spec>,
    published: Option<String>,
) -> Answer<()> {
    let name = change.want.identity.as_str();
    let none = BTreeMap::new();
    let have = change.have.aliases.as_ref().unwrap_or(&none);
    let want = change.want.spec.aliases.as_ref().unwrap_or(&none);
    let is_new = published.is_some();
    let version = match published {
        Some(version) => Some(version),
        None => last(aws, name).await?,
    };
    let Some(version) = version else { return Ok(()) };
    for (alias, wanted) in want {
        match have.get(alias) {
            None => make_alias(aws, (name, alias), &version, wanted).await?,
            Some(seen) if seen == wanted && !is_new => {}
            Some(_) => turn_alias(aws, (name, alias), &version, wanted).await?,
        }
    }
    for alias in have.keys().filter(|alias| !want.contains_key(*alias)) {
        let call = aws.session.clients.sfn.delete_state_machine_alias();
        let call = call.state_machine_alias_arn(alias_arn(aws, name, alias));
        call.send().await.attempting("states:DeleteStateMachineAlias", || {
            format!("remove alias {alias} of state machine {name}")
        })?;
    }
    Ok(())
}

/// An alias, of that state machine. One that is there turns.
async fn make_alias(
    aws: &Aws,
    (name, alias): (&str, &str),
    version: &str,
    wanted: &Alias,
) -> Answer<()> {
    let call = aws.session.clients.sfn.create_state_machine_alias().name(alias);
    let call = call.set_description(wanted.description.clone());
    let answer = call.set_routing_configuration(all_to(version)).send().await;
    let made = answer.attempting("states:CreateStateMachineAlias", || {
        format!("make alias {alias} of state machine {name}")
    });
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.class == ErrorClass::Exists => {
            turn_alias(aws, (name, alias), version, wanted).await
        }
        Err(error) => Err(error),
    }
}

/// Makes an alias that is there lead to a version.
async fn turn_alias(
    aws: &Aws,
    (name, alias): (&str, &str),
    version: &str,
    wanted: &Alias,
) -> Answer<()> {
    let call = aws.session.clients.sfn.update_state_machine_alias();
    let call = call.state_machine_alias_arn(alias_arn(aws, name, alias));
    let call = call.description(wanted.description.clone().unwrap_or_default());
    let answer = call.set_routing_configuration(all_to(version)).send().await;
    answer.attempting("states:UpdateStateMachineAlias", || {
        format!("change alias {alias} of state machine {name}")
    })?;
    Ok(())
}

fn alias_arn(aws: &Aws, name: &str, alias: &str) -> String {
    format!("{}:{alias}", arn(&aws.place, name))
}

/// All of what comes.
fn all_to(version: &str) -> Option<Vec<Route>> {
    // Nothing is missing that the builder could miss.
    Route::builder().state_machine_version_arn(version).weight(100).build().ok().map(|it| vec![it])
}

//! The versions of a state machine, and the aliases that lead to one.

use std::collections::BTreeSet;

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineOutput;
use aws_sdk_sfn::operation::describe_state_machine_alias::DescribeStateMachineAliasOutput;
use aws_sdk_sfn::types::RoutingConfigurationListItem as Route;
use futures::future::try_join_all;

use super::{Spec, arn, description};
use crate::aws::aliases::{self, Alias, Aliases, Names};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Wanted};
use crate::engine::port::Answer;
use crate::model::{ErrorClass, Path, Problem};

/// What Step Functions takes as the name of an alias (API Reference, `CreateStateMachineAlias`).
const NAMES: Names = Names { longest: 80, signs: "-_.", service: "Step Functions" };

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = aliases::check(spec.aliases.as_ref(), spec.publish, &NAMES);
    for (name, alias) in spec.aliases.iter().flatten() {
        let is_odd = |(_, part): (_, f64)| (part * 100.0 - (part * 100.0).round()).abs() > 1e-9;
        if alias.further().is_some_and(is_odd) {
            let at = Path::field("aliases").with_field(name).with_field("routing_config");
            let message = "Step Functions divides what comes by whole hundredths";
            problems.push(Problem::of("", message).at(at).hint("an eighth is none: `0.12`"));
        }
    }
    problems
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

async fn listed(aws: &Aws, name: &str) -> Answer<Vec<DescribeStateMachineAliasOutput>> {
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
    pinned: &BTreeSet<String>,
) -> Answer<(bool, Aliases)> {
    let last = last(aws, name).await?;
    let published = match &last {
        Some(last) => description::describe(aws, name, last).await.or_absent()?,
        None => None,
    };
    let is_published = published.is_some_and(|last| is_same(now, &last));
    let number = last.as_deref().map(number_of);
    let seen = |alias: DescribeStateMachineAliasOutput| {
        let name = alias.name?;
        let routes = alias.routing_configuration.unwrap_or_default().into_iter();
        let mut routes =
            routes.map(|route| (number_of(&route.state_machine_version_arn), route.weight));
        let stays = |to: &u64| pinned.contains(&name) || Some(*to) != number;
        let to = routes.next().map(|(to, _)| to).filter(stays);
        let further = routes.map(|(to, weight)| (to.to_string(), f64::from(weight) / 100.0));
        let to = to.map(|to| to.to_string());
        let seen = Alias::seen(alias.description, to, further.collect());
        Some((name, seen))
    };
    Ok((is_published, listed(aws, name).await?.into_iter().filter_map(seen).collect()))
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
    let last = last(aws, name).await?;
    for (alias, wanted) in want.spec.aliases.iter().flatten() {
        make_alias(aws, (name, alias), last.as_deref(), wanted).await?;
    }
    Ok(())
}

/// Makes all aliases lead to the version that they name, or else to the one that was
/// published last, and removes others. `published` is one of a moment ago.
pub(super) async fn write_aliases(
    aws: &Aws,
    change: &Changing<'_, Spec>,
    published: Option<String>,
) -> Answer<()> {
    let name = change.want.identity.as_str();
    let none = Aliases::new();
    let have = change.have.aliases.as_ref().unwrap_or(&none);
    let want = change.want.spec.aliases.as_ref().unwrap_or(&none);
    let is_new = published.is_some();
    let last = match published {
        Some(version) => Some(version),
        None => last(aws, name).await?,
    };
    for (alias, wanted) in want {
        match have.get(alias) {
            None => make_alias(aws, (name, alias), last.as_deref(), wanted).await?,
            Some(seen) if seen == wanted && (!is_new || wanted.version.is_some()) => {}
            Some(_) => turn_alias(aws, (name, alias), last.as_deref(), wanted).await?,
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
    last: Option<&str>,
    wanted: &Alias,
) -> Answer<()> {
    // One that follows what is published, where nothing is, was refused by the check.
    let Some(routes) = routes(aws, name, last, wanted) else { return Ok(()) };
    let call = aws.session.clients.sfn.create_state_machine_alias().name(alias);
    let call = call.set_description(wanted.description.clone());
    let answer = call.set_routing_configuration(Some(routes)).send().await;
    let made = answer.attempting("states:CreateStateMachineAlias", || {
        format!("make alias {alias} of state machine {name}")
    });
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.class == ErrorClass::Exists => {
            turn_alias(aws, (name, alias), last, wanted).await
        }
        Err(error) => Err(wanted.unknown_version(error, UNKNOWN)),
    }
}

/// Makes an alias that is there lead where it shall.
async fn turn_alias(
    aws: &Aws,
    (name, alias): (&str, &str),
    last: Option<&str>,
    wanted: &Alias,
) -> Answer<()> {
    let Some(routes) = routes(aws, name, last, wanted) else { return Ok(()) };
    let call = aws.session.clients.sfn.update_state_machine_alias();
    let call = call.state_machine_alias_arn(alias_arn(aws, name, alias));
    let call = call.description(wanted.description.clone().unwrap_or_default());
    let answer = call.set_routing_configuration(Some(routes)).send().await;
    let turned = answer.attempting("states:UpdateStateMachineAlias", || {
        format!("change alias {alias} of state machine {name}")
    });
    turned.map(drop).map_err(|error| wanted.unknown_version(error, UNKNOWN))
}

/// Where a stack file names a version that there is not.
const UNKNOWN: &str =
    "name a version that there is; `aws stepfunctions list-state-machine-versions` lists them";

/// How what comes is divided: a hundred in all.
fn routes(aws: &Aws, name: &str, last: Option<&str>, wanted: &Alias) -> Option<Vec<Route>> {
    let of = |number: &String| format!("{}:{number}", arn(&aws.place, name));
    let main = wanted.version.as_ref().map(of).or_else(|| last.map(str::to_owned))?;
    #[expect(clippy::cast_possible_truncation, reason = "from 0 to 100, as the check has seen")]
    let further =
        wanted.further().map(|(number, part)| (of(number), (part * 100.0).round() as i32));
    let rest = 100 - further.as_ref().map_or(0, |(_, weight)| *weight);
    let all = [(main, rest)].into_iter().chain(further);
    // Nothing is missing that the builder could miss.
    let route = |(version, weight)| {
        Route::builder().state_machine_version_arn(version).weight(weight).build().ok()
    };
    Some(all.filter_map(route).collect())
}

fn alias_arn(aws: &Aws, name: &str, alias: &str) -> String {
    format!("{}:{alias}", arn(&aws.place, name))
}

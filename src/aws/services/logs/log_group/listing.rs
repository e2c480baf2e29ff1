//! Log groups are found by the beginning of their names, ten calls a second. So
//! those that are looked for at once, and begin alike, share one listing.

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types::LogGroup;

use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::engine::port::Answer;

/// Pages of 50 that one listing takes. Accounts have thousands of groups that
/// begin with `/aws/lambda/`: who is not on these is asked for by its own name.
const MOST_PAGES: usize = 4;

/// The groups whose names begin alike, in the order of their names.
#[derive(Clone, Debug)]
struct Listing {
    groups: BTreeMap<String, LogGroup>,
    is_whole: bool,
}

/// A group of that very name.
pub(super) async fn find(aws: &Aws, name: &str) -> Answer<Option<LogGroup>> {
    let begins = beginning(name);
    let listings = aws.listing::<Listing>();
    let ask = || async {
        let listing = list(aws, begins, MOST_PAGES).await;
        // Whoever waits for it has it; whoever looks again later wants to know more.
        listings.forget();
        listing
    };
    let mut shared = listings.get(begins, ask).await?;
    if let Some(group) = shared.groups.remove(name) {
        return Ok(Some(group));
    }
    if shared.is_whole {
        return Ok(None);
    }
    // Names come sorted, so of all that begin with it, it is the first.
    Ok(list(aws, name, 1).await?.groups.remove(name))
}

/// What a name has in common with its neighbours: up to its last part.
fn beginning(name: &str) -> &str {
    name.rfind(['/', '-']).map_or(name, |at| &name[..=at])
}

async fn list(aws: &Aws, begins: &str, most: usize) -> Answer<Listing> {
    let call = aws.session.clients.logs.describe_log_groups().log_group_name_prefix(begins);
    let mut pages = call.into_paginator().send();
    let mut listing = Listing { groups: BTreeMap::new(), is_whole: true };
    for _ in 0..most {
        let Some(page) = pages.next().await else { return Ok(listing) };
        let page = page.attempting("logs:DescribeLogGroups", || {
            format!("list the log groups that begin with {begins}")
        })?;
        listing.is_whole = page.next_token.is_none();
        let groups = page.log_groups.unwrap_or_default().into_iter();
        listing
            .groups
            .extend(groups.filter_map(|group| Some((group.log_group_name.clone()?, group))));
    }
    Ok(listing)
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn neighbours_begin_alike() {
        assert_eq!(beginning("/aws/lambda/orders-dev-worker"), "/aws/lambda/orders-dev-");
        assert_eq!(beginning("orders-dev-api"), "orders-dev-");
        assert_eq!(beginning("orders"), "orders");
    }
}

//! `vpc`: a network that others made.

use async_trait::async_trait;

use super::answers::{self, Vpcs};
use super::filters::{Filters, resource};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::landmark::{Landmark, Told, live};
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{LandmarkInfo, Live, Lookup};

/// The kind.
pub(crate) struct Vpc;

const TOLD: Told = Told {
    name: "vpc",
    summary: "A network of EC2, which others make.",
    notes: "The network of a region that AWS made is found by `is_default: true`.",
    example: include_str!("vpc/example.yaml"),
    named_by: "id",
    signs: &["tags", "is_default"],
    fields: &[
        ("id", "AWS's id of it: `vpc-0a1b2c3d`."),
        ("arn", "Its ARN."),
        ("tags", "Tags that it carries, all of them."),
        ("is_default", "Whether it is the one that AWS made in this region."),
    ],
    facts: &[
        ("arn", "the ARN"),
        ("cidr_block", "its first range of addresses: `10.0.0.0/16`"),
        ("id", "AWS's id of it"),
    ],
};

#[async_trait]
impl Landmark for Vpc {
    fn name(&self) -> &'static str {
        TOLD.name
    }

    fn info(&self) -> LandmarkInfo {
        TOLD.info()
    }

    fn grants(&self) -> &'static [Grant] {
        // EC2 knows no resource of this call (Service Authorization Reference).
        const { &[Grant::read("ExistingVpcs", &["*"], &["ec2:DescribeVpcs"])] }
    }

    fn is_arn(&self, arn: &str) -> bool {
        resource(arn, "vpc").is_some()
    }

    async fn look_up(&self, aws: &Aws, lookup: &Lookup) -> Answer<Vec<Live>> {
        let filters = Filters::of(lookup, "vpc", &[("is_default", "is-default")]);
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let call = filters.put_on(aws.session.clients.ec2.describe_vpcs(), token);
            let page = call.send::<Vpcs>().await;
            let page = page.attempting("ec2:DescribeVpcs", || format!("look for {lookup}"))?;
            let fitting = page
                .vpcs
                .into_iter()
                .filter(|vpc| filters.fit(&vpc.id, &vpc.tags, &[("is-default", &vpc.is_default)]));
            found.extend(fitting.map(|vpc| shown(aws, vpc)));
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }
}

fn shown(aws: &Aws, vpc: answers::Vpc) -> Live {
    let account = vpc.owner.as_deref().unwrap_or(&aws.place.account);
    let place = &aws.place;
    let arn = format!("arn:{}:ec2:{}:{account}:vpc/{}", place.partition, place.region, vpc.id);
    let (_, owner) = Tags::seen(vpc.tags.into_iter().map(|tag| (tag.key, tag.value)));
    let facts = [("arn", arn), ("cidr_block", vpc.cidr_block), ("id", vpc.id.clone())];
    live(TOLD.name, &vpc.id, owner, facts.map(|(name, text)| (name.to_owned(), text)).into())
}

//! `subnet`: a part of a network that others made.

use async_trait::async_trait;

use super::answers::{self, Subnets};
use super::filters::{Filters, resource};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::landmark::{Landmark, Told, live};
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{LandmarkInfo, Live, Lookup};

/// The kind.
pub(crate) struct Subnet;

const TOLD: Told = Told {
    name: "subnet",
    summary: "A part of a network of EC2, which others make.",
    notes: "\
Several are one entry with `count: N`: there must be so many, and `${existing.NAME.*.id}` is the
list of their ids, in the order of these. That order is none of zones.",
    example: include_str!("subnet/example.yaml"),
    named_by: "id",
    signs: &["tags", "vpc", "availability_zone"],
    fields: &[
        ("id", "AWS's id of it: `subnet-0a1b2c3d`."),
        ("arn", "Its ARN."),
        ("tags", "Tags that it carries, all of them."),
        ("vpc", "The id of its VPC."),
        ("availability_zone", "The name of its zone: `eu-central-1a`."),
    ],
    facts: &[
        ("arn", "the ARN"),
        ("availability_zone", "the name of its zone"),
        ("cidr_block", "its range of addresses: `10.0.1.0/24`"),
        ("id", "AWS's id of it"),
        ("vpc_id", "the id of its VPC"),
    ],
};

#[async_trait]
impl Landmark for Subnet {
    fn name(&self) -> &'static str {
        TOLD.name
    }

    fn info(&self) -> LandmarkInfo {
        TOLD.info()
    }

    fn grants(&self) -> &'static [Grant] {
        // EC2 knows no resource of this call (Service Authorization Reference).
        const { &[Grant::read("ExistingSubnets", &["*"], &["ec2:DescribeSubnets"])] }
    }

    fn is_arn(&self, arn: &str) -> bool {
        resource(arn, "subnet").is_some()
    }

    async fn look_up(&self, aws: &Aws, lookup: &Lookup) -> Answer<Vec<Live>> {
        const NAMES: &[(&str, &str)] =
            &[("vpc", "vpc-id"), ("availability_zone", "availability-zone")];
        let filters = Filters::of(lookup, "subnet", NAMES);
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let call = filters.put_on(aws.session.clients.ec2.describe_subnets(), token);
            let page = call.send::<Subnets>().await;
            let page = page.attempting("ec2:DescribeSubnets", || format!("look for {lookup}"))?;
            let fitting = page.subnets.into_iter().filter(|subnet| {
                let zone = ("availability-zone", subnet.availability_zone.as_str());
                filters.fit(&subnet.id, &subnet.tags, &[("vpc-id", &subnet.vpc), zone])
            });
            found.extend(fitting.map(|subnet| shown(aws, subnet)));
            match page.next {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }
}

fn shown(aws: &Aws, subnet: answers::Subnet) -> Live {
    let (place, id) = (&aws.place, &subnet.id);
    let account = subnet.owner.as_deref().unwrap_or(&place.account);
    let arn = subnet.arn.unwrap_or_else(|| {
        format!("arn:{}:ec2:{}:{account}:subnet/{id}", place.partition, place.region)
    });
    let (_, owner) = Tags::seen(subnet.tags.into_iter().map(|tag| (tag.key, tag.value)));
    let facts = [
        ("arn", arn),
        ("availability_zone", subnet.availability_zone),
        ("cidr_block", subnet.cidr_block),
        ("id", id.clone()),
        ("vpc_id", subnet.vpc),
    ];
    live(TOLD.name, id, owner, facts.map(|(name, text)| (name.to_owned(), text)).into())
}

//! What EC2 answers, out of its XML: sets of items into structs, of which each
//! takes the elements that it knows.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};

/// Something that an answer, or an item of one, tells.
pub(crate) trait Shape: Default + fmt::Debug + Send + Sync + 'static {
    /// Takes one element, if it is of interest.
    fn take(
        &mut self,
        name: &str,
        element: &mut ScopedDecoder<'_, '_>,
    ) -> Result<(), XmlDecodeError>;
}

/// Nothing but that the call was made.
impl Shape for () {
    fn take(&mut self, _: &str, _: &mut ScopedDecoder<'_, '_>) -> Result<(), XmlDecodeError> {
        Ok(())
    }
}

/// A whole answer.
pub(super) fn read<T: Shape>(body: &[u8]) -> Result<T, XmlDecodeError> {
    let mut document = Document::try_from(body)?;
    shape(&mut document.root_element()?)
}

fn shape<T: Shape>(element: &mut ScopedDecoder<'_, '_>) -> Result<T, XmlDecodeError> {
    let mut told = T::default();
    while let Some(mut inner) = element.next_tag() {
        let name = inner.start_el().local().to_owned();
        told.take(&name, &mut inner)?;
    }
    Ok(told)
}

/// The items of a set.
fn items<T: Shape>(set: &mut ScopedDecoder<'_, '_>) -> Result<Vec<T>, XmlDecodeError> {
    let mut all = Vec::new();
    while let Some(mut item) = set.next_tag() {
        if item.start_el().local() == "item" {
            all.push(shape(&mut item)?);
        }
    }
    Ok(all)
}

fn text(element: &mut ScopedDecoder<'_, '_>) -> Result<String, XmlDecodeError> {
    try_data(element).map(Cow::into_owned)
}

/// A text that is something.
fn some(element: &mut ScopedDecoder<'_, '_>) -> Result<Option<String>, XmlDecodeError> {
    Ok(Some(text(element)?).filter(|text| !text.is_empty()))
}

fn number(element: &mut ScopedDecoder<'_, '_>) -> Result<Option<i32>, XmlDecodeError> {
    let text = text(element)?;
    text.parse().map(Some).map_err(|_| XmlDecodeError::custom(format!("`{text}` is no number")))
}

/// The fields of a shape, each with its element and how that is read.
macro_rules! shape {
    ($shape:ident { $($field:ident: $element:literal $read:ident,)* }) => {
        impl Shape for $shape {
            fn take(
                &mut self,
                name: &str,
                element: &mut ScopedDecoder<'_, '_>,
            ) -> Result<(), XmlDecodeError> {
                match name {
                    $($element => self.$field = $read(element)?,)*
                    _ => {}
                }
                Ok(())
            }
        }
    };
}

/// `CreateSecurityGroup`.
#[derive(Debug, Default)]
pub(super) struct NewGroup {
    pub(super) id: String,
}
shape!(NewGroup { id: "groupId" text, });

/// `DescribeSecurityGroups`.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
}
shape!(Groups { groups: "securityGroupInfo" items, });

/// A security group.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) vpc: String,
    pub(super) tags: Vec<Tag>,
}
shape!(Group {
    id: "groupId" text,
    owner: "ownerId" text,
    name: "groupName" text,
    description: "groupDescription" text,
    vpc: "vpcId" text,
    tags: "tagSet" items,
});

/// A tag.
#[derive(Debug, Default)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}
shape!(Tag { key: "key" text, value: "value" text, });

/// `DescribeSecurityGroupRules`.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rules: Vec<Rule>,
    pub(super) next: Option<String>,
}
shape!(Rules { rules: "securityGroupRuleSet" items, next: "nextToken" some, });

/// A rule, of one source.
#[derive(Clone, Debug, Default)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) group: String,
    pub(super) is_egress: String,
    pub(super) protocol: String,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) cidr: Option<String>,
    pub(super) ipv6_cidr: Option<String>,
    pub(super) prefix_list: Option<String>,
    pub(super) referenced: Referenced,
    pub(super) description: Option<String>,
}
shape!(Rule {
    id: "securityGroupRuleId" text,
    group: "groupId" text,
    is_egress: "isEgress" text,
    protocol: "ipProtocol" text,
    from_port: "fromPort" number,
    to_port: "toPort" number,
    cidr: "cidrIpv4" some,
    ipv6_cidr: "cidrIpv6" some,
    prefix_list: "prefixListId" some,
    referenced: "referencedGroupInfo" shape,
    description: "description" some,
});

/// The group that a rule names, if it does.
#[derive(Clone, Debug, Default)]
pub(super) struct Referenced {
    pub(super) group: Option<String>,
    pub(super) owner: Option<String>,
}
shape!(Referenced { group: "groupId" some, owner: "userId" some, });

/// `DescribeNetworkInterfaces`.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    pub(super) interfaces: Vec<Interface>,
}
shape!(Interfaces { interfaces: "networkInterfaceSet" items, });

/// A network interface.
#[derive(Debug, Default)]
pub(super) struct Interface {
    pub(super) id: String,
    pub(super) description: String,
}
shape!(Interface { id: "networkInterfaceId" text, description: "description" text, });

/// `DescribeVpcs`.
#[derive(Debug, Default)]
pub(super) struct Vpcs {
    pub(super) vpcs: Vec<Vpc>,
    pub(super) next: Option<String>,
}
shape!(Vpcs { vpcs: "vpcSet" items, next: "nextToken" some, });

/// A VPC.
#[derive(Debug, Default)]
pub(super) struct Vpc {
    pub(super) id: String,
    pub(super) owner: Option<String>,
    pub(super) cidr_block: String,
    pub(super) is_default: String,
    pub(super) tags: Vec<Tag>,
}
shape!(Vpc {
    id: "vpcId" text,
    owner: "ownerId" some,
    cidr_block: "cidrBlock" text,
    is_default: "isDefault" text,
    tags: "tagSet" items,
});

/// `DescribeSubnets`.
#[derive(Debug, Default)]
pub(super) struct Subnets {
    pub(super) subnets: Vec<Subnet>,
    pub(super) next: Option<String>,
}
shape!(Subnets { subnets: "subnetSet" items, next: "nextToken" some, });

/// A subnet.
#[derive(Debug, Default)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) arn: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) vpc: String,
    pub(super) cidr_block: String,
    pub(super) availability_zone: String,
    pub(super) tags: Vec<Tag>,
}
shape!(Subnet {
    id: "subnetId" text,
    arn: "subnetArn" some,
    owner: "ownerId" some,
    vpc: "vpcId" text,
    cidr_block: "cidrBlock" text,
    availability_zone: "availabilityZone" text,
    tags: "tagSet" items,
});

/// Why EC2 refused a call.
#[derive(Debug)]
pub(crate) struct Refusal(ErrorMetadata);

impl Refusal {
    /// What an answer of failure says; nothing, if it is none of EC2's.
    pub(super) fn read(body: &[u8]) -> Self {
        let said = read::<Said>(body).unwrap_or_default();
        let mut metadata = ErrorMetadata::builder();
        if let Some(code) = said.code {
            metadata = metadata.code(code).message(said.message.unwrap_or_default());
        }
        Self(metadata.build())
    }

    /// Of an answer of success that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self(ErrorMetadata::builder().build())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

/// Code and message, however deep: EC2 writes `Response/Errors/Error`, and what stands before
/// it `ErrorResponse/Error`, as the other services do.
#[derive(Debug, Default)]
struct Said {
    code: Option<String>,
    message: Option<String>,
}

impl Shape for Said {
    fn take(
        &mut self,
        name: &str,
        element: &mut ScopedDecoder<'_, '_>,
    ) -> Result<(), XmlDecodeError> {
        match name {
            "Code" => self.code = some(element)?,
            "Message" => self.message = some(element)?,
            "Errors" | "Error" if self.code.is_none() => *self = Self::within(element)?,
            _ => {}
        }
        Ok(())
    }
}

impl Said {
    /// What the elements of an error say. No deeper than EC2 writes: bodies are others'.
    fn within(element: &mut ScopedDecoder<'_, '_>) -> Result<Self, XmlDecodeError> {
        let mut said = Self::default();
        while let Some(mut inner) = element.next_tag() {
            match inner.start_el().local() {
                "Code" => said.code = some(&mut inner)?,
                "Message" => said.message = some(&mut inner)?,
                "Error" if said.code.is_none() => {
                    while let Some(mut innermost) = inner.next_tag() {
                        match innermost.start_el().local() {
                            "Code" => said.code = some(&mut innermost)?,
                            "Message" => said.message = some(&mut innermost)?,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_become_structs() {
        let told: Rules = read(
            br#"<?xml version="1.0"?><DescribeSecurityGroupRulesResponse xmlns="http://ec2">
                <requestId>r</requestId><securityGroupRuleSet>
                <item><securityGroupRuleId>sgr-1</securityGroupRuleId><groupId>sg-1</groupId>
                <isEgress>false</isEgress><ipProtocol>tcp</ipProtocol><fromPort>9098</fromPort>
                <toPort>9098</toPort><referencedGroupInfo><groupId>sg-2</groupId>
                <userId>111122223333</userId></referencedGroupInfo>
                <description>a &lt; b</description><tagSet/></item>
                <item><securityGroupRuleId>sgr-2</securityGroupRuleId><ipProtocol>-1</ipProtocol>
                <fromPort>-1</fromPort><cidrIpv4>0.0.0.0/0</cidrIpv4><description/></item>
                </securityGroupRuleSet><nextToken>n</nextToken></DescribeSecurityGroupRulesResponse>"#,
        )
        .unwrap();
        let [first, second] = &told.rules[..] else { panic!("{told:?}") };
        assert_eq!((first.id.as_str(), first.from_port), ("sgr-1", Some(9098)));
        assert_eq!(first.referenced.group.as_deref(), Some("sg-2"));
        assert_eq!(first.description.as_deref(), Some("a < b"));
        assert_eq!((second.from_port, second.to_port), (Some(-1), None));
        assert_eq!((second.cidr.as_deref(), &second.description), (Some("0.0.0.0/0"), &None));
        assert_eq!(told.next.as_deref(), Some("n"));
        let none: Rules = read(b"<R><securityGroupRuleSet/></R>").unwrap();
        assert!(none.rules.is_empty() && none.next.is_none());
    }

    /// As the API Reference shows them: `DescribeVpcs`, `DescribeSubnets`.
    #[test]
    fn networks_and_their_parts_are_told_with_their_tags() {
        let told: Vpcs = read(
            br#"<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
                <requestId>7a62c442-3484-4f42-9342-6942EXAMPLE</requestId><vpcSet>
                <item><vpcId>vpc-1a2b3c4d</vpcId><state>available</state>
                <cidrBlock>10.0.0.0/23</cidrBlock><ownerId>111122223333</ownerId>
                <cidrBlockAssociationSet><item><cidrBlock>10.0.0.0/23</cidrBlock>
                <associationId>vpc-cidr-assoc-12345678</associationId>
                <cidrBlockState><state>associated</state></cidrBlockState></item>
                </cidrBlockAssociationSet><dhcpOptionsId>dopt-7a8b9c2d</dhcpOptionsId>
                <instanceTenancy>default</instanceTenancy><isDefault>false</isDefault>
                <tagSet><item><key>Name</key><value>main</value></item></tagSet></item>
                </vpcSet><nextToken>n</nextToken></DescribeVpcsResponse>"#,
        )
        .unwrap();
        let [vpc] = &told.vpcs[..] else { panic!("{told:?}") };
        assert_eq!((vpc.id.as_str(), vpc.cidr_block.as_str()), ("vpc-1a2b3c4d", "10.0.0.0/23"));
        assert_eq!(
            (vpc.owner.as_deref(), vpc.is_default.as_str()),
            (Some("111122223333"), "false")
        );
        let tags: Vec<_> = vpc.tags.iter().map(|tag| (&*tag.key, &*tag.value)).collect();
        assert_eq!((tags, told.next.as_deref()), (vec![("Name", "main")], Some("n")));

        let told: Subnets = read(
            br#"<DescribeSubnetsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
                <requestId>7a62c442-3484-4f42-9342-6942EXAMPLE</requestId><subnetSet>
                <item><subnetId>subnet-9d4a7b6c</subnetId>
                <subnetArn>arn:aws:ec2:us-east-1:111122223333:subnet/subnet-9d4a7b6c</subnetArn>
                <state>available</state><ownerId>111122223333</ownerId>
                <vpcId>vpc-1a2b3c4d</vpcId><cidrBlock>10.0.1.0/24</cidrBlock>
                <ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>2001:db8::/64</ipv6CidrBlock>
                <associationId>subnet-cidr-assoc-abababab</associationId></item>
                </ipv6CidrBlockAssociationSet><availableIpAddressCount>251</availableIpAddressCount>
                <availabilityZone>us-east-1a</availabilityZone>
                <availabilityZoneId>use1-az1</availabilityZoneId><defaultForAz>false</defaultForAz>
                <tagSet><item><key>tier</key><value/></item></tagSet></item>
                <item><subnetId>subnet-6e7f829e</subnetId><vpcId>vpc-1a2b3c4d</vpcId>
                <cidrBlock>10.0.0.0/24</cidrBlock><availabilityZone>us-east-1a</availabilityZone>
                </item></subnetSet></DescribeSubnetsResponse>"#,
        )
        .unwrap();
        let [first, second] = &told.subnets[..] else { panic!("{told:?}") };
        assert_eq!((first.id.as_str(), first.vpc.as_str()), ("subnet-9d4a7b6c", "vpc-1a2b3c4d"));
        assert_eq!((&*first.cidr_block, &*first.availability_zone), ("10.0.1.0/24", "us-east-1a"));
        assert!(first.arn.as_deref().is_some_and(|arn| arn.ends_with("subnet-9d4a7b6c")));
        assert_eq!(first.tags.iter().map(|tag| &*tag.value).collect::<Vec<_>>(), [""]);
        assert_eq!((&second.arn, &second.owner, second.tags.len()), (&None, &None, 0));
        assert_eq!(told.next, None);
    }

    #[test]
    fn a_refusal_has_its_code_and_its_words() {
        let check = |body: &str, expected: Option<(&str, &str)>| {
            let refusal = Refusal::read(body.as_bytes());
            assert_eq!(refusal.code().zip(refusal.message()), expected, "{body}");
        };
        let error = "<Error><Code>InvalidGroup.NotFound</Code><Message>no sg-1</Message></Error>";
        let said = Some(("InvalidGroup.NotFound", "no sg-1"));
        check(
            &format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"),
            said,
        );
        check(&format!("<ErrorResponse>{error}</ErrorResponse>"), said);
        check("<html>Sign in</html>", None);
        check("nothing of the sort", None);
        check("", None);
    }

    /// A parser that went down with it would end the process.
    #[test]
    fn a_deep_answer_does_no_harm() {
        let deep = format!("<R>{}", "<Errors><Error><item><securityGroupRuleSet>".repeat(100_000));
        assert!(Refusal::read(deep.as_bytes()).code().is_none());
        assert!(read::<Rules>(deep.as_bytes()).is_ok_and(|told| told.rules.is_empty()));
    }
}

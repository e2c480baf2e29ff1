//! By what EC2 searches networks and their parts.

use super::answers::Tag;
use super::client::Call;
use crate::aws::arn::Arn;
use crate::model::{By, Lookup};

/// The filters of one look, by EC2's names of them.
pub(super) struct Filters(Vec<(String, String)>);

impl Filters {
    /// Of a look for an object of EC2 whose ARN says `sort/ID`. `names` has EC2's names of our fields.
    pub(super) fn of(lookup: &Lookup, sort: &str, names: &[(&str, &str)]) -> Self {
        let by_id = |id: &str| vec![(format!("{sort}-id"), id.to_owned())];
        Self(match &lookup.by {
            By::Name(id) => by_id(id.as_str()),
            By::Arn(arn) => by_id(resource(arn, sort).unwrap_or_default()),
            By::Signs { tags, fields } => {
                let tags = tags.iter().map(|(key, text)| (format!("tag:{key}"), text.clone()));
                let field = |(name, text): (&String, &String)| {
                    let (_, theirs) = names.iter().find(|(ours, _)| ours == name)?;
                    Some(((*theirs).to_owned(), text.clone()))
                };
                tags.chain(fields.iter().filter_map(field)).collect()
            }
        })
    }

    /// The call with these filters, for the page of a token.
    pub(super) fn put_on<'a>(&self, call: Call<'a>, token: Option<String>) -> Call<'a> {
        let all: Vec<(&str, &str)> =
            self.0.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let call = call.filtered(&all);
        match token {
            Some(token) => call.with("NextToken", token),
            None => call,
        }
    }

    /// Whether an object is what was asked for: in filters EC2 takes `*` and `?` for any
    /// signs, and a filter that an emulator does not know would let others pass.
    pub(super) fn fit(&self, id: &str, tags: &[Tag], fields: &[(&str, &str)]) -> bool {
        self.0.iter().all(|(name, wanted)| match name.strip_prefix("tag:") {
            Some(key) => tags.iter().any(|tag| tag.key == key && tag.value == *wanted),
            None => match fields.iter().find(|(field, _)| field == name) {
                Some((_, value)) => value == wanted,
                None => id == wanted,
            },
        })
    }
}

/// The id in `arn:...:ec2:...:sort/ID`.
pub(super) fn resource<'a>(arn: &'a str, sort: &str) -> Option<&'a str> {
    let arn = Arn::read(arn).filter(|arn| arn.service == "ec2")?;
    arn.resource.strip_prefix(sort)?.strip_prefix('/').filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn what_does_not_fit_is_not_taken() {
        let by = By::Signs {
            tags: BTreeMap::from([("Name".into(), "ma*n".into())]),
            fields: BTreeMap::from([("vpc".into(), "vpc-1".into())]),
        };
        let lookup = Lookup { kind: "subnet".into(), by, count: None, facts: BTreeSet::new() };
        let filters = Filters::of(&lookup, "subnet", &[("vpc", "vpc-id")]);
        assert_eq!(filters.0.len(), 2);
        let check = |tag: &str, vpc: &str, expected: bool| {
            let tags = [Tag { key: "Name".into(), value: tag.into() }];
            assert_eq!(filters.fit("subnet-1", &tags, &[("vpc-id", vpc)]), expected, "{tag} {vpc}");
        };
        check("ma*n", "vpc-1", true);
        check("main", "vpc-1", false);
        check("ma*n", "vpc-2", false);
        let arn = "arn:aws:ec2:eu-central-1:123456789012:vpc/vpc-1";
        assert_eq!(resource(arn, "vpc"), Some("vpc-1"));
        assert_eq!(resource(arn, "subnet"), None);
    }
}

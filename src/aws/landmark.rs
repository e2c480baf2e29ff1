//! What a kind must say and do that is looked up only: stacks refer to its objects, and
//! others than ccprov make them. It has no fields to compare, and nothing that writes.

use async_trait::async_trait;

use super::grant::Grant;
use super::handed::Aws;
use crate::engine::port::Answer;
use crate::model::{FactInfo, Facts, Identity, LandmarkInfo, Live, Lookup, Owner, Sight, Status};

/// A kind that is looked up only.
#[async_trait]
pub(crate) trait Landmark: Send + Sync {
    /// For example `vpc`.
    fn name(&self) -> &'static str;

    /// All that is known of it, as data.
    fn info(&self) -> LandmarkInfo;

    /// What AWS must allow for a look.
    fn grants(&self) -> &'static [Grant];

    /// Whether an ARN is one of its objects.
    fn is_arn(&self, arn: &str) -> bool;

    /// Every object to which a look leads.
    async fn look_up(&self, aws: &Aws, lookup: &Lookup) -> Answer<Vec<Live>>;
}

/// What a landmark says of itself in words.
pub(crate) struct Told {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) notes: &'static str,
    pub(crate) example: &'static str,
    /// The field that is its name.
    pub(crate) named_by: &'static str,
    /// By what it is searched.
    pub(crate) signs: &'static [&'static str],
    /// Each field, and what it is.
    pub(crate) fields: &'static [(&'static str, &'static str)],
    /// Each fact, and what it is.
    pub(crate) facts: &'static [(&'static str, &'static str)],
}

impl Told {
    /// The same as data.
    pub(crate) fn info(&self) -> LandmarkInfo {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let fact = |(name, summary): &(&str, &str)| FactInfo {
            name: (*name).into(),
            summary: (*summary).into(),
            predicted: false,
            moves_with: Vec::new(),
            late: false,
        };
        LandmarkInfo {
            name: self.name.into(),
            summary: self.summary.into(),
            notes: self.notes.into(),
            example: self.example.into(),
            fields: self.fields.iter().map(owned).collect(),
            sight: Sight {
                kind: self.name.into(),
                name: vec![(self.named_by.into(), None)],
                between: String::new(),
                by_arn: true,
                signs: self.signs.iter().map(|sign| (*sign).to_owned()).collect(),
                facts: self.facts.iter().map(fact).collect(),
            },
        }
    }
}

/// An object of such a kind.
pub(crate) fn live(kind: &str, identity: &str, owner: Option<Owner>, facts: Facts) -> Live {
    Live {
        kind: kind.to_owned(),
        identity: Identity(identity.to_owned()),
        document: crate::model::Document::new(),
        facts,
        owner,
        status: Status::Current,
        holdings: None,
        parent: None,
        held: None,
        remark: None,
    }
}

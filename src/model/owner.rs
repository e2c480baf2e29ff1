//! Whose an object is: what its tags say, and what that means for one stack.
//!
//! A stack is a name in an account and a region. An object that lives in a
//! region is told apart by where it was found. One that is the same in all
//! regions, such as an IAM role, has to say in its tags which region's stack it
//! belongs to; those that a ccprov made which did not yet write that say
//! nothing, and are nobody's to delete until an apply has claimed them.

use serde::{Deserialize, Serialize};

use super::{Address, Catalog, Live};

/// Who an object belongs to, as its owner tags say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// The stack.
    pub stack: String,
    /// The region of that stack, on objects that are the same in all regions.
    /// Not compared for others: these are found in their own region alone.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The resource of that stack.
    pub address: Address,
}

/// Whose an object is, as one stack sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// The stack's. A kind without tags belongs to whoever declares it.
    Ours,
    /// It carries the stack's name, and does not say of which region, though it
    /// is the same in all: an earlier ccprov made it. To be claimed by whoever
    /// declares it, and deleted by nobody.
    OfNoRegion(&'a Owner),
    /// Another stack's, or that of the same name in another region.
    Anothers(&'a Owner),
    /// It carries no owner tag.
    Nobodys,
}

impl Live {
    /// Whose it is, as the stack of that name in that region sees it.
    pub fn whose(&self, catalog: &dyn Catalog, stack: &str, region: &str) -> Whose<'_> {
        let kind = catalog.kind(&self.kind);
        if kind.is_some_and(|kind| !kind.tagged) {
            return Whose::Ours;
        }
        let Some(owner) = &self.owner else { return Whose::Nobodys };
        let is_global = kind.is_some_and(|kind| kind.global);
        match &owner.region {
            _ if owner.stack != stack => Whose::Anothers(owner),
            _ if !is_global => Whose::Ours,
            None => Whose::OfNoRegion(owner),
            Some(theirs) if theirs != region => Whose::Anothers(owner),
            Some(_) => Whose::Ours,
        }
    }

    /// Whether it is that stack's to change and to delete.
    pub fn is_ours(&self, catalog: &dyn Catalog, stack: &str, region: &str) -> bool {
        self.whose(catalog, stack, region) == Whose::Ours
    }
}

impl Owner {
    /// A resource of a stack, where its region need not be told.
    pub fn new(stack: impl Into<String>, address: Address) -> Self {
        Self { stack: stack.into(), region: None, address }
    }

    /// The stack, for people: with its region, where the tags say it.
    pub fn stack_in_region(&self) -> String {
        match &self.region {
            Some(region) => format!("{} in {region}", self.stack),
            None => self.stack.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Document, Facts, Identity, KindInfo, Naming, Patience, Prepared, Problem, Status,
    };

    /// Two kinds: one lives in a region, one is the same in all.
    struct Kinds(Vec<KindInfo>);

    impl Kinds {
        fn new() -> Self {
            let kind = |name: &str, tagged: bool, global: bool| KindInfo {
                name: name.into(),
                summary: String::new(),
                notes: String::new(),
                schema: serde_json::Value::Null,
                fixed: Vec::new(),
                must_exist: Vec::new(),
                facts: Vec::new(),
                patience: Patience::PROMPT,
                tagged,
                global,
                holds_data: false,
                revivable: false,
                exists_early: false,
                delete_after: Vec::new(),
            };
            Self(vec![
                kind("link", false, false),
                kind("queue", true, false),
                kind("role", true, true),
            ])
        }
    }

    impl Catalog for Kinds {
        fn kinds(&self) -> &[KindInfo] {
            &self.0
        }

        fn prepare(
            &self,
            _kind: &str,
            _naming: &Naming,
            _document: &Document,
        ) -> Option<Result<Prepared, Vec<Problem>>> {
            None
        }
    }

    fn owner(stack: &str, region: Option<&str>) -> Owner {
        let region = region.map(str::to_owned);
        Owner { region, ..Owner::new(stack, Address::new("a")) }
    }

    #[test]
    fn only_what_is_the_same_in_all_regions_has_to_name_one() {
        let check = |kind: &str, owner: Option<&Owner>, expected: Whose<'_>| {
            let live = Live {
                kind: kind.into(),
                identity: Identity("i".into()),
                document: Document::new(),
                facts: Facts::new(),
                owner: owner.cloned(),
                status: Status::Current,
                holdings: None,
                parent: None,
            };
            let whose = live.whose(&Kinds::new(), "dev", "eu-west-1");
            assert_eq!(whose, expected, "{kind} of {owner:?}");
        };
        let (here, there) = (owner("dev", Some("eu-west-1")), owner("dev", Some("us-east-1")));
        let (nowhere, others) = (owner("dev", None), owner("prod", Some("eu-west-1")));
        check("role", Some(&here), Whose::Ours);
        check("role", Some(&there), Whose::Anothers(&there));
        check("role", Some(&nowhere), Whose::OfNoRegion(&nowhere));
        check("role", Some(&others), Whose::Anothers(&others));
        check("role", None, Whose::Nobodys);
        check("queue", Some(&nowhere), Whose::Ours);
        // Somebody wrote a tag that means nothing there.
        check("queue", Some(&there), Whose::Ours);
        check("queue", Some(&others), Whose::Anothers(&others));
        check("queue", None, Whose::Nobodys);
        check("link", None, Whose::Ours);
    }
}

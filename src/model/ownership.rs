//! Whose an object is: the one predicate by which everybody tells.
//!
//! A stack is a name in an account and a region. An object that lives in a
//! region is told apart by where it was found. One that is the same in all
//! regions, such as an IAM role, has to say in its tags which region's stack it
//! belongs to; those that a ccprov made which did not yet write that say
//! nothing, and are nobody's to delete until an apply has claimed them.

use super::{Address, Catalog, Desired, FormerNames, KindInfo, Live, Naming, Owner, Place};

/// A stack where it lives, as an owner of objects.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// Its name.
    pub stack: &'a str,
    /// The names that it had before, if it was renamed: what carries one is its own, too.
    pub was: &'a FormerNames,
    /// Where.
    pub place: &'a Place,
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

impl<'a> Claimant<'a> {
    /// The names that its objects may carry.
    pub fn stacks(self) -> Vec<&'a str> {
        std::iter::once(self.stack).chain(self.was.0.iter().map(String::as_str)).collect()
    }

    /// Whether a stack's name is one that it has or had.
    pub fn goes_by(self, stack: &str) -> bool {
        stack == self.stack || self.was.contains(stack)
    }

    /// Whether owner tags name this stack, whichever resource of it, as far as
    /// they tell without the kind of the object.
    pub fn is(self, owner: &Owner) -> bool {
        let region = owner.region.as_ref();
        self.goes_by(&owner.stack) && region.is_none_or(|region| *region == self.place.region)
    }

    /// Whether owner tags name this resource by the names that both have by now.
    pub fn is_told_by(self, owner: &Owner, address: &Address) -> bool {
        owner.stack == self.stack && owner.address == *address
    }

    /// Whose an object is.
    pub fn whose<'l>(self, live: &'l Live, catalog: &dyn Catalog) -> Whose<'l> {
        let kind = catalog.kind(&live.kind);
        if kind.is_some_and(|kind| !kind.tagged) {
            return Whose::Ours;
        }
        let Some(owner) = &live.owner else { return Whose::Nobodys };
        let is_global = kind.is_some_and(|kind| kind.global);
        match &owner.region {
            _ if !self.goes_by(&owner.stack) => Whose::Anothers(owner),
            _ if !is_global => Whose::Ours,
            None => Whose::OfNoRegion(owner),
            Some(_) if self.is(owner) => Whose::Ours,
            Some(_) => Whose::Anothers(owner),
        }
    }

    /// Whether an object is this stack's, to change and to delete.
    pub fn owns(self, live: &Live, catalog: &dyn Catalog) -> bool {
        self.whose(live, catalog) == Whose::Ours
    }

    /// What the names of an address are made from: of the stack, the name that it had first.
    pub fn naming(self, address: Address) -> Naming {
        self.naming_in(self.was.first().unwrap_or(self.stack), address)
    }

    /// The same in a stack of another name that lives in its place.
    pub fn naming_in(self, stack: &str, address: Address) -> Naming {
        Naming { stack: stack.to_owned(), address, place: self.place.clone() }
    }

    /// What the names of one of its resources are made from.
    pub fn naming_of(self, want: &Desired) -> Naming {
        let address = want.named_after().clone();
        match &want.named_in {
            Some(stack) => self.naming_in(stack, address),
            None => self.naming(address),
        }
    }

    /// What the tags say of the object, of that kind, behind one of its resources.
    pub fn owner(self, kind: &KindInfo, want: &Desired) -> Owner {
        Owner {
            region: kind.global.then(|| self.place.region.clone()),
            prevent_destroy: want.lifecycle.prevent_destroy,
            uses: want.lifecycle.uses.clone(),
            ..Owner::new(self.stack, want.address.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        Document, Facts, FormerNames, Identity, KindInfo, Patience, Prepared, Problem, Stages,
        Status, Succession,
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
                named_by: None,
                holds_data: false,
                deleted_by: Vec::new(),
                revivable: false,
                mends: false,
                exists_early: false,
                made_without: Vec::new(),
                name_may_wait: false,
                delete_after: Vec::new(),
                keys: Vec::new(),
                policies: Vec::new(),
                stages: Stages::default(),
                examples: Vec::new(),
                one_at_a_time: None,
                succession: Succession::default(),
                artifacts: Vec::new(),
                detours: Vec::new(),
                means: Vec::new(),
                in_part: Vec::new(),
                follows: Vec::new(),
                greets: Vec::new(),
                courses: Vec::new(),
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
                held: None,
                remark: None,
            };
            let place = Place {
                partition: "aws".into(),
                account: "123456789012".into(),
                region: "eu-west-1".into(),
                endpoint: None,
            };
            let was = &FormerNames::default();
            let claimant = Claimant { stack: "dev", was, place: &place };
            let whose = claimant.whose(&live, &Kinds::new());
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

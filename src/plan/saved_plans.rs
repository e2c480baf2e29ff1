//! The plans of several stacks in one file: each as in a file of its own, and which of them
//! comes after which.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::purpose::Purpose;
use super::saved::{NoPlan, SavedPlan, edited, hex, read_exactly, unknown_format};
use crate::model::Diagnostic;

/// The format's name and version. A file of another version is refused.
const FORMAT: &str = "ccprov.saved-plans/1";

/// How the names of all its versions begin.
const ANY_VERSION: &str = "ccprov.saved-plans/";

/// What a plan file holds, of one stack or of several. A file of one is a [`SavedPlan`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlans {
    /// The format's name and version.
    pub format: String,
    /// SHA-256 over the order and the digests of the plans.
    pub digest: String,
    /// At least one, in an order in which they can be carried out.
    plans: Vec<SavedMember>,
}

/// One of several plans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedMember {
    /// Those that it comes after, by their places in the file.
    pub after: BTreeSet<usize>,
    /// Those of them that its stack uses by itself, by the names that it has for them.
    pub uses: BTreeMap<String, usize>,
    /// The plan.
    pub plan: SavedPlan,
}

/// What can be read of any of the forms.
#[derive(Deserialize)]
struct Named {
    format: String,
}

impl SavedPlans {
    /// Plans ready to be written. `None` for none, or where one comes after what is not before
    /// it.
    pub fn new(plans: Vec<SavedMember>) -> Option<Self> {
        let saved = Self { format: FORMAT.into(), digest: digest(&plans), plans };
        saved.is_in_order().then_some(saved)
    }

    /// Plans as they stand in a file.
    ///
    /// # Errors
    /// As of [`SavedPlan::read`]; and plans that do not go together.
    pub fn read(text: &str) -> Result<Self, NoPlan> {
        let named: Result<Named, _> = serde_json::from_str(text);
        if !named.is_ok_and(|named| named.format.starts_with(ANY_VERSION)) {
            let plan = SavedPlan::read(text)?;
            let alone = SavedMember { after: BTreeSet::new(), uses: BTreeMap::new(), plan };
            return Self::new(vec![alone]).ok_or(NoPlan::OutOfOrder);
        }
        let saved: Self = read_exactly(text, |saved: &Self| saved.format == FORMAT)?;
        // One alone is written in the form of one.
        let is_of_several = saved.plans.len() > 1 && saved.is_in_order();
        if is_of_several { Ok(saved) } else { Err(NoPlan::OutOfOrder) }
    }

    /// What a file holds: of one plan that alone.
    ///
    /// # Errors
    /// None that is known.
    pub fn to_text(&self) -> serde_json::Result<String> {
        match self.plans.as_slice() {
            [one] => serde_json::to_string_pretty(&one.plan),
            _ => serde_json::to_string_pretty(self),
        }
    }

    /// Whether the file is one that we wrote; each plan has to be checked for its place besides.
    pub fn check(&self) -> Result<(), Diagnostic> {
        if self.format != FORMAT {
            return Err(unknown_format(&self.format, FORMAT));
        }
        if self.digest != digest(&self.plans) {
            return Err(edited());
        }
        Ok(())
    }

    /// What all of them are for.
    pub fn purpose(&self) -> Purpose {
        self.plans[0].plan.purpose
    }

    /// The plans, at least one.
    pub fn plans(&self) -> &[SavedMember] {
        &self.plans
    }

    /// Whether each comes after those alone that are before it, and all are for the same.
    fn is_in_order(&self) -> bool {
        let is_in_order = |(index, member): (usize, &SavedMember)| {
            member.after.iter().all(|other| *other < index)
                && member.uses.values().all(|used| member.after.contains(used))
                && member.plan.purpose == self.plans[0].plan.purpose
        };
        !self.plans.is_empty() && self.plans.iter().enumerate().all(is_in_order)
    }
}

fn digest(plans: &[SavedMember]) -> String {
    let told = |it: &SavedMember| format!("{:?} {:?} {}\n", it.after, it.uses, it.plan.digest);
    hex(&Sha256::digest(plans.iter().map(told).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{FormerNames, Place, Stack};
    use crate::plan::Plan;

    fn member(stack: &str, after: &[usize]) -> SavedMember {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            endpoint: None,
        };
        let plan = Plan {
            stack: stack.to_owned(),
            was: FormerNames::default(),
            place: place.clone(),
            changes: Vec::new(),
            steps: Vec::new(),
            outputs: BTreeMap::new(),
            left: Vec::new(),
            excerpt: None,
            existing: Vec::new(),
            uses: BTreeMap::new(),
        };
        let plan = SavedPlan::new(Stack::empty(stack, place), plan, Purpose::Apply);
        SavedMember { after: after.iter().copied().collect(), uses: BTreeMap::new(), plan }
    }

    #[test]
    fn plans_are_read_as_they_were_written() {
        let both = SavedPlans::new(vec![member("a", &[]), member("b", &[0])]).unwrap();
        let text = both.to_text().unwrap();
        assert_eq!(SavedPlans::read(&text), Ok(both.clone()));
        assert_eq!(both.check(), Ok(()));
        // One is a plan file as it always was.
        let one = SavedPlans::new(vec![member("a", &[])]).unwrap();
        let text = one.to_text().unwrap();
        assert_eq!(SavedPlan::read(&text).as_ref(), Ok(&one.plans()[0].plan));
        assert_eq!(SavedPlans::read(&text), Ok(one));
    }

    #[test]
    fn what_was_edited_or_holds_no_order_is_refused() {
        let both = SavedPlans::new(vec![member("a", &[]), member("b", &[0])]).unwrap();
        let written: Value = serde_json::from_str(&both.to_text().unwrap()).unwrap();
        let check = |pointer: &str, value: Value| {
            let mut edited = written.clone();
            let (within, key) = pointer.rsplit_once('/').unwrap();
            edited.pointer_mut(within).unwrap()[key] = value;
            SavedPlans::read(&edited.to_string())
        };
        assert_eq!(check("/plans", json!([])), Err(NoPlan::OutOfOrder));
        assert_eq!(check("/plans", json!([written["plans"][0]])), Err(NoPlan::OutOfOrder));
        assert_eq!(check("/plans/0/after", json!([1])), Err(NoPlan::OutOfOrder));
        assert_eq!(check("/plans/1/after", json!([1])), Err(NoPlan::OutOfOrder));
        assert_eq!(check("/plans/1/uses", json!({ "x": 1 })), Err(NoPlan::OutOfOrder));
        assert_eq!(check("/plans/1/plan/purpose", json!("destroy")), Err(NoPlan::OutOfOrder));
        let unordered = check("/plans/1/after", json!([])).unwrap();
        assert!(unordered.check().unwrap_err().summary.contains("was changed"));
        let later = check("/format", json!("ccprov.saved-plans/2")).unwrap();
        assert!(later.check().unwrap_err().summary.contains("has format"));
        let more = written.to_string().replacen('{', "{\"more\":1,", 1);
        assert_eq!(SavedPlans::read(&more), Err(NoPlan::HoldsMore));
        assert!(SavedPlans::new(vec![member("a", &[1]), member("b", &[])]).is_none());
    }
}

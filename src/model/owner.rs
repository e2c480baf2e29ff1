//! Who an object belongs to, as its tags say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Address;
use super::resource::is_false;

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
    /// Whether the stack, when it was last applied, refused to let it go.
    #[serde(default, skip_serializing_if = "is_false")]
    pub prevent_destroy: bool,
    /// The stacks whose outputs it held when it was last applied.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub uses: BTreeSet<String>,
}

impl Owner {
    /// A resource of a stack, where its region need not be told.
    pub fn new(stack: impl Into<String>, address: Address) -> Self {
        Self {
            stack: stack.into(),
            region: None,
            address,
            prevent_destroy: false,
            uses: BTreeSet::new(),
        }
    }

    /// Whether both are one resource of one stack, however it is protected.
    pub fn is_same(&self, other: &Self) -> bool {
        let Self { stack, region, address, prevent_destroy: _, uses: _ } = self;
        (stack, region, address) == (&other.stack, &other.region, &other.address)
    }

    /// The stack, for people: with its region, where the tags say it.
    pub fn stack_in_region(&self) -> String {
        match &self.region {
            Some(region) => format!("{} in {region}", self.stack),
            None => self.stack.clone(),
        }
    }
}

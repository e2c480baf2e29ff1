//! A reader of what belongs to others: what several stacks of a command refer to is looked
//! at once for all of them.

use std::fmt::Debug;

use async_trait::async_trait;

use super::Provider;
use crate::engine::port::{Answer, Read, StackSummary};
use crate::model::{Live, Lookup, Sought};

/// Looks at each thing once, until somebody writes.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a>(pub(super) &'a Provider);

#[async_trait]
impl Read for Shared<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        let Self(provider) = self;
        provider.aws.listing().get(&key(sought), || provider.find(sought)).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.0.candidates(stacks).await
    }

    async fn all_candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.0.all_candidates(stacks).await
    }

    async fn elsewhere(&self, stacks: &[&str]) -> Answer<Vec<(String, Sought)>> {
        self.0.elsewhere(stacks).await
    }

    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        let Self(provider) = self;
        provider.aws.listing().get(&key(lookup), || provider.look_up(lookup)).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.0.stacks().await
    }
}

/// All that a look says: who wants to see other fields asks for himself.
fn key(look: &impl Debug) -> String {
    format!("{look:?}")
}

//! What a writer does, each with the look that the engine takes before it.

use ccprov::aws::AwsCatalog;
use ccprov::engine::port::{Answer, Lacks, Write};
use ccprov::engine::proof::{self, Claim, Proven, Prover, Title};
use ccprov::model::{Claimant, Desired, Facts, FormerNames, Live, Place, Sought};

/// Writes for one stack, without waiting and without trying again.
#[derive(Clone, Copy)]
pub(crate) struct Hand<'a> {
    pub(crate) writer: &'a dyn Write,
    pub(crate) catalog: &'a AwsCatalog,
    pub(crate) stack: &'a str,
    pub(crate) place: &'a Place,
}

impl Hand<'_> {
    /// All calls of a creation.
    pub(crate) async fn create(self, want: &Desired) -> Answer<Facts> {
        self.create_told(want).await.map(|(_, facts)| facts)
    }

    /// The same, with the facts that are known after its first call, where that is
    /// not the only one.
    pub(crate) async fn create_told(self, want: &Desired) -> Answer<(Option<Facts>, Facts)> {
        let made = self.writer.create(want).await?;
        match made.lacks {
            Lacks::Nothing | Lacks::Updates => return Ok((None, made.facts)),
            Lacks::Completion => {}
        }
        let arn = made.facts.get("arn").cloned();
        let sought = Sought { arn, fields: Some([].into()), ..want.sought() };
        let proof = self.prove(&sought).await?;
        let told = self.writer.complete(want, proof).await?;
        let all = made.facts.clone().into_iter().chain(told).collect();
        Ok((Some(made.facts), all))
    }

    /// A look at an object that was seen, at these of its fields.
    pub(crate) async fn again(
        self,
        live: &Live,
        fields: impl IntoIterator<Item = String>,
    ) -> Answer<Proven> {
        self.prove(&proof::again(live, fields)).await
    }

    async fn prove(self, sought: &Sought) -> Answer<Proven> {
        let was = &FormerNames::default();
        let claimant = Claimant { stack: self.stack, was, place: self.place };
        let prover = Prover { reader: self.writer, catalog: self.catalog, claimant };
        match prover.look(sought, Claim::Held).await? {
            Title::Ours(proof) => Ok(proof),
            other => panic!("{sought:?} is not ours: {other:?}"),
        }
    }
}

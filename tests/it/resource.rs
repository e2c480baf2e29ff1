//! One resource of one stack on an emulator, for what the contract does not reach.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use ccprov::aws::{AwsCatalog, Connection, Provider, Session, Writer};
use ccprov::engine::port::{Accepted, Answer, Read, Write};
use ccprov::model::{
    Address, Catalog, Desired, Emptying, Facts, Lifecycle, Live, Naming, Place, Prepared, compare,
};
use serde_json::Value;

use crate::support::writing::Hand;

/// A session with an emulator.
pub(crate) struct Aws {
    session: Session,
    place: Place,
}

impl Aws {
    pub(crate) async fn connect(connection: &Connection) -> Self {
        let session = Session::connect(connection).await.unwrap();
        let place = session.place(&session.caller().await.unwrap());
        Self { session, place }
    }

    /// A resource at the address `it`.
    pub(crate) fn resource(&self, stack: &str, kind: &str, document: &Value) -> Resource {
        let address = Address::new("it");
        let place = self.place.clone();
        let naming = Naming { stack: stack.into(), address: address.clone(), place: place.clone() };
        let prepared = AwsCatalog::new().prepare(kind, &naming, document.as_object().unwrap());
        let Prepared { identity, document, predicted } = prepared.unwrap().unwrap();
        let want = Desired {
            address,
            formerly: Vec::new(),
            named_in: None,
            kind: kind.into(),
            identity,
            document,
            stated: BTreeSet::new(),
            predicted,
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: Vec::new(),
            instead_of: None,
        };
        let writer = Provider::new(self.session.clone(), place.clone()).into_writer(stack);
        Resource { writer, catalog: AwsCatalog::new(), stack: stack.into(), place, want }
    }
}

pub(crate) struct Resource {
    writer: Writer,
    catalog: AwsCatalog,
    stack: String,
    place: Place,
    want: Desired,
}

impl Resource {
    pub(crate) async fn create(&self) -> Answer<Facts> {
        self.hand().create(&self.want).await
    }

    pub(crate) async fn find(&self) -> Answer<Option<Live>> {
        self.writer.find(&self.want.sought()).await
    }

    pub(crate) async fn delete(&self) -> Answer<()> {
        let live = self.find().await.unwrap().unwrap();
        let proof = self.hand().again(&live, []).await?;
        self.writer.delete(proof, Emptying::Keep).await
    }

    /// Changes what there is into this, in one update.
    pub(crate) async fn update(&self) -> Answer<Accepted> {
        let live = self.find().await.unwrap().unwrap();
        let diff = compare(&self.want.document, &live.document);
        let fields = self.want.document.keys().cloned();
        let proof = self.hand().again(&live, fields).await?;
        self.writer.update(&self.want, proof, &diff).await
    }

    fn hand(&self) -> Hand<'_> {
        let Self { writer, catalog, stack, place, .. } = self;
        Hand { writer, catalog, stack, place }
    }

    /// Everything that the index believes to be the stack's.
    pub(crate) async fn candidates(&self) -> Vec<Live> {
        let mut found = Vec::new();
        for sought in self.writer.candidates(&[&self.stack]).await.unwrap() {
            found.extend(self.writer.find(&sought).await.unwrap());
        }
        found
    }

    /// Their ARNs.
    pub(crate) async fn arns(&self) -> Vec<String> {
        let live = self.candidates().await;
        live.into_iter().filter_map(|live| live.facts.get("arn").cloned()).collect()
    }
}

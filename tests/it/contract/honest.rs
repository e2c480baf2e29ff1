//! A writer that shows what AWS would show, where an emulator is known to lie.
//!
//! The engine waits until it sees what was asked, and on an emulator that
//! forgets a field it would wait in vain. So a field all of whose differences
//! from what was written are known lies reads back as it was written, and
//! nothing else is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use ccprov::aws::{AwsCatalog, Writer};
use ccprov::engine::port::{Accepted, Answer, Made, Proven, Read, StackSummary, Write};
use ccprov::model::{
    Catalog as _, CloudError, Desired, Document, Emptying, ErrorClass, Facts, FieldDiff, Identity,
    Live, Sought,
};

use super::lies::{self, Lie};

/// What is known of the emulator's objects: what was written, by kind and name.
type Written = BTreeMap<(String, Identity), Document>;

pub(crate) struct Honest {
    emulator: &'static str,
    writer: Writer,
    catalog: AwsCatalog,
    written: Mutex<Written>,
    lied: Mutex<BTreeSet<&'static Lie>>,
}

impl Honest {
    pub(crate) fn new(emulator: &'static str, writer: Writer) -> Self {
        Self {
            emulator,
            writer,
            catalog: AwsCatalog::new(),
            written: Mutex::default(),
            lied: Mutex::default(),
        }
    }

    /// The lies that it was caught at so far.
    pub(crate) fn lied(&self) -> BTreeSet<&'static Lie> {
        self.lied.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with_written<T>(&self, of: impl FnOnce(&mut Written) -> T) -> T {
        of(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What was read, as AWS would have told it.
    fn mended(&self, sought: &Sought, mut live: Live) -> Live {
        let key = (live.kind.clone(), live.identity.clone());
        let Some(truth) = self.with_written(|written| written.get(&key).cloned()) else {
            return live;
        };
        let is_sought =
            |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
        let mut by_field: BTreeMap<String, Vec<FieldDiff>> = BTreeMap::new();
        let kind = self.catalog.kind(&live.kind).expect("a kind of ours");
        for diff in kind.compare(&truth, &live.document) {
            by_field.entry(diff.path.top().to_owned()).or_default().push(diff);
        }
        for (field, diffs) in by_field.into_iter().filter(|(field, _)| is_sought(field)) {
            let behind = diffs.iter().map(|diff| lies::behind(self.emulator, &live.kind, diff));
            let Some(told) = behind.collect::<Option<Vec<_>>>() else { continue };
            self.lied.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
            live.document.insert(field.clone(), truth[&field].clone());
        }
        live
    }
}

/// No emulator is at fault for a moment: what fails once fails again, and who
/// tries again would only learn of it late.
fn for_good(error: CloudError) -> CloudError {
    match error.class {
        ErrorClass::Transient | ErrorClass::Throttled => {
            CloudError { class: ErrorClass::Unexpected, ..error }
        }
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::NotYet(_)
        | ErrorClass::Denied
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Credentials
        | ErrorClass::Unexpected => error,
    }
}

/// What AWS says to a second creation.
fn twin(want: &Desired) -> CloudError {
    CloudError {
        attempted: format!("create {} {}", want.kind, want.identity),
        operation: "the emulator's lies".into(),
        class: ErrorClass::Exists,
        code: String::new(),
        message: "there is one".into(),
        request_id: None,
        hint: None,
    }
}

#[async_trait]
impl Read for Honest {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        let found = self.writer.find(sought).await.map_err(for_good)?;
        Ok(found.map(|live| self.mended(sought, live)))
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.writer.candidates(stacks).await.map_err(for_good)
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.writer.stacks().await.map_err(for_good)
    }
}

#[async_trait]
impl Write for Honest {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        if let Some(lie) = lies::behind_twins(self.emulator, &want.kind)
            && self.writer.find(&want.sought()).await?.is_some()
        {
            self.lied.lock().unwrap_or_else(PoisonError::into_inner).insert(lie);
            return Err(twin(want));
        }
        let made = self.writer.create(want).await.map_err(for_good)?;
        let key = (want.kind.clone(), want.identity.clone());
        self.with_written(|written| written.insert(key, want.document.clone()));
        Ok(made)
    }

    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts> {
        self.writer.complete(want, made).await.map_err(for_good)
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        let before = (have.live().kind.clone(), have.live().identity.clone());
        let accepted = self.writer.update(want, have, diff).await.map_err(for_good)?;
        self.with_written(|written| {
            let mut document = written.remove(&before).unwrap_or_default();
            for field in diff.iter().map(|diff| diff.path.top()) {
                match want.document.get(field) {
                    Some(value) => drop(document.insert(field.to_owned(), value.clone())),
                    None => drop(document.remove(field)),
                }
            }
            written.insert((want.kind.clone(), want.identity.clone()), document);
        });
        Ok(accepted)
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        self.writer.delete(have, emptying).await.map_err(for_good)
    }
}

//! A lease in memory, for several who contend for it: each through a door of
//! its own, which can be shut or lose answers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::engine::port::{Answer, LeaseStore};
use crate::model::{CloudError, ErrorClass, Found, Lease};

/// What befalls one write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It never arrives.
    Request,
    /// It takes effect, and nobody learns of it.
    Answer,
    /// Another writer is at it this very moment: it has no effect.
    Collision,
}

/// One who reads and writes the lease.
#[derive(Clone, Debug, Default)]
pub struct LeaseDoor {
    shelf: Arc<Mutex<Shelf>>,
    mishaps: Arc<Mutex<VecDeque<Mishap>>>,
    is_shut: Arc<AtomicBool>,
}

/// Where the lease lies, for all.
type Shelf = Option<(Lease, Instant)>;

/// As an `ETag` of S3 it follows from the content: equal leases, equal versions.
fn version_of(lease: &Lease) -> String {
    format!("{}.{}", lease.nonce, lease.renewals)
}

impl LeaseDoor {
    /// Another way to the same lease.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { shelf: Arc::clone(&self.shelf), ..Self::default() }
    }

    /// What befalls the next writes, one after the other.
    pub fn befall(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        let mut waiting = self.mishaps.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(mishaps);
    }

    /// From now on no call comes through, or all do again.
    pub fn shut(&self, is_shut: bool) {
        self.is_shut.store(is_shut, Ordering::Relaxed);
    }

    fn open(&self) -> Answer<MutexGuard<'_, Shelf>> {
        if self.is_shut.load(Ordering::Relaxed) {
            return Err(no_answer());
        }
        Ok(self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn mishap(&self) -> Option<Mishap> {
        self.mishaps.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

#[async_trait]
impl LeaseStore for LeaseDoor {
    async fn read(&self) -> Answer<Option<Found>> {
        let there = self.open()?;
        Ok(there.as_ref().map(|(lease, written)| Found {
            lease: lease.clone(),
            version: version_of(lease),
            age: written.elapsed(),
        }))
    }

    async fn write(&self, lease: &Lease, over: Option<&str>) -> Answer<Option<String>> {
        let mut there = self.open()?;
        let mishap = self.mishap();
        match mishap {
            Some(Mishap::Request) => return Err(no_answer()),
            Some(Mishap::Collision) => return Ok(None),
            Some(Mishap::Answer) | None => {}
        }
        let lying = there.as_ref().map(|(lying, _)| version_of(lying));
        let written = (lying.as_deref() == over).then(|| {
            *there = Some((lease.clone(), Instant::now()));
            version_of(lease)
        });
        if mishap == Some(Mishap::Answer) { Err(no_answer()) } else { Ok(written) }
    }

    async fn remove(&self, version: &str) -> Answer<bool> {
        let mut there = self.open()?;
        Ok(there.take_if(|(lying, _)| version_of(lying) == version).is_some())
    }
}

fn no_answer() -> CloudError {
    CloudError {
        attempted: "reach the lease".into(),
        operation: "sim:Lease".into(),
        class: ErrorClass::Transient,
        code: String::new(),
        message: "the line is dead".into(),
        request_id: None,
        hint: None,
    }
}

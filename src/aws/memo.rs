//! Answers that several kinds need during one look at the world, asked for once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::engine::port::Answer;

/// Remembers answers by key until [`forget`](Memo::forget). Whoever asks while
/// the answer is on its way waits for it instead of asking again.
#[derive(Debug)]
pub struct Memo<V> {
    cells: Mutex<BTreeMap<String, Arc<OnceCell<V>>>>,
}

impl<V: Clone> Memo<V> {
    /// The remembered answer, or the one that `ask` brings. A failure is not
    /// remembered.
    pub async fn get<F>(&self, key: &str, ask: impl FnOnce() -> F) -> Answer<V>
    where
        F: Future<Output = Answer<V>>,
    {
        let cell = {
            let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key.to_owned()).or_default())
        };
        cell.get_or_try_init(ask).await.cloned()
    }

    /// Forgets everything: somebody wrote.
    pub fn forget(&self) {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

//! Answers that several kinds need during one look at the world, asked for once.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

use crate::engine::port::Answer;

/// Remembers answers by key until [`forget`](Memo::forget). Whoever asks while
/// the answer is on its way waits for it instead of asking again, and hears of a failure, too.
#[derive(Debug)]
pub struct Memo<V> {
    cells: Mutex<BTreeMap<String, Cell<V>>>,
}

/// Where an answer is going to be.
type Cell<V> = Arc<OnceCell<Answer<V>>>;

impl<V: Clone> Memo<V> {
    /// The remembered answer, or the one that `ask` brings. A failure is not
    /// remembered: who asks later asks again.
    pub async fn get<F>(&self, key: &str, ask: impl FnOnce() -> F) -> Answer<V>
    where
        F: Future<Output = Answer<V>>,
    {
        let cell = Arc::clone(self.cells().entry(key.to_owned()).or_default());
        let answer = cell.get_or_init(ask).await.clone();
        if answer.is_err() {
            self.give_up(key, &cell);
        }
        answer
    }

    /// Nobody finds this answer any more. There may be another one by now.
    fn give_up(&self, key: &str, cell: &Cell<V>) {
        let mut cells = self.cells();
        if cells.get(key).is_some_and(|it| Arc::ptr_eq(it, cell)) {
            cells.remove(key);
        }
    }
}

impl<V> Memo<V> {
    /// Forgets everything: somebody wrote.
    pub fn forget(&self) {
        self.cells().clear();
    }

    fn cells(&self) -> MutexGuard<'_, BTreeMap<String, Cell<V>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Default for Memo<V> {
    fn default() -> Self {
        Self { cells: Mutex::default() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::future::join_all;

    use super::*;
    use crate::engine::wait::elapse;
    use crate::model::{CloudError, ErrorClass};

    /// Somebody who answers after a second, and refuses the first few times.
    struct Asked {
        times: AtomicUsize,
        refusals: usize,
    }

    impl Asked {
        async fn answer(&self) -> Answer<usize> {
            let time = self.times.fetch_add(1, Ordering::SeqCst);
            elapse(Duration::from_secs(1)).await;
            if time >= self.refusals { Ok(time) } else { Err(refusal()) }
        }
    }

    fn refusal() -> CloudError {
        CloudError {
            attempted: "ask".into(),
            operation: "tag:GetResources".into(),
            class: ErrorClass::Denied,
            code: "AccessDeniedException".into(),
            message: "no".into(),
            request_id: None,
            hint: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_meanwhile_waits_for_the_answer_and_a_refusal_is_not_remembered() {
        let (memo, asked) = (Memo::default(), Asked { times: AtomicUsize::new(0), refusals: 1 });
        let twenty = || join_all((0..20).map(|_| memo.get("", || asked.answer())));
        assert_eq!(twenty().await, vec![Err(refusal()); 20], "asked once, told to all");
        assert_eq!(twenty().await, vec![Ok(1); 20]);
        assert_eq!(twenty().await, vec![Ok(1); 20], "remembered");
        memo.forget();
        assert_eq!(twenty().await, vec![Ok(2); 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_for_anew_is_not_given_up_by_who_failed_before() {
        let (memo, asked) = (Memo::default(), Asked { times: AtomicUsize::new(0), refusals: 1 });
        let first = memo.get("", || asked.answer());
        let second = async {
            elapse(Duration::from_millis(500)).await;
            memo.forget();
            memo.get("", || asked.answer()).await
        };
        assert_eq!(futures::join!(first, second), (Err(refusal()), Ok(1)));
        assert_eq!(memo.get("", || asked.answer()).await, Ok(1));
    }
}

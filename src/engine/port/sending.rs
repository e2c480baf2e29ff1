//! How far a call is that sends much, told while it is made.
//!
//! A kind tells it from wherever it is; who carries out the step hears of it. Nobody else has
//! to know, so that no call is handed on who listens.

use tokio::task_local;

task_local! {
    static HEARER: Hearer;
}

type Hearer = Box<dyn Fn(Sent) + Send>;

/// How much of what a step sends has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// In bytes.
    pub bytes: u64,
    /// All that it sends, in bytes.
    pub of: u64,
}

/// Makes calls of which somebody hears how far they are.
pub(in crate::engine) async fn heard<T>(
    hearer: impl Fn(Sent) + Send + 'static,
    calls: impl Future<Output = T>,
) -> T {
    HEARER.scope(Box::new(hearer), calls).await
}

/// Tells how much has arrived, on the task of the step that sends it.
pub fn tell_sent(sent: Sent) {
    let _nobody_hears = HEARER.try_with(|hearer| hearer(sent));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn each_hears_of_its_own_calls() {
        let (out, told) = mpsc::channel();
        let sends = |name: &'static str, bytes: u64| {
            let out = out.clone();
            let hearer = move |sent: Sent| out.send((name, sent.bytes)).unwrap();
            heard(hearer, async move {
                for bytes in [bytes, bytes + 1] {
                    tell_sent(Sent { bytes, of: 9 });
                    tokio::task::yield_now().await;
                }
            })
        };
        futures::future::join(sends("one", 1), sends("other", 5)).await;
        tell_sent(Sent { bytes: 7, of: 9 });
        let told: Vec<(&str, u64)> = told.try_iter().collect();
        assert_eq!(told, [("one", 1), ("other", 5), ("one", 2), ("other", 6)]);
    }
}

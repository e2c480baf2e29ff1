//! Repeated measurements, and what may be said of them.

use std::fmt;
use std::time::{Duration, Instant};

/// Measurements of one thing in seconds, sorted.
#[derive(Debug)]
pub(crate) struct Spread(Vec<f64>);

impl Spread {
    pub(crate) fn of(measured: impl IntoIterator<Item = Duration>) -> Self {
        let mut measured: Vec<f64> = measured.into_iter().map(|it| it.as_secs_f64()).collect();
        measured.sort_by(f64::total_cmp);
        assert!(!measured.is_empty(), "nothing was measured");
        Self(measured)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// Whether every measurement here is below every one there.
    pub(crate) fn is_below(&self, other: &Self) -> bool {
        self.0.last() < other.0.first()
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (self.0[0], self.0[self.0.len() - 1]);
        write!(f, "{:.2} s ({least:.2} to {most:.2})", self.median())
    }
}

/// The one in the middle.
pub(crate) fn median<T: Ord>(counted: impl IntoIterator<Item = T>) -> T {
    let mut counted: Vec<T> = counted.into_iter().collect();
    counted.sort_unstable();
    let middle = counted.len() / 2;
    counted.swap_remove(middle)
}

/// A count for each resource, with one digit.
pub(crate) fn each(count: usize, resources: usize) -> String {
    let tenths = (count * 10 + resources / 2) / resources;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Bytes, as tables tell them.
#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// What some work takes by the clock on the wall.
#[expect(clippy::disallowed_methods, reason = "measures time; nothing depends on it")]
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let done = work();
    (done, began.elapsed())
}

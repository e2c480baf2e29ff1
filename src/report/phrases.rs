//! Small turns of phrase that several views share: durations, counts, lists.

use std::fmt::Display;
use std::time::Duration;

use crate::plan::Action;

pub(super) use super::pane::tame;

/// A duration at the precision that people care about: `40ms`, `1.2s`, `12s`,
/// `1m`, `2m 05s`, `1h 02m`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 if length.as_millis() < 100 => format!("{}ms", length.as_millis()),
        0..10 => format!("{seconds}.{}s", length.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// `1 step`, `2 steps`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn enumeration<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    let Some(last) = items.pop() else { return String::new() };
    if items.is_empty() { last } else { format!("{} and {last}", items.join(", ")) }
}

/// `creating`.
pub(super) fn doing(action: Action) -> &'static str {
    match action {
        Action::Create => "creating",
        Action::Update => "updating",
        Action::Delete => "deleting",
    }
}

/// `created`.
pub(super) fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Delete => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_at_their_own_scale() {
        let read: Vec<String> = [9, 99, 100, 1234, 9999, 12_900, 60_400, 125_000, 3_725_000]
            .into_iter()
            .map(|millis| duration(Duration::from_millis(millis)))
            .collect();
        assert_eq!(read, ["9ms", "99ms", "0.1s", "1.2s", "9.9s", "12s", "1m", "2m 05s", "1h 02m"]);
    }

    #[test]
    fn lists_end_in_and() {
        assert_eq!(enumeration::<&str>([]), "");
        assert_eq!(enumeration(["a"]), "a");
        assert_eq!(enumeration(["a", "b", "c"]), "a, b and c");
    }
}

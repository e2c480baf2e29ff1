//! What is told of entries that a stack does not state, beside those that it does.

use std::collections::BTreeSet;

use serde_json::Value;

use super::fate::Verdict;
use crate::model::{Beside, KindInfo, Path};

/// What becomes of the entries of a map or a list that the stack does not state, where
/// it states some.
pub(super) fn beside(kind: &KindInfo, verdict: &Verdict<'_>) -> Vec<String> {
    let Verdict::Update { want, live, diff } = verdict else { return Vec::new() };
    // A list differs as a whole, and a map by its entries.
    let places = diff.iter().flat_map(|diff| diff.path.around().chain([diff.path.clone()]));
    let places: BTreeSet<Path> = places.collect();
    let told = places.iter().filter_map(|path| {
        let becomes = match kind.beside(path)? {
            Beside::Stays => "stay as they are",
            Beside::Resets => "get their defaults again",
        };
        let (wanted, had) = (path.get(&want.document)?, path.get(&live.document)?);
        let others = match (wanted, had) {
            (Value::Object(wanted), Value::Object(had)) => {
                had.keys().filter(|key| !wanted.contains_key(*key)).count()
            }
            (Value::Array(wanted), Value::Array(had)) => {
                had.iter().filter(|item| !wanted.contains(item)).count()
            }
            _ => return None,
        };
        (others > 0).then(|| format!("{others} entries of {path} that are not stated {becomes}"))
    });
    told.collect()
}

//! Whether the key of what is encrypted admits who encrypts: the walk that rules about such
//! keys have in common.

use super::Judgement;
use super::delivery_path::Seen;
use super::keys::{self, KeyOf};
use crate::model::{Exhibit, Scene};

/// Of each of these, with `admits` for whether a key that is known does. AWS's own keys, and
/// none, need no policy.
pub(super) fn judge<'a>(
    scene: &'a Scene,
    encrypted: impl Iterator<Item = &'a Exhibit>,
    admits: impl Fn(&'a Exhibit, &'a Exhibit) -> Seen,
) -> Judgement {
    let mut judgement = Judgement::default();
    for exhibit in encrypted {
        let (key, path) = keys::key_of(scene, exhibit);
        let seen = match key {
            KeyOf::Nobody | KeyOf::Aws => continue,
            KeyOf::Open(why) => Seen::open(why),
            KeyOf::Here(key) => match keys::disabled(key) {
                Some(finding) => finding.into(),
                None => admits(exhibit, key),
            },
            KeyOf::There(key) => admits(exhibit, key).told_of(&exhibit.address, &path),
        };
        let subject = match seen.open {
            Some(why) => format!("{} (not judged: {why})", exhibit.address),
            None => exhibit.address.to_string(),
        };
        judgement.add(subject, seen.findings);
    }
    judgement
}

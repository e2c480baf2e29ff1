//! `lock`: where the lease lies that keeps two runs of a stack apart.

use super::alone::{evaluated, written};
use super::expand::Ground;
use super::header::account_id;
use super::load::StackFile;
use super::patterns::Library;
use super::shape;
use super::tree::{Entry, Map, Node};
use crate::model::{Diagnostic, Lock, Prepared};

/// Why so little can be referred to in it.
pub(super) const BEFORE_THE_LEASE: &str = "the lease is taken before anything is looked at: `lock` may refer to variables, to values, to the environment, and to `${stack}`, `${account}`, `${region}` and `${partition}` alone";

const KEYS: &[&str] = &["bucket", "key", "account"];
/// The kind whose objects can hold a lease.
const BUCKET: &str = "s3_bucket";
/// What S3 allows (S3 User Guide, "Object key names").
const LONGEST_KEY: usize = 1024;

/// The lock, if the section is there and well said: on a ground without resources, because
/// the lease is taken before anything of the stack is looked at.
pub(super) fn of(
    file: &StackFile,
    ground: Ground<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Lock> {
    let (library, nothing) = (Library::default(), Map::new());
    let (library, resources, early) = (&library, &nothing, Some(BEFORE_THE_LEASE));
    let ground = Ground { kinds: &[], library, resources, early, ..ground };
    let entry = file.root.get("lock").filter(|entry| !entry.node.is_null())?;
    // That it is a map was asked when the file was loaded.
    let map = entry.node.as_map()?;
    shape::only_keys(map, KEYS, "`lock`", problems);
    let bucket = shape::required(map, "bucket", "`lock`", &entry.key_at, problems)
        .and_then(|bucket| text(&bucket.node, "bucket", ground, problems, bucket_name));
    let key = match written(map, "key") {
        Some(node) => text(node, "key", ground, problems, object_key),
        // A run of the file from before it was renamed asks for the same.
        None => file.was().first().or(ground.stack).map(|stack| format!("ccprov/{stack}.lease")),
    };
    let stated = written(map, "account");
    let account = stated.and_then(|node| text(node, "account", ground, problems, account_id));
    Some(Lock { bucket: bucket?, key: key?, account })
}

/// The problem of a stack that keeps its lease in a bucket of its own.
pub(super) fn in_own_bucket<'a>(
    lock: &Lock,
    section: Option<&Entry>,
    mut resources: impl Iterator<Item = (&'a str, &'a Prepared)>,
) -> Option<Diagnostic> {
    let is_same = |(kind, prepared): &(&str, &Prepared)| {
        *kind == BUCKET && prepared.identity.as_str() == lock.bucket
    };
    resources.find(is_same)?;
    let at = section.and_then(|entry| entry.node.as_map()).and_then(|map| written(map, "bucket"));
    let problem = Diagnostic::error(format!("`{}` is a bucket of this very stack", lock.bucket));
    let problem = problem.at(at.map(|node| node.at.location()));
    let why = "the lease is taken before the bucket is there, and given back when it may be gone";
    Some(problem.because(why).hint("name a bucket that is there already, and not this stack's"))
}

fn text(
    node: &Node,
    key: &str,
    ground: Ground<'_>,
    problems: &mut Vec<Diagnostic>,
    check: fn(&str) -> Result<(), Diagnostic>,
) -> Option<String> {
    let node = evaluated(node, ground, problems);
    shape::checked(&node?, key, problems, check)
}

/// S3 User Guide, "General purpose bucket naming rules".
fn bucket_name(text: &str) -> Result<(), Diagnostic> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (3..=63).contains(&text.len())
        && text.chars().all(|c| is_letter(c) || c == '-' || c == '.')
        && text.starts_with(is_letter)
        && text.ends_with(is_letter);
    if fits {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` is not a bucket")).because(
        "a bucket's name has 3 to 63 lowercase letters, digits, dashes and dots, and begins and \
         ends with a letter or digit",
    ))
}

/// Fewer characters than S3 allows: the key stands in policies, where `*`, `?`
/// and `$` mean something else.
fn object_key(text: &str) -> Result<(), Diagnostic> {
    let fits = (1..=LONGEST_KEY).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.".contains(c))
        && !text.starts_with('/')
        && !text.ends_with('/');
    if fits {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` is not a key for a lease")).because(
        "it has letters, digits, dashes, underscores, dots and slashes, and neither begins nor \
         ends with a slash",
    ))
}

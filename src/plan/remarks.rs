//! What is said beside a change: which way bytes take, and how long what goes can be
//! brought back.

use super::fate::Verdict;
use crate::model::{Artifact, Catalog, Document, KindInfo, document};

/// Which bytes get to the cloud another way than with the call that needs them.
pub(super) fn detours(verdict: &Verdict<'_>, catalog: &dyn Catalog) -> Vec<String> {
    let (want, diff) = match verdict {
        Verdict::Create { want } | Verdict::Replace { want, .. } => (want, None),
        Verdict::Update { want, diff, .. } => (want, Some(diff)),
        Verdict::Keep { .. } | Verdict::Delete { .. } => return Vec::new(),
    };
    let is_sent = |artifact: &&Artifact| {
        let top = artifact.at.top();
        diff.is_none_or(|diff| diff.iter().any(|diff| diff.path.top() == top))
    };
    let told = want.artifacts.iter().filter(is_sent).filter_map(|artifact| {
        let kind = catalog.kind(&want.kind)?;
        let detour = kind.detour(kind.artifact(&artifact.at)?)?;
        let way = want.document.get(&*detour.by)?.as_str()?;
        let way = (!document::is_pending(way)).then_some(way)?;
        Some(format!("`{}` goes through {} {way}", artifact.at, detour.what))
    });
    told.collect()
}

/// How long what goes can still be brought back, as its file says, or else the
/// object.
pub(super) fn waiting(
    kind: &KindInfo,
    stated: Option<&Document>,
    seen: &Document,
    is_replaced: bool,
) -> Option<String> {
    let value = |field: &String| stated.and_then(|it| it.get(field)).or_else(|| seen.get(field));
    let days = kind.deleted_by.iter().find_map(|field| value(field)?.as_i64());
    let days = days.filter(|_| kind.revivable)?;
    Some(if is_replaced {
        format!("the old one is disabled when it goes, and gone for good {days} days later")
    } else {
        format!("it is gone for good {days} days later; until then, to declare it brings it back")
    })
}

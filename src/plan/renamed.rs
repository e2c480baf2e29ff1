//! What was renamed in the file looks like one that goes and one that comes.

use std::collections::BTreeMap;

use super::change::DeleteReason;
use super::fate::{Fate, Verdict};
use crate::model::{Address, Catalog, Live};

/// What comes and goes of one kind.
#[derive(Default)]
struct Traffic<'a> {
    gone: Vec<(Address, &'a Live)>,
    /// Where in the fates.
    new: Vec<usize>,
}

/// Notes at the only new resource of a kind, of which only one is not declared any
/// more, how that one stays. Of what holds something the guard speaks instead.
pub(super) fn note(fates: &mut [Fate<'_>], catalog: &dyn Catalog) {
    let mut kinds: BTreeMap<String, Traffic<'_>> = BTreeMap::new();
    for (index, fate) in fates.iter().enumerate() {
        match &fate.verdict {
            Verdict::Create { want } => kinds.entry(want.kind.clone()).or_default().new.push(index),
            Verdict::Delete { live, why: DeleteReason::NotDeclared, .. } => {
                let gone = (fate.address.clone(), *live);
                kinds.entry(live.kind.clone()).or_default().gone.push(gone);
            }
            Verdict::Delete { .. }
            | Verdict::Keep { .. }
            | Verdict::Update { .. }
            | Verdict::Replace { .. } => {}
        }
    }
    for (kind, traffic) in kinds {
        let ([(gone, live)], [new]) = (traffic.gone.as_slice(), traffic.new.as_slice()) else {
            continue;
        };
        let field = catalog.kind(&kind).and_then(|kind| kind.named_by.as_ref());
        let name = field.and_then(|field| Some((field, live.document.get(field)?.as_str()?)));
        if let Some((field, name)) = name.filter(|_| live.holdings.is_none()) {
            fates[*new].notes.push(format!(
                "if it is {gone} by another name, state `{field}: {name}` here, and it \
                 stays"
            ));
        }
    }
}

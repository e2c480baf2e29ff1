//! Whether an object may be touched, and the differences that make it ours.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::model::{
    Catalog, Claimant, Desired, Diagnostic, FieldDiff, KindInfo, Live, Owner, Path, Whose,
};

/// The path of a diff that says whose an object is to be.
pub const OWNER: &str = "owner";
/// Above the paths of diffs that say what the stack file says of its life.
pub const LIFECYCLE: &str = "lifecycle";

/// What has to be written for an object to be the resource's, and a note on it.
///
/// # Errors
/// It belongs to somebody else, or to nobody and is not to be adopted.
pub(super) fn ownership(
    claimant: Claimant<'_>,
    catalog: &dyn Catalog,
    kind: &KindInfo,
    want: &Desired,
    live: &Live,
) -> Result<(Vec<FieldDiff>, Option<String>), Diagnostic> {
    if !kind.tagged {
        return Ok((Vec::new(), None));
    }
    let ours = claimant.owner(kind, want);
    let claim =
        |had: Value| FieldDiff::new(Path::field(OWNER), Some(had), Some(json!(told(&ours))));
    let (claimed, note) = match claimant.whose(live, catalog) {
        Whose::Ours => match &live.owner {
            None => (None, None),
            Some(owner) if claimant.is_told_by(owner, &ours.address) => (None, None),
            Some(owner) => {
                let note = moved(owner, claimant, kind, want, live);
                (Some(claim(json!(told(owner)))), Some(note))
            }
        },
        Whose::OfNoRegion(owner) => {
            let note = format!(
                "an earlier ccprov made it and did not say for which region; {} claims it",
                claimant.place.region
            );
            (Some(claim(json!(told(owner)))), Some(note))
        }
        Whose::Anothers(owner) => return Err(anothers(want, owner, claimant)),
        Whose::Nobodys if want.lifecycle.adopt => {
            let note = "exists already and is taken over (`adopt: true`)".to_owned();
            (Some(claim(json!("nobody"))), Some(note))
        }
        Whose::Nobodys => return Err(nobodys(want)),
    };
    let kept = protection(&ours, live).into_iter().chain(trace(&ours, live));
    Ok((claimed.into_iter().chain(kept).collect(), note))
}

/// An owner in a diff.
fn told(owner: &Owner) -> String {
    match owner.address.as_str() {
        "" => owner.stack_in_region(),
        address => format!("{}/{address}", owner.stack_in_region()),
    }
}

/// What it was, and what keeps its name once `moved` is not said any more.
fn moved(
    owner: &Owner,
    claimant: Claimant<'_>,
    kind: &KindInfo,
    want: &Desired,
    live: &Live,
) -> String {
    if owner.address.as_str().is_empty() {
        return "somebody took the tag away that says which resource it is".to_owned();
    }
    if owner.stack != claimant.stack {
        return format!("was {} until now", told(owner));
    }
    let was = format!("was {} until now", owner.address);
    let field = kind.named_by.as_ref().filter(|field| !want.stated.contains(*field));
    let name = field.and_then(|field| Some((field, live.document.get(field)?.as_str()?)));
    match name.filter(|_| want.formerly.contains(&owner.address)) {
        Some((field, name)) => format!(
            "{was}, and keeps its name: before `moved` is taken out of the file, state \
             `{field}: {name}` here"
        ),
        None => was,
    }
}

/// That the object itself says whether the stack lets it go: there is not always
/// a file to ask.
fn protection(ours: &Owner, live: &Live) -> Option<FieldDiff> {
    let had = live.owner.as_ref().is_some_and(|owner| owner.prevent_destroy);
    let path = Path::field(LIFECYCLE).with_field("prevent_destroy");
    let diff = FieldDiff::new(path, Some(json!(had)), Some(json!(ours.prevent_destroy)));
    (had != ours.prevent_destroy).then_some(diff)
}

/// That the object itself says whose outputs it holds: who destroys these asks for it.
fn trace(ours: &Owner, live: &Live) -> Option<FieldDiff> {
    let nothing = BTreeSet::new();
    let had = live.owner.as_ref().map_or(&nothing, |owner| &owner.uses);
    let told = |uses: &BTreeSet<String>| (!uses.is_empty()).then(|| json!(uses));
    let path = Path::field(LIFECYCLE).with_field("uses");
    (*had != ours.uses).then(|| FieldDiff::new(path, told(had), told(&ours.uses)))
}

/// Another stack's, or that of this name in another region.
fn anothers(want: &Desired, owner: &Owner, claimant: Claimant<'_>) -> Diagnostic {
    let whose = owner.stack_in_region();
    let refusal =
        Diagnostic::error(format!("{} {} belongs to stack {whose}", want.kind, want.identity))
            .because(format!(
                "{} declares it too, and two stacks cannot own one object",
                want.address
            ));
    if owner.stack == claimant.stack {
        refusal.hint("give it another name in each region: one with `${region}` in it, or none")
    } else {
        refusal.hint("give this one another name, or remove it from the other stack first")
    }
}

fn nobodys(want: &Desired) -> Diagnostic {
    Diagnostic::error(format!(
        "{} {} exists already and carries no owner tag",
        want.kind, want.identity
    ))
    .because(format!("{} would change an object that ccprov did not create", want.address))
    .hint("to take it over, state `lifecycle: { adopt: true }`")
    .hint("to leave it alone, give this resource another name")
}

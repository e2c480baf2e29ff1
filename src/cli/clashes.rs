//! What stands against working on some stacks in one command.

use std::collections::BTreeMap;
use std::path::Path;

use super::exit::Failure;
use super::order::{self, Order};
use crate::model::{Address, Catalog, Desired, Diagnostic, Origin, Place, Stack, document};
use crate::spec::Lender;

/// One of them, on paper or as it is where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) file: &'a Path,
    pub(crate) stack: &'a Stack,
    pub(crate) origins: &'a BTreeMap<Address, Origin>,
    pub(crate) lenders: &'a BTreeMap<String, Lender>,
}

/// What paper tells.
pub(crate) fn on_paper(
    members: &[Member<'_>],
    order: &Order,
    catalog: &dyn Catalog,
) -> Result<(), Failure> {
    let mut found = used_elsewhere(members, order);
    found.extend(used_otherwise(members, order));
    found.extend(declared_twice(members, catalog));
    if found.is_empty() { Ok(()) } else { Err(Failure::input(found)) }
}

/// What is told when it is known where each of them is: also where a file leaves that to the
/// command line or to credentials.
pub(crate) fn in_place(
    members: &[Member<'_>],
    order: &Order,
    catalog: &dyn Catalog,
) -> Result<(), Failure> {
    let mut found = named_twice(members);
    found.extend(used_elsewhere(members, order));
    found.extend(declared_twice(members, catalog));
    if found.is_empty() { Ok(()) } else { Err(Failure::input(found)) }
}

/// Files of one stack. One that was renamed is also what it was.
fn named_twice(members: &[Member<'_>]) -> Vec<Diagnostic> {
    let mut twice = Vec::new();
    for (index, member) in members.iter().enumerate() {
        for other in members[..index].iter().filter(|it| it.stack.place == member.stack.place) {
            let names = [member, other].map(|it| (it.stack.name.as_str(), &it.stack.was));
            twice.extend(order::of_one_name([member.file, other.file], names));
        }
    }
    twice
}

/// Who uses another with the name that it has for that, and that one.
fn users<'a, 'm>(
    members: &'m [Member<'a>],
    order: &'m Order,
) -> impl Iterator<Item = (&'m Member<'a>, &'m str, &'m Member<'a>)> {
    let uses = move |(index, user)| {
        let uses = order.uses(index).iter();
        uses.map(move |(alias, used)| (user, alias.as_str(), &members[*used]))
    };
    members.iter().enumerate().flat_map(uses)
}

/// Stacks that are not where another uses them. What one is told of another is told of where
/// it uses that: a file that leaves its region open is in the user's there, and in the command's
/// where it is named.
fn used_elsewhere(members: &[Member<'_>], order: &Order) -> Vec<Diagnostic> {
    let told = |(user, alias, named): (&Member<'_>, &str, &Member<'_>)| {
        let meant = &user.stack.uses.get(alias)?.place;
        let place = &named.stack.place;
        let is_elsewhere = place.knows_region() && meant.region != place.region
            || place.knows_account() && meant.account != place.account;
        is_elsewhere.then(|| elsewhere((user.file, meant), (named.file, place)))
    };
    users(members, order).filter_map(told).collect()
}

fn elsewhere((user, meant): (&Path, &Place), (named, place): (&Path, &Place)) -> Diagnostic {
    let named = named.display();
    let here = |place: &Place| {
        let account = place.knows_account().then(|| format!("account {}", place.account));
        let parts = [account, Some(place.region.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" in ")
    };
    Diagnostic::error(format!("{named} is not worked on where {} uses it", user.display()))
        .because(format!(
            "it leaves open where it is: by this command that is {}, and for who uses it {}",
            here(place),
            here(meant)
        ))
        .hint(format!("state it in {named}: `region:`, and `account:` or `role:`"))
}

/// Stacks whose outputs are not what another takes them for, because it hands on variables
/// that the command has otherwise. Each plan would undo what the other did.
fn used_otherwise(members: &[Member<'_>], order: &Order) -> Vec<Diagnostic> {
    let told = |(user, alias, named): (&Member<'_>, &str, &Member<'_>)| {
        let lender = user.lenders.get(alias)?;
        if lender.place != named.stack.place {
            return None;
        }
        let differs = |output: &&String| {
            lender.checked.stack.outputs.get(*output) != named.stack.outputs.get(*output)
        };
        let output = lender.outputs.iter().find(differs)?;
        let (user, named) = (user.file.display(), named.file.display());
        Some(
            Diagnostic::error(format!("{user} uses {named} with other variables than the command"))
                .because(format!(
                    "output {output} would be one thing in {named}, and another for {user}"
                ))
                .hint(
                    "say the same to both: hand on what the command line says, as in \
                       `vars: { stage: \"${var.stage}\" }`, or name them in two commands",
                ),
        )
    };
    users(members, order).filter_map(told).collect()
}

/// Objects that several declare.
fn declared_twice(members: &[Member<'_>], catalog: &dyn Catalog) -> Vec<Diagnostic> {
    let mut known: BTreeMap<(&str, &str, &str, &str), (&Member<'_>, &Address)> = BTreeMap::new();
    let mut twice = Vec::new();
    for member in members {
        for (address, want) in &member.stack.resources {
            let Some(object) = object(want, &member.stack.place, catalog) else { continue };
            let Some((other, first)) = known.insert(object, (member, address)) else { continue };
            if other.file != member.file {
                twice.push(both_declare((member, address), (other, first), want));
            }
        }
    }
    twice
}

/// Where an object is, and what it is called there. AWS tells roles and policies of one account
/// apart by their names, whatever their paths.
fn object<'a>(
    want: &'a Desired,
    place: &'a Place,
    catalog: &dyn Catalog,
) -> Option<(&'a str, &'a str, &'a str, &'a str)> {
    let name = want.identity.as_str();
    if document::is_pending(name) {
        return None;
    }
    Some(if catalog.kind(&want.kind)?.global {
        (&place.account, "", &want.kind, name.rsplit('/').next()?)
    } else {
        (&place.account, &place.region, &want.kind, name)
    })
}

fn both_declare(
    (member, address): (&Member<'_>, &Address),
    (other, first): (&Member<'_>, &Address),
    want: &Desired,
) -> Diagnostic {
    let object = format!("{} {}", want.kind, want.identity);
    Diagnostic::error(format!("{object} is declared in {}, too", other.file.display()))
        .at(member.origins.get(address).map(|origin| origin.at.clone()))
        .because(format!("it is `{first}` there, and an object is of one stack"))
        .hint(format!(
            "give `{address}` another name, or take it out and refer to the other by `uses`"
        ))
}

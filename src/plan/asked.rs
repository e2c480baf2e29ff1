//! What somebody asks of a plan beyond what the stack states, and what the addresses
//! mean that stand there.

use std::collections::{BTreeMap, BTreeSet};

use super::excerpt::Excerpt;
use super::purpose::Purpose;
use crate::model::near::nearest;
use crate::model::{Address, Diagnostic, Stack};

/// What of a stack to plan, and what to make anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// What the plan is about, if that is not the whole stack.
    pub excerpt: Option<Excerpt>,
    /// What is made anew, though nothing asks for it.
    pub replace: BTreeSet<Address>,
}

/// The same as somebody writes it: an address of a resource, of a use of a pattern or of
/// a `for_each`.
#[derive(Clone, Debug, Default)]
pub struct AskedFor {
    /// What to plan; nothing for the whole stack.
    pub only: Vec<String>,
    /// What to make anew.
    pub replace: Vec<String>,
    /// What the plan is for.
    pub purpose: Purpose,
}

impl AskedFor {
    /// Whether this asks for anything but the plan of the stack.
    pub fn is_nothing(&self) -> bool {
        self.only.is_empty() && self.replace.is_empty()
    }

    /// Takes out of a stack what is not asked for. `told_of` says of which resources an
    /// output speaks.
    ///
    /// # Errors
    /// Every address that there is not, and what is to be made anew and is left out.
    pub fn of(
        &self,
        stack: &mut Stack,
        told_of: &BTreeMap<String, BTreeSet<Address>>,
    ) -> Result<Asked, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let only = meant("--only", &self.only, stack, &mut problems);
        let replace = meant("--replace", &self.replace, stack, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let excerpt = (!self.only.is_empty())
            .then(|| Excerpt::of(stack, (self.only.clone(), &only), told_of, self.purpose));
        let left_out: Vec<Diagnostic> = self
            .replace
            .iter()
            .filter(|text| replace.iter().any(|it| is_meant(text, it) && !is_in(stack, it)))
            .map(|text| is_left_out(text))
            .collect();
        if left_out.is_empty() { Ok(Asked { excerpt, replace }) } else { Err(left_out) }
    }
}

/// The resources that these addresses stand for.
fn meant(
    option: &str,
    written: &[String],
    stack: &Stack,
    problems: &mut Vec<Diagnostic>,
) -> BTreeSet<Address> {
    let mut meant = BTreeSet::new();
    for text in written {
        let found = stack.resources.keys().filter(|address| is_meant(text, address));
        let found: Vec<&Address> = found.collect();
        if found.is_empty() {
            problems.push(unknown(option, text, stack));
        }
        meant.extend(found.into_iter().cloned());
    }
    meant
}

/// Whether a text stands for a resource: by its address, or by that of a pattern's use or
/// a `for_each` that it is of.
fn is_meant(text: &str, address: &Address) -> bool {
    let rest = address.as_str().strip_prefix(text);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn is_in(stack: &Stack, address: &Address) -> bool {
    stack.resources.contains_key(address)
}

fn unknown(option: &str, text: &str, stack: &Stack) -> Diagnostic {
    let problem = Diagnostic::error(format!("{option} {text}: the stack has no such resource"))
        .because("an address is that of a resource, of a use of a pattern or of a `for_each`");
    let known = known(stack);
    // Terraform puts the type of a resource before its name.
    let behind_kind = text.split_once('.').map(|(_, rest)| rest);
    let behind_kind = known.iter().copied().find(|known| Some(*known) == behind_kind);
    let near = behind_kind.or_else(|| nearest(text, known.iter().copied()));
    let problem = match near {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    };
    problem.hint("`ccprov render` tells the resources of a stack file")
}

/// Every address that means something, those of resources first.
fn known(stack: &Stack) -> Vec<&str> {
    let addresses = || stack.resources.keys().map(Address::as_str);
    let groups: BTreeSet<&str> = addresses()
        .flat_map(|address| address.match_indices('.').map(move |(at, _)| &address[..at]))
        .collect();
    addresses().chain(groups).collect()
}

fn is_left_out(text: &str) -> Diagnostic {
    Diagnostic::error(format!("--replace {text}: --only leaves it out"))
        .because("a plan changes nothing that it does not speak of")
        .hint(format!("add `--only {text}`"))
}

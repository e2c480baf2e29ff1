//! What must be known of a stack before anything else can be: which it is, where it lives and
//! who works on it.

use std::collections::BTreeMap;

use super::alone::{evaluated, written};
use super::expand::Ground;
use super::inputs::Inputs;
use super::lent::Lent;
use super::lookup::BEFORE_THE_STACK;
use super::patterns::Library;
use super::role;
use super::shape;
use super::source::Mark;
use super::tree::{Map, Node, Value};
use super::variables::Variable;
use crate::model::{Diagnostic, FormerNames, Role};

/// Whether something stands under a key at the top.
pub(super) fn is_stated(root: &Map, key: &str) -> bool {
    root.get(key).is_some_and(|entry| !entry.node.is_null())
}

/// The name of a stack whose name waits for a variable that nobody gave.
const UNKNOWN: &str = "unknown";

/// What must be known before anything else can be: `stack`, `account`, `region` and
/// `role`. They may refer to variables, to values and to the environment.
pub(super) struct Header<'a> {
    pub(super) root: &'a Map,
    pub(super) start: &'a Mark,
    pub(super) variables: &'a BTreeMap<String, Variable>,
    pub(super) values: &'a Map,
    /// Of which it may use nothing.
    pub(super) library: &'a Library,
    pub(super) resources: &'a Map,
    pub(super) inputs: &'a Inputs<'a>,
}

/// Which stack it is.
pub(super) struct Identified {
    pub(super) name: String,
    pub(super) was: FormerNames,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) role: Option<Role>,
}

impl Header<'_> {
    /// `has_failed` says that problems were told already, of which it may be one
    /// that the stack's name is not known: then it goes by another, so that the
    /// rest can be checked. A stack with such problems gets no further.
    pub(super) fn read(&self, has_failed: bool) -> Result<Identified, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        if !is_stated(self.root, "stack") {
            let problem = shape::missing("stack", "the stack file", self.start);
            problems.push(problem.hint("`stack: NAME` names the owner of everything below"));
        }
        let name = self.text("stack", &mut problems, stack_name);
        let was = self.former_names(name.as_deref(), &mut problems);
        let account = self.text("account", &mut problems, account_id);
        let region = self.text("region", &mut problems, region_name);
        let role = role::of(self.root.get("role"), self.ground(), &mut problems);
        problems.extend(self.of_two_accounts(account.as_deref(), role.as_ref()));
        match name.or_else(|| has_failed.then(|| UNKNOWN.to_owned())) {
            Some(name) if problems.is_empty() => {
                Ok(Identified { name, was, account, region, role })
            }
            Some(_) | None => Err(problems),
        }
    }

    /// The names under `was`: one, or a list, the newest first.
    fn former_names(&self, name: Option<&str>, problems: &mut Vec<Diagnostic>) -> FormerNames {
        let mut names: Vec<String> = Vec::new();
        let node =
            written(self.root, "was").and_then(|node| evaluated(node, self.ground(), problems));
        let node = node.filter(|node| !node.is_null());
        let said = node.as_ref().map(|node| node.as_list().unwrap_or(std::slice::from_ref(node)));
        for node in said.into_iter().flatten() {
            let Some(was) = shape::checked(node, "was", problems, stack_name) else { continue };
            if name == Some(was.as_str()) {
                problems.push(is_its_name(&was).at(Some(node.at.location())));
            } else if names.contains(&was) {
                let problem = Diagnostic::error(format!("`was` names `{was}` twice"));
                problems.push(problem.at(Some(node.at.location())));
            } else {
                names.push(was);
            }
        }
        FormerNames(names)
    }

    /// The problem of a role that leads to another account than the one that is stated.
    fn of_two_accounts(&self, account: Option<&str>, role: Option<&Role>) -> Option<Diagnostic> {
        let (account, role) = (account?, role?);
        let theirs = role.account();
        let at = self.root.get("role").map(|entry| entry.node.at.location());
        let problem = Diagnostic::error(format!("the role is in account {theirs}"))
            .at(at)
            .because(format!("the stack is pinned to account {account}, and a role makes calls in its own account alone"))
            .hint("name a role of that account, or leave `account` out: the role says it");
        (theirs != account).then_some(problem)
    }

    pub(super) fn ground(&self) -> Ground<'_> {
        Ground {
            stack: None,
            place: None,
            env: self.inputs.env,
            variables: self.variables,
            values: self.values,
            kinds: &[],
            library: self.library,
            resources: self.resources,
            lent: const { &Lent::NONE },
            existing: const { &Map::new() },
            sights: &[],
            early: Some(BEFORE_THE_STACK),
        }
    }

    fn text(
        &self,
        key: &str,
        problems: &mut Vec<Diagnostic>,
        check: fn(&str) -> Result<(), Diagnostic>,
    ) -> Option<String> {
        let written = &self.root.get(key)?.node;
        let node = evaluated(written, self.ground(), problems);
        if let (Some(nothing), "stack") = (node.as_ref().filter(|node| node.is_null()), key)
            && !written.is_null()
        {
            let problem = Diagnostic::error("`stack` comes to nothing");
            problems.push(problem.at(Some(nothing.at.location())));
        }
        let node = node.filter(|node| !node.is_null())?;
        if key == "account" && matches!(node.value, Value::Number(_)) {
            problems.push(unquoted_account(&node));
            return None;
        }
        shape::checked(&node, key, problems, check)
    }
}

fn is_its_name(was: &str) -> Diagnostic {
    Diagnostic::error(format!("`was: {was}` is the name that the stack has"))
        .because("it says by which name the stack went before it was renamed")
        .hint("leave it out, or write the former name")
}

/// What is wrong with a name, if it cannot be a stack's.
pub fn stack_name(text: &str) -> Result<(), Diagnostic> {
    // 40, because names of AWS hold 63 to 80 characters and are made of the
    // stack's name, the address and, for buckets, a suffix.
    const LONGEST: usize = 40;
    let fits = text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` cannot be a stack's name")).because(format!(
        "it has 1 to {LONGEST} lowercase letters, digits and dashes, and begins with a letter"
    )))
}

pub(super) fn account_id(text: &str) -> Result<(), Diagnostic> {
    if text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        return Ok(());
    }
    Err(Diagnostic::error(format!("`{text}` is not an account"))
        .because("an AWS account id has 12 digits"))
}

fn unquoted_account(node: &Node) -> Diagnostic {
    Diagnostic::error("`account` must be quoted")
        .at(Some(node.at.location()))
        .because("without quotes it is a number, and loses its leading zeros")
        .hint(format!("write `account: \"{}\"`", node.at.text()))
}

/// What is wrong with a text, if it cannot be a region's name.
pub fn region_name(text: &str) -> Result<(), Diagnostic> {
    let parts: Vec<&str> = text.split('-').collect();
    let fits = parts.len() >= 3
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && parts.last().is_some_and(|last| last.parse::<u8>().is_ok());
    if fits {
        return Ok(());
    }
    let problem = Diagnostic::error(format!("`{text}` is not a region"));
    let zone = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    if zone != text && region_name(zone).is_ok() {
        return Err(problem.hint(format!("`{text}` is a zone; its region is `{zone}`")));
    }
    Err(problem.because("regions read like `eu-central-1`"))
}

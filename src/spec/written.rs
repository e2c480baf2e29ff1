//! A declared resource with its fields worked out: what its kind is asked to
//! understand.

use std::collections::BTreeMap;

use super::artifacts::Checkout;
use super::entry::ENTRY_KEYS;
use super::expand::{Declared, Env, Expansion};
use super::ignored;
use super::patience;
use super::reference::{self, Part};
use super::shape;
use super::source::Mark;
use super::spelling;
use super::tree::{Entry, Map, Node, Value};
use super::yaml::MERGE;
use crate::model::{
    Address, Artifact, Diagnostic, FactRef, KeptName, KindInfo, Lifecycle, Origin, Path, document,
};

/// One resource. Its fields may hold facts of others.
pub(super) struct Written<'a> {
    pub(super) address: Address,
    /// The addresses that it had, the first first.
    pub(super) formerly: Vec<Address>,
    /// The name of the stack that its default name is made from, if not the first.
    pub(super) named_in: Option<String>,
    pub(super) kind: &'a KindInfo,
    /// A map of the kind's fields, the stack's tags among them.
    pub(super) fields: Node,
    /// What they take of the checkout. In the fields stand the hashes.
    pub(super) artifacts: Vec<Artifact>,
    pub(super) lifecycle: Lifecycle,
    /// What `depends_on` names, and where.
    pub(super) after: BTreeMap<Address, Mark>,
    /// The resource's name, where it is declared.
    pub(super) at: Mark,
    /// The entry of the stack file that the resource comes from.
    pub(super) top: Mark,
    /// The use of a pattern that it is of.
    pub(super) within: Option<Address>,
    /// Which resource it is, for the detail of a problem.
    pub(super) context: String,
    /// Whether all of it could be worked out. What could not was told, and is
    /// left out of the fields.
    pub(super) is_whole: bool,
}

/// One fact that a resource refers to.
pub(super) struct Mention {
    pub(super) path: Path,
    pub(super) fact: FactRef,
    pub(super) at: Mark,
}

impl Written<'_> {
    /// Gives the resource a name, unless it states one.
    pub(super) fn take_name(&mut self, name: &str) {
        let (Some(field), Value::Map(fields)) = (&self.kind.named_by, &mut self.fields.value)
        else {
            return;
        };
        // Null counts as left out.
        if fields.get(field).is_none_or(|entry| entry.node.is_null()) {
            let entry = Entry { key_at: self.at.clone(), node: Node::text(name, &self.at) };
            fields.insert(field.clone(), entry);
        }
    }

    /// Where its user finds it.
    pub(super) fn origin(&self) -> Origin {
        let is_users = self.at.source.path.is_some();
        match &self.within {
            Some(within) if is_users => Origin {
                at: self.at.location(),
                used: Some(self.top.location()),
                within: Some(within.clone()),
            },
            Some(_) | None => Origin::of(self.top.location()),
        }
    }

    /// Every fact that the fields refer to.
    pub(super) fn mentions(&self) -> Vec<Mention> {
        let mut found = Vec::new();
        self.fields.each_text(&mut |path, text, at| {
            for fact in document::pending_facts(&text.into()) {
                found.push(Mention { path: path.clone(), fact, at: at.clone() });
            }
        });
        found
    }
}

/// What the stack says of the tags of all resources.
pub(super) struct StackTags {
    /// Those that each of them carries.
    pub(super) own: Map,
    /// Those that are left to others.
    pub(super) ignored: Vec<String>,
}

/// Works out the fields of every declared resource.
pub(super) fn write_out<'a>(
    expansion: &mut Expansion<'a>,
    tags: &StackTags,
    checkout: &Checkout,
) -> Vec<Written<'a>> {
    let declared = expansion.declared.clone().into_iter().enumerate();
    let of_its_own = |(index, mut resource): (usize, Declared<'a>)| {
        resource.env.own = Some(index);
        resource
    };
    declared.map(of_its_own).map(|resource| expansion.write(resource, tags, checkout)).collect()
}

/// The stack's `tags`, worked out and checked.
pub(super) fn stack_tags(expansion: &mut Expansion<'_>, section: Option<&Map>) -> Map {
    let mut tags = Map::new();
    for (key, entry) in section.into_iter().flatten() {
        let Some(node) = expansion.evaluate(&entry.node, &Env::of(0)) else { continue };
        if node.is_null() {
            continue;
        }
        let Some(text) = node.scalar_text() else {
            let summary = format!("the tag `{key}` must be text, not {}", node.type_name());
            let problem = Diagnostic::error(summary).at(Some(node.at.location()));
            expansion.problems.push(problem);
            continue;
        };
        let node = Node::text(text, &node.at);
        expansion.problems.extend(reserved_tag(key, &entry.key_at));
        tags.insert(key.clone(), Entry { key_at: entry.key_at.clone(), node });
    }
    tags
}

/// The problem of a tag that belongs to somebody else.
fn reserved_tag(key: &str, at: &Mark) -> Option<Diagnostic> {
    let lower = key.to_lowercase();
    let owner = match (lower.starts_with("aws:"), lower.starts_with("ccprov:")) {
        (true, _) => "AWS refuses such tags from anybody but itself",
        (_, true) => "these tags say who owns an object, and are written by ccprov alone",
        (false, false) => return None,
    };
    let problem = Diagnostic::error(format!("the tag `{key}` is reserved")).because(owner);
    Some(problem.at(Some(at.location())))
}

impl<'a> Expansion<'a> {
    fn write(
        &mut self,
        resource: Declared<'a>,
        tags: &StackTags,
        checkout: &Checkout,
    ) -> Written<'a> {
        let Declared { address, kind, entry, env, at, top } = resource;
        let mut fields = Map::new();
        let mut sound = true;
        let is_field = |key: &str| key != MERGE && !ENTRY_KEYS.contains(&key);
        for (key, field) in entry.iter().filter(|(key, _)| is_field(key)) {
            match self.evaluate(&field.node, &env) {
                Some(node) => {
                    fields.insert(key.clone(), Entry { key_at: field.key_at.clone(), node });
                }
                None => sound = false,
            }
        }
        sound &= self.merge_fields(entry, &mut fields, &env).is_some();
        let lifecycle = self.lifecycle(entry, kind, &env);
        let after = self.depends_on(entry, &env);
        if kind.tagged && sound && self.spend(tags.own.len(), &at).is_some() {
            self.add_tags(&mut fields, &tags.own, &env, &at);
        }
        let context = match &self.scopes[env.scope].usage {
            None => format!("in `{address}` of kind `{}`", kind.name),
            Some(usage) => format!(
                "in `{address}` of kind `{}`, from the pattern used at {}",
                kind.name, usage.at
            ),
        };
        let within = self.scopes[env.scope].usage.as_ref().map(|usage| usage.address.clone());
        let mut fields = Node::new(Value::Map(fields), &at);
        let artifacts = self.shaped(env.scope, |found| {
            let artifacts = checkout.take(kind, &mut fields, found);
            found.is_empty().then_some(artifacts)
        });
        // What is left of `file:` are texts.
        let filled = self.with_files(&kind.schema, fields, &env);
        let is_whole = sound
            && lifecycle.is_some()
            && after.is_some()
            && artifacts.is_some()
            && filled.is_some();
        let fields = filled.unwrap_or_else(|| Node::new(Value::Map(Map::new()), &at));
        let artifacts = artifacts.unwrap_or_default();
        let (mut lifecycle, after) = (lifecycle.unwrap_or_default(), after.unwrap_or_default());
        if kind.tagged {
            lifecycle.ignore_tags.clone_from(&tags.ignored);
        }
        let mut doubts = Vec::new();
        let fields = spelling::as_wanted(&kind.schema, &fields, &mut |number| {
            doubts.extend(spelling::doubt(number));
        });
        for doubt in doubts {
            self.report(env.scope, doubt);
        }
        Written {
            address,
            formerly: Vec::new(),
            named_in: None,
            kind,
            fields,
            artifacts,
            lifecycle,
            after,
            at,
            top,
            within,
            context,
            is_whole,
        }
    }

    /// The fields that `<<: "${value.name}"` brings: fields alone, for what an entry is
    /// and whether it is there was known before.
    fn merge_fields(&mut self, entry: &Map, fields: &mut Map, env: &Env) -> Option<()> {
        self.merge(entry, fields, env)?;
        let Some(merged) = entry.get(MERGE) else { return Some(()) };
        for key in ENTRY_KEYS {
            if fields.remove(*key).is_some() {
                let problem = Diagnostic::error(format!("`<<` brings `{key}`, which is no field"))
                    .at(Some(merged.node.at.location()))
                    .hint(format!(
                        "write `{key}:` into the entry, or merge by an alias, `<<: *name`"
                    ));
                self.report(env.scope, problem);
            }
        }
        Some(())
    }

    /// Lays the resource's own tags over the stack's.
    fn add_tags(&mut self, fields: &mut Map, tags: &Map, env: &Env, at: &Mark) {
        let own = fields.get("tags").filter(|entry| !entry.node.is_null());
        let Some(own) = own else {
            if !tags.is_empty() {
                let node = Node::new(Value::Map(tags.clone()), at);
                fields.insert("tags".to_owned(), Entry { key_at: at.clone(), node });
            }
            return;
        };
        // Tags that are no map are the schema's to refuse.
        let Some(map) = own.node.as_map() else { return };
        let reserved: Vec<Diagnostic> =
            map.iter().filter_map(|(key, entry)| reserved_tag(key, &entry.key_at)).collect();
        let mut merged = tags.clone();
        merged.extend(map.iter().map(|(key, entry)| (key.clone(), entry.clone())));
        let node = Node::new(Value::Map(merged), &own.node.at);
        let entry = Entry { key_at: own.key_at.clone(), node };
        fields.insert("tags".to_owned(), entry);
        for problem in reserved {
            self.report(env.scope, problem);
        }
    }

    fn lifecycle(&mut self, entry: &Map, kind: &KindInfo, env: &Env) -> Option<Lifecycle> {
        const KEYS: &[&str] = &["prevent_destroy", "ignore_changes", "adopt", "patience"];
        let mut lifecycle = Lifecycle::default();
        let Some(written) = entry.get("lifecycle").filter(|entry| !entry.node.is_null()) else {
            return Some(lifecycle);
        };
        let node = self.evaluate(&written.node, env)?;
        let mut found = Vec::new();
        if let Some(map) = shape::map(&node, "lifecycle", &mut found) {
            shape::only_keys(map, KEYS, "`lifecycle`", &mut found);
            for (key, entry) in map.iter().filter(|(_, entry)| !entry.node.is_null()) {
                match key.as_str() {
                    "prevent_destroy" => {
                        lifecycle.prevent_destroy |=
                            shape::flag(&entry.node, key, &mut found).unwrap_or_default();
                    }
                    "adopt" => {
                        lifecycle.adopt |=
                            shape::flag(&entry.node, key, &mut found).unwrap_or_default();
                    }
                    "patience" => {
                        lifecycle.patience = patience::of(&entry.node, &mut found);
                    }
                    "ignore_changes" => {
                        lifecycle.ignore_changes = ignored::changes(&entry.node, kind, &mut found);
                    }
                    _ => {}
                }
            }
        }
        let sound = found.is_empty();
        for problem in found {
            self.report(env.scope, problem);
        }
        sound.then_some(lifecycle)
    }

    fn depends_on(&mut self, entry: &Map, env: &Env) -> Option<BTreeMap<Address, Mark>> {
        let mut after = BTreeMap::new();
        let Some(written) = entry.get("depends_on").filter(|entry| !entry.node.is_null()) else {
            return Some(after);
        };
        let items = self.shaped(env.scope, |found| shape::list(&written.node, "depends_on", found));
        let mut sound = true;
        for item in items? {
            match self.named_by(item, env) {
                Some(addresses) => {
                    after.extend(addresses.into_iter().map(|address| (address, item.at.clone())));
                }
                None => sound = false,
            }
        }
        sound.then_some(after)
    }

    /// The resources that an item of `depends_on` names. It is written as in a
    /// reference, but bare: it stands for the resource and not for a value.
    pub(super) fn named_by(&mut self, item: &Node, env: &Env) -> Option<Vec<Address>> {
        let text = self.shaped(env.scope, |found| shape::text(item, "an address", found))?;
        let parts = reference::parse(&format!("${{{text}}}"));
        if let Ok([Part::Reference(name)]) = parts.as_deref()
            && name.fallback.is_none()
        {
            return self.resources_of(name, &item.at, env);
        }
        let problem = Diagnostic::error(format!("`{text}` is not an address"))
            .at(Some(item.at.location()))
            .because("an address is names and dots alone: `claimcheck.queue`");
        let problem = if text.contains("${") {
            problem.hint("name the resource itself, without `${`, `}` and fact")
        } else {
            problem
        };
        self.report(env.scope, problem);
        None
    }
}

/// Gives resources the names that they are to keep.
pub(super) fn take_names(resources: &mut [Written<'_>], names: &BTreeMap<Address, KeptName>) {
    for resource in resources {
        match names.get(&resource.address) {
            Some(KeptName::Whole(name)) => resource.take_name(name),
            Some(KeptName::OfStack(stack)) => resource.named_in = Some(stack.clone()),
            None => {}
        }
    }
}

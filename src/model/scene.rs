//! What checks judge: resources as they are declared, or as they live, in one
//! form, so that a rule cannot tell the two apart.

use std::collections::BTreeMap;

use super::{
    Address, Catalog, Document, FactRef, Facts, Identity, Live, Path, Place, PolicyField, Probe,
    Stack,
};

/// The resources of a stack at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The stack's name.
    pub stack: String,
    /// Account and region.
    pub place: Place,
    /// What there is. A resource that does not live is not here.
    pub exhibits: BTreeMap<Address, Exhibit>,
    /// What is not of the stack, and was looked at because its documents name
    /// it: by the name that they have for it.
    pub others: BTreeMap<String, Other>,
    /// Where each kind names the keys that encrypt what it holds.
    pub keys: BTreeMap<String, Vec<Path>>,
    /// Where each kind keeps policies.
    pub policies: BTreeMap<String, Vec<PolicyField>>,
    /// What its user has tried of it. May wait for facts.
    pub probes: Vec<Probe>,
}

/// Something that is not of the stack.
#[derive(Clone, Debug, PartialEq)]
pub enum Other {
    /// As it lives. Its address is its name.
    Seen(Exhibit),
    /// There is none, or it is on its way out: a phrase that says so.
    Gone(String),
    /// Nobody could look: a phrase that says why.
    Hidden(String),
}

/// One resource of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Exhibit {
    /// Our name of it.
    pub address: Address,
    /// For example `sqs_queue`.
    pub kind: String,
    /// AWS's name of it.
    pub identity: Identity,
    /// Its fields in canonical form: policies as the kind compares them.
    pub document: Document,
    /// Its facts. One that is not known yet is its own marker, which is also
    /// what the documents of others have in its place: whoever looks for
    /// `arn` finds it by equality, known or not.
    pub facts: Facts,
}

impl Scene {
    /// As the stack file wants it.
    pub fn desired(stack: &Stack, catalog: &dyn Catalog) -> Self {
        let exhibits = stack.resources.values().map(|want| {
            let mut facts = want.predicted.clone();
            for fact in catalog.kind(&want.kind).into_iter().flat_map(|kind| &kind.facts) {
                let marker = FactRef { address: want.address.clone(), fact: fact.name.clone() };
                facts.entry(fact.name.clone()).or_insert_with(|| marker.marker());
            }
            let exhibit = Exhibit {
                address: want.address.clone(),
                kind: want.kind.clone(),
                identity: want.identity.clone(),
                document: want.document.clone(),
                facts,
            };
            (want.address.clone(), exhibit)
        });
        Self::of(stack, exhibits.collect(), catalog)
    }

    /// As it lives.
    pub fn live(stack: &Stack, found: &BTreeMap<Address, Live>, catalog: &dyn Catalog) -> Self {
        let exhibits = found.iter().map(|(address, live)| {
            let mut exhibit = Exhibit::living(address.clone(), live);
            // Of examples and the like the file alone tells.
            let means = catalog.kind(&live.kind).into_iter().flat_map(|kind| &kind.means);
            let stated = stack.resources.get(address).map(|want| &want.document);
            exhibit.document.extend(
                means.filter_map(|field| Some((field.clone(), stated?.get(field)?.clone()))),
            );
            (address.clone(), exhibit)
        });
        Self::of(stack, exhibits.collect(), catalog)
    }

    fn of(stack: &Stack, exhibits: BTreeMap<Address, Exhibit>, catalog: &dyn Catalog) -> Self {
        let path = |field: &String| {
            field.split('.').fold(Path::default(), |path, name| path.with_field(name))
        };
        let keys = catalog.kinds().iter().filter(|kind| !kind.keys.is_empty());
        let policies = catalog.kinds().iter().filter(|kind| !kind.policies.is_empty());
        Self {
            stack: stack.name.clone(),
            place: stack.place.clone(),
            exhibits,
            others: BTreeMap::new(),
            keys: keys
                .map(|kind| (kind.name.clone(), kind.keys.iter().map(path).collect()))
                .collect(),
            policies: policies.map(|kind| (kind.name.clone(), kind.policies.clone())).collect(),
            probes: stack.probes.clone(),
        }
    }

    /// A fact of a resource, or what stands for it where nothing is known.
    pub fn fact(&self, fact: &FactRef) -> Option<String> {
        self.exhibits.get(&fact.address)?.facts.get(&fact.fact).cloned()
    }

    /// Where a resource names the keys that encrypt what it holds.
    pub fn keys_of(&self, exhibit: &Exhibit) -> &[Path] {
        self.keys.get(&exhibit.kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every resource of a kind.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Exhibit> {
        self.exhibits.values().filter(move |exhibit| exhibit.kind == kind)
    }

    /// The resource of a kind that a field's value names: by ARN, by name, or
    /// by whatever else is a fact of it.
    pub fn named(&self, kind: &str, value: &str) -> Option<&Exhibit> {
        self.of_kind(kind).find(|exhibit| {
            exhibit.identity.as_str() == value || exhibit.facts.values().any(|fact| fact == value)
        })
    }
}

impl Exhibit {
    /// An object that lives.
    pub fn living(address: Address, live: &Live) -> Self {
        Self {
            address,
            kind: live.kind.clone(),
            identity: live.identity.clone(),
            document: live.document.clone(),
            facts: live.facts.clone(),
        }
    }

    /// A fact; empty where the kind has none of that name.
    pub fn fact(&self, name: &str) -> &str {
        self.facts.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A field's text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.document.get(field)?.as_str().filter(|text| !text.is_empty())
    }
}

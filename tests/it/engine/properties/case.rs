//! What a property is tried on: a stack and what becomes of it, the objects of
//! others, the weather, and the moments at which runs die.
//!
//! Everything is drawn as a list of small parts that point to earlier ones by
//! how far back they are, so that a part can be left out and the rest still
//! means something: this is how a failure shrinks to a small stack.

use std::collections::BTreeSet;
use std::fmt;

use ccprov::model::{Address, Facts, Identity, Live, Owner, Stack, Status};
use ccprov::sim::{Cloud, Weather};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::super::site::{self, STACK, place};

/// One trial.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) resources: Map<String, Value>,
    /// The same, changed.
    pub(super) later: Map<String, Value>,
    pub(super) others: Vec<Other>,
    /// Foul from this seed, or even.
    pub(super) weather: Option<u16>,
    /// When one run after the other dies. The runs after these live.
    pub(super) deaths: Vec<Death>,
    /// Whether each run begins only when all looks see what the dead ones did.
    pub(super) is_patient: bool,
    /// One of the first, on which others may depend: to create it is never allowed.
    pub(super) denied: Option<String>,
    /// How many milliseconds later the second of two runs begins.
    pub(super) delay: u16,
}

/// When a run dies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Death {
    /// At a call, before or after it took effect.
    Call(u64),
    /// When it has told this many events.
    Event(usize),
}

/// An object that is not ours.
#[derive(Clone, Debug)]
pub(super) struct Other {
    kind: &'static str,
    name: String,
    is_owned: bool,
    /// Whether it appears between the plan and the run, under a name of ours.
    pub(super) squats: bool,
}

impl Case {
    pub(super) fn weather(&self) -> Weather {
        self.weather.map_or_else(|| Weather::even(0), |seed| Weather::foul(seed.into()))
    }

    /// A cloud in the case's weather, with the objects of others.
    pub(super) fn cloud(&self) -> Cloud<'static> {
        self.cloud_in(self.weather())
    }

    /// The same in another weather.
    pub(super) fn cloud_in(&self, weather: Weather) -> Cloud<'static> {
        let cloud = site::cloud(weather).confirmed_outside("invite");
        for other in self.others.iter().filter(|other| !other.squats) {
            cloud.put(other.live());
        }
        cloud
    }

    pub(super) fn stack(&self) -> Stack {
        site::stack(&Value::Object(self.resources.clone()))
    }

    pub(super) fn later(&self) -> Stack {
        site::stack(&Value::Object(self.later.clone()))
    }

    /// Whether a resource has another object in the changed stack, which can come
    /// before the old one goes.
    pub(super) fn has_successor(&self, address: &str) -> bool {
        let differs = |field: &str| {
            let both = self.resources.get(address).zip(self.later.get(address));
            both.is_some_and(|(had, has)| had.get(field) != has.get(field))
        };
        let is_key = self.later.get(address).is_some_and(|it| it["kind"] == "key");
        differs("name") || is_key && differs("shape")
    }

    /// For the jitter of the run.
    pub(super) fn seed(&self) -> u64 {
        self.weather.unwrap_or_default().into()
    }

    /// How often something of this name may come into being: once, and once
    /// more if it is replaced.
    pub(super) fn births(&self, identity: &str) -> u32 {
        let address = identity.trim_start_matches("dev-");
        let shape = |stack: &Map<String, Value>| stack.get(address).map(|it| it["shape"].clone());
        let is_replaced = shape(&self.later).is_some_and(|new| Some(new) != shape(&self.resources));
        1 + u32::from(is_replaced)
    }
}

impl Other {
    pub(super) fn live(&self) -> Live {
        let owner = Owner::new("other", Address::new("theirs"));
        Live { owner: self.is_owned.then_some(owner), ..of_nobody(self.kind, &self.name) }
    }

    fn arn(&self) -> String {
        place().arn("sim", &format!("{}/{}", self.kind, self.name))
    }
}

/// An object of others with this name, which nobody owns.
pub(crate) fn of_nobody(kind: &str, name: &str) -> Live {
    let arn = place().arn("sim", &format!("{kind}/{name}"));
    let facts = [("arn", arn), ("name", name.to_owned()), ("id", format!("{name}-id"))];
    let facts: Facts = facts.map(|(fact, value)| (fact.to_owned(), value)).into();
    let document = json!({ "name": name, "color": "theirs", "size": 7 });
    Live {
        kind: kind.into(),
        identity: Identity(name.into()),
        document: document.as_object().cloned().unwrap_or_default(),
        facts,
        owner: None,
        status: Status::Current,
        holdings: None,
        parent: None,
        held: None,
        remark: None,
    }
}

/// As a stack file, with the rest above it: one line for each resource.
impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.weather {
            Some(seed) => writeln!(f, "# foul weather, seed {seed}")?,
            None => writeln!(f, "# even weather")?,
        }
        if !self.deaths.is_empty() {
            let when = if self.is_patient { "when all is seen" } else { "at once" };
            writeln!(f, "# runs die at {:?}, and the next follow {when}", self.deaths)?;
        }
        if let Some(address) = &self.denied {
            writeln!(f, "# {address} cannot be created, where the property says so")?;
        }
        if self.delay > 0 {
            writeln!(f, "# the second run begins after {} ms", self.delay)?;
        }
        for Other { kind, name, is_owned, squats } in &self.others {
            let whose = if *is_owned { "another stack's" } else { "nobody's" };
            let when = if *squats { ", after the plan" } else { "" };
            writeln!(f, "# there is {kind} {name}, {whose}{when}")?;
        }
        writeln!(f, "stack: {STACK}\nresources:")?;
        for (address, resource) in &self.resources {
            writeln!(f, "  {address}: {resource}")?;
        }
        if self.later != self.resources {
            writeln!(f, "# and then")?;
            for (address, resource) in &self.later {
                writeln!(f, "  {address}: {resource}")?;
            }
        }
        Ok(())
    }
}

/// A resource before it is known which ones there are.
#[derive(Clone, Debug)]
struct Part {
    kind: &'static str,
    size: Option<u8>,
    mentions: Vec<Mention>,
    fate: Fate,
}

/// How one resource refers to another, or to an object of others.
#[derive(Clone, Debug)]
struct Mention {
    /// 0 is the one before, if there is one.
    back: u8,
    fact: &'static str,
    /// Whether it must exist, where the kinds permit this.
    holds: bool,
    theirs: bool,
}

/// What becomes of a resource in the changed stack.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Stays,
    ChangesColor,
    ChangesShape,
    ChangesName,
    Goes,
}

/// Every sort of trial. What a property does not look at shrinks to nothing.
pub(super) fn case() -> impl Strategy<Value = Case> {
    let others = vec((any::<u8>(), select(TAGGED), any::<bool>(), any::<bool>()), 0..4);
    let weather = option::weighted(0.8, any::<u16>());
    let deaths = vec(
        prop_oneof![(1..120_u64).prop_map(Death::Call), (1..80_usize).prop_map(Death::Event)],
        0..5,
    );
    let parts = (
        vec(option::weighted(0.6, part()), PARTS),
        others,
        weather,
        (deaths, any::<bool>()),
        option::weighted(0.8, 0..PARTS / 2),
        prop_oneof![0..400_u16, 0..4_000_u16],
    );
    parts.prop_map(|(parts, others, weather, (deaths, is_patient), denied, delay)| {
        let others = of_others(&parts, &others);
        let resources = resources(&parts, &others);
        let later = later(&parts, &resources);
        let denied = denied.map(|at| format!("r{at}"));
        Case { resources, later, others, weather, deaths, is_patient, denied, delay }
    })
}

/// How many resources a stack can have. Which of them it has is drawn one by one,
/// so that leaving one out changes neither the names nor the weather of the rest.
const PARTS: usize = 16;
const TAGGED: &[&str] =
    &["thing", "vault", "gate", "holder", "key", "table", "function", "broker", "topic"];
const UNTAGGED: &[&str] = &["link", "invite"];

fn part() -> impl Strategy<Value = Part> {
    let kinds: Vec<&str> = TAGGED.iter().chain(UNTAGGED).copied().collect();
    let fate = prop_oneof![
        2 => Just(Fate::Stays),
        2 => Just(Fate::ChangesColor),
        1 => Just(Fate::ChangesShape),
        1 => Just(Fate::ChangesName),
        1 => Just(Fate::Goes),
    ];
    let mention = (0..8_u8, select(vec!["name", "arn", "id", "id"]), any::<bool>(), 0..6_u8);
    let mention = mention.prop_map(|(back, fact, holds, theirs)| Mention {
        back,
        fact,
        holds,
        theirs: theirs == 5,
    });
    (select(kinds), option::of(0..100_u8), vec(mention, 0..6), fate)
        .prop_map(|(kind, size, mentions, fate)| Part { kind, size, mentions, fate })
}

/// Under names of ours, or as near to them as can be.
fn of_others(parts: &[Option<Part>], drawn: &[(u8, &'static str, bool, bool)]) -> Vec<Other> {
    let mut taken = BTreeSet::new();
    let mut others = Vec::new();
    for &(at, kind, is_owned, squats) in drawn {
        let at = usize::from(at) % parts.len();
        let ours = parts[at].as_ref().map_or("", |part| part.kind);
        let squats = squats && TAGGED.contains(&ours);
        let kind = if squats { ours } else { kind };
        let beside = if kind == ours && !squats { "s" } else { "" };
        let name = format!("dev-r{at}{beside}");
        if taken.insert((kind, name.clone())) {
            others.push(Other { kind, name, is_owned, squats });
        }
    }
    others
}

fn resources(parts: &[Option<Part>], others: &[Other]) -> Map<String, Value> {
    let theirs: Vec<&Other> = others.iter().filter(|other| !other.squats).collect();
    let mut resources = Map::new();
    for (number, part) in numbered(parts) {
        let (mut uses, mut holds) = (BTreeSet::new(), BTreeSet::new());
        for mention in &part.mentions {
            let back = usize::from(mention.back);
            let (kind, text, arn) = if mention.theirs && !theirs.is_empty() {
                let other = theirs[back % theirs.len()];
                (other.kind, other.arn(), other.arn())
            } else if let Some(target) = number.checked_sub(1 + back)
                && let Some(part) = &parts[target]
            {
                let fact = |fact| format!("${{r{target}.{fact}}}");
                let kind = part.kind;
                // What awaits its confirmation shows nothing that the cloud chose.
                let visible = match (kind, mention.fact) {
                    ("invite", _) => "arn",
                    ("table" | "function", "id") => "revision",
                    (_, fact) => fact,
                };
                (kind, fact(visible), fact("arn"))
            } else {
                continue;
            };
            if mention.holds && can_hold(part.kind, kind) {
                holds.insert(arn);
            } else if (part.kind, kind) != ("key", "key") {
                // Keys go last, so that none can wait for another one.
                uses.insert(text);
            }
        }
        let mut fields = json!({ "kind": part.kind });
        if part.kind == "table" {
            fields["settings"] = json!({ "a": "1", "b": "1", "c": "1" });
        }
        if part.kind == "function" {
            fields["code"] = json!({ "file": "one.bin" });
        }
        if matches!(part.kind, "broker" | "topic") {
            fields["settings"] = json!({ "a": "1", "b": "1" });
        }
        if let Some(size) = part.size {
            fields["size"] = size.into();
        }
        for (field, texts) in [("uses", uses), ("holds", holds)] {
            if !texts.is_empty() {
                fields[field] = json!(texts);
            }
        }
        resources.insert(format!("r{number}"), fields);
    }
    resources
}

fn numbered(parts: &[Option<Part>]) -> impl Iterator<Item = (usize, &Part)> {
    parts.iter().enumerate().filter_map(|(number, part)| Some((number, part.as_ref()?)))
}

fn can_hold(kind: &str, target: &str) -> bool {
    match kind {
        "holder" => matches!(target, "gate" | "thing" | "key" | "table"),
        "link" | "invite" => matches!(target, "gate" | "thing" | "key" | "table" | "holder"),
        _ => false,
    }
}

/// What others refer to stays, and keeps its shape if its name cannot move; so does
/// what carries no tags, for nobody would find it.
fn later(parts: &[Option<Part>], resources: &Map<String, Value>) -> Map<String, Value> {
    let text = Value::Object(resources.clone()).to_string();
    let mut later = resources.clone();
    for (number, part) in numbered(parts) {
        let address = format!("r{number}");
        let is_free = TAGGED.contains(&part.kind) && !text.contains(&format!("{{{address}."));
        match part.fate {
            Fate::ChangesColor => {
                later[&address]["color"] = "blue".into();
                match part.kind {
                    "table" => {
                        later[&address]["settings"] = json!({ "a": "2", "c": "1", "d": "1" });
                    }
                    "function" => later[&address]["code"] = json!({ "file": "two.bin" }),
                    "broker" | "topic" => later[&address]["settings"] = json!({ "a": "2" }),
                    _ => {}
                }
            }
            Fate::ChangesShape if is_free || part.kind == "key" => {
                later[&address]["shape"] = "square".into();
            }
            Fate::ChangesName if TAGGED.contains(&part.kind) && part.kind != "key" => {
                later[&address]["name"] = format!("dev-{address}-new").into();
            }
            Fate::Goes if is_free => {
                later.remove(&address);
            }
            Fate::Stays | Fate::ChangesShape | Fate::ChangesName | Fate::Goes => {}
        }
    }
    later
}

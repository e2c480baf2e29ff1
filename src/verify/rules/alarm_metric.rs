//! An alarm watches something: the metric that it names is one that AWS
//! publishes, of an object that there is.
//!
//! `CloudWatch` takes any name, and one that nobody publishes to has no data: such an
//! alarm is quiet for ever. Namespaces of one's own are not judged.

mod published;

use serde_json::{Map, Value};

use self::published::{NAMESPACES, Namespace, Object};
use super::{Judgement, Rule, hop, patch};
use crate::model::document::is_pending;
use crate::model::near::nearest;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Other, Path, Place, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "alarm_metric",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The metric that an alarm watches is one that AWS publishes, of an object that there is, and can pass the threshold.",
        risk: "CloudWatch takes any name: an alarm on a metric that nobody publishes has no data, and is quiet for ever.",
        remedy: "Spell metric and dimensions as AWS does, and name objects of the stack by reference.",
    },
    stops_messages: false,
    because: "An error: it never goes off. A warning, where AWS may know more than ccprov: a metric that is not in its list, and an object that is not there yet; and where the alarm works badly.",
    judge,
};

/// Of a rule's metrics: that of its bus.
const BUS: &str = "EventBusName";
/// Rules of this bus are told by their name alone.
const DEFAULT_BUS: &str = "default";
const EVENT_RULE: &str = "cloudwatch_event_rule";

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for watched in scene.of_kind(hop::ALARM).flat_map(watched) {
        let address = watched.alarm.address.to_string();
        match watched.namespace() {
            Ok(namespace) => {
                let (findings, open) = watched.judge(scene, namespace);
                let subject = match open {
                    Some(why) => format!("{address} (not judged: {why})"),
                    None => address,
                };
                judgement.add(subject, findings);
            }
            Err(Some(finding)) => judgement.add(address, [finding]),
            Err(None) => {}
        }
    }
    judgement
}

/// Objects that alarms watch and that are not of the stack: kind, and the name by
/// which a scene has [others](Scene::others).
pub(super) fn named_others(scene: &Scene) -> Vec<(&'static str, String)> {
    let watched = scene.of_kind(hop::ALARM).flat_map(watched);
    let named = watched.flat_map(|watched| {
        let Ok(namespace) = watched.namespace() else { return Vec::new() };
        let objects = namespace.objects.iter().filter_map(|object| {
            let name = watched.text(object.dimension)?;
            let is_name = !is_pending(name) && !is_address(name) && !name.is_empty();
            let is_other = is_name && object.of(scene, name).is_none();
            object.sought(name, &scene.place).filter(|_| is_other)
        });
        objects.collect()
    });
    named.collect()
}

/// One metric that an alarm watches.
struct Watched<'a> {
    alarm: &'a Exhibit,
    /// Where it stands.
    at: Path,
    fields: &'a Map<String, Value>,
    /// Whether it is compared with the threshold itself.
    is_compared: bool,
}

/// The metric that an alarm states, or those of its expression.
fn watched(alarm: &Exhibit) -> Vec<Watched<'_>> {
    let queries = alarm.document.get("metrics").and_then(Value::as_array);
    let queries: Vec<Watched<'_>> = queries
        .into_iter()
        .flatten()
        .filter_map(|query| {
            let fields = query.get("metric_stat")?.as_object()?;
            let id = query.get("id")?.as_str()?;
            let at = Path::field("metrics").with_field(id).with_field("metric_stat");
            let is_compared = query.get("return_data") != Some(&false.into());
            Some(Watched { alarm, at, fields, is_compared })
        })
        .collect();
    if queries.is_empty() && alarm.text("metric_name").is_some() {
        let fields = &alarm.document;
        return vec![Watched { alarm, at: Path::default(), fields, is_compared: true }];
    }
    queries
}

impl<'a> Watched<'a> {
    /// What AWS publishes there; `Err` for a namespace of one's own, with a finding
    /// where it is one of AWS's, misspelt.
    fn namespace(&self) -> Result<&'static Namespace, Option<Finding>> {
        let stated = self.field("namespace");
        if let Some(known) = NAMESPACES.iter().find(|known| known.name == stated) {
            return Ok(known);
        }
        let meant = NAMESPACES.iter().find(|known| known.name.eq_ignore_ascii_case(stated));
        Err(meant.map(|known| {
            let message = format!("nobody publishes to {stated}: the case of letters counts");
            let patch = patch::field("namespace", &known.name.into());
            self.wrong("namespace", message)
                .hint(format!("did you mean `{}`?", known.name))
                .patch(patch)
        }))
    }

    /// What is wrong, and what nobody can tell.
    fn judge(&self, scene: &Scene, namespace: &Namespace) -> (Vec<Finding>, Option<String>) {
        let mut findings: Vec<Finding> =
            self.metric(namespace).into_iter().chain(self.dimensions(scene, namespace)).collect();
        let mut open = None;
        for object in namespace.objects {
            let Some(name) = self.text(object.dimension) else { continue };
            match self.object(scene, object, name) {
                Seen::There(exhibit) => {
                    findings.extend(self.of_fifo(namespace, exhibit));
                    findings.extend(self.of_bus(scene, exhibit));
                }
                Seen::Other => {}
                Seen::Wrong(finding) => findings.push(finding),
                Seen::Open(why) => open = Some(why),
            }
        }
        findings.extend(self.period(namespace));
        findings.extend(self.threshold(namespace));
        (findings, open)
    }

    /// Whether the metric is known.
    fn metric(&self, namespace: &Namespace) -> Option<Finding> {
        let (stated, known) = (self.field("metric_name"), namespace.metrics());
        if known.is_empty() || known.contains(&stated) {
            return None;
        }
        let message = format!("{} is not known to have a metric {stated}", namespace.name);
        let finding = self.wrong("metric_name", message);
        let Some(meant) = nearest(stated, known) else {
            return Some(as_warning(finding.hint("see the metrics that the service documents")));
        };
        let finding = finding
            .hint(format!("did you mean `{meant}`?"))
            .patch(patch::field("metric_name", &meant.into()));
        Some(if meant.eq_ignore_ascii_case(stated) { finding } else { as_warning(finding) })
    }

    /// Whether the metric is published by these dimensions, and no others.
    fn dimensions(&self, scene: &Scene, namespace: &Namespace) -> Option<Finding> {
        let stated: Vec<&str> = self.dimension_names().collect();
        let known = namespace.dimensions();
        if let Some(wrong) = stated.iter().copied().find(|name| !known.contains(name)) {
            let message = format!("{} has no dimension {wrong}", namespace.name);
            let finding = self.wrong_dimension(wrong, message);
            return Some(match namespace.meant_by(wrong) {
                Some(right) => finding
                    .hint(format!("did you mean `{right}`?"))
                    .patch(self.renamed(scene, namespace, wrong, right)),
                None => finding.hint(format!("it has {}", known.join(", "))),
            });
        }
        let sets = namespace.sets(self.field("metric_name"))?;
        let is_stated = |set: &&[&str]| {
            set.len() == stated.len() && set.iter().all(|name| stated.contains(name))
        };
        if sets.iter().any(is_stated) {
            return None;
        }
        let metric = self.field("metric_name");
        let wanted: Vec<String> = sets.iter().map(|set| named(set)).collect();
        let wanted = wanted.join(", or ");
        let message = format!("AWS publishes {metric} by {wanted}, not by {}", named(&stated));
        let hint = "state each of these dimensions, and no other";
        Some(self.wrong("dimensions", message).hint(hint))
    }

    /// What the object is whose metric is watched.
    fn object<'s>(&self, scene: &'s Scene, object: &Object, name: &str) -> Seen<'s> {
        let Object { dimension, noun, fact, .. } = object;
        if let Some(exhibit) = object.of(scene, name) {
            if exhibit.fact(fact) == name {
                return Seen::There(exhibit);
            }
            let right = patch::fact_of(exhibit, fact);
            let message =
                format!("{dimension} takes the name of a {noun}, and this is not its name");
            let patch = self.with(dimension, &right);
            let finding = self.wrong_dimension(dimension, message);
            let hint = format!("state the name of {}", exhibit.address);
            return Seen::Wrong(finding.hint(hint).patch(patch));
        }
        if is_address(name) {
            let message = format!("{dimension} takes the name of a {noun}, and this is none");
            let hint = format!("state the name of the {noun}");
            return Seen::Wrong(self.wrong_dimension(dimension, message).hint(hint));
        }
        let known_as = object.sought(name, &scene.place).map(|(_, known_as)| known_as);
        match known_as.and_then(|known_as| scene.others.get(&known_as)) {
            Some(Other::Seen(_)) => Seen::Other,
            Some(Other::Gone(how)) => {
                let message = format!("the {noun} {name} {how}: nobody publishes its metrics");
                let finding = as_warning(self.wrong_dimension(dimension, message));
                let ours = object.kinds.iter().flat_map(|kind| scene.of_kind(kind));
                let ours = ours.map(|exhibit| exhibit.fact(fact));
                let near = nearest(name, ours).and_then(|near| object.of(scene, near));
                Seen::Wrong(match near {
                    Some(exhibit) => {
                        let right = patch::fact_of(exhibit, fact);
                        let patch = self.with(dimension, &right);
                        finding.hint(format!("did you mean {}?", exhibit.address)).patch(patch)
                    }
                    None => finding.hint("name an object of the stack by reference"),
                })
            }
            Some(Other::Hidden(why)) => Seen::Open(format!("the {noun} {name} is {why}")),
            None => Seen::Open(format!("the {noun} {name} is not of this stack")),
        }
    }

    /// Some metrics are of FIFO queues alone.
    fn of_fifo(&self, namespace: &Namespace, queue: &Exhibit) -> Option<Finding> {
        let metric = self.field("metric_name");
        let is_fifo = queue.document.get("fifo_queue") == Some(&true.into());
        if is_fifo || !namespace.of_fifo.contains(&metric) {
            return None;
        }
        let message =
            format!("AWS publishes {metric} of FIFO queues alone, and {} is none", queue.address);
        Some(self.wrong("metric_name", message).hint("watch another metric of it"))
    }

    /// A rule's metrics are told apart by its bus, too, unless that is the default one.
    fn of_bus(&self, scene: &Scene, rule: &Exhibit) -> Option<Finding> {
        let stated = self.text(BUS);
        let namesakes = scene.of_kind(EVENT_RULE).filter(|it| it.fact("name") == rule.fact("name"));
        let buses: Vec<&str> = namesakes.map(bus_of).collect();
        let is_of = |bus: &&str| is_pending(bus) || stated.unwrap_or(DEFAULT_BUS) == *bus;
        let is_by_name = stated != Some(DEFAULT_BUS);
        if rule.kind != EVENT_RULE || is_by_name && buses.iter().any(is_of) {
            return None;
        }
        let bus = bus_of(rule);
        let message = format!("the rule {} is on the bus {bus}", rule.address);
        let finding = self.wrong("dimensions", message);
        Some(if bus == DEFAULT_BUS {
            let mut dimensions = self.stated().cloned().unwrap_or_default();
            dimensions.remove(BUS);
            let patch = patch::field("dimensions", &dimensions.into());
            finding.hint(format!("leave {BUS} out")).patch(patch)
        } else {
            finding.hint(format!("let {BUS} name it")).patch(self.with(BUS, bus))
        })
    }

    /// AWS publishes once a minute at most. Between two data points there is none.
    fn period(&self, namespace: &Namespace) -> Option<Finding> {
        let period = self.fields.get("period").and_then(Value::as_u64).filter(|it| *it < 60)?;
        let message = format!(
            "{} has a data point a minute at most, and the period is {period} s: most are without data",
            namespace.name
        );
        let finding = self.wrong("period", message).hint("let a period be a minute or more");
        Some(as_warning(finding.patch(patch::field("period", &60.into()))))
    }

    /// What is counted is never less than nothing.
    fn threshold(&self, namespace: &Namespace) -> Option<Finding> {
        let document = &self.alarm.document;
        let threshold = document.get("threshold").and_then(Value::as_f64)?;
        if !self.is_compared || !namespace.is_counted {
            return None;
        }
        let missing = self.alarm.text("treat_missing_data");
        let (is_never, is_always) = match self.alarm.text("comparison_operator")? {
            "LessThanThreshold" => (threshold <= 0.0, false),
            "LessThanOrEqualToThreshold" => (threshold < 0.0, false),
            "GreaterThanOrEqualToThreshold" => (false, threshold <= 0.0),
            "GreaterThanThreshold" => (false, threshold < 0.0),
            _ => (false, false),
        };
        let message = if is_never && missing != Some("breaching") {
            "the metric is never less than nothing, so that the alarm never goes off"
        } else if is_always {
            "the metric is always that much, so that the alarm never ends"
        } else {
            return None;
        };
        let finding = Finding::new(&self.alarm.address, message).at(Path::field("threshold"));
        Some(finding.hint("compare with what is not as it should be"))
    }

    fn field(&self, name: &str) -> &'a str {
        self.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn stated(&self) -> Option<&'a Map<String, Value>> {
        self.fields.get("dimensions").and_then(Value::as_object)
    }

    fn dimension_names(&self) -> impl Iterator<Item = &'a str> {
        self.stated().into_iter().flatten().map(|(name, _)| name.as_str())
    }

    /// The value of a dimension.
    fn text(&self, dimension: &str) -> Option<&'a str> {
        self.stated()?.get(dimension)?.as_str()
    }

    fn path(&self, field: &str) -> Path {
        if self.at.segments().is_empty() { Path::field(field) } else { self.at.with_field(field) }
    }

    fn wrong(&self, field: &str, message: impl Into<String>) -> Finding {
        Finding::new(&self.alarm.address, message).at(self.path(field))
    }

    fn wrong_dimension(&self, name: &str, message: impl Into<String>) -> Finding {
        let path = self.path("dimensions").with_field(name);
        Finding::new(&self.alarm.address, message).at(path)
    }

    /// The dimensions, with another value of one.
    fn with(&self, dimension: &str, value: &str) -> String {
        let mut dimensions = self.stated().cloned().unwrap_or_default();
        dimensions.insert(dimension.to_owned(), value.into());
        patch::field("dimensions", &dimensions.into())
    }

    /// The dimensions, with another name of one, and the name of the object that its
    /// value is a fact of.
    fn renamed(&self, scene: &Scene, namespace: &Namespace, wrong: &str, right: &str) -> String {
        let mut dimensions = self.stated().cloned().unwrap_or_default();
        let value = dimensions.remove(wrong).unwrap_or_default();
        let object = namespace.objects.iter().find(|object| object.dimension == right);
        let ours = object.and_then(|it| Some((it.of(scene, value.as_str()?)?, it.fact)));
        let value = ours.map_or(value, |(exhibit, fact)| patch::fact_of(exhibit, fact).into());
        dimensions.insert(right.to_owned(), value);
        patch::field("dimensions", &dimensions.into())
    }
}

/// What came of looking at an object.
enum Seen<'a> {
    /// It is of the stack.
    There(&'a Exhibit),
    /// There is one, and it is not of the stack.
    Other,
    Wrong(Finding),
    /// Nobody can tell: a phrase that says why.
    Open(String),
}

/// The bus of a rule, which it may name by its ARN.
fn bus_of(rule: &Exhibit) -> &str {
    let bus = rule.text("event_bus_name").unwrap_or(DEFAULT_BUS);
    bus.rsplit('/').next().unwrap_or(bus)
}

fn as_warning(finding: Finding) -> Finding {
    Finding { level: Some(Level::Warning), ..finding }
}

/// Dimensions in words.
fn named(set: &[&str]) -> String {
    if set.is_empty() { "no dimension".into() } else { set.join(" and ") }
}

/// Whether a text is an ARN or a URL, which no dimension takes.
fn is_address(text: &str) -> bool {
    text.starts_with("arn:") || text.starts_with("https://") || text.starts_with("http://")
}

impl Object {
    /// The resource of the stack that a dimension's value names.
    fn of<'s>(&self, scene: &'s Scene, value: &str) -> Option<&'s Exhibit> {
        self.kinds.iter().find_map(|kind| scene.named(kind, value))
    }

    /// How a scene names one that is not of the stack, with its kind; `None` of kinds of
    /// which nobody is asked by name. Names of buckets are nobody else's; others are
    /// told apart by their ARN.
    fn sought(&self, name: &str, place: &Place) -> Option<(&'static str, String)> {
        let [kind] = self.kinds else { return None };
        let known_as = match *kind {
            "cloudwatch_log_group" => place.arn("logs", &format!("log-group:{name}")),
            "s3_bucket" => name.to_owned(),
            "sns_topic" => place.arn("sns", name),
            "sqs_queue" => place.arn("sqs", name),
            _ => return None,
        };
        Some((kind, known_as))
    }
}

#[cfg(test)]
mod tests;

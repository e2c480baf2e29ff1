//! What EventBridge delivers for a rule or a bus: in the name of a role, where the target
//! states one, and else in its own (EventBridge User Guide, "Permissions for Amazon
//! EventBridge to access targets").

use serde_json::json;

use super::gate::Delivery;
use super::{Seen, at_target, call, carried, invoked, use_key};
use crate::model::{Exhibit, Finding, Path, Scene};
use crate::verify::policy::{Context, Known};
use crate::verify::rules::errand::{Errand, Object, Wish};
use crate::verify::rules::event::{self, EVENTS};
use crate::verify::rules::function::FUNCTION;
use crate::verify::rules::hop::{self, By, Edge, End};
use crate::verify::rules::trust::{ASSUME, Taker, admits};

/// Whether what a rule or a bus sends arrives.
pub(super) fn walk<'a>(
    scene: &'a Scene,
    edge: &Edge<'a>,
    action: &'static str,
    sids: (&str, &str),
    by: By,
) -> Seen {
    let role = match by {
        By::Itself => None,
        By::RoleOrItself | By::Role => event::role_arn(edge.carrier, &edge.path),
    };
    if let Some(role) = role {
        return in_name_of(scene, edge, action, role);
    }
    match (by, edge.hop.target_kind()) {
        (By::Role, event::BUS) => {
            Seen::open("AWS does not say whether a bus of the same account asks for a role")
        }
        (By::Role, _) => no_role(edge).into(),
        (By::Itself | By::RoleOrItself, event::LOG_GROUP) => {
            Seen::open("the resource policy of CloudWatch Logs is no resource of a stack")
        }
        (By::Itself | By::RoleOrItself, FUNCTION) => match edge.target {
            End::Here(function) => {
                let delivery = Delivery::of(EVENTS, false, edge.source, &scene.place);
                invoked::judge(&delivery, function, "EventsInvoke")
            }
            End::Elsewhere(_) => Seen::open("the function is not of this stack"),
        },
        (By::Itself | By::RoleOrItself, kind) => at_target(scene, edge, |target| {
            let place = &scene.place;
            // To topics and their keys EventBridge says nothing of the rule (User Guide,
            // "Amazon SNS permissions"); what it says to keys of queues no guide tells.
            let (to_target, to_key) = if kind == "sns_topic" {
                let silent = || Delivery::silent(EVENTS, edge.source, place);
                (silent(), silent())
            } else {
                let told = Delivery::of(EVENTS, false, edge.source, place);
                (told, Delivery::unsaid(EVENTS, edge.source, place))
            };
            call(&to_target, action, sids.0, target).and(use_key(scene, target, &to_key, sids.1))
        }),
    }
}

fn in_name_of<'a>(scene: &'a Scene, edge: &Edge<'a>, action: &'static str, role: &'a str) -> Seen {
    let Some(role) = scene.named("iam_role", role) else {
        return Seen::open("the role of the target is not of this stack");
    };
    let errand = Errand::by(scene, edge.carrier, role);
    let ask = |on: Object<'a>| {
        let sid = format!("SendTo{}", carried::name_of(edge.target));
        let because = "; EventBridge delivers in the name of this role".to_owned();
        errand.ask(&Wish { calls: &[action], on, sid, because, via: None, level: None })
    };
    let key = |target: &'a Exhibit| match target.kind.as_str() {
        "sns_topic" | "sqs_queue" => errand.use_key(target, carried::TO_SEND, None),
        _ => Seen::default(),
    };
    let seen = match edge.target {
        End::Here(target) => ask(Object::of(target, &scene.place)).and(key(target)),
        End::Elsewhere(arn) => {
            carried::elsewhere(scene, arn, edge.carrier, &edge.path, |guard, by| {
                let key = guard.map(key).unwrap_or_default();
                ask(Object::elsewhere(arn, guard, by)).and(key)
            })
        }
    };
    trust(scene, edge.carrier, role).and(seen)
}

/// Whether EventBridge can take a role on. It says for which rule ("Cross-service confused deputy
/// prevention" there).
fn trust(scene: &Scene, carrier: &Exhibit, role: &Exhibit) -> Seen {
    let known = [
        ("aws:SourceArn", Known::Is(carrier.fact("arn"))),
        ("aws:SourceAccount", Known::Is(&scene.place.account)),
    ];
    let statement = json!({
        "Effect": "Allow", "Principal": { "Service": EVENTS }, "Action": ASSUME,
        "Condition": { "StringEquals": { "aws:SourceAccount": "${account}" } }
    });
    let taker = Taker {
        service: EVENTS,
        name: "EventBridge",
        sake: &carrier.address,
        context: &Context::of(known).at(&scene.place),
        statement: ("EventBridgeTakesOn", statement),
    };
    admits(role, &taker)
}

fn no_role(edge: &Edge<'_>) -> Finding {
    let target = edge.target.name();
    let message = format!("EventBridge starts {target} in the name of a role, and none is stated");
    let finding = Finding::new(&edge.carrier.address, message).at(edge.path.clone());
    finding.hint("state `role_arn` beside it, of a role that admits events.amazonaws.com")
}

/// Targets of which no document tells whether they are reached.
pub(super) fn unjudged(scene: &Scene) -> Vec<String> {
    let judged: Vec<(&Exhibit, Path)> =
        hop::edges(scene).into_iter().map(|edge| (edge.carrier, edge.path)).collect();
    let all = scene
        .of_kind(event::RULE_OF_BUS)
        .flat_map(|rule| event::targets(rule).map(move |target| (rule, target)));
    let rest = all.filter(|(rule, target)| {
        let at = target.path.with_field("arn");
        !judged.iter().any(|(carrier, path)| carrier.address == rule.address && *path == at)
    });
    rest.map(|(rule, target)| {
        let arn = crate::model::document::shown(target.arn);
        format!(
            "{} -> {arn} (not judged: what such a target asks for is not known here)",
            rule.address
        )
    })
    .collect()
}

//! How long a plan takes as a rule, told before it begins.

use std::time::Duration;

use serde::Serialize;

use crate::model::{Address, Stage};
use crate::plan::{Action, Forecast, Leg};

use super::json::{seconds, some_seconds};
use super::markdown::code;
use super::page::Page;
use super::phrases::{duration, enumeration};
use super::style::{FAINT, STRONG, paint, sign_of};

/// What is to be expected, with colour codes and an empty line at its end; nothing where
/// there is nothing to say.
pub fn forecast_text(forecast: &Forecast) -> String {
    let mut page = Page::default();
    if !forecast.is_worth_telling() {
        return page.into_text();
    }
    if !forecast.path.is_empty() {
        let about = format!("Expected to take about {}", duration(forecast.whole));
        page.line(0, format!("{}, by what AWS usually needs:", paint(STRONG, about)));
        for Leg { address, kind, action, usual } in &forecast.path {
            let (sign, address) = (sign_of(*action), paint(STRONG, address));
            let kind = paint(FAINT, kind);
            page.line(2, format!("{:>7}  {sign} {address}  {kind}", duration(*usual)));
        }
    }
    if !forecast.left.is_empty() {
        let left = left(forecast, str::to_owned);
        page.line(0, format!("Left to AWS, and not waited for: {left}."));
    }
    if !forecast.postponed.is_empty() {
        let postponed = enumeration(&forecast.postponed);
        page.line(0, format!("Left for the next run, because it needs one of these: {postponed}."));
    }
    page.gap();
    page.into_text()
}

/// The same in a sentence or two of Markdown; nothing where there is nothing to say.
pub(super) fn forecast_md(forecast: &Forecast) -> Vec<String> {
    let mut said = Vec::new();
    if !forecast.is_worth_telling() {
        return said;
    }
    if !forecast.path.is_empty() {
        let legs = forecast.path.iter();
        let legs =
            legs.map(|leg| format!("{} {}", code(leg.address.as_str()), duration(leg.usual)));
        let legs: Vec<String> = legs.collect();
        let whole = duration(forecast.whole);
        said.push(format!("Expected to take about {whole}: {}.", legs.join(", then ")));
    }
    if !forecast.left.is_empty() {
        said.push(format!("Left to AWS, and not waited for: {}.", left(forecast, code)));
    }
    if !forecast.postponed.is_empty() {
        let postponed = forecast.postponed.iter().map(|it| code(it.as_str()));
        said.push(format!("Left for the next run: {}.", enumeration(postponed)));
    }
    said
}

fn left(forecast: &Forecast, name: impl Fn(&str) -> String) -> String {
    let usually = |usual: Duration| format!("usually {}", duration(usual));
    let legs = forecast.left.iter();
    enumeration(legs.map(|leg| format!("{} ({})", name(leg.address.as_str()), usually(leg.usual))))
}

/// `number_of_broker_nodes, usually 15m`.
pub(super) fn stage_text(Stage { paths, usual, rounds: _ }: &Stage) -> String {
    let usual = usual.filter(|usual| !usual.is_zero());
    let usual = usual.map_or_else(String::new, |usual| format!(", usually {}", duration(usual)));
    format!("{}{usual}", enumeration(paths))
}

/// A forecast for programs.
#[derive(Serialize)]
pub(super) struct TellForecast<'a> {
    #[serde(serialize_with = "seconds")]
    seconds: Duration,
    path: Vec<TellLeg<'a>>,
    left: Vec<TellLeg<'a>>,
    postponed: Vec<&'a str>,
}

#[derive(Serialize)]
struct TellLeg<'a> {
    address: &'a str,
    kind: &'a str,
    action: Action,
    #[serde(serialize_with = "seconds")]
    seconds: Duration,
}

/// The same, unless nothing is known.
pub(super) fn tell_forecast(forecast: &Forecast) -> Option<TellForecast<'_>> {
    let Forecast { whole, path, left, postponed } = forecast;
    (!whole.is_zero() || !left.is_empty()).then(|| TellForecast {
        seconds: *whole,
        path: path.iter().map(tell_leg).collect(),
        left: left.iter().map(tell_leg).collect(),
        postponed: postponed.iter().map(Address::as_str).collect(),
    })
}

fn tell_leg(Leg { address, kind, action, usual }: &Leg) -> TellLeg<'_> {
    TellLeg { address: address.as_str(), kind, action: *action, seconds: *usual }
}

/// A stage of a change for programs.
#[derive(Serialize)]
pub(super) struct TellStage {
    paths: Vec<String>,
    rounds: usize,
    #[serde(serialize_with = "some_seconds")]
    usual_seconds: Option<Duration>,
}

pub(super) fn tell_stage(Stage { paths, rounds, usual }: &Stage) -> TellStage {
    let paths = paths.iter().map(ToString::to_string).collect();
    TellStage { paths, rounds: *rounds, usual_seconds: *usual }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::Path;
    use crate::plan::Change;
    use crate::report::fixtures::{document, plain, plan_of, planned};
    use crate::report::{PlanDetail, PlanRecord, plan_json, plan_md, plan_text};

    use super::*;

    fn leg(address: &str, kind: &str, action: Action, minutes: u64) -> Leg {
        let usual = Duration::from_mins(minutes);
        Leg { address: Address::new(address), kind: kind.into(), action, usual }
    }

    fn long() -> Forecast {
        let path = vec![
            leg("kafka.cluster", "msk_cluster", Action::Create, 25),
            leg("kafka.second", "msk_cluster", Action::Update, 50),
        ];
        Forecast { whole: Duration::from_mins(75), path, ..Forecast::default() }
    }

    fn leaving() -> Forecast {
        let left = vec![leg("kafka.cluster", "msk_cluster", Action::Create, 25)];
        let postponed = ["kafka.audit", "kafka.orders"].map(Address::new).into();
        Forecast { left, postponed, ..Forecast::default() }
    }

    #[test]
    fn what_takes_long_is_told_before() {
        assert_eq!(forecast_text(&Forecast::default()), "");
        let short = Forecast { whole: Duration::from_secs(50), ..long() };
        assert_eq!(forecast_text(&short), "");
        assert!(forecast_md(&short).is_empty());
        insta::assert_snapshot!("forecast_long", plain(&forecast_text(&long())));
        insta::assert_snapshot!("forecast_leaving", plain(&forecast_text(&leaving())));
    }

    #[test]
    fn it_is_told_in_every_form_with_the_stages_of_a_change() {
        let diff = crate::model::compare(
            &document(&json!({ "nodes": 6, "revision": 2, "tags": { "a": "2" } })),
            &document(&json!({ "nodes": 3, "revision": 1, "tags": { "a": "1" } })),
        );
        let stage = |fields: &[&str], minutes: Option<u64>| Stage {
            paths: fields.iter().copied().map(Path::field).collect(),
            rounds: 1,
            usual: minutes.map(Duration::from_mins),
        };
        let mut change = planned("kafka.second", "msk_cluster", Change::Update { diff });
        change.stages = vec![
            stage(&["tags"], Some(0)),
            stage(&["nodes"], Some(15)),
            stage(&["revision"], None),
        ];
        change.notes.push("3 changes one after the other".into());
        let plan = plan_of(vec![change]);
        let text = plain(&plan_text(&plan, PlanDetail::CHANGES));
        let parts = "    note: 3 changes one after the other\n        1. tags\n        2. nodes, usually 15m\n        \
                     3. revision\n";
        assert!(text.contains(parts), "{text}");
        let long = long();
        let record = PlanRecord { forecast: Some(&long), ..PlanRecord::of(&plan) };
        let markdown = plan_md(record);
        assert!(markdown.contains(parts), "{markdown}");
        let said = "Expected to take about 1h 15m: `kafka.cluster` 25m, then `kafka.second` 50m.";
        assert!(markdown.contains(said), "{markdown}");
        let told: serde_json::Value = serde_json::from_str(&plan_json(record)).unwrap();
        let stages = json!([
            { "paths": ["tags"], "rounds": 1, "usual_seconds": 0.0 },
            { "paths": ["nodes"], "rounds": 1, "usual_seconds": 900.0 },
            { "paths": ["revision"], "rounds": 1, "usual_seconds": null },
        ]);
        assert_eq!(told["changes"][0]["stages"], stages);
        let leg = |address: &str, action: &str, seconds: f64| json!({ "address": address, "kind": "msk_cluster", "action": action, "seconds": seconds });
        let path = [leg("kafka.cluster", "create", 1500.0), leg("kafka.second", "update", 3000.0)];
        let expected = json!({ "seconds": 4500.0, "path": path, "left": [], "postponed": [] });
        assert_eq!(told["expected"], expected);
        let leaving = leaving();
        let record = PlanRecord { forecast: Some(&leaving), ..PlanRecord::of(&plan) };
        assert!(
            plan_md(record).contains("Left for the next run: `kafka.audit` and `kafka.orders`.")
        );
    }
}

//! The windows: everything that people and programs get to see.
//!
//! Views turn values into text: a [`Plan`](crate::plan::Plan), a stream of
//! [`Event`](crate::engine::event::Event)s, diagnostics, outputs, kinds, an
//! inspection. They decide nothing, know no cloud, no clock and no terminal's width; which view
//! writes where is up to the front desk. Text carries colour codes always, and
//! texts of others as they are: write it through [`pane`], which takes the codes
//! out where they are unwanted, and the sting out of what is not ours.

mod artifacts;
mod critical_path;
pub mod diagnostics;
mod difference;
mod excerpt;
mod existing;
mod forecast;
mod inline;
mod invocation;
mod json;
pub mod kinds_page;
pub mod landmark_page;
pub mod lease;
mod markdown;
pub mod object;
pub mod outputs;
mod page;
pub mod pane;
pub mod patterns_page;
mod phrases;
mod plan_detail;
pub mod plan_gitlab;
pub mod plan_json;
pub mod plan_md;
mod plan_shared;
pub mod plan_text;
mod plans;
mod policy;
pub mod progress;
mod rendered;
mod replay;
mod schema;
mod several;
mod style;
pub mod summary;
mod terminal;
mod timings;
pub mod trace;
mod used;
mod value;
pub mod verify;
mod workflow;
mod wrap;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub use critical_path::TimedRun;
pub use diagnostics::{diagnostics_json, diagnostics_text};
pub use forecast::forecast_text;
pub use invocation::{InvocationRecord, Outcome, invocation_json, invocation_text};
pub use kinds_page::{kind_page, kind_text, kinds_text};
pub use landmark_page::{landmark_page, landmark_text, landmarks_text};
pub use lease::{lease_holder, lease_life, lease_text};
pub use object::{ObjectRecord, object_json, object_yaml};
pub use outputs::{
    Outputs, output_raw, outputs_dotenv, outputs_flat_json, outputs_github, outputs_json,
    outputs_of_stacks, outputs_text,
};
pub use patterns_page::{pattern_page, pattern_text, patterns_text};
pub use phrases::{count, duration};
pub use plan_detail::PlanDetail;
pub use plan_gitlab::plan_gitlab;
pub use plan_json::{PlanRecord, plan_json};
pub use plan_md::plan_md;
pub use plan_text::{plan_conclusion, plan_steps, plan_text};
pub use plans::{plans_conclusion, plans_json, plans_md};
pub use progress::{FanOut, JsonLines, Live, Plain, Ticker, View, Vigil};
pub use rendered::{evaluated_json, rendered_json, rendered_yaml, value_yaml};
pub use replay::{
    ReplayEnd, ReplayRecord, ReplayedRule, replay_end_text, replay_json, replay_progress,
    replay_text,
};
pub use several::{several_json, several_yaml};
pub use summary::{EndedStep, RunOf, RunRecord, summary_text};
pub use timings::timings_text;
pub use trace::{rounds, trace_json};
pub use verify::{
    Alike, InspectionRecord, InspectionTotals, InspectionView, JsonInspection, LiveInspection,
    PlainInspection, alike, check_page, checks_json, checks_page, checks_text, github_annotations,
    junit_xml, results_json, rules_text, sarif_json, summary_md, verify_text,
};
pub use workflow::diagnostics_github;
pub use wrap::wrapped;

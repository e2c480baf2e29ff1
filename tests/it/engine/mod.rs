//! The engine and the planner on the simulated cloud, from a stack file to the
//! objects. Nothing here waits for real: time is paused and runs ahead.

mod aging;
mod artifacts;
mod claim_check;
mod companions;
mod critical_path;
mod drift;
mod excerpts;
mod failures;
mod forty_minutes;
mod fresh_looks;
mod in_part;
mod late_facts;
mod lease;
mod long_runs;
mod neighbours;
mod pace;
mod properties;
mod regions;
mod renaming;
mod replacing;
mod site;
mod slow_kinds;
mod stopping;
mod waiting;

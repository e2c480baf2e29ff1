//! Times: how long they may be, and how they are written.

use super::super::MachineType;
use super::part::Walk;
use crate::model::Path;

/// How long an EXPRESS execution may take, in seconds, and how long any number of seconds may
/// be that a definition states (Developer Guide, "Step Functions service quotas" and "Task
/// workflow state").
const EXPRESS_SECONDS: u64 = 300;
pub(super) const MOST_SECONDS: u64 = 99_999_999;

/// That a time fits into an execution.
pub(super) fn within_time(seconds: Option<u64>, at: &Path, runs: MachineType, walk: &mut Walk) {
    let is_too_long = seconds.is_some_and(|seconds| seconds > EXPRESS_SECONDS);
    if is_too_long && runs == MachineType::Express {
        walk.advise(
            at.clone(),
            format!("executions of EXPRESS are broken off after {EXPRESS_SECONDS} seconds"),
            "state less, or `type: STANDARD`",
        );
    }
}

/// A time as RFC 3339 has it, with `T` and `Z` in capitals ("Timestamps" in the Amazon States
/// Language specification).
pub(super) fn is_timestamp(text: &str) -> bool {
    let form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.chars().zip(form.chars()).all(|(sign, of)| match of {
                '0' => sign.is_ascii_digit(),
                of => sign == of,
            })
    };
    let Some((date, time)) = text.split_once('T') else { return false };
    let (clock, zone) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    form(date, "0000-00-00")
        && form(clock, "00:00:00")
        && !fraction.is_empty()
        && fraction.chars().all(|sign| sign.is_ascii_digit())
        && (zone == "Z" || form(zone, "+00:00") || form(zone, "-00:00"))
}

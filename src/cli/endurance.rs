//! Whether the credentials last as long as a plan takes as a rule. Where they are renewed by
//! themselves, nobody need care.

use std::time::{Duration, SystemTime};

use crate::aws::Lifetime;
use crate::model::Diagnostic;
use crate::report::duration;

/// The shortest that STS lends credentials for (STS API Reference, `AssumeRole`): what takes
/// no longer ends before them, whatever they are.
const SHORTEST: Duration = Duration::from_mins(15);

/// What there is to say of credentials that may end before the plan does.
pub(crate) fn of(lifetime: Lifetime, expected: Duration, now: SystemTime) -> Option<Diagnostic> {
    let about = duration(expected);
    let problem = match lifetime {
        Lifetime::Lasting => return None,
        Lifetime::Until(end) => {
            let left = end.duration_since(now).unwrap_or_default();
            if left >= expected {
                return None;
            }
            let left = duration(left);
            format!("these credentials end in {left}, and this is expected to take about {about}")
        }
        Lifetime::Unknown if expected <= SHORTEST => return None,
        Lifetime::Unknown => format!(
            "these credentials are temporary, nobody says until when, and this is expected to \
             take about {about}"
        ),
    };
    let told = Diagnostic::warning(problem)
        .because(
            "when they end, AWS goes on with what it has accepted; the run does not, and is done \
             in part",
        )
        .hint(
            "`ccprov apply --until accepted` leaves what takes long to AWS; with new credentials \
             the same command goes on from there",
        )
        .hint("or use what renews itself, a profile with SSO or a role, or a longer session");
    Some(told)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn said(lifetime: Lifetime, minutes: u64) -> Option<String> {
        let now = UNIX_EPOCH + Duration::from_hours(1);
        of(lifetime, Duration::from_mins(minutes), now).map(|told| told.summary)
    }

    #[test]
    fn credentials_that_end_before_the_plan_are_told() {
        let at = |minutes| Lifetime::Until(UNIX_EPOCH + Duration::from_mins(minutes));
        let check = |lifetime, minutes, expected: Option<&str>| {
            assert_eq!(said(lifetime, minutes).as_deref(), expected, "{lifetime:?}");
        };
        check(Lifetime::Lasting, 600, None);
        check(at(90), 30, None);
        let ends = "these credentials end in 30m, and this is expected to take about 40m";
        check(at(90), 40, Some(ends));
        let ended = "these credentials end in 0ms, and this is expected to take about 2m";
        check(at(10), 2, Some(ended));
        check(Lifetime::Unknown, 15, None);
        let unknown = "these credentials are temporary, nobody says until when, and this is \
                       expected to take about 40m";
        check(Lifetime::Unknown, 40, Some(unknown));
    }
}

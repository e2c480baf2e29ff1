//! Since when AWS is at something, for people: a kind's status says it where AWS tells.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// `being created, since 2026-01-31 10:00 UTC`; without a time, what was said alone.
pub(crate) fn since(what: &str, when: Option<&DateTime>) -> String {
    let when = when.and_then(|when| DateTime::from_secs(when.secs()).fmt(Format::DateTime).ok());
    // To the minute: who waits for long counts in these.
    let minute = when.as_deref().and_then(|when| when.get(.."2026-01-31T10:00".len()));
    match minute {
        Some(minute) => format!("{what}, since {} UTC", minute.replace('T', " ")),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_to_the_minute() {
        let told = |seconds: f64| since("CREATING", Some(&DateTime::from_secs_f64(seconds)));
        assert_eq!(told(86_459.9), "CREATING, since 1970-01-02 00:00 UTC");
        assert_eq!(told(1_769_853_600.0), "CREATING, since 2026-01-31 10:00 UTC");
        assert_eq!(since("CREATING", None), "CREATING");
    }
}

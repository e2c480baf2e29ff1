//! When a rule makes an event by itself: `rate(...)` and `cron(...)`.
//!
//! Source: EventBridge User Guide, "Rules that run on a schedule". What is sound there must
//! pass here.

/// What is wrong with a schedule: a sentence, and what to try.
pub(super) fn fault(text: &str) -> Option<(String, &'static str)> {
    let inner = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(rate) = inner("rate") {
        (!is_rate(rate)).then(|| (format!("`{rate}` is no rate"), RATE))
    } else if let Some(cron) = inner("cron") {
        cron_fault(cron).map(|message| (message, CRON))
    } else {
        Some((format!("`{text}` is no schedule"), "rate(5 minutes), or cron(0 12 * * ? *)"))
    }
}

const RATE: &str =
    "a positive number and a unit: rate(1 minute), rate(5 minutes), rate(2 hours), rate(1 day)";
const CRON: &str = "six fields, of minutes, hours, day of month, month, day of week and year, of which one \
                    of the days is `?`: cron(0 12 * * ? *), cron(15 10 ? * MON-FRI *)";

fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else { return false };
    let units = match number.parse::<u32>() {
        Ok(0) | Err(_) => return false,
        Ok(1) => ["minute", "hour", "day"],
        Ok(_) => ["minutes", "hours", "days"],
    };
    units.contains(&unit) && !number.starts_with('+')
}

/// One field of a cron expression: what it is called, its bounds, the names that it knows, and
/// the signs that it takes besides those that all take.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    names: &'static [&'static str],
    signs: &'static str,
}

const MONTHS: &[&str] =
    &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

const FIELDS: [Field; 6] = [
    Field { name: "minutes", least: 0, most: 59, names: &[], signs: "" },
    Field { name: "hours", least: 0, most: 23, names: &[], signs: "" },
    Field { name: "day of month", least: 1, most: 31, names: &[], signs: "?LW" },
    Field { name: "month", least: 1, most: 12, names: MONTHS, signs: "" },
    Field { name: "day of week", least: 1, most: 7, names: DAYS, signs: "?L#" },
    Field { name: "year", least: 1970, most: 2199, names: &[], signs: "" },
];

fn cron_fault(text: &str) -> Option<String> {
    let written: Vec<&str> = text.split_whitespace().collect();
    if written.len() != FIELDS.len() {
        return Some(format!("`{text}` has {} fields", written.len()));
    }
    let wrong = FIELDS.iter().zip(&written).find(|(field, part)| !field.takes(part));
    if let Some((field, part)) = wrong {
        return Some(format!("`{part}` is no {}", field.name));
    }
    match (written[2], written[4]) {
        ("?", "?") => Some("both days are `?`".to_owned()),
        ("?", _) | (_, "?") => None,
        (month, week) => Some(format!("the days are stated twice, as `{month}` and `{week}`")),
    }
}

impl Field {
    fn takes(&self, text: &str) -> bool {
        text == "?" && self.signs.contains('?') || text.split(',').all(|part| self.takes_part(part))
    }

    /// `*`, `5`, `5-10`, either with `/2` behind it, or what a day alone knows.
    fn takes_part(&self, part: &str) -> bool {
        if let Some((of, step)) = part.split_once('/') {
            let is_step = step.parse::<u32>().is_ok_and(|step| step >= 1 && step <= self.most);
            return is_step && self.takes_range(of);
        }
        self.takes_range(part) || self.takes_day(part)
    }

    fn takes_range(&self, text: &str) -> bool {
        text == "*"
            || match text.split_once('-') {
                Some((from, to)) => self.is_value(from) && self.is_value(to),
                None => self.is_value(text),
            }
    }

    fn is_value(&self, text: &str) -> bool {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let is_within = text.parse().is_ok_and(|it: u32| (self.least..=self.most).contains(&it));
        is_number && is_within || self.names.contains(&text.to_ascii_uppercase().as_str())
    }

    /// `L`, the last day; `3W`, the weekday nearest to the third; `6L`, the last Friday; `3#2`, the
    /// second Tuesday.
    fn takes_day(&self, text: &str) -> bool {
        let takes = |sign: char| self.signs.contains(sign);
        if text == "L" || text == "LW" {
            return takes('L') && (text == "L" || takes('W'));
        }
        if let Some((day, week)) = text.split_once('#') {
            let is_week = matches!(week, "1" | "2" | "3" | "4" | "5");
            return takes('#') && is_week && self.is_value(day);
        }
        let before = |sign: char| text.strip_suffix(sign).filter(|_| takes(sign));
        let of_week = before('L').filter(|_| !takes('W'));
        before('W').or(of_week).is_some_and(|day| self.is_value(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_aws_shows_are_sound() {
        let sound = [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(1 hour)",
            "rate(2 hours)",
            "rate(1 day)",
            "cron(0 10 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0/10 * ? * MON-FRI *)",
            "cron(0/5 8-17 ? * MON-FRI *)",
            "cron(0/30 20-2 ? * MON-FRI *)",
            "cron(15 10 ? * 6L 2022-2023)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 12 L * ? *)",
            "cron(0 12 3W JAN,jul ? 2026)",
            "cron(0 12 LW * ? *)",
            "cron(*/15 * * * ? *)",
        ];
        for text in sound {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_schedule_is_told() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                fault(text).map(|(message, _)| message).as_deref(),
                Some(expected),
                "{text}"
            );
        };
        check("every hour", "`every hour` is no schedule");
        check("rate(5 minute)", "`5 minute` is no rate");
        check("rate(1 minutes)", "`1 minutes` is no rate");
        check("rate(0 minutes)", "`0 minutes` is no rate");
        check("rate(+2 hours)", "`+2 hours` is no rate");
        check("rate(30 seconds)", "`30 seconds` is no rate");
        check("cron(0 12 * * *)", "`0 12 * * *` has 5 fields");
        check("cron(60 12 * * ? *)", "`60` is no minutes");
        check("cron(0 24 * * ? *)", "`24` is no hours");
        check("cron(0 12 32 * ? *)", "`32` is no day of month");
        check("cron(0 12 * 13 ? *)", "`13` is no month");
        check("cron(0 12 ? * 8 *)", "`8` is no day of week");
        check("cron(0 12 ? * 3#6 *)", "`3#6` is no day of week");
        check("cron(0 12 * * ? 1969)", "`1969` is no year");
        check("cron(0 12 * * * *)", "the days are stated twice, as `*` and `*`");
        check("cron(0 12 ? * ? *)", "both days are `?`");
        check("cron(L 12 * * ? *)", "`L` is no minutes");
    }
}

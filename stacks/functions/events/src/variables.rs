//! What a function is told by its environment.

use std::fmt;

/// Most days that a variable may say: ten years.
const MOST_DAYS: u32 = 3_653;

/// The environment, through a function that looks a variable up.
pub struct Variables<'a>(pub &'a dyn Fn(&str) -> Option<String>);

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Variables")
    }
}

impl Variables<'_> {
    /// A text that must be given.
    ///
    /// # Errors
    /// [`Unusable`] if it is not, or is empty.
    pub fn text(&self, name: &'static str) -> Result<String, Unusable> {
        let given = (self.0)(name).filter(|text| !text.trim().is_empty());
        given.ok_or(Unusable::NotSet { name })
    }

    /// A number of days from 0 to 3653. None for 0, which is for ever.
    ///
    /// # Errors
    /// [`Unusable`] if what is given is no such number.
    pub fn days(&self, name: &'static str, default: u32) -> Result<Option<u32>, Unusable> {
        let days = match (self.0)(name) {
            None => default,
            Some(text) => text
                .parse()
                .ok()
                .filter(|days| *days <= MOST_DAYS)
                .ok_or(Unusable::NoDays { name, text })?,
        };
        Ok((days > 0).then_some(days))
    }
}

/// A variable with which a function cannot start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It must be given.
    #[error("{name} is not set in the function's environment")]
    NotSet {
        /// The variable.
        name: &'static str,
    },
    /// It must be a number of days.
    #[error("{name} is {text:?}, which is no number of days from 0 (for ever) to {MOST_DAYS}")]
    NoDays {
        /// The variable.
        name: &'static str,
        /// What it says.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: Option<&str>) -> impl Fn(&str) -> Option<String> {
        let text = text.map(str::to_owned);
        move |_| text.clone()
    }

    #[test]
    fn texts_must_be_given() {
        assert_eq!(Variables(&of(Some("ledger"))).text("TABLE"), Ok("ledger".to_owned()));
        for nothing in [None, Some(""), Some(" ")] {
            let error = Variables(&of(nothing)).text("TABLE").expect_err("nothing");
            assert_eq!(error.to_string(), "TABLE is not set in the function's environment");
        }
    }

    #[test]
    fn days_are_whole_and_bounded() {
        for (text, days) in [(None, Some(7)), (Some("0"), None), (Some("3653"), Some(3_653))] {
            assert_eq!(Variables(&of(text)).days("DAYS", 7), Ok(days));
        }
        for text in ["", "-1", "1.5", "7 days", "3654", "99999999999"] {
            let error = Variables(&of(Some(text))).days("DAYS", 7).expect_err("no days");
            assert!(error.to_string().starts_with(&format!("DAYS is {text:?}")), "{error}");
        }
    }
}

//! What the environment says: the tables, and how long what is in them is kept.

use events::{Unusable, Variables};

/// The two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tables {
    /// The ledger.
    pub(crate) events: String,
    /// Which events are in it already.
    pub(crate) idempotency: String,
}

/// For how many days what is written stays; none is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keep {
    /// An event in the ledger.
    pub(crate) events: Option<u32>,
    /// The memory that it is there.
    pub(crate) idempotency: Option<u32>,
}

/// All that the environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) tables: Tables,
    pub(crate) keep: Keep,
}

impl Settings {
    /// # Errors
    /// [`Unusable`] for the first variable with which nothing can begin.
    pub(crate) fn read(variables: &Variables<'_>) -> Result<Self, Unusable> {
        let tables = Tables {
            events: variables.text("EVENTS_TABLE")?,
            idempotency: variables.text("IDEMPOTENCY_TABLE")?,
        };
        let keep = Keep {
            events: variables.days("EVENTS_TTL_DAYS", 0)?,
            // Longer than anybody repeats an event: SQS keeps a message for 14 days at most, 4 by default.
            idempotency: variables.days("IDEMPOTENCY_TTL_DAYS", 7)?,
        };
        Ok(Self { tables, keep })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Settings, Unusable> {
        let find = |name: &str| given.iter().find(|(it, _)| *it == name);
        Settings::read(&Variables(&|name| find(name).map(|(_, text)| (*text).to_owned())))
    }

    #[test]
    fn tables_must_be_named_and_days_have_defaults() {
        let settings = read(&[("EVENTS_TABLE", "e"), ("IDEMPOTENCY_TABLE", "i")]).expect("all");
        assert_eq!(settings.tables.events, "e");
        assert_eq!(settings.tables.idempotency, "i");
        assert_eq!(settings.keep, Keep { events: None, idempotency: Some(7) });
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let told = |given: &[(&str, &str)]| read(given).expect_err("unusable").to_string();
        assert!(told(&[]).starts_with("EVENTS_TABLE is not set"));
        assert!(told(&[("EVENTS_TABLE", "e")]).starts_with("IDEMPOTENCY_TABLE is not set"));
        let tables = [("EVENTS_TABLE", "e"), ("IDEMPOTENCY_TABLE", "i")];
        let with = |name, text| told(&[tables[0], tables[1], (name, text)]);
        assert!(with("EVENTS_TTL_DAYS", "soon").starts_with("EVENTS_TTL_DAYS is \"soon\""));
        assert!(with("IDEMPOTENCY_TTL_DAYS", "").starts_with("IDEMPOTENCY_TTL_DAYS is \"\""));
    }
}

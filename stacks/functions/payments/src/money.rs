//! Amounts of money, in whole smallest units: no cent is lost to a fraction.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Currency;

/// An amount of a currency, below nought if it is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The currency.
    pub currency: Currency,
    /// How many of its smallest units: cents.
    pub minor_units: i64,
}

impl Money {
    /// So much of the same currency.
    #[must_use]
    pub fn with(self, minor_units: i64) -> Self {
        Self { minor_units, ..self }
    }
}

/// As a decimal number, with as many decimals as the currency has: `-19.90`, `500`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minor, unit) = (i128::from(self.minor_units), self.currency.minor_per_major());
        let sign = if minor < 0 { "-" } else { "" };
        let (whole, rest) = (minor.abs() / unit, minor.abs() % unit);
        match usize::try_from(self.currency.decimals()).unwrap_or(0) {
            0 => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{rest:0decimals$}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_decimal_numbers_of_their_currency() {
        for (code, minor_units, told) in [
            ("EUR", 1_999, "19.99"),
            ("EUR", 5, "0.05"),
            ("EUR", -5, "-0.05"),
            ("EUR", -1_990, "-19.90"),
            ("EUR", 0, "0.00"),
            ("JPY", 500, "500"),
            ("KWD", 1_002, "1.002"),
            ("EUR", i64::MIN, "-92233720368547758.08"),
        ] {
            let currency = Currency::named(code).expect(code);
            assert_eq!(Money { currency, minor_units }.to_string(), told);
        }
    }
}

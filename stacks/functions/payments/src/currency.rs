//! Currencies, and how finely each is divided.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// A currency in which can be paid, by its code of ISO 4217.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Currency(&'static str);

impl Currency {
    /// The currency of this code; none for funds, metals and codes for tests, in which
    /// nobody pays.
    pub fn named(code: &str) -> Option<Self> {
        Self::all().find(|currency| currency.0 == code)
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        CODES.iter().flat_map(|(_, codes)| codes.iter().map(|code| Self(code)))
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals an amount of it has: cents are two.
    pub fn decimals(self) -> u32 {
        let of_code = CODES.iter().find(|(_, codes)| codes.contains(&self.0));
        of_code.map_or(2, |(decimals, _)| *decimals)
    }

    /// How many of the smallest units are one of the currency: 100 cents.
    pub fn minor_per_major(self) -> i128 {
        10_i128.pow(self.decimals())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::named(&code).ok_or_else(|| D::Error::custom("no currency of ISO 4217"))
    }
}

/// ISO 4217, list one, as of 2025: by decimals, the codes in which can be paid.
const CODES: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND",
            "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (
        2,
        &[
            "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
            "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF",
            "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB",
            "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL",
            "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD",
            "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT",
            "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK",
            "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB",
            "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN",
            "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH",
            "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_currency_is_known_by_its_code_and_says_how_it_is_divided() {
        let decimals = |code| Currency::named(code).map(Currency::decimals);
        assert_eq!(decimals("EUR"), Some(2));
        assert_eq!(decimals("JPY"), Some(0));
        assert_eq!(decimals("KWD"), Some(3));
        for none in ["", "eur", "EURO", "XAU", "XTS", "XXX", "ZZZ"] {
            assert_eq!(decimals(none), None, "{none}");
        }
    }

    #[test]
    fn codes_are_three_letters_and_there_once() {
        let codes: Vec<&str> = Currency::all().map(Currency::code).collect();
        assert!(
            codes
                .iter()
                .all(|code| code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase()))
        );
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    }

    #[test]
    fn a_currency_travels_as_its_code() {
        let read: Currency = serde_json::from_str("\"SEK\"").expect("a currency");
        assert_eq!(serde_json::to_string(&read).expect("JSON"), "\"SEK\"");
        assert!(serde_json::from_str::<Currency>("\"XTS\"").is_err());
    }
}

//! What the table keeps of a payment.

use events::Moment;
use payments::{Money, PaymentType, Processed};
use serde::Serialize;

/// From so many of the currency on an amount is large, and from so many very large.
/// In any currency: a tier is a hint for whoever looks, and decides nothing.
const LARGE: i128 = 1_000;
const VERY_LARGE: i128 = 10_000;

/// An item of the table, every attribute a text: the machine says which are numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    pub(crate) payment_id: String,
    pub(crate) event_id: String,
    pub(crate) event_type: &'static str,
    pub(crate) merchant_id: String,
    pub(crate) customer_id: String,
    pub(crate) method: String,
    pub(crate) currency: &'static str,
    /// Decimal numbers.
    pub(crate) amount: String,
    pub(crate) fee: String,
    pub(crate) net: String,
    /// `low`, `medium` or `high`.
    pub(crate) risk: &'static str,
    /// Why it is not low.
    pub(crate) risk_reasons: String,
    pub(crate) occurred_at: String,
    pub(crate) received_at: String,
    pub(crate) processed_at: String,
    /// Seconds since 1970, as DynamoDB wants them.
    pub(crate) expires_at: String,
}

/// Adds to a payment, at this moment, what is kept beside it for so many days.
pub(crate) fn enrich(processed: Processed, now: Moment, days: u32) -> Record {
    let reasons = reasons(&processed);
    let risk = match reasons.iter().map(|reason| reason.weight).sum::<u32>() {
        0 => "low",
        1 => "medium",
        _ => "high",
    };
    let words: Vec<&str> = reasons.iter().map(|reason| reason.words).collect();
    Record {
        payment_id: processed.payment_id,
        event_id: processed.event_id,
        event_type: processed.event_type.name(),
        merchant_id: processed.merchant_id,
        customer_id: processed.customer_id,
        method: processed.method,
        currency: processed.amount.currency.code(),
        amount: processed.amount.to_string(),
        fee: processed.fee.to_string(),
        net: processed.net.to_string(),
        risk,
        risk_reasons: if words.is_empty() { "none".to_owned() } else { words.join(", ") },
        occurred_at: processed.occurred_at,
        received_at: processed.received_at,
        processed_at: now.to_string(),
        expires_at: now.plus_days(days).seconds().to_string(),
    }
}

/// Something that makes a payment more of a risk.
struct Reason {
    weight: u32,
    words: &'static str,
}

fn reasons(processed: &Processed) -> Vec<Reason> {
    let abroad = Reason { weight: 1, words: "paid from abroad" };
    let is_abroad = processed.method_country != processed.customer_country;
    let failed = Reason { weight: 1, words: "failed" };
    let has_failed = processed.event_type == PaymentType::Failed;
    let others = [(is_abroad, abroad), (has_failed, failed)];
    let others = others.into_iter().filter_map(|(is_so, reason)| is_so.then_some(reason));
    of_amount(processed.amount).into_iter().chain(others).collect()
}

fn of_amount(amount: Money) -> Option<Reason> {
    let major = i128::from(amount.minor_units) / amount.currency.minor_per_major();
    match major {
        VERY_LARGE.. => Some(Reason { weight: 2, words: "a very large amount" }),
        LARGE.. => Some(Reason { weight: 1, words: "a large amount" }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use payments::Currency;

    use super::*;

    fn processed() -> Processed {
        let currency = Currency::named("EUR").expect("a currency");
        let money = |minor_units| Money { currency, minor_units };
        Processed {
            event_id: "e1".to_owned(),
            event_type: PaymentType::Captured,
            occurred_at: "2026-01-15T09:30:00.000Z".to_owned(),
            received_at: "2026-01-15T09:30:01.000Z".to_owned(),
            merchant_id: "m1".to_owned(),
            payment_id: "p1".to_owned(),
            customer_id: "c1".to_owned(),
            customer_country: "DE".to_owned(),
            method: "card visa 4242".to_owned(),
            method_country: "DE".to_owned(),
            amount: money(1_999),
            fee: money(53),
            net: money(1_946),
        }
    }

    fn risk(change: impl FnOnce(&mut Processed)) -> (&'static str, String) {
        let mut processed = processed();
        change(&mut processed);
        let record = enrich(processed, Moment::from_millis(0), 1);
        (record.risk, record.risk_reasons)
    }

    #[test]
    fn a_record_is_texts_and_says_when_it_may_go() {
        let record = enrich(processed(), Moment::from_millis(1_500), 2);
        let record = serde_json::to_value(record).expect("JSON");
        let fields = record.as_object().expect("an object");
        assert!(fields.values().all(serde_json::Value::is_string), "{record}");
        assert_eq!(
            (&record["amount"], &record["fee"], &record["net"]),
            (&"19.99".into(), &"0.53".into(), &"19.46".into())
        );
        assert_eq!(record["processed_at"], "1970-01-01T00:00:01.500Z");
        assert_eq!(record["expires_at"], "172801");
        assert_eq!(record["event_type"], "payment.captured");
    }

    #[test]
    fn risk_is_the_sum_of_its_reasons() {
        let told = |risk: (&'static str, String)| format!("{}: {}", risk.0, risk.1);
        assert_eq!(told(risk(|_| {})), "low: none");
        assert_eq!(told(risk(|it| it.amount.minor_units = 99_999)), "low: none");
        assert_eq!(told(risk(|it| it.amount.minor_units = 100_000)), "medium: a large amount");
        assert_eq!(told(risk(|it| it.amount.minor_units = 1_000_000)), "high: a very large amount");
        assert_eq!(
            told(risk(|it| it.method_country = "US".to_owned())),
            "medium: paid from abroad"
        );
        let both = risk(|it| {
            it.method_country = "US".to_owned();
            it.event_type = PaymentType::Failed;
        });
        assert_eq!(told(both), "high: paid from abroad, failed");
        let yen = risk(|it| {
            it.amount = Money { currency: Currency::named("JPY").expect("yen"), minor_units: 999 };
        });
        assert_eq!(told(yen), "low: none");
    }
}

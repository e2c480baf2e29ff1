//! Fees, and what is left. All in whole smallest units, so that fee and net always
//! make up the amount.

use payments::{Judged, Method, Money, Payment, PaymentType, Processed};

/// What a way to pay costs the merchant.
struct Rate {
    /// Of the amount, in hundredths of a percent.
    basis_points: i128,
    /// Of each payment, in hundredths of the currency.
    hundredths: i128,
}

fn rate(method: &Method) -> Rate {
    match method {
        Method::Card { .. } => Rate { basis_points: 140, hundredths: 25 },
        Method::Wallet { .. } => Rate { basis_points: 190, hundredths: 25 },
        Method::BankTransfer { .. } => Rate { basis_points: 0, hundredths: 35 },
    }
}

/// What follows from a payment.
pub(crate) fn process(judged: Judged) -> Processed {
    let Judged { payment, received_at } = judged;
    let (fee, net) = split(&payment);
    let method_country = payment.method.country().to_owned();
    let method = match payment.method {
        Method::Card { brand, last4, .. } => format!("card {brand} {last4}"),
        Method::BankTransfer { .. } => "bank transfer".to_owned(),
        Method::Wallet { provider, .. } => format!("wallet {provider}"),
    };
    Processed {
        event_id: payment.event_id,
        event_type: payment.event_type,
        occurred_at: payment.occurred_at,
        received_at,
        merchant_id: payment.merchant_id,
        payment_id: payment.payment_id,
        customer_id: payment.customer.customer_id,
        customer_country: payment.customer.country,
        method,
        method_country,
        amount: payment.amount,
        fee,
        net,
    }
}

/// The fee, and what the merchant gets. Only what is taken costs something; what is
/// given back is owed in full.
fn split(payment: &Payment) -> (Money, Money) {
    let amount = payment.amount;
    match payment.event_type {
        PaymentType::Captured => {
            let fee = fee(amount, &rate(&payment.method));
            (amount.with(fee), amount.with(amount.minor_units - fee))
        }
        PaymentType::Refunded => (amount.with(0), amount.with(-amount.minor_units)),
        PaymentType::Authorized | PaymentType::Failed => (amount.with(0), amount.with(0)),
    }
}

/// In smallest units, half of one rounded up, and never more than the amount.
fn fee(amount: Money, rate: &Rate) -> i64 {
    let minor = i128::from(amount.minor_units);
    let fixed = rate.hundredths * amount.currency.minor_per_major();
    // Ten-thousandths of the smallest unit.
    let fee = minor * rate.basis_points + fixed * 100;
    i64::try_from((fee + 5_000) / 10_000).unwrap_or(i64::MAX).min(amount.minor_units)
}

#[cfg(test)]
mod tests {
    use payments::{Judge, SAMPLE};
    use serde_json::{Value, json};

    use super::*;

    /// What becomes of the sample with these changes.
    fn processed(changes: &[(&str, Value)]) -> Processed {
        let mut event: Value = serde_json::from_str(SAMPLE).expect("JSON");
        for (path, value) in changes {
            *event.pointer_mut(path).expect("a place") = value.clone();
        }
        let input = json!({ "event": event, "received_at": "2026-01-15T09:30:01Z" });
        process(Judge::new().expect("a schema").judge(input).expect("a payment"))
    }

    fn told(changes: &[(&str, Value)]) -> [String; 3] {
        let Processed { amount, fee, net, .. } = processed(changes);
        [amount, fee, net].map(|money| money.to_string())
    }

    #[test]
    fn fee_and_net_make_up_what_is_taken() {
        let bank = json!({ "type": "bank_transfer", "country": "DE" });
        let wallet = json!({ "type": "wallet", "provider": "purse", "country": "DE" });
        assert_eq!(told(&[]), ["19.99", "0.53", "19.46"]);
        assert_eq!(told(&[("/method", bank.clone())]), ["19.99", "0.35", "19.64"]);
        assert_eq!(told(&[("/method", wallet)]), ["19.99", "0.63", "19.36"]);
        assert_eq!(told(&[("/amount/minor_units", json!(10))]), ["0.10", "0.10", "0.00"]);
        let yen = json!({ "currency": "JPY", "minor_units": 2_000 });
        assert_eq!(told(&[("/amount", yen)]), ["2000", "28", "1972"]);
        let dinar = json!({ "currency": "KWD", "minor_units": 10_000 });
        assert_eq!(told(&[("/amount", dinar)]), ["10.000", "0.390", "9.610"]);
        let most = json!(100_000_000_000_000_i64);
        assert_eq!(
            told(&[("/amount/minor_units", most)]),
            ["1000000000000.00", "14000000000.25", "985999999999.75"]
        );
    }

    /// 1.4 % of 1.79 and a quarter are 27.506 cents, of 1.75 27.45.
    #[test]
    fn half_a_cent_is_rounded_up() {
        assert_eq!(told(&[("/amount/minor_units", json!(179))])[1], "0.28");
        assert_eq!(told(&[("/amount/minor_units", json!(175))])[1], "0.27");
    }

    #[test]
    fn what_is_not_taken_costs_nothing() {
        let of = |name: &str| told(&[("/event_type", json!(name))]);
        assert_eq!(of("payment.authorized"), ["19.99", "0.00", "0.00"]);
        assert_eq!(of("payment.refunded"), ["19.99", "0.00", "-19.99"]);
    }

    #[test]
    fn what_nobody_needs_stays_behind() {
        let processed = processed(&[]);
        let handed_on = serde_json::to_value(&processed).expect("JSON");
        assert!(!handed_on.to_string().contains("ada@example.com"), "{handed_on}");
        assert_eq!(handed_on["method"], "card visa 4242");
        assert_eq!(Processed::read(handed_on), Ok(processed));
    }
}

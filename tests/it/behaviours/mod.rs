//! Exercises of living systems: each passes on a sound stack, sees what was
//! broken, harms nobody beside it, and leaves nothing behind.

mod alarm_fires;
mod claim_roundtrip;
mod dead_letter;
mod dead_letters_empty;
mod delivery;
mod event_delivery;
mod kafka_roundtrip;
mod leftovers;
mod neighbours;
mod plain;
mod probes;
mod records;
mod refusals;
mod stand;
mod undeclared;

use ccprov::aws::behaviours::{Bench, INFOS, Options, behaviours};

pub(crate) use self::plain::STACK as PLAIN_STACK;
use self::stand::{ALL, Stand, told};
use crate::support::emulator::{ministack_enforcing_tls, root};

/// What the README shows, as `ccprov verify` does it.
#[tokio::test]
async fn the_demo_passes() {
    let account = ministack_enforcing_tls().account();
    let stand = Stand::make_from(&account, &root().join("stacks/dev.yaml")).await;
    for exclusive in [false, true] {
        let options = Options { exclusive, ..Options::default() };
        let results = stand.verify(ALL, options).await;
        let told = told(&results);
        // The emulator speaks TLS alone, and nobody but a service takes its role on.
        let is_well = |line: &String| {
            line.ends_with(": passed")
                || line.contains(": not exercised, nobody answers without TLS")
                || line.contains(" admits ec2.amazonaws.com alone: ")
                || (!exclusive && line.contains(": not exercised, others may read this queue"))
        };
        assert!(told.iter().all(is_well), "{told:#?}");
        let checks: Vec<&str> = results.iter().map(|result| result.check.as_str()).collect();
        assert!(checks.contains(&"claim_roundtrip"), "{checks:?}");
        assert_eq!(checks.contains(&"dead_letter"), exclusive, "{checks:?}");
    }
}

#[tokio::test]
async fn every_behaviour_is_listed_in_order() {
    assert!(INFOS.is_sorted_by(|a, b| a.id < b.id));
    let stand =
        Stand::make_of(&ministack_enforcing_tls().account(), "{ stack: none, resources: {} }")
            .await;
    let bench = Bench::new(stand.session.clone(), Options::default());
    let infos: Vec<_> = behaviours(&bench).iter().map(|it| *it.info()).collect();
    assert_eq!(infos, INFOS);
}

//! What every kind must keep to, on emulators of AWS.
//!
//! A kind is under contract through its file `cases/KIND.yaml`, and through
//! nothing else: there is no test to write for a new kind. A case is one
//! object's life:
//!
//! ```yaml
//! cases:
//!   - name: redrive
//!     needs:                        # created first, in this order
//!       dlq: { kind: sqs_queue }    # its `document` may be left out
//!     create:                       # the document
//!       redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
//!     updates:                      # each over the document so far; null removes
//!       - { redrive_policy: null }
//! untested:                         # fields that no case can reach, and why
//!   some_field: no emulator knows it
//! ```
//!
//! Texts may hold `${account}`, `${region}`, `${name}` (the default name of the
//! case's own object) and `${NEED.FACT}`.
//!
//! [`run`] takes each case through every emulator: prepare, find nothing,
//! create, find it as stated and owned, create again, find it by each field and
//! by its owner, update after update (each twice), change its owner, write what
//! was read back into a document, delete, revive where that can be, delete again. [`declared`] checks, without an
//! emulator, what a kind says of itself, and that its cases state every field
//! and change every field that can be changed: so the contract is complete by
//! construction. [`lies`] is where emulators are forgiven.
//!
//! While writing a kind, `CCPROV_CONTRACT=sqs_queue cargo test --test it
//! contract` runs the cases of this kind alone.

mod case;
mod declared;
pub(crate) mod emulator;
pub(crate) mod lies;
mod run;

use std::collections::BTreeSet;

use case::CaseFile;
use emulator::Emulator;
use run::Cloud;

#[tokio::test]
async fn every_kind_keeps_its_contract_on_ministack() {
    check(&emulator::ministack()).await;
}

#[tokio::test]
async fn every_kind_keeps_its_contract_where_policies_are_enforced() {
    check(&emulator::ministack_enforcing()).await;
}

#[tokio::test]
async fn every_kind_keeps_its_contract_on_moto() {
    check(&emulator::moto()).await;
}

async fn check(emulator: &Emulator) {
    let files = chosen();
    let mut cloud = Cloud::connect(emulator).await;
    let mut failures = Vec::new();
    for file in &files {
        for case in &file.cases {
            if let Err(failure) = cloud.live_through(&file.kind, case).await {
                if cloud.excuses(&file.kind) {
                    continue;
                }
                let place = format!("{} {} on {}", file.kind, case.name, emulator.name);
                failures.push(format!("{place}\n  {failure}"));
            }
        }
    }
    if failures.is_empty() {
        failures = cloud.truths(&files.iter().map(|file| file.kind.as_str()).collect());
    }
    report(&failures);
}

/// The kinds that the environment names, or all.
#[expect(clippy::disallowed_methods, reason = "a choice of whoever runs the tests")]
fn chosen() -> Vec<CaseFile> {
    let named = std::env::var_os("CCPROV_CONTRACT").unwrap_or_default();
    let named = named.to_string_lossy().into_owned();
    let named: BTreeSet<&str> = named.split(',').filter(|name| !name.is_empty()).collect();
    let mut files = case::files();
    files.retain(|file| named.is_empty() || named.contains(file.kind.as_str()));
    assert!(!files.is_empty(), "no case file is named one of {named:?}");
    files
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} broken\n\n{}\n", failures.len(), failures.join("\n\n"));
}

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
//! case's own object), `${NEED.FACT}`, and `${zip.one}` or `${zip.two}`: the hash of a zip
//! file that a field takes as an artifact, whose bytes are sent ([`checkout`]).
//!
//! [`leg`] takes the kinds through an emulator, some at a time, and each in an
//! account of its own. [`run`] is the life of one case: prepare, find nothing,
//! create, find it as stated and owned, create again, find it by each field and
//! by its owner, update after update (each twice), change its owner, write what
//! was read back into a document, delete, revive where that can be, delete again.
//! What may have to wait is done by the engine ([`cloud`]), so that a kind that
//! takes its time is seen through as in an apply.
//!
//! Where policies are enforced a user does all of it who has what `ccprov iam`
//! would print for the case as it stands, and nothing else ([`rights`]).
//!
//! [`declared`] checks, without an emulator, what a kind says of itself, and that
//! its cases state every field and change every field that can be changed: so the
//! contract is complete by construction. [`lies`] is where emulators are forgiven,
//! and [`honest`] is how.
//!
//! While writing a kind, `CCPROV_CONTRACT=sqs_queue cargo test --test it
//! contract` runs the cases of this kind alone.

mod case;
mod checkout;
mod cloud;
mod declared;
pub(crate) mod emulator;
mod honest;
mod leg;
pub(crate) mod lies;
pub(crate) mod rights;
mod run;

use std::collections::BTreeSet;

use case::CaseFile;
use leg::Leg;

#[tokio::test]
async fn every_kind_keeps_its_contract_on_ministack() {
    check(&leg::ministack()).await;
}

#[tokio::test]
async fn every_kind_keeps_its_contract_for_who_has_its_grants_alone() {
    check(&leg::ministack_enforcing()).await;
}

#[tokio::test]
async fn every_kind_keeps_its_contract_on_moto() {
    check(&leg::moto()).await;
}

#[expect(clippy::print_stdout, reason = "whoever runs a leg may ask what it passed over")]
async fn check(leg: &Leg) {
    let told = leg.go_through(&chosen()).await;
    for left_out in told.left_out {
        println!("left out: {left_out}");
    }
    report(&told.failures);
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

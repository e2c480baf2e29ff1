//! Runs that die on their way.

use std::fs;

use super::binary::Ccprov;
use super::emulator::Account;
use super::fault_proxy::FaultProxy;

/// An apply of a stack, in a folder of its own, that the proxy kills.
pub(crate) fn apply(account: &Account, proxy: &FaultProxy, stack: &str) {
    let doomed = Ccprov::on(&account.through(&proxy.url())).at_home();
    fs::write(doomed.home().join("stack.yaml"), stack).expect("a file of our own");
    let killed = doomed.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
    assert_eq!(killed.code, None, "{killed}{proxy}");
}

//! Emulators as the library connects to them.

use ccprov::aws::{AccessKey, Connection, Pace};

use crate::support::emulator::{self, Account};

/// An emulator with an account of the contract's own.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub(crate) connection: Connection,
}

/// Policies are stored, not evaluated.
pub(crate) fn ministack() -> Emulator {
    Emulator { connection: connection(&emulator::ministack().account()) }
}

/// As the library is told of an account.
pub(crate) fn connection(account: &Account) -> Connection {
    let read = |path| std::fs::read(path).expect("the emulator's certificate");
    Connection {
        region: Some(Account::REGION.to_owned()),
        endpoint_url: Some(account.endpoint.clone()),
        ca_bundle: account.certificate.as_ref().map(read),
        access_key: Some(AccessKey {
            id: account.access_key.clone(),
            secret: account.secret_key.clone(),
        }),
        // No emulator refuses what comes too fast.
        pace: Pace::Unlimited,
        ..Connection::default()
    }
}

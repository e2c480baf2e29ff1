//! The emulators that the contract runs on, as the library connects to them.

use ccprov::aws::{AccessKey, Connection};

use crate::support::emulator::{self, Account};

/// An emulator with an account of the contract's own.
#[derive(Debug)]
pub(crate) struct Emulator {
    pub(crate) name: &'static str,
    pub(crate) connection: Connection,
}

/// Policies are stored, not evaluated.
pub(crate) fn ministack() -> Emulator {
    reach("ministack", &emulator::ministack().account())
}

/// Policies are evaluated, over TLS, so that they may refuse plain http.
pub(crate) fn ministack_enforcing() -> Emulator {
    reach("ministack-enforcing", &emulator::ministack_enforcing_tls().account())
}

/// A second opinion on what reads back.
pub(crate) fn moto() -> Emulator {
    reach("moto", &emulator::moto().account())
}

fn reach(name: &'static str, account: &Account) -> Emulator {
    let read = |path| std::fs::read(path).expect("the emulator's certificate");
    let connection = Connection {
        region: Some("us-east-1".to_owned()),
        endpoint_url: Some(account.endpoint.clone()),
        ca_bundle: account.certificate.as_ref().map(read),
        access_key: Some(AccessKey {
            id: account.access_key.clone(),
            secret: account.secret_key.clone(),
        }),
        ..Connection::default()
    };
    Emulator { name, connection }
}

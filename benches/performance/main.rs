//! Measures what `docs/PERFORMANCE.md` tells, and prints it as tables: how
//! large and quick the binary is, how often a run waits for the network, and
//! how the work grows with the stack. `make bench` builds what this needs.
//!
//! ```text
//! cargo bench --no-default-features --bench performance -- scale
//! ```

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::unwrap_used, reason = "what cannot be measured ends the run")]

mod claim_check;
#[path = "../../tests/it/support/delay_proxy.rs"]
#[expect(dead_code, unused_imports, reason = "what its tests use; here the trace counts calls")]
mod delay_proxy;
mod footprint;
#[path = "../../tests/it/support/local_server.rs"]
mod local_server;
mod scale;
mod spread;
#[path = "../../tests/it/support/trace.rs"]
mod trace;

use std::path::{Path, PathBuf};

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let parts: [(&str, fn()); 3] = [
        ("footprint", footprint::measure),
        ("claim_check", claim_check::measure),
        ("scale", scale::measure),
    ];
    for (name, measure) in parts {
        if asked.is_empty() || asked.iter().any(|it| it == name) {
            measure();
        }
    }
}

/// The folder of the package.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The binary as users get it: this runs in the `deps` folder beside it.
fn binary() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    this.ancestors().nth(2).unwrap().join("ccprov")
}

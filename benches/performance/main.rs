//! Measures what `docs/PERFORMANCE.md` tells, and prints it as tables: how
//! large and quick the binary is, how often a run waits for the network, what
//! others need for the same, and how the work grows with the stack. `make
//! bench` builds what this needs; arguments choose parts.
//!
//! ```text
//! cargo bench --no-default-features --bench performance -- footprint emulated
//! ```

#![expect(clippy::print_stdout, reason = "its output is what it is for")]
#![expect(clippy::unwrap_used, reason = "what cannot be measured ends the run")]

#[path = "../../tests/it/support/delay_proxy.rs"]
#[expect(dead_code, unused_imports, reason = "what its tests use")]
mod delay_proxy;
mod emulated;
mod emulator;
mod footprint;
#[path = "../../tests/it/support/local_server.rs"]
mod local_server;
mod peers;
mod process;
mod rounds;
mod simulated;
mod spread;
#[path = "../../tests/it/support/trace.rs"]
mod trace;

use std::fs;
use std::path::{Path, PathBuf};

const PARTS: [(&str, fn()); 5] = [
    ("footprint", footprint::measure),
    ("rounds", rounds::measure),
    ("peers", peers::measure),
    ("emulated", emulated::measure),
    ("simulated", simulated::measure),
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    for name in &asked {
        let known = PARTS.map(|(name, _)| name);
        assert!(known.contains(&name.as_str()), "there is no part {name}; there are {known:?}");
    }
    println!("{}", machine());
    let mut took = Vec::new();
    for (name, measure) in PARTS {
        if asked.is_empty() || asked.iter().any(|it| it == name) {
            let ((), time) = spread::timed(measure);
            took.push((name, time.as_secs()));
        }
    }
    let parts: Vec<String> = took.iter().map(|(name, secs)| format!("{name} {secs} s")).collect();
    let whole: u64 = took.iter().map(|(_, seconds)| seconds).sum();
    println!("\nTook {} min {} s: {}.", whole / 60, whole % 60, parts.join(", "));
}

/// What the tables were measured on, and how busy others kept it.
fn machine() -> String {
    let cores = std::thread::available_parallelism().unwrap();
    let told = |file| fs::read_to_string(file).expect("Linux");
    let memory = told("/proc/meminfo");
    let memory = memory.lines().next().and_then(|line| line.split_whitespace().nth(1)).unwrap();
    let memory = memory.parse::<u64>().unwrap() / (1024 * 1024);
    let load = told("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap();
    format!("{cores} cores, {memory} GiB, load average before: {load}")
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

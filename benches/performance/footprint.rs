//! What the binary costs whoever runs it: disk, start and memory.

use std::fs;
use std::process::{Command, Stdio};

use super::claim_check::Emulator;
use super::spread::{Spread, timed};
use super::{binary, root};

/// Linux counts the memory of children, largest first, in KiB.
const PEAK: &str = "import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

pub(crate) fn measure() {
    let size = fs::metadata(binary()).expect("cargo build --release").len();
    let help = Spread::of((0..21).map(|_| {
        let mut command = Command::new(binary());
        let told = command.arg("--help").stdout(Stdio::null());
        let (status, took) = timed(|| told.status().unwrap());
        assert!(status.success());
        took
    }));
    println!("\n| Footprint | measured | goal |\n|---|---:|---:|");
    println!("| size of the binary, stripped | {:.1} MB | 25 MB |", in_millions(size));
    println!("| time of `--help`, median of 21 | {:.0} ms | 20 ms |", help.median() * 1e3);
    let emulator = Emulator::start();
    let account = emulator.account();
    let plan = || {
        let mut command = Command::new("python3");
        command.args(["-c", PEAK]).arg(binary()).args(["plan", "stacks/dev.yaml"]);
        let told = command.envs(account.env(emulator.url())).current_dir(root()).output().unwrap();
        let kib = String::from_utf8(told.stdout).unwrap();
        kib.trim().parse::<u64>().expect("a plan that succeeds") * 1024
    };
    let mut peaks: Vec<u64> = (0..7).map(|_| plan()).collect();
    peaks.sort_unstable();
    println!("| peak memory of `plan`, median of 7 | {:.1} MB | 30 MB |", in_millions(peaks[3]));
}

#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
fn in_millions(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

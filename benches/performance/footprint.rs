//! What the binary costs whoever runs it: disk, start and memory.

use std::fs;
use std::process::{Command, Stdio};

use super::binary;
use super::emulator::Emulator;
use super::process::ccprov;
use super::spread::{Spread, median, megabytes, timed};

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
    println!("| size of the binary, stripped | {} | 25 MB |", megabytes(size));
    println!("| time of `--help`, median of 21 | {:.0} ms | 20 ms |", help.median() * 1e3);
    let emulator = Emulator::start();
    let account = emulator.account();
    let plan = || ccprov(&account, emulator.url(), &["plan", "stacks/dev.yaml"]).peak;
    let peak = median((0..7).map(|_| plan()));
    println!("| peak memory of `plan`, median of 7 | {} | 30 MB |", megabytes(peak));
}

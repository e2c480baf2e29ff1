//! Commands that succeed, and what they cost.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::emulator::Account;
use super::{binary, root};

/// What a command said, and what it took.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) said: String,
    pub(crate) wall: Duration,
    /// Bytes of memory, of the largest process at its largest.
    pub(crate) peak: u64,
}

/// ccprov in an account behind an endpoint, from the folder of the package.
pub(crate) fn ccprov(account: &Account, endpoint: &str, arguments: &[&str]) -> Finished {
    let binary = binary().display().to_string();
    finished(&[&[binary.as_str()], arguments].concat(), account, endpoint)
}

/// A command in an account behind an endpoint. Ends the run unless it succeeds.
pub(crate) fn finished(words: &[&str], account: &Account, endpoint: &str) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("measured.json");
    let mut command = Command::new("python3");
    command.arg("scripts/bench/measured.py").arg(&file).args(words);
    command.env("ANSIBLE_CONFIG", "scripts/bench/ansible.cfg");
    let output = command.envs(account.env(endpoint)).current_dir(root()).output().unwrap();
    let [said, complained] =
        [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(output.status.success(), "{words:?}: {}\n{said}\n{complained}", output.status);
    let measured: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let wall = Duration::from_secs_f64(measured["seconds"].as_f64().unwrap());
    Finished { said, wall, peak: measured["peak"].as_u64().unwrap() }
}

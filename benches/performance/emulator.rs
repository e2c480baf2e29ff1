//! A local AWS to measure against.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use super::process::ccprov;
use super::root;

/// An emulator of AWS that ends with this.
#[derive(Debug)]
pub(crate) struct Emulator {
    url: String,
    child: Child,
}

impl Emulator {
    pub(crate) fn start() -> Self {
        let mut command = Command::new("bash");
        command.arg(root().join("scripts/emulator.sh")).arg("ministack");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("bash runs scripts/emulator.sh");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(!url.is_empty(), "no emulator; run: scripts/tools.sh ministack");
        let emulator = Self { url: url.trim().to_owned(), child };
        emulator.warm_up();
        emulator
    }

    /// MiniStack loads the code of a service when that is first called, which
    /// takes seconds.
    fn warm_up(&self) {
        let account = self.account();
        for command in ["apply", "destroy"] {
            ccprov(&account, &self.url, &[command, "-y", "stacks/dev.yaml"]);
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// One that nobody used before.
    #[expect(clippy::unused_self, reason = "accounts are those of an emulator")]
    pub(crate) fn account(&self) -> Account {
        static GIVEN: AtomicU64 = AtomicU64::new(100_000_000_001);
        Account(GIVEN.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Reaps it. An error would mean that it is gone already.
        let _gone = self.child.wait();
    }
}

/// An account of MiniStack, which takes an access key of twelve digits for one.
#[derive(Debug)]
pub(crate) struct Account(String);

impl Account {
    pub(crate) fn env(&self, endpoint: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ACCESS_KEY_ID", self.0.clone()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ])
    }
}

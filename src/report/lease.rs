//! A lease in words: whose it is, what for, and how long it is good.
//!
//! What a holder wrote comes from an object that others can write, so nothing
//! of it reaches a terminal untamed.

use std::time::Duration;

use super::page::Page;
use super::phrases::tame;
use super::style::{CHANGE, paint};
use crate::model::{Found, Lock};

/// As long as a command line may be that people still read.
const LONGEST: usize = 300;

/// What a holder wrote, on one line.
fn words(text: &str) -> String {
    let words = tame(text);
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &words[..end]),
        None => words,
    }
}

/// The whole lease, as a text with colour codes.
pub fn lease_text(found: &Found, lock: &Lock) -> String {
    let lease = &found.lease;
    let mut page = Page::default();
    page.line(0, format!("Lease {lock} of stack {}", words(&lease.stack)));
    page.line(1, format!("holder   {}", words(&lease.holder.process)));
    page.line(1, format!("as       {}", words(&lease.holder.caller)));
    page.line(1, format!("command  {}", words(&lease.command)));
    page.line(1, format!("since    {}", words(&lease.since)));
    let life = lease_life(found);
    let life = if found.has_expired() { paint(CHANGE, life) } else { life };
    page.line(1, format!("life     {life}"));
    page.into_text()
}

/// Who holds it and what for, in one line.
pub fn lease_holder(found: &Found) -> String {
    let lease = &found.lease;
    let (process, caller) = (words(&lease.holder.process), words(&lease.holder.caller));
    let (command, since) = (words(&lease.command), words(&lease.since));
    format!("{process} ({caller}) runs `{command}` since {since}")
}

/// How long it is good, in one line.
pub fn lease_life(found: &Found) -> String {
    let age = seconds(found.age);
    if found.has_expired() {
        format!("expired: no sign of life for {age}, so the next run takes it over")
    } else {
        let left = seconds(found.remaining());
        format!("last sign of life {age} ago; without another it expires in {left}")
    }
}

/// Stores count in whole seconds.
fn seconds(length: Duration) -> String {
    format!("{} s", length.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Holder, Lease};

    fn found(age: u64) -> Found {
        let lease = Lease {
            format: Lease::FORMAT.into(),
            stack: "claims".into(),
            holder: Holder {
                process: "ada@build-7 pid 4711".into(),
                caller: "arn:aws:iam::123456789012:user/ada".into(),
            },
            command: "ccprov apply \u{1b}[31mstack.yaml".into(),
            since: "2026-01-31T10:00:00.123Z".into(),
            lifetime_seconds: 60,
            nonce: "n".into(),
            renewals: 3,
        };
        Found { lease, version: "v".into(), age: Duration::from_secs(age) }
    }

    #[test]
    fn a_lease_tells_whose_it_is() {
        let lock =
            Lock { bucket: "ops-locks".into(), key: "ccprov/claims.lease".into(), account: None };
        let text = |age| anstream::adapter::strip_str(&lease_text(&found(age), &lock)).to_string();
        insta::assert_snapshot!(text(12), @r"
        Lease s3://ops-locks/ccprov/claims.lease of stack claims
          holder   ada@build-7 pid 4711
          as       arn:aws:iam::123456789012:user/ada
          command  ccprov apply \u001b[31mstack.yaml
          since    2026-01-31T10:00:00.123Z
          life     last sign of life 12 s ago; without another it expires in 48 s
        ");
        let mut long = found(12);
        long.lease.command = "x".repeat(1_000);
        assert_eq!(lease_holder(&long).matches('x').count(), LONGEST);
        assert!(text(61).contains("expired: no sign of life for 61 s"), "{}", text(61));
        insta::assert_snapshot!(lease_holder(&found(12)), @r"ada@build-7 pid 4711 (arn:aws:iam::123456789012:user/ada) runs `ccprov apply \u001b[31mstack.yaml` since 2026-01-31T10:00:00.123Z");
    }
}

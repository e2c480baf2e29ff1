//! The binary as its users meet it: sessions, kept as golden files.
//!
//! A session is some commands in a row, told as [`binary`] tells each. The
//! golden files in `snapshots/` are what a review of the command line's manners
//! reads; the tests besides assert what must hold whatever the words.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access_policies;
mod advice;
mod bad_input;
mod bad_weather;
mod broken_streams;
mod clashes;
mod drift;
mod excerpts;
mod first_hour;
mod foreign_texts;
mod guards;
mod help;
mod life;
mod long_runs;
mod machines;
mod named_others;
mod offline_rules;
mod outputs;
mod ownership;
mod paths;
mod pipelines;
mod probes;
mod profiles;
mod regions;
mod rendered;
mod saved_plans;
mod secrets;
mod several;
mod shown;
mod signals;
mod spans;
mod strangers;
mod verify;

use std::fs;
use std::path::PathBuf;

use crate::support::binary::{self, Ccprov, Transcript};
use crate::support::emulator::Account;

/// Somebody with an account and a folder of stack files.
pub(crate) struct Desk {
    pub(crate) account: Account,
    ccprov: Ccprov,
}

impl Desk {
    /// In a folder of its own, with `stack.yaml` in it.
    pub(crate) fn with(account: Account, stack: &str) -> Self {
        let desk = Self { ccprov: Ccprov::on(&account).at_home(), account };
        desk.write("stack.yaml", stack);
        desk
    }

    /// In the folder of the package, with its stacks.
    pub(crate) fn at_root(account: Account) -> Self {
        Self { ccprov: Ccprov::on(&account), account }
    }

    /// One more variable, or another value.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.ccprov = self.ccprov.env(name, value);
        self
    }

    /// Without a variable that it would have.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.ccprov = self.ccprov.without(name);
        self
    }

    /// What it reads from standard input.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.ccprov = self.ccprov.stdin(text);
        self
    }

    /// Writes standard output to a file or device.
    pub(crate) fn stdout_to(mut self, path: &str) -> Self {
        self.ccprov = self.ccprov.stdout_to(path);
        self
    }

    /// Writes a file of the folder, anew if need be.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        fs::write(path, text).expect("a file of our own");
    }

    /// Where a file of the folder is.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.ccprov.home().join(path)
    }

    /// Runs a command line, whose arguments hold no blanks.
    pub(crate) fn run(&self, line: &str) -> Transcript {
        self.ccprov.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// The same, telling which process it is: see [`Ccprov::run_told`].
    pub(crate) fn run_told(&self, line: &str, begun: impl FnOnce(u32)) -> Transcript {
        self.ccprov.run_told(&line.split_whitespace().collect::<Vec<_>>(), begun)
    }

    /// Runs a command whose arguments may hold blanks, or are empty.
    pub(crate) fn run_exactly(&self, arguments: &[&str]) -> Transcript {
        self.ccprov.run(arguments)
    }

    /// The same with signals on the way: see [`Ccprov::run_until`].
    pub(crate) fn run_until(&self, line: &str, moments: &[(&str, &str)]) -> Transcript {
        self.ccprov.run_until(&line.split_whitespace().collect::<Vec<_>>(), moments)
    }

    /// The same on a terminal, where somebody says yes when asked, after something
    /// has happened: see [`Ccprov::run_asked`].
    pub(crate) async fn asked(&self, line: &str, meanwhile: impl AsyncFnOnce()) -> Transcript {
        self.ccprov.run_asked(&line.split_whitespace().collect::<Vec<_>>(), meanwhile).await
    }

    /// The same, where somebody types before the question comes, and then an answer.
    pub(crate) async fn answered(&self, line: &str, early: &str, answer: &str) -> Transcript {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.ccprov.run_answered(&words, early, answer, async || {}).await
    }

    /// The same with an answer to each of several questions.
    pub(crate) async fn answering(&self, line: &str, answers: &[&str]) -> Transcript {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.ccprov.run_answering(&words, "", answers, async || {}).await
    }

    /// The same folder, spoken to AWS through something else.
    pub(crate) fn through(self, endpoint: &str) -> Self {
        self.env("AWS_ENDPOINT_URL", endpoint)
    }

    /// Carries the stack out, after which there is nothing left to do.
    pub(crate) fn applied(&self) {
        self.must("apply -y stack.yaml", 0);
        self.must("plan --detailed-exitcode stack.yaml", 0);
    }

    /// The same with what must be so; the transcript says why it is not.
    pub(crate) fn must(&self, line: &str, code: i32) -> Transcript {
        let transcript = self.run(line);
        assert_eq!(transcript.code, Some(code), "{transcript}");
        transcript
    }
}

/// A golden session.
pub(crate) fn check(name: &str, session: &[Transcript]) {
    let _varying = binary::overlook_what_varies();
    let tell = |transcript: &Transcript| {
        let stderr = calmed(&transcript.stderr);
        Transcript { stderr, ..transcript.clone() }.to_string()
    };
    let session: Vec<String> = session.iter().map(tell).collect();
    insta::assert_snapshot!(name, session.join("\n\n"));
}

/// Without the beginnings of steps, and with their ends in the order of the
/// alphabet: who is first among steps that run at once is anybody's guess.
fn calmed(talk: &str) -> String {
    let is_step = |line: &str| {
        let rest = ["+ ", "~ ", "- "].iter().find_map(|sign| line.strip_prefix(sign));
        rest.is_some_and(|rest| rest.contains(": "))
    };
    let begins =
        |line: &str| ["creating ", "updating ", "deleting "].map(|verb| line.contains(verb));
    let mut lines: Vec<String> = Vec::new();
    let mut ends = Vec::new();
    for line in talk.lines().chain([""]) {
        if is_step(line) {
            if !begins(line).contains(&true) {
                // `  3/11`, which tells of the same guess.
                let end = line.rsplit_once("  ").map_or(line, |(end, _)| end);
                ends.push(end.to_owned());
            }
            continue;
        }
        ends.sort();
        lines.append(&mut ends);
        lines.push(line.to_owned());
    }
    lines.pop();
    lines.join("\n")
}

#[test]
fn steps_are_told_in_the_order_of_the_alphabet() {
    let talk = "2 steps to do\n+ b: creating k\n+ a: creating k\n+ b: created k in 1ms  1/2\n\
                + a: created k in 2ms  2/2\nend\n";
    assert_eq!(calmed(talk), "2 steps to do\n+ a: created k in 2ms\n+ b: created k in 1ms\nend");
}

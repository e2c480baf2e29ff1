//! The binary as its users meet it: arguments, environment and input in, a
//! transcript out.
//!
//! A transcript reads like a terminal and is made to be a golden file:
//!
//! ```text
//! $ ccprov plan stacks/dev.yaml
//! what went to standard output
//! [stderr] what went to standard error
//! [exit 2]
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::emulator::{Account, root};

/// What varies from run to run, and what a golden file shows instead.
const VARYING: &[(&str, &str)] = &[
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "[TIMESTAMP]"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "[UUID]"),
    // Those of `Emulator::account`, of which a whole run needs more than a thousand; a
    // session shows its own as [ACCOUNT].
    (r"\b1000000\d{5}\b", "[OTHER ACCOUNT]"),
    (r"\S+@\S+ pid \d+", "[PROCESS]"),
    (
        r"sign of life \d+ s ago; without another it expires in \d+ s",
        "sign of life [TIME] ago; without another it expires in [TIME]",
    ),
    (r"until \d{4}-\d\d-\d\d", "until [DATE]"),
    (r"request id [0-9A-Za-z-]+", "request id [ID]"),
    // The end of a bucket's name follows from the account, and each test has its own.
    (r"-[0-9a-f]{8}\b", "-[HASH]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[PORT]"),
    // Measured times only. Those that a stack states are whole seconds: `30s`.
    (r"\b\d+\.\d+ ?s\b|\b\d+(\.\d+)? ?ms\b", "[TIME]"),
];

/// Has `insta::assert_snapshot!` overlook [what varies](VARYING) while the
/// answer lives.
///
/// ```ignore
/// let _varying = binary::overlook_what_varies();
/// insta::assert_snapshot!(Ccprov::on(&account).run(&["plan", "stacks/dev.yaml"]));
/// ```
pub(crate) fn overlook_what_varies() -> impl Drop {
    let mut settings = insta::Settings::clone_current();
    for (pattern, replacement) in VARYING {
        settings.add_filter(pattern, *replacement);
    }
    settings.bind_to_scope()
}

/// The binary, its environment and what it is told.
///
/// The environment is empty but for what is set here, and the home folder is a
/// fresh one, so no profile or variable of whoever runs the tests leaks in.
#[derive(Debug)]
pub(crate) struct Ccprov {
    program: PathBuf,
    folder: PathBuf,
    home: TempDir,
    env: BTreeMap<String, String>,
    stdin: String,
    /// Where standard output goes, if not into the transcript.
    stdout: Option<PathBuf>,
    /// Texts of this run, and what a transcript shows instead.
    varying: Vec<(String, &'static str)>,
}

impl Ccprov {
    /// With an account to talk to.
    pub(crate) fn on(account: &Account) -> Self {
        let mut this = Self::offline();
        this.env.extend(account.env());
        this.varying.push((account.id.clone(), "[ACCOUNT]"));
        this
    }

    /// Without credentials, for commands that need no cloud.
    pub(crate) fn offline() -> Self {
        let home = tempfile::tempdir().expect("a folder for the home");
        let path = home.path().display().to_string();
        Self {
            program: PathBuf::from(env!("CARGO_BIN_EXE_ccprov")),
            folder: root().to_owned(),
            env: BTreeMap::from([("HOME".to_owned(), path.clone())]),
            stdin: String::new(),
            stdout: None,
            varying: vec![(path, "[HOME]"), (root().display().to_string(), "[ROOT]")],
            home,
        }
    }

    /// One more variable, or another value.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without a variable that it would have.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// What it reads from standard input, which is empty otherwise, and never
    /// a terminal.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.stdin);
        self
    }

    /// Writes standard output to a file or device, which is there.
    pub(crate) fn stdout_to(mut self, path: &str) -> Self {
        self.stdout = Some(PathBuf::from(path));
        self
    }

    /// Works in its home folder instead of the package's.
    pub(crate) fn at_home(mut self) -> Self {
        self.home.path().clone_into(&mut self.folder);
        self
    }

    /// A folder that lives as long as this, to write stacks into.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Transcript {
        let output = self.spawn(arguments).wait_with_output().expect("the binary ends");
        self.transcript(arguments, &output)
    }

    /// Runs it to its end, and tells its process id once it has begun.
    pub(crate) fn run_told(&self, arguments: &[&str], begun: impl FnOnce(u32)) -> Transcript {
        let child = self.spawn(arguments);
        begun(child.id());
        let output = child.wait_with_output().expect("the binary ends");
        self.transcript(arguments, &output)
    }

    /// Runs it, and sends it a signal (`INT`, `TERM`) when it says on standard
    /// error what contains a text. Moments follow each other. What it says must
    /// fit into a pipe until then.
    pub(crate) fn run_until(&self, arguments: &[&str], moments: &[(&str, &str)]) -> Transcript {
        let mut child = self.spawn(arguments);
        let mut talk = BufReader::new(child.stderr.take().expect("the child's talk is ours"));
        let mut stderr = String::new();
        for (when, signal) in moments {
            let mut line = String::new();
            while !line.contains(when) {
                line.clear();
                let length = talk.read_line(&mut line).expect("the binary writes UTF-8");
                assert!(length > 0, "it ended without saying {when}:\n{stderr}");
                stderr.push_str(&line);
            }
            let id = child.id().to_string();
            let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
            assert!(sent.success(), "the binary was gone before SIG{signal}");
        }
        talk.read_to_string(&mut stderr).expect("the binary writes UTF-8");
        let output = child.wait_with_output().expect("the binary ends");
        self.transcript(arguments, &Output { stderr: stderr.into_bytes(), ..output })
    }

    /// Runs it on a terminal of its own. When it asks, something happens, and then
    /// somebody says yes. All that it shows is in `stdout`.
    pub(crate) async fn run_asked(
        &self,
        arguments: &[&str],
        meanwhile: impl AsyncFnOnce(),
    ) -> Transcript {
        self.run_answered(arguments, "", "yes", meanwhile).await
    }

    /// The same with another answer, and something typed before the question.
    pub(crate) async fn run_answered(
        &self,
        arguments: &[&str],
        early: &str,
        answer: &str,
        meanwhile: impl AsyncFnOnce(),
    ) -> Transcript {
        self.run_answering(arguments, early, &[answer], meanwhile).await
    }

    /// The same with an answer to each of several questions.
    pub(crate) async fn run_answering(
        &self,
        arguments: &[&str],
        early: &str,
        answers: &[&str],
        meanwhile: impl AsyncFnOnce(),
    ) -> Transcript {
        let program = self.program.display().to_string();
        let of_python: Vec<&str> =
            ["-c", TERMINAL, &program].into_iter().chain(arguments.iter().copied()).collect();
        let mut child = self.command(&python()).args(of_python).spawn().expect("python3 runs");
        let mut keyboard = child.stdin.take().expect("the child's input is ours");
        let mut screen = child.stdout.take().expect("the child's output is ours");
        keyboard.write_all(early.as_bytes()).expect("the terminal takes what is typed");
        let (mut shown, mut byte, mut meanwhile) = (Vec::new(), [0], Some(meanwhile));
        let mut asked = 0;
        for answer in answers {
            while shown.len() == asked || !shown.ends_with(b" to go on: ") {
                let length = screen.read(&mut byte).expect("the terminal is read");
                let so_far = String::from_utf8_lossy(&shown);
                assert!(length > 0, "it ended without asking:\n{so_far}");
                shown.extend(byte);
            }
            if let Some(meanwhile) = meanwhile.take() {
                meanwhile().await;
            }
            asked = shown.len();
            let line = format!("{answer}\n");
            keyboard.write_all(line.as_bytes()).expect("the terminal takes an answer");
        }
        screen.read_to_end(&mut shown).expect("the terminal is read");
        let output = child.wait_with_output().expect("the binary ends");
        self.transcript(arguments, &Output { stdout: shown, ..output })
    }

    fn spawn(&self, arguments: &[&str]) -> Child {
        let into = |path: &PathBuf| File::options().write(true).open(path).expect("it is there");
        let stdout = self.stdout.as_ref().map(into);
        let mut child = Command::new(&self.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.env)
            .stdin(Stdio::piped())
            .stdout(stdout.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo built the binary");
        let mut stdin = child.stdin.take().expect("the child's input is ours");
        // A program that ends without reading its input is no failure. Confirmations are short,
        // so the pipe holds them and nobody waits for anybody.
        let _unread = stdin.write_all(self.stdin.as_bytes());
        drop(stdin);
        child
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env_clear()
            .envs(&self.env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn transcript(&self, arguments: &[&str], output: &Output) -> Transcript {
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).expect("the binary writes UTF-8");
            self.varying.iter().fold(text, |text, (varies, shown)| text.replace(varies, shown))
        };
        Transcript {
            command: text(
                ["ccprov"]
                    .iter()
                    .chain(arguments)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .as_bytes(),
            ),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code(),
        }
    }
}

/// Runs a program on a terminal, and ends as it did. Standard Python has one; the
/// tools of these tests need Python anyway.
const TERMINAL: &str =
    "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/// By its whole path, for a program without a `PATH` of its own.
#[expect(clippy::disallowed_methods, reason = "where programs are is known to the environment")]
fn python() -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&folders).map(|folder| folder.join("python3"));
    found.find(|path| path.exists()).expect("python3 is on the PATH")
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transcript {
    pub(crate) command: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        for line in self.stdout.lines() {
            writeln!(f, "{line}")?;
        }
        for line in self.stderr.lines() {
            writeln!(f, "{}", format!("[stderr] {line}").trim_end())?;
        }
        match self.code {
            Some(code) => write!(f, "[exit {code}]"),
            None => write!(f, "[ended by a signal]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::emulator;
    use super::*;

    /// A shell stands in for the binary.
    fn shell(account: &Account) -> Ccprov {
        Ccprov { program: PathBuf::from("/bin/sh"), ..Ccprov::on(account) }
    }

    fn account() -> Account {
        Account {
            id: "100000000007".to_owned(),
            endpoint: "http://127.0.0.1:4566".to_owned(),
            access_key: "100000000007".to_owned(),
            secret_key: "test".to_owned(),
            certificate: None,
        }
    }

    #[test]
    fn a_transcript_tells_all_and_hides_what_varies() {
        let _varying = overlook_what_varies();
        let script = "read answer
            echo \"said $answer at $AWS_ENDPOINT_URL in $AWS_ACCESS_KEY_ID\"
            echo key/0f8fad5b-d9cb-469f-a165-70867728950e after 1.25 s, 12ms, wait 30s
            echo 100000000008, 100000012345
            echo \"in $PWD, 2026-01-02T03:04:05.678Z (request id 4FQ-x1)\" >&2
            echo >&2
            exit 2";
        let shell = shell(&account()).stdin("yes\n").at_home();
        let transcript = Transcript { command: "ccprov".to_owned(), ..shell.run(&["-c", script]) };
        insta::assert_snapshot!(transcript, @r"
        $ ccprov
        said yes at http://127.0.0.1:[PORT] in [ACCOUNT]
        key/[UUID] after [TIME], [TIME], wait 30s
        [OTHER ACCOUNT], [OTHER ACCOUNT]
        [stderr] in [HOME], [TIMESTAMP] (request id [ID])
        [stderr]
        [exit 2]
        ");
    }

    #[test]
    fn nothing_leaks_in_from_outside() {
        let names = shell(&account()).env("NO_COLOR", "1").run(&["-c", "env | cut -d= -f1 | sort"]);
        insta::assert_snapshot!(names.stdout, @r"
        AWS_ACCESS_KEY_ID
        AWS_EC2_METADATA_DISABLED
        AWS_ENDPOINT_URL
        AWS_REGION
        AWS_SECRET_ACCESS_KEY
        HOME
        NO_COLOR
        PWD
        ");
    }

    #[test]
    fn a_signal_is_told() {
        let transcript = shell(&account()).run(&["-c", "kill -9 $$"]);
        assert_eq!(transcript.code, None);
        assert!(transcript.to_string().ends_with("[ended by a signal]"));
    }

    #[test]
    fn stacks_can_be_written_at_home() {
        let shell = shell(&emulator::ministack().account()).at_home();
        std::fs::write(shell.home().join("stack.yaml"), "stack: a\n").unwrap();
        assert_eq!(shell.run(&["-c", "cat stack.yaml"]).stdout, "stack: a\n");
    }

    #[test]
    fn the_binary_runs() {
        assert_eq!(Ccprov::offline().run(&["--version"]).code, Some(0));
    }
}

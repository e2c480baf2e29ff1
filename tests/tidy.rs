//! What the house keeps to beyond what the compiler and clippy check: plain
//! functions over the text of its files, one test for each invariant.
//! `docs/ARCHITECTURE.md` says why each holds.

mod circles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the code of each room may name besides itself, lowest floor first.
/// `*` stands for everything. Unit tests are exempt: they look at a room from
/// outside, and may for example run the engine on `sim`.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("spec", &["model"]),
    ("plan", &["model"]),
    ("engine", &["model", "plan"]),
    ("verify", &["model", "plan", "engine::event", "engine::port", "engine::wait"]),
    ("report", &["model", "plan", "engine::event", "verify"]),
    ("aws", &["model", "engine::pace", "engine::port", "verify"]),
    ("sim", &["model", "engine::pace", "engine::port", "engine::wait", "verify"]),
    ("cli", &["*"]),
];

/// Files that may be longer than [`MOST_LINES`], and why.
const LONG_FILES: &[(&str, &str)] = &[];
const MOST_LINES: usize = 500;

#[test]
fn no_room_names_a_higher_one() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let Some(room) = file.room() else { continue };
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: ROOMS does not say what {room} may name", file.path));
            continue;
        };
        for path in crate_paths(&file.code()) {
            let may = |name: &&str| *name == "*" || is_within(&path, name);
            if !is_within(&path, room) && !allowed.iter().any(may) {
                wrong.push(format!("{} names crate::{path}", file.path));
            }
        }
    }
    assert_none(&wrong, "rooms may name lower floors alone (ROOMS in tests/tidy.rs)");
}

#[test]
fn sdk_types_stay_in_their_room() {
    let crates = ["aws_config", "aws_credential_types", "aws_sdk_", "aws_smithy_", "aws_types"];
    let wrong = files_naming(&crates, |file| file.room() == Some("aws"));
    assert_none(&wrong, "only src/aws/ knows the SDK");
}

#[test]
fn paper_and_plans_are_synchronous() {
    let quiet = |room: Option<&str>| !matches!(room, Some("model" | "spec" | "plan"));
    let wrong = files_naming(&["async ", ".await", "tokio"], |file| quiet(file.room()));
    assert_none(&wrong, "model, spec and plan neither wait nor call");
}

#[test]
fn there_is_one_sleep() {
    let sleeps = ["time::sleep", "thread::sleep", "sleep_until"];
    let calls = |file: &SourceFile| -> usize {
        let code = file.code();
        sleeps.iter().map(|sleep| code.matches(sleep).count()).sum()
    };
    let sleeping: Vec<String> = rust_files("src")
        .iter()
        .flat_map(|file| std::iter::repeat_n(file.path.clone(), calls(file)))
        .collect();
    assert_eq!(sleeping, ["src/engine/wait.rs"], "one sleep in the house");
}

#[test]
fn the_environment_is_read_at_the_door() {
    let wrong = files_naming(&["std::env", "env::var"], |file| {
        file.room() == Some("cli") || file.path == "src/main.rs"
    });
    assert_none(&wrong, "only src/cli/ reads the environment, and src/main.rs the arguments");
}

#[test]
fn spans_are_made_where_the_work_is() {
    let works = |room: Option<&str>| matches!(room, Some("engine" | "aws" | "cli"));
    let wrong = files_naming(&["tracing::"], |file| works(file.room()));
    assert_none(&wrong, "engine, aws and cli make spans: a step, a call, a command");
    let wrong = files_naming(&["opentelemetry", "tracing_subscriber"], |file| {
        file.path.starts_with("src/cli/telemetry") || file.path == "src/aws/courier.rs"
    });
    assert_none(&wrong, "where spans go is known to src/cli/telemetry, and to who carries them");
}

#[test]
fn only_windows_and_doors_print() {
    let prints = ["print!(", "println!(", "eprint!(", "eprintln!("];
    let wrong = files_naming(&prints, |file| {
        matches!(file.room(), Some("report" | "cli")) || file.path == "src/main.rs"
    });
    assert_none(&wrong, "only src/report/, src/cli/ and src/main.rs print");
}

/// What is written elsewhere passes neither the mask nor the pane, and nobody
/// hears that it was lost.
#[test]
fn one_file_writes_to_the_streams() {
    let streams = [
        "::stdout()",
        "::stderr()",
        "print!(",
        "println!(",
        "eprint!(",
        "eprintln!(",
        "error.print()",
    ];
    let wrong = files_naming(&streams, |file| {
        // Asks only whether a person is there.
        ["src/cli/screen.rs", "src/cli/admission.rs"].contains(&file.path.as_str())
    });
    assert_none(&wrong, "only src/cli/screen.rs writes to standard output and standard error");
    let files = ["fs::write(", "File::create(", "File::options()", "OpenOptions"];
    let wrong = files_naming(&files, |file| {
        ["src/cli/file.rs", "src/cli/journal.rs"].contains(&file.path.as_str())
    });
    assert_none(&wrong, "src/cli/file.rs writes files, and src/cli/journal.rs one line by line");
}

#[test]
fn a_writer_is_made_from_what_was_approved() {
    let wrong = files_naming(&[".into_writer("], |file| file.path == "src/cli/carried_out.rs");
    assert_none(&wrong, "only src/cli/carried_out.rs makes a writer, of an `Approved`");
}

/// A path may name a device without end, or a pipe.
#[test]
fn files_are_read_through_one_door() {
    let reads = ["fs::read(", "fs::read_to_string(", "File::open("];
    let is_test = |file: &SourceFile| file.path.contains("/tests/");
    let may = |file: &SourceFile| file.path == "src/spec/regular.rs" || is_test(file);
    let wrong = files_naming(&reads, may);
    let systems =
        ["src/cli/environment.rs: fs::read_to_string(", "src/cli/signals.rs: fs::read_to_string("];
    let wrong: Vec<String> =
        wrong.into_iter().filter(|found| !systems.contains(&found.as_str())).collect();
    assert_none(
        &wrong,
        "files are read through src/spec/regular.rs, but for two of the system's own",
    );
}

#[test]
fn every_file_says_what_it_is() {
    let wrong: Vec<String> = [rust_files("src"), rust_files("tests"), rust_files("stacks")]
        .concat()
        .into_iter()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path)
        .collect();
    assert_none(&wrong, "a file begins with `//!`: what it is, and what it must not know");
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for file in [rust_files("src"), rust_files("tests"), rust_files("stacks")].concat() {
        let lines = file.text.lines().count();
        let excused = LONG_FILES.iter().any(|(path, _why)| *path == file.path);
        if (lines > MOST_LINES) != excused {
            wrong.push(format!("{}: {lines} lines", file.path));
        }
    }
    assert_none(&wrong, "files have at most 500 lines, and LONG_FILES lists longer ones alone");
}

/// Asks rustfmt, with each file by itself: cargo finds none whose module a macro declares.
#[test]
fn every_file_is_formatted() {
    let mut check = Command::new(root().join("scripts/format.sh"));
    let output = check.arg("check").output().expect("scripts/format.sh runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

#[test]
fn files_are_named_for_what_they_hold() {
    let empty = ["common", "helper", "helpers", "manager", "misc", "util", "utils"];
    let wrong: Vec<String> = [rust_files("src"), rust_files("tests"), rust_files("stacks")]
        .concat()
        .into_iter()
        .filter(|file| {
            let stem = file.path.trim_end_matches(".rs");
            stem.split(['/', '_']).any(|word| empty.contains(&word))
        })
        .map(|file| file.path)
        .collect();
    assert_none(&wrong, "a file's name says what it holds");
}

/// A test that no crate lists is never compiled, and nobody notices.
#[test]
fn every_test_is_compiled() {
    let manifest = read("Cargo.toml");
    let mut wrong = Vec::new();
    for file in rust_files("tests") {
        let parts: Vec<&str> = file.path.trim_end_matches(".rs").split('/').collect();
        let listed = match parts.as_slice() {
            [_, name] if declares(&["tests/tidy.rs"], name) => true,
            [_, _] | [_, _, "main"] => manifest.contains(&format!("path = \"{}\"", file.path)),
            [_, krate, name] => declares(&[&format!("tests/{krate}/main.rs")], name),
            [folders @ .., last] => {
                let name = if *last == "mod" { folders.last() } else { Some(last) };
                let depth = folders.len() - usize::from(*last == "mod");
                let parent = folders[..depth].join("/");
                let parents = [format!("{parent}/mod.rs"), format!("{parent}/main.rs")];
                declares(&parents.each_ref().map(String::as_str), name.expect("a folder"))
            }
            [] => false,
        };
        if !listed {
            wrong.push(file.path);
        }
    }
    assert_none(&wrong, "every test file is a module of another, or a [[test]] of Cargo.toml");
}

#[test]
fn kinds_are_registered_and_have_a_page() {
    let mut wrong = Vec::new();
    for file in rust_files("src/aws/services") {
        let Some(kind) = between(&file.text, "impl Kind for ", " {") else { continue };
        let name = between(&file.text, "const NAME: &'static str = \"", "\";").unwrap_or_default();
        let (folder, module) = file.path.rsplit_once('/').unwrap_or_default();
        let entry = read(&format!("{folder}/mod.rs"));
        let module = module.trim_end_matches(".rs");
        if !entry.contains(&format!("&Erased::<{module}::{kind}>::new()")) {
            wrong.push(format!("{name} is not among the kinds of {folder}/mod.rs"));
        }
        if !root().join(format!("docs/kinds/{name}.md")).exists() {
            wrong.push(format!("{name} has no page in docs/kinds/; run: make docs"));
        }
    }
    assert_none(&wrong, "a kind is one file, one entry in its service and one page");
}

/// What stands between two texts, where both are first found.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(it, _)| it)
}

#[test]
fn a_newcomer_finds_the_way() {
    let wrong: Vec<String> = ["CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md"]
        .into_iter()
        .filter(|name| !root().join(name).exists())
        .map(str::to_owned)
        .collect();
    assert_none(&wrong, "these pages exist");
}

/// What `deny.toml` says of sources, for whoever has no cargo-deny at hand.
#[test]
fn every_dependency_is_pinned_and_from_the_registry() {
    let lock = read("Cargo.lock");
    let is_ours = |name: &str| {
        name == "ccprov" || root().join("stacks/functions").join(name).join("Cargo.toml").exists()
    };
    let mut wrong = Vec::new();
    let mut registries = BTreeSet::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        let name = field("name").expect("every package has a name");
        match (field("source"), field("checksum")) {
            // What this workspace holds.
            (None, None) if is_ours(&name) => {}
            (Some(source), Some(_)) if source.starts_with("registry+") => {
                registries.insert(source);
            }
            (source, _) => wrong.push(format!("{name} comes from {source:?}")),
        }
    }
    assert_none(&wrong, "dependencies come from a registry, which says their checksum");
    assert_eq!(registries.len(), 1, "there is one registry: {registries:?}");
}

#[test]
fn decisions_are_numbered() {
    let mut numbers = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files("docs/adr") {
        let name = file.path.trim_start_matches("docs/adr/");
        let (number, title) = name.split_once('-').unwrap_or((name, ""));
        let in_form = number.len() == 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && title.strip_suffix(".md").is_some_and(|title| {
                title
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte))
            });
        if !in_form || !numbers.insert(number.to_owned()) {
            wrong.push(file.path);
        }
    }
    assert_none(&wrong, "decisions are docs/adr/NNNN-title.md, each with a number of its own");
}

#[test]
fn nothing_speaks_of_one_machine() {
    // In two parts each, so that this file does not speak of them either.
    let words = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
    ];
    let mut wrong = Vec::new();
    for file in files("") {
        // Lock files name the registry of every package, as cargo wrote them.
        if file.path.ends_with("Cargo.lock") {
            continue;
        }
        for (number, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
            }
        }
    }
    assert_none(&wrong, "no path of a machine, no address of a registry");
}

/// A file of the package.
#[derive(Clone, Debug)]
struct SourceFile {
    /// From the package's root, with slashes.
    path: String,
    text: String,
}

impl SourceFile {
    /// The room of `src/ROOM/...`; none for `lib.rs` and `main.rs`.
    fn room(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
    }

    /// Without unit tests, which come last in a file, and with comments left empty.
    fn code(&self) -> String {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return String::new();
        }
        let before_tests = self.text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let code_of = |line| if str::trim_start(line).starts_with("//") { "" } else { line };
        before_tests.lines().map(code_of).fold(String::new(), |code, line| code + line + "\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rust_files(folder: &str) -> Vec<SourceFile> {
    let is_rust = |file: &SourceFile| Path::new(&file.path).extension() == Some("rs".as_ref());
    files(folder).into_iter().filter(is_rust).collect()
}

/// Every text file under a folder, sorted, without what is made or installed.
fn files(folder: &str) -> Vec<SourceFile> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        // A folder that is not there has no files.
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry of a folder").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if [".git", ".tools", "target"].contains(&name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root()).expect("files are inside the package");
                found.push(SourceFile { path: path.display().to_string(), text });
            }
        }
    }
    found.sort_by(|one, next| one.path.cmp(&next.path));
    found
}

/// The files of `src` whose code holds any of these words, but for those that may.
fn files_naming(words: &[&str], may: impl Fn(&SourceFile) -> bool) -> Vec<String> {
    let holding = |file: &SourceFile| {
        let code = file.code();
        words.iter().find(|word| code.contains(**word)).map(|word| format!("{}: {word}", file.path))
    };
    rust_files("src").iter().filter(|file| !may(file)).filter_map(holding).collect()
}

/// Whether one of these files has a line `mod NAME;`.
fn declares(parents: &[&str], name: &str) -> bool {
    let line = format!("mod {name};");
    let declares = |text: String| text.lines().any(|found| found.ends_with(&line));
    parents.iter().any(|parent| fs::read_to_string(root().join(parent)).is_ok_and(declares))
}

fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}, but:\n  {}", wrong.join("\n  "));
}

/// Whether `engine::event::Event` is `engine::event` or inside it.
fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// All that code names inside this crate, without the leading `crate::`; a
/// group as `crate::{a, b::{c, d}}` names each of its leaves.
fn crate_paths(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, marker) in code.match_indices("crate::") {
        // `$crate::` in a macro is this crate; `my_crate::` is not.
        if !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
            leaves(&code[at + marker.len()..], "", &mut paths);
        }
    }
    paths
}

/// Reads one path or group, and answers what comes after it.
fn leaves<'a>(text: &'a str, prefix: &str, paths: &mut Vec<String>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start().trim_start_matches(',').trim_start();
            match rest.chars().next() {
                None => return rest,
                Some('}') => return &rest[1..],
                Some(_) => {
                    let after = leaves(rest, prefix, paths);
                    // What is no path, as `*`, is stepped over.
                    rest = if after.len() == rest.len() { &rest[1..] } else { after };
                }
            }
        }
    }
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let (name, rest) = text.split_at(text.find(|letter| !is_name(letter)).unwrap_or(text.len()));
    let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}::{name}") };
    match rest.strip_prefix("::") {
        Some(inner) if inner.starts_with(|letter| is_name(letter) || letter == '{') => {
            leaves(inner, &path, paths)
        }
        _ => {
            paths.extend((!name.is_empty()).then_some(path));
            match rest.strip_prefix(" as ") {
                Some(alias) => alias.trim_start_matches(is_name),
                None => rest,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, expected: &[&str]) {
        assert_eq!(crate_paths(code), expected, "{code}");
    }

    #[test]
    fn paths_are_found_however_they_are_written() {
        check("use crate::model::Plan;", &["model::Plan"]);
        check(
            "let x = crate::plan::change::draw(crate::model::X);",
            &["plan::change::draw", "model::X"],
        );
        check(
            "use crate::{\n    model::{Address, Stack},\n    plan,\n};",
            &["model::Address", "model::Stack", "plan"],
        );
        check(
            "use crate::engine::{port::*, event as e, wait}; use crate::spec as s;",
            &["engine::port", "engine::event", "engine::wait", "spec"],
        );
        check("use other_crate::model; pub(crate) fn f() {}", &[]);
    }
}

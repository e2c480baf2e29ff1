//! Pages of `docs/` that repeat what the code knows; `make docs` writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ccprov::aws::AwsCatalog;
use ccprov::aws::grant::{Grant, Need, differing};
use ccprov::aws::registry::{grants, landmark_grants};
use ccprov::cli;
use ccprov::model::Catalog as _;
use ccprov::report::{check_page, checks_page, kind_page, landmark_page, pattern_page};
use ccprov::spec::built_in_patterns;
use ccprov::verify::because;

use crate::contract::lies::LIES;
use crate::support::{emulator, page};

#[test]
fn every_kind_has_its_page() {
    let catalog = AwsCatalog::new();
    for kind in catalog.kinds() {
        page::check(&format!("docs/kinds/{}.md", kind.name), &kind_page(kind));
    }
    for landmark in catalog.landmarks() {
        page::check(&format!("docs/kinds/{}.md", landmark.name), &landmark_page(landmark));
    }
    let names = catalog.kinds().iter().map(|kind| &kind.name);
    let names = names.chain(catalog.landmarks().iter().map(|landmark| &landmark.name));
    let wanted = names.map(|name| format!("{name}.md")).collect();
    assert_eq!(
        pages("docs/kinds"),
        wanted,
        "docs/kinds/ holds a page for each kind and nothing else"
    );
}

/// It says in words how many there are, and names those that nobody makes.
#[test]
fn the_readme_counts_the_kinds() {
    let catalog = AwsCatalog::new();
    let count = in_words(catalog.kinds().len());
    let readme = fs::read_to_string(emulator::root().join("README.md")).expect("a page");
    let counted = format!("{count} kinds, AWS");
    assert!(readme.contains(&counted), "README.md says no \"{counted}\"");
    let (first, rest) = count.split_at(1);
    let counted = format!("[{}{rest}](docs/kinds/)", first.to_uppercase());
    assert!(readme.contains(&counted), "README.md says no \"{counted}\"");
    let landmarks: Vec<&str> = catalog.landmarks().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(landmarks, ["ssm_parameter", "subnet", "vpc"], "README.md names these");
    assert!(readme.contains("Networks, subnets and parameters are only looked up."));
}

/// From twenty to ninety-nine.
fn in_words(count: usize) -> String {
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    const UNITS: [&str; 10] =
        ["", "-one", "-two", "-three", "-four", "-five", "-six", "-seven", "-eight", "-nine"];
    format!("{}{}", TENS[count / 10 - 2], UNITS[count % 10])
}

#[test]
fn every_pattern_has_its_page() {
    let patterns = built_in_patterns();
    for pattern in &patterns {
        page::check(&format!("docs/patterns/{}.md", pattern.name), &pattern_page(pattern));
    }
    let wanted = patterns.iter().map(|pattern| format!("{}.md", pattern.name)).collect();
    assert_eq!(pages("docs/patterns"), wanted, "a page for each pattern and nothing else");
}

#[test]
fn every_check_has_its_page() {
    let checks = cli::checks();
    page::check("docs/checks/README.md", &checks_page(&checks));
    let mut wanted = BTreeSet::from(["README.md".to_owned()]);
    for check in &checks {
        page::check(&format!("docs/checks/{}.md", check.id), &check_page(check, because(check.id)));
        wanted.insert(format!("{}.md", check.id));
    }
    assert_eq!(wanted.len(), checks.len() + 1, "no two checks have the same id");
    assert_eq!(
        pages("docs/checks"),
        wanted,
        "docs/checks/ holds a page for each check, a list, and nothing else"
    );
}

/// What AWS and its SDK say, and we repeat.
const NOT_OURS: &[&str] = &[
    "Unable to validate the following destination configurations",
    "no credentials found in chain",
    "the credential provider was not enabled",
];

/// Messages change, and whoever looks one up has the new one.
#[test]
fn the_page_of_troubles_quotes_messages_that_there_are() {
    let page =
        fs::read_to_string(emulator::root().join("docs/TROUBLESHOOTING.md")).expect("a page");
    let code = code_of(&emulator::root().join("src"));
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let quoted = rows.flat_map(|row| {
        let cell = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        cell.split("`, `").flat_map(|message| message.split('…')).collect::<Vec<_>>()
    });
    let missing: Vec<&str> = quoted
        .map(|text| text.trim_matches(['`', ' ', ',']))
        .filter(|text| !text.is_empty() && !NOT_OURS.contains(text) && !code.contains(text))
        .collect();
    assert!(missing.is_empty(), "nobody says {missing:#?}");
}

/// All texts of the program; one that goes on in the next line is one.
fn code_of(folder: &Path) -> String {
    let mut code = String::new();
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path())
    {
        if entry.is_dir() {
            code.push_str(&code_of(&entry));
        } else {
            let text = fs::read_to_string(&entry).unwrap_or_default();
            let mut lines = text.split("\\\n");
            code.push_str(lines.next().unwrap_or_default());
            lines.for_each(|line| code.push_str(line.trim_start()));
        }
    }
    code
}

#[test]
fn the_page_of_commands_shows_every_option() {
    page::check("docs/COMMANDS.md", &cli::commands_page());
}

/// The names of the pages in a folder.
fn pages(folder: &str) -> BTreeSet<String> {
    let pages = fs::read_dir(emulator::root().join(folder)).expect("a folder of pages");
    pages
        .map(|page| page.expect("a page").file_name().into_string().expect("a plain name"))
        .collect()
}

#[test]
fn the_page_of_emulators_shows_every_lie() {
    let mut table = "| Kind | Emulator | About | It does | AWS does |\n".to_owned();
    table.push_str("|---|---|---|---|---|\n");
    for told in LIES {
        let (kind, emulator, about) = (told.kind, told.emulator, told.field);
        writeln!(table, "| `{kind}` | {emulator} | `{about}` | {} | {} |", told.lie, told.aws)
            .expect("a text takes everything");
    }
    page::check_part("docs/EMULATORS.md", "lies", &table);
}

#[test]
fn the_page_of_access_shows_every_grant() {
    let mut table = "| Kind | Every command | `apply` | `apply`, `destroy` |\n".to_owned();
    table.push_str("|---|---|---|---|\n");
    for (kind, grants) in grants().chain(landmark_grants()) {
        let cell = |need| actions(grants, need);
        let (read, write, remove) = (cell(Need::Read), cell(Need::Write), cell(Need::Remove));
        writeln!(table, "| [{kind}](kinds/{kind}.md) | {read} | {write} | {remove} |")
            .expect("a text takes everything");
    }
    page::check_part("docs/AWS_ACCESS.md", "grants", &table);
}

#[test]
fn the_page_of_access_shows_what_calls_are_called() {
    let mut table = "| Call | IAM actions |\n|---|---|\n".to_owned();
    let all: BTreeMap<_, _> = differing().collect();
    for (call, actions) in all {
        let actions: Vec<String> = actions.iter().map(|action| format!("`{action}`")).collect();
        writeln!(table, "| `{call}` | {} |", actions.join(", ")).expect("a text takes everything");
    }
    page::check_part("docs/AWS_ACCESS.md", "calls", &table);
}

/// The actions that need something, each once; those for the sake of a field
/// at the end, with its name.
fn actions(grants: &[Grant], need: Need) -> String {
    let mut needed: Vec<&Grant> = grants.iter().filter(|grant| grant.need == need).collect();
    needed.sort_by_key(|grant| grant.only_with);
    let mut told: Vec<String> = Vec::new();
    for grant in needed {
        let with = grant.only_with.map_or(String::new(), |field| format!(" (with `{field}`)"));
        for action in grant.actions.iter().map(|action| format!("`{action}`{with}")) {
            if !told.contains(&action) {
                told.push(action);
            }
        }
    }
    told.join(", ")
}

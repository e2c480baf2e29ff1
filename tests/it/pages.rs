//! Pages of `docs/` that repeat what the code knows; `make docs` writes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use ccprov::aws::AwsCatalog;
use ccprov::cli;
use ccprov::model::Catalog as _;
use ccprov::report::{check_page, checks_page, kind_page};

use crate::contract::lies::LIES;
use crate::support::{emulator, page};

#[test]
fn every_kind_has_its_page() {
    let catalog = AwsCatalog::new();
    for kind in catalog.kinds() {
        page::check(&format!("docs/kinds/{}.md", kind.name), &kind_page(kind));
    }
    let wanted = catalog.kinds().iter().map(|kind| format!("{}.md", kind.name)).collect();
    assert_eq!(
        pages("docs/kinds"),
        wanted,
        "docs/kinds/ holds a page for each kind and nothing else"
    );
}

#[test]
fn every_check_has_its_page() {
    let checks = cli::checks();
    page::check("docs/checks/README.md", &checks_page(&checks));
    let mut wanted = BTreeSet::from(["README.md".to_owned()]);
    for check in &checks {
        page::check(&format!("docs/checks/{}.md", check.id), &check_page(check));
        wanted.insert(format!("{}.md", check.id));
    }
    assert_eq!(wanted.len(), checks.len() + 1, "no two checks have the same id");
    assert_eq!(
        pages("docs/checks"),
        wanted,
        "docs/checks/ holds a page for each check, a list, and nothing else"
    );
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

//! What checks say of themselves: a page of Markdown each, and a list.

use serde_json::json;

use crate::model::{CheckInfo, CheckKind, Level};
use crate::report::page::Page;
use crate::report::style::{FAINT, STRONG, paint};
use crate::verify::behaviour::Exercise;

use super::details;

/// In the order in which results come.
const KINDS: [CheckKind; 3] = [CheckKind::Conformance, CheckKind::Rule, CheckKind::Behaviour];

/// Checks in a list, those of a kind together; and what of a stack behaviours
/// would exercise, if one was named.
pub fn checks_text(checks: &[CheckInfo], exercised: Option<&[Exercise]>) -> String {
    let mut page = Page::default();
    let width = checks.iter().map(|info| info.id.len()).max().unwrap_or(0);
    for kind in KINDS {
        let mut of_kind = checks.iter().filter(|info| info.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        page.gap();
        let title = paint(STRONG, details::title(kind));
        page.verbatim(format!("{title}  {}", paint(FAINT, how(kind))));
        for info in of_kind {
            // As wide as `warning`.
            let level = paint(FAINT, format!("{:7}", details::word(info.level)));
            page.line(1, format!("{:width$}  {level}  {}", info.id, info.summary));
        }
    }
    let Some(exercised) = exercised else { return page.into_text() };
    page.gap();
    page.verbatim(paint(STRONG, "Of this stack, behaviours exercise"));
    for Exercise { check, trial } in exercised {
        page.line(1, format!("{check:width$}  {}", trial.subject));
    }
    if exercised.is_empty() {
        page.line(1, "nothing");
    }
    page.into_text()
}

/// The same for programs.
pub fn checks_json(checks: &[CheckInfo], exercised: Option<&[Exercise]>) -> String {
    let checks = checks.iter().map(|info| {
        let CheckInfo { id, kind, level, summary, risk, remedy } = info;
        json!({
            "id": id,
            "kind": kind,
            "level": level,
            "summary": summary,
            "risk": risk,
            "remedy": remedy,
        })
    });
    let mut list = json!({ "format": "ccprov.checks/1", "checks": checks.collect::<Vec<_>>() });
    if let Some(exercised) = exercised {
        let exercised = exercised.iter().map(|Exercise { check, trial }| {
            json!({ "check": check, "subject": trial.subject, "addresses": trial.addresses })
        });
        list["exercised"] = exercised.collect::<Vec<_>>().into();
    }
    format!("{list:#}")
}

/// All checks as a page of Markdown, with links to the pages of each.
pub fn checks_page(checks: &[CheckInfo]) -> String {
    let mut page = Page::default();
    page.verbatim(
        "# Checks\n\nWhat `ccprov verify` looks at; `ccprov verify --list` says the same.",
    );
    for kind in KINDS {
        let mut of_kind = checks.iter().filter(|info| info.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        page.verbatim(format!("\n## {}\n\nEach {}.\n", details::title(kind), how(kind)));
        page.verbatim("| Check | Level | What holds where it passes |\n| --- | --- | --- |");
        for CheckInfo { id, level, summary, .. } in of_kind {
            let level = details::word(*level);
            page.verbatim(format!("| [`{id}`]({id}.md) | {level} | {} |", cell(summary)));
        }
    }
    page.into_text()
}

/// One check as a page of Markdown, with why its findings are as bad as they are.
pub fn check_page(info: &CheckInfo, because: Option<&str>) -> String {
    let CheckInfo { id, kind, level, summary, risk, remedy } = info;
    let (word, how) = (self::word(*kind), how(*kind));
    let fails = if *level < Level::Warning {
        "it is noted, and fails nothing unless `--fail-on note` says so"
    } else {
        "`verify` fails"
    };
    let level = details::word(*level);
    let mut page = Page::default();
    page.verbatim(format!("# {id}\n\n{summary}\n"));
    page.verbatim(format!("- A {word}: {how}."));
    page.verbatim(format!("- A finding is of level `{level}`: {fails}."));
    if let Some(because) = because {
        page.verbatim(format!("- {because}"));
    }
    page.gap();
    page.verbatim(format!("## If it does not hold\n\n{risk}\n"));
    page.verbatim(format!("## What to do\n\n{remedy}\n"));
    page.verbatim("## To leave it out\n");
    page.verbatim("Where it does not matter, the stack file says why:\n");
    page.verbatim("```yaml\nchecks:\n  skip:");
    page.line(2, format!("- check: {id}"));
    page.line(3, "resources: [NAME]");
    page.line(3, "reason: WHY");
    page.verbatim("```\n");
    page.verbatim("Without `resources` it is left out everywhere. The report shows what was left out, and the reason.");
    page.into_text()
}

fn word(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Conformance => "comparison",
        CheckKind::Rule => "rule",
        CheckKind::Behaviour => "behaviour",
    }
}

/// A sentence within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn how(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Conformance => "compares what is declared with what lives",
        CheckKind::Rule => "judges what the fields say, and calls nobody",
        CheckKind::Behaviour => "exercises the living system, and watches what it does",
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{inspections, plain};

    use super::*;

    #[test]
    fn a_check_fills_a_page() {
        insta::assert_snapshot!(
            "check_page",
            check_page(&inspections::CHECKS[1], Some("A warning: it is read."))
        );
        insta::assert_snapshot!("checks_page", checks_page(inspections::CHECKS));
    }

    #[test]
    fn checks_are_a_list() {
        insta::assert_snapshot!("checks_text", plain(&checks_text(inspections::CHECKS, None)));
    }
}

//! What checks say of themselves: a page of Markdown each, and a list.

use crate::model::{CheckInfo, CheckKind};
use crate::report::page::Page;
use crate::report::style::{FAINT, STRONG, paint};
use crate::verify::{CONFORMANCE, RULES};

use super::details;

/// Every check there is, in the order in which results come: conformance,
/// the rules, and the behaviours that a cloud brings.
pub fn every_check(behaviours: impl IntoIterator<Item = CheckInfo>) -> Vec<CheckInfo> {
    let rules = RULES.iter().map(|rule| rule.info);
    let mut checks: Vec<CheckInfo> =
        std::iter::once(CONFORMANCE).chain(rules).chain(behaviours).collect();
    checks.sort_by_key(|info| (info.kind, info.id));
    checks
}

/// Checks in a list, those of a kind together.
pub fn checks_text(checks: &[CheckInfo]) -> String {
    let mut page = Page::default();
    let width = checks.iter().map(|info| info.id.len()).max().unwrap_or(0);
    for kind in [CheckKind::Conformance, CheckKind::Rule, CheckKind::Behaviour] {
        let mut of_kind = checks.iter().filter(|info| info.kind == kind).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        page.gap();
        page.line(0, format!("{} {}", paint(STRONG, details::title(kind)), paint(FAINT, how(kind))));
        for info in of_kind {
            // As wide as `warning`.
            let level = paint(FAINT, format!("{:7}", details::word(info.level)));
            page.line(1, format!("{:width$}  {level}  {}", info.id, info.summary));
        }
    }
    page.into_text()
}

/// One check as a page of Markdown.
pub fn check_page(info: &CheckInfo) -> String {
    let CheckInfo { id, kind, level, summary, risk, remedy } = info;
    let (word, how) = (self::word(*kind), how(*kind));
    let level = details::word(*level);
    let mut page = Page::default();
    page.line(0, format!("# {id}\n\n{summary}\n"));
    page.line(0, format!("- A {word}: {how}."));
    page.line(0, format!("- A finding is of level `{level}`.\n"));
    page.line(0, format!("## If it does not hold\n\n{risk}\n"));
    page.line(0, format!("## What to do\n\n{remedy}\n"));
    page.line(0, "## To leave it out\n");
    page.line(0, "Where it does not matter, the stack file says why:\n");
    page.line(0, "```yaml\nverify:\n  skip:");
    page.line(2, format!("- check: {id}"));
    page.line(3, "resources: [NAME]");
    page.line(3, "reason: WHY\n```\n");
    page.line(0, "Without `resources` it is left out everywhere. The report shows what was left out, and the reason.");
    page.into_text()
}

fn word(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Conformance => "comparison",
        CheckKind::Rule => "rule",
        CheckKind::Behaviour => "behaviour",
    }
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
        insta::assert_snapshot!("check_page", check_page(&inspections::CHECKS[1]));
    }

    #[test]
    fn checks_are_a_list() {
        insta::assert_snapshot!("checks_text", plain(&checks_text(inspections::CHECKS)));
    }

    #[test]
    fn every_check_is_listed_once_and_in_order() {
        let behaviour = inspections::CHECKS[4];
        let checks = every_check([behaviour]);
        assert_eq!(checks.first(), Some(&CONFORMANCE));
        assert_eq!(checks.last(), Some(&behaviour));
        assert_eq!(checks.len(), RULES.len() + 2);
        assert!(checks.is_sorted_by_key(|info| (info.kind, info.id)));
    }
}

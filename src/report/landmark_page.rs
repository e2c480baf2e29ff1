//! What is looked up only: a page of Markdown for each such kind (`docs/kinds/*.md`), and the
//! same on a terminal (`ccprov kinds`).

use crate::model::LandmarkInfo;

use super::page::Page;
use super::style::{FAINT, HINT, STRONG, paint};

/// Every such kind with its summary, one a line, below the others.
pub fn landmarks_text(landmarks: &[LandmarkInfo]) -> String {
    let width = landmarks.iter().map(|it| it.name.len()).max().unwrap_or(0);
    let mut page = Page::default();
    page.verbatim(paint(HINT, "Looked up only, under `existing:`"));
    for LandmarkInfo { name, summary, .. } in landmarks {
        let gap = " ".repeat(width - name.len());
        page.verbatim(format!("{}{gap}  {summary}", paint(STRONG, name)));
    }
    page.into_text()
}

/// One of them on a terminal, with colour codes.
pub fn landmark_text(landmark: &LandmarkInfo) -> String {
    let mut page = Page::default();
    page.verbatim(format!("{}: {}", paint(STRONG, &landmark.name), landmark.summary));
    page.line(1, ONLY);
    let mut section = |title: &str, rows: Vec<(&str, &str)>| {
        page.gap();
        page.verbatim(paint(HINT, title));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, text) in rows {
            let gap = " ".repeat(width - name.len());
            page.line(1, format!("{}{gap}  {}", paint(STRONG, name), paint(FAINT, text)));
        }
    };
    section("Looked up by", fields(landmark));
    section("Facts, to refer to as ${existing.NAME.fact}", facts(landmark));
    page.gap();
    page.verbatim(paint(HINT, "Example"));
    page.lines(1, &landmark.example);
    page.gap();
    page.verbatim(paint(HINT, "Notes"));
    page.lines(1, landmark.notes.trim());
    page.into_text()
}

/// One of them as a page of Markdown.
pub fn landmark_page(landmark: &LandmarkInfo) -> String {
    let mut page = Page::default();
    page.verbatim(format!("# {}\n\n{} {ONLY}\n", landmark.name, landmark.summary));
    page.verbatim(format!("## Example\n\n```yaml\n{}```\n", landmark.example));
    page.verbatim("## Looked up by\n\n| Field | |\n| --- | --- |");
    for (name, text) in fields(landmark) {
        page.verbatim(format!("| `{name}` | {text} |"));
    }
    page.verbatim("\n## Facts\n\nWhat the stack may refer to as `${existing.NAME.fact}`.\n");
    page.verbatim("| Fact | |\n| --- | --- |");
    for (name, text) in facts(landmark) {
        page.verbatim(format!("| `{name}` | {text} |"));
    }
    page.verbatim("\n## Notes\n");
    page.verbatim(landmark.notes.trim());
    page.into_text()
}

const ONLY: &str = "It is looked up under `existing:`, and never made, changed or deleted.";

fn fields(landmark: &LandmarkInfo) -> Vec<(&str, &str)> {
    landmark.fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn facts(landmark: &LandmarkInfo) -> Vec<(&str, &str)> {
    let facts = landmark.sight.facts.iter();
    facts.map(|fact| (fact.name.as_str(), fact.summary.as_str())).collect()
}

//! What can be declared: a page of Markdown for each kind (`docs/kinds/*.md`),
//! and the same on a terminal (`ccprov kinds`).

use std::time::Duration;

use crate::model::{
    ArtifactSort, Beside, Course, Detour, InPart, KindInfo, Path, Patience, Size, Succession,
};

use super::page::Page;
use super::phrases::{duration, enumeration};
use super::schema::{Field, fields};
use super::style::{FAINT, HINT, STRONG, paint};

/// Every kind with its summary, one a line.
pub fn kinds_text(kinds: &[KindInfo]) -> String {
    let width = kinds.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    let mut page = Page::default();
    for KindInfo { name, summary, .. } in kinds {
        let gap = " ".repeat(width - name.len());
        page.verbatim(format!("{}{gap}  {summary}", paint(STRONG, name)));
    }
    page.into_text()
}

/// One kind on a terminal, with colour codes.
pub fn kind_text(kind: &KindInfo) -> String {
    let mut page = Page::default();
    page.verbatim(format!("{}: {}", paint(STRONG, &kind.name), kind.summary));
    for (title, text) in examples(kind) {
        section(&mut page, title);
        page.lines(1, text);
    }
    section(&mut page, "Fields");
    let fields = fields_of(kind);
    for field in &fields {
        let shape = paint(FAINT, terms(kind, field).join(", "));
        page.line(1, format!("{}  {shape}", paint(STRONG, &field.path)));
        page.lines(3, &field.description);
    }
    for (words, paths) in word_lists(&fields) {
        section(&mut page, &format!("Values of {}", enumeration(paths)));
        for word in words {
            page.line(1, word.trim_matches('"'));
        }
    }
    if !kind.facts.is_empty() {
        section(&mut page, "Facts, to refer to as ${NAME.fact}");
        let width = kind.facts.iter().map(|fact| fact.name.len()).max().unwrap_or(0);
        for fact in &kind.facts {
            let gap = " ".repeat(width - fact.name.len());
            let when = paint(FAINT, format!("({})", when(fact.predicted)));
            page.line(1, format!("{}{gap}  {} {when}", paint(STRONG, &fact.name), fact.summary));
        }
    }
    section(&mut page, "Life");
    for sentence in life(kind) {
        page.line(1, sentence);
    }
    if !kind.notes.is_empty() {
        section(&mut page, "Notes");
        page.lines(1, kind.notes.trim());
    }
    page.into_text()
}

/// The fields, those that take artifacts among them: as they are written, and not
/// as documents hold them.
fn fields_of(kind: &KindInfo) -> Vec<Field> {
    let mut fields = fields(&kind.schema);
    for field in &mut fields {
        let Some(path) = path_of(field) else { continue };
        if let Some(info) = kind.artifact(&path) {
            let forms = info.sorts.iter().map(|sort| format!("{{ {}: PATH }}", sort.key()));
            field.shape = forms.collect::<Vec<String>>().join(" or ");
            let detour =
                kind.detour(info).map_or_else(String::new, |Detour { by, most_bytes, .. }| {
                    format!(", or {} with `{by}`", Size(*most_bytes))
                });
            field.bounds = vec![format!("at most {}{detour}", Size(info.most_bytes))];
            if info.sorts.contains(&ArtifactSort::Folder) {
                field.bounds.push(format!("at most {} files of a folder", info.most_entries));
            }
        }
        if kind.beside(&path).is_some() {
            field.bounds.push("only stated entries are compared".to_owned());
        }
    }
    fields
}

fn section(page: &mut Page, title: &str) {
    page.gap();
    page.verbatim(paint(HINT, title));
}

/// One kind as a page of Markdown.
pub fn kind_page(kind: &KindInfo) -> String {
    let mut page = Page::default();
    page.verbatim(format!("# {}\n\n{}\n", kind.name, kind.summary));
    for (title, text) in examples(kind) {
        page.verbatim(format!("## {title}\n\n```yaml\n{text}```\n"));
    }
    page.verbatim("## Fields\n");
    page.verbatim(FIELD_HEAD);
    let fields = fields_of(kind);
    for field in fields.iter().filter(|field| !field.is_of_policy()) {
        page.verbatim(field_row(kind, field));
    }
    if fields.iter().any(Field::is_of_policy) {
        page.verbatim("\nWhat a policy holds is told once, for all kinds, in [the stack file](../STACK_FILE.md#policies).");
    }
    for (words, paths) in word_lists(&fields) {
        let paths = enumeration(paths.iter().map(|path| format!("`{path}`")));
        let words = words.iter().map(|word| format!("`{}`", word.trim_matches('"')));
        let words: Vec<String> = words.collect();
        page.verbatim(format!("\nThe values of {paths}: {}.", words.join(", ")));
    }
    if !kind.facts.is_empty() {
        page.verbatim("\n## Facts\n");
        page.verbatim("What other resources may refer to as `${NAME.fact}`.\n");
        page.verbatim("| Fact | Known | |");
        page.verbatim("| --- | --- | --- |");
        for fact in &kind.facts {
            let summary = cell(&fact.summary);
            page.verbatim(format!("| `{}` | {} | {summary} |", fact.name, when(fact.predicted)));
        }
    }
    page.verbatim("\n## Life\n");
    for sentence in life(kind) {
        page.verbatim(format!("- {sentence}"));
    }
    if !kind.notes.is_empty() {
        page.verbatim("\n## Notes\n");
        page.verbatim(kind.notes.trim());
    }
    page.into_text()
}

/// The examples of a kind with their titles.
fn examples(kind: &KindInfo) -> impl Iterator<Item = (&'static str, &str)> {
    ["Example", "Example for production"].into_iter().zip(kind.examples.iter().map(String::as_str))
}

/// Lists of words that are too long for a row of a table, with the fields that take them.
fn word_lists(fields: &[Field]) -> Vec<(&[String], Vec<String>)> {
    let mut lists: Vec<(&[String], Vec<String>)> = Vec::new();
    for field in fields.iter().filter(|field| !field.words.is_empty()) {
        match lists.iter_mut().find(|(words, _)| *words == field.words.as_slice()) {
            Some((_, paths)) => paths.push(field.path.clone()),
            None => lists.push((&field.words, vec![field.path.clone()])),
        }
    }
    lists
}

/// The head of a table of fields.
const FIELD_HEAD: &str = "| Field | Type | Default | Bounds | |\n| --- | --- | --- | --- | --- |";

fn field_row(kind: &KindInfo, field: &Field) -> String {
    let default = match &field.default {
        Some(default) => format!("`{}`", cell(default)),
        None if field.required => "required".to_owned(),
        None => String::new(),
    };
    let fixed = if is_fixed(kind, field) { "**Forces replacement.**" } else { "" };
    let text = format!("{} {fixed}", field.description);
    let columns = [
        format!("`{}`", field.path),
        cell(&field.shape),
        default,
        cell(&field.bounds.join(", ")),
        cell(text.trim()),
    ];
    format!("| {} |", columns.join(" | "))
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// What there is to say of a field beside its name.
fn terms(kind: &KindInfo, field: &Field) -> Vec<String> {
    let mut terms = vec![field.shape.clone()];
    terms.extend(field.required.then(|| "required".to_owned()));
    terms.extend(field.default.as_ref().map(|default| format!("default {default}")));
    terms.extend(field.bounds.iter().cloned());
    terms.extend(is_fixed(kind, field).then(|| "forces replacement".to_owned()));
    terms
}

/// Whether a change of the field replaces the object.
fn is_fixed(kind: &KindInfo, field: &Field) -> bool {
    path_of(field).is_some_and(|path| kind.fixed.iter().any(|pattern| path.is_within(pattern)))
}

fn path_of(field: &Field) -> Option<Path> {
    field.path.split('.').fold(None, |path: Option<Path>, name| {
        let name = name.trim_end_matches("[]");
        Some(path.map_or_else(|| Path::field(name), |path| path.with_field(name)))
    })
}

fn when(predicted: bool) -> &'static str {
    if predicted { "before it exists" } else { "after apply" }
}

/// How the kind comes, changes and goes, a sentence each.
fn life(kind: &KindInfo) -> Vec<String> {
    let KindInfo { patience, fixed, must_exist, delete_after, .. } = kind;
    let code = |names: &[String]| enumeration(names.iter().map(|name| format!("`{name}`")));
    let mut said = Vec::new();
    if !must_exist.is_empty() {
        said.push(format!("What stands in {} is made first.", code(must_exist)));
    }
    if !fixed.is_empty() {
        let fixed = code(fixed);
        said.push(format!("A change of {fixed} makes a new object and deletes the old one."));
    }
    said.extend(kind.courses.iter().map(|(field, course)| leads(field, *course)));
    said.extend(kind.artifacts.iter().map(|info| {
        format!(
            "`{}` is read from the checkout, by its path from the stack file; plans know it by its SHA-256.",
            info.field
        )
    }));
    if !kind.means.is_empty() {
        let fields = code(&kind.means);
        said.push(format!(
            "{fields} say how a change is made; to change only that changes nothing."
        ));
    }
    said.extend(kind.in_part.iter().map(|InPart { field, beside }| {
        let becomes = match beside {
            Beside::Stays => "stays as it is",
            Beside::Resets => "gets its default again with the next change of the others",
        };
        format!("Of `{field}` only the stated entries are compared; one that is no longer stated {becomes}.")
    }));
    let dependants = if patience.blocks {
        "What refers to it waits until AWS shows it."
    } else {
        "What refers to it goes ahead as soon as AWS has accepted it."
    };
    said.push(dependants.to_owned());
    said.push(shows_within(patience));
    if let Some(limit) = patience.delete {
        let deadline = duration(limit.deadline);
        said.push(format!(
            "It is deleted when AWS shows nothing of it, which must be within {deadline}."
        ));
    }
    said.extend(usually(kind));
    let ownership = if kind.tagged {
        "Its tags say which stack it belongs to."
    } else {
        "It carries no tags: it belongs to the stack that what it is part of belongs to."
    };
    said.push(ownership.to_owned());
    if kind.holds_data {
        said.push("Deleting it may lose data; the plan says what it holds.".to_owned());
    }
    if kind.revivable {
        said.push("While AWS is still about to delete it, an apply brings it back.".to_owned());
    }
    let Succession { gap, lost, .. } = &kind.succession;
    let replaced = [("When it is replaced", lost), ("Where the old one must go first", gap)];
    let told = replaced.iter().filter(|(_, what)| !what.is_empty());
    said.extend(told.map(|(when, what)| format!("{when}: {what}.")));
    match delete_after.as_slice() {
        [] => {}
        [all] if all == "*" => said.push("It is deleted after everything else.".to_owned()),
        kinds => said.push(format!("It is deleted after every {}.", code(kinds))),
    }
    said
}

/// How far a field changes in place.
fn leads(field: &str, course: Course) -> String {
    let how = match course {
        Course::Later => "to a later version",
        Course::Family => "within its family, the word before the first dot",
        Course::More => "to a greater number",
    };
    format!(
        "`{field}` changes in place {how}; anything else makes a new object and deletes the old one."
    )
}

fn shows_within(patience: &Patience) -> String {
    let (create, update) = (duration(patience.create.deadline), duration(patience.update.deadline));
    let within = if create == update {
        create
    } else {
        format!("{create} of its creation, {update} of a change")
    };
    match patience.steady {
        0 | 1 => format!("It is done when AWS shows it as written, which must be within {within}."),
        looks => format!(
            "It is done when AWS shows it as written {looks} times in a row, which must be within {within}."
        ),
    }
}

/// How long AWS is usually at it, where anybody knows.
fn usually(kind: &KindInfo) -> Option<String> {
    let KindInfo { patience: Patience { create, update, delete, .. }, stages, .. } = kind;
    let operations = [
        ("a creation", create.usual),
        ("a change", update.usual),
        ("a deletion", delete.and_then(|limit| limit.usual)),
    ];
    let operations =
        operations.into_iter().filter_map(|(what, usual)| Some((what.to_owned(), usual?)));
    let fields = stages.lengths.iter();
    let fields = fields.map(|length| (format!("a change of `{}`", length.field), length.usual));
    let told = operations.chain(fields).map(|(what, usual)| match usual {
        Duration::ZERO => format!("{what} no time"),
        usual => format!("{what} {}", duration(usual)),
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty())
        .then(|| format!("As a rule it takes AWS, by what is known: {}.", enumeration(told)))
}

#[cfg(test)]
mod tests {

    use serde_json::{Value, json};

    use crate::model::{ArtifactInfo, FactInfo, HashSpelling, Packing, Patience};
    use crate::report::fixtures::plain;

    use super::*;

    fn queue() -> KindInfo {
        KindInfo {
            name: "sqs_queue".into(),
            summary: "A queue of Amazon SQS with its policy, redrive and tags.".into(),
            examples: vec![
                "# One queue.\nstack: a\nresources: {}\n".into(),
                "# Two queues.\n# And more.\nstack: b\nresources: {}\n".into(),
            ],
            notes: "A name is free again 60 seconds after its queue was deleted.\n".into(),
            schema: schema(),
            fixed: vec!["fifo_queue".into(), "name".into()],
            must_exist: vec!["redrive_policy.dead_letter_queue".into()],
            facts: vec![
                FactInfo {
                    name: "arn".into(),
                    summary: "Its ARN".into(),
                    predicted: true,
                    moves_with: Vec::new(),
                    late: false,
                },
                FactInfo {
                    name: "url".into(),
                    summary: "Where to send to".into(),
                    predicted: false,
                    moves_with: Vec::new(),
                    late: false,
                },
            ],
            patience: Patience { blocks: true, ..Patience::PROMPT.seen(2) },
            tagged: true,
            global: false,
            named_by: Some("name".into()),
            holds_data: true,
            deleted_by: Vec::new(),
            revivable: false,
            mends: false,
            exists_early: false,
            made_without: Vec::new(),
            name_may_wait: false,
            delete_after: vec!["sns_subscription".into()],
            keys: Vec::new(),
            policies: Vec::new(),
            stages: crate::model::Stages::default(),
            one_at_a_time: None,
            succession: Succession {
                lost: "messages in the old queue are lost".into(),
                ..Succession::default()
            },
            artifacts: Vec::new(),
            detours: Vec::new(),
            means: Vec::new(),
            in_part: Vec::new(),
            follows: Vec::new(),
            greets: Vec::new(),
            courses: Vec::new(),
        }
    }

    #[test]
    fn what_is_taken_of_the_checkout_and_what_is_compared_in_part_is_said() {
        let info = ArtifactInfo {
            field: "name".into(),
            sorts: vec![ArtifactSort::File, ArtifactSort::Folder].into(),
            packing: Packing::Zip,
            most_bytes: 50 * 1024 * 1024,
            most_entries: 1000,
            spelling: HashSpelling::Hex,
            made_by: "build it".into(),
            elsewhere: "".into(),
        };
        let in_part = |field: &str, beside| InPart { field: field.into(), beside };
        let detour = Detour {
            of: "name".into(),
            by: "url".into(),
            what: "bucket".into(),
            most_bytes: 250 * 1024 * 1024,
            advice: "".into(),
        };
        let kind = KindInfo {
            artifacts: vec![info],
            detours: vec![detour],
            means: vec!["url".into()],
            in_part: vec![in_part("tags", Beside::Stays), in_part("policy", Beside::Resets)],
            ..queue()
        };
        let page = kind_page(&kind);
        let row = "| `name` | { file: PATH } or { folder: PATH } | required | at most 50 MiB, or 250 MiB with `url`, at most 1000 files of a folder | What AWS calls it. **Forces replacement.** |";
        for line in [
            row,
            "| `tags` | map of string | `{}` | only stated entries are compared |  |",
            "- `name` is read from the checkout, by its path from the stack file; plans know it by its SHA-256.",
            "- `url` say how a change is made; to change only that changes nothing.",
            "- Of `tags` only the stated entries are compared; one that is no longer stated stays as it is.",
            "- Of `policy` only the stated entries are compared; one that is no longer stated gets its default again with the next change of the others.",
        ] {
            assert!(page.lines().any(|told| told == line), "{line}\n{page}");
        }
        assert!(plain(&kind_text(&kind)).contains("{ file: PATH } or { folder: PATH }"));
    }

    /// In the forms that the derive macro of `schemars` gives out.
    fn schema() -> Value {
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "required": ["name", "redrive_policy", "scope"],
            "properties": {
                "delay_seconds": { "type": "integer", "format": "uint32", "default": 0,
                    "minimum": 0, "maximum": 900, "description": "How long a message\nis hidden at first." },
                "fifo_queue": { "type": "boolean", "default": false },
                "name": { "type": "string", "minLength": 1, "maxLength": 80,
                    "pattern": "^[a-z|-]+$", "description": "What AWS calls it." },
                "policy": true,
                "redrive_policy": { "description": "Where messages go that nobody can read.",
                    "anyOf": [{ "$ref": "#/$defs/Redrive" }, { "type": "null" }] },
                "rules": { "type": ["array", "null"], "items": { "$ref": "#/$defs/Rule" }, "maxItems": 5 },
                "scope": { "$ref": "#/$defs/Scope" },
                "size": { "type": ["integer", "null"], "format": "uint64", "minimum": 0 },
                "source": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
                "target": { "oneOf": [
                    { "type": "object", "required": ["type", "queue"], "properties": {
                        "type": { "type": "string", "const": "queue" },
                        "queue": { "type": "string", "description": "Its ARN." } } },
                    { "type": "object", "required": ["type"], "properties": {
                        "type": { "type": "string", "const": "none" } } },
                ] },
                "tags": { "type": "object", "additionalProperties": { "type": "string" }, "default": {} },
            },
            "$defs": {
                "Redrive": { "type": "object", "description": "Redrive.",
                    "required": ["dead_letter_queue"],
                    "properties": {
                        "dead_letter_queue": { "type": "string", "description": "ARN of the queue." },
                        "max_receive_count": { "type": "integer", "minimum": 1, "maximum": 1000 },
                    } },
                "Rule": { "type": "object", "properties": {
                    "id": { "type": "string" },
                    "then": { "anyOf": [{ "$ref": "#/$defs/Rule" }, { "type": "null" }] },
                } },
                "Scope": { "description": "What is ordered.", "oneOf": [
                    { "type": "string", "const": "queue", "description": "All of it." },
                    { "type": "string", "const": "messageGroup", "description": "Each group." },
                ] },
            },
        })
    }

    #[test]
    fn a_kind_fills_a_page() {
        insta::assert_snapshot!("kind_page", kind_page(&queue()));
        insta::assert_snapshot!("kind_text", plain(&kind_text(&queue())));
    }

    #[test]
    fn kinds_are_a_list() {
        let key = KindInfo { name: "kms_key".into(), summary: "A key.".into(), ..queue() };
        assert_eq!(
            plain(&kinds_text(&[key, queue()])),
            "kms_key    A key.\n\
             sqs_queue  A queue of Amazon SQS with its policy, redrive and tags.\n"
        );
    }
}

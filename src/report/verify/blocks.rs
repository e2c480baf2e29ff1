//! What is told together: the results of one rule that came to the same, and
//! findings that differ by nothing but the resource.
//!
//! A rule has a result for every resource, and what is wrong with ninety queues
//! is one thing to read, and one to mend.

use crate::model::{Address, CheckKind, Finding, Inspected, Verdict};

/// How many subjects a title names.
const NAMED: usize = 3;

/// Results that are told in one block.
pub(super) struct Block<'a> {
    /// One at least.
    results: Vec<&'a Inspected>,
}

/// A finding, and every resource of which the same is said.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike<'a> {
    /// As it is said of the first of them.
    pub finding: &'a Finding,
    /// Where, each once.
    pub addresses: Vec<&'a Address>,
}

/// The results in blocks, each where its first result stands.
pub(super) fn blocks<'a>(results: impl IntoIterator<Item = &'a Inspected>) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for result in results {
        match blocks.iter_mut().find(|block| is_one(block.first(), result)) {
            Some(block) => block.results.push(result),
            None => blocks.push(Block::of(result)),
        }
    }
    blocks
}

fn is_one(one: &Inspected, other: &Inspected) -> bool {
    let comes_to_the_same = match (&one.verdict, &other.verdict) {
        (Verdict::Passed, Verdict::Passed)
        | (Verdict::Noted { .. }, Verdict::Noted { .. })
        | (Verdict::Failed { .. }, Verdict::Failed { .. }) => true,
        (Verdict::Skipped { reason: one }, Verdict::Skipped { reason: other }) => one == other,
        (
            Verdict::Passed
            | Verdict::Noted { .. }
            | Verdict::Failed { .. }
            | Verdict::Skipped { .. }
            | Verdict::NotExercised { .. }
            | Verdict::CouldNotLook { .. },
            _,
        ) => false,
    };
    let same_check = one.check == other.check && one.level == other.level;
    one.kind == CheckKind::Rule && same_check && comes_to_the_same
}

impl<'a> Block<'a> {
    /// A result by itself.
    pub(super) fn of(result: &'a Inspected) -> Self {
        Self { results: vec![result] }
    }

    /// The first of its results: in what they have in common, any of them.
    pub(super) fn first(&self) -> &'a Inspected {
        self.results[0]
    }

    /// What was looked at, for people.
    pub(super) fn subject(&self) -> String {
        let named: Vec<&str> =
            self.results.iter().take(NAMED).map(|result| result.subject.as_str()).collect();
        match self.results.len() - named.len() {
            0 => named.join(", "),
            more => format!("{} and {more} more", named.join(", ")),
        }
    }

    /// Its findings, each told once.
    pub(super) fn alike(&self) -> Vec<Alike<'a>> {
        alike(self.results.iter().copied())
    }
}

/// The findings of some results, each with every resource of which it is said.
pub fn alike<'a>(results: impl IntoIterator<Item = &'a Inspected>) -> Vec<Alike<'a>> {
    let mut told: Vec<(Finding, Alike<'a>)> = Vec::new();
    for finding in results.into_iter().flat_map(|result| result.verdict.findings()) {
        let common = common(finding);
        match told.iter_mut().find(|(known, _)| *known == common) {
            Some((_, alike)) if alike.addresses.contains(&&finding.address) => {}
            Some((_, alike)) => alike.addresses.push(&finding.address),
            None => told.push((common, Alike { finding, addresses: vec![&finding.address] })),
        }
    }
    told.into_iter().map(|(_, alike)| alike).collect()
}

/// A finding without its resource.
fn common(finding: &Finding) -> Finding {
    let own = finding.address.as_str();
    let without = |text: &Option<String>| text.as_ref().map(|text| nameless(text, own));
    Finding {
        address: Address::new(""),
        message: nameless(&finding.message, own),
        hint: without(&finding.hint),
        patch: without(&finding.patch),
        ..finding.clone()
    }
}

/// A text in which no word is the address, nor begins with it and a dot; nor
/// with what it stands in, so that two uses of a pattern read alike.
fn nameless(text: &str, own: &str) -> String {
    let around = own.rsplit_once('.').map_or(own, |(around, _)| around);
    without(&without(text, own, "\u{0}"), around, "\u{1}")
}

/// A text with a sign for each word that is a name, or begins with it and a dot.
fn without(text: &str, own: &str, sign: &str) -> String {
    let is_of_address = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let mut rest = text;
    let mut told = String::with_capacity(text.len());
    while !rest.is_empty() {
        let end = rest.find(|c| !is_of_address(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        match word.strip_prefix(own) {
            Some(fact) if fact.is_empty() || fact.starts_with('.') => told.extend([sign, fact]),
            Some(_) | None => told.push_str(word),
        }
        let next = after.chars().next().map_or(0, char::len_utf8);
        told.push_str(&after[..next]);
        rest = &after[next..];
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_loses_its_own_name_and_no_other() {
        for (text, expected) in [
            ("say it of a.b, not of a.b2", "say it of \u{0}, not of \u{1}.b2"),
            ("\"${a.b.arn}/*\"", "\"${\u{0}.arn}/*\""),
            ("a.b", "\u{0}"),
            ("as a.c does", "as \u{1}.c does"),
            ("\u{e9}a.b\u{e9}", "\u{e9}\u{0}\u{e9}"),
            ("", ""),
        ] {
            assert_eq!(nameless(text, "a.b"), expected, "{text}");
        }
    }

    fn noted(subject: &str, message: &str, patch: &str) -> Inspected {
        let finding = Finding::new(&Address::new(subject), message).patch(patch);
        Inspected {
            check: "tls_only".into(),
            kind: CheckKind::Rule,
            level: crate::model::Level::Note,
            subject: subject.into(),
            verdict: Verdict::Noted { findings: vec![finding] },
            took: std::time::Duration::ZERO,
            observations: Vec::new(),
        }
    }

    #[test]
    fn what_is_said_of_ninety_is_said_once() {
        let mut results: Vec<Inspected> = (0..90)
            .map(|number| format!("queue-{number}"))
            .map(|name| noted(&name, "it is open", &format!("Resource: \"${{{name}.arn}}\"")))
            .collect();
        results.push(noted("bucket", "it is open", "Resource: \"${bucket.arn}/*\""));
        let blocks = blocks(&results);
        let [block] = &blocks[..] else { panic!("one block") };
        assert_eq!(block.subject(), "queue-0, queue-1, queue-2 and 88 more");
        let counts: Vec<usize> = block.alike().iter().map(|it| it.addresses.len()).collect();
        assert_eq!(counts, [90, 1]);
    }

    #[test]
    fn what_passed_is_not_told_beside_what_did_not() {
        let mut results = vec![noted("a", "it is open", ""), noted("b", "it is open", "")];
        results[1].verdict = Verdict::Passed;
        let subjects: Vec<String> = blocks(&results).iter().map(Block::subject).collect();
        assert_eq!(subjects, ["a", "b"]);
    }
}

//! What makes a composite alarm go off: states of other alarms, joined by AND, OR and
//! NOT (`CloudWatch` User Guide, "Composite alarms").
//!
//! A rule is read from left to right without recursion, because its text is others'.

use std::fmt::Write as _;

use crate::aws::services::cloudwatch::alarms;
use crate::model::Place;

/// A rule that holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule(Vec<Token>);

/// A part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// `AND`, `OR`: between what they join.
    Between(&'static str),
    /// `NOT`.
    Not,
    /// `TRUE`, `FALSE`.
    Constant(&'static str),
    /// A state that one alarm is in.
    State(&'static str, String),
    /// How many, or how many in a hundred, of some are in a state, or are not.
    AtLeast {
        least: String,
        not: bool,
        state: &'static str,
        alarms: Vec<String>,
    },
    Open,
    Close,
}

/// What is wrong with a text, and before which of its characters, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) at: usize,
    pub(crate) message: String,
}

const STATES: [&str; 3] = ["ALARM", "OK", "INSUFFICIENT_DATA"];
const CONSTANTS: [&str; 2] = ["TRUE", "FALSE"];
const BETWEEN: [&str; 2] = ["AND", "OR"];

impl Rule {
    /// Reads a rule.
    pub(crate) fn read(text: &str) -> Result<Self, Wrong> {
        let mut reader = Reader { text, at: 0 };
        let (mut tokens, mut open, mut wants_operand) = (Vec::new(), Vec::new(), true);
        loop {
            reader.skip_blanks();
            let at = reader.at;
            if reader.is_over() {
                break;
            }
            let token = if wants_operand { reader.operand()? } else { reader.operator()? };
            match &token {
                Token::Open => open.push(at),
                Token::Close if open.pop().is_none() => {
                    return Err(reader.wrong(at, "`)` closes nothing"));
                }
                Token::Between(_) => wants_operand = true,
                Token::Constant(_) | Token::State(..) | Token::AtLeast { .. } => {
                    wants_operand = false;
                }
                Token::Not | Token::Close => {}
            }
            tokens.push(token);
        }
        match (open.last(), wants_operand) {
            (_, true) => Err(reader.wrong(reader.at, "the rule ends where a state should stand")),
            (Some(at), false) => Err(reader.wrong(*at, "`(` is not closed")),
            (None, false) => Ok(Self(tokens)),
        }
    }

    /// The alarms that it needs, as it names them.
    pub(crate) fn alarms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|token| match token {
            Token::State(_, alarm) => std::slice::from_ref(alarm).iter().map(String::as_str),
            Token::AtLeast { alarms, .. } => alarms.iter().map(String::as_str),
            Token::Between(_) | Token::Not | Token::Constant(_) | Token::Open | Token::Close => {
                [].iter().map(String::as_str)
            }
        })
    }

    /// The one text of all that say the same, with every alarm by its ARN.
    pub(crate) fn canonical(&self, place: &Place) -> String {
        self.text(|alarm| match alarms::name_of(alarm) {
            Some(_) => alarm.to_owned(),
            None => alarms::arn(place, alarm),
        })
    }

    /// The same with the alarms of the place by name, which is shorter: `CloudWatch` takes so
    /// many characters.
    pub(crate) fn short(&self, place: &Place) -> String {
        self.text(|alarm| {
            let name = alarms::name_of(alarm).filter(|name| alarms::arn(place, name) == alarm);
            name.unwrap_or(alarm).to_owned()
        })
    }

    fn text(&self, spelled: impl Fn(&str) -> String) -> String {
        let quoted = |alarm: &String| {
            let escaped = spelled(alarm).replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"")
        };
        let mut text = String::new();
        for token in &self.0 {
            // A string takes everything.
            let _written = match token {
                Token::Between(word) => write!(text, " {word} "),
                Token::Not => write!(text, "NOT "),
                Token::Constant(word) => write!(text, "{word}"),
                Token::State(state, alarm) => write!(text, "{state}({})", quoted(alarm)),
                Token::AtLeast { least, not, state, alarms } => {
                    let not = if *not { "NOT " } else { "" };
                    let alarms: Vec<String> = alarms.iter().map(quoted).collect();
                    write!(text, "AT_LEAST({least}, {not}{state}, ({}))", alarms.join(", "))
                }
                Token::Open => write!(text, "("),
                Token::Close => write!(text, ")"),
            };
        }
        text
    }
}

/// A text, and how far it is read, in bytes.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn is_over(&self) -> bool {
        self.rest().is_empty()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong(&self, at: usize, message: impl Into<String>) -> Wrong {
        Wrong { at: self.text[..at].chars().count() + 1, message: message.into() }
    }

    /// What stands before the next blank, parenthesis, comma or quotation mark.
    fn word(&mut self) -> String {
        self.skip_blanks();
        let ends = |sign: char| sign.is_whitespace() || "(),\"".contains(sign);
        let word = self.rest().split(ends).next().unwrap_or_default().to_owned();
        self.at += word.len();
        word
    }

    fn sign(&mut self, sign: char, of: &str) -> Result<(), Wrong> {
        self.skip_blanks();
        if !self.rest().starts_with(sign) {
            return Err(self.wrong(self.at, format!("{of} wants a `{sign}` here")));
        }
        self.at += sign.len_utf8();
        Ok(())
    }

    fn is_next(&mut self, sign: char) -> bool {
        self.skip_blanks();
        self.rest().starts_with(sign)
    }

    fn operand(&mut self) -> Result<Token, Wrong> {
        if self.is_next('(') {
            self.at += 1;
            return Ok(Token::Open);
        }
        let at = self.at;
        let word = self.word();
        if word == "NOT" {
            return Ok(Token::Not);
        }
        if let Some(constant) = one_of(&CONSTANTS, &word) {
            return Ok(Token::Constant(constant));
        }
        if word == "AT_LEAST" {
            return self.at_least();
        }
        let Some(state) = one_of(&STATES, &word) else {
            let expected = "ALARM(...), OK(...), INSUFFICIENT_DATA(...), AT_LEAST(...), TRUE, \
                            FALSE, NOT or `(`";
            let found = if word.is_empty() { self.rest().chars().take(1).collect() } else { word };
            let message = format!("here stands `{found}` in place of {expected}");
            return Err(self.wrong(at, message));
        };
        self.sign('(', state)?;
        let alarm = self.alarm(state)?;
        self.sign(')', state)?;
        Ok(Token::State(state, alarm))
    }

    fn operator(&mut self) -> Result<Token, Wrong> {
        if self.is_next(')') {
            self.at += 1;
            return Ok(Token::Close);
        }
        let at = self.at;
        let word = self.word();
        if let Some(between) = one_of(&BETWEEN, &word) {
            return Ok(Token::Between(between));
        }
        let found = if word.is_empty() { self.rest().chars().take(1).collect() } else { word };
        Err(self.wrong(at, format!("here stands `{found}` in place of AND, OR or `)`")))
    }

    /// `(2, ALARM, (a, b))`, or `(50%, NOT OK, (a, b))`.
    fn at_least(&mut self) -> Result<Token, Wrong> {
        const NAME: &str = "AT_LEAST";
        self.sign('(', NAME)?;
        self.skip_blanks();
        let (first_at, least) = (self.at, self.word());
        let number: Option<usize> = least.trim_end_matches('%').parse().ok();
        let is_share = least.ends_with('%');
        if number.is_none_or(|number| number == 0 || is_share && number > 100) {
            let message = format!("`{least}` is neither a number of alarms nor a percentage");
            return Err(self.wrong(first_at, message));
        }
        self.sign(',', NAME)?;
        self.skip_blanks();
        let at = self.at;
        let word = self.word();
        let not = word == "NOT";
        let word = if not { self.word() } else { word };
        let Some(state) = one_of(&STATES, &word) else {
            let message = format!("`{word}` is no state: {}", STATES.join(", "));
            return Err(self.wrong(at, message));
        };
        self.sign(',', NAME)?;
        self.sign('(', NAME)?;
        let mut alarms = vec![self.alarm(NAME)?];
        while self.is_next(',') {
            self.at += 1;
            alarms.push(self.alarm(NAME)?);
        }
        self.sign(')', NAME)?;
        self.sign(')', NAME)?;
        if !is_share && number.is_some_and(|number| number > alarms.len()) {
            let message = format!("{least} of {} alarms there never are", alarms.len());
            return Err(self.wrong(first_at, message));
        }
        Ok(Token::AtLeast { least, not, state, alarms })
    }

    /// A name or an ARN, in quotation marks or without.
    fn alarm(&mut self, of: &str) -> Result<String, Wrong> {
        self.skip_blanks();
        let at = self.at;
        if !self.rest().starts_with('"') {
            let word = self.word();
            if word.is_empty() {
                return Err(self.wrong(at, format!("{of} names no alarm")));
            }
            return Ok(word);
        }
        let (mut name, mut is_escaped) = (String::new(), false);
        for (offset, sign) in self.text[at + 1..].char_indices() {
            match sign {
                _ if is_escaped => {
                    name.push(sign);
                    is_escaped = false;
                }
                '\\' => is_escaped = true,
                '"' if name.is_empty() => {
                    return Err(self.wrong(at, format!("{of} names no alarm")));
                }
                '"' => {
                    self.at = at + 1 + offset + 1;
                    return Ok(name);
                }
                _ => name.push(sign),
            }
        }
        Err(self.wrong(at, "the quotation mark is not closed"))
    }
}

fn one_of(words: &[&'static str], word: &str) -> Option<&'static str> {
    words.iter().copied().find(|one| *one == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        }
    }

    fn short(text: &str) -> String {
        Rule::read(text).unwrap().short(&place())
    }

    #[test]
    fn what_says_the_same_has_one_text() {
        let arn = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:depth";
        for text in [
            "ALARM(depth)",
            "  ALARM ( \"depth\" )\n",
            &format!("ALARM({arn})"),
            &format!("ALARM(\"{arn}\")"),
        ] {
            let rule = Rule::read(text).unwrap();
            assert_eq!(rule.short(&place()), "ALARM(\"depth\")");
            assert_eq!(rule.canonical(&place()), format!("ALARM(\"{arn}\")"));
        }
        let elsewhere = "OK(\"arn:aws:cloudwatch:eu-central-1:444455556666:alarm:depth\")";
        assert_eq!(short(elsewhere), elsewhere);
        assert_eq!(
            short("NOT(ALARM(a)AND OK(b))OR NOT NOT INSUFFICIENT_DATA(\"c (d)\")\tAND TRUE"),
            "NOT (ALARM(\"a\") AND OK(\"b\")) OR NOT NOT INSUFFICIENT_DATA(\"c (d)\") AND TRUE"
        );
        assert_eq!(
            short("AT_LEAST( 2,NOT ALARM , (a,\"b\\\"c\\\\\" ,c))"),
            "AT_LEAST(2, NOT ALARM, (\"a\", \"b\\\"c\\\\\", \"c\"))"
        );
        assert_eq!(short("AT_LEAST(50%, OK, (a))"), "AT_LEAST(50%, OK, (\"a\"))");
    }

    #[test]
    fn the_alarms_of_a_rule_are_known() {
        let rule = Rule::read("(ALARM(a) OR OK(\"b c\")) AND AT_LEAST(1, OK, (d, e)) OR FALSE");
        assert_eq!(rule.unwrap().alarms().collect::<Vec<_>>(), ["a", "b c", "d", "e"]);
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let check = |text: &str, at: usize, message: &str| {
            let wrong = Rule::read(text).expect_err(text);
            assert_eq!(wrong.at, at, "{text}: {}", wrong.message);
            assert!(wrong.message.contains(message), "{text}: {}", wrong.message);
        };
        check("", 1, "ends where a state");
        check("ALARM(a) AND", 13, "ends where a state");
        check("ALARM(a", 8, "ALARM wants a `)`");
        check("ALARM a", 7, "ALARM wants a `(`");
        check("ALARM()", 7, "names no alarm");
        check("ALARM(\"\")", 7, "names no alarm");
        check("ALARM(a b)", 9, "wants a `)`");
        check("ALARM(\"a)", 7, "not closed");
        check("alarm(a)", 1, "in place of ALARM");
        check("ä", 1, "`ä`");
        check("OK(a) ALARM(b)", 7, "in place of AND");
        check("OK(ä) & OK(b)", 7, "`&`");
        check("(OK(a)", 1, "not closed");
        check("OK(a))", 6, "closes nothing");
        check("()", 2, "in place of ALARM");
        check("AND OK(a)", 1, "in place of ALARM");
        check("AT_LEAST(0, OK, (a))", 10, "neither a number");
        check("AT_LEAST(101%, OK, (a))", 10, "neither a number");
        check("AT_LEAST(2, OK, (a))", 10, "never");
        check("AT_LEAST(1, WELL, (a))", 13, "no state");
        check("AT_LEAST(1, OK, a)", 17, "wants a `(`");
        check("AT_LEAST(1, OK, (a)", 20, "wants a `)`");
    }

    #[test]
    fn a_deep_rule_does_no_harm() {
        let deep = format!("{}OK(a){}", "(".repeat(5_000), ")".repeat(5_000));
        assert_eq!(Rule::read(&deep).unwrap().alarms().count(), 1);
        assert!(Rule::read(&"NOT ".repeat(100_000)).is_err());
    }
}

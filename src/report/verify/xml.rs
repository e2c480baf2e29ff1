//! Writing XML: elements, attributes and text that no parser rejects,
//! whatever somebody else put into a message.

/// A document under construction, indented by two.
pub(super) struct Xml {
    text: String,
    /// The elements that are open, and how long the text was after their tag.
    open: Vec<(&'static str, usize)>,
}

impl Xml {
    /// A document without elements.
    pub(super) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".into(), open: Vec::new() }
    }

    /// Begins an element that has others inside.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str(">\n");
        self.open.push((name, self.text.len()));
    }

    /// Ends the element that was opened last.
    pub(super) fn close(&mut self) {
        let Some((name, begin)) = self.open.pop() else { return };
        if self.text.len() == begin {
            self.text.truncate(begin - ">\n".len());
            return self.text.push_str("/>\n");
        }
        self.indent();
        self.text.extend(["</", name, ">\n"]);
    }

    /// A whole element with text inside, or without if it is empty.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) {
        self.tag(name, attributes);
        if text.is_empty() {
            self.text.push_str("/>\n");
        } else {
            self.text.extend([">", &escaped(text), "</", name, ">\n"]);
        }
    }

    /// The document. Every element must have been closed.
    pub(super) fn into_text(self) -> String {
        debug_assert!(self.open.is_empty(), "elements left open: {:?}", self.open);
        self.text
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.extend(["<", name]);
        for (key, value) in attributes {
            // A parser reads a line feed in an attribute as a blank.
            let value = escaped(value).replace('\n', "&#10;").replace('\t', "&#9;");
            self.text.extend([" ", key, "=\"", &value, "\""]);
        }
    }

    fn indent(&mut self) {
        self.text.push_str(&"  ".repeat(self.open.len()));
    }
}

/// With entities for what means something in XML, and without the characters
/// that XML 1.0 cannot hold at all, not even as entities.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // Only `]]>` must not occur in text; this way it cannot.
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_taken_for_markup() {
        let text = "a < b && \"c\" ]]> d";
        let mut xml = Xml::new();
        xml.open("out", &[("of", text), ("lines", "1\n2\t3")]);
        xml.leaf("in", &[], text);
        xml.leaf("empty", &[], "");
        xml.open("hollow", &[]);
        xml.close();
        xml.close();
        let xml = xml.into_text();
        assert!(xml.ends_with("  <empty/>\n  <hollow/>\n</out>\n"), "{xml}");
        let read = roxmltree::Document::parse(&xml).unwrap();
        let out = read.root_element();
        assert_eq!(out.attribute("of"), Some(text));
        assert_eq!(out.attribute("lines"), Some("1\n2\t3"));
        assert_eq!(out.first_element_child().unwrap().text(), Some(text));
    }

    #[test]
    fn characters_that_no_document_can_hold_are_left_out() {
        assert_eq!(escaped("a\u{0}b\u{1b}[31mc\r\nd\u{7f}\u{85}e\u{ffff}\u{fffe}"), "ab[31mc\nde");
    }
}

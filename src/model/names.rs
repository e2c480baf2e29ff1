//! Whom a text names.
//!
//! A reference says whom it means. A name, an ARN or a URL that is written out
//! says so too, and so does what AWS shows of an object: this finds it again.

use std::collections::HashMap;

/// Who is known under which names.
#[derive(Clone, Debug)]
pub struct Names<T>(HashMap<String, Vec<T>>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Names<T> {
    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers a name. Several may share one.
    pub fn insert(&mut self, name: impl Into<String>, who: T) {
        self.0.entry(name.into()).or_default().push(who);
    }

    /// Whoever is called exactly this.
    pub fn called(&self, text: &str) -> &[T] {
        self.0.get(text).map_or(&[], Vec::as_slice)
    }

    /// Whoever's ARN or URL stands in a text: alone, in the midst of others, or
    /// with something beneath it, as in `ARN/*`.
    ///
    /// ```
    /// use ccprov::model::Names;
    ///
    /// let mut names = Names::default();
    /// names.insert("arn:aws:s3:::claims", "bucket");
    /// names.insert("claims", "bucket");
    /// let within = |text| names.within(text).copied().collect::<Vec<_>>();
    /// assert_eq!(within(r#"["arn:aws:s3:::claims/*"]"#), ["bucket"]);
    /// assert_eq!(within("arn:aws:s3:::claims-2"), [""; 0]);
    /// assert_eq!(within("claims"), [""; 0], "a bare word may mean anything");
    /// ```
    pub fn within<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a T> {
        let tokens = text.split(|c: char| c.is_whitespace() || DELIMITERS.contains(&c));
        tokens.filter(|token| is_unmistakable(token)).flat_map(|token| self.at_the_head_of(token))
    }

    /// Whoever has the longest name with which a text begins, up to a border.
    fn at_the_head_of(&self, text: &str) -> &[T] {
        let mut head = text;
        while is_unmistakable(head) {
            if let Some(known) = self.0.get(head) {
                return known;
            }
            head = head.rfind(BORDERS).map_or("", |end| &head[..end]);
        }
        &[]
    }
}

/// What ends an ARN or a URL within a longer text, such as JSON.
const DELIMITERS: [char; 11] = ['"', '\'', ',', ';', '|', '(', ')', '[', ']', '{', '}'];
/// What parts an ARN or a URL from what lies beneath it.
const BORDERS: [char; 2] = ['/', ':'];

/// Whether a name can mean nothing but an object, wherever it stands: an ARN, a
/// URL, an alias.
pub fn is_unmistakable(name: &str) -> bool {
    name.contains(BORDERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_counts() {
        let mut names = Names::default();
        names.insert("arn:aws:sns:r:a:t", 1);
        names.insert("arn:aws:sns:r:a:t:uuid", 2);
        names.insert("https://sqs.r/a/q", 3);
        names.insert("https://sqs.r/a/q", 4);
        names.insert("arn", 5);
        let check = |text: &str, expected: &[i32]| {
            assert_eq!(names.within(text).copied().collect::<Vec<_>>(), expected, "{text}");
        };
        check("arn:aws:sns:r:a:t", &[1]);
        check("arn:aws:sns:r:a:t:uuid", &[2]);
        check("arn:aws:sns:r:a:t:other", &[1]);
        check("arn:aws:sns:r:a:tt", &[]);
        check("see https://sqs.r/a/q, arn:aws:sns:r:a:t", &[3, 4, 1]);
        check("arn:aws:sns:r:a", &[]);
    }
}

//! Markdown that GitHub and GitLab render, with words of others in it.

use super::page::Page;

/// A name of ours, which has no backtick.
pub(super) fn code(name: &str) -> String {
    format!("`{name}`")
}

/// Somebody's words as words: nothing in them formats, links, mentions or ends
/// a table's cell.
pub(super) fn words(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // As an entity, or else `@name` calls whoever has that name.
            '@' => words.push_str("&#64;"),
            '<' => words.push_str("&lt;"),
            '&' => words.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '!' => {
                words.extend(['\\', c]);
            }
            c => words.push(c),
        }
    }
    words
}

/// Somebody's words within a tag, where Markdown means nothing.
pub(super) fn within_tag(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('@', "&#64;")
}

/// Lines as they are, between fences that none of them can close.
pub(super) fn fenced(text: &str) -> String {
    let fence = "`".repeat(2.max(longest_run_of_backticks(text)) + 1);
    format!("{fence}text\n{text}{fence}")
}

/// As many parts as there is room for, in bytes, and how many there is none for.
pub(super) fn write_within(
    page: &mut Page,
    most: usize,
    parts: impl Iterator<Item = String>,
    further: &str,
) {
    let (mut length, mut left_out) = (0, 0);
    for part in parts {
        if left_out > 0 || length + part.len() > most {
            left_out += 1;
        } else {
            length += part.len();
            page.verbatim(part);
        }
    }
    if left_out > 0 {
        page.verbatim(format!("{further}, for which there is no room here: {left_out}."));
    }
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_words() {
        assert_eq!(words("a|b @all <b> `x` $y$"), "a\\|b &#64;all &lt;b> \\`x\\` \\$y\\$");
        assert_eq!(longest_run_of_backticks("a``b````c`"), 4);
        assert_eq!(within_tag("a_b @all <b> &"), "a_b &#64;all &lt;b&gt; &amp;");
        assert_eq!(fenced("a```b\n"), "````text\na```b\n````");
    }
}

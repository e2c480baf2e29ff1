//! Filters of keys: S3 compares them with the key as an event has it, which is
//! encoded as in a URL, and never tells that nothing fits.
//!
//! S3 User Guide, "Configuring event notifications using object key name
//! filtering": a special character must be entered in its encoded form.

/// Characters that stand for themselves in the key of an event: S3's "safe
/// characters", and the two that encoding itself is made of.
const SAFE: &str = "!-_.*'()/+%";

/// The same filter as S3 compares it, if it is written in another form. A
/// filter that is encoded already stays.
pub(super) fn encoded(written: &str) -> Option<String> {
    let stands = |c: char| c.is_ascii_alphanumeric() || SAFE.contains(c);
    if written.chars().all(stands) && has_whole_escapes(written) {
        return None;
    }
    // Who writes one character as it is means all of them so.
    let mut text = String::with_capacity(written.len());
    for c in written.chars() {
        match c {
            ' ' => text.push('+'),
            '+' | '%' => text.push_str(&escaped(c)),
            c if stands(c) => text.push(c),
            c => text.push_str(&escaped(c)),
        }
    }
    Some(text)
}

fn escaped(c: char) -> String {
    let mut bytes = [0; 4];
    let bytes = c.encode_utf8(&mut bytes).bytes();
    bytes.map(percent_encoding::percent_encode_byte).collect()
}

/// Whether two hex digits follow every `%`.
fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        rest.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_what_the_key_of_an_event_can_be() {
        let check = |written: &str, expected: Option<&str>| {
            assert_eq!(encoded(written).as_deref(), expected, "{written}");
        };
        check("raw/2026-11-28_a.json", None);
        check("in box/schema=1/", Some("in+box/schema%3D1/"));
        check("in+box/schema%3D1/", None);
        check("a b/\u{fc}+", Some("a+b/%C3%BC%2B"));
        check("100%", Some("100%25"));
        check("a:b@c,d", Some("a%3Ab%40c%2Cd"));
        check("", None);
    }
}

//! Wildcards in policies: `*` for any text, also none, and `?` for one
//! character.

/// Whether a text is what a pattern describes.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // The last star, and how much of the text it has taken so far.
    let mut star = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(one) if *one == '?' || *one == text[seen] => {
                at += 1;
                seen += 1;
            }
            Some(_) | None => {
                let Some((position, taken)) = star else { return false };
                star = Some((position, taken + 1));
                (at, seen) = (position + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

/// The same for ARNs: no wildcard reaches across the first five colons.
pub(super) fn arn_matches(pattern: &str, arn: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), arn.splitn(6, ':').collect());
    patterns.len() == parts.len()
        && patterns.iter().zip(&parts).all(|(pattern, part)| matches(pattern, part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:*", "s3:PutObject", true),
            ("s3:Put*", "s3:GetObject", false),
            ("s3:?etObject", "s3:GetObject", true),
            ("*-dev-*-x", "a-dev-b-y-x", true),
            ("*ab", "aab", true),
            ("a", "ab", false),
            ("a?", "a", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} and {text}");
        }
    }

    #[test]
    fn parts_of_an_arn_stay_apart() {
        let topic = "arn:aws:sns:us-east-1:123456789012:orders";
        for (pattern, expected) in [
            (topic, true),
            ("arn:aws:sns:*:123456789012:*", true),
            ("arn:aws:sns:*:orders", false),
            ("arn:aws:sns:us-east-1:210987654321:*", false),
            ("*", false),
        ] {
            assert_eq!(arn_matches(pattern, topic), expected, "{pattern}");
        }
    }
}

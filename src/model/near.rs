//! "Did you mean": the known word nearest to an unknown one, among words
//! that are given: AWS's own, or names of a stack.

/// The known word that differs in nothing but its letters' case, or in a third
/// of its letters at most. The first of equals wins.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // Longer than any word of AWS's: something else, and comparing costs the product of the lengths.
    const LONGEST: usize = 100;
    if wrong.len() > LONGEST {
        return None;
    }
    let sought = wrong.to_lowercase();
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&sought, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= sought.len().max(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let known = ["SendMessage", "ReceiveMessage", "PurgeQueue"];
        assert_eq!(nearest("sendmessage", known), Some("SendMessage"));
        assert_eq!(nearest("SendMesage", known), Some("SendMessage"));
        assert_eq!(nearest("Publish", known), None);
        assert_eq!(nearest(&"SendMessage".repeat(1_000), known), None);
    }
}

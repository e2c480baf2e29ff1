//! Where a resource is written: what findings point at.

use super::{Address, Location};

/// Where a resource stands in the files of its user, for who has to change it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The line that declares it; that of a pattern's use where the pattern
    /// comes with the program, and so cannot be changed.
    pub at: Location,
    /// For a resource of a pattern's file: the line of the stack file that uses
    /// the pattern.
    pub used: Option<Location>,
    /// For the same: the address of that use. Within the pattern's file, names
    /// are seen from there.
    pub within: Option<Address>,
}

impl Origin {
    /// What stands in the stack file itself.
    pub fn of(at: Location) -> Self {
        Self { at, used: None, within: None }
    }

    /// YAML for the place where the resource is written: references are spelled
    /// as they are seen from there. What lies outside of a pattern cannot be
    /// named in it, and a comment says so.
    pub fn spelled(&self, yaml: &str) -> String {
        let Some(within) = &self.within else { return yaml.to_owned() };
        let own = format!("${{{within}.");
        let spelled = yaml.replace(&own, "${\u{0}");
        let mut outside: Vec<&str> = Vec::new();
        for reference in spelled.split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
            if !reference.starts_with('\u{0}') && reference.contains('.') {
                outside.push(reference);
            }
        }
        outside.sort_unstable();
        outside.dedup();
        let comments = outside.iter().map(|reference| {
            format!("# ${{{reference}}} is not of this pattern: hand it in as a parameter.\n")
        });
        let comments: String = comments.collect();
        comments + &spelled.replace('\u{0}', "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_spelled_as_seen_from_the_pattern() {
        let location =
            Location { file: "p.yaml".into(), line: 1, column: 1, width: 1, text: String::new() };
        let stack = Origin::of(location.clone());
        let yaml = "- \"${consumer.audit.queue.arn}\"\n- \"${account}\"\n- \"${topic.arn}\"";
        assert_eq!(stack.spelled(yaml), yaml);
        let pattern = Origin { within: Some(Address::new("consumer.audit")), ..stack };
        assert_eq!(
            pattern.spelled(yaml),
            "# ${topic.arn} is not of this pattern: hand it in as a parameter.\n\
             - \"${queue.arn}\"\n- \"${account}\"\n- \"${topic.arn}\""
        );
    }
}

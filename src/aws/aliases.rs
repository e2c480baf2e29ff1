//! Names for versions: of functions, and of state machines.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{CloudError, ErrorClass, Path, Problem};

/// A name for a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// What it is for.
    #[schemars(length(max = 256))]
    pub(crate) description: Option<String>,
    /// The number of the version to which it leads, and stays with. Left out: it leads to the one that was published last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[1-9][0-9]*$"))]
    pub(crate) version: Option<String>,
    /// Another version that gets a part of what comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) routing_config: Option<RoutingConfig>,
}

/// What goes to another version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoutingConfig {
    /// The part of what comes that another version gets, from 0 to 1, by its number: one at most.
    #[serde(default)]
    #[schemars(length(max = 1))]
    pub(crate) additional_version_weights: BTreeMap<String, f64>,
}

/// By their names.
pub(crate) type Aliases = BTreeMap<String, Alias>;

/// Which aliases stay with their version. One that leads to the last looks like one
/// that follows it, so that a tag keeps their names, with blanks between.
const PINNED: &str = "ccprov:pinned";
/// The most that a tag holds.
const MOST: usize = 256;

/// What a service takes as the name of an alias.
#[derive(Debug)]
pub(crate) struct Names {
    /// The most characters.
    pub(crate) longest: usize,
    /// Besides letters and digits.
    pub(crate) signs: &'static str,
    /// Who takes it.
    pub(crate) service: &'static str,
}

impl Alias {
    /// As AWS shows it: `to` is the version to which it leads, where that is not the one
    /// that it would follow.
    pub(crate) fn seen(
        description: Option<String>,
        to: Option<String>,
        weights: BTreeMap<String, f64>,
    ) -> Self {
        let routing_config = Some(RoutingConfig { additional_version_weights: weights });
        let description = description.filter(|text| !text.is_empty());
        Self { description, version: to, routing_config }.settled()
    }

    /// A part of nothing is none.
    pub(crate) fn settled(mut self) -> Self {
        self.routing_config =
            self.routing_config.filter(|it| !it.additional_version_weights.is_empty());
        self
    }

    /// The other version, and its part.
    pub(crate) fn further(&self) -> Option<(&String, f64)> {
        let weights = &self.routing_config.as_ref()?.additional_version_weights;
        weights.iter().next().map(|(version, part)| (version, *part))
    }

    /// A version that a stack file names and that there is not will not come by waiting.
    pub(crate) fn unknown_version(&self, error: CloudError, hint: &str) -> CloudError {
        let names_one = self.version.is_some() || self.routing_config.is_some();
        if error.class != ErrorClass::Absent || !names_one {
            return error;
        }
        CloudError { class: ErrorClass::Invalid, hint: Some(hint.to_owned()), ..error }
    }
}

/// All of them, each as it is compared.
pub(crate) fn settled(aliases: Aliases) -> Aliases {
    aliases.into_iter().map(|(name, alias)| (name, alias.settled())).collect()
}

/// The tag that keeps the names of aliases that stay; none where all follow.
pub(crate) fn pinned_tag(aliases: Option<&Aliases>) -> Option<(String, String)> {
    let pinned = aliases?.iter().filter(|(_, alias)| alias.version.is_some());
    let names: Vec<&str> = pinned.map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| (PINNED.to_owned(), names.join(" ")))
}

/// The names that such a tag keeps.
pub(crate) fn pinned(tags: &BTreeMap<String, String>) -> BTreeSet<String> {
    tags.get(PINNED).into_iter().flat_map(|names| names.split(' ')).map(str::to_owned).collect()
}

/// What is wrong with them.
pub(crate) fn check(aliases: Option<&Aliases>, is_published: bool, names: &Names) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for (name, alias) in aliases.into_iter().flatten() {
        let at = Path::field("aliases").with_field(name);
        problems.extend(check_alias(name, alias, is_published, names).map(|it| it.at(at.clone())));
        let of_weights = alias.routing_config.as_ref();
        let of_weights = of_weights.and_then(|it| check_weights(alias, it, names.service));
        problems.extend(of_weights.map(|it| it.at(at.with_field("routing_config"))));
    }
    if pinned_tag(aliases).is_some_and(|(_, names)| names.len() > MOST) {
        let message = format!(
            "the names of aliases with a `version` are kept in a tag, which has room for {MOST} characters"
        );
        problems.push(Problem::of("aliases", message).hint("give them shorter names"));
    }
    problems
}

fn check_alias(name: &str, alias: &Alias, is_published: bool, names: &Names) -> Option<Problem> {
    let Names { longest, signs, service: _ } = names;
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || signs.contains(sign);
    let is_number = name.chars().all(|sign| sign.is_ascii_digit());
    if is_number || name.len() > *longest || !name.chars().all(is_sign) {
        let message = format!("`{name}` is no name of an alias");
        let hint = format!("1 to {longest} letters, digits and `{signs}`, and not digits alone");
        return Some(Problem::of("", message).hint(hint));
    }
    let message = "an alias leads to what was published";
    (alias.version.is_none() && !is_published)
        .then(|| Problem::of("", message).hint("publish: true"))
}

fn check_weights(alias: &Alias, routing: &RoutingConfig, service: &str) -> Option<Problem> {
    let weights = &routing.additional_version_weights;
    if weights.len() > 1 {
        let message = format!("{service} divides what comes between two versions, and no more");
        return Some(Problem::of("", message));
    }
    let (further, weight) = weights.iter().next()?;
    if further.starts_with('0') || !further.chars().all(|sign| sign.is_ascii_digit()) {
        return Some(Problem::of("", format!("`{further}` is no number of a version")));
    }
    if !(0.0..=1.0).contains(weight) {
        return Some(Problem::of("", "a part is from 0 to 1").hint("a tenth is `0.1`"));
    }
    let message = "the other version is the one to which the alias leads";
    (alias.version.as_ref() == Some(further))
        .then(|| Problem::of("", message).hint("name another, or take it out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_keeps_the_names_of_those_that_stay() {
        let alias = |version: Option<&str>| Alias {
            version: version.map(str::to_owned),
            ..Alias::default()
        };
        let all = [("live", Some("1")), ("next", None), ("old", Some("7"))];
        let aliases: Aliases =
            all.into_iter().map(|(name, version)| (name.to_owned(), alias(version))).collect();
        let tag = pinned_tag(Some(&aliases));
        assert_eq!(tag, Some((PINNED.to_owned(), "live old".to_owned())));
        let kept = pinned(&tag.into_iter().collect());
        assert_eq!(kept, ["live", "old"].map(str::to_owned).into());
        let follows: Aliases = [("next".to_owned(), alias(None))].into();
        assert_eq!(pinned_tag(Some(&follows)), None);
        assert_eq!(pinned(&BTreeMap::new()), BTreeSet::new());
    }
}

//! Values of the top of a stack file that are worked out before the rest of it is.

use super::expand::{Expansion, Ground};
use super::tree::{Map, Node};
use crate::model::Diagnostic;

/// What stands under a key, unless it is null.
pub(super) fn written<'a>(map: &'a Map, key: &str) -> Option<&'a Node> {
    map.get(key).map(|entry| &entry.node).filter(|node| !node.is_null())
}

/// What a value comes to.
pub(super) fn evaluated(
    node: &Node,
    ground: Ground<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let (node, found) = Expansion::new(ground).evaluate_alone(node);
    problems.extend(found);
    node
}

//! `extends`: laying one file over another.

use super::instruction;
use super::tree::{Entry, Map, Node, Value};

/// The base with the extending value laid over it. Maps merge key by key; all
/// else, lists and instructions included, is replaced; an explicit null removes the key. Every
/// value keeps the place where it was written.
pub(super) fn merge(base: Node, over: Node) -> Node {
    match (base.value, over.value) {
        (Value::Map(below), Value::Map(above))
            if !instruction::is_one(&below) && !instruction::is_one(&above) =>
        {
            Node { value: Value::Map(merge_maps(below, above)), at: over.at }
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_),
            above,
        ) => Node { value: above, at: over.at },
    }
}

fn merge_maps(mut below: Map, above: Map) -> Map {
    for (key, Entry { key_at, node }) in above {
        let have = below.remove(&key);
        if node.is_null() {
            continue;
        }
        let node = match have {
            Some(have) => merge(have.node, node),
            None => node,
        };
        below.insert(key, Entry { key_at, node });
    }
    below
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::super::yaml;
    use super::*;

    fn check(base: &str, over: &str, expected: &str) {
        let read = |text: &str| yaml::parse(&Source::text("a.yaml", text), text).unwrap();
        assert_eq!(merge(read(base), read(over)).to_json().to_string(), expected);
    }

    #[test]
    fn maps_merge_and_all_else_is_replaced() {
        check(
            "{ a: 1, m: { x: 1, y: 2 }, l: [1, 2] }",
            "{ b: 2, m: { y: 3, z: 4 }, l: [3] }",
            r#"{"a":1,"b":2,"l":[3],"m":{"x":1,"y":3,"z":4}}"#,
        );
    }

    #[test]
    fn null_removes() {
        check("{ a: 1, m: { x: 1, y: 2 } }", "{ a: ~, m: { x: null } }", r#"{"m":{"y":2}}"#);
    }

    #[test]
    fn a_map_gives_way_to_a_scalar() {
        check("{ a: { x: 1 } }", "{ a: 2 }", r#"{"a":2}"#);
    }
}

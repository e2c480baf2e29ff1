//! Differences of one resource, as an indented tree: `old -> new` field by
//! field, only what changed, and nothing of it left out.

use serde_json::Value;

use crate::model::spelling::spelled;
use crate::model::{FieldDiff, Segment};

use super::page::Page;
use super::style::{ADD, CHANGE, REMOVE, REPLACE, paint};
use super::value::{self, Label, inline, reference, write_item};

/// An old and a new value that are longer than this together stand below each
/// other, where the eye finds what differs between two ARNs.
const SHORT: usize = 72;

/// Writes what differs, in the order of the paths.
pub(super) fn write(page: &mut Page, depth: usize, diffs: &[FieldDiff]) {
    let diffs: Vec<&FieldDiff> = diffs.iter().collect();
    write_nodes(page, depth, &grouped(&diffs, 0));
}

/// A place in the tree of paths.
enum Node<'a> {
    /// A difference.
    Leaf { steps: &'a [Segment], diff: &'a FieldDiff },
    /// A place below which something differs.
    Branch { steps: &'a [Segment], below: Vec<Node<'a>> },
}

impl<'a> Node<'a> {
    /// The steps from the place above.
    fn steps(&self) -> &'a [Segment] {
        match self {
            Self::Leaf { steps, .. } | Self::Branch { steps, .. } => steps,
        }
    }

    /// Those steps as people say them: `tags.Owner`, `tags[a.b]`, `[0].id`.
    fn name(&self) -> String {
        let steps = self.steps().iter().enumerate();
        let said = steps.map(|(position, step)| match step {
            Segment::Index(index) => format!("[{index}]"),
            Segment::Field(field) => {
                let spelled = spelled(&reference(field));
                let is_first = position == 0;
                spelled.strip_prefix('.').filter(|_| is_first).unwrap_or(&spelled).to_owned()
            }
        });
        said.collect::<Vec<String>>().concat()
    }

    /// Whether this is a policy's list of statements.
    fn is_statements(&self) -> bool {
        matches!(self.steps(), [Segment::Field(name)] if name == "Statement")
    }
}

/// The tree of the paths from `level` on.
fn grouped<'a>(diffs: &[&'a FieldDiff], level: usize) -> Vec<Node<'a>> {
    let step = |diff: &FieldDiff| diff.path.segments().get(level).cloned();
    diffs.chunk_by(|a, b| step(a) == step(b)).flat_map(|group| below_one(group, level)).collect()
}

/// The nodes of differences that share the step at `level`.
fn below_one<'a>(group: &[&'a FieldDiff], level: usize) -> Vec<Node<'a>> {
    let ends_here = |diff: &FieldDiff| diff.path.segments().len() <= level + 1;
    let steps = |diff: &'a FieldDiff, end: usize| {
        let all = diff.path.segments();
        &all[level.min(all.len())..end.min(all.len())]
    };
    let (leaves, deeper): (Vec<&FieldDiff>, Vec<&FieldDiff>) =
        group.iter().partition(|diff| ends_here(diff));
    let mut nodes: Vec<Node<'_>> =
        leaves.into_iter().map(|diff| Node::Leaf { steps: steps(diff, level + 1), diff }).collect();
    let Some(&first) = deeper.first() else { return nodes };
    let mut below = grouped(&deeper, level + 1);
    let branch = Node::Branch { steps: steps(first, level + 1), below: Vec::new() };
    let only = if below.len() == 1 { below.pop() } else { None };
    nodes.push(match only {
        // A policy, its statements and one of them stand apart: they have forms of their own.
        Some(only)
            if only.is_statements() || branch.is_statements() || is_statement(first, level) =>
        {
            Node::Branch { steps: branch.steps(), below: vec![only] }
        }
        Some(only) => {
            let end = level + 1 + only.steps().len();
            drawn_together(only, steps(first, end))
        }
        None => Node::Branch { steps: branch.steps(), below },
    });
    nodes
}

/// Whether the step at `level` names one statement of a policy.
fn is_statement(diff: &FieldDiff, level: usize) -> bool {
    let above = level.checked_sub(1).and_then(|above| diff.path.segments().get(above));
    matches!(above, Some(Segment::Field(name)) if name == "Statement")
}

/// A place with a single one below it becomes one node: `tags.Owner`.
fn drawn_together<'a>(only: Node<'a>, steps: &'a [Segment]) -> Node<'a> {
    match only {
        Node::Leaf { diff, .. } => Node::Leaf { steps, diff },
        Node::Branch { below, .. } => Node::Branch { steps, below },
    }
}

fn write_nodes(page: &mut Page, depth: usize, nodes: &[Node<'_>]) {
    let width = nodes.iter().filter(|node| is_beside(node)).map(|node| node.name().chars().count());
    let width = width.max().unwrap_or(0);
    for node in nodes {
        match node {
            Node::Leaf { diff, .. } if node.is_statements() && !is_beside(node) => {
                write_whole_statements(page, depth, diff);
            }
            Node::Leaf { diff, .. } => write_leaf(page, depth, (&node.name(), width), diff),
            Node::Branch { below, .. } if node.is_statements() => {
                write_statements(page, depth, below);
            }
            Node::Branch { below, .. } => {
                page.line(depth, format!("{}{}", paint(CHANGE, "~ "), node.name()));
                write_nodes(page, depth + 2, below);
            }
        }
    }
}

/// Whether a node's value stands beside its name.
fn is_beside(node: &Node<'_>) -> bool {
    match node {
        Node::Leaf { diff, .. } => {
            diff.have.iter().chain(&diff.want).all(|value| inline(value).is_some())
        }
        Node::Branch { .. } => false,
    }
}

/// Statements that came or went are told whole, those that changed by what
/// changed in them.
fn write_statements(page: &mut Page, depth: usize, statements: &[Node<'_>]) {
    for node in statements {
        match node {
            Node::Leaf { diff, .. } => write_whole_statements(page, depth, diff),
            Node::Branch { below, .. } => {
                page.line(depth, format!("{}statement {}", paint(CHANGE, "~ "), node.name()));
                write_nodes(page, depth + 2, below);
            }
        }
    }
}

/// One statement that came or went, or all those of a policy that gives them
/// no names.
fn write_whole_statements(page: &mut Page, depth: usize, diff: &FieldDiff) {
    let list = |side: &Option<Value>| match side {
        Some(Value::Array(statements)) => statements.clone(),
        Some(statement) => vec![statement.clone()],
        None => Vec::new(),
    };
    write_lists(page, depth, &list(&diff.have), &list(&diff.want));
}

fn write_leaf(page: &mut Page, depth: usize, (name, width): (&str, usize), diff: &FieldDiff) {
    let remark = if diff.forces_replace {
        format!("  {}", paint(REPLACE, "(forces replacement)"))
    } else {
        String::new()
    };
    let label = |sign| Label { depth, sign, name, width, remark: &remark };
    match (&diff.have, &diff.want) {
        (Some(have), Some(want)) => write_change(page, &label(&paint(CHANGE, "~ ")), have, want),
        (None, Some(want)) => value::write(page, &label(&added()), want),
        (Some(have), None) => value::write(page, &label(&removed()), have),
        (None, None) => {}
    }
}

fn write_change(page: &mut Page, label: &Label<'_>, have: &Value, want: &Value) {
    if let (Some(old), Some(new)) = (inline(have), inline(want)) {
        if old.chars().count() + new.chars().count() <= SHORT {
            return page.line(label.depth, label.with(&format!("{old} -> {new}")));
        }
        let plain = Label { remark: "", ..*label };
        page.line(label.depth, plain.with(&format!("   {old}")));
        let below = Label { sign: "  ", name: "", ..*label };
        return page.line(label.depth, below.with(&format!("-> {new}")));
    }
    let depth = label.inner_depth();
    match (have, want) {
        (Value::Array(old), Value::Array(new)) => {
            page.line(label.depth, label.alone());
            write_lists(page, depth, old, new);
        }
        (Value::String(old), Value::String(new)) => {
            page.line(label.depth, label.alone());
            write_texts(page, depth, &reference(old), &reference(new));
        }
        _ => {
            value::write(page, &Label { sign: &removed(), remark: "", ..*label }, have);
            value::write(page, &Label { sign: &added(), ..*label }, want);
        }
    }
}

/// What left a list and what came into it. Where only the order differs, both
/// are written whole.
fn write_lists(page: &mut Page, depth: usize, old: &[Value], new: &[Value]) {
    let (gone, came) = (without(old, new), without(new, old));
    let (gone, came) = if gone.is_empty() && came.is_empty() {
        (old.iter().collect(), new.iter().collect())
    } else {
        (gone, came)
    };
    for item in &gone {
        write_item(page, depth, &removed(), item);
    }
    for item in &came {
        write_item(page, depth, &added(), item);
    }
    let kept = old.len() - gone.len();
    if kept > 0 {
        page.line(depth, format!("= {kept} unchanged"));
    }
}

/// The elements of a list that another does not hold as often.
fn without<'a>(list: &'a [Value], other: &[Value]) -> Vec<&'a Value> {
    let mut left: Vec<&Value> = other.iter().collect();
    let mut extra = Vec::new();
    for item in list {
        match left.iter().position(|candidate| *candidate == item) {
            Some(found) => _ = left.swap_remove(found),
            None => extra.push(item),
        }
    }
    extra
}

/// Long texts, line by line between what they begin and end with alike.
fn write_texts(page: &mut Page, depth: usize, old: &str, new: &str) {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = rest.take_while(|(a, b)| a == b).count();
    for line in &old[..head] {
        page.line(depth, format!("  {line}"));
    }
    for line in &old[head..old.len() - tail] {
        page.line(depth, format!("{}{line}", removed()));
    }
    for line in &new[head..new.len() - tail] {
        page.line(depth, format!("{}{line}", added()));
    }
    for line in &old[old.len() - tail..] {
        page.line(depth, format!("  {line}"));
    }
}

fn added() -> String {
    paint(ADD, "+ ")
}

fn removed() -> String {
    paint(REMOVE, "- ")
}

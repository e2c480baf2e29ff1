//! No modules of a room go round in a circle: whoever reads one of them reads
//! downwards, and comes to an end.
//!
//! A module leads to each module that its code names. It is one with its own
//! children, which it declares and speaks for; they may lead to it, and so to
//! whatever it leads to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::{SourceFile, assert_none, leaves, rust_files};

#[test]
fn no_modules_go_in_circles() {
    let wrong: Vec<String> = circles(&rust_files("src")).iter().map(Circle::told).collect();
    assert_none(&wrong, "modules go in no circles: what two of them need is a third one's");
}

/// A module, as `["plan", "bonds"]`.
type Module = Vec<String>;

/// To which modules each one leads, and the line that says so.
type Links = BTreeMap<Module, BTreeMap<Module, String>>;

/// The shortest way from a module back to itself.
#[derive(Debug)]
struct Circle(Vec<(Module, String)>);

impl Circle {
    fn told(&self) -> String {
        let (modules, lines): (Vec<String>, Vec<&str>) =
            self.0.iter().map(|(module, line)| (module.join("::"), line.as_str())).unzip();
        format!("{} -> {}\n    {}", modules.join(" -> "), modules[0], lines.join("\n    "))
    }
}

/// The shortest circle of each set of modules that all lead to one another.
fn circles(files: &[SourceFile]) -> Vec<Circle> {
    let links = links(files);
    let mut told: BTreeSet<&Module> = BTreeSet::new();
    let mut circles = Vec::new();
    for module in links.keys() {
        if told.contains(module) {
            continue;
        }
        let knot: Vec<&Module> = reached_from(&links, module)
            .into_iter()
            .filter(|other| reached_from(&links, other).contains(module))
            .collect();
        let shortest = knot.iter().filter_map(|it| back_to_itself(&links, it));
        circles.extend(shortest.min_by_key(|circle| circle.0.len()));
        told.extend(knot);
    }
    circles
}

/// Every module to which one leads, at once or through others.
fn reached_from<'a>(links: &'a Links, module: &Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&Module> = links[module].keys().collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(links[module].keys());
        }
    }
    reached
}

fn back_to_itself(links: &Links, module: &Module) -> Option<Circle> {
    let mut ways = VecDeque::from([vec![module]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in links[*way.last()?].keys() {
            if next == module {
                let ends = way.iter().copied().skip(1).chain([module]);
                let line =
                    |(from, to): (&&Module, &Module)| ((*from).clone(), links[*from][to].clone());
                return Some(Circle(way.iter().zip(ends).map(line).collect()));
            }
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

fn links(files: &[SourceFile]) -> Links {
    let modules: BTreeMap<Module, &SourceFile> =
        files.iter().filter_map(|file| Some((module_of(file)?, file))).collect();
    let known = |path: &[String]| {
        let lengths = (1..=path.len()).rev();
        lengths.map(|length| path[..length].to_vec()).find(|it| modules.contains_key(it))
    };
    let links_of = |(module, file): (&Module, &&SourceFile)| {
        let mut links = BTreeMap::new();
        for (path, line) in named(module, file) {
            if let Some(target) = known(&path).filter(|target| !target.starts_with(module)) {
                links.entry(target).or_insert(line);
            }
        }
        (module.clone(), links)
    };
    modules.iter().map(links_of).collect()
}

/// `plan`, `bonds` for `src/plan/bonds.rs`; none for `lib.rs` and `main.rs`.
fn module_of(file: &SourceFile) -> Option<Module> {
    file.room()?;
    let path = file.path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let path = path.strip_suffix("/mod").unwrap_or(path);
    Some(path.split('/').map(str::to_owned).collect())
}

/// Every path in the code of a module, from the root of the crate, with its line.
fn named(module: &Module, file: &SourceFile) -> Vec<(Vec<String>, String)> {
    let code = file.code();
    let is_of_path = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    let mut named = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let (before, path) = code.split_at(at);
            let is_whole = !before.ends_with(is_of_path);
            // `pub(in crate::aws)` says who may come.
            let is_door = before.ends_with("(in ");
            // Where `super::$name` leads is known to the macro alone.
            let is_open = path.trim_start_matches(is_of_path).starts_with('$');
            if !is_whole || is_door || is_open {
                continue;
            }
            let number = before.matches('\n').count() + 1;
            let line = file.text.lines().nth(number - 1).unwrap_or_default().trim();
            let line = format!("{}:{number}: {line}", file.path);
            let mut paths = Vec::new();
            leaves(path, "", &mut paths);
            named.extend(paths.iter().map(|path| (from_the_root(module, path), line.clone())));
        }
    }
    named
}

fn from_the_root(module: &Module, path: &str) -> Vec<String> {
    let mut full = module.clone();
    for name in path.split("::") {
        match name {
            "crate" => full.clear(),
            "super" => drop(full.pop()),
            "self" => {}
            name => full.push(name.to_owned()),
        }
    }
    full
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile { path: (*path).into(), text: (*text).into() })
            .collect();
        let told: Vec<String> = circles(&files).iter().map(Circle::told).collect();
        assert_eq!(told, expected, "{files:?}");
    }

    #[test]
    fn circles_are_found_however_they_are_written() {
        let two = "room::a -> room::b -> room::a\n    src/room/a.rs:1: use super::b::B;\n    ";
        let closed_by = |line: &str| format!("{two}src/room/b.rs:2: {line}");
        for line in ["use super::a;", "use crate::{room::{self, a::A}};", "fn f(_: super::a::A) {}"]
        {
            check(
                &[("src/room/a.rs", "use super::b::B;"), ("src/room/b.rs", &format!("\n{line}"))],
                &[&closed_by(line)],
            );
        }
    }

    #[test]
    fn the_shortest_way_round_is_told() {
        check(
            &[
                ("src/room/a.rs", "use super::b;"),
                ("src/room/b.rs", "use super::c;"),
                ("src/room/c.rs", "use super::a;\nuse super::b;"),
            ],
            &["room::b -> room::c -> room::b\n    src/room/b.rs:1: use super::c;\n    \
               src/room/c.rs:2: use super::b;"],
        );
    }

    #[test]
    fn what_leads_down_is_no_circle() {
        let b = "use super::c;\npub(in crate::room::a) fn f() {}\n// super::a\n\
                 macro_rules! m { () => { super::$name::X } }\n#[cfg(test)]\nmod tests {\n\
                 use crate::room::a;\n}";
        check(
            &[
                ("src/room/mod.rs", "use self::a::A;\npub use self::b::B;"),
                ("src/room/a.rs", "use super::{B, b};"),
                ("src/room/b.rs", b),
                ("src/room/c.rs", "use crate::other::room;"),
            ],
            &[],
        );
    }
}

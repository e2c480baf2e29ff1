//! Several files: `extends`, and what a stack may read.

use std::path::Path;

use super::{Case, golden};
use crate::model::Mask;

#[test]
fn extend_each_other() {
    let base = "stack: base
region: eu-central-1
vars: { size: 1, name: base }
tags: { Owner: base, Team: base }
resources:
  q: { kind: queue, delay_seconds: \"${var.size}\", sources: [a, b], tags: { X: y } }
  gone: { kind: topic }
";
    let middle = "extends: ../base.yaml
vars: { size: 2 }
resources:
  q: { sources: [c] }
";
    let dev = "extends: ./middle.yaml
stack: dev
vars: { name: dev }
tags: { Team: ~ }
resources:
  gone: ~
  q: { name: \"${var.name}\" }
";
    let files = [("stacks/dev.yaml", dev), ("stacks/middle.yaml", middle), ("base.yaml", base)];
    golden!(Case::of(&files).told());
}

#[test]
fn keep_the_places_of_what_they_say() {
    let base = "vars: { size: -1 }\nregoin: x\nresources:\n  q: { kind: queue, delay: 3 }\n";
    let dev =
        "extends: base.yaml\nstack: dev\nresources:\n  q: { delay_seconds: \"${var.size}\" }\n";
    let files = [("stacks/dev.yaml", dev), ("stacks/base.yaml", base)];
    golden!(Case::of(&files).told());
}

#[test]
fn are_refused_beyond_the_reach() {
    let told = |extends: &str, others: &[(&str, &str)]| {
        let dev = format!("stack: dev\nextends: {extends}\nresources: {{}}");
        let mut files = vec![("a/b/dev.yaml", dev.as_str())];
        files.extend(others);
        Case::of(&files).told()
    };
    golden!(
        [
            told("/etc/base.yaml", &[]),
            told("missing.yaml", &[]),
            told("../../base.yaml", &[("base.yaml", "{}")]),
            told("[a, b]", &[]),
            told("dev.yaml", &[]),
            told("b.yaml", &[("a/b/b.yaml", "extends: c.yaml"), ("a/b/c.yaml", "extends: b.yaml")]),
            told(".", &[]),
        ]
        .concat()
    );
}

#[cfg(unix)]
#[test]
fn are_refused_beyond_the_reach_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir_all(root.join("repo/stacks")).unwrap();
    std::fs::write(root.join("secret.yaml"), "stack: secret").unwrap();
    std::os::unix::fs::symlink(root.join("secret.yaml"), root.join("repo/stacks/base.yaml"))
        .unwrap();
    let dev = root.join("repo/stacks/dev.yaml");
    std::fs::write(&dev, "stack: dev\nextends: base.yaml\nresources: {}").unwrap();
    let inputs = super::Inputs {
        vars: std::collections::BTreeMap::new(),
        ambient: std::collections::BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let problems = super::super::load(&dev, &inputs).unwrap_err();
    assert_eq!(problems[0].summary, "`base.yaml` is outside of the stack's reach");
}

/// A pipe would keep whoever opens it waiting for a writer, a device is without end.
#[cfg(unix)]
#[test]
fn that_are_no_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("stack.yaml");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let inputs = super::Inputs {
        vars: std::collections::BTreeMap::new(),
        ambient: std::collections::BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    for (path, what) in [(pipe.as_path(), "pipe"), (Path::new("/dev/zero"), "device")] {
        let problems = super::super::load(path, &inputs).unwrap_err();
        let expected = format!("cannot read `{}`: it is a {what}, and not a file", path.display());
        assert_eq!(problems[0].summary, expected);
    }
}

/// What a link of a pull request points to is not of the checkout, whichever
/// part of the path is the link; one that stays within is a file like any other.
#[cfg(unix)]
#[test]
fn are_refused_where_a_link_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, root.join(at)).unwrap();
    std::fs::create_dir_all(root.join("repo/stacks")).unwrap();
    std::fs::create_dir_all(root.join("abroad/stacks")).unwrap();
    std::fs::write(root.join("abroad/stacks/dev.yaml"), "a-very-secret-token").unwrap();
    std::fs::write(root.join("repo/shared.yaml"), "stack: dev\nresources: {}").unwrap();
    link("../../abroad/stacks/dev.yaml", "repo/stacks/out.yaml");
    link("../abroad/stacks", "repo/linked");
    link("../shared.yaml", "repo/stacks/within.yaml");
    let inputs = super::Inputs {
        vars: std::collections::BTreeMap::new(),
        ambient: std::collections::BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    for name in ["repo/stacks/out.yaml", "repo/linked/dev.yaml"] {
        let path = root.join(name);
        let problems = super::super::load(&path, &inputs).unwrap_err();
        let summary = format!("`{}` is a link out of the stack's reach", path.display());
        assert_eq!(problems[0].summary, summary);
        assert!(!format!("{problems:?}").contains("secret"), "{problems:?}");
    }
    assert_eq!(
        super::super::load(&root.join("repo/stacks/within.yaml"), &inputs).unwrap().name(),
        "dev"
    );
}

/// What is no YAML by its name is not looked into: what holds passwords is not,
/// and an error repeats its line.
#[test]
fn are_yaml_by_their_names() {
    for named in ["extends: .env", "resources: { p: { pattern: ./.env } }"] {
        let dev = format!("stack: dev\n{named}");
        let files = [("stacks/dev.yaml", dev.as_str()), ("stacks/.env", "PASSWORD: hunter2")];
        let told = Case::of(&files).told();
        assert!(
            told.contains("`.env` is not a YAML file by its name")
                || told.contains("`./.env` is not"),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn extend_in_long_chains_only() {
    let texts: Vec<(String, String)> = (1..=9)
        .map(|n| (format!("f{n}.yaml"), format!("extends: f{}.yaml", n + 1)))
        .chain([("f10.yaml".to_owned(), "{}".to_owned())])
        .collect();
    let mut files = vec![("f0.yaml", "stack: dev\nextends: f1.yaml\nresources: {}")];
    files.extend(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    golden!(Case::of(&files).told());
}

#[test]
fn are_listed_the_stack_file_first() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    for (name, text) in [
        ("dev.yaml", "extends: base.yaml\nresources: { p: { pattern: ./p.yaml } }"),
        ("base.yaml", "stack: dev"),
        ("p.yaml", "resources: {}"),
    ] {
        std::fs::write(root.join(name), text).unwrap();
    }
    let inputs = super::Inputs {
        vars: std::collections::BTreeMap::new(),
        ambient: std::collections::BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let file = super::super::load(&root.join("dev.yaml"), &inputs).unwrap();
    assert_eq!(file.name(), "dev");
    assert_eq!((file.account(), file.region()), (None, None));
    let names: Vec<_> = file.sources().iter().filter_map(|path| path.file_name()).collect();
    assert_eq!(names, ["dev.yaml", "base.yaml", "p.yaml"]);
}

#[test]
fn that_do_not_exist_are_told() {
    let inputs = super::Inputs {
        vars: std::collections::BTreeMap::new(),
        ambient: std::collections::BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let problems = super::super::load(std::path::Path::new("no/such.yaml"), &inputs).unwrap_err();
    assert_eq!(problems[0].summary, "cannot read `no/such.yaml`: there is no such file");
}

#[test]
fn take_variables_from_outside() {
    let text = "stack: \"app-${var.environment}\"
vars: { environment: dev, size: 1, on: false, list: [], extra: { type: string, nullable: true }, ratio: 0.5 }
resources:
  q: { kind: queue, delay_seconds: \"${var.size}\", fifo_queue: \"${var.on}\", sources: \"${var.list}\" }
outputs: { extra: \"${var.extra}\", ratio: \"${var.ratio}\" }
";
    let vars = [
        ("environment", "prod"),
        ("size", "30"),
        ("on", "true"),
        ("list", "[x, y]"),
        ("extra", "42"),
        ("ratio", "0.75"),
    ];
    let files = [("dev.yaml", text)];
    golden!(Case { vars: &vars, ..Case::of(&files) }.told());
}

#[test]
fn show_what_a_variable_from_outside_breaks() {
    let text = "stack: dev\nvars: { size: 1 }\nresources:\n  q: { kind: queue, delay_seconds: \"${var.size}\" }\n";
    let files = [("dev.yaml", text)];
    golden!(Case { vars: &[("size", "901")], ..Case::of(&files) }.told());
}

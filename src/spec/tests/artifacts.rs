//! Fields that take bytes of the checkout: what is taken, and what is refused.

#![cfg(unix)]

mod layers;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{fact, golden, kind, unsound};
use crate::model::{
    Artifact, ArtifactInfo, ArtifactSort, Catalog, Detour, Document, Facts, Hash, HashSpelling,
    Identity, KindInfo, Mask, Naming, Packing, Place, Prepared, Problem,
};
use crate::spec::artifacts::as_written;
use crate::spec::{Checked, Inputs, artifact_bytes, artifact_holds, check, load};

/// Kinds that take a file, a folder, and either of several.
struct Takers(Vec<KindInfo>);

impl Takers {
    fn new() -> Self {
        let taker = |name: &str, field: &'static str, sorts: &[ArtifactSort]| {
            let text = json!({ "type": "string" });
            let layer = json!({ "type": "object", "properties": { "content": text } });
            let properties = json!({
                "name": text,
                "code": text,
                "layers": { "type": "array", "items": layer },
                "files": { "type": "object", "additionalProperties": text },
            });
            let info = ArtifactInfo {
                field: field.into(),
                sorts: sorts.to_vec().into(),
                packing: Packing::Zip,
                most_bytes: 1024,
                most_entries: 5,
                spelling: HashSpelling::Base64,
                made_by: "build it first: `make build`".into(),
                elsewhere: "".into(),
            };
            KindInfo {
                artifacts: vec![info],
                facts: vec![fact("arn", true)],
                ..kind(name, &properties, &[])
            }
        };
        let both = [ArtifactSort::File, ArtifactSort::Folder];
        let mut stored = taker("stored", "code", &both);
        stored.artifacts[0].elsewhere = "bucket".into();
        let place = json!({
            "type": "object",
            "properties": { "bucket": { "type": "string" }, "key": { "type": "string" } },
        });
        stored.schema["properties"]["code"] = json!({ "anyOf": [{ "type": "string" }, place] });
        let mut through = taker("through", "code", &both);
        through.schema["properties"]["by"] = json!({ "type": "string" });
        through.detours = vec![Detour {
            of: "code".into(),
            by: "by".into(),
            what: "bucket".into(),
            most_bytes: 2048,
            advice: "write `by: BUCKET`".into(),
        }];
        let mut layered = taker("layered", "files.*", &both);
        let info = &mut layered.artifacts[0];
        (info.packing, info.spelling) = (Packing::Layer, HashSpelling::Digest);
        info.most_bytes = 8192;
        Self(vec![
            taker("function", "code", &both),
            taker("image", "code", &[ArtifactSort::Folder]),
            taker("layers", "layers.*.content", &both),
            taker("schema", "code", &[ArtifactSort::File]),
            stored,
            through,
            layered,
        ])
    }
}

impl Catalog for Takers {
    fn kinds(&self) -> &[KindInfo] {
        &self.0
    }

    fn prepare(
        &self,
        kind: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>> {
        self.kind(kind)?;
        let identity = Identity(naming.default_name());
        Some(Ok(Prepared { identity, document: document.clone(), predicted: Facts::new() }))
    }
}

/// A checkout in a folder that is removed with it.
struct Repository {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

impl Repository {
    fn new() -> Self {
        // Tools call theirs by a dot in front, and what is hidden is no artifact.
        let folder = tempfile::Builder::new().prefix("checkout").tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("repo");
        fs::create_dir_all(root.join("stacks")).unwrap();
        Self { _folder: folder, root }
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn link(&self, to: impl AsRef<Path>, at: &str) {
        let path = self.root.join(at);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
    }

    /// What comes of `resources`, with these variables.
    fn checked(&self, resources: &str, vars: &[(&str, &str)]) -> Result<Checked, String> {
        self.write("stacks/dev.yaml", format!("stack: dev\nvars: {{ dist: a.zip }}\n{resources}"));
        let vars = vars.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let inputs = Inputs {
            vars: vars.collect(),
            ambient: BTreeMap::new(),
            files: &[],
            env: &|_| Ok(None),
            checks: &[],
            mask: &Mask::default(),
        };
        let place = Place {
            partition: "aws".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
            endpoint: None,
        };
        let path = self.root.join("stacks/dev.yaml");
        let checked =
            load(&path, &inputs).and_then(|it| check(&it, &place, &Takers::new(), &inputs));
        checked.map_err(|found| unsound(&found).replace(&format!("{}/", self.root.display()), ""))
    }

    fn code(&self, kind: &str, code: &str) -> Result<Artifact, String> {
        let resources = format!("resources: {{ f: {{ kind: {kind}, code: {code} }} }}");
        let checked = self.checked(&resources, &[])?;
        let (_, mut resource) = checked.stack.resources.into_iter().next().unwrap();
        Ok(resource.artifacts.pop().unwrap())
    }

    fn refused(&self, kind: &str, code: &str) -> String {
        format!("{kind} {code}\n    {}", self.code(kind, code).unwrap_err())
    }
}

#[test]
fn a_file_is_known_by_size_and_hash_and_read_again() {
    let repo = Repository::new();
    repo.write("build/a.zip", "abc");
    let artifact = repo.code("function", "{ file: ../build/a.zip }").unwrap();
    assert!(artifact.path.ends_with("repo/build/a.zip"), "{artifact}");
    assert_eq!((artifact.size, artifact.sha256), (3, Hash::of(b"abc")));
    assert_eq!(artifact_bytes(&artifact).unwrap(), b"abc");
    artifact_holds(&artifact).unwrap();
    let checked = repo.checked(
        "resources: { f: { kind: function, code: { file: \"../build/${var.dist}\", folder: } } }",
        &[],
    );
    let document = checked.unwrap().stack.resources.into_values().next().unwrap().document;
    assert_eq!(document["code"], "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
}

#[test]
fn a_path_that_a_variable_brings_begins_where_the_command_is_given() {
    let repo = Repository::new();
    repo.write("build/a.zip", "abc");
    let named = repo.code("function", "{ file: ../build/a.zip }").unwrap();
    let resources = "resources: { f: { kind: function, code: { file: \"${var.dist}\" } } }";
    let checked = repo.checked(resources, &[("dist", &named.path)]).unwrap();
    assert_eq!(checked.stack.resources.into_values().next().unwrap().artifacts, [named]);
}

#[test]
fn artifacts_may_stand_deep_in_a_document() {
    let repo = Repository::new();
    repo.write("stacks/a.zip", "abc");
    repo.write("stacks/lib/one.txt", "1");
    let resources = "resources:\n  f:\n    kind: layers\n    layers:\n\
         \x20     - content: { file: a.zip }\n      - content: { folder: lib }\n";
    let checked = repo.checked(resources, &[]).unwrap();
    let resource = checked.stack.resources.into_values().next().unwrap();
    let told: Vec<String> = resource.artifacts.iter().map(|it| it.at.to_string()).collect();
    assert_eq!(told, ["layers[0].content", "layers[1].content"]);
    assert_eq!(resource.artifacts[1].sort, ArtifactSort::Folder);
}

#[test]
fn a_folder_is_the_same_wherever_and_however_it_was_made() {
    let (one, other) = (Repository::new(), Repository::new());
    let forwards = ["a.txt", "b.txt", "b/c.txt"];
    let backwards = ["b/c.txt", "b.txt", "a.txt"];
    for (repo, names) in [(&one, forwards), (&other, backwards)] {
        for name in names {
            repo.write(&format!("build/{name}"), name);
        }
    }
    fs::set_permissions(other.root.join("build/a.txt"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::create_dir(other.root.join("build/empty")).unwrap();
    let folder = |repo: &Repository| repo.code("function", "{ folder: ../build }").unwrap();
    let (first, second) = (folder(&one), folder(&other));
    assert_eq!((first.size, first.sha256), (second.size, second.sha256));
    // In the order of the names' bytes, as a script of ten lines packs them.
    let expected = "3908a0acc48d0e5d481803975ddb1b4ddbcd6bf933e2b669653757c0829ce3fc";
    assert_eq!((first.size, first.sha256.to_string().as_str()), (301, expected));
    assert_eq!(artifact_bytes(&first).unwrap(), artifact_bytes(&second).unwrap());
    // A link counts as what it leads to, and a byte is another folder.
    other.write("shared/a.txt", "a.txt");
    fs::remove_file(other.root.join("build/a.txt")).unwrap();
    other.link("../shared/a.txt", "build/a.txt");
    assert_eq!(folder(&other).sha256, first.sha256);
    other.write("shared/a.txt", "A.txt");
    assert_ne!(folder(&other).sha256, first.sha256);
}

#[test]
fn what_the_cloud_has_already_is_a_value_like_any_other() {
    let repo = Repository::new();
    let stored = "resources: { f: { kind: stored, code: { bucket: b, key: k } } }";
    let checked = repo.checked(stored, &[]).unwrap();
    let (_, resource) = checked.stack.resources.into_iter().next().unwrap();
    assert_eq!(resource.document["code"], json!({ "bucket": "b", "key": "k" }));
    assert_eq!(resource.artifacts, []);
    let told = repo.refused("stored", "{ buckte: b }");
    assert!(told.contains("unknown key `buckte` [did you mean `bucket`?]"), "{told}");
    let told = repo.refused("stored", "[3]");
    assert!(told.contains("or `{ bucket: NAME, ... }`"), "{told}");
    let told = repo.refused("function", "{ bucket: b, key: k }");
    assert!(told.contains("unknown key `bucket`"), "{told}");
    let form = &as_written(&Takers::new().0[4])["properties"]["code"]["anyOf"][2];
    assert_eq!(form["properties"]["key"], json!({ "type": "string" }));
}

/// The stack file knows the command better than the kind, and nobody runs it.
#[test]
fn the_command_that_makes_it_is_told_where_there_is_nothing() {
    let repo = Repository::new();
    let told = repo.refused("function", "{ folder: ../build, made_by: make functions }");
    assert!(told.contains("[make it first: `make functions`]"), "{told}");
    repo.write("build/bootstrap", "abc");
    let there = repo.code("function", "{ folder: ../build, made_by: make functions }").unwrap();
    assert_eq!(there, repo.code("function", "{ folder: ../build }").unwrap());
    let told = repo.refused("function", "{ folder: ../build, made_by: [make] }");
    assert!(told.contains("`made_by` must be text, not a list"), "{told}");
}

#[test]
fn what_is_no_file_to_take_is_told_where_it_is_named() {
    let repo = Repository::new();
    repo.write("build/a.zip", "abc");
    repo.write("build/large.zip", vec![0; 1025]);
    repo.write("build/dist/a.txt", "1");
    repo.write(".env", "secret");
    repo.write(".aws/config", "secret");
    let pipe = repo.root.join("build/pipe");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    repo.link("/etc/hostname", "build/out.zip");
    repo.link("/etc", "elsewhere");
    repo.link("none", "build/dangling");
    golden!(
        [
            repo.refused("function", "../build/a.zip"),
            repo.refused("function", "3"),
            repo.refused("function", "[../build/a.zip]"),
            repo.refused("function", "{}"),
            repo.refused("function", "{ file: ../build/a.zip, folder: ../build/dist }"),
            repo.refused("function", "{ fiel: ../build/a.zip }"),
            repo.refused("function", "{ path: ../build/a.zip }"),
            repo.refused("function", "{ file: [a] }"),
            repo.refused("function", "{ file: \"\" }"),
            repo.refused("function", "{ file: ../build/none.zip }"),
            repo.refused("function", "{ file: /etc/hostname }"),
            repo.refused("function", "{ file: ../../../etc/hostname }"),
            repo.refused("function", "{ file: ../build/out.zip }"),
            repo.refused("function", "{ file: ../elsewhere/hostname }"),
            repo.refused("function", "{ file: ../build/dangling }"),
            repo.refused("function", "{ file: ../.env }"),
            repo.refused("function", "{ folder: ../build/../.aws }"),
            repo.refused("function", "{ file: ../build/pipe }"),
            repo.refused("function", "{ file: ../build/large.zip }"),
            repo.refused("function", "{ file: ../build/dist }"),
            repo.refused("function", "{ folder: ../build/a.zip }"),
            repo.refused("schema", "{ file: ../build/dist }"),
            repo.refused("schema", "{ folder: ../build/dist }"),
            repo.refused("image", "a.zip"),
            repo.refused("image", "{ file: ../build/a.zip }"),
        ]
        .concat()
    );
}

#[test]
fn what_cannot_be_packed_is_told_by_its_name() {
    let refused = |make: &dyn Fn(&Repository)| {
        let repo = Repository::new();
        fs::create_dir(repo.root.join("build")).unwrap();
        make(&repo);
        repo.code("image", "{ folder: ../build }").unwrap_err()
    };
    let several = |count: usize, bytes: usize| {
        move |repo: &Repository| {
            (0..count).for_each(|at| repo.write(&format!("build/{at}"), vec![0; bytes]));
        }
    };
    let pipe = |repo: &Repository| {
        let pipe = repo.root.join("build/pipe");
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    };
    golden!(
        [
            refused(&|_| ()),
            refused(&several(6, 0)),
            refused(&several(2, 500)),
            refused(&several(1, 1025)),
            refused(&|repo| repo.write("build/.git/config", "")),
            refused(&|repo| repo.write("build/a\\b", "")),
            refused(&|repo| repo.link("/etc/hostname", "build/out")),
            refused(&|repo| repo.link("/etc", "build/out")),
            refused(&|repo| repo.link(".", "build/again")),
            refused(&|repo| repo.link("none", "build/dangling")),
            refused(&pipe),
        ]
        .concat()
    );
}

/// Whoever has too much for the straight way is told of the other; there is an end to
/// that one, too.
#[test]
fn what_is_too_much_may_go_another_way() {
    let repo = Repository::new();
    let taken = |bytes: usize, by: &str| {
        repo.write("a.zip", vec![0; bytes]);
        repo.write("build/a", vec![0; bytes]);
        let of = |code: &str| {
            let resources = format!("resources: {{ f: {{ kind: through, code: {code}{by} }} }}");
            repo.checked(&resources, &[]).map(drop)
        };
        let both = [of("{ file: ../a.zip }"), of("{ folder: ../build }")];
        assert_eq!(both[0].is_ok(), both[1].is_ok(), "{both:?}");
        let told = both.map(|told| told.err().unwrap_or_default());
        let hints = told.iter().filter(|told| told.contains("write `by: BUCKET`")).count();
        (told.iter().filter(|told| told.contains("it is larger than")).count(), hints)
    };
    assert_eq!(taken(500, ""), (0, 0));
    assert_eq!(taken(1025, ""), (2, 2));
    assert_eq!(taken(1025, ", by: null"), (2, 2));
    assert_eq!(taken(1025, ", by: builds"), (0, 0));
    assert_eq!(taken(2049, ", by: builds"), (2, 0));
    // Of what is wrong otherwise, nothing is said of it.
    repo.write("build/.git/config", "");
    let told = repo.code("through", "{ folder: ../build }").unwrap_err();
    assert!(!told.contains("BUCKET"), "{told}");
}

#[test]
fn all_are_told_at_once_and_a_fact_is_no_path() {
    let repo = Repository::new();
    let resources = "resources:\n  \
        a: { kind: function, code: { file: none.zip } }\n  \
        b: { kind: function, code: { file: \"${c.arn}.zip\" } }\n  \
        c: { kind: schema, code: text.json, name: 5, nme: x }\n";
    golden!(repo.checked(resources, &[]).unwrap_err());
}

#[test]
fn what_has_changed_since_is_not_read() {
    let repo = Repository::new();
    let told = |artifact: &Artifact| {
        let problem = artifact_bytes(artifact).unwrap_err();
        assert_eq!(artifact_holds(artifact).unwrap_err(), problem);
        problem.summary.rsplit_once("is not what the plan saw: ").unwrap().1.to_owned()
    };
    repo.write("build/a.zip", "abc");
    let file = repo.code("function", "{ file: ../build/a.zip }").unwrap();
    repo.write("build/a.zip", "abd");
    assert_eq!(told(&file), "its content is another");
    repo.write("build/a.zip", "ab");
    assert_eq!(told(&file), "its content is another");
    repo.write("build/a.zip", "abcd");
    assert_eq!(told(&file), "it is larger than 3 bytes");
    fs::remove_file(repo.root.join("build/a.zip")).unwrap();
    assert_eq!(told(&file), "there is no such file");
    fs::create_dir(repo.root.join("build/a.zip")).unwrap();
    assert_eq!(told(&file), "it is a folder");

    repo.write("dist/a.txt", "1");
    let folder = repo.code("function", "{ folder: ../dist }").unwrap();
    repo.write("dist/a.txt", "2");
    assert_eq!(told(&folder), "its content is another");
    repo.write("dist/b.txt", "");
    assert_eq!(told(&folder), "it is larger than 109 bytes when it is packed");
    fs::remove_dir_all(repo.root.join("dist")).unwrap();
    assert_eq!(told(&folder), "there is no such file");
}

/// A path through a folder that is a link means what it meant when the stack was
/// read, and a stack file that is reached through one reads the same files.
#[test]
fn links_on_the_way_are_followed_once() {
    let repo = Repository::new();
    repo.write("real/one/a.zip", "abc");
    repo.write("real/two/a.zip", "another");
    repo.link("real/one", "current");
    let artifact = repo.code("function", "{ file: ../current/a.zip }").unwrap();
    fs::remove_file(repo.root.join("current")).unwrap();
    repo.link("real/two", "current");
    assert_eq!(artifact_bytes(&artifact).unwrap(), b"abc");
}

/// Whoever is root reads everything.
#[test]
fn what_may_not_be_read_is_told() {
    let repo = Repository::new();
    repo.write("stacks/a.zip", "abc");
    fs::set_permissions(repo.root.join("stacks/a.zip"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(repo.root.join("stacks/a.zip")).is_err() {
        let told = repo.code("function", "{ file: a.zip }").unwrap_err();
        assert!(told.contains("`code` cannot take `a.zip`: permission denied"), "{told}");
    }
}

#[test]
fn editors_know_how_artifacts_are_written() {
    let schema = crate::spec::schema(&Takers::new());
    let code = &schema["$defs"]["kind:schema"]["properties"]["code"];
    golden!(serde_json::to_string_pretty(code).unwrap());
    let code = schema["$defs"]["kind:function"]["properties"]["code"].to_string();
    assert!(code.contains("\"required\":[\"folder\"]"), "{code}");
    let layers = schema["$defs"]["kind:layers"]["properties"]["layers"].to_string();
    assert!(layers.contains("\"required\":[\"folder\"]"), "{layers}");
}

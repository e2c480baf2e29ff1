//! Files and folders that become layers of an image.

use std::io::Read as _;

use super::*;

impl Repository {
    /// What is told of the files of an image, or what their layers hold: path, whether it is
    /// executable, and content.
    fn layers(&self, files: &str) -> Result<Vec<Vec<Entry>>, String> {
        let resources = format!("resources: {{ f: {{ kind: layered, files: {files} }} }}");
        let checked = self.checked(&resources, &[])?;
        let (_, resource) = checked.stack.resources.into_iter().next().unwrap();
        Ok(resource
            .artifacts
            .iter()
            .map(|artifact| {
                artifact_holds(artifact).unwrap();
                let bytes = artifact_bytes(artifact).unwrap();
                let text = artifact.at.get(&resource.document).unwrap().as_str().unwrap();
                assert_eq!(text, format!("sha256:{}, {} bytes", Hash::of(&bytes), bytes.len()));
                unpacked(&bytes)
            })
            .collect())
    }
}

/// Path, whether it is executable, and content.
type Entry = (String, bool, String);

fn unpacked(bytes: &[u8]) -> Vec<Entry> {
    let mut archive = tar::Archive::new(bytes);
    let read = |mut entry: tar::Entry<'_, &[u8]>| {
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        let header = entry.header();
        assert_eq!(
            (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap()),
            (0, 0, 0)
        );
        (path, header.mode().unwrap() == 0o755, content)
    };
    archive.entries().unwrap().map(|entry| read(entry.unwrap())).collect()
}

#[test]
fn files_and_folders_become_layers() {
    let repository = Repository::new();
    repository.write("build/app/run", "#!/bin/sh");
    repository.write("build/app/b/text", "hello");
    repository.write("build/app/a.txt", "");
    let run = repository.root.join("build/app/run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(repository.root.join("build/app/a.txt"), fs::Permissions::from_mode(0o666))
        .unwrap();
    let layers = repository.layers(
        "{ /opt/app: { folder: ../build/app }, /bootstrap: { file: ../build/app/run }, /: { folder: ../build/app/b } }",
    );
    let entry = |path: &str, open: bool, text: &str| (path.to_owned(), open, text.to_owned());
    assert_eq!(
        layers.unwrap(),
        [
            vec![entry("text", false, "hello")],
            vec![entry("bootstrap", true, "#!/bin/sh")],
            vec![
                entry("opt/", true, ""),
                entry("opt/app/", true, ""),
                entry("opt/app/a.txt", false, ""),
                entry("opt/app/b/", true, ""),
                entry("opt/app/b/text", false, "hello"),
                entry("opt/app/run", true, "#!/bin/sh"),
            ],
        ]
    );
    // What is laid over a folder replaces what lies there.
    repository
        .layers("{ /x: { folder: ../build/app/b }, /x/y: { file: ../build/app/run } }")
        .unwrap();
}

#[test]
fn what_cannot_lie_in_an_image_is_told() {
    let repository = Repository::new();
    repository.write("a/b", "file");
    repository.write("a/large", [0; 8000]);
    repository.write("c/d/.wh.gone", "");
    let check = |files: &str, told: &str| {
        let problem = repository.layers(files).unwrap_err();
        assert!(problem.contains(told), "{problem}");
    };
    check("{ /x: { file: ../a/b }, /x/y: { file: ../a/b } }", "`/x/y` cannot lie below `/x`");
    check("{ /: { file: ../a/b } }", "a file has a name in an image");
    check("{ /x: { file: ../a/large } }", "it is larger than 8 KiB when it is packed");
    check("{ /x: { folder: ../c } }", "`.wh.gone` would remove a file of a layer below");
}

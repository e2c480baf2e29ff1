//! What would be refused of an image.

use oci_client::Reference;

use super::Spec;
use super::base::{Base, Layer};
use super::manifest::layer;
use crate::model::document::is_pending;
use crate::model::{Path, Problem, Size};

/// Most layers of an image that can be run (containerd and Docker stack no more).
const MOST_LAYERS: usize = 127;
/// Most bytes of an image for Lambda, when it is unpacked (Developer Guide, "Lambda quotas").
const MOST_BYTES: u64 = 10 * 1024 * 1024 * 1024;
/// How names of files begin that remove one of a layer below (OCI Image Specification,
/// "Whiteouts").
const WHITEOUT: &str = ".wh.";

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = check_files(spec);
    problems.extend(check_run(spec));
    problems
}

fn check_files(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    if spec.files.is_empty() && spec.base.is_none() {
        let problem = Problem::of("files", "an image is made of files, and there are none");
        problems.push(problem.hint("write `files: { /var/task/bootstrap: { file: PATH } }`"));
    }
    let below: &[Layer] = match &spec.base {
        Some(Base::Known(known)) => &known.layers,
        Some(Base::Named(_)) | None => &[],
    };
    let layers = below.len() + spec.files.len();
    if layers > MOST_LAYERS {
        let message = format!(
            "each entry is a layer: with the base there are {layers}, and an image has at most {MOST_LAYERS}"
        );
        problems.push(Problem::of("files", message).hint("put files into one folder"));
    }
    for path in spec.files.keys() {
        if let Some(why) = unfit(path) {
            problems.push(Problem::of("", why).at(Path::field("files").with_field(path)));
        }
    }
    let sizes = spec.files.values().filter_map(|text| layer(text)).map(|blob| blob.size);
    let bytes: u64 = sizes.chain(below.iter().map(|layer| layer.size)).sum();
    if bytes > MOST_BYTES {
        let (bytes, most) = (Size(bytes), Size(MOST_BYTES));
        let message = format!("the files have {bytes}, and Lambda takes at most {most}");
        problems.push(Problem::of("files", message));
    }
    problems
}

/// Why nothing can lie at a path of an image.
fn unfit(path: &str) -> Option<String> {
    let Some(rest) = path.strip_prefix('/') else {
        return Some(format!("`{path}` does not begin with `/`: paths in an image are absolute"));
    };
    if rest.is_empty() {
        return None;
    }
    rest.split('/').find_map(|part| match part {
        "" => Some(format!("`{path}` has an empty part: write it without `/` at its end or twice")),
        "." | ".." => Some(format!("`{path}` has `{part}` in it: write where it leads to")),
        _ if part.starts_with(WHITEOUT) => {
            Some(format!("`{part}` would remove a file of a layer below"))
        }
        _ if part.contains('\0') => Some("a path holds no zero byte".to_owned()),
        _ => None,
    })
}

fn check_run(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(Base::Named(name)) = &spec.base
        && !is_pending(name)
        && let Err(error) = name.parse::<Reference>()
    {
        problems.push(Problem::of("base", format!("`{name}` is no name of an image: {error}")));
    }
    if spec.base.is_none() && spec.entrypoint.is_empty() && spec.command.is_empty() {
        let message = "nothing says what of the image is run";
        problems.push(
            Problem::of("entrypoint", message).hint("write `entrypoint: [/var/task/bootstrap]`"),
        );
    }
    for name in spec.environment.keys().filter(|name| name.is_empty() || name.contains('=')) {
        let message = format!("`{name}` is no name of a variable");
        problems.push(Problem::of("", message).at(Path::field("environment").with_field(name)));
    }
    let directory = spec.working_directory.as_deref();
    if let Some(directory) = directory.filter(|it| !it.starts_with('/') && !is_pending(it)) {
        let message = format!("`{directory}` does not begin with `/`");
        problems.push(Problem::of("working_directory", message));
    }
    problems
}

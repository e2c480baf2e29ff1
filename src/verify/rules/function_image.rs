//! A function of an image can run it.
//!
//! Lambda looks an image up once, when a function is made or its code is changed, and
//! pulls it in its own name (Lambda Developer Guide, "Create a Lambda function using a
//! container image").

use serde_json::Value;

use super::delivery_path::Seen;
use super::delivery_path::gate::{Delivery, Gate};
use super::function::FUNCTION;
use super::hop::End;
use super::{Judgement, Rule};
use crate::model::document::is_pending;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "function_image",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A function's image is of its region and built for its processor, is named by its digest, and its repository lets Lambda pull it.",
        risk: "Lambda refuses the function, or the image ends before its first line is run; what is pushed to a tag later is not run at all.",
        remedy: "Name an image of this region by its digest, build it for the processor that `architectures` states, and state a policy of the repository.",
    },
    stops_messages: true,
    because: "An error: it does not run. A tag is a note, since what it led to once runs; and so is a repository whose policy does not admit Lambda, which adds a statement of its own if whoever applies may have it do so.",
    judge,
};

const FIELD: &str = "image_uri";
const IMAGE: &str = "ecr_image";
const REPOSITORY: &str = "ecr_repository";
const LAMBDA: &str = "lambda.amazonaws.com";
/// The same page: "Amazon ECR permissions".
const PULLS: &[&str] = &["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for function in scene.of_kind(FUNCTION) {
        let Some(uri) = function.text(FIELD) else { continue };
        let seen = judge_function(scene, function, uri);
        let subject = match seen.open {
            Some(why) => format!("{} (not judged: {why})", function.address),
            None => function.address.to_string(),
        };
        judgement.add(subject, seen.findings);
    }
    judgement
}

fn judge_function(scene: &Scene, function: &Exhibit, uri: &str) -> Seen {
    let image = scene.named(IMAGE, uri);
    let built = image.and_then(|image| other_processor(function, image));
    let seen: Seen = built.into_iter().collect();
    let Some(name) = ImageName::read(uri) else {
        let why = if is_pending(uri) {
            "its image is not known yet"
        } else {
            "its image is none of ECR's"
        };
        return seen.and(Seen::open(why));
    };
    seen.and(name.far(scene, function))
        .and(name.tagged(function))
        .and(pulled(scene, function, &name))
}

/// The name of an image of ECR: `ACCOUNT.dkr.ecr.REGION.SUFFIX/NAME@DIGEST`, or with a tag.
struct ImageName<'a> {
    account: &'a str,
    region: &'a str,
    /// Without digest and tag.
    repository: &'a str,
    by_digest: bool,
}

impl<'a> ImageName<'a> {
    fn read(uri: &'a str) -> Option<Self> {
        let (host, path) = uri.split_once('/')?;
        let mut parts = host.split('.');
        let account = parts.next()?;
        let is_registry =
            parts.next() == Some("dkr") && matches!(parts.next(), Some("ecr" | "ecr-fips"));
        let region = parts.next().filter(|_| is_registry)?;
        let (name, by_digest) = match path.split_once('@') {
            Some((name, _)) => (name, true),
            None => (path, false),
        };
        let name = name.split(':').next().unwrap_or(name);
        let repository = &uri[..host.len() + 1 + name.len()];
        Some(Self { account, region, repository, by_digest })
    }

    /// Lambda takes images of its own region alone, and of other accounts what their
    /// policies let it.
    fn far(&self, scene: &Scene, function: &Exhibit) -> Seen {
        let (place, Self { account, region, .. }) = (&scene.place, self);
        if *region != place.region {
            if !place.knows_region() {
                return Seen::open("the region is not known yet");
            }
            let here = &place.region;
            let message =
                format!("its image is in {region}, and Lambda takes images of {here} alone here");
            let finding = Finding::new(&function.address, message).at(Path::field(FIELD));
            return finding.hint(format!("name an image of {here}")).into();
        }
        if *account != place.account {
            return Seen::open(format!(
                "the policy of the repository is for account {account} to state"
            ));
        }
        Seen::default()
    }

    fn tagged(&self, function: &Exhibit) -> Seen {
        if self.by_digest {
            return Seen::default();
        }
        let message = "it names its image by a tag: Lambda looked it up once, and runs nothing that is pushed to it later";
        let finding = Finding::new(&function.address, message).at(Path::field(FIELD)).as_note();
        finding.hint("name it by its digest: `REPOSITORY@sha256:DIGEST`").into()
    }
}

/// An image of the stack is built for the function's processor.
fn other_processor(function: &Exhibit, image: &Exhibit) -> Option<Finding> {
    /// Of both kinds, where none is stated.
    const USUAL: &str = "x86_64";
    let stated = function.document.get("architectures").and_then(|it| it.get(0));
    let runs = stated.and_then(Value::as_str).unwrap_or(USUAL);
    let built = image.text("architecture").unwrap_or(USUAL);
    if runs == built {
        return None;
    }
    let image = &image.address;
    let message = format!("it runs on {runs}, and {image} is built for {built}");
    let finding = Finding::new(&function.address, message).at(Path::field("architectures"));
    let finding = finding.hint(format!("state that of {image}, or build the image for {runs}"));
    Some(finding.patch(super::patch::field("architectures", &serde_json::json!([built]))))
}

/// Whether a repository of the stack lets Lambda pull.
fn pulled(scene: &Scene, function: &Exhibit, name: &ImageName<'_>) -> Seen {
    let Some(repository) = scene.named(REPOSITORY, name.repository) else { return Seen::default() };
    let delivery = Delivery::of(LAMBDA, false, End::Here(function), &scene.place);
    let seen = delivery.pass(&Gate {
        guard: repository,
        calls: PULLS,
        grants: PULLS,
        resource: repository.fact("arn"),
        sid: "LambdaPullsImages",
        because: "",
    });
    // What is denied, no statement of Lambda's allows.
    let told = |finding: Finding| {
        if finding.patch.is_none() {
            return finding;
        }
        let message = format!(
            "{}; Lambda adds one of its own, if whoever applies may ecr:SetRepositoryPolicy",
            finding.message
        );
        Finding { message, ..finding }.as_note()
    };
    Seen { findings: seen.findings.into_iter().map(told).collect(), open: seen.open }
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::RULE;

    const SOUND: &str = r#"
images:
  kind: ecr_repository
  policy:
    Statement:
      - Sid: Lambda
        Effect: Allow
        Principal: { Service: lambda.amazonaws.com }
        Action: ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Condition: { ArnLike: { "aws:SourceArn": "arn:aws:lambda:us-east-1:${account}:function:dev-*" } }
image: { kind: ecr_image, repository: dev-images, architecture: arm64 }
function: { kind: lambda_function, image_uri: "${image.uri}", architectures: [arm64] }
zipped: { kind: lambda_function, code: "hash" }
"#;

    #[test]
    fn a_function_can_run_its_image() {
        let changed = |from: &str, to: &str| {
            assert!(SOUND.contains(from), "{from}");
            system(&SOUND.replace(from, to))
        };
        let policy = SOUND.find("  policy:").unwrap()..SOUND.find("image: {").unwrap();
        let mut without = SOUND.to_owned();
        without.replace_range(policy, "");
        let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        let named = |name: &str| changed("${image.uri}", name);
        let scenes = [
            ("sound", system(SOUND)),
            ("built for another processor", changed(", architectures: [arm64]", "")),
            ("no policy", system(&without)),
            ("a policy for other functions", changed("function:dev-*", "function:prod-*")),
            ("a policy that denies", changed("Effect: Allow", "Effect: Deny")),
            (
                "another region",
                named(&format!("123456789012.dkr.ecr.eu-west-1.amazonaws.com/dev-images@{digest}")),
            ),
            (
                "another account",
                named(&format!("210987654321.dkr.ecr.us-east-1.amazonaws.com/dev-images@{digest}")),
            ),
            ("a tag", named("123456789012.dkr.ecr.us-east-1.amazonaws.com/dev-images:v1")),
            ("no image of ECR", named("registry.example.com/worker:v1")),
        ];
        let left = pasted(&RULE, &scenes[1].1).len() + pasted(&RULE, &scenes[2].1).len();
        assert_eq!(left, 0, "what is pasted puts it right");
        golden!(told_of(&RULE, &scenes));
    }
}

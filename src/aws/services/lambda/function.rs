//! `lambda_function`: a function, with its code and how it runs.
//!
//! One call makes it. Lambda is at it for some seconds after that, and after each
//! change of its settings or of its code, which are two calls; it refuses the second
//! while it is at the first.

mod apart;
mod change;
mod check;
mod grants;
mod invoke_config;
mod logging;
mod look;
mod origin;
mod parts;
mod permissions;
mod shown;
mod tags;
mod upload;
mod versions;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::apart::{RecursiveLoop, RuntimeManagementConfig};
use self::invoke_config::EventInvokeConfig;
pub(crate) use self::logging::{ApplicationLevel, LogFormat, LoggingConfig, SystemLevel};
use self::parts::{
    ApplyOn, Architecture, Code, DeadLetterConfig, EphemeralStorage, FileSystemConfig, ImageConfig,
    PackageType, SnapStart, Stored, TracingConfig, TracingMode, VpcConfig,
};
use self::permissions::Permissions;
use crate::aws::aliases::{self, Aliases};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::aws::takes::{self, Takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    ArtifactInfo, ArtifactSort, Detour, Emptying, Facts, HashSpelling, Limit, Live, Naming,
    Packing, Patience, Place, Problem, Sought,
};

pub(crate) struct LambdaFunction;

/// A function. Everything left out has AWS's documented default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 1 to 64 letters, digits and `_-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    name: Option<String>,
    /// What the function may do: the ARN of a role that admits `lambda.amazonaws.com`.
    #[schemars(length(min = 1))]
    role: String,
    /// The code: a zip file (`file`), a folder that is packed into one (`folder`), or an object of a bucket. This or
    /// `image_uri`.
    code: Option<Code>,
    /// A bucket of the stack's account and region through which `code` of the checkout goes to Lambda, which takes more
    /// of it that way: 250 MB when it is unpacked. It is removed from there when Lambda has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    upload_through: Option<String>,
    /// A container image of this region's ECR, by its digest: `REGISTRY/NAME@sha256:DIGEST`.
    #[schemars(regex(pattern = r"^[^@\s]+@sha256:[0-9a-f]{64}$"))]
    image_uri: Option<String>,
    /// What of the image is run, where that is not what it says itself.
    image_config: Option<ImageConfig>,
    /// Whether the code is a zip file or an image. Follows from `code` and `image_uri`.
    package_type: Option<PackageType>,
    /// What runs the code: `provided.al2023`, `python3.13`, `nodejs22.x`.
    #[schemars(length(min = 1))]
    runtime: Option<String>,
    /// What of the code is called, as the runtime has it: `bootstrap`, `app.handler`.
    #[schemars(length(min = 1, max = 128), regex(pattern = r"^\S+$"))]
    handler: Option<String>,
    /// The processor for which the code was built: one.
    #[serde(default = "x86_64")]
    architectures: [Architecture; 1],
    /// What it is for.
    #[schemars(length(max = 256))]
    description: Option<String>,
    /// Seconds after which an invocation is broken off.
    #[serde(default = "three")]
    #[schemars(range(min = 1))]
    timeout: u16,
    /// Megabytes of memory; the share of a processor grows with them.
    #[serde(default = "hundred_twenty_eight")]
    #[schemars(range(min = 128))]
    memory_size: u32,
    /// Environment variables of the code.
    #[serde(default)]
    #[schemars(extend("x-private" = true))]
    environment: BTreeMap<String, String>,
    /// Encrypt the environment with this KMS key (ARN). Left out: with a key of Lambda's own.
    #[schemars(length(min = 1))]
    kms_key_arn: Option<String>,
    /// Where events go that came asynchronously, and that no attempt could handle.
    dead_letter_config: Option<DeadLetterConfig>,
    /// Whether X-Ray traces invocations.
    #[serde(default)]
    tracing_config: TracingConfig,
    /// Where the function logs, in which form, and how much.
    #[serde(default)]
    logging_config: LoggingConfig,
    /// Layers under the code, by the ARNs of their versions: up to 5, in the order in which they are laid.
    #[serde(default)]
    #[schemars(length(max = 5))]
    layers: Vec<String>,
    /// The subnets of a VPC in which it runs. Left out: in none, with the way to the Internet that Lambda has.
    vpc_config: Option<VpcConfig>,
    /// A file system of EFS that it sees. Only with `vpc_config`.
    file_system_config: Option<FileSystemConfig>,
    /// Whether versions begin from a snapshot that was taken when they were published.
    #[serde(default)]
    snap_start: SnapStart,
    /// The disk under `/tmp`.
    #[serde(default)]
    ephemeral_storage: EphemeralStorage,
    /// Keep what runs as a version, with a number, whenever it has changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    publish: bool,
    /// Names for versions. Left out: those that there are stay as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<Aliases>,
    /// So many versions stay, the last ones; older ones are removed when another is published or an alias changes, but for
    /// those that an alias or a mapping names. Only with `publish`. Left out: all stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    keep_versions: Option<u32>,
    /// Invocations at a time that are kept for this function, and that it has at most; 0 stops it. Left out:
    /// it shares with all others.
    reserved_concurrent_executions: Option<u32>,
    /// Whether events go on that come back to the function which brought them about. Left out: as it is, which is
    /// `Terminate` of a new function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recursive_loop: Option<RecursiveLoop>,
    /// The ARN of a code signing config, to which the code is held; or `none`. Left out: as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    code_signing_config_arn: Option<String>,
    /// When the runtime is brought up to date. Left out: as it is, which is `Auto` of a new function.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    runtime_management_config: Option<RuntimeManagementConfig>,
    /// Who else may invoke the function, by a name for each.
    #[serde(default)]
    permissions: Permissions,
    /// What becomes of events that come asynchronously. Left out: they are tried twice again, for six hours, and then
    /// dropped.
    event_invoke_config: Option<EventInvokeConfig>,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn x86_64() -> [Architecture; 1] {
    [Architecture::X86]
}

fn three() -> u16 {
    3
}

fn hundred_twenty_eight() -> u32 {
    128
}

/// Lambda takes 50 MB of zip in a call (Developer Guide, "Lambda quotas").
const MOST_BYTES: u64 = 50 * 1024 * 1024;
/// And from a bucket what is 250 MB when it is unpacked (the same page), of which a folder
/// is packed into a little more and a zip file is less.
const MOST_THROUGH: u64 = 250 * 1024 * 1024;
/// Files of a zip without extensions of the format (APPNOTE 4.4.22).
const MOST_ENTRIES: usize = 65_535;

impl Kind for LambdaFunction {
    const NAME: &'static str = "lambda_function";
    const SUMMARY: &'static str = "A Lambda function, with its code, its settings and its logs.";
    const NOTES: &'static str = "\
The function's name is its identity; its ARNs follow from it.

- `code: { folder: PATH }` is packed into the same bytes wherever its files are the same, so that it is no difference when \
nothing has changed; `code: { file: PATH }` is sent as it is. Both are compared by the hash that AWS tells (`CodeSha256`).
- Lambda takes 50 MB of zip in a call. More of it goes through a bucket: with `upload_through: \"${bucket.name}\"` the code \
is put there, below `ccprov-code/`, Lambda takes it, and it is removed, whether Lambda took it or not. It goes that way \
whenever the field is stated, however small it is. Lambda takes up to 250 MB when it is unpacked, layers included. The \
bucket is of the stack's account and region. A run that is killed in between may leave the object there; a \
lifecycle rule of the bucket that lets `ccprov-code/` expire after a day sees to that.
- `code: { bucket: NAME, key: KEY, sha256: HASH }` takes an object of a bucket, up to 250 MB when it is unpacked. AWS \
does not tell where code came from: the hash is compared, and where it came from is kept at the function in the tag \
`ccprov:code`.
- `image_uri` names an image by its digest. A tag would be looked up once, and what is pushed to it later would not be run.
- Lambda is at a function for some seconds after each call, and takes one change at a time: an update of both changes the \
settings first and then the code. In between the old code runs with the new settings.
- AWS tries the role when the function is made or given another: it must admit `lambda.amazonaws.com` and may send to the \
dead letter target. A new role takes some seconds to be seen; ccprov goes on trying for as long.
- Lambda makes the log group itself when the function first runs, without retention and key. Declare it beside the function as \
`cloudwatch_log_group` with `name: /aws/lambda/NAME`: it is made before the function, and removed after it. Where Lambda was \
faster, `lifecycle: { adopt: true }` takes the group over. What a function writes at its end may come after the group went, and \
Lambda then makes the group again: it is empty but for that, costs nothing, and is nobody's.
- Values of `environment` can be read by whoever may read the function. ccprov shows those that the stack states, unless they come \
from a variable with `sensitive: true`, and none that AWS has otherwise: nobody says of these whether they are secret. Names that begin with `AWS_` are mostly Lambda's own.
- `reserved_concurrent_executions` must leave 100 to all other functions of the account.
- In a VPC the first function of a subnet and a group takes a minute or two, and its network interfaces stay for up to \
40 minutes after it: until then AWS refuses to delete the group and the subnets.
- `publish: true` keeps what runs as a version after each change, and `aliases: { live: {} }` then leads to the last \
one: who invokes `ARN:live` meets no half of a change. `live: { version: 3 }` stays with that version, and `routing_config: { \
additional_version_weights: { 4: 0.1 } }` beside it sends a tenth to another; the names of aliases that stay are kept at the \
function, in the tag `ccprov:pinned`. Whoever moves traffic by hand says so: `lifecycle: { ignore_changes: [aliases] }`.
- Old versions stay, and count against 75 GB of code in a region. `keep_versions: 10` removes older ones whenever a version \
is published or an alias changes, and none that an alias or a mapping names.
- `recursive_loop`, `code_signing_config_arn` and `runtime_management_config` take a call each: they are read and compared \
where they are stated, and otherwise left as they are.
- A function that AWS says has failed, and that is as the stack states it, gets its settings once more (or its image): what kept \
it from running may be mended by now.
- Services that invoke it need a permission: S3, SNS, EventBridge, alarms, API Gateway. In `permissions` each has a name, a \
`principal` (`s3.amazonaws.com`), a `source_arn` and, for S3, a `source_account`. S3 tries it when the bucket's notification is \
written, and ccprov goes on trying until it is there; the others accept whoever may not, and deliver nothing. Mappings of queues \
and streams need none. Ours carry an id that begins with `ccprov-`; those of others stay as they are. One that changes is away for \
a moment.
- `event_invoke_config` is for what comes asynchronously: of S3, SNS, EventBridge, and other functions. Where it names \
destinations, the role must be allowed to send there.
- A function that is deleted takes its versions and aliases with it. Who invoked it (mappings, subscriptions, rules) \
stays, and fails.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("function/minimal.yaml"), include_str!("function/production.yaml")];
    const FIXED: &'static [&'static str] = &["name", "package_type"];
    const MUST_EXIST: &'static [&'static str] = &[
        "dead_letter_config.target_arn",
        "event_invoke_config.destination_config.on_failure.destination",
        "event_invoke_config.destination_config.on_success.destination",
        "image_uri",
        "kms_key_arn",
        "layers.*",
        // AWS does not insist on it. It makes the group itself, though, and then it is
        // nobody's: so the stack's comes first, and goes last.
        "logging_config.log_group",
        "role",
        "upload_through",
        "vpc_config.security_group_ids.*",
        "vpc_config.subnet_ids.*",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the function's ARN", true),
        ("invoke_arn", "what an API Gateway calls", true),
        ("name", "its name", true),
    ];
    /// A function of a zip file is there within seconds, one in a VPC within minutes.
    /// Deadlines: what Terraform's provider allows (10 minutes each). Who refers to a
    /// function needs it to exist, and not to be at rest.
    const PATIENCE: Patience = Patience {
        create: Limit::of(Duration::from_mins(10)).every(Duration::from_secs(1)),
        update: Limit::of(Duration::from_mins(10)).every(Duration::from_secs(1)),
        delete: Some(Limit::of(Duration::from_mins(10))),
        steady: 1,
        blocks: false,
    };
    const EXISTS_EARLY: bool = true;
    const STAGES: &'static [&'static str] =
        &["architectures", "code", "image_uri", "publish", "aliases"];
    const FOLLOWS: &'static [(&'static str, &'static [&'static str])] =
        &[("publish", change::VERSIONED), ("aliases", change::VERSIONED)];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("code.bucket", Takes::Bucket),
        ("kms_key_arn", Takes::Key),
        ("role", takes::ROLE),
        ("upload_through", Takes::Bucket),
    ];
    const ARTIFACTS: &'static [ArtifactInfo] = &[ArtifactInfo {
        field: Cow::Borrowed("code"),
        sorts: Cow::Borrowed(&[ArtifactSort::Folder, ArtifactSort::File]),
        packing: Packing::Zip,
        most_bytes: MOST_BYTES,
        most_entries: MOST_ENTRIES,
        spelling: HashSpelling::Base64,
        made_by: Cow::Borrowed("build the code first"),
        elsewhere: Cow::Borrowed("bucket"),
    }];
    const DETOURS: &'static [Detour] = &[Detour {
        of: Cow::Borrowed("code"),
        by: Cow::Borrowed("upload_through"),
        what: Cow::Borrowed("bucket"),
        most_bytes: MOST_THROUGH,
        advice: Cow::Borrowed(
            "Lambda takes more through a bucket, which has it only for as long as that takes: \
             `upload_through: \"${NAME.name}\"`, where NAME is `{ kind: s3_bucket }` of this stack",
        ),
    }];
    const MEANS: &'static [&'static str] = &["keep_versions", "upload_through"];
    const MENDS: bool = true;
    const GAP: &'static str = "nobody can invoke it until the new one is made";
    const LOST: &'static str = "its versions and aliases are lost";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        let name = spec.name.get_or_insert_with(|| naming.default_name());
        spec.logging_config = spec.logging_config.whole(name);
        spec.layers.retain(|layer| !layer.is_empty());
        let of_image = spec.image_uri.is_some() && spec.code.is_none();
        spec.package_type.get_or_insert(if of_image {
            PackageType::Image
        } else {
            PackageType::Zip
        });
        if let Some(config) = &mut spec.image_config {
            config.command.retain(|word| !word.is_empty());
            config.entry_point.retain(|word| !word.is_empty());
        }
        spec.image_config = spec.image_config.filter(|config| *config != ImageConfig::default());
        if let Some(Code::Stored(stored)) = &mut spec.code {
            stored.object_version = stored.object_version.take().filter(|it| !it.is_empty());
        }
        spec.aliases = spec.aliases.map(aliases::settled);
        spec.permissions = permissions::settled(spec.permissions);
        spec.event_invoke_config = spec.event_invoke_config.map(EventInvokeConfig::settled);
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "lambda", _, _, "function", name] => Some(name.to_owned()),
            // Versions and aliases have one part more.
            _ => None,
        }
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        look::read(aws, sought).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let call = async |code| {
            let answer = wire::creation(aws, want, code).send().await;
            answer.attempting("lambda:CreateFunction", || {
                format!("create function {}", want.identity)
            })
        };
        let made = Box::pin(upload::with_code(aws, want, call)).await?;
        origin::taken(&want.identity, want.spec.code.as_ref(), made.code_sha256())?;
        Ok(Made::begun(Facts::new()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        change::turn(aws, change).await
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.clients.lambda.delete_function().function_name(name).send().await;
        answer.attempting("lambda:DeleteFunction", || format!("delete function {name}"))?;
        Ok(())
    }
}

fn facts(place: &Place, name: &str) -> Facts {
    let arn = arn(place, name);
    let Place { partition, region, .. } = place;
    // Lambda's API of that date, which API Gateway speaks.
    let invoke_arn = format!(
        "arn:{partition}:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
    );
    [("arn", arn), ("invoke_arn", invoke_arn), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("lambda", &format!("function:{name}"))
}

//! What the contract cannot ask of images: that what is pushed is one. A registry judges, which
//! stands behind ECR's calls, and in the end the image is unpacked and run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::{Value, json};

use crate::existing::put_parameter;
use crate::support::aws;
use crate::support::emulator::{self, Account, root};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::registry::{EcrLayers, Registry};
use crate::transcripts::Desk;

const STACK: &str = "
stack: handlers
region: us-east-1
resources:
  handler:
    kind: ecr_image
    repository: images
    files:
      /etc/words: { folder: words }
      /var/task/bootstrap: { file: build/bootstrap }
    entrypoint: [/var/task/bootstrap]
    working_directory: /var/task
    environment: { RUST_LOG: info }
outputs:
  digest: \"${handler.digest}\"
  uri: \"${handler.uri}\"
";

/// The calls that send an image of two layers which are one part each.
const WHOLE: [&str; 11] = [
    "BatchCheckLayerAvailability",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "UploadLayerPart",
    "CompleteLayerUpload",
    "PutImage",
];

/// Somebody with files and a repository that is there.
async fn desk(account: &Account, url: &str) -> Desk {
    let ecr = aws_sdk_ecr::Client::new(&aws::config(account));
    ecr.create_repository().repository_name("images").send().await.expect("a repository");
    let desk = Desk::with(account.through(url), STACK);
    desk.write("words/hello", "hello");
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk
}

fn digest(desk: &Desk) -> String {
    let outputs = desk.run("output --predicted --json stack.yaml");
    let outputs: Value = serde_json::from_str(&outputs.stdout).expect("JSON");
    outputs["digest"].as_str().unwrap_or_else(|| panic!("{outputs}")).to_owned()
}

#[tokio::test]
async fn an_image_is_pushed_once_and_what_is_there_is_not_sent_again() {
    let (account, registry) = (emulator::ministack().account(), Registry::start());
    let ecr = EcrLayers::start(&account.endpoint, &registry);
    let desk = desk(&account, &ecr.url()).await;
    let first = digest(&desk);
    desk.applied();
    assert_eq!(ecr.calls(), WHOLE);
    // Another file is another image, of which one layer is there.
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    let second = digest(&desk);
    assert_ne!(first, second);
    desk.applied();
    assert_eq!(ecr.calls(), [&WHOLE[..1], &WHOLE[4..]].concat());
    // The old one stays where the stack has not the repository, and is what is wanted again.
    desk.write("build/bootstrap", "#!/bin/sh\n");
    assert_eq!(digest(&desk), first);
    desk.applied();
    assert_eq!(ecr.calls(), [""; 0]);
    desk.must("destroy -y stack.yaml", 0);
    desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
}

/// Of each part that has arrived it is told how much of the image that is.
#[tokio::test]
async fn how_much_of_an_image_is_sent_is_told() {
    let (account, registry) = (emulator::ministack().account(), Registry::start());
    let ecr = EcrLayers::start(&account.endpoint, &registry);
    let desk = desk(&account, &ecr.url()).await;
    let told = desk.must("apply -y --json stack.yaml", 0);
    let lines = told.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let told: Vec<Value> = lines.filter(|it: &Value| it["event"] == "step_sending").collect();
    let number = |field: &str| -> Vec<u64> {
        told.iter().map(|it| it[field].as_u64().expect("bytes")).collect()
    };
    let (sent, of) = (number("sent_bytes"), number("of_bytes"));
    assert_eq!(sent.len(), 3, "{told:#?}");
    assert!(sent.is_sorted_by(|one, next| one < next), "{sent:?}");
    assert!(of.iter().all(|of| sent.last() == Some(of)), "{sent:?} of {of:?}");
}

/// Whatever befalls one call, the run that it befell makes the image.
#[tokio::test]
async fn an_image_is_whole_whatever_befalls_a_call() {
    let registry = Registry::start();
    for operation in [WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3], WHOLE[10]] {
        for fault in Fault::PASSING {
            let account = emulator::ministack().account();
            let ecr = EcrLayers::start(&account.endpoint, &registry);
            let proxy = FaultProxy::first(&ecr.url(), operation, fault);
            let desk = desk(&account, &proxy.url()).await;
            // Otherwise the registry has it all from the last time.
            desk.write("words/hello", &format!("{operation} {fault:?}"));
            desk.applied();
            assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
            pull(&registry, &digest(&desk)).await;
        }
    }
}

#[tokio::test]
async fn what_was_sent_before_a_kill_is_not_sent_again() {
    let (account, registry) = (emulator::ministack().account(), Registry::start());
    let ecr = EcrLayers::start(&account.endpoint, &registry);
    let proxy = FaultProxy::first(&ecr.url(), "PutImage", Fault::KillBefore);
    let desk = desk(&account, &proxy.url()).await;
    let killed = desk.run_told("apply -y stack.yaml", |process| proxy.hunt(process));
    assert_eq!(killed.code, None, "{killed}");
    assert_eq!(ecr.calls(), WHOLE[..10]);
    desk.applied();
    assert_eq!(ecr.calls(), ["BatchCheckLayerAvailability", "PutImage"]);
}

#[tokio::test]
async fn a_tag_that_does_not_move_is_told() {
    let account = emulator::ministack().account();
    let taken = Fault::Says(
        400,
        "ImageTagAlreadyExistsException",
        "The image tag 'v1' already exists in the 'images' repository",
    );
    let proxy = FaultProxy::first(&account.endpoint, "PutImage", taken);
    let desk = desk(&account, &proxy.url()).await;
    desk.write("stack.yaml", &STACK.replace("    files:", "    tag: v1\n    files:"));
    let refused = desk.must("apply -y stack.yaml", 6);
    for said in ["already exists in the 'images' repository", "state another `tag`"] {
        assert!(refused.stderr.contains(said) || refused.stdout.contains(said), "{refused}");
    }
    desk.applied();
    // A tag that somebody took away comes back.
    let ecr = aws_sdk_ecr::Client::new(&aws::config(&account));
    let id = aws_sdk_ecr::types::ImageIdentifier::builder().image_tag("v1").build();
    let taken = ecr.batch_delete_image().repository_name("images").image_ids(id);
    taken.send().await.expect("a tag that goes");
    desk.applied();
    let images = ecr.describe_images().repository_name("images").send().await.expect("images");
    assert_eq!(images.image_details().len(), 1);
    assert_eq!(images.image_details()[0].image_tags(), ["v1"]);
}

/// The base is another image that ccprov made: a registry is one as good as another.
#[tokio::test]
async fn an_image_is_laid_on_one_of_a_registry() {
    let (account, registry) = (emulator::ministack().account(), Registry::start());
    let ecr = EcrLayers::start(&account.endpoint, &registry);
    let below = desk(&account, &ecr.url()).await;
    below.applied();
    assert_eq!(ecr.calls(), WHOLE);
    let base = format!("{}/images@{}", registry.address(), digest(&below));
    let text = STACK
        .replace("stack: handlers", "stack: laid")
        .replace("    files:", &format!("    base: {base}\n    files:"))
        .replace("      /var/task/bootstrap: { file: build/bootstrap }\n", "")
        .replace("    entrypoint: [/var/task/bootstrap]\n", "");
    let above = Desk::with(account.through(&ecr.url()), &text);
    above.write("words/hello", "hello again");
    above.must("validate stack.yaml", 0);
    above.applied();
    let (config, folder) = pull(&registry, &digest(&above)).await;
    assert_eq!(config["config"]["Entrypoint"], json!(["/var/task/bootstrap"]));
    assert_eq!(fs::read_to_string(folder.path().join("etc/words/hello")).unwrap(), "hello again");
    assert!(folder.path().join("var/task/bootstrap").exists());
    // Who uses the stack hears of the same image: its base is asked for there, too.
    let user = "stack: user\nregion: us-east-1\nuses: { laid: stack.yaml }\n\
                resources: { queue: { kind: sqs_queue, tags: { of: \"${laid.digest}\" } } }\n";
    above.write("user.yaml", user);
    let planned = above.must("plan user.yaml", 0).stdout;
    assert!(planned.contains(&digest(&above)), "{planned}");
    // What lies below was there already, in the same repository.
    let sent = ecr.calls();
    assert_eq!(sent.iter().filter(|call| *call == "UploadLayerPart").count(), 2, "{sent:?}");
    above.must("destroy -y stack.yaml", 0);
    below.must("plan --detailed-exitcode stack.yaml", 0);
    // In another repository nothing was.
    let client = aws_sdk_ecr::Client::new(&aws::config(&account));
    client.create_repository().repository_name("others").send().await.expect("a repository");
    above.write("stack.yaml", &text.replace("repository: images", "repository: others"));
    above.applied();
    let sent = ecr.calls();
    assert_eq!(sent.iter().filter(|call| *call == "UploadLayerPart").count(), 4, "{sent:?}");
    // Which base it is, another stack of the command looks up.
    let says = "stack: says\nregion: us-east-1\nresources: {}\nexisting: { base: { kind: ssm_parameter, \
                name: /base } }\noutputs: { base: \"${existing.base.value}\" }\n";
    above.write("says.yaml", says);
    put_parameter(&account, "/base", "String", &base);
    let told = text.replace("repository: images", "repository: others");
    let told = told.replace(&base, "\"${says.base}\"");
    above.write("told.yaml", &format!("uses: {{ says: says.yaml }}\n{}", told.trim_start()));
    above.must("plan --detailed-exitcode told.yaml says.yaml", 0);
    // A name of nothing is told.
    above.write("stack.yaml", &text.replace(&base, &format!("{}/images:none", registry.address())));
    let told = above.run("plan stack.yaml");
    assert!(told.stderr.contains("failed to read the image"), "{told}");
}

/// What runs moves before what ran goes.
#[tokio::test]
async fn a_function_moves_to_the_new_image_before_the_old_one_goes() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = desk(&account, &proxy.url()).await;
    let function = "
  images: { kind: ecr_repository, name: handlers }
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }
  runs: { kind: lambda_function, role: \"${role.arn}\", image_uri: \"${handler.uri}\" }
outputs:";
    let text = STACK
        .replace("repository: images", "repository: \"${images.name}\"")
        .replace("\noutputs:", function);
    desk.write("stack.yaml", &text);
    desk.applied();
    let at = |told: &str, call: &str| {
        told.find(call).unwrap_or_else(|| panic!("{call} is not among the calls:{told}"))
    };
    let told = proxy.to_string();
    assert!(at(&told, "ecr:CreateRepository") < at(&told, "ecr:PutImage"), "{told}");
    assert!(at(&told, "ecr:PutImage") < at(&told, "lambda:CreateFunction"), "{told}");
    let before = told.len();
    desk.write("build/bootstrap", "#!/bin/sh\n# changed\n");
    desk.applied();
    let told = proxy.to_string().split_off(before);
    assert!(at(&told, "ecr:PutImage") < at(&told, "lambda:UpdateFunctionCode"), "{told}");
    assert!(at(&told, "lambda:UpdateFunctionCode") < at(&told, "ecr:BatchDeleteImage"), "{told}");
    let ecr = aws_sdk_ecr::Client::new(&aws::config(&account));
    let left = ecr.list_images().repository_name("handlers").send().await.expect("images");
    assert_eq!(left.image_ids().len(), 1);
}

/// The whole way: pushed in parts, of which the answer to one is lost, pulled by another
/// program's code, unpacked, and run as Lambda runs it.
#[tokio::test]
async fn an_image_that_was_pushed_runs() {
    let built = root().join("target/functions/event_processor/bootstrap");
    assert!(built.exists(), "{} is not built; run: make functions", built.display());
    let (account, registry) = (emulator::ministack().account(), Registry::start());
    let ecr = EcrLayers::start(&account.endpoint, &registry);
    let proxy = FaultProxy::first(&ecr.url(), "UploadLayerPart", Fault::ResetAfter);
    let desk = desk(&account, &proxy.url()).await;
    fs::copy(&built, desk.path("build/bootstrap")).expect("a copy");
    desk.applied();
    assert!(ecr.calls().iter().filter(|call| *call == "UploadLayerPart").count() > 3);
    let (config, folder) = pull(&registry, &digest(&desk)).await;
    assert_eq!(config["architecture"], "amd64");
    assert_eq!(config["config"]["Env"], json!(["RUST_LOG=info"]));
    assert_eq!(fs::read_to_string(folder.path().join("etc/words/hello")).unwrap(), "hello");
    let entrypoint = config["config"]["Entrypoint"][0].as_str().expect("a path");
    let program = folder.path().join(entrypoint.trim_start_matches('/'));
    assert_eq!(program.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    let answer = invoked(&program, &account.env(), &json!({ "Records": [] }));
    assert_eq!(answer, json!({ "batchItemFailures": [] }));
}

/// What the registry has of an image: its configuration, and its files in a folder.
async fn pull(registry: &Registry, digest: &str) -> (Value, tempfile::TempDir) {
    let at = registry.address().to_string();
    // A test before may have done so.
    let _there_is_one = rustls::crypto::ring::default_provider().install_default();
    let client = Client::new(ClientConfig { protocol: ClientProtocol::Http, ..Default::default() });
    let reference = Reference::with_digest(at, "images".to_owned(), digest.to_owned());
    let auth = RegistryAuth::Anonymous;
    let pulled = client.pull_manifest_and_config(&reference, &auth).await.expect("an image");
    let (manifest, told, config) = pulled;
    assert_eq!(told, digest);
    let folder = tempfile::tempdir().expect("a folder of our own");
    for layer in &manifest.layers {
        let tar = blob(&client, &reference, layer).await;
        tar::Archive::new(tar.as_slice()).unpack(folder.path()).expect("a tar file");
    }
    (serde_json::from_str(&config).expect("JSON"), folder)
}

async fn blob(client: &Client, reference: &Reference, layer: &OciDescriptor) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.pull_blob(reference, layer, &mut bytes).await.expect("a blob of that digest");
    bytes
}

/// What a function answers to one event, under Lambda's interface for runtimes (Developer Guide,
/// "Using the Lambda runtime API").
fn invoked(program: &Path, env: &BTreeMap<String, String>, event: &Value) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let api = listener.local_addr().expect("the port that was bound");
    let mut function = Command::new(program)
        .envs(env)
        .envs([("EVENTS_TABLE", "events"), ("IDEMPOTENCY_TABLE", "idempotency")])
        .env("AWS_LAMBDA_RUNTIME_API", api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "handler")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be run");
    // Its log ends when it does, which is then told as one more call.
    let mut log = function.stdout.take().expect("a pipe");
    let ended = Arc::new(AtomicBool::new(false));
    let ends = Arc::clone(&ended);
    let logged = thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).expect("a log in UTF-8");
        ends.store(true, Ordering::SeqCst);
        TcpStream::connect(api).map(drop).unwrap_or_default();
        text
    });
    let answer = loop {
        let (client, _) = listener.accept().expect("the function calls");
        let mut reader = BufReader::new(client);
        if let Some(answer) = exchange(&mut reader, event) {
            break answer;
        }
        let has_ended = ended.load(Ordering::SeqCst);
        assert!(!has_ended, "it ended by itself: {}", logged.join().expect("a log"));
    };
    function.kill().and_then(|()| function.wait()).expect("it has not ended");
    answer
}

/// Hands out an event to who asks for one, until an answer comes.
fn exchange(client: &mut BufReader<TcpStream>, event: &Value) -> Option<Value> {
    loop {
        let mut head = Vec::new();
        let mut line = String::new();
        while client.read_line(&mut line).ok()? > 2 {
            head.push(std::mem::take(&mut line));
        }
        let size = head.iter().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok()
        });
        let mut body = vec![0; size.unwrap_or(0)];
        client.read_exact(&mut body).ok()?;
        if head.first()?.contains("/invocation/next") {
            let event = event.to_string();
            let next = format!(
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: one\r\n\
                 lambda-runtime-deadline-ms: 9999999999999\r\n\
                 lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:123456789012:function:handler\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{event}",
                event.len()
            );
            client.get_mut().write_all(next.as_bytes()).ok()?;
        } else {
            return serde_json::from_slice(&body).ok();
        }
    }
}

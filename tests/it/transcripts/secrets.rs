//! A canary in every place where a value may be: nothing that ccprov writes may
//! sing it.

use std::fs;
use std::path::Path;

use super::Desk;
use crate::support::binary::Transcript;
use crate::support::collector::{Collector, Manners, Span};
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};

/// With letters that JSON, XML and URLs write otherwise.
const CANARY: &str = "Tweet&7\"yellow<bird";
/// What the canary was before somebody changed it.
const OLDER: &str = "Tweet&6\"yellow<bird";
const TUNE: &str = "plain-yellow-tune";
/// What stands in their place.
const HIDDEN: &str = "(sensitive)";

const STACK: &str = r#"
stack: aviary
region: us-east-1
vars:
  song: "${env.SONG}"
  tune: plain-yellow-tune # MiniStack writes attributes of topics into XML as they are
sensitive: [song, tune]
resources:
  topic: { kind: sns_topic, display_name: "of ${var.tune}", tags: { tune: "${var.tune}" } }
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue:
    kind: sqs_queue
    tags: { song: "${var.song}" }
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
  key: { kind: kms_key, description: "opens ${var.song}", deletion_window_in_days: 7 }
outputs:
  song: "${var.song}"
  where: { url: "${queue.url}", song: "la ${var.song} la" }
"#;

#[test]
fn no_command_tells_a_sensitive_value() {
    let desk = Desk::with(emulator::ministack().account(), STACK)
        .env("CCPROV_ALLOW_ENV", "SONG")
        .env("SONG", OLDER);
    // The emulator takes it, and has it from now on.
    desk.must("apply -y stack.yaml", 0);
    let collector = Collector::start(Manners::Thankful);
    let desk = desk.env("SONG", CANARY).env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url());
    let everything = "--trace trace.json --journal journal.jsonl";
    let lines = [
        "validate stack.yaml",
        "validate stack.yaml --json",
        "plan stack.yaml --all",
        "plan stack.yaml --json",
        "plan stack.yaml --out plan.json",
        &format!("apply -y --json {everything} stack.yaml"),
        "verify stack.yaml --report-dir reports",
        "verify stack.yaml --json",
        "output stack.yaml",
        "output stack.yaml --format json",
        "output stack.yaml --format dotenv",
        "output stack.yaml --format github",
        "output stack.yaml --name song --format raw",
        "list --json",
        &format!("destroy -y {everything} stack.yaml"),
    ];
    for line in lines {
        let told = desk.run(line);
        for secret in [CANARY, OLDER, TUNE] {
            silent(&told, secret);
        }
    }
    let spans = collector.spans();
    assert!(spans.iter().any(|span| span.name == "update sqs_queue"), "no spans were sent");
    for secret in [CANARY, OLDER, TUNE] {
        unsung(&collector, secret);
    }
    let files = files(&desk.path(""));
    for name in ["trace.json", "journal.jsonl", "junit.xml", "results.sarif", "results.json"] {
        assert!(files.iter().any(|(path, _)| path.ends_with(name)), "no {name}");
    }
    for (path, text) in files {
        for secret in [CANARY, OLDER, TUNE] {
            assert!(!sings(&text, secret), "{path} tells {secret}");
        }
    }
}

/// The environment of a function: in a text of its own and within another one, when it
/// changes, under a name that goes, and in what AWS repeats of it.
#[test]
fn no_entry_of_an_environment_is_told() {
    const STACK: &str = r#"
stack: aviary
region: us-east-1
vars: { song: { type: string, sensitive: true } }
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
  singer:
    kind: lambda_function
    role: "${role.arn}"
    runtime: python3.12
    handler: handler.handle
    code: { folder: ./code }
    environment: { NAME: "${var.song}", URL: "https://bird:${var.song}@example.com", PLAIN: heard }
outputs: { song: { to_json: { of: "${var.song}" } } }
"#;
    const SONGS: [&str; 2] = ["old-yellow-tune", "new-yellow-tune"];
    let emulator = emulator::ministack();
    let desk = Desk::with(emulator.account(), STACK);
    desk.write("code/handler.py", "def handle(event, context): pass\n");
    let desk = desk.env("CCPROV_VAR_song", SONGS[0]);
    let silent = |told: &Transcript| SONGS.iter().for_each(|song| silent(told, song));
    silent(&desk.must("plan stack.yaml --all", 0));
    silent(&desk.must("apply -y stack.yaml --journal journal.jsonl", 0));
    // The old song is in what AWS has, under a name that nobody states any more.
    desk.write("stack.yaml", &STACK.replace("NAME:", "ALIAS:"));
    let desk = desk.env("CCPROV_VAR_song", SONGS[1]);
    let everything = "--trace trace.json --journal journal.jsonl";
    for line in
        ["plan stack.yaml", "plan stack.yaml --json", "verify stack.yaml --report-dir reports"]
    {
        silent(&desk.run(line));
    }
    let shown = desk.run("plan stack.yaml");
    assert!(shown.stdout.contains("URL") && shown.stdout.contains(HIDDEN), "{shown}");
    let refusal =
        "Value {ALIAS=new-yellow-tune} is too long: {\\\"ALIAS\\\":\\\"new-yellow-tune\\\"}";
    let proxy = FaultProxy::start(emulator.url(), move |_, call| {
        let writes = call.service == "lambda" && !call.operation.starts_with("GET");
        writes.then_some(Fault::Says(400, "InvalidParameterValueException", refusal))
    });
    let desk = desk.through(&proxy.url());
    let refused = desk.run(&format!("apply -y stack.yaml {everything}"));
    assert!(refused.stderr.contains("is too long"), "{refused}");
    silent(&refused);
    silent(&desk.run(&format!("apply -y stack.yaml --json {everything}")));
    let desk = desk.through(emulator.url());
    silent(&desk.must(&format!("apply -y stack.yaml --json {everything}"), 0));
    // Whoever removes it need not know that it was ever a secret.
    let desk = desk.without("CCPROV_VAR_song");
    desk.write("stack.yaml", "stack: aviary\nregion: us-east-1\nresources: {}\n");
    for line in [
        "plan stack.yaml --json",
        "plan stack.yaml --all",
        "plan --destroy stack.yaml --json",
        "list --stack aviary --json",
    ] {
        silent(&desk.must(line, 0));
    }
    silent(&desk.must("destroy -y --json --region us-east-1 --stack aviary", 0));
    for (path, text) in files(&desk.path("")) {
        assert!(!SONGS.iter().any(|song| sings(&text, song)), "{path} tells it: {text}");
    }
}

/// As keys of certificates are written: a page shows such a text line by line.
#[test]
fn no_line_of_a_sensitive_value_is_told() {
    const STACK: &str = r#"
stack: aviary
region: us-east-1
vars: { score: "${env.SCORE}" }
sensitive: [score]
resources:
  key: { kind: kms_key, description: "${var.score}", deletion_window_in_days: 7 }
outputs: { score: "${var.score}" }
"#;
    let older = "-----BEGIN TUNE-----\nold-chirp-chirp\nold-tweedle-dee\n-----END TUNE-----\n";
    let newer = "-----BEGIN TUNE-----\nnew-chirp-chirp\nnew-tweedle-dee\n-----END TUNE-----\n";
    let desk = Desk::with(emulator::ministack().account(), STACK).env("CCPROV_ALLOW_ENV", "SCORE");
    let desk = desk.env("SCORE", older);
    let lines = |secret: &str| secret.lines().map(str::to_owned).collect::<Vec<_>>();
    let secrets = [lines(older), lines(newer)].concat();
    let silent = |told: &Transcript| {
        let text = format!("{}{}", told.stdout, told.stderr);
        let sung: Vec<&String> = secrets.iter().filter(|line| text.contains(*line)).collect();
        assert_eq!(sung, [""; 0], "{told}");
    };
    silent(&desk.must("plan stack.yaml", 0));
    silent(&desk.must("apply -y stack.yaml", 0));
    let desk = desk.env("SCORE", newer);
    for line in [
        "plan stack.yaml --markdown plan.md",
        "plan stack.yaml --json",
        "verify stack.yaml",
        "verify stack.yaml --json",
        "output stack.yaml",
        "render stack.yaml",
        "eval ${resource.key} stack.yaml",
        "apply -y --json stack.yaml",
        "destroy -y stack.yaml",
    ] {
        silent(&desk.run(line));
    }
    let comment = fs::read_to_string(desk.path("plan.md")).expect("a comment");
    assert!(comment.contains(HIDDEN) && !secrets.iter().any(|line| comment.contains(line)));
}

#[test]
fn a_plan_with_a_sensitive_value_is_not_written() {
    let desk = Desk::with(emulator::ministack().account(), STACK)
        .env("CCPROV_ALLOW_ENV", "SONG")
        .env("SONG", CANARY);
    let refused = desk.must("plan stack.yaml --out plan.json", 1);
    assert!(refused.stderr.contains("the plan holds a sensitive value"), "{refused}");
    assert!(!desk.path("plan.json").exists());
}

/// What AWS refuses, it repeats.
#[test]
fn an_error_of_aws_does_not_tell_it_either() {
    let emulator = emulator::ministack();
    let proxy = FaultProxy::start(emulator.url(), |_, call| {
        let refusal = Fault::Says(400, "InvalidParameter", "not plain-yellow-tune again");
        (call.operation == "CreateTopic").then_some(refusal)
    });
    let collector = Collector::start(Manners::Thankful);
    let desk = Desk::with(emulator.account().through(&proxy.url()), STACK)
        .env("CCPROV_ALLOW_ENV", "SONG")
        .env("SONG", CANARY)
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url())
        .env("OTEL_RESOURCE_ATTRIBUTES", &format!("tune={TUNE}"));
    silent(&desk.must("apply -y stack.yaml", 6), TUNE);
    silent(&desk.must("apply -y --json stack.yaml", 6), TUNE);
    unsung(&collector, TUNE);
    let spans = collector.spans();
    let veiled = |span: &Span| span.error.as_ref().is_some_and(|why| why.contains(HIDDEN));
    assert!(spans.iter().any(veiled), "{spans:#?}");
    assert_eq!(collector.resource()["tune"], HIDDEN);
}

/// What a stack file asks for, and what nobody may know.
#[test]
fn a_stack_reads_no_more_of_the_environment_than_was_admitted() {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let stack = "stack: aviary\nregion: \"${env.NAME}\"\nresources: {}\n";
    let told = |name: &str, more: &[&str]| {
        let desk = Desk::with(emulator::ministack().account(), &stack.replace("NAME", name))
            .env("AWS_SECRET_ACCESS_KEY", SECRET)
            .env("NPM_TOKEN", "a-token-of-npm")
            .env("WHERE", "us-east-1");
        desk.run(&[&["validate", "stack.yaml"], more].concat().join(" "))
    };
    for more in [&[][..], &["--allow-env", "*"]] {
        let refused = told("AWS_SECRET_ACCESS_KEY", more);
        assert!(
            refused.stderr.contains("is a credential that ccprov itself works with"),
            "{refused}"
        );
        assert!(!sings(&refused.stderr, SECRET), "{refused}");
    }
    for name in ["NPM_TOKEN", "WHERE"] {
        let refused = told(name, &[]);
        let hint = format!("--allow-env {name} or CCPROV_ALLOW_ENV={name} admits it");
        assert!(refused.stderr.contains(&hint), "{refused}");
        assert_eq!(refused.code, Some(1), "{refused}");
    }
    assert_eq!(told("WHERE", &["--allow-env", "OTHER,WHE*"]).code, Some(0));
    // Not even where something else shows it.
    let desk = Desk::with(emulator::ministack().account(), "stack: aviary\nresources: {}\n")
        .env("AWS_SECRET_ACCESS_KEY", SECRET);
    let told = desk.run(&format!("validate stack.yaml --var x={SECRET}"));
    assert!(!told.stderr.contains(SECRET), "{told}");
}

#[test]
fn an_override_that_does_not_fit_is_not_told() {
    let stack = "stack: aviary\nregion: us-east-1\nvars: { number: 123456 }\nsensitive: [number]\nresources: {}\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    let refused = desk.must("validate stack.yaml --var number=not-a-number", 1);
    assert!(!refused.stderr.contains("not-a-number"), "{refused}");
    let short = desk.must("validate stack.yaml --var number=12", 1);
    assert!(short.stderr.contains("too short to be hidden"), "{short}");
    let unknown = stack.replace("sensitive: [number]", "sensitive: [numbre]");
    desk.write("stack.yaml", &unknown);
    let unknown = desk.must("validate stack.yaml", 1);
    assert!(unknown.stderr.contains("did you mean `number`?"), "{unknown}");
}

fn unsung(collector: &Collector, secret: &str) {
    for parcel in collector.parcels() {
        let text = String::from_utf8_lossy(&parcel.body);
        assert!(!sings(&text, secret), "a span tells {secret}: {text}");
    }
}

fn silent(told: &Transcript, secret: &str) {
    // The command line itself is not of ccprov's telling.
    let text = format!("{}{}", told.stdout, told.stderr);
    assert!(!sings(&text, secret), "{told}");
}

/// A part is enough to give it away.
fn sings(text: &str, secret: &str) -> bool {
    text.contains(&secret[..7]) || text.contains(&secret[7..])
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.file_name().is_some_and(|name| name != "stack.yaml") {
            let text = fs::read_to_string(&path).expect("text");
            found.push((path.display().to_string(), text));
        }
    }
    found
}

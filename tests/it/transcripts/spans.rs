//! What a collector of OpenTelemetry gets to see of a command.

use std::collections::BTreeSet;

use super::Desk;
use crate::support::collector::{Collector, Manners, Span};
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue:
    kind: sqs_queue
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
  key: { kind: kms_key, deletion_window_in_days: 7 }
  topic: { kind: sns_topic }
"#;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

fn desk(stack: &str, collector: &Collector) -> Desk {
    Desk::with(emulator::ministack().account(), stack).env(ENDPOINT, &collector.url())
}

fn root(spans: &[Span]) -> &Span {
    let roots: Vec<&Span> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    assert_eq!(roots.len(), 1, "{roots:#?}");
    roots[0]
}

fn steps(spans: &[Span]) -> Vec<&Span> {
    spans.iter().filter(|span| span.attributes.contains_key("ccprov.action")).collect()
}

fn calls(spans: &[Span]) -> Vec<&Span> {
    spans.iter().filter(|span| span.attributes.contains_key("rpc.method")).collect()
}

/// Whatever is true of every trace.
fn hold_together(spans: &[Span]) {
    let root = root(spans);
    let steps = steps(spans);
    let parents: BTreeSet<&[u8]> =
        steps.iter().chain([&root]).map(|span| span.id.as_slice()).collect();
    for step in &steps {
        assert_eq!(step.parent, root.id, "{step:#?}");
        assert!(!step.is_client, "{step:#?}");
    }
    for call in calls(spans) {
        assert!(parents.contains(call.parent.as_slice()), "{call:#?}");
        assert!(call.is_client, "{call:#?}");
        assert_eq!(call.attribute("rpc.system"), "aws-api");
        let name = format!("{}.{}", call.attribute("rpc.service"), call.attribute("rpc.method"));
        assert_eq!(call.name, name);
        assert_ne!(call.attribute("ccprov.attempt"), "", "{call:#?}");
        // Whoever reads an object drops what is still asked of it when the first answer says that
        // it is not there: such a call has no status.
        let status = call.attribute("http.response.status_code");
        assert_eq!(call.error.is_some(), status >= "300", "{call:#?}");
        assert_eq!(call.attribute("error.type"), if status >= "300" { status } else { "" });
    }
    assert_eq!(1 + steps.len() + calls(spans).len(), spans.len(), "nothing else is told");
    assert!(spans.iter().all(|span| span.trace == root.trace), "it is one trace");
}

#[test]
fn an_apply_is_one_trace() {
    let collector = Collector::start(Manners::Thankful);
    let desk = desk(STACK, &collector);
    desk.must("apply -y --trace trace.json stack.yaml", 0);
    let spans = collector.spans();
    hold_together(&spans);

    let command = root(&spans);
    assert_eq!(command.name, "ccprov apply");
    let told = |name: &str| command.attribute(name).to_owned();
    assert_eq!(told("ccprov.command"), "apply");
    assert_eq!(told("ccprov.stack"), "claims");
    assert_eq!(told("cloud.account.id"), desk.account.id);
    assert_eq!(told("cloud.region"), "us-east-1");
    assert_eq!(told("process.exit.code"), "0");
    assert_eq!(command.error, None);

    let mut told: Vec<String> = steps(&spans)
        .iter()
        .map(|step| {
            let of = |name: &str| step.attribute(&format!("ccprov.{name}")).to_owned();
            assert_eq!(step.name, format!("{} {}", of("action"), of("kind")));
            format!("{} {} {}: {}", of("action"), of("kind"), of("address"), of("outcome"))
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [
            "create kms_key key: done",
            "create sns_topic topic: done",
            "create sqs_queue dlq: done",
            "create sqs_queue queue: done",
        ]
    );

    // Those of the trace file, each once, and those that were answered with the number
    // for a support case.
    let trace = std::fs::read_to_string(desk.path("trace.json")).unwrap();
    let mut written: Vec<String> =
        crate::support::trace::calls(&trace).iter().map(|call| call.operation.clone()).collect();
    let calls = calls(&spans);
    let mut told: Vec<String> = calls.iter().map(|it| it.attribute("rpc.method").into()).collect();
    written.sort();
    told.sort();
    assert_eq!(told, written);
    let nameless = |call: &&&Span| {
        !call.attribute("http.response.status_code").is_empty()
            && call.attribute("aws.request_id").is_empty()
    };
    assert_eq!(calls.iter().filter(nameless).count(), 0, "{calls:#?}");
    let step_of = |operation: &str| {
        let call = calls.iter().find(|call| call.attribute("rpc.method") == operation).unwrap();
        let step = steps(&spans).into_iter().find(|step| step.id == call.parent);
        step.map_or(String::new(), |step| step.attribute("ccprov.address").to_owned())
    };
    assert_eq!(step_of("CreateTopic"), "topic");
    assert_eq!(step_of("CreateKey"), "key");
    assert_eq!(step_of("GetCallerIdentity"), "");

    let resource = collector.resource();
    assert_eq!(resource["service.name"], "ccprov");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_attempt_has_a_span_and_a_refused_one_has_failed() {
    let collector = Collector::start(Manners::Thankful);
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(emulator::ministack().url(), {
        let refused = std::sync::atomic::AtomicUsize::new(0);
        move |_, call| {
            let is_first = call.operation == "CreateTopic"
                && refused.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            is_first.then_some(Fault::Error503)
        }
    });
    let desk = Desk::with(account.through(&proxy.url()), STACK).env(ENDPOINT, &collector.url());
    desk.must("apply -y stack.yaml", 0);
    let spans = collector.spans();
    hold_together(&spans);
    let attempts: Vec<(&str, &str, bool)> = calls(&spans)
        .iter()
        .filter(|call| call.attribute("rpc.method") == "CreateTopic")
        .map(|call| {
            let status = call.attribute("http.response.status_code");
            (call.attribute("ccprov.attempt"), status, call.error.is_some())
        })
        .collect();
    assert_eq!(attempts, [("1", "503", true), ("2", "200", false)]);
}

#[test]
fn what_fails_says_why() {
    let collector = Collector::start(Manners::Thankful);
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(emulator::ministack().url(), |_, call| {
        let denied = Fault::Says(403, "AccessDenied", "not you");
        (call.operation == "CreateTopic").then_some(denied)
    });
    let desk = Desk::with(account.through(&proxy.url()), STACK).env(ENDPOINT, &collector.url());
    desk.must("apply -y stack.yaml", 6);
    let spans = collector.spans();
    hold_together(&spans);
    let command = root(&spans);
    assert_eq!(command.attribute("process.exit.code"), "6");
    assert_eq!(command.attribute("error.type"), "partly");
    let steps = steps(&spans);
    let failed: Vec<&&Span> = steps.iter().filter(|step| step.error.is_some()).collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    assert_eq!(failed[0].attribute("ccprov.address"), "topic");
    assert_eq!(failed[0].attribute("ccprov.outcome"), "failed");
    assert_eq!(failed[0].attribute("error.type"), "AccessDenied");
    let why = failed[0].error.as_deref().unwrap();
    assert!(why.contains("sns:CreateTopic answered AccessDenied: not you"), "{why}");
}

#[test]
fn a_command_that_does_not_begin_is_told_too() {
    let collector = Collector::start(Manners::Thankful);
    let desk = desk("stack: claims\nregion: us-east-1\nresuorces: {}\n", &collector);
    desk.must("plan stack.yaml", 1);
    let spans = collector.spans();
    hold_together(&spans);
    let command = root(&spans);
    assert_eq!((command.name.as_str(), spans.len()), ("ccprov plan", 1));
    assert_eq!(command.attribute("process.exit.code"), "1");
    assert_eq!(command.attribute("error.type"), "failed");
}

#[test]
fn the_lease_is_part_of_the_trace() {
    let collector = Collector::start(Manners::Thankful);
    let account = emulator::ministack().account();
    let bucket = "stack: store\nregion: us-east-1\nresources:\n  leases: { kind: s3_bucket, bucket: claims-leases }\n";
    Desk::with(account.clone(), bucket).must("apply -y stack.yaml", 0);
    let stack = format!("{STACK}lock: {{ bucket: claims-leases }}\n");
    let desk = Desk::with(account, &stack).env(ENDPOINT, &collector.url());
    desk.must("apply -y stack.yaml", 0);
    let spans = collector.spans();
    hold_together(&spans);
    let count = |operation: &str| {
        calls(&spans).iter().filter(|call| call.attribute("rpc.method") == operation).count()
    };
    assert_eq!((count("PutObject"), count("DeleteObject")), (1, 1), "taken, and given back");
}

#[test]
fn a_signal_loses_no_span() {
    let collector = Collector::start(Manners::Thankful);
    let desk = desk(STACK, &collector);
    let told = desk.run_until("apply -y stack.yaml", &[("creating", "INT")]);
    let spans = collector.spans();
    hold_together(&spans);
    let code = told.code.expect("it ended by itself").to_string();
    assert_eq!(root(&spans).attribute("process.exit.code"), code, "{told}");
    assert!(!steps(&spans).is_empty(), "{spans:#?}");
}

#[test]
fn the_trace_of_a_pipeline_goes_on() {
    let collector = Collector::start(Manners::Thankful);
    let desk = desk(STACK, &collector)
        .env("TRACEPARENT", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
        .env("OTEL_SERVICE_NAME", "platform")
        .env("OTEL_RESOURCE_ATTRIBUTES", "team=claims")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=opens");
    desk.must("plan stack.yaml", 0);
    let spans = collector.spans();
    let command = spans.iter().find(|span| span.name == "ccprov plan").unwrap();
    assert_eq!(hex(&command.parent), "0123456789abcdef");
    assert!(spans.iter().all(|span| hex(&span.trace) == "0123456789abcdef0123456789abcdef"));
    let resource = collector.resource();
    assert_eq!(resource["service.name"], "platform");
    assert_eq!(resource["team"], "claims");
    let head = &collector.parcels()[0].head;
    assert!(head.starts_with("post /v1/traces "), "{head}");
    assert!(head.contains("\r\nx-key: opens\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-type: application/x-protobuf\r\n"), "{head}");
}

/// Whatever becomes of the spans, the command does what it does; it says once
/// that they are lost.
#[test]
fn a_collector_that_fails_fails_nothing_else() {
    let quiet = Desk::with(emulator::ministack().account(), STACK);
    let plain = quiet.must("plan stack.yaml", 0);
    // The port of a service that nobody runs any more (RFC 863).
    let gone = "http://127.0.0.1:9".to_owned();
    let check = |variables: &[(&str, &str)], why: &str| {
        let mut desk = Desk::with(quiet.account.clone(), STACK);
        for (name, value) in variables {
            desk = desk.env(name, value);
        }
        let told = desk.must("plan stack.yaml", 0);
        assert_eq!(told.stdout, plain.stdout);
        let warnings: Vec<&str> =
            told.stderr.lines().filter(|line| line.contains("collector")).collect();
        assert_eq!(warnings.len(), 1, "{told}");
        assert!(warnings[0].starts_with("warning: ") && warnings[0].contains(why), "{told}");
        assert_eq!(told.stderr.lines().count(), plain.stderr.lines().count() + 1, "{told}");
    };
    let busy = Collector::start(Manners::Busy);
    let silent = Collector::start(Manners::Silent);
    check(&[(ENDPOINT, &gone)], "network error");
    check(&[(ENDPOINT, &busy.url())], "status code: 503");
    check(&[(ENDPOINT, &silent.url())], "no answer within 2 s");
    check(&[(ENDPOINT, "nowhere at all")], "invalid endpoint");
    check(&[(ENDPOINT, &gone), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such.pem")], "/no/such.pem");
    assert_eq!((busy.parcels().len(), silent.parcels().len()), (1, 1), "one attempt each");
}

#[test]
fn nobody_is_told_who_was_not_named() {
    let collector = Collector::start(Manners::Thankful);
    let check = |variables: &[(&str, &str)], requests: usize| {
        let mut desk = Desk::with(emulator::ministack().account(), STACK);
        for (name, value) in variables {
            desk = desk.env(name, value);
        }
        let before = collector.parcels().len();
        let told = desk.must("plan stack.yaml", 0);
        assert_eq!(collector.parcels().len() - before, requests, "{variables:?}");
        assert!(!told.stderr.contains("collector"), "somebody else was asked: {told}");
    };
    let url = collector.url();
    check(&[], 0);
    check(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", &url)], 0);
    check(&[(ENDPOINT, &url), ("OTEL_SDK_DISABLED", "true")], 0);
    check(&[(ENDPOINT, &url), ("OTEL_TRACES_EXPORTER", "none")], 0);
    check(&[(ENDPOINT, &url), ("OTEL_TRACES_SAMPLER", "always_off")], 0);
    check(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &url)], 1);
    check(&[(ENDPOINT, &url)], 1);
}

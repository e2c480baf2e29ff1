//! Records that probes write to topics of a Kafka cluster, over TLS, by IAM and by SCRAM:
//! they come back, with those of others around them; and where nobody comes through, which
//! step it was is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use ccprov::model::{Inspected, Verdict};
use serde_json::json;

use super::refusals::user;
use super::stand::{Stand, patient, seen, told};
use crate::support::aws;
use crate::support::emulator::{Account, ministack, ministack_enforcing_tls};
use crate::support::kafka::{Kafka, NAME, PASSWORD};
use crate::transcripts::Desk;

pub(super) const WRONG: &str = "another password of orders-service";

/// What a probe says, with the broker, the topic and how it logs in in their places.
const PROBE: &str = r#"
stack: verified
region: us-east-1
resources: {}
probes:
  a_record_comes_back:
    send:
      kafka: "BROKER"
      topic: TOPIC
      key: "${nonce}"
      value: { id: "${nonce}", article: 7 }
      headers: { trace: ours }
      authentication: LOGIN
    expect:
      kafka: "BROKER"
      topic: TOPIC
      key: "${nonce}"
      value: { article: 7 }
      headers: { trace: ours }
      authentication: LOGIN
      count: 1
    within: 20s
"#;

fn probe(broker: &str, topic: &str, login: &str) -> String {
    PROBE.replace("BROKER", broker).replace("TOPIC", topic).replace("LOGIN", login)
}

/// A secret as MSK wants it; answers how a probe names it.
async fn secret(account: &Account, name: &str, password: &str) -> String {
    format!("{{ scram: \"{}\" }}", kept(account, name, password).await)
}

/// A secret as MSK wants it; answers its ARN.
pub(super) async fn kept(account: &Account, name: &str, password: &str) -> String {
    keep(account, name, &json!({ "username": NAME, "password": password }).to_string()).await
}

async fn keep(account: &Account, name: &str, held: &str) -> String {
    let secrets = aws_sdk_secretsmanager::Client::new(&aws::config(account));
    let made = secrets.create_secret().name(format!("AmazonMSK_{name}")).secret_string(held);
    made.send().await.unwrap().arn().unwrap().to_owned()
}

async fn tried(account: &Account, stack: &str) -> Vec<Inspected> {
    let stand = Stand::make_of(account, stack).await;
    stand.verify("probe", patient()).await
}

#[tokio::test]
async fn a_record_comes_back_among_those_of_others() {
    let (kafka, account) = (Kafka::start(), ministack_enforcing_tls().account());
    kafka.topic("orders", 3).await;
    for partition in 0..3 {
        kafka
            .write("orders", partition, r#"{"id":"ccprov-0123456789abcdef-60","article":7}"#)
            .await;
    }
    let by_scram = secret(&account, "orders", PASSWORD).await;
    for login in ["iam", &by_scram] {
        let stack = probe(kafka.address(), "orders", login);
        let others = async {
            for number in 0.. {
                kafka.write("orders", number % 3, r#"{"id":"theirs","article":7}"#).await;
            }
        };
        let results = tokio::select! {
            results = tried(&account, &stack) => results,
            () = others => unreachable!("others write for as long as it takes"),
        };
        assert_eq!(told(&results), ["a_record_comes_back: passed"], "{results:#?}");
    }
}

/// As often as the probe says, each a record of its own.
#[tokio::test]
async fn what_is_sent_times_over_is_there_as_often() {
    let (kafka, account) = (Kafka::start(), ministack_enforcing_tls().account());
    kafka.topic("orders", 3).await;
    let thrice = |count: u32| {
        let sent = "authentication: iam\n      times: 3\n    expect:";
        let stack = probe(kafka.address(), "orders", "iam").replace("20s", "2s");
        let stack = stack.replacen("authentication: iam\n    expect:", sent, 1);
        stack.replace("count: 1", &format!("count: {count}"))
    };
    let results = tried(&account, &thrice(3)).await;
    assert_eq!(told(&results), ["a_record_comes_back: passed"], "{results:#?}");
    // Another three come later, to see that nothing more comes of the first.
    let first = seen(&results).into_iter().take_while(|seen| !seen.starts_with("awaiting"));
    let wrote = first.filter(|seen| seen.starts_with("wrote record")).count();
    assert_eq!(wrote, 3, "{results:#?}");
    for other in [1, 2, 4] {
        let results = tried(&account, &thrice(other)).await;
        let findings = results.iter().flat_map(|it| it.verdict.findings());
        let found: Vec<_> = findings.map(|it| it.actual.clone()).collect();
        assert_eq!(found, [Some(json!(3))], "{other}: {results:#?}");
    }
}

#[tokio::test]
async fn what_does_not_come_back_is_told() {
    let (kafka, account) = (Kafka::start(), ministack_enforcing_tls().account());
    kafka.topic("orders", 1).await;
    let stack = probe(kafka.address(), "orders", "iam").replace("20s", "1s");
    let check = async |from: &str, to: &str, expected: &str| {
        let results = tried(&account, &stack.replace(from, to)).await;
        let findings = results.iter().flat_map(|it| it.verdict.findings());
        let found: Vec<&str> = findings.map(|it| it.message.as_str()).collect();
        assert!(found.len() == 1 && found[0].contains(expected), "{expected}: {results:#?}");
    };
    check("value: { article: 7 }", "value: { article: 8 }", "differs at `value.article`").await;
    check("value: { article: 7 }", "contains: other", "differs at `value`").await;
    check("count: 1", "count: 2", "the number of records of ours in topic orders").await;
    let other = format!("kafka: \"{}\"\n      topic: orders\n      key", kafka.address());
    kafka.topic("returns", 1).await;
    let elsewhere = stack.replacen(&other, &other.replace("orders", "returns"), 1);
    let results = tried(&account, &elsewhere).await;
    let findings = results.iter().flat_map(|it| it.verdict.findings());
    let found: Vec<&str> = findings.map(|it| it.message.as_str()).collect();
    assert!(found[0].starts_with("there are no records of ours in topic orders"), "{found:?}");
}

/// Which step did not go well, and what is told of it.
#[tokio::test]
async fn who_does_not_come_through_is_told_where() {
    let (kafka, account) = (Kafka::start(), ministack_enforcing_tls().account());
    kafka.topic("orders", 1).await;
    let right = secret(&account, "right", PASSWORD).await;
    let wrong = secret(&account, "wrong", WRONG).await;
    let odd = keep(&account, "odd", PASSWORD).await;
    let odd = format!("{{ scram: \"{odd}\" }}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = closed.to_string();
    let broker = kafka.address();
    let check = async |account: &Account, stack: &str, expected: [&str; 2]| {
        let results = tried(account, stack).await;
        let Verdict::CouldNotLook { error } = &results[0].verdict else {
            panic!("{expected:?}: {results:#?}")
        };
        let said = format!("{error}\n{}", error.hint.as_deref().unwrap_or_default());
        assert!(expected.iter().all(|part| said.contains(part)), "{expected:?}: {said}");
        let all = format!("{results:#?}");
        assert!(![PASSWORD, WRONG].iter().any(|secret| all.contains(secret)), "{all}");
    };
    let name = probe("nowhere.invalid:9096", "orders", &right);
    check(&account, &name, ["answered UnknownHost: nowhere.invalid:9096", "resolver"]).await;
    let port = probe(&closed, "orders", &right);
    check(&account, &port, ["answered Unreachable", "security group"]).await;
    let stranger = ministack().account();
    let unknown = secret(&stranger, "right", PASSWORD).await;
    let tls = probe(broker, "orders", &unknown);
    check(&stranger, &tls, ["answered NoTls: ", "AWS_CA_BUNDLE"]).await;
    let login = probe(broker, "orders", &wrong);
    check(&account, &login, ["answered NotAuthenticated: ", "associated with the cluster"]).await;
    let stand = Stand::make_of(&account, &probe(broker, "orders", "iam")).await;
    let stand = stand.seen_by(&user(&account).await).await;
    let results = stand.verify("probe", patient()).await;
    let Verdict::CouldNotLook { error } = &results[0].verdict else { panic!("{results:#?}") };
    assert!(error.to_string().ends_with("NotAuthenticated: the token was refused"), "{error}");
    let silent = probe(broker, "orders", "").replace("      authentication: \n", "");
    check(&account, &silent, ["kafka-cluster:Connect", "say who we are"]).await;
    let topic = probe(broker, "missing", &right);
    check(&account, &topic, ["answered UnknownTopicOrPartition", "create it"]).await;
    let held = probe(broker, "orders", &odd);
    check(&account, &held, ["it holds no name and password", "username"]).await;
    let absent =
        "{ scram: \"arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_none\" }";
    let absent = probe(broker, "orders", absent);
    check(&account, &absent, ["read the secret", "ResourceNotFoundException"]).await;
}

/// Whatever is written: what the command says, its report, its trace.
#[tokio::test]
async fn no_password_and_no_token_is_told() {
    let (kafka, account) = (Kafka::start(), ministack_enforcing_tls().account());
    kafka.topic("orders", 1).await;
    let right = secret(&account, "right", PASSWORD).await;
    let wrong = secret(&account, "wrong", WRONG).await;
    for (login, code) in [(right.as_str(), 0), ("iam", 0), (wrong.as_str(), 1)] {
        let stack = probe(kafka.address(), "orders", login);
        let desk = Desk::with(account.clone(), &stack);
        let told = tokio::task::spawn_blocking(move || {
            let said = desk.must("verify stack.yaml --only probe --json --trace trace.jsonl", code);
            format!("{said:?}{}", std::fs::read_to_string(desk.path("trace.jsonl")).unwrap())
        });
        let told = told.await.unwrap();
        // How a token begins: `https://kafka.us-east-1.`
        let secrets = [PASSWORD, WRONG, "aHR0cHM6Ly9rYWZrYS51cy1lYXN0LTEu"];
        assert!(!secrets.iter().any(|secret| told.contains(secret)), "{told}");
        assert!(told.contains("GetSecretValue") || login == "iam", "{told}");
    }
}

//! Files of somebody else's: a checkout with links, pipes and devices in it, and
//! words that are orders to whoever shows them.

use std::fs;
use std::os::unix::fs::symlink;

use super::Desk;
use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::emulator;

const STACK: &str = "stack: dev\nregion: us-east-1\nresources: {}\n";

fn checkout() -> Ccprov {
    let ccprov = Ccprov::offline().at_home();
    fs::create_dir(ccprov.home().join("stacks")).unwrap();
    fs::write(ccprov.home().join("stacks/dev.yaml"), STACK).unwrap();
    ccprov
}

#[test]
fn the_folder_of_stacks_may_hold_anything() {
    let ccprov = checkout();
    let at = |name: &str| ccprov.home().join("stacks").join(name);
    symlink("/dev/zero", at("a.yaml")).unwrap();
    symlink("/dev/stdin", at("b.yaml")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("c.yaml")).status().unwrap().success());
    fs::create_dir(at("d.yaml")).unwrap();
    fs::write(at("e.yaml"), vec![b'#'; 2 * 1024 * 1024]).unwrap();
    fs::write(at("f\u{1b}[2J\u{202e}.yaml"), "stack: [").unwrap();
    fs::remove_file(at("f\u{1b}[2J\u{202e}.yaml")).unwrap();
    let told = ccprov.run(&["validate"]);
    assert_eq!(told.code, Some(0), "{told}");
    for (name, why) in [
        ("a", "is a link out of the stack's reach"),
        // Where standard input leads depends on who starts it.
        ("b", ""),
        ("c", "it is a pipe, and not a file"),
        ("d", "it is a folder"),
        ("e", "it is larger than 1 MiB"),
    ] {
        let said = told
            .stderr
            .lines()
            .any(|line| line.contains(&format!("stacks/{name}.yaml")) && line.contains(why));
        assert!(said, "{name} {why}: {told}");
    }
    // Two of them, one with a name that clears the screen.
    fs::write(at("f\u{1b}[2J\u{202e}\n::error::x.yaml"), STACK).unwrap();
    let told = ccprov.run(&["validate"]);
    assert_eq!(told.code, Some(1), "{told}");
    assert!(told.stderr.contains(r"stacks/f\u001b[2J\u202e"), "{told}");
    assert!(told.stderr.lines().all(|line| !line.trim_start().starts_with("::")), "{told}");
}

#[test]
fn nothing_of_a_file_out_of_reach_is_told() {
    let ccprov = checkout();
    let at = |name: &str| ccprov.home().join(name);
    let elsewhere = tempfile::tempdir().unwrap();
    let token = elsewhere.path().join("token");
    fs::write(&token, "ghp_a-very-secret-token").unwrap();
    symlink(&token, at("stacks/out.yaml")).unwrap();
    symlink(&token, at("out.plan")).unwrap();
    fs::write(at(".env"), "PASSWORD=a-very-secret-token").unwrap();
    fs::write(at("stacks/env.yaml"), "stack: dev\nextends: ../.env").unwrap();
    for line in ["validate stacks/out.yaml", "validate stacks/env.yaml", "apply --plan out.plan"] {
        let told = ccprov.run(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(told.code, Some(1), "{told}");
        assert!(!told.to_string().contains("secret-token"), "{told}");
    }
    for (path, why) in [("/dev/zero", "a device"), ("out.plan", "a link out of its folder")] {
        let told = ccprov.run(&["apply", "--plan", path]);
        assert!(told.stderr.contains(&format!("{path} cannot be read: it is {why}")), "{told}");
    }
    let told = ccprov.env("AWS_CA_BUNDLE", "/dev/zero").run(&["list"]);
    assert!(told.stderr.contains("AWS_CA_BUNDLE names /dev/zero: it is a device"), "{told}");
}

/// What lives in AWS was written by somebody, too.
#[tokio::test]
async fn nobody_s_words_are_orders() {
    let account = emulator::ministack().account();
    let stack = r###"
stack: dev
region: us-east-1
vars: { name: "##[set-output name=approved]true" }
resources:
  topic: { kind: sns_topic, display_name: "${var.name}" }
  queue: { kind: sqs_queue, policy: { Statement: [{ Sid: Own, Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*" }] } }
outputs:
  text: "one\n::error::two\n##[error]three"
"###;
    let desk = Desk::with(account.clone(), stack);
    desk.must("apply -y stack.yaml", 0);
    // No stack file may state such a tag, and AWS need not take it: an emulator does.
    let sns = aws_sdk_sns::Client::new(&aws::config(&account));
    let topics = sns.list_topics().send().await.unwrap();
    let tag = aws_sdk_sns::types::Tag::builder().key("turned\u{202e}").value("a ::b:: ##vso[c]");
    let tagging = sns.tag_resource().resource_arn(topics.topics()[0].topic_arn().unwrap());
    tagging.tags(tag.build().unwrap()).send().await.unwrap();
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&account));
    let url = sqs.get_queue_url().queue_name("dev-queue").send().await.unwrap();
    let hostile = r#"{"Version":"2012-10-17","Statement":[{"Sid":"\u001b[2J\u001b[Hx\nPlan: 0 to add",
        "Effect":"Allow","Principal":{"AWS":"*"},"Action":"sqs:*","Resource":"\u0001topic\u0003arn\u0002"}]}"#;
    let policy = aws_sdk_sqs::types::QueueAttributeName::Policy;
    let set = sqs.set_queue_attributes().queue_url(url.queue_url().unwrap());
    set.attributes(policy, hostile).send().await.unwrap();
    sqs.create_queue()
        .queue_name("stranger")
        .tags("ccprov:stack", "evil\u{202e}\n::error::x")
        .tags("ccprov:address", "a")
        .send()
        .await
        .unwrap();
    for line in [
        "plan stack.yaml",
        "plan --json stack.yaml",
        "plan --all stack.yaml",
        "output stack.yaml",
        "output --format json stack.yaml",
        "list",
        "list --json",
        "verify --json stack.yaml",
        "verify stack.yaml",
        "destroy stack.yaml",
        "apply -y --json stack.yaml",
    ] {
        let told = desk.run(line);
        for text in [&told.stdout, &told.stderr] {
            let bad =
                text.chars().find(|c| (c.is_control() && !"\n\t".contains(*c)) || *c == '\u{202e}');
            assert_eq!(bad, None, "{told}");
            assert!(!text.contains("##[") && !text.contains("##vso["), "{told}");
            let forged =
                |line: &str| line.trim_start().starts_with("::") || line == "Plan: 0 to add";
            assert!(!text.lines().any(forged), "{told}");
        }
    }
    // Who reads it as data gets it as it is.
    let raw = desk.must("output --format raw --name text stack.yaml", 0);
    assert_eq!(raw.stdout, "one\n::error::two\n##[error]three\n");
}

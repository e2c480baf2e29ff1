//! How often several stacks of one command wait for the network, and what they ask for
//! together: counted, never timed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::time::Duration;

use ccprov::model::CallRecord;
use ccprov::report::rounds;

use crate::support::binary::Ccprov;
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator;
use crate::support::trace;

/// Long against what is computed between two calls, for twenty stacks and on a busy machine.
const DELAY: Duration = Duration::from_millis(500);

/// An account far away, in which some files are worked on.
struct Far {
    ccprov: Ccprov,
    files: Vec<String>,
    _proxy: DelayProxy,
}

impl Far {
    fn with(files: &[(String, String)]) -> Self {
        let account = emulator::ministack().account();
        let proxy = DelayProxy::start(&account.endpoint, DELAY);
        let ccprov = Ccprov::on(&account.through(&proxy.url())).at_home();
        for (name, text) in files {
            fs::write(ccprov.home().join(name), text).unwrap();
        }
        let files = files.iter().map(|(name, _)| name.clone()).collect();
        Self { ccprov, files, _proxy: proxy }
    }

    /// The calls of a command on all of them.
    fn calls(&self, command: &str) -> Vec<CallRecord> {
        let mut line: Vec<&str> = command.split(' ').chain(["--trace", "trace.json"]).collect();
        line.extend(self.files.iter().map(String::as_str));
        let run = self.ccprov.run(&line);
        assert_eq!(run.code, Some(0), "{run}");
        trace::calls(&fs::read_to_string(self.ccprov.home().join("trace.json")).unwrap())
    }
}

/// The rounds of an apply of some files, in an account of its own.
fn rounds_of(files: &[(String, String)]) -> usize {
    rounds(&Far::with(files).calls("apply -y"))
}

fn small(name: &str, more: &str) -> (String, String) {
    let text = format!(
        "stack: {name}\nregion: us-east-1\n{more}resources: {{ queue: {{ kind: sqs_queue }} }}\n\
         outputs: {{ queue: \"${{queue.arn}}\" }}\n"
    );
    (format!("{name}.yaml"), text)
}

#[test]
fn many_stacks_take_as_many_rounds_as_one() {
    let one = rounds_of(&[small("s0", "")]);
    let many: Vec<_> = (0..20).map(|number| small(&format!("s{number}"), "")).collect();
    let many = rounds_of(&many);
    assert!(many <= one, "one takes {one} rounds, twenty take {many}");
}

/// What is asked of indexes, whoever asks.
const INDEXES: [&str; 3] = ["tag:GetResources", "iam:ListRoles", "iam:ListPolicies"];
/// What a look at a topic asks for its tags.
const TAGS: &str = "sns:ListTagsForResource";
/// How often SNS admits that: so many at once after a rest, and so many a second
/// (`src/aws/services/sns/told.rs`).
const TAGS_A_SECOND: u32 = 10;

fn system(number: usize) -> (String, String) {
    let trust = "{ Version: \"2012-10-17\", Statement: [{ Effect: Allow, Action: \"sts:AssumeRole\", \
                 Principal: { Service: lambda.amazonaws.com } }] }";
    let text = format!(
        "stack: s{number}\nregion: us-east-1\nresources:\n  topic: {{ kind: sns_topic }}\n  \
         queue: {{ kind: sqs_queue }}\n  role: {{ kind: iam_role, assume_role_policy: {trust} }}\n"
    );
    (format!("s{number}.yaml"), text)
}

/// Nothing but what is read of each topic has to wait: SNS tells the tags of ten topics at once, and then
/// of one in a tenth of a second, which is a fifth of a round. An apply of twenty systems looks at
/// twenty topics before and after, and so may take 6 rounds more than one of one system.
#[test]
fn twenty_stacks_ask_the_indexes_as_often_as_one() {
    let one = Far::with(&[system(0)]);
    let twenty = Far::with(&(0..20).map(system).collect::<Vec<_>>());
    for command in ["plan", "apply -y", "plan --detailed-exitcode", "destroy -y"] {
        let (one, twenty) = (one.calls(command), twenty.calls(command));
        for index in INDEXES {
            assert_eq!(count(&twenty, index), count(&one, index), "{command}: {index}");
        }
        let in_line = count(&twenty, TAGS).saturating_sub(TAGS_A_SECOND);
        let waiting = Duration::from_secs(1) / TAGS_A_SECOND * in_line;
        let more = waiting.as_millis().div_ceil(DELAY.as_millis());
        let (most, took) = (rounds(&one) + usize::try_from(more).unwrap(), rounds(&twenty));
        assert!(took <= most, "{command}: twenty take {took} rounds, and may take {most}");
    }
}

fn count(calls: &[CallRecord], name: &str) -> u32 {
    let is_it = |call: &&CallRecord| name.split_once(':') == Some((&call.service, &call.operation));
    calls.iter().filter(is_it).count().try_into().unwrap()
}

#[test]
fn what_several_use_is_looked_at_once() {
    let users = |number: usize| small(&format!("s{number}"), "uses: { base: base.yaml }\n");
    let tagged = |(file, text): (String, String)| {
        (file, text.replace("sqs_queue", "sqs_queue, tags: { of: \"${base.queue}\" }"))
    };
    let mut files: Vec<_> = (0..5).map(users).map(tagged).collect();
    files.push(small("base", ""));
    let far = Far::with(&files);
    far.calls("apply -y");
    let users = Far { files: far.files[..5].to_vec(), ..far };
    let calls = users.calls("plan --detailed-exitcode");
    let looks = calls.iter().filter(|call| call.object.as_deref() == Some("sqs_queue base-queue"));
    let mut looks: Vec<&str> = looks.map(|call| call.operation.as_str()).collect();
    looks.sort_unstable();
    assert_eq!(looks, ["GetQueueAttributes", "ListQueueTags"]);
}

#[test]
fn a_chain_takes_as_many_rounds_as_it_is_long() {
    let one = rounds_of(&[small("a", "")]);
    let uses = |of: &str| format!("uses: {{ {of}: {of}.yaml }}\n");
    let tagged = |name: &str, of: &str| {
        let (file, text) = small(name, &uses(of));
        let queue = format!("sqs_queue, tags: {{ of: \"${{{of}.queue}}\" }}");
        (file, text.replace("sqs_queue", &queue))
    };
    let chain = rounds_of(&[small("a", ""), tagged("b", "a"), tagged("c", "b")]);
    assert!(chain <= 3 * one, "one takes {one} rounds, a chain of three takes {chain}");
}

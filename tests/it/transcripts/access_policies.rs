//! Policies that are asked for before there are any rights.

use serde_json::Value;

use crate::support::binary::Ccprov;

const STACK: &str = "
stack: claims
region: us-east-1
account: '000000000000'
resources:
  queue: { kind: sqs_queue }
";

#[test]
fn a_stack_that_says_where_it_lives_needs_no_credentials() {
    let ccprov = Ccprov::offline().at_home();
    std::fs::write(ccprov.home().join("stack.yaml"), STACK).unwrap();
    let told = ccprov.run(&["iam", "--for", "plan", "stack.yaml"]);
    assert_eq!(told.code, Some(0), "{told}");
    let policy: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
}

#[test]
fn what_is_too_long_for_iam_is_told_in_parts() {
    let ccprov = Ccprov::offline().at_home();
    let queue = |number| format!("  a-queue-with-a-long-name-{number}: {{ kind: sqs_queue }}");
    let queues = (0..60).map(queue).collect::<Vec<_>>().join("\n");
    std::fs::write(ccprov.home().join("stack.yaml"), format!("{STACK}{queues}")).unwrap();
    let all = ccprov.run(&["iam", "--for", "verify", "stack.yaml"]);
    assert_eq!(all.code, Some(0), "{all}");
    assert!(all.stderr.contains("a managed policy takes 6144"), "{all}");
    let parts: Vec<Value> = serde_json::from_str(&all.stdout).unwrap();
    assert!(parts.len() > 1, "{all}");
    for (index, part) in parts.iter().enumerate() {
        let number = (index + 1).to_string();
        let told = ccprov.run(&["iam", "--for", "verify", "stack.yaml", "--part", &number]);
        assert_eq!(&serde_json::from_str::<Value>(&told.stdout).unwrap(), part, "{told}");
    }
    let beyond = (parts.len() + 1).to_string();
    let told = ccprov.run(&["iam", "--for", "verify", "stack.yaml", "--part", &beyond]);
    assert_eq!(told.code, Some(1), "{told}");
}

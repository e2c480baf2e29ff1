//! A user who may do what a policy of `ccprov iam` says, and nothing else.

use ccprov::aws::grant::permission;
use ccprov::model::{CloudError, ErrorClass};
use serde_json::{Value, json};

use super::lies::Misjudged;
use crate::support::aws;
use crate::support::emulator::Account;

/// A user of an account. Without a policy it may do nothing.
pub(crate) struct User {
    iam: aws_sdk_iam::Client,
    name: String,
    /// The account, as the user calls it.
    pub(crate) account: Account,
}

impl User {
    pub(crate) async fn new(root: &Account, name: &str) -> Self {
        let iam = aws_sdk_iam::Client::new(&aws::config(root));
        iam.create_user().user_name(name).send().await.expect("a user");
        let key = iam.create_access_key().user_name(name).send().await.expect("a key");
        let key = key.access_key().expect("a key");
        let account = Account {
            access_key: key.access_key_id().to_owned(),
            secret_key: key.secret_access_key().to_owned(),
            ..root.clone()
        };
        Self { iam, name: name.to_owned(), account }
    }

    /// Has this policy from now on, and no other.
    pub(crate) async fn may(&self, policy: &Value) {
        let put = self.iam.put_user_policy().user_name(&self.name).policy_name("only");
        put.policy_document(policy.to_string()).send().await.expect("a policy");
    }
}

/// The same policy, where each of some emulator's errors has a statement of its
/// own: for the resource that the emulator asks for, under the same conditions
/// and for no other action.
pub(crate) fn forgiving<'a>(
    policy: &Value,
    account: &str,
    stack: &str,
    errors: impl IntoIterator<Item = &'a Misjudged>,
) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().expect("statements");
    let granted = statements.clone();
    for error in errors {
        for statement in &granted {
            let actions = statement["Action"].as_array().expect("actions").iter();
            let meant =
                |action: &&Value| action.as_str().is_some_and(|it| it.contains(error.action));
            let actions: Vec<&Value> = actions.filter(meant).collect();
            if actions.is_empty() {
                continue;
            }
            let mut more = statement.clone();
            more["Sid"] = json!(format!("Misjudged{}", statements.len()));
            more["Action"] = json!(actions);
            more["Resource"] =
                json!(error.asks_for.replace("ACCOUNT", account).replace("STACK", stack));
            if error.knows_no_tags() {
                more["Condition"] = json!({});
            }
            statements.push(more);
        }
    }
    policy
}

/// Whether a refusal is such an error.
pub(crate) fn is_behind(error: &Misjudged, refusal: &CloudError) -> bool {
    refusal.class == ErrorClass::Denied && permission(&refusal.operation).contains(error.action)
}

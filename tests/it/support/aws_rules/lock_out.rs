//! KMS takes no key policy after which its author could write no other.

use serde_json::Value;

use super::policy::{Asker, allows};
use crate::support::fault_proxy::Fault;
use crate::support::request::Request;

const LOCKS_OUT: Fault = Fault::Says(
    400,
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
);

/// Only the account is asked, because only its root user calls here. Anybody
/// else whom the policy leaves to the account would need a permission of IAM.
pub(super) fn refusal(request: &Request, account: &str) -> Option<Fault> {
    let call = request.call();
    let sets_policy = call.is("kms", "CreateKey") || call.is("kms", "PutKeyPolicy");
    if !sets_policy || request.is_true("BypassPolicyLockoutSafetyCheck") {
        return None;
    }
    // Without one, KMS writes its own, which leaves all to the account.
    let policy: Value = serde_json::from_str(&request.json("Policy")?).unwrap_or_default();
    let may_repair = allows(&policy, &Asker::root(account), "kms:PutKeyPolicy");
    (!may_repair).then_some(LOCKS_OUT)
}

//! Changing one key: what follows what, and one function for each call.

use std::collections::BTreeMap;

use aws_sdk_kms::types::Tag;

use super::{Spec, WINDOW_TAG, longest_window, symmetric};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::aws::turnover::{KeyCase, TagChange};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Owner, Status};

/// What an update does in order; everything else is independent.
#[expect(clippy::struct_excessive_bools, reason = "each is a step that is taken or not")]
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Steps {
    /// Cancel the deletion. Leaves the key disabled.
    pub(super) revive: bool,
    /// Rotation and use need an enabled key.
    pub(super) enable: bool,
    pub(super) rotate: bool,
    /// At the end, because of the rotation.
    pub(super) disable: bool,
}

impl Steps {
    pub(super) fn of(change: &Changing<'_, Spec>) -> Self {
        let (want, have) = (&change.want.spec, &change.have);
        let revive = matches!(change.live.status, Status::Deleting(_));
        // A key pending deletion shows no rotation, whatever it comes back with.
        let rotate = want.key_spec == symmetric()
            && (revive
                || change.touches("enable_key_rotation")
                || change.touches("rotation_period_in_days"));
        let decides = revive || change.touches("is_enabled");
        let to_be_enabled = if decides { want.is_enabled } else { have.is_enabled };
        let enable = !have.is_enabled && (to_be_enabled || rotate);
        let disable = !to_be_enabled && (have.is_enabled || enable);
        Self { revive, enable, rotate, disable }
    }
}

/// A key that was made, enabled or brought back moments ago is not so
/// everywhere yet: its absence or state is worth another try.
pub(super) fn settling(error: CloudError) -> CloudError {
    let class = match error.class {
        ErrorClass::Absent => ErrorClass::Transient,
        ErrorClass::NotYet(_) if error.code != "MalformedPolicyDocumentException" => {
            ErrorClass::Transient
        }
        other => other,
    };
    CloudError { class, ..error }
}

/// The user's tags, the owner's, and the deletion window.
pub(super) fn tags(spec: &Spec, owner: &Owner) -> Vec<Tag> {
    sdk_tags(all_tags(spec, spec.tags.with_owner(owner)))
}

fn all_tags(spec: &Spec, mut all: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if spec.deletion_window_in_days != longest_window() {
        all.insert(WINDOW_TAG.into(), spec.deletion_window_in_days.to_string());
    }
    all
}

fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<Tag> {
    // Building fails only without a key or a value.
    tags.into_iter()
        .filter_map(|(key, value)| Tag::builder().tag_key(key).tag_value(value).build().ok())
        .collect()
}

pub(super) async fn write_tags(aws: &Aws, id: &str, change: &Changing<'_, Spec>) -> Answer<()> {
    if !(change.touches_tags() || change.touches("deletion_window_in_days")) {
        return Ok(());
    }
    let name = &change.want.identity;
    let before = all_tags(&change.have, change.tags_had(&change.have.tags));
    let after = all_tags(&change.want.spec, change.want.spec.tags.with_owner(&change.want.owner));
    let put = |tags| async move {
        let call = aws.session.clients.kms.tag_resource().key_id(id);
        let answer = call.set_tags(Some(sdk_tags(tags))).send().await;
        answer.attempting("kms:TagResource", || format!("tag key {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = aws.session.clients.kms.untag_resource().key_id(id).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("kms:UntagResource", || format!("untag key {name}"))?;
        Ok(())
    };
    TagChange::between(&before, &after, KeyCase::Told).make(put, remove).await
}

pub(super) async fn write_policy(aws: &Aws, id: &str, change: &Changing<'_, Spec>) -> Answer<()> {
    let Some(policy) = change.want.spec.policy.as_ref().filter(|_| change.touches("policy")) else {
        return Ok(());
    };
    let call = aws.session.clients.kms.put_key_policy().key_id(id).policy_name("default");
    let answer = call.policy(policy.text()).send().await;
    let name = &change.want.identity;
    answer.attempting("kms:PutKeyPolicy", || format!("write the policy of key {name}"))?;
    Ok(())
}

pub(super) async fn write_description(
    aws: &Aws,
    id: &str,
    change: &Changing<'_, Spec>,
) -> Answer<()> {
    if !change.touches("description") {
        return Ok(());
    }
    let call = aws.session.clients.kms.update_key_description().key_id(id);
    let answer = call.description(&change.want.spec.description).send().await;
    let name = &change.want.identity;
    answer.attempting("kms:UpdateKeyDescription", || format!("describe key {name}"))?;
    Ok(())
}

/// One call both enables the rotation and changes its period.
pub(super) async fn write_rotation(aws: &Aws, id: &str, spec: &Spec) -> Answer<()> {
    if spec.enable_key_rotation == Some(true) {
        let days = spec.rotation_period_in_days.and_then(|days| i32::try_from(days).ok());
        let call = aws.session.clients.kms.enable_key_rotation().key_id(id);
        let answer = call.set_rotation_period_in_days(days).send().await;
        answer.attempting("kms:EnableKeyRotation", || format!("let key {id} rotate"))?;
    } else {
        let answer = aws.session.clients.kms.disable_key_rotation().key_id(id).send().await;
        answer.attempting("kms:DisableKeyRotation", || format!("stop the rotation of {id}"))?;
    }
    Ok(())
}

pub(super) async fn enable(aws: &Aws, id: &str) -> Answer<()> {
    let answer = aws.session.clients.kms.enable_key().key_id(id).send().await;
    answer.attempting("kms:EnableKey", || format!("enable key {id}"))?;
    Ok(())
}

pub(super) async fn disable(aws: &Aws, id: &str) -> Answer<()> {
    let answer = aws.session.clients.kms.disable_key().key_id(id).send().await;
    answer.attempting("kms:DisableKey", || format!("disable key {id}"))?;
    Ok(())
}

/// The state in which a call cannot do what it is for.
const WRONG_STATE: &str = "KMSInvalidStateException";

/// Takes a key back from its waiting period. It is disabled afterwards.
pub(super) async fn revive(aws: &Aws, id: &str) -> Answer<()> {
    let answer = aws.session.clients.kms.cancel_key_deletion().key_id(id).send().await;
    let answer =
        answer.attempting("kms:CancelKeyDeletion", || format!("cancel the deletion of key {id}"));
    match answer {
        // It was taken back by an earlier attempt: nothing else is refused so.
        Err(error) if error.code == WRONG_STATE => Ok(()),
        other => other.map(drop),
    }
}

pub(super) async fn schedule_deletion(aws: &Aws, id: &str, days: i32) -> Answer<()> {
    let call = aws.session.clients.kms.schedule_key_deletion().key_id(id);
    let answer = call.pending_window_in_days(days).send().await;
    let answer = answer
        .attempting("kms:ScheduleKeyDeletion", || format!("schedule the deletion of key {id}"));
    match answer {
        Err(error) if error.code == WRONG_STATE && error.message.contains("pending deletion") => {
            Ok(())
        }
        other => other.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::kind::Wanted;
    use crate::aws::kind::{Before, Sent};
    use crate::model::{Address, Facts, FieldDiff, Identity, InFlight, Live, Path};

    /// A spec in which nothing is left to settle that these tests touch.
    fn spec(mut document: Value) -> Spec {
        document["alias"] = json!("alias/k");
        serde_json::from_value(document).unwrap()
    }

    /// What an update of these fields does, in the letters of its steps.
    fn steps(want: Value, have: Value, status: Status, touched: &[&str]) -> String {
        let (want, have) = (spec(want), spec(have));
        let live = Live {
            kind: "kms_key".into(),
            identity: Identity("alias/k".into()),
            document: serde_json::Map::new(),
            facts: Facts::new(),
            owner: None,
            status,
            holdings: None,
            parent: None,
            held: None,
            remark: None,
        };
        let diff: Vec<FieldDiff> =
            touched.iter().map(|field| FieldDiff::new(Path::field(*field), None, None)).collect();
        let owner = Owner::new("dev", Address::new("key"));
        let (before, sent) = (Before::default(), Sent::default());
        let want = Wanted { identity: "alias/k".into(), spec: want, owner, before, sent };
        let Steps { revive, enable, rotate, disable } =
            Steps::of(&Changing { want, have, live: &live, diff: &diff });
        [(revive, "revive"), (enable, "enable"), (rotate, "rotate"), (disable, "disable")]
            .iter()
            .filter_map(|(does, step)| does.then_some(*step))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_key_is_enabled_for_as_long_as_its_rotation_needs_it() {
        let (on, off) = (|| json!({}), || json!({ "is_enabled": false }));
        let check = |want: Value, have: Value, touched: &[&str], expected: &str| {
            assert_eq!(steps(want, have, Status::Current, touched), expected, "{touched:?}");
        };
        check(on(), on(), &["policy"], "");
        check(on(), on(), &["enable_key_rotation"], "rotate");
        check(on(), off(), &["is_enabled"], "enable");
        check(off(), on(), &["is_enabled"], "disable");
        check(off(), off(), &["rotation_period_in_days"], "enable rotate disable");
        // Whether it is enabled is none of our business here.
        check(on(), off(), &["enable_key_rotation"], "enable rotate disable");
    }

    #[test]
    fn a_key_that_comes_back_is_disabled_and_may_rotate_otherwise() {
        let deleting = || Status::Deleting(String::new());
        let (on, off) = (|| json!({}), || json!({ "is_enabled": false }));
        assert_eq!(steps(on(), off(), deleting(), &["status"]), "revive enable rotate");
        assert_eq!(steps(off(), off(), deleting(), &["status"]), "revive enable rotate disable");
        let hmac = json!({
            "key_spec": "HMAC_256", "key_usage": "GENERATE_VERIFY_MAC", "is_enabled": false
        });
        assert_eq!(steps(hmac.clone(), hmac, deleting(), &["status"]), "revive");
    }

    #[test]
    fn a_fresh_key_may_not_be_seen_everywhere() {
        let class = |class: ErrorClass, code: &str| {
            let text = String::new;
            settling(CloudError {
                attempted: text(),
                operation: text(),
                class,
                code: code.into(),
                message: text(),
                request_id: None,
                hint: None,
            })
            .class
        };
        let dependency = ErrorClass::NotYet(InFlight::Dependency);
        assert_eq!(class(ErrorClass::Absent, "NotFoundException"), ErrorClass::Transient);
        assert_eq!(class(dependency, WRONG_STATE), ErrorClass::Transient);
        assert_eq!(class(dependency, "MalformedPolicyDocumentException"), dependency);
        assert_eq!(class(ErrorClass::Denied, "AccessDenied"), ErrorClass::Denied);
    }
}

//! `kms_key`: a customer managed key with its alias, policy and rotation.
//!
//! The one kind whose ARN AWS chooses, and whose create call takes no client
//! token. The alias is the key's name here; [`make`] sees to it that one
//! resource gets one key, [`alias`] that the alias never leaves a living key
//! of somebody else.

mod alias;
mod grants;
mod make;
mod read;
mod write;

use futures::future::{BoxFuture, join, try_join, try_join_all, try_join4};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::read::{describe, holdings, policy, rotation, status, tags_of};
use self::write::{
    Steps, disable, enable, revive, schedule_deletion, settling, write_description, write_policy,
    write_rotation, write_tags,
};
use crate::aws::error::OrAbsent;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::names::too_long;
use crate::aws::policy::{self, Policy, Use};
use crate::aws::services::kms::fresh_keys::FreshKeys;
use crate::aws::tags::Tags;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::document::is_pending;
use crate::model::{
    Emptying, ErrorClass, Facts, Limit, Live, NameOrigin, Naming, Patience, Place, Problem, Sought,
    Status,
};

pub(crate) struct KmsKey;

/// A key. Everything left out has AWS's documented default, except that
/// rotation is on.
#[expect(clippy::struct_field_names, reason = "`key_spec` is what AWS calls it")]
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// The name by which people and ccprov find the key. Default: alias/STACK-ADDRESS.
    /// Can be changed: the new alias is made before the old one goes.
    #[schemars(length(min = 7, max = 256), regex(pattern = r"^alias/[A-Za-z0-9/_-]+$"))]
    alias: Option<String>,
    /// What the key is for.
    #[serde(default)]
    #[schemars(length(max = 8192))]
    description: String,
    /// Who may do what with the key. Left out: AWS's default key policy, which
    /// lets the account's IAM policies decide.
    policy: Option<Policy>,
    /// Let KMS make new key material every `rotation_period_in_days`; old
    /// material still decrypts. Symmetric keys only. Default: true (AWS's own is false).
    enable_key_rotation: Option<bool>,
    /// Days between rotations. Only with `enable_key_rotation`. Default: 365.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 90, max = 2560))]
    rotation_period_in_days: Option<u32>,
    /// Whether the key can be used. A disabled key decrypts nothing.
    #[serde(default = "enabled")]
    is_enabled: bool,
    /// Days between the deletion of the resource and the loss of the key. Kept
    /// at the key in the tag `ccprov:deletion-window`, unless it is 30.
    #[serde(default = "longest_window")]
    #[schemars(range(min = 7, max = 30))]
    deletion_window_in_days: i32,
    /// What the key may be used for.
    #[serde(default = "encryption")]
    #[schemars(extend("enum" = key_usages()))]
    key_usage: String,
    /// The type of key material.
    #[serde(default = "symmetric")]
    #[schemars(extend("enum" = key_specs()))]
    key_spec: String,
    /// Whether the key can be replicated into other regions. ccprov makes no replicas.
    #[serde(default)]
    multi_region: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

fn enabled() -> bool {
    true
}

/// AWS's default, and its longest.
fn longest_window() -> i32 {
    30
}

/// For a key that was made moments ago and protects nothing.
const SHORTEST_WINDOW: i32 = 7;

fn encryption() -> String {
    "ENCRYPT_DECRYPT".into()
}

fn symmetric() -> String {
    "SYMMETRIC_DEFAULT".into()
}

/// Which specs may be used for what (KMS Developer Guide, "Key spec reference").
const USES: &[(&[&str], &[&str])] = &[
    (&["SYMMETRIC_DEFAULT"], &["ENCRYPT_DECRYPT"]),
    (&["RSA_2048", "RSA_3072", "RSA_4096"], &["ENCRYPT_DECRYPT", "SIGN_VERIFY"]),
    (&["ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521"], &["SIGN_VERIFY", "KEY_AGREEMENT"]),
    (&["ECC_NIST_EDWARDS25519", "ECC_SECG_P256K1"], &["SIGN_VERIFY"]),
    (&["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"], &["SIGN_VERIFY"]),
    (&["HMAC_224", "HMAC_256", "HMAC_384", "HMAC_512"], &["GENERATE_VERIFY_MAC"]),
    (&["SM2"], &["ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT"]),
];

fn key_specs() -> Vec<&'static str> {
    USES.iter().flat_map(|(specs, _)| specs.iter().copied()).collect()
}

fn key_usages() -> [&'static str; 4] {
    ["ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"]
}

/// Where `deletion_window_in_days` lives, because KMS has no place for it.
const WINDOW_TAG: &str = "ccprov:deletion-window";

impl Kind for KmsKey {
    const NAME: &'static str = "kms_key";
    const SUMMARY: &'static str = "A customer managed KMS key with its alias, policy and rotation.";
    const NOTES: &'static str = "\
The alias is the key's identity. AWS chooses the key id, so `arn` and `key_id` are known only \
after the key was made; resources that need them wait for that one call, not for alias and rotation.

- Deleting the resource schedules the deletion of the key, `deletion_window_in_days` ahead, and \
nothing can shorten that. The alias stays with the key until then: an apply within the window \
finds the key through it, cancels the deletion and enables the key again, so that no data is lost \
and no second key is paid for.
- `deletion_window_in_days` is kept at the key, in the tag `ccprov:deletion-window`, because a \
destroy needs it and may be run without the stack file. Where there is a file, it counts.
- What is encrypted with a key cannot be counted. To take a key out of the file, or to replace it, \
needs `--allow-data-loss`; to destroy the whole stack does not, because the key can be brought back.
- A primary key with replicas, which ccprov does not make, waits until these are deleted. A plan that \
deletes it says where they are.
- Rotation is on unless the stack says otherwise. It costs a little with each of the first two \
rotations, and changes neither ids nor ARNs.
- A policy that would lock its author out is refused by AWS, and ccprov does not offer to bypass that. \
Keep the statement for the account's root (`arn:aws:iam::ACCOUNT:root`, `kms:*`).
- The policy takes 32 KB.
- A key that is replaced (another `key_spec`, `key_usage` or `multi_region`) stays in service until \
the new one is there, has the alias, and is seen to be used by what the stack has. The alias moves in one call \
between keys of one type and usage; else it is missing for a moment. What the old key encrypted cannot be \
read from the moment when its deletion is scheduled; to cancel that brings it back, until the waiting \
period is over.
- An alias that belongs to somebody else's key is never moved.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("key/minimal.yaml"), include_str!("key/production.yaml")];
    const FIXED: &'static [&'static str] = &["key_spec", "key_usage", "multi_region"];
    const MUST_EXIST: &'static [&'static str] =
        &["policy.Statement.*.Principal", "policy.Statement.Principal"];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("alias_arn", "the alias's ARN", true),
        ("alias_name", "the alias, with `alias/`", true),
        ("arn", "the key's ARN", false),
        ("key_id", "the key's id", false),
    ];
    /// KMS reads come from replicas that serve old and new values in turn for
    /// seconds, sometimes minutes.
    const PATIENCE: Patience =
        Patience::PROMPT.within(Limit::of(std::time::Duration::from_mins(5))).seen(2);
    const NAMED_BY: Option<&'static str> = Some("alias");
    const HOLDS_DATA: bool = true;
    const POLICIES: &'static [(&'static str, &'static Use)] = &[("policy", &policy::KEY)];
    const DELETED_BY: &'static [&'static str] = &["deletion_window_in_days"];
    const REVIVABLE: bool = true;
    /// What it may encrypt: what a failed deletion leaves behind can still be read.
    const NAME_MOVES: bool = true;
    const LOST: &'static str = "\
what the old key encrypted, messages in queues and objects in buckets, cannot be read once its \
deletion is scheduled; to cancel that brings it back, until the waiting period is over";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.alias.get_or_insert_with(|| format!("alias/{}", naming.default_name()));
        spec.policy = spec
            .policy
            .map(|policy| policy.in_partition(&naming.place.partition))
            .or_else(|| default_policy(&naming.place));
        let rotates = *spec.enable_key_rotation.get_or_insert(spec.key_spec == symmetric());
        if rotates {
            spec.rotation_period_in_days.get_or_insert(YEAR);
        }
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.alias.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        alias_facts(&naming.place, spec.alias.as_deref())
    }

    /// A key that lost its alias, or never got one, has no name at all.
    fn name_origin(identity: &str, default: &str, _naming: &Naming) -> NameOrigin {
        if identity == default || !identity.starts_with("alias/") {
            NameOrigin::Default
        } else {
            NameOrigin::Stated
        }
    }

    fn identify(arn: &str) -> Option<String> {
        (arn.contains(":kms:") && arn.contains(":key/")).then(|| arn.to_owned())
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        let name = sought.identity.as_str();
        let is_sought =
            |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
        // Who knows the key wants no other, whatever the alias points to by now.
        let (key, its_tags) = match &sought.arn {
            Some(arn) => join(describe(aws, arn), async { Some(tags_of(aws, arn).await) }).await,
            None => (describe(aws, name).await, None),
        };
        let Some(key) = key? else { return Ok(None) };
        let (id, arn) = (key.key_id(), key.arn().unwrap_or_default());
        let known_alias = async {
            if name.starts_with("alias/") && (sought.arn.is_none() || !is_sought("alias")) {
                return Ok(Some(name.to_owned()));
            }
            alias::of_key(aws, id, name).await
        };
        let policy = async { if is_sought("policy") { policy(aws, id).await } else { Ok(None) } };
        let rotates = is_sought("enable_key_rotation") || is_sought("rotation_period_in_days");
        let rotation = async { if rotates { rotation(aws, &key).await } else { Ok(None) } };
        let tags = async {
            match its_tags {
                Some(tags) => tags,
                None => tags_of(aws, id).await,
            }
        };
        let reads = try_join4(known_alias, policy, rotation, tags);
        // Whatever vanishes while it is read was on its way out.
        let Some((alias, policy, rotation, tags)) = reads.await.or_absent()? else {
            return Ok(None);
        };
        let window = tags.iter().find(|(key, _)| key == WINDOW_TAG);
        let window = window.and_then(|(_, days)| days.parse().ok()).unwrap_or_else(longest_window);
        let (tags, owner) = Tags::seen(tags);
        let spec = Spec {
            alias: alias.clone(),
            description: key.description.clone().unwrap_or_default(),
            policy,
            enable_key_rotation: rotates.then_some(rotation.is_some()),
            rotation_period_in_days: rotation,
            is_enabled: key.enabled,
            deletion_window_in_days: window,
            key_usage: key.key_usage.as_ref().map_or_else(encryption, ToString::to_string),
            key_spec: key.key_spec.as_ref().map_or_else(symmetric, ToString::to_string),
            multi_region: key.multi_region.unwrap_or_default(),
            tags,
        };
        let mut seen = Seen::current(spec, facts(&aws.place, arn, alias.as_deref()), owner);
        seen.identity = alias;
        seen.status = status(&key);
        seen.holdings = Some(holdings(&key));
        Ok(Some(seen))
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let (arn, is_new) = make::key(aws, want).await?;
        let facts = facts(&aws.place, &arn, Some(&want.identity));
        Ok(Made { is_new, ..Made::in_part(facts) })
    }

    async fn complete(aws: &Aws, want: &Wanted<Spec>, made: &Live) -> Answer<Facts> {
        let id = id_of(&made.facts);
        let rest = async {
            if want.spec.enable_key_rotation == Some(true) {
                write_rotation(aws, id, &want.spec).await?;
            }
            // Only an enabled key takes a rotation, so this comes second.
            if want.spec.is_enabled { Ok(()) } else { disable(aws, id).await }
        };
        match try_join(alias::give(aws, id, want), rest).await {
            Ok(_) => Ok(Facts::new()),
            Err(error) if error.class == ErrorClass::Exists => {
                // The alias is another key's. This one was made in vain.
                schedule_deletion(aws, id, SHORTEST_WINDOW).await?;
                aws.memory::<FreshKeys>().forget(&want.owner);
                Err(error)
            }
            Err(error) => Err(settling(error)),
        }
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        let id = id_of(&change.live.facts);
        let want = &change.want;
        let steps = Steps::of(change);
        if steps.revive {
            revive(aws, id).await?;
        }
        if steps.enable {
            enable(aws, id).await.map_err(settling)?;
        }
        let mut changes: Vec<BoxFuture<'_, Answer<()>>> = vec![
            Box::pin(write_policy(aws, id, change)),
            Box::pin(write_description(aws, id, change)),
            Box::pin(write_tags(aws, id, change)),
            Box::pin(alias::change(aws, id, change)),
        ];
        if steps.rotate {
            changes.push(Box::pin(write_rotation(aws, id, &want.spec)));
        }
        try_join_all(changes).await.map_err(settling)?;
        if steps.disable {
            disable(aws, id).await.map_err(settling)?;
        }
        Ok(Accepted::Done(alias_facts(&aws.place, want.spec.alias.as_deref())))
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        if matches!(have.status, Status::Deleting(_)) {
            return Ok(());
        }
        let window = have.document.get("deletion_window_in_days").and_then(Value::as_i64);
        let window = window.and_then(|days| i32::try_from(days).ok());
        schedule_deletion(aws, id_of(&have.facts), window.unwrap_or_else(longest_window)).await
    }
}

/// AWS's default rotation period.
const YEAR: u32 = 365;

/// Word for word what KMS gives a key that was made without a policy.
fn default_policy(place: &Place) -> Option<Policy> {
    let document = json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": place.global_arn("iam", "root") },
            "Action": "kms:*",
            "Resource": "*"
        }]
    });
    Policy::seen(&document.to_string(), &place.partition)
}

fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let alias = spec.alias.as_deref().unwrap_or_default();
    if !is_pending(alias) {
        if alias.starts_with("alias/aws/") {
            problems.push(Problem::of("alias", "aliases under alias/aws/ are AWS's own"));
        }
        problems.extend(too_long("alias", alias, 256, "KMS"));
    }
    let rotates = spec.enable_key_rotation == Some(true);
    if rotates && spec.key_spec != symmetric() {
        let message = "KMS rotates only keys of spec SYMMETRIC_DEFAULT";
        problems.push(Problem::of("enable_key_rotation", message).hint("leave it out"));
    }
    if !rotates && spec.rotation_period_in_days.is_some() {
        let message = "only keys with enable_key_rotation have this";
        problems.push(Problem::of("rotation_period_in_days", message));
    }
    let uses = USES.iter().find(|(specs, _)| specs.contains(&spec.key_spec.as_str()));
    if let Some((_, uses)) = uses.filter(|(_, uses)| !uses.contains(&spec.key_usage.as_str())) {
        let message = format!("a key of spec {} cannot {}", spec.key_spec, spec.key_usage);
        let hint = format!("key_usage: {}", uses.join(" or "));
        problems.push(Problem::of("key_usage", message).hint(hint));
    }
    problems
}

fn alias_facts(place: &Place, alias: Option<&str>) -> Facts {
    let facts = |alias: &str| {
        [("alias_arn", place.arn("kms", alias)), ("alias_name", alias.to_owned())]
            .map(|(fact, value)| (fact.to_owned(), value))
            .into()
    };
    alias.map(facts).unwrap_or_default()
}

fn id_of(facts: &Facts) -> &str {
    facts.get("key_id").map(String::as_str).unwrap_or_default()
}

fn facts(place: &Place, arn: &str, alias: Option<&str>) -> Facts {
    let mut facts = alias_facts(place, alias);
    facts.insert("arn".into(), arn.to_owned());
    facts.insert("key_id".into(), arn.rsplit('/').next().unwrap_or_default().to_owned());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    fn naming() -> Naming {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        Naming { stack: "dev".into(), address: Address::new("chain.key"), place }
    }

    fn settled(document: Value) -> Spec {
        KmsKey::settle(serde_json::from_value(document).unwrap(), &naming())
    }

    fn problems(document: Value) -> Vec<String> {
        check(&settled(document)).into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn what_is_left_out_is_made_explicit() {
        let plain = json!(settled(json!({})));
        let stated = json!({
            "alias": "alias/dev-chain-key",
            "deletion_window_in_days": 30,
            "description": "",
            "enable_key_rotation": true,
            "is_enabled": true,
            "key_spec": "SYMMETRIC_DEFAULT",
            "key_usage": "ENCRYPT_DECRYPT",
            "multi_region": false,
            "policy": {
                "Id": "key-default-1",
                "Statement": [{
                    "Sid": "Enable IAM User Permissions",
                    "Effect": "Allow",
                    "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                    "Action": "kms:*",
                    "Resource": "*",
                }],
                "Version": "2012-10-17",
            },
            "rotation_period_in_days": 365,
            "tags": {},
        });
        assert_eq!(plain, stated);
        let signing = settled(json!({ "key_spec": "RSA_2048", "key_usage": "SIGN_VERIFY" }));
        assert_eq!(signing.enable_key_rotation, Some(false));
        assert_eq!(signing.rotation_period_in_days, None);
    }

    #[test]
    fn fields_are_checked_against_each_other() {
        let none = Vec::<String>::new();
        assert_eq!(problems(json!({})), none);
        assert_eq!(problems(json!({ "key_spec": "SM2", "key_usage": "KEY_AGREEMENT" })), none);
        assert_eq!(
            problems(json!({ "alias": "alias/aws/sqs" })),
            ["aliases under alias/aws/ are AWS's own"]
        );
        assert_eq!(
            problems(json!({ "key_spec": "HMAC_256", "enable_key_rotation": true })),
            [
                "KMS rotates only keys of spec SYMMETRIC_DEFAULT",
                "a key of spec HMAC_256 cannot ENCRYPT_DECRYPT"
            ]
        );
        assert_eq!(
            problems(json!({ "enable_key_rotation": false, "rotation_period_in_days": 90 })),
            ["only keys with enable_key_rotation have this"]
        );
    }
}

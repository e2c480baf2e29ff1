//! Aliases: giving one to a key, and taking one over from the key before it.

use aws_sdk_kms::types::{AliasListEntry, KeyMetadata};

use super::Spec;
use super::make::{is_alike, is_alive, owner_of};
use super::read::describe;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Wanted};
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Owner};

/// The alias of a key that was found without one: the one that it should have, or
/// the first by name of those that point to it.
pub(super) async fn of_key(aws: &Aws, id: &str, expected: &str) -> Answer<Option<String>> {
    let pages = aws.session.clients.kms.list_aliases().key_id(id).into_paginator().items();
    let aliases: Vec<AliasListEntry> = pages
        .send()
        .try_collect()
        .await
        .attempting("kms:ListAliases", || format!("list the aliases of {id}"))?;
    let names = aliases.into_iter().filter_map(|alias| alias.alias_name);
    let names = names.filter(|name| !name.starts_with("alias/aws/"));
    Ok(names.min_by_key(|name| (name != expected, name.clone())))
}

/// Gives the wanted alias to a key of ours.
pub(super) async fn give(aws: &Aws, id: &str, want: &Wanted<Spec>) -> Answer<()> {
    match create(aws, id, &want.identity).await {
        Err(error) if error.class == ErrorClass::Exists => take_over(aws, id, want, error).await,
        other => other,
    }
}

/// Gives the wanted alias, then takes the old one away: never none at all.
pub(super) async fn change(aws: &Aws, id: &str, change: &Changing<'_, Spec>) -> Answer<()> {
    if !change.touches("alias") {
        return Ok(());
    }
    give(aws, id, &change.want).await?;
    match &change.have.alias {
        Some(old) if *old != change.want.identity => delete(aws, old).await,
        Some(_) | None => Ok(()),
    }
}

/// Who has the alias that we want.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// The very key that it is for: an earlier attempt got through.
    Itself,
    /// The key that this one replaces, or that is pending deletion.
    Predecessor,
    /// Anybody else.
    Other(String),
}

impl Holder {
    fn of(key: &KeyMetadata, owner: Option<&Owner>, id: &str, want: &Wanted<Spec>) -> Self {
        let holder = key.key_id();
        match owner {
            _ if holder == id => Self::Itself,
            Some(owner) if want.is_its(owner) => {
                let is_left = key.arn().is_some_and(|arn| want.comes_instead_of(arn));
                if is_alive(key) && is_alike(key, &want.spec) && !is_left {
                    Self::Other(format!("key {holder}, which another run made for this resource"))
                } else {
                    Self::Predecessor
                }
            }
            Some(Owner { stack, address, .. }) => {
                Self::Other(format!("key {holder}, which belongs to {address} of stack {stack}"))
            }
            None => Self::Other(format!("key {holder}, which no stack owns")),
        }
    }
}

async fn take_over(aws: &Aws, id: &str, want: &Wanted<Spec>, refusal: CloudError) -> Answer<()> {
    let alias = &want.identity;
    let Some(key) = describe(aws, alias).await? else {
        // The alias exists, but not where we looked: KMS is catching up.
        return Err(CloudError { class: ErrorClass::Transient, ..refusal });
    };
    let owner = owner_of(aws, key.key_id()).await?;
    match Holder::of(&key, owner.as_ref(), id, want) {
        Holder::Itself => Ok(()),
        // Nobody who uses the alias finds none meanwhile.
        Holder::Predecessor if moves_between(&key, &want.spec) => redirect(aws, id, alias).await,
        Holder::Predecessor => {
            delete(aws, alias).await?;
            create(aws, id, alias).await
        }
        Holder::Other(who) => Err(CloudError {
            message: format!("{alias} points to {who}"),
            hint: Some("run the same command again, or state another `alias`".into()),
            ..refusal
        }),
    }
}

/// Whether KMS moves an alias from a key to one of a spec: both must be of one
/// type and usage (KMS API Reference, `UpdateAlias`).
fn moves_between(key: &KeyMetadata, spec: &Spec) -> bool {
    let (had, usage) = (key.key_spec(), key.key_usage());
    had.is_none_or(|had| type_of(had.as_str()) == type_of(&spec.key_spec))
        && usage.is_none_or(|usage| usage.as_str() == spec.key_usage)
}

/// Symmetric, HMAC, or asymmetric.
fn type_of(spec: &str) -> &str {
    match spec {
        "SYMMETRIC_DEFAULT" => "symmetric",
        hmac if hmac.starts_with("HMAC_") => "hmac",
        _ => "asymmetric",
    }
}

async fn redirect(aws: &Aws, id: &str, alias: &str) -> Answer<()> {
    let answer =
        aws.session.clients.kms.update_alias().alias_name(alias).target_key_id(id).send().await;
    answer.attempting("kms:UpdateAlias", || format!("point alias {alias} at key {id}"))?;
    Ok(())
}

async fn create(aws: &Aws, id: &str, alias: &str) -> Answer<()> {
    let answer =
        aws.session.clients.kms.create_alias().alias_name(alias).target_key_id(id).send().await;
    answer.attempting("kms:CreateAlias", || format!("give key {id} the alias {alias}"))?;
    Ok(())
}

async fn delete(aws: &Aws, alias: &str) -> Answer<()> {
    let answer = aws.session.clients.kms.delete_alias().alias_name(alias).send().await;
    answer.attempting("kms:DeleteAlias", || format!("delete alias {alias}")).or_absent()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::{KeySpec, KeyState, KeyUsageType};
    use serde_json::{Value, json};

    use super::*;
    use crate::aws::kind::{Before, Sent};
    use crate::model::Address;

    fn owner(stack: &str) -> Owner {
        Owner::new(stack, Address::new("key"))
    }

    fn holder(id: &str, spec: KeySpec, state: KeyState, whose: Option<&Owner>) -> Holder {
        let key = KeyMetadata::builder().key_id(id).arn(id).key_spec(spec).key_state(state);
        let want = Wanted {
            identity: "alias/k".into(),
            spec: serde_json::from_value(json!({ "alias": "alias/k" })).unwrap(),
            owner: owner("dev"),
            before: Before { object: Some("left".into()), ..Before::default() },
            sent: Sent::default(),
        };
        Holder::of(&key.build().unwrap(), whose, "ours", &want)
    }

    #[test]
    fn an_alias_moves_between_keys_of_one_type_and_usage() {
        let check = |spec: &str, usage: &str, wanted: Value, expected: bool| {
            let key = KeyMetadata::builder().key_id("old").key_spec(KeySpec::from(spec));
            let key = key.key_usage(KeyUsageType::from(usage)).build().unwrap();
            let spec: Spec = serde_json::from_value(wanted).unwrap();
            assert_eq!(moves_between(&key, &spec), expected, "{key:?}");
        };
        let (encrypt, sign) = ("ENCRYPT_DECRYPT", "SIGN_VERIFY");
        check("SYMMETRIC_DEFAULT", encrypt, json!({ "multi_region": true }), true);
        check("RSA_2048", encrypt, json!({ "key_spec": "RSA_4096" }), true);
        check("RSA_2048", sign, json!({ "key_spec": "RSA_2048" }), false);
        check("RSA_2048", encrypt, json!({}), false);
        let hmac = || json!({ "key_spec": "HMAC_512", "key_usage": "GENERATE_VERIFY_MAC" });
        check("HMAC_256", "GENERATE_VERIFY_MAC", hmac(), true);
        check("SYMMETRIC_DEFAULT", encrypt, hmac(), false);
    }

    #[test]
    fn an_alias_leaves_only_a_predecessor() {
        use KeySpec::{Rsa2048, SymmetricDefault};
        use KeyState::{Enabled, PendingDeletion};
        let (dev, prod) = (owner("dev"), owner("prod"));
        let itself = holder("ours", SymmetricDefault, Enabled, None);
        assert_eq!(itself, Holder::Itself);
        let dying = holder("old", SymmetricDefault, PendingDeletion, Some(&dev));
        assert_eq!(dying, Holder::Predecessor);
        let replaced = holder("old", Rsa2048, Enabled, Some(&dev));
        assert_eq!(replaced, Holder::Predecessor);
        // By nothing but its ARN it is told from what comes.
        let left = holder("left", SymmetricDefault, Enabled, Some(&dev));
        assert_eq!(left, Holder::Predecessor);
        let others = [
            holder("left", SymmetricDefault, Enabled, Some(&prod)),
            holder("other", SymmetricDefault, Enabled, Some(&dev)),
            holder("other", SymmetricDefault, PendingDeletion, Some(&prod)),
            holder("other", Rsa2048, Enabled, Some(&prod)),
            holder("other", SymmetricDefault, PendingDeletion, None),
        ];
        assert!(others.iter().all(|holder| matches!(holder, Holder::Other(_))), "{others:?}");
    }
}

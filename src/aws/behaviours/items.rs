//! Items of a table: found by their keys, and removed by them.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Map, Number, Value};

use crate::aws::client::Session;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::probe::InTable;
use crate::model::{Document, Exhibit};

/// Most items that are looked at: one more than a probe can expect, so that it is seen
/// that there are too many.
const MOST: usize = 101;
/// Most pages that are read, where a filter leaves little of each.
const MOST_PAGES: usize = 10;

/// Items of a table that carry a nonce.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Items {
    table: String,
    /// The attributes that tell an item from every other.
    keys: Vec<String>,
    query: Query,
}

/// How items are found.
#[derive(Clone, Debug, PartialEq)]
struct Query {
    index: Option<String>,
    by_key: String,
    filter: Option<String>,
    names: BTreeMap<String, String>,
    values: Vec<(String, AttributeValue)>,
    /// An index of other keys knows of an item some time later.
    is_consistent: bool,
}

/// An attribute that is a key, and what it holds: `S`, `N` or `B`.
pub(super) struct Key<'a> {
    pub(super) name: &'a str,
    pub(super) holds: &'a str,
}

/// The keys by which items are found: all of the first are needed, and of the second as
/// many as are given.
pub(super) struct Keys<'a> {
    pub(super) hash: Vec<Key<'a>>,
    pub(super) range: Vec<Key<'a>>,
}

/// The keys of a table, or of an index of it; `None` if it has no such index.
pub(super) fn keys_of<'a>(table: &'a Document, index: Option<&str>) -> Option<Keys<'a>> {
    let Some(index) = index else {
        return Some(Keys { hash: some(table, "hash_key"), range: some(table, "range_key") });
    };
    let of = |field: &str| table.get(field)?.get(index)?.as_object();
    if let Some(global) = of("global_secondary_indexes") {
        let all = |first: &str, more: &str| {
            let mut keys = some(global, first);
            let more = global.get(more).and_then(Value::as_array);
            keys.extend(more.into_iter().flatten().filter_map(key));
            keys
        };
        return Some(Keys {
            hash: all("hash_key", "more_hash_keys"),
            range: all("range_key", "more_range_keys"),
        });
    }
    let local = of("local_secondary_indexes")?;
    Some(Keys { hash: some(table, "hash_key"), range: some(local, "range_key") })
}

fn some<'a>(document: &'a Document, field: &str) -> Vec<Key<'a>> {
    document.get(field).and_then(key).into_iter().collect()
}

fn key(value: &Value) -> Option<Key<'_>> {
    Some(Key { name: value["name"].as_str()?, holds: value["type"].as_str()? })
}

/// Those that are there.
pub(super) async fn find(session: &Session, items: &Items) -> Answer<Vec<Value>> {
    let found = query(session, items).await?;
    Ok(found.iter().map(|item| json_of(&AttributeValue::M(item.clone()))).collect())
}

/// The items of a table that an expectation means; `None` where it has no such index.
pub(super) fn items(table: &Exhibit, at: &InTable) -> Option<Items> {
    let own = keys_of(&table.document, None)?;
    let keys = keys_of(&table.document, at.index.as_deref())?;
    let is_global = at.index.as_deref().is_some_and(|index| {
        table.document.get("global_secondary_indexes").is_some_and(|it| it.get(index).is_some())
    });
    let mut query = Query {
        index: at.index.clone(),
        by_key: String::new(),
        filter: None,
        names: BTreeMap::new(),
        values: Vec::new(),
        is_consistent: !is_global,
    };
    let (mut by_key, mut filter) = (Vec::new(), Vec::new());
    for (number, (name, value)) in at.keys.iter().enumerate() {
        let key = keys.hash.iter().chain(&keys.range).find(|key| key.name == name);
        let value = attribute(value, key.map(|key| key.holds));
        query.names.insert(format!("#k{number}"), name.clone());
        query.values.push((format!(":v{number}"), value));
        let asked = format!("#k{number} = :v{number}");
        if key.is_some() { by_key.push(asked) } else { filter.push(asked) }
    }
    query.by_key = by_key.join(" AND ");
    query.filter = (!filter.is_empty()).then(|| filter.join(" AND "));
    let own = own.hash.iter().chain(&own.range);
    let keys = own.map(|key| key.name.to_owned()).collect();
    Some(Items { table: table.identity.as_str().to_owned(), keys, query })
}

type Item = HashMap<String, AttributeValue>;

async fn query(session: &Session, items: &Items) -> Answer<Vec<Item>> {
    let Items { table, query, .. } = items;
    let (mut found, mut from) = (Vec::new(), None);
    for _ in 0..MOST_PAGES {
        let names = query.names.clone().into_iter().collect();
        let values = query.values.iter().cloned().collect();
        let call = session.clients.dynamodb.query().table_name(table);
        let call = call.set_index_name(query.index.clone()).consistent_read(query.is_consistent);
        let call = call.key_condition_expression(&query.by_key);
        let call = call.set_filter_expression(query.filter.clone());
        let call = call.set_expression_attribute_names(Some(names));
        let call = call.set_expression_attribute_values(Some(values));
        let answer = call.set_exclusive_start_key(from).send().await;
        let answer = answer.attempting("dynamodb:Query", || format!("look into table {table}"))?;
        found.extend(answer.items.unwrap_or_default());
        from = answer.last_evaluated_key;
        if from.is_none() || found.len() >= MOST {
            break;
        }
    }
    Ok(found)
}

/// Removes them.
pub(super) async fn remove(session: &Session, items: &Items) -> Answer<()> {
    let Some(found) = query(session, items).await.or_absent()? else { return Ok(()) };
    for item in found {
        let own = items.keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
        let call = session.clients.dynamodb.delete_item().table_name(&items.table);
        let answer = call.set_key(Some(own.collect())).send().await;
        let attempted = || format!("remove an item of ours from table {}", items.table);
        answer.attempting("dynamodb:DeleteItem", attempted).or_absent()?;
    }
    Ok(())
}

/// A value as DynamoDB has it. What a key holds is known; else a number is one.
fn attribute(value: &Value, holds: Option<&str>) -> AttributeValue {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (holds, value) {
        (Some("N"), _) | (None, Value::Number(_)) => AttributeValue::N(text),
        (None, Value::Bool(flag)) => AttributeValue::Bool(*flag),
        (_, _) => AttributeValue::S(text),
    }
}

/// An attribute as people write it. Bytes are told by how many there are.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn json_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => text.clone().into(),
        AttributeValue::N(text) => number(text),
        AttributeValue::Bool(flag) => (*flag).into(),
        AttributeValue::L(items) => items.iter().map(json_of).collect(),
        AttributeValue::M(fields) => {
            let fields = fields.iter().map(|(name, field)| (name.clone(), json_of(field)));
            Value::Object(fields.collect::<Map<String, Value>>())
        }
        AttributeValue::Ss(texts) => {
            let mut texts = texts.clone();
            texts.sort();
            texts.into()
        }
        AttributeValue::Ns(numbers) => numbers.iter().map(|text| number(text)).collect(),
        AttributeValue::B(bytes) => format!("{} bytes", bytes.as_ref().len()).into(),
        _ => Value::Null,
    }
}

fn number(text: &str) -> Value {
    serde_json::from_str::<Number>(text).map_or_else(|_| text.into(), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn table() -> Document {
        let value = json!({
            "hash_key": { "name": "tenant", "type": "S" },
            "range_key": { "name": "at", "type": "N" },
            "global_secondary_indexes": {
                "by_status": { "hash_key": { "name": "status", "type": "S" }, "range_key": null },
            },
            "local_secondary_indexes": { "by_size": { "range_key": { "name": "size", "type": "N" } } },
        });
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn keys_are_those_of_the_table_or_of_an_index() {
        let check = |index: Option<&str>, expected: Option<&str>| {
            let table = table();
            let told = keys_of(&table, index).map(|keys| {
                let names = |keys: &[Key<'_>]| {
                    keys.iter().map(|key| format!("{}:{}", key.name, key.holds)).collect::<Vec<_>>()
                };
                format!("{} / {}", names(&keys.hash).join(" "), names(&keys.range).join(" "))
            });
            assert_eq!(told.as_deref(), expected, "{index:?}");
        };
        check(None, Some("tenant:S / at:N"));
        check(Some("by_status"), Some("status:S / "));
        check(Some("by_size"), Some("tenant:S / size:N"));
        check(Some("by_name"), None);
    }

    #[test]
    fn attributes_are_values() {
        let item = AttributeValue::M(HashMap::from([
            ("n".to_owned(), AttributeValue::N("12".into())),
            ("s".to_owned(), AttributeValue::Ss(vec!["b".into(), "a".into()])),
            ("l".to_owned(), AttributeValue::L(vec![AttributeValue::Bool(true)])),
            ("z".to_owned(), AttributeValue::Null(true)),
        ]));
        assert_eq!(json_of(&item), json!({ "n": 12, "s": ["a", "b"], "l": [true], "z": null }));
        assert_eq!(attribute(&json!(5), Some("S")), AttributeValue::S("5".into()));
        assert_eq!(attribute(&json!("5"), Some("N")), AttributeValue::N("5".into()));
        assert_eq!(attribute(&json!(5), None), AttributeValue::N("5".into()));
    }
}

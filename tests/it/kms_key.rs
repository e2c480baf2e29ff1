//! What the contract does not reach of a key's life: calls that fail halfway,
//! and aliases that are another key's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use ccprov::aws::Connection;
use ccprov::model::{ErrorClass, Status};
use serde_json::json;

use crate::contract::emulator;
use crate::resource::{Aws, Resource};
use crate::support::fault_proxy::{Fault, FaultProxy};

fn key(aws: &Aws, stack: &str) -> Resource {
    aws.resource(stack, "kms_key", &json!({ "alias": "alias/shared" }))
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_key() {
    let connection = emulator::ministack().connection;
    let proxy = FaultProxy::first(&url(&connection), "CreateKey", Fault::ResetAfter);
    let dev = key(&Aws::connect(&through(&proxy, &connection)).await, "dev");
    let lost = dev.create().await.unwrap_err();
    assert_eq!(lost.class, ErrorClass::Transient, "{lost}");
    let facts = dev.create().await.unwrap();
    assert_eq!(dev.arns().await, [facts["arn"].as_str()]);
}

#[tokio::test]
async fn a_create_that_failed_halfway_goes_on_with_its_key() {
    let connection = emulator::ministack().connection;
    // What KMS answers while a fresh key is not known everywhere.
    let refusal = Fault::Says(400, "NotFoundException", "no such key");
    let proxy = FaultProxy::first(&url(&connection), "CreateAlias", refusal);
    let dev = key(&Aws::connect(&through(&proxy, &connection)).await, "dev");
    let halfway = dev.create().await.unwrap_err();
    assert_eq!(
        (halfway.class, halfway.code.as_str()),
        (ErrorClass::Transient, "NotFoundException")
    );
    let facts = dev.create().await.unwrap();
    assert_eq!(dev.arns().await, [facts["arn"].as_str()]);
}

#[tokio::test]
async fn the_alias_of_a_strangers_key_stays_there() {
    let emulator = emulator::ministack();
    let aws = Aws::connect(&emulator.connection).await;
    let (dev, prod) = (key(&aws, "dev"), key(&aws, "prod"));
    let facts = prod.create().await.unwrap();
    let refused = dev.create().await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Exists, "{refused}");
    assert!(refused.message.ends_with("which belongs to it of stack prod"), "{refused}");
    let live = dev.find().await.unwrap().unwrap();
    assert_eq!((&live.facts, live.status), (&facts, Status::Current));
    // The key that was made in vain does not stay.
    let vain = dev.candidates().await;
    assert!(matches!(vain[0].status, Status::Deleting(_)), "{vain:#?}");
}

#[tokio::test]
async fn a_key_on_its_way_out_leaves_its_alias_to_its_successor() {
    let emulator = emulator::ministack();
    let dev = key(&Aws::connect(&emulator.connection).await, "dev");
    let old = dev.create().await.unwrap();
    dev.delete().await.unwrap();
    let new = dev.create().await.unwrap();
    assert_ne!(old["key_id"], new["key_id"]);
    let live = dev.find().await.unwrap().unwrap();
    assert_eq!((live.facts, live.status), (new, Status::Current));
}

fn url(connection: &Connection) -> String {
    connection.endpoint_url.clone().unwrap()
}

/// A connection through a proxy.
fn through(proxy: &FaultProxy, to: &Connection) -> Connection {
    Connection { endpoint_url: Some(proxy.url()), ..to.clone() }
}

//! What the contract cannot ask of buckets, because it takes somebody else who
//! writes to them: emptying, and the notifications of others.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use ccprov::aws::{AwsCatalog, Provider, Session, Writer};
use ccprov::engine::port::{Answer, Read, Write};
use ccprov::model::{
    Address, Catalog, Desired, Emptying, ErrorClass, Lifecycle, Live, Naming, Place,
};
use serde_json::{Value, json};

use crate::contract::emulator::{self, Emulator};
use crate::support::writing::Hand;

#[tokio::test]
async fn a_bucket_is_emptied_only_if_so_allowed() {
    let cloud = Cloud::start().await;
    let bucket =
        cloud.create("s3_bucket", json!({ "bucket": "emptied", "versioning": "enabled" })).await;
    for key in ["a", "a", "b%20%2B%C3%BC/c"] {
        cloud.send("PUT", &format!("/emptied/{key}"), "x");
    }
    cloud.send("DELETE", "/emptied/a", "");
    cloud.send("POST", "/emptied/unfinished?uploads", "");

    let live = cloud.find(&bucket).await.expect("a bucket");
    let holdings = live.holdings.clone().expect("objects");
    assert_eq!(holdings.what, "3 object versions and 1 delete marker");
    assert!(holdings.blocks_delete);

    let refused = cloud.delete(&live, Emptying::Keep).await.expect_err("it is not empty");
    assert_eq!((refused.code.as_str(), refused.class), ("BucketNotEmpty", ErrorClass::Invalid));
    assert_eq!(refused.message, "the bucket holds 3 object versions and 1 delete marker");
    assert!(cloud.find(&bucket).await.is_some());

    cloud.delete(&live, Emptying::Empty).await.expect("it may be emptied");
    assert_eq!(cloud.find(&bucket).await, None);
}

#[tokio::test]
async fn a_bucket_of_many_pages_is_emptied() {
    let cloud = Cloud::start().await;
    let bucket =
        cloud.create("s3_bucket", json!({ "bucket": "pages", "versioning": "enabled" })).await;
    // A page has 1000.
    for _ in 0..1001 {
        cloud.send("PUT", "/pages/key", "");
    }
    let live = cloud.find(&bucket).await.expect("a bucket");
    let holdings = live.holdings.clone().expect("objects");
    assert_eq!(holdings.what, "more than 1000 object versions");
    cloud.delete(&live, Emptying::Empty).await.expect("it may be emptied");
    assert_eq!(cloud.find(&bucket).await, None);
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_not_taken_for_made() {
    let cloud = Cloud::start_in("eu-central-1").await;
    cloud.create("s3_bucket", json!({ "bucket": "taken" })).await;
    let mut other = cloud.desired("s3_bucket", &json!({ "bucket": "taken" }));
    other.address = Address::new("other");
    let refused = cloud.writer.create(&other).await.expect_err("it is taken");
    assert_eq!(refused.class, ErrorClass::Exists);
}

#[tokio::test]
async fn what_a_put_replaces_is_kept() {
    let cloud = Cloud::start().await;
    let mut want = cloud.create("s3_bucket", json!({ "bucket": "kept" })).await;
    let blocked = "<ServerSideEncryptionConfiguration><Rule>\
        <ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault>\
        <BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>\
        </Rule></ServerSideEncryptionConfiguration>";
    cloud.send("PUT", "/kept?encryption", blocked);
    let kms = json!({ "bucket": "kept", "server_side_encryption": { "sse_algorithm": "aws:kms" } });
    want.document = cloud.desired("s3_bucket", &kms).document;
    cloud.update(&want).await;
    let answer = cloud.send("GET", "/kept?encryption", "");
    assert!(answer.contains("aws:kms") && answer.contains("SSE-C"), "{answer}");
}

#[tokio::test]
async fn tags_that_came_since_the_plan_stay() {
    let cloud = Cloud::start().await;
    let tags = |value: &str| json!({ "bucket": "tagged", "tags": { "Owner": value, "Old": "1" } });
    cloud.create("s3_bucket", tags("a")).await;
    let want = cloud.desired("s3_bucket", &json!({ "bucket": "tagged", "tags": { "Owner": "b" } }));
    let have = cloud.find(&want).await.expect("a bucket");
    let proof = cloud.hand().again(&have, ["tags".to_owned()]).await.expect("a bucket of ours");
    let answer = cloud.send("GET", "/tagged?tagging", "");
    let set = answer.split_once("<TagSet>").expect("tags").1;
    let set = set.split_once("</TagSet>").expect("tags").0;
    let bots = "<Tag><Key>c7n</Key><Value>1</Value></Tag>";
    cloud.send(
        "PUT",
        "/tagged?tagging",
        &format!("<Tagging><TagSet>{set}{bots}</TagSet></Tagging>"),
    );
    let diff = ccprov::model::compare(&want.document, &have.document);
    cloud.writer.update(&want, proof, &diff).await.expect("it can be updated");
    let seen = cloud.find(&want).await.expect("a bucket");
    assert_eq!(seen.document["tags"], json!({ "Owner": "b", "c7n": "1" }));
}

#[tokio::test]
async fn the_notifications_of_others_stay() {
    let cloud = Cloud::start().await;
    cloud.create("s3_bucket", json!({ "bucket": "shared" })).await;
    for name in ["ours", "theirs"] {
        cloud.create("sqs_queue", json!({ "name": name })).await;
    }
    let arn = |name: &str| format!("arn:aws:sqs:us-east-1:{}:{name}", cloud.place.account);
    let theirs = format!(
        "<NotificationConfiguration><QueueConfiguration><Id>by hand</Id><Queue>{}</Queue>\
         <Event>s3:ObjectRemoved:*</Event></QueueConfiguration>\
         <EventBridgeConfiguration/></NotificationConfiguration>",
        arn("theirs")
    );
    cloud.send("PUT", "/shared?notification", &theirs);
    let ours = |event: &str| json!({ "bucket": "shared", "queue": [{ "queue_arn": arn("ours"), "events": [event] }] });
    let check = |event: Option<&str>| {
        let answer = cloud.send("GET", "/shared?notification", "");
        for part in ["by hand", "s3:ObjectRemoved:*", "EventBridgeConfiguration"] {
            assert!(answer.contains(part), "{part} is gone: {answer}");
        }
        let tells = |event: &str| answer.contains(event);
        for known in ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"] {
            assert_eq!(tells(known), event == Some(known), "{known}: {answer}");
        }
    };
    let kind = "s3_bucket_notification";
    assert_eq!(cloud.find(&cloud.desired(kind, &ours("s3:ObjectCreated:Put"))).await, None);
    cloud.create(kind, ours("s3:ObjectCreated:Put")).await;
    check(Some("s3:ObjectCreated:Put"));
    let want = cloud.desired(kind, &ours("s3:ObjectCreated:Copy"));
    cloud.update(&want).await;
    check(Some("s3:ObjectCreated:Copy"));
    let mut sought = want.sought();
    sought.holdings = true;
    let live = cloud.writer.find(&sought).await.expect("an answer").expect("a notification");
    cloud.delete(&live, Emptying::Keep).await.expect("our entries go");
    check(None);
}

/// An emulator, and one stack's writer.
struct Cloud {
    emulator: Emulator,
    catalog: AwsCatalog,
    place: Place,
    writer: Writer,
}

impl Cloud {
    async fn start() -> Self {
        Self::start_in("us-east-1").await
    }

    async fn start_in(region: &str) -> Self {
        let mut emulator = emulator::ministack();
        emulator.connection.region = Some(region.to_owned());
        let session = Session::connect(&emulator.connection).await.expect("a session");
        let place = session.place(&session.caller().await.expect("a caller"));
        let writer = Provider::new(session, place.clone()).into_writer("buckets");
        Self { emulator, catalog: AwsCatalog::new(), place, writer }
    }

    fn desired(&self, kind: &str, document: &Value) -> Desired {
        let address = Address::new("tested");
        let naming =
            Naming { stack: "buckets".into(), address: address.clone(), place: self.place.clone() };
        let document = document.as_object().cloned().expect("an object");
        let prepared = self.catalog.prepare(kind, &naming, &document).expect("a kind");
        let prepared = prepared.expect("a document without problems");
        Desired {
            address,
            formerly: Vec::new(),
            named_in: None,
            kind: kind.to_owned(),
            identity: prepared.identity,
            document: prepared.document,
            stated: BTreeSet::new(),
            predicted: prepared.predicted,
            edges: BTreeMap::new(),
            mentions: BTreeSet::new(),
            lifecycle: Lifecycle::default(),
            artifacts: Vec::new(),
            instead_of: None,
        }
    }

    async fn create(&self, kind: &str, document: Value) -> Desired {
        let want = self.desired(kind, &document);
        self.hand().create(&want).await.expect("it can be created");
        want
    }

    async fn find(&self, want: &Desired) -> Option<Live> {
        let mut sought = want.sought();
        sought.holdings = true;
        self.writer.find(&sought).await.expect("an answer")
    }

    async fn update(&self, want: &Desired) {
        let have = self.find(want).await.expect("something to update");
        let diff = ccprov::model::compare(&want.document, &have.document);
        assert_ne!(diff, [], "nothing differs");
        let fields = diff.iter().map(|diff| diff.path.top().to_owned());
        let proof = self.hand().again(&have, fields).await.expect("an answer");
        self.writer.update(want, proof, &diff).await.expect("it can be updated");
    }

    async fn delete(&self, live: &Live, emptying: Emptying) -> Answer<()> {
        let proof = self.hand().again(live, live.document.keys().cloned()).await?;
        self.writer.delete(proof, emptying).await
    }

    fn hand(&self) -> Hand<'_> {
        let Self { writer, catalog, place, .. } = self;
        Hand { writer, catalog, stack: "buckets", place }
    }

    /// A request whose signature is none, which MiniStack takes while it
    /// enforces nothing: the key alone says whose it is. Answers the body.
    fn send(&self, method: &str, path: &str, body: &str) -> String {
        let url = self.emulator.connection.endpoint_url.as_deref().expect("an endpoint");
        let host = url.trim_start_matches("http://");
        let length = body.len();
        let mut stream = TcpStream::connect(host).expect("an emulator");
        let key = &self.emulator.connection.access_key.as_ref().expect("an access key").id;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={key}/20300101/us-east-1/s3/aws4_request, \
             SignedHeaders=host, Signature=none\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
        answer
    }
}

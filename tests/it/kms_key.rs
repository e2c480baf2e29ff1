//! What the contract does not reach of a key's life: calls that fail halfway,
//! and aliases that are another key's.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ccprov::aws::Connection;
use ccprov::model::{ErrorClass, Status};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::contract::emulator;
use crate::resource::{Aws, Resource};

fn key(aws: &Aws, stack: &str) -> Resource {
    aws.resource(stack, "kms_key", &json!({ "alias": "alias/shared" }))
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_key() {
    let emulator = emulator::ministack();
    let line = broken_line(&emulator.connection, "CreateKey", Fault::LoseTheAnswer).await;
    let dev = key(&Aws::connect(&line).await, "dev");
    let lost = dev.create().await.unwrap_err();
    assert_eq!(lost.class, ErrorClass::Transient, "{lost}");
    let facts = dev.create().await.unwrap();
    assert_eq!(dev.arns().await, [facts["arn"].as_str()]);
}

#[tokio::test]
async fn a_create_that_failed_halfway_goes_on_with_its_key() {
    let emulator = emulator::ministack();
    // What KMS answers while a fresh key is not known everywhere.
    let refusal = Fault::Answer("{\"__type\":\"NotFoundException\",\"message\":\"no such key\"}");
    let line = broken_line(&emulator.connection, "CreateAlias", refusal).await;
    let dev = key(&Aws::connect(&line).await, "dev");
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

/// What befalls one call.
#[derive(Clone, Copy)]
enum Fault {
    /// It is carried out, and nobody hears of it.
    LoseTheAnswer,
    /// It is refused with this.
    Answer(&'static str),
}

/// The same connection over a line that does this to the first call of an operation.
async fn broken_line(to: &Connection, operation: &'static str, fault: Fault) -> Connection {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let upstream = to.endpoint_url.clone().unwrap().replace("http://", "");
    let struck = Arc::new(AtomicBool::new(false));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (upstream, struck) = (upstream.clone(), Arc::clone(&struck));
            tokio::spawn(async move {
                // A client that hangs up is none of the line's business.
                let _hung_up = carry(client, &upstream, operation, fault, &struck).await;
            });
        }
    });
    Connection { endpoint_url: Some(endpoint), ..to.clone() }
}

/// Carries one request and its answer.
async fn carry(
    mut client: TcpStream,
    upstream: &str,
    operation: &str,
    fault: Fault,
    struck: &AtomicBool,
) -> std::io::Result<()> {
    let request = request(&mut client).await?;
    let target = format!("TrentService.{operation}\r\n");
    let strikes = request.contains(&target) && !struck.swap(true, Ordering::Relaxed);
    if let (true, Fault::Answer(body)) = (strikes, fault) {
        let answer = format!(
            "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        return client.write_all(answer.as_bytes()).await;
    }
    let mut server = TcpStream::connect(upstream).await?;
    // One request for each connection: the answer's end is the connection's.
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if strikes { Ok(()) } else { client.write_all(&answer).await }
}

async fn request(client: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let mut more = [0; 4096];
        let read = client.read(&mut more).await?;
        bytes.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n").filter(|_| read > 0) else {
            if read == 0 {
                return Ok(text);
            }
            continue;
        };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, length)| length.trim().parse::<usize>().ok());
        if body.len() >= length.unwrap_or_default() {
            return Ok(text);
        }
    }
}

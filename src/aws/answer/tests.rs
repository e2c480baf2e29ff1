//! Whoever answers in the worst of manners, on a port of this machine, in
//! virtual time.

use std::io;
use std::time::Duration;

use aws_sdk_sts::error::ErrorMetadata;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::*;
use crate::aws::invocation::{self, Invocation, may_have_run};
use crate::aws::{AccessKey, Connection, Provider, Session};
use crate::engine::port::Answer;
use crate::engine::wait::elapse;
use crate::model::{Caller, CloudError, ErrorClass, Identity, Place};

/// How somebody answers who should be AWS.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Silent,
    /// For ever: go on, go on.
    Continues,
    DripsHeaders,
    DripsBody,
    StandsStill,
    Endless,
    /// Says how long it is, and it is too long.
    Boasts,
    Says(&'static str, u16, &'static str),
}

const DRIP: Duration = Duration::from_millis(900);

async fn answer(manner: Manner, mut client: TcpStream) -> io::Result<()> {
    let mut request = [0; 16 * 1024];
    loop {
        if client.read(&mut request).await? == 0 {
            return Ok(());
        }
        match manner {
            Manner::Silent => {}
            Manner::Continues => drip(&mut client, b"", b"HTTP/1.1 100 Continue\r\n\r\n").await?,
            Manner::DripsHeaders => drip(&mut client, b"HTTP/1.1 200 OK\r\n", b"a: b\r\n").await?,
            Manner::DripsBody => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n<a>";
                drip(&mut client, head, b" ").await?;
            }
            Manner::StandsStill => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n<a>";
                client.write_all(head).await?;
            }
            Manner::Endless => {
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n<a>").await?;
                loop {
                    client.write_all(&[b' '; 1024]).await?;
                }
            }
            Manner::Boasts => {
                let head = b"HTTP/1.1 200 OK\r\ncontent-length: 50000000\r\n\r\n";
                client.write_all(head).await?;
            }
            Manner::Says(kind, status, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n");
                let rest = format!("content-length: {length}\r\n\r\n{body}");
                client.write_all(format!("{head}{rest}").as_bytes()).await?;
            }
        }
    }
}

async fn drip(client: &mut TcpStream, first: &[u8], then: &[u8]) -> io::Result<()> {
    client.write_all(first).await?;
    loop {
        client.write_all(then).await?;
        elapse(DRIP).await;
    }
}

async fn session_at(endpoint: String) -> Session {
    Session::connect(&Connection {
        region: Some("eu-central-1".into()),
        endpoint_url: Some(endpoint),
        access_key: Some(AccessKey { id: "AKIA".into(), secret: "secret".into() }),
        ..Connection::default()
    })
    .await
    .unwrap()
}

/// Asks whoever answers in that manner who we are. Also: how long it took.
async fn ask(manner: Manner) -> (Answer<Caller>, Duration) {
    told(manner, async |session| session.caller().await).await
}

/// The same of any question.
async fn told<T>(
    manner: Manner,
    question: impl AsyncFnOnce(Session) -> Answer<T>,
) -> (Answer<T>, Duration) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serve = async {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(answer(manner, client));
        }
    };
    let session = session_at(endpoint).await;
    let began = Instant::now();
    tokio::select! {
        answer = question(session) => (answer, began.elapsed()),
        () = serve => unreachable!("the listener is sound"),
    }
}

/// The failure that asking comes to, without the number of the port.
async fn failure(manner: Manner) -> (CloudError, Duration) {
    let (answer, took) = ask(manner).await;
    (answer.unwrap_err(), took)
}

/// How it is told, in part; what it is taken for; and within what time.
async fn check(manner: Manner, told: &str, class: ErrorClass, within: Duration) {
    let (error, took) = failure(manner).await;
    let text = error.to_string();
    assert!(text.contains(told), "{manner:?}: {text}");
    assert_eq!(error.class, class, "{manner:?}: {text}");
    assert!(took <= within, "{manner:?} took {took:?}");
}

/// Four attempts, and the pauses between them.
const READS: Duration = Duration::from_secs(4 * 10 + 2);

#[tokio::test(start_paused = true)]
async fn whoever_says_nothing_is_given_up() {
    let told = "said nothing for 10 s";
    for manner in [Manner::Silent, Manner::Continues, Manner::DripsHeaders] {
        check(manner, told, ErrorClass::Transient, READS).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_never_ends_is_given_up() {
    let told = "the answer had not ended after 30 s";
    let within = Duration::from_secs(4 * 30 + 2);
    check(Manner::DripsBody, told, ErrorClass::Transient, within).await;
    let told = "the answer stood still for 5 s after 3 bytes";
    check(Manner::StandsStill, told, ErrorClass::Transient, READS).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_says_too_much_is_not_heard_out() {
    let within = Duration::from_secs(1);
    let told = "the answer is larger than 4194304 bytes, and AWS's are not";
    check(Manner::Endless, told, ErrorClass::Unexpected, within).await;
    let told = "the answer has 50000000 bytes, and AWS's have no more than 4194304";
    check(Manner::Boasts, told, ErrorClass::Unexpected, within).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_answer_is_told_as_it_came() {
    let html = "<!DOCTYPE html>\n<html><body>Sign in\u{1b}[2J</body></html>";
    let within = Duration::from_secs(2);
    let told = r"sts:GetCallerIdentity answered 200: this is not what AWS says: text/html, `<!DOCTYPE html>\n<html><body>Sign in\u{1b}[2J</body></html>`";
    let says = Manner::Says("text/html", 200, html);
    check(says, told, ErrorClass::Unexpected, within).await;
    let (error, _) = failure(says).await;
    let hint = error.hint.unwrap();
    assert!(hint.contains("somebody answers in AWS's place"), "{hint}");
    let told = "sts:GetCallerIdentity answered 502: this is not what AWS says: text/html";
    let says = Manner::Says("text/html", 502, html);
    check(says, told, ErrorClass::Transient, within).await;
    let told = "sts:GetCallerIdentity answered 404: this is not what AWS says: text/html";
    let says = Manner::Says("text/html", 404, html);
    check(says, told, ErrorClass::Unexpected, within).await;
    let told = "answered 407: this is not what AWS says: text/plain, `Who are you?`";
    let says = Manner::Says("text/plain", 407, "Who are you?");
    check(says, told, ErrorClass::Unexpected, within).await;
}

#[tokio::test(start_paused = true)]
async fn half_an_answer_is_none() {
    const WHOLE: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:root</Arn><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let (caller, _) = ask(Manner::Says("text/xml", 200, WHOLE)).await;
    assert_eq!(caller.unwrap().account, "1");
    let half = Manner::Says("text/xml", 200, &WHOLE[..WHOLE.len() / 2]);
    let told = "sts:GetCallerIdentity answered 200: the answer ends in the middle";
    check(half, told, ErrorClass::Transient, Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_its_contents_is_none() {
    let empty = Manner::Says("text/xml", 200, "<GetCallerIdentityResponse/>");
    let told = "answered 200: the answer lacks Account, which AWS never leaves out";
    check(empty, told, ErrorClass::Transient, Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_is_not_there_is_told_by_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = session_at(format!("http://{address}")).await.caller().await.unwrap_err();
    let told = format!("got no answer: http://{address}: ");
    assert!(error.to_string().contains(&told), "{error}");
    assert_eq!(error.class, ErrorClass::Transient);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_fetched_may_have_so_many_bytes() {
    let collected = async |most| collect(ByteStream::from_static(b"12345"), most, DRIP).await;
    assert_eq!(collected(5).await.unwrap(), b"12345");
    let fault = collected(4).await.unwrap_err();
    assert!(matches!(fault, Fault::TooLarge { most: 4, told: Some(5) }), "{fault}");
}

/// A function may take its time, and is not called again when that is over. What it says
/// need have no form.
#[tokio::test(start_paused = true)]
async fn whoever_is_called_may_take_the_time_that_it_has() {
    let function = Duration::from_mins(2);
    let call = async |session: Session| {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let invocation = Invocation {
            function: Identity("processor".into()),
            qualifier: None,
            event: b"{}".to_vec(),
            manner: invocation::Manner::Awaited(function),
        };
        Provider::new(session, place).invoke(&invocation).await
    };
    let (answer, took) = told(Manner::Silent, call).await;
    let error = answer.unwrap_err();
    assert!(may_have_run(&error), "{error}");
    let patience = function + Duration::from_secs(10);
    assert!(took >= patience && took < patience + Duration::from_secs(2), "{took:?}");
    let (answer, _) = told(Manner::Says("text/plain", 200, "plain words"), call).await;
    let told = answer.unwrap_err().to_string();
    assert!(told.contains("does not say which version was run"), "{told}");
}

#[test]
fn a_list_may_be_long_and_a_payload_slow() {
    let limits = |operation| Limits::of(Some(operation));
    assert_eq!(limits("GetQueueAttributes").head, READ_TIMEOUT);
    assert_eq!(limits("CreateQueue").head, ANSWER_TIMEOUT);
    assert_eq!(limits("UploadPart").head, TRANSFER_TIMEOUT);
    assert_eq!(limits("ListObjectVersions").bytes, PAGE_BYTES);
    assert!(limits("GetObject").streams && !limits("GetBucketPolicy").streams);
    assert_eq!(Limits::of(None).whole, ANSWER_TIMEOUT);
}

#[test]
fn an_address_is_told_without_its_path() {
    assert_eq!(
        address_of("https://sqs.eu-central-1.amazonaws.com/a?b"),
        "https://sqs.eu-central-1.amazonaws.com"
    );
    assert_eq!(address_of("http://127.0.0.1:4566"), "http://127.0.0.1:4566");
    assert_eq!(address_of("odd"), "odd");
}

#[test]
fn what_a_service_answered_is_told_in_its_own_words() {
    let answer = ErrorMetadata::builder().code("AccessDenied").message("not authorized").build();
    assert_eq!(chain(&answer), "not authorized");
    let wordless = ErrorMetadata::builder().code("AccessDenied").build();
    assert!(chain(&wordless).contains("AccessDenied"));
}

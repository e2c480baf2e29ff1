//! A collector of OpenTelemetry that keeps what it is sent.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1 as otlp;
use prost::Message;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manners {
    /// As it should.
    Thankful,
    /// Later, perhaps.
    Busy,
    /// Not at all.
    Silent,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parcel {
    /// The first line and the headers, in small letters.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// One span, with its attributes as text.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    /// Empty for a root.
    pub(crate) parent: Vec<u8>,
    pub(crate) name: String,
    pub(crate) is_client: bool,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Why it failed, if it did.
    pub(crate) error: Option<String>,
}

impl Span {
    /// An attribute, or nothing.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// A running collector, on a thread of its own. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Collector {
    address: SocketAddr,
    parcels: Arc<Mutex<Vec<Parcel>>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    pub(crate) fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("the port that was bound");
        let (parcels, is_over) =
            (Arc::<Mutex<Vec<Parcel>>>::default(), Arc::<AtomicBool>::default());
        let (kept, over) = (Arc::clone(&parcels), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            let mut held = Vec::new();
            for client in listener.incoming().flatten() {
                if over.load(Ordering::SeqCst) {
                    break;
                }
                let mut client = client;
                let parcel = receive(&client).expect("a request of HTTP/1.1");
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(parcel);
                let status = match manners {
                    Manners::Thankful => "200 OK",
                    Manners::Busy => "503 Service Unavailable",
                    Manners::Silent => {
                        held.push(client);
                        continue;
                    }
                };
                let answer =
                    format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                client.write_all(answer.as_bytes()).expect("the client reads its answer");
            }
        });
        Self { address, parcels, is_over, thread: Some(thread) }
    }

    /// What to set `OTEL_EXPORTER_OTLP_ENDPOINT` to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub(crate) fn parcels(&self) -> Vec<Parcel> {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All spans so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        let resources = self.parcels().into_iter().flat_map(|parcel| decoded(&parcel));
        let scopes = resources.flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).map(span).collect()
    }

    /// Whose spans they are: the attributes of the last request's resource.
    pub(crate) fn resource(&self) -> BTreeMap<String, String> {
        let last = self.parcels().last().map(decoded).unwrap_or_default();
        let resource = last.into_iter().find_map(|spans| spans.resource);
        resource.map(|resource| texts(resource.attributes)).unwrap_or_default()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes it, so that it sees that it is over.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

fn receive(client: &TcpStream) -> io::Result<Parcel> {
    let mut client = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    Ok(Parcel { head, body })
}

fn decoded(parcel: &Parcel) -> Vec<otlp::ResourceSpans> {
    ExportTraceServiceRequest::decode(parcel.body.as_slice()).expect("OTLP").resource_spans
}

fn span(span: otlp::Span) -> Span {
    let is_client = span.kind() == otlp::span::SpanKind::Client;
    let failed = |status: &otlp::Status| status.code() == otlp::status::StatusCode::Error;
    Span {
        trace: span.trace_id,
        id: span.span_id,
        parent: span.parent_span_id,
        name: span.name,
        is_client,
        attributes: texts(span.attributes),
        error: span.status.filter(failed).map(|status| status.message),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.into_iter().map(|it| (it.key, text(it.value))).collect()
}

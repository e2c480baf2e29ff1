//! A broker that speaks Kafka, over TLS and to those alone whom it knows, and a client that
//! makes topics and writes beside ccprov.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rskafka::BackoffConfig;
use rskafka::chrono::DateTime;
use rskafka::client::partition::{Compression, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::emulator::root;

/// Whom it knows by password.
pub(crate) const NAME: &str = "orders-service";
pub(crate) const PASSWORD: &str = "a long password of orders-service";

/// A running broker, empty at first. Ends when dropped.
#[derive(Debug)]
pub(crate) struct Kafka {
    child: Child,
    address: String,
}

impl Kafka {
    pub(crate) fn start() -> Self {
        let program = root().join(".tools/kafka/kafka-broker");
        let tls = root().join(".tools/tls");
        let mut child = Command::new(&program)
            .arg(tls.join("certificate.pem"))
            .arg(tls.join("key.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}; `make tools` installs it", program.display())
            });
        let mut address = String::new();
        let said = child.stdout.take().expect("the child's output is ours");
        BufReader::new(said).read_line(&mut address).expect("its address is text");
        Self { child, address: address.trim().to_owned() }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Makes a topic.
    pub(crate) async fn topic(&self, name: &str, partitions: i32) {
        let client = self.client().await;
        let controller = client.controller_client().expect("a client of the controller");
        controller.create_topic(name, partitions, 1, 5_000).await.expect("a topic");
    }

    /// Writes a record of somebody else's.
    pub(crate) async fn write(&self, topic: &str, partition: i32, value: &str) {
        let client = self.client().await;
        let unknown = UnknownTopicHandling::Retry;
        let partition = client.partition_client(topic, partition, unknown).await;
        let record = Record {
            key: None,
            value: Some(value.as_bytes().to_vec()),
            headers: [("trace".to_owned(), b"theirs".to_vec())].into(),
            timestamp: DateTime::default(),
        };
        let partition = partition.expect("a partition");
        let written = partition.produce(vec![record], Compression::default()).await;
        written.expect("a record");
    }

    async fn client(&self) -> Client {
        let pem = root().join(".tools/tls/certificate.pem");
        let mut trusted = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(pem).expect("a certificate") {
            trusted.add(certificate.expect("a certificate")).expect("one to trust");
        }
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS")
            .with_root_certificates(trusted)
            .with_no_client_auth();
        let login = Credentials::new(NAME.to_owned(), PASSWORD.to_owned());
        let client = ClientBuilder::new(vec![self.address.clone()])
            .tls_config(Arc::new(tls))
            .sasl_config(SaslConfig::ScramSha512(login))
            .backoff_config(BackoffConfig {
                deadline: Some(Duration::from_secs(10)),
                ..BackoffConfig::default()
            });
        client.build().await.expect("a broker")
    }
}

impl Drop for Kafka {
    fn drop(&mut self) {
        // An error would mean that it is gone already.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

//! The brokers of a Kafka cluster: records are written to topics and read from them, over
//! TLS, as somebody whom they know or as nobody.
//!
//! A thin layer over the client, which would try again and again: here each call is made
//! once, within its time, and what it comes to is told as of any other call. Reads join no
//! group and commit nothing, so that no consumer notices them; no topic is ever created by
//! asking for it.

mod login;
mod partitioner;
mod token;
mod trouble;
mod trust;

use std::collections::BTreeMap;
use std::time::Duration;

use rskafka::BackoffConfig;
use rskafka::chrono::DateTime;
use rskafka::client::error::Error;
use rskafka::client::partition::{Compression, OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder};
use rskafka::record::Record;
use tokio::time::timeout;

use self::partitioner::partition;
use self::trouble::{told, unreached};
use super::client::Session;
use crate::engine::port::Answer;
use crate::model::probe::Authentication;
use crate::model::{CloudError, ErrorClass};

/// How long it may take to reach a cluster, whichever of its brokers answers: names, TLS
/// and SCRAM's 4096 rounds take a second at worst, and one broker of three may be away.
const REACHING: Duration = Duration::from_secs(15);
/// How long one call may take. Brokers answer within `request.timeout.ms`, which is 30 s,
/// and mostly at once.
const A_CALL: Duration = Duration::from_secs(30);
/// How long a broker waits for records that are not there yet, in milliseconds.
const A_LOOK: i32 = 100;
/// What is read at once, in bytes: what brokers take as a record, unless told otherwise
/// (`message.max.bytes`, 1 MiB and a little). A larger record comes all the same.
const AT_ONCE: i32 = 1024 * 1024;
/// The longest answer that is read: MSK lets nobody have larger records.
const LONGEST: usize = 16 * 1024 * 1024;
/// Most partitions of a topic that are read. Each is a connection.
const MOST_PARTITIONS: usize = 64;

const DESCRIBE: &str = "kafka-cluster:DescribeTopic";
const READ: &str = "kafka-cluster:ReadData";
const WRITE: &str = "kafka-cluster:WriteData";

/// A connection to a cluster, and one to each partition that was read or written: the
/// client shares none between them.
pub(crate) struct Brokers {
    client: Client,
    partitions: BTreeMap<(String, i32), PartitionClient>,
}

/// Something that is written.
pub(crate) struct Written<'a> {
    pub(crate) key: Option<&'a str>,
    /// The key that decides the partition, if it is another.
    pub(crate) beside: Option<&'a str>,
    pub(crate) value: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// When, in milliseconds since 1970. Brokers may put their own time in its place.
    pub(crate) at: i64,
}

/// Something that was read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadBack {
    pub(crate) offset: i64,
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
}

/// The servers that a text names, if all of it does: `HOST:PORT`, with commas between.
pub(crate) fn servers(text: &str) -> Option<Vec<String>> {
    let server = |one: &str| {
        let (host, port) = one.trim().rsplit_once(':')?;
        let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._".contains(letter);
        let is_named = !host.is_empty() && host.chars().all(is_host);
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        (is_named && is_port).then(|| one.trim().to_owned())
    };
    text.split(',').map(server).collect()
}

impl Brokers {
    /// Reaches a cluster by its bootstrap servers.
    ///
    /// # Errors
    /// Where nobody answers there, or does not know us: which step did not go well is
    /// told, with what to try.
    pub(crate) async fn reach(
        session: &Session,
        kafka: &str,
        authentication: Option<&Authentication>,
    ) -> Answer<Self> {
        let Some(servers) = servers(kafka) else {
            let message = "they are no list of HOST:PORT".to_owned();
            return Err(beforehand(format!("reach the brokers {kafka}"), message));
        };
        let tls = trust::trusting(session.ca_bundle.as_deref()).map_err(|message| {
            beforehand(format!("reach the brokers {kafka}"), format!("no TLS: {message}"))
        })?;
        let login = login::login(session, authentication).await?;
        let client = ClientBuilder::new(servers.clone())
            .client_id("ccprov")
            .backoff_config(once())
            .max_message_size(LONGEST)
            .tls_config(tls);
        let client = match login {
            Some(login) => client.sasl_config(login),
            None => client,
        };
        let said = match timeout(REACHING, client.build()).await {
            Ok(Ok(client)) => return Ok(Self { client, partitions: BTreeMap::new() }),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", REACHING.as_secs()),
        };
        Err(unreached(&servers, authentication, &said).await)
    }

    /// The partitions of a topic.
    ///
    /// # Errors
    /// [`ErrorClass::Absent`] where there is no such topic, or none that we may know of.
    pub(crate) async fn partitions(&self, topic: &str) -> Answer<Vec<i32>> {
        let attempted = || format!("look up topic {topic}");
        // Who asks for one topic by its name may create it.
        let topics = within(self.client.list_topics(), (DESCRIBE, &attempted)).await?;
        let Some(found) = topics.into_iter().find(|it| it.name == topic) else {
            let missing = "the cluster has no such topic, or none that we may describe";
            return Err(CloudError {
                class: ErrorClass::Absent,
                code: "UnknownTopicOrPartition".into(),
                hint: Some(format!("create it, or allow {DESCRIBE} on it")),
                operation: DESCRIBE.into(),
                ..beforehand(attempted(), missing.into())
            });
        };
        if found.partitions.len() > MOST_PARTITIONS {
            let message = format!("it has more than {MOST_PARTITIONS} partitions");
            return Err(beforehand(attempted(), message));
        }
        Ok(found.partitions.into_iter().collect())
    }

    /// Where each partition of a topic ends by now: the offset of what comes next.
    ///
    /// # Errors
    /// Where it could not be looked up.
    pub(crate) async fn ends(&mut self, topic: &str) -> Answer<BTreeMap<i32, i64>> {
        let mut ends = BTreeMap::new();
        for number in self.partitions(topic).await? {
            let attempted = || format!("look where partition {number} of topic {topic} ends");
            let partition = self.partition(topic, number, (READ, &attempted)).await?;
            let end = within(partition.get_offset(OffsetAt::Latest), (READ, &attempted)).await?;
            ends.insert(number, end);
        }
        Ok(ends)
    }

    /// Writes a record, which all replicas in sync have when this answers: with the
    /// partition and the offset.
    ///
    /// # Errors
    /// Where it was not taken.
    pub(crate) async fn write(&mut self, topic: &str, record: Written<'_>) -> Answer<(i32, i64)> {
        let attempted = || format!("write a record to topic {topic}");
        let all = self.partitions(topic).await?;
        let number =
            all.get(partition(record.beside.or(record.key), all.len())).copied().unwrap_or(0);
        let headers = record.headers.into_iter();
        let written = Record {
            key: record.key.map(|key| key.as_bytes().to_vec()),
            value: Some(record.value.into_bytes()),
            headers: headers.map(|(name, text)| (name, text.into_bytes())).collect(),
            timestamp: DateTime::from_timestamp_millis(record.at).unwrap_or_default(),
        };
        let partition = self.partition(topic, number, (WRITE, &attempted)).await?;
        let written = partition.produce(vec![written], Compression::NoCompression);
        let offsets = within(written, (WRITE, &attempted)).await?;
        Ok((number, offsets.first().copied().unwrap_or_default()))
    }

    /// What a partition has from an offset on, as much as comes at once, and where it ends.
    ///
    /// # Errors
    /// Where it could not be read.
    pub(crate) async fn read(
        &mut self,
        topic: &str,
        number: i32,
        from: i64,
    ) -> Answer<(Vec<ReadBack>, i64)> {
        let attempted = || format!("read partition {number} of topic {topic}");
        let partition = self.partition(topic, number, (READ, &attempted)).await?;
        let records = partition.fetch_records(from, 1..AT_ONCE + 1, A_LOOK);
        let (records, end) = within(records, (READ, &attempted)).await?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let records = records.into_iter().map(|it| ReadBack {
            offset: it.offset,
            key: it.record.key.map(text),
            value: it.record.value.map(text),
            headers: it.record.headers.into_iter().map(|(name, it)| (name, text(it))).collect(),
        });
        Ok((records.collect(), end))
    }

    /// A partition, with its connection.
    async fn partition(
        &mut self,
        topic: &str,
        number: i32,
        told_as: Attempted<'_>,
    ) -> Answer<&PartitionClient> {
        let name = (topic.to_owned(), number);
        if !self.partitions.contains_key(&name) {
            let unknown = UnknownTopicHandling::Error;
            let partition = self.client.partition_client(topic, number, unknown);
            let partition = within(partition, told_as).await?;
            self.partitions.insert(name.clone(), partition);
        }
        let (operation, attempted) = told_as;
        let lost =
            || CloudError { operation: operation.into(), ..beforehand(attempted(), String::new()) };
        self.partitions.get(&name).ok_or_else(lost)
    }
}

/// IAM's name of what is done, and in words what that is for.
type Attempted<'a> = (&'a str, &'a (dyn Fn() -> String + Sync));

/// A call of the client, within its time.
async fn within<T>(
    call: impl Future<Output = Result<T, Error>>,
    (operation, attempted): Attempted<'_>,
) -> Answer<T> {
    match timeout(A_CALL, call).await {
        Ok(answer) => answer.map_err(|error| told(&error, operation, attempted())),
        Err(_) => Err(told(&Error::Timeout, operation, attempted())),
    }
}

/// No second try: whoever called knows when to.
fn once() -> BackoffConfig {
    BackoffConfig { deadline: Some(Duration::ZERO), ..BackoffConfig::default() }
}

/// What keeps us from calling anybody.
fn beforehand(attempted: String, message: String) -> CloudError {
    CloudError {
        attempted,
        operation: String::new(),
        class: ErrorClass::Invalid,
        code: String::new(),
        message,
        request_id: None,
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_hosts_and_ports() {
        let three = "b-1.a.kafka.eu-central-1.amazonaws.com:9098, b-2:9098,127.0.0.1:1";
        assert_eq!(servers(three).map(|all| all.len()), Some(3));
        for text in [
            "",
            "b-1",
            "b-1:",
            ":9098",
            "b-1:0",
            "b-1:70000",
            "https://b-1:9098",
            "a:1,,b:1",
            "[::1]:9098",
        ] {
            assert_eq!(servers(text), None, "{text}");
        }
    }
}

//! What stands between us and a broker: which step did not go well, and what to try.
//!
//! The client tells most of it in words alone, after it tried every server. So the two
//! steps that come first, names and connections, are gone once more where it failed, one
//! server at a time, to be told apart for certain; the rest is read off its words.

use std::time::Duration;

use futures::future::join_all;
use rskafka::BackoffError;
use rskafka::client::error::{Error, ProtocolError};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::model::probe::Authentication;
use crate::model::{CloudError, ErrorClass};

/// How long a name or a connection may take: the SDK's own limit for connecting.
const A_STEP: Duration = Duration::from_millis(3_100);

/// The steps to a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// From its name to its addresses.
    Name,
    /// To its port.
    Port,
    /// TLS with it.
    Tls,
    /// That it knows us.
    Login,
    /// That it understands us.
    Words,
}

/// Why a cluster was not reached: `said` are the client's words.
pub(super) async fn unreached(
    servers: &[String],
    authentication: Option<&Authentication>,
    said: &str,
) -> CloudError {
    let (step, message) = match gone_again(servers).await {
        Some(found) => found,
        None => (step_of(said), plainly(said)),
    };
    CloudError {
        attempted: format!("reach the brokers {}", servers.join(", ")),
        operation: "kafka-cluster:Connect".into(),
        class: match step {
            Step::Name | Step::Port | Step::Tls | Step::Words => ErrorClass::Unexpected,
            // A user or a policy of a moment ago is not known everywhere.
            Step::Login => ErrorClass::Credentials,
        },
        code: match step {
            Step::Name => "UnknownHost",
            Step::Port => "Unreachable",
            Step::Tls => "NoTls",
            Step::Login => "NotAuthenticated",
            Step::Words => "NotUnderstood",
        }
        .into(),
        message,
        request_id: None,
        hint: Some(hint(step, authentication)),
    }
}

/// The client's words without those that say how often it tried.
fn plainly(said: &str) -> String {
    let said = said.rsplit("Source: ").next().unwrap_or_default();
    // So the client says that a broker answered a token with an error.
    if said.ends_with("Sasl session error: callback error") {
        return "the token was refused".to_owned();
    }
    said.to_owned()
}

/// The first two steps once more: which of them nobody comes through, and why.
async fn gone_again(servers: &[String]) -> Option<(Step, String)> {
    let tries = servers.iter().map(|server| async move {
        match timeout(A_STEP, lookup_host(server.as_str())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Some((Step::Name, format!("{server}: {error}"))),
            Err(_) => return Some((Step::Name, format!("{server}: nobody told its address"))),
        }
        match timeout(A_STEP, TcpStream::connect(server.as_str())).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some((Step::Port, format!("{server}: {error}"))),
            Err(_) => {
                let seconds = A_STEP.as_secs();
                Some((Step::Port, format!("{server}: no answer within {seconds} s")))
            }
        }
    });
    let found: Option<Vec<(Step, String)>> = join_all(tries).await.into_iter().collect();
    let found = found?;
    // A name that is known says more of where we are.
    let step =
        if found.iter().any(|(step, _)| *step == Step::Port) { Step::Port } else { Step::Name };
    let words = found.into_iter().map(|(_, words)| words);
    Some((step, words.collect::<Vec<_>>().join("; ")))
}

/// By which of the client's words a step is known (rskafka 0.6, `connection::Error`, and
/// what rustls says of handshakes). The first that fits holds.
const WORDS: &[(&str, Step)] = &[
    ("Sasl handshake failed", Step::Login),
    ("certificate", Step::Tls),
    ("fatal alert", Step::Tls),
    ("tls handshake eof", Step::Tls),
    ("corrupt message", Step::Tls),
    ("failed to lookup", Step::Name),
    ("error connecting to broker", Step::Port),
];

fn step_of(said: &str) -> Step {
    let known = WORDS.iter().find(|(words, _)| said.contains(words));
    known.map_or(Step::Words, |(_, step)| *step)
}

fn hint(step: Step, authentication: Option<&Authentication>) -> String {
    match (step, authentication) {
        (Step::Name, _) => "names of brokers are known where the resolver of their VPC is asked: run it there, or where that VPC's names are resolved too".into(),
        (Step::Port, _) => "brokers are reached from within their VPC, unless the cluster has public or multi-VPC connectivity: run it there, and see that the cluster's security group admits us to this port".into(),
        (Step::Tls, _) => "port 9094 speaks TLS, 9096 with SCRAM, 9098 with IAM, 9092 none; if the certificate is of an authority of your own, name its bundle in AWS_CA_BUNDLE".into(),
        (Step::Login, Some(Authentication::Scram(secret))) => format!("see that {secret} is associated with the cluster, and that these are its brokers for SCRAM (port 9096)"),
        (Step::Login, Some(Authentication::Iam)) => "kafka-cluster:Connect must be allowed on the cluster, and these must be its brokers for IAM (port 9098)".into(),
        (Step::Login | Step::Words, None) => "say who we are, where the brokers want to know: `authentication: iam`, or `authentication: { scram: SECRET_ARN }`".into(),
        (Step::Words, Some(_)) => "see that these are bootstrap servers of a Kafka cluster".into(),
    }
}

/// What a refusal of a broker, or the client's own, comes to. `operation` is IAM's name
/// of what was done.
pub(super) fn told(error: &Error, operation: &str, attempted: String) -> CloudError {
    let (class, code, message) = meaning(error);
    let hint = match class {
        ErrorClass::Denied => Some(format!(
            "whoever this is needs {operation} on the topic, or the right of that name in the cluster's ACLs"
        )),
        ErrorClass::Absent => Some(
            "create it, or name another: nothing that is sent to a topic creates it here".into(),
        ),
        ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYet(_)
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Credentials
        | ErrorClass::Unexpected => None,
    };
    CloudError {
        attempted,
        operation: operation.to_owned(),
        class,
        code,
        message,
        request_id: None,
        hint,
    }
}

fn meaning(error: &Error) -> (ErrorClass, String, String) {
    match error {
        Error::ServerError { protocol_error, error_message, .. } => {
            let said = error_message.clone().unwrap_or_default();
            (class_of(*protocol_error), format!("{protocol_error:?}"), said)
        }
        Error::RetryFailed(BackoffError::DeadlineExceded { source, .. }) => {
            match source.downcast_ref::<Error>() {
                Some(inner) => meaning(inner),
                None => (ErrorClass::Transient, "Broken".to_owned(), source.to_string()),
            }
        }
        Error::InvalidResponse(said) => {
            (ErrorClass::Unexpected, "NotUnderstood".to_owned(), said.clone())
        }
        // Lines break, and leaders move.
        broken => (ErrorClass::Transient, "Broken".to_owned(), broken.to_string()),
    }
}

/// By Apache Kafka's "Error codes": which are of the moment, and what the others mean.
fn class_of(error: ProtocolError) -> ErrorClass {
    match error {
        ProtocolError::TopicAuthorizationFailed | ProtocolError::ClusterAuthorizationFailed => {
            ErrorClass::Denied
        }
        ProtocolError::UnknownTopicOrPartition => ErrorClass::Absent,
        ProtocolError::SaslAuthenticationFailed => ErrorClass::Credentials,
        ProtocolError::ThrottlingQuotaExceeded => ErrorClass::Throttled,
        ProtocolError::InvalidTopicException
        | ProtocolError::MessageTooLarge
        | ProtocolError::RecordListTooLarge
        | ProtocolError::InvalidRecord => ErrorClass::Invalid,
        ProtocolError::LeaderNotAvailable
        | ProtocolError::NotLeaderOrFollower
        | ProtocolError::RequestTimedOut
        | ProtocolError::BrokerNotAvailable
        | ProtocolError::ReplicaNotAvailable
        | ProtocolError::NetworkException
        | ProtocolError::NotEnoughReplicas
        | ProtocolError::NotEnoughReplicasAfterAppend
        | ProtocolError::OffsetNotAvailable => ErrorClass::Transient,
        // The client has some that nobody meets here, and gets more.
        _ => ErrorClass::Unexpected,
    }
}

#[cfg(test)]
mod tests {
    use rskafka::client::error::RequestContext;

    use super::*;

    #[test]
    fn a_step_is_known_by_the_clients_words() {
        let broker = "error connecting to broker \"b-1:9096\": IO Error:";
        let check = |said: &str, step: Step| {
            assert_eq!(
                step_of(&format!("all retries failed: Retry exceeded deadline. Source: {said}")),
                step
            );
        };
        check(&format!("{broker} invalid peer certificate: UnknownIssuer"), Step::Tls);
        check(&format!("{broker} received corrupt message of type InvalidContentType"), Step::Tls);
        check(&format!("{broker} failed to lookup address information"), Step::Name);
        check(&format!("{broker} Connection refused (os error 111)"), Step::Port);
        check("Sasl handshake failed: API error: SaslAuthenticationFailed", Step::Login);
        check("error getting cluster metadata: early eof", Step::Words);
    }

    #[test]
    fn what_is_told_is_what_went_wrong() {
        let check = |said: &str, expected: &str| {
            let said = format!(
                "Connection error: all retries failed: Retry exceeded deadline. Source: {said}"
            );
            assert_eq!(plainly(&said), expected);
        };
        check("Sasl handshake failed: Sasl session error: callback error", "the token was refused");
        check("Sasl handshake failed: API error: x", "Sasl handshake failed: API error: x");
        assert_eq!(plainly("no answer within 15 s"), "no answer within 15 s");
    }

    /// A refusal of the broker that the client has given up over, as it does at once here.
    fn refused(code: ProtocolError) -> CloudError {
        let refusal = || {
            // Nothing else makes one from outside of the client.
            let request = RequestContext::Topic("orders".to_owned());
            let error_message = Some("as the broker says".to_owned());
            Error::ServerError {
                protocol_error: code,
                error_message,
                request,
                response: None,
                is_virtual: false,
            }
        };
        let plain = told(&refusal(), "kafka-cluster:WriteData", "write a record".to_owned());
        let given_up = Error::RetryFailed(BackoffError::DeadlineExceded {
            deadline: Duration::ZERO,
            source: Box::new(refusal()),
        });
        let given_up = told(&given_up, "kafka-cluster:WriteData", "write a record".to_owned());
        assert_eq!(plain, given_up);
        plain
    }

    #[test]
    fn what_a_broker_refuses_says_who_may_help() {
        let check = |code: ProtocolError, class: ErrorClass, name: &str, hint: Option<&str>| {
            let told = refused(code);
            let fields = (told.class, told.code.as_str(), told.message.as_str());
            assert_eq!(fields, (class, name, "as the broker says"), "{code:?}");
            assert_eq!(told.operation, "kafka-cluster:WriteData", "{code:?}");
            let found = told.hint.as_deref();
            let fits =
                hint.map_or(found.is_none(), |hint| found.is_some_and(|it| it.contains(hint)));
            assert!(fits, "{code:?}: {found:?}");
        };
        let denied = Some(
            "needs kafka-cluster:WriteData on the topic, or the right of that name in the cluster's ACLs",
        );
        let topic = ProtocolError::TopicAuthorizationFailed;
        check(topic, ErrorClass::Denied, "TopicAuthorizationFailed", denied);
        let cluster = ProtocolError::ClusterAuthorizationFailed;
        check(cluster, ErrorClass::Denied, "ClusterAuthorizationFailed", denied);
        let absent = ProtocolError::UnknownTopicOrPartition;
        check(absent, ErrorClass::Absent, "UnknownTopicOrPartition", Some("create it"));
        let login = ProtocolError::SaslAuthenticationFailed;
        check(login, ErrorClass::Credentials, "SaslAuthenticationFailed", None);
        let large = ProtocolError::MessageTooLarge;
        check(large, ErrorClass::Invalid, "MessageTooLarge", None);
        let behind = ProtocolError::NotEnoughReplicas;
        check(behind, ErrorClass::Transient, "NotEnoughReplicas", None);
        let paced = ProtocolError::ThrottlingQuotaExceeded;
        check(paced, ErrorClass::Throttled, "ThrottlingQuotaExceeded", None);
        let odd = ProtocolError::CorruptMessage;
        check(odd, ErrorClass::Unexpected, "CorruptMessage", None);
    }

    #[tokio::test]
    async fn who_answers_is_not_what_stands_between() {
        let open = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = open.local_addr().map(|it| (open, it.to_string())).unwrap();
        let servers = ["127.0.0.1:1".to_owned(), open.1.clone()];
        assert_eq!(gone_again(&servers).await, None);
        let found = gone_again(&servers[..1]).await.map(|(step, _)| step);
        assert_eq!(found, Some(Step::Port));
        let unknown = ["nowhere.invalid:9096".to_owned()];
        assert_eq!(gone_again(&unknown).await.map(|(step, _)| step), Some(Step::Name));
    }
}

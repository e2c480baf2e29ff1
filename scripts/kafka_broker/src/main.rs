//! A broker that speaks Kafka, for ccprov's tests: Tansu, with its topics in memory, behind
//! TLS. It knows one user by name and password, and root users of MiniStack by tokens of IAM's
//! form, whose signatures it does not check.
//!
//! `kafka-broker CERTIFICATE KEY` says where it listens, and ends when its input does.

use std::error::Error;
use std::sync::Arc;

use rama::{Context, Layer, Service};
use rsasl::callback::{Context as Said, Request, SessionCallback, SessionData};
use rsasl::config::SASLConfig;
use rsasl::mechanisms::oauthbearer::properties::{OAuthBearerError, OAuthBearerValidate};
use rsasl::mechanisms::scram::properties::ScramStoredPassword;
use rsasl::mechanisms::scram::tools::{derive_keys, hash_password};
use rsasl::prelude::SessionError;
use rsasl::property::{AuthId, OAuthBearerToken};
use rsasl::validate::{Validate, ValidationError};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::digest::generic_array::GenericArray;
use sha2::{Digest, Sha512};
use tansu_auth::{Justification, Success};
use tansu_broker::coordinator::group::administrator::Controller;
use tansu_broker::service::{auth, coordinator, storage};
use tansu_service::{BytesFrameLayer, FrameRouteService, TcpBytesLayer, TcpContext};
use tansu_storage::{BrokerRegistrationRequest, Storage, StorageContainer};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;
use uuid::Uuid;

const NAME: &str = "orders-service";
const PASSWORD: &str = "a long password of orders-service";
/// What MSK has (`ScramMechanism`'s least, in Apache Kafka).
const ROUNDS: u32 = 4096;
const SALT: &[u8] = b"of-no-secret-at-all";
const CLUSTER: &str = "ccprov";
const NODE: i32 = 1;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let (Some(certificate), Some(key)) = (arguments.next(), arguments.next()) else {
        return Err("kafka-broker CERTIFICATE KEY".into());
    };
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?,
            PrivateKeyDer::from_pem_file(key)?,
        )?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let storage = StorageContainer::builder()
        .cluster_id(CLUSTER.to_owned())
        .node_id(NODE)
        .advertised_listener(Url::parse(&format!("tcp://{address}"))?)
        .storage(Url::parse("memory://kafka/")?)
        .silent(true)
        .build()
        .await?;
    let registration = BrokerRegistrationRequest {
        broker_id: NODE,
        cluster_id: CLUSTER.to_owned(),
        incarnation_id: Uuid::nil(),
        rack: None,
    };
    storage.register_broker(registration).await?;
    println!("{address}");
    tokio::select! {
        served = serve(listener, TlsAcceptor::from(Arc::new(tls)), storage) => served,
        _ended = async { tokio::io::stdin().read_to_end(&mut Vec::new()).await } => Ok(()),
    }
}

async fn serve(
    listener: TcpListener,
    tls: TlsAcceptor,
    kept: StorageContainer,
) -> Result<(), Failure> {
    let groups = Controller::with_storage(kept.clone())?;
    let sasl = SASLConfig::builder().with_defaults().with_callback(Users)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let routes = FrameRouteService::<(), tansu_broker::Error>::builder();
        let routes = storage::services(routes, kept.clone())?;
        let routes = auth::services(coordinator::services(routes, groups.clone())?)?.build()?;
        let frames = BytesFrameLayer::default().with_sasl_config(Some(sasl.clone()));
        let service = (TcpBytesLayer::<()>::default(), frames).into_layer(routes);
        let context = TcpContext::default().cluster_id(Some(CLUSTER.into()));
        let tls = tls.clone();
        tokio::spawn(async move {
            // Who does not trust the certificate hangs up.
            let Ok(stream) = tls.accept(stream).await else { return };
            if let Err(error) = service.serve(Context::with_state(context), stream).await {
                eprintln!("{error:?}");
            }
        });
    }
}

/// Whom the broker knows.
struct Users;

impl SessionCallback for Users {
    fn callback(
        &self,
        _session: &SessionData,
        said: &Said<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        if request.is::<OAuthBearerValidate>() {
            let token = said.get_ref::<OAuthBearerToken>().unwrap_or_default();
            let refused: OAuthBearerError<'_> =
                serde_json::from_str(r#"{"status":"invalid_token"}"#).expect("an error of OAuth");
            let judged = if is_of_iam(token) { Ok(()) } else { Err(refused) };
            request.satisfy::<OAuthBearerValidate>(&judged)?;
        } else if said.get_ref::<AuthId>() == Some(NAME) {
            let mut salted = GenericArray::default();
            hash_password::<Sha512>(PASSWORD.as_bytes(), ROUNDS, SALT, &mut salted);
            let (client_key, server_key) = derive_keys::<Sha512>(&salted);
            let stored = Sha512::digest(client_key);
            let known = ScramStoredPassword::new(ROUNDS, SALT, &stored, &server_key);
            request.satisfy::<ScramStoredPassword<'_>>(&known)?;
        }
        Ok(())
    }

    fn validate(
        &self,
        _session: &SessionData,
        _said: &Said<'_>,
        validate: &mut Validate<'_>,
    ) -> Result<(), ValidationError> {
        validate.with::<Justification, _>(|| Ok(Ok(Success::default())))?;
        Ok(())
    }
}

/// Whether a token has the form of those that MSK takes, and is of a root user of MiniStack,
/// whose access keys are numbers.
fn is_of_iam(token: &str) -> bool {
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    // RFC 6750, section 2.1.
    let Some(token) = token.strip_prefix("Bearer ") else { return false };
    let url = base64::Engine::decode(&engine, token).ok();
    let url = url.and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(url) = url.and_then(|text| Url::parse(&text).ok()) else { return false };
    let has = |name: &str, fits: &dyn Fn(&str) -> bool| {
        url.query_pairs().any(|(own, value)| own == name && fits(&value))
    };
    url.host_str()
        .is_some_and(|host| host.starts_with("kafka.") && host.ends_with(".amazonaws.com"))
        && has("Action", &|it| it == "kafka-cluster:Connect")
        && has("X-Amz-Expires", &|it| it == "900")
        && has("X-Amz-SignedHeaders", &|it| it == "host")
        && has("X-Amz-Signature", &|it| it.len() == 64)
        && has("X-Amz-Credential", &|it| {
            let is_root =
                it.split('/').next().is_some_and(|key| key.bytes().all(|it| it.is_ascii_digit()));
            is_root && it.ends_with("/kafka-cluster/aws4_request")
        })
        && has("User-Agent", &|it| !it.is_empty())
}

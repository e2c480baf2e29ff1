//! How brokers learn who speaks to them: by a token that is signed with the caller's
//! credentials, or by a name and a password of a secret. Neither gets into any text.

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use futures::FutureExt;
use rskafka::client::{Credentials, OauthBearerCredentials, SaslConfig};
use serde::Deserialize;
use tokio::time::Instant;

use super::token::token;
use crate::aws::answer::chain;
use crate::aws::client::Session;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::probe::Authentication;
use crate::model::{CloudError, ErrorClass};

/// What a secret for brokers holds (MSK Developer Guide, "Set up SASL/SCRAM
/// authentication for an Amazon MSK cluster").
#[derive(Deserialize)]
struct NameAndPassword {
    username: String,
    password: String,
}

/// Who signs tokens, and when it is.
struct Signer {
    credentials: SharedCredentialsProvider,
    region: String,
    /// What time it was, by the clock of AWS, and when that was by ours.
    asked: (SystemTime, Instant),
}

/// What shows who we are; `None` where nobody is to know.
///
/// # Errors
/// Where the secret cannot be read or is none, or there are no credentials.
pub(super) async fn login(
    session: &Session,
    authentication: Option<&Authentication>,
) -> Answer<Option<SaslConfig>> {
    Ok(match authentication {
        None => None,
        Some(Authentication::Iam) => Some(by_token(session).await?),
        Some(Authentication::Scram(secret)) => Some(by_password(session, secret).await?),
    })
}

async fn by_password(session: &Session, secret: &str) -> Answer<SaslConfig> {
    let attempted = || format!("read the secret {secret}");
    let answer = session.clients.secrets.get_secret_value().secret_id(secret).send().await;
    let answer = answer.attempting("secretsmanager:GetSecretValue", attempted)?;
    let found = answer.secret_string().map(serde_json::from_str::<NameAndPassword>);
    let Some(Ok(NameAndPassword { username, password })) = found else {
        return Err(CloudError {
            attempted: attempted(),
            operation: String::new(),
            class: ErrorClass::Invalid,
            code: String::new(),
            // What it holds instead is nobody's business.
            message: "it holds no name and password".into(),
            request_id: None,
            hint: Some(
                "MSK wants `{\"username\": \"...\", \"password\": \"...\"}` of a secret".into(),
            ),
        });
    };
    session.hide(&password);
    Ok(SaslConfig::ScramSha512(Credentials::new(username, password)))
}

async fn by_token(session: &Session) -> Answer<SaslConfig> {
    let Some(credentials) = session.credentials() else {
        return Err(nameless("there are no credentials".to_owned()));
    };
    // MSK refuses what was signed at another time than its own, and our clock may be wrong.
    let now = SystemTime::try_from(session.now().await?);
    let now = now.map_err(|error| nameless(error.to_string()))?;
    let asked = (now, Instant::now());
    let signer = Signer { credentials, region: session.region().to_owned(), asked };
    let (signer, session) = (Arc::new(signer), session.clone());
    Ok(SaslConfig::Oauthbearer(OauthBearerCredentials {
        callback: Arc::new(move || {
            let (signer, session) = (Arc::clone(&signer), session.clone());
            async move {
                let token = signer.token().await?;
                session.hide(&token);
                Ok(token)
            }
            .boxed()
        }),
        authz_id: None,
        bearer_kvs: Vec::new(),
    }))
}

impl Signer {
    async fn token(&self) -> Result<String, String> {
        let found = self.credentials.provide_credentials().await;
        let found = found.map_err(|error| chain(&error))?;
        let (then, since) = self.asked;
        token(&found, &self.region, then + since.elapsed())
    }
}

fn nameless(message: String) -> CloudError {
    CloudError {
        attempted: "sign a token for the brokers".into(),
        operation: String::new(),
        class: ErrorClass::Credentials,
        code: String::new(),
        message,
        request_id: None,
        hint: None,
    }
}

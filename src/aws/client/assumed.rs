//! A session in a role's name: the same connections, with the credentials that
//! STS lends for it.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::{Hushed, Session};
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// The shortest that STS lends (STS API Reference, `AssumeRole`), in seconds.
const SHORTEST: i32 = 900;

impl Session {
    /// Takes a role on, for a quarter of an hour. What the session is called is
    /// seen in the account's trail. It keeps no role that it was in before.
    ///
    /// # Errors
    /// [`ErrorClass::Denied`] where the role does not admit the caller, the
    /// caller may not, or there is no such role: STS does not say which.
    pub(crate) async fn assume(&self, role: &str, name: &str) -> Answer<Self> {
        let attempted = || format!("take on the role {role}");
        let call = self.clients.sts.assume_role().role_arn(role).role_session_name(name);
        let answer = call.duration_seconds(SHORTEST).send().await;
        let answer = answer.attempting("sts:AssumeRole", attempted)?;
        let Some(lent) = answer.credentials else {
            return Err(CloudError {
                attempted: attempted(),
                operation: "sts:AssumeRole".into(),
                class: ErrorClass::Unexpected,
                code: String::new(),
                message: "the answer holds no credentials".into(),
                request_id: None,
                hint: None,
            });
        };
        let token = Some(lent.session_token);
        let lent =
            Credentials::new(lent.access_key_id, lent.secret_access_key, token, None, "role");
        Ok(self.with(lent))
    }

    /// The same, with calls to another region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        if region == self.region {
            return self.clone();
        }
        let clients = self.clients.in_region(region, self.credentials.as_ref());
        Self { clients, region: region.to_owned(), ..self.clone() }
    }

    fn with(&self, lent: Credentials) -> Self {
        let credentials = SharedCredentialsProvider::new(lent);
        let (mask, lifetime) = (self.mask.clone(), Arc::default());
        let hushed = Hushed { credentials, mask, end: None, lifetime };
        let lifetime = hushed.lifetime.clone();
        let lent = SharedCredentialsProvider::new(hushed);
        Self {
            calls: self.calls.clone(),
            clients: self.clients.with(&lent),
            region: self.region.clone(),
            endpoint: self.endpoint.clone(),
            caller: Arc::default(),
            lifetime,
            credentials: Some(lent),
            is_endpoint_asked: self.is_endpoint_asked,
            mask: self.mask.clone(),
            ca_bundle: self.ca_bundle.clone(),
        }
    }
}

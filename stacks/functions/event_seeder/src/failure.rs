//! Why samples were not sent, as whoever asked is told.

use events::NotAnId;
use lambda_runtime::Diagnostic;

/// Why samples were not sent, or not all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The request says something that nobody understands.
    #[error("say {{}} or {{ \"tenant_id\": \"...\" }}")]
    Request,
    /// It names a tenant that can be none.
    #[error("the tenant_id cannot be one")]
    Tenant(#[source] NotAnId),
    /// A sample of this type cannot be made.
    #[error("the sample of {0} cannot be made")]
    Sample(&'static str),
    /// The queue refused a message.
    #[error("the queue answered {code}")]
    Queue {
        /// What the queue calls it.
        code: String,
    },
}

/// Lambda tells a type beside the words, for programs.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match &failure {
            Failure::Request | Failure::Tenant(_) => "RequestRefused",
            Failure::Sample(_) => "SampleUnusable",
            Failure::Queue { .. } => "QueueRefused",
        };
        Self { error_type: error_type.to_owned(), error_message: failure.to_string() }
    }
}

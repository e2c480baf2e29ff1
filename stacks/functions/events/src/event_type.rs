//! The types of events, each with its schema, a sample and a route.

/// What sort of thing has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A user has come to a tenant.
    UserCreated,
    /// A check of a service has found a state.
    Monitoring,
    /// What a user may do in applications has changed.
    UserApplications,
    /// Who has to authorise a transaction, and what they decided.
    TransactionAuthorizers,
    /// An integration with another service has changed.
    Integrations,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::UserCreated,
        Self::Monitoring,
        Self::UserApplications,
        Self::TransactionAuthorizers,
        Self::Integrations,
    ];

    /// The type of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event_type| event_type.name() == name)
    }

    /// As envelopes spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::UserCreated => "user.created",
            Self::Monitoring => "monitoring",
            Self::UserApplications => "user.applications",
            Self::TransactionAuthorizers => "transaction.authorizers",
            Self::Integrations => "integrations",
        }
    }

    /// Where its events go on from the ledger.
    pub fn route(self) -> &'static str {
        match self {
            Self::UserCreated => "users",
            Self::Monitoring => "operations",
            Self::UserApplications => "applications",
            Self::TransactionAuthorizers => "transactions",
            Self::Integrations => "integrations",
        }
    }

    /// What a payload must be, as JSON Schema.
    pub fn schema(self) -> &'static str {
        match self {
            Self::UserCreated => include_str!("../schemas/user.created.json"),
            Self::Monitoring => include_str!("../schemas/monitoring.json"),
            Self::UserApplications => include_str!("../schemas/user.applications.json"),
            Self::TransactionAuthorizers => include_str!("../schemas/transaction.authorizers.json"),
            Self::Integrations => include_str!("../schemas/integrations.json"),
        }
    }

    /// A payload that meets the schema, as JSON.
    pub fn sample(self) -> &'static str {
        match self {
            Self::UserCreated => include_str!("../samples/user.created.json"),
            Self::Monitoring => include_str!("../samples/monitoring.json"),
            Self::UserApplications => include_str!("../samples/user.applications.json"),
            Self::TransactionAuthorizers => include_str!("../samples/transaction.authorizers.json"),
            Self::Integrations => include_str!("../samples/integrations.json"),
        }
    }
}

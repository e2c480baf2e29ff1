//! How long the credentials of a session last, as far as anybody tells.
//!
//! The SDK knows an end of those that it fetched itself, of a role, of SSO, of an instance, and
//! fetches them again before that. Of those that somebody wrote down for it, in the environment
//! or in a profile, it knows none, and has no others when they end.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// How long credentials last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// For ever, or as long as who renews them does.
    Lasting,
    /// Until then, and nobody renews them.
    Until(SystemTime),
    /// They are temporary, and nobody says for how long.
    Unknown,
}

impl Lifetime {
    /// Of credentials as they were found. `stated` is what the environment says of the end
    /// of those that stand in it.
    pub(super) fn of(found: &Credentials, stated: Option<&str>) -> Self {
        if found.session_token().is_none() || found.expiry().is_some() {
            return Self::Lasting;
        }
        let features = found.get_property::<Vec<AwsCredentialFeature>>();
        let is_of_environment = features
            .is_some_and(|features| features.contains(&AwsCredentialFeature::CredentialsEnvVars));
        let stated = stated.filter(|_| is_of_environment).and_then(moment);
        stated.map_or(Self::Unknown, Self::Until)
    }
}

fn moment(text: &str) -> Option<SystemTime> {
    DateTime::from_str(text, Format::DateTimeWithOffset).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn found(token: Option<&str>, end: Option<SystemTime>, in_environment: bool) -> Credentials {
        let token = token.map(str::to_owned);
        let mut found = Credentials::new("ASIAEXAMPLE", "secret", token, end, "test");
        if in_environment {
            found
                .get_property_mut_or_default::<Vec<AwsCredentialFeature>>()
                .push(AwsCredentialFeature::CredentialsEnvVars);
        }
        found
    }

    #[test]
    fn what_somebody_wrote_down_ends_and_what_is_fetched_is_fetched_again() {
        let check = |found: Credentials, stated: Option<&str>, expected: Lifetime| {
            assert_eq!(Lifetime::of(&found, stated), expected, "{stated:?}");
        };
        let noon = UNIX_EPOCH + Duration::from_hours(12);
        let stated = Some("1970-01-01T12:00:00Z");
        check(found(None, None, true), None, Lifetime::Lasting);
        check(found(None, None, true), stated, Lifetime::Lasting);
        check(found(Some("t"), Some(noon), false), None, Lifetime::Lasting);
        check(found(Some("t"), None, true), stated, Lifetime::Until(noon));
        check(
            found(Some("t"), None, true),
            Some("1970-01-01T14:00:00+02:00"),
            Lifetime::Until(noon),
        );
        check(found(Some("t"), None, true), Some("noon"), Lifetime::Unknown);
        check(found(Some("t"), None, true), None, Lifetime::Unknown);
        // What stands in the environment says nothing of a profile's.
        check(found(Some("t"), None, false), stated, Lifetime::Unknown);
    }
}

//! Whether there is the profile that was asked for: by itself the SDK looks on,
//! and says in the end that no provider was enabled.

use aws_config::profile;

use super::near::nearest;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// Looks for a profile: the one that is named, or that of `AWS_PROFILE`. Files
/// that cannot be read are the business of whoever needs them.
#[expect(clippy::default_trait_access, reason = "types of a crate that is not named here")]
pub(super) async fn check(named: Option<&str>) -> Answer<()> {
    let (files, asked) = (Default::default(), named.map(|name| name.to_owned().into()));
    let Ok(profiles) = profile::load(&Default::default(), &Default::default(), &files, asked).await
    else {
        return Ok(());
    };
    let sought = profiles.selected_profile();
    // Without a profile there may be other credentials: nobody asked for `default`.
    if profiles.get_profile(sought).is_some() || (named.is_none() && sought == "default") {
        return Ok(());
    }
    let mut known: Vec<&str> = profiles.profiles().collect();
    known.sort_unstable();
    let meant = nearest(sought, known.iter().copied());
    let meant = meant.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    let known = match known.as_slice() {
        [] => "there are none".to_owned(),
        several => format!("there are: {}", several.join(", ")),
    };
    let origin = if named.is_some() { "--profile" } else { "AWS_PROFILE" };
    Err(CloudError {
        attempted: "find credentials".into(),
        operation: String::new(),
        class: ErrorClass::Credentials,
        code: String::new(),
        message: format!("{origin} names a profile `{sought}`, and there is none"),
        request_id: None,
        hint: Some(format!(
            "{meant}{known}; the files are ~/.aws/config and ~/.aws/credentials, unless \
             AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE say otherwise"
        )),
    })
}

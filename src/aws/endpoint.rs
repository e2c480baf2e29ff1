//! An address that calls go to instead of AWS's: whether it is one, and who named it.

use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// Whether an endpoint can be called at all: the SDK would find out at the first
/// call, in words of its own.
pub(super) fn check(url: &str, is_asked: bool) -> Answer<()> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    if host.is_some_and(|host| !host.is_empty() && !host.contains(char::is_whitespace)) {
        return Ok(());
    }
    Err(CloudError {
        attempted: "find the endpoint".into(),
        operation: String::new(),
        class: ErrorClass::Invalid,
        code: String::new(),
        message: format!("{} says `{url}`, which is no address", origin(is_asked)),
        request_id: None,
        hint: Some("an endpoint is written http://HOST:PORT or https://HOST:PORT".into()),
    })
}

/// The error of a call to an endpoint that did not answer, with its address and
/// where that comes from.
pub(super) fn named(error: CloudError, url: Option<&str>, is_asked: bool) -> CloudError {
    // What is no address in the environment, the SDK keeps to itself until here.
    let unfit = error.message.split("failed to apply endpoint `").nth(1);
    if let Some(Err(unfit)) =
        unfit.and_then(|rest| rest.split('`').next()).map(|url| check(url, is_asked))
    {
        return unfit;
    }
    let Some(url) = url else { return error };
    if error.class != ErrorClass::Transient || !error.code.is_empty() {
        return error;
    }
    let origin = origin(is_asked);
    let hint =
        format!("calls go to {url}, by {origin}: is it there, and does it speak that scheme?");
    CloudError { hint: Some(hint), ..error }
}

fn origin(is_asked: bool) -> &'static str {
    if is_asked { "--endpoint-url" } else { "AWS_ENDPOINT_URL or the profile's `endpoint_url`" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for good in ["http://127.0.0.1:5104", "https://sqs.example", "http://[::1]:4566/path"] {
            assert!(check(good, true).is_ok(), "{good}");
        }
        for bad in
            ["127.0.0.1:5104", "localhost", "ftp://x", "http://", "http:///x", "http://a b", ""]
        {
            let error = check(bad, false).expect_err(bad);
            assert!(error.to_string().contains("AWS_ENDPOINT_URL"), "{error}");
        }
    }
}

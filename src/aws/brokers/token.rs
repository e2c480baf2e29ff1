//! The token by which brokers of MSK learn who speaks to them: a URL, signed with the
//! caller's credentials, as text that a header could hold. Pure.
//!
//! Its form is that of AWS's own signers for Kafka clients, which MSK Developer Guide,
//! "IAM access control", names: `Action=kafka-cluster:Connect` of the region's endpoint,
//! signed for the service `kafka-cluster` with the signature in the query, with a user
//! agent behind that nobody signs, in base64url without padding.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is signed for.
const SERVICE: &str = "kafka-cluster";
/// `Action=kafka-cluster:Connect`.
const ACTION: &str = "Action=kafka-cluster%3AConnect";
/// For how long AWS's own signers make them good. A broker asks for it once, when it is
/// connected to.
const LIFETIME: Duration = Duration::from_mins(15);
/// What a signature leaves as it is (IAM User Guide, "Create a signed AWS API request").
const SIGNED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The token of who has these credentials, good from `now` on.
///
/// # Errors
/// What nobody can sign with, in words.
pub(super) fn token(
    credentials: &Credentials,
    region: &str,
    now: SystemTime,
) -> Result<String, String> {
    let url = format!("https://kafka.{region}.amazonaws.com/?{ACTION}");
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(LIFETIME);
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(now)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?;
    let request = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[]))
        .map_err(|error| error.to_string())?;
    let signed = sign(request, &params.into()).map_err(|error| error.to_string())?;
    let (instructions, _signature) = signed.into_parts();
    let query = instructions.params().iter();
    let query =
        query.map(|(name, value)| format!("&{name}={}", utf8_percent_encode(value, SIGNED)));
    let query: String = query.collect();
    let agent = concat!("&User-Agent=ccprov%2F", env!("CARGO_PKG_VERSION"));
    Ok(base64url(&format!("{url}{query}{agent}")))
}

/// As URLs and headers take it, without padding (RFC 4648, section 5).
fn base64url(text: &str) -> String {
    let plain = aws_smithy_types::base64::encode(text);
    plain.trim_end_matches('=').replace('+', "-").replace('/', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URL in a token.
    fn url(token: &str) -> String {
        let padded = format!("{token}{}", "=".repeat((4 - token.len() % 4) % 4));
        let bytes = aws_smithy_types::base64::decode(padded.replace('-', "+").replace('_', "/"));
        String::from_utf8(bytes.expect("base64url")).expect("a URL")
    }

    struct Case {
        token: Option<&'static str>,
        region: &'static str,
        seconds: u64,
        signature: &'static str,
    }

    /// What botocore, which AWS's signer for Python is built on, makes of the same: its
    /// `SigV4QueryAuth`, at the same time, with the keys of AWS's examples.
    const CASES: &[Case] = &[
        Case {
            token: None,
            region: "eu-central-1",
            seconds: 1_764_406_800,
            signature: "e4e4131b832f1e143b8a768b3ebff5add0a7fb6ace95daacfc3cc0dc6bba181d",
        },
        Case {
            token: Some("IQoJb3JpZ2luX2VjEXAMPLE/+=="),
            region: "us-east-1",
            seconds: 1_764_406_800,
            signature: "ff5c2ecd8810a023c01eb4a2d113b8a41e03caacda612a1ac6ff454a04fcd97d",
        },
        Case {
            token: None,
            region: "cn-north-1",
            seconds: 951_782_399,
            signature: "92192200dc19267114922edc470ce6eddb9c9919e34d8dcbe2683f34c2aafb7c",
        },
    ];

    #[test]
    fn a_token_is_signed_as_aws_signs_it() {
        for case in CASES {
            let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
            let session = case.token.map(str::to_owned);
            let credentials =
                Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, session, None, "test");
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(case.seconds);
            let url = url(&token(&credentials, case.region, at).unwrap());
            let host = format!("https://kafka.{}.amazonaws.com/?Action=", case.region);
            assert!(url.starts_with(&host), "{url}");
            assert!(url.contains("&X-Amz-Expires=900&"), "{url}");
            assert!(url.contains("&X-Amz-SignedHeaders=host&"), "{url}");
            let signature = format!("&X-Amz-Signature={}&", case.signature);
            assert!(url.contains(&signature), "{url}");
            assert_eq!(url.contains("&X-Amz-Security-Token="), case.token.is_some(), "{url}");
            assert!(url.ends_with(concat!("&User-Agent=ccprov%2F", env!("CARGO_PKG_VERSION"))));
        }
    }

    #[test]
    fn a_token_is_fit_for_a_header() {
        for text in ["", "a", "ab", "abc", "\u{3ff}\u{3ff}>>>???"] {
            let token = base64url(text);
            let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            assert!(token.bytes().all(is_fit), "{token}");
            assert_eq!(url(&token), text);
        }
    }
}

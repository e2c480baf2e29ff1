//! Whether a body is, as a whole, what a service says: JSON, or XML that ends
//! where its root element does, with what always stands in it.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use serde::de::IgnoredAny;

use super::{Fault, contents};
use crate::aws::service::Speech;
use crate::aws::services::table::SERVICES;

/// How much is shown of what is no answer.
const SHOWN: usize = 100;

/// What moto says where AWS says nothing (`CreateAlias`, `PutBucketPolicy`).
const NOTHING: &[&[u8]] = &[b"null", b"True"];

/// Takes an answer of success that is whole, in the form in which its service
/// speaks, and holds what such an answer always holds.
///
/// # Errors
/// [`Fault::CutShort`], [`Fault::Foreign`] or [`Fault::Lacks`].
pub(super) fn check(service: &str, operation: &str, answer: &HttpResponse) -> Result<(), Fault> {
    let bytes = answer.body().bytes().unwrap_or_default();
    let status = answer.status().as_u16();
    match form_of(service, bytes) {
        // S3 answers some calls with success and tells of a failure: the SDK knows.
        Form::Whole if root_of(bytes) == Some(b"Error") => Ok(()),
        Form::Whole => match contents::missing(service, operation, bytes) {
            Some(what) => Err(Fault::Lacks { status, what }),
            None => Ok(()),
        },
        Form::CutShort => Err(Fault::CutShort { status }),
        Form::Foreign => Err(Fault::Foreign { status, beginning: beginning(answer) }),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Whole,
    CutShort,
    Foreign,
}

fn form_of(service: &str, bytes: &[u8]) -> Form {
    let text = bytes.trim_ascii();
    let is_json = text.starts_with(b"{");
    let told = SERVICES.iter().find(|told| told.prefix == service);
    match told.map(|told| told.speaks) {
        _ if text.is_empty() || NOTHING.contains(&text) => Form::Whole,
        Some(Speech::Json | Speech::XmlOrJson) if is_json => json(text),
        Some(Speech::Xml | Speech::XmlOrJson) => xml(text),
        Some(Speech::Cbor) if is_cbor_map(bytes) => Form::Whole,
        Some(Speech::Cbor | Speech::Json) | None => Form::Foreign,
    }
}

/// Whether it begins as a map does in CBOR (RFC 8949, 3.1: major type 5). Every
/// part says how long it is, so that the parser notices what was cut short.
fn is_cbor_map(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| first >> 5 == 5)
}

fn json(text: &[u8]) -> Form {
    match serde_json::from_slice::<IgnoredAny>(text) {
        Ok(_) => Form::Whole,
        Err(error) if error.is_eof() => Form::CutShort,
        Err(_) => Form::Foreign,
    }
}

/// Looks at both ends of it alone: what lies between is the parser's.
fn xml(text: &[u8]) -> Form {
    let Some(root) = root_of(text) else { return Form::Foreign };
    if root.eq_ignore_ascii_case(b"html") {
        return Form::Foreign;
    }
    let close = text.iter().rposition(|byte| *byte == b'<').map_or(text, |at| &text[at..]);
    let closes = close.strip_prefix(b"</").and_then(|rest| rest.strip_prefix(root));
    let is_closed = closes.is_some_and(|rest| rest.trim_ascii() == b">");
    let is_empty_root = close[1..].starts_with(root) && close.ends_with(b"/>");
    if is_closed || is_empty_root { Form::Whole } else { Form::CutShort }
}

/// The name of the first element, behind declarations and comments.
fn root_of(text: &[u8]) -> Option<&[u8]> {
    let mut text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii_start();
    loop {
        let (end, skips): (&[u8], bool) = match text {
            [b'<', b'?', ..] => (b"?>", true),
            [b'<', b'!', b'-', b'-', ..] => (b"-->", true),
            // A DOCTYPE comes with HTML, and with no answer of AWS.
            [b'<', name, ..] if name.is_ascii_alphabetic() => (b"", false),
            _ => return None,
        };
        if !skips {
            let name = &text[1..];
            let length = name.iter().position(|byte| b" \t\r\n/>".contains(byte));
            return Some(&name[..length.unwrap_or(name.len())]);
        }
        let at = text.windows(end.len()).position(|window| window == end)?;
        text = text[at + end.len()..].trim_ascii_start();
    }
}

/// What came, for people: its type, and how it begins on one line.
pub(crate) fn beginning(answer: &HttpResponse) -> String {
    let text = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    let mut shown: String = text.trim().chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.trim().chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    match answer.headers().get("content-type") {
        Some(kind) => {
            let kind: String = kind.chars().take(SHOWN).flat_map(char::escape_debug).collect();
            format!("{kind}, `{shown}`")
        }
        None => format!("`{shown}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(service: &str, text: &str, expected: Form) {
        assert_eq!(form_of(service, text.as_bytes()), expected, "{service}: {text}");
    }

    #[test]
    fn a_service_says_something_whole_in_its_own_form() {
        for service in ["kms", "logs", "sqs", "tag"] {
            check(service, "", Form::Whole);
            check(service, "null", Form::Whole);
            check(service, "{}", Form::Whole);
            check(service, "{\"a\": {}}\n", Form::Whole);
            check(service, "{\"a\": {}", Form::CutShort);
            check(service, "{\"a\": [\"b", Form::CutShort);
            check(service, "<a></a>", Form::Foreign);
            check(service, "[]", Form::Foreign);
            check(service, "{a}", Form::Foreign);
        }
        check("cloudwatch", "\u{0}", Form::Foreign);
        check("cloudwatch", "<html></html>", Form::Foreign);
        assert_eq!(form_of("cloudwatch", b"\xa1\x61a\x80"), Form::Whole);
        assert_eq!(form_of("cloudwatch", b"\xbf\xff"), Form::Whole);
        for service in ["iam", "s3", "sns", "sts"] {
            check(service, "", Form::Whole);
            check(service, "<?xml version=\"1.0\"?>\n<!-- a --><A x='1'><b/></A>\n", Form::Whole);
            check(service, "<A/>", Form::Whole);
            check(service, "<A xmlns=\"b\" />", Form::Whole);
            check(service, "<A><b>c</b>", Form::CutShort);
            check(service, "<A><b>c</b><", Form::CutShort);
            check(service, "<A><b/>", Form::CutShort);
            check(service, "<A><B>1</B></A", Form::CutShort);
            check(service, "<A", Form::CutShort);
            check(service, "<!DOCTYPE html><html></html>", Form::Foreign);
            check(service, "<html><body>Sign in</body></html>", Form::Foreign);
            check(service, "Sign in", Form::Foreign);
            check(service, "<?xml version=\"1.0\"?>", Form::Foreign);
        }
        check("s3", "{\"Version\": \"2012-10-17\"}", Form::Whole);
        check("iam", "{}", Form::Foreign);
    }
}

//! Amazon resource names, taken apart.

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`. Region and account are
/// empty where the resource has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arn<'a> {
    pub(crate) partition: &'a str,
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
    pub(crate) resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` for any other text.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next().filter(|resource| !resource.is_empty())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_has_six_parts() {
        let arn = Arn::read("arn:aws:sns:us-east-1:123456789012:t:0a1b").unwrap();
        assert_eq!((arn.service, arn.account, arn.resource), ("sns", "123456789012", "t:0a1b"));
        assert_eq!(Arn::read("arn:aws:s3:::claims").map(|arn| arn.region), Some(""));
        assert_eq!(Arn::read("arn:aws:sqs:us-east-1:123456789012:"), None);
        assert_eq!(Arn::read("https://sqs.us-east-1.amazonaws.com/123456789012/q"), None);
    }
}

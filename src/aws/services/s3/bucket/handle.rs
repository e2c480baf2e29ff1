//! One bucket, as every call to it names it.

use aws_sdk_s3::Client;

use crate::aws::handed::Aws;
use crate::model::Place;

/// One bucket, and the account to which it must belong: a name that somebody
/// else took after us is refused by S3 itself.
#[derive(Clone, Copy)]
pub(super) struct Bucket<'a> {
    pub(super) s3: &'a Client,
    pub(super) account: &'a str,
    pub(super) name: &'a str,
    pub(super) place: &'a Place,
}

impl<'a> Bucket<'a> {
    pub(super) fn new(aws: &'a Aws, name: &'a str) -> Self {
        Self { s3: &aws.session.clients.s3, account: &aws.place.account, name, place: &aws.place }
    }
}

//! An end of a way: a resource of the stack, or something else.

use crate::model::{Exhibit, Place, Scene, document};

/// What runs.
pub(super) const FUNCTION: &str = "lambda_function";

/// One end of a hop.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    /// A resource of the stack.
    Here(&'a Exhibit),
    /// Something else, as the field has it.
    Elsewhere(&'a str),
}

impl<'a> End<'a> {
    pub(super) fn of(scene: &'a Scene, kind: &str, value: &'a str) -> Self {
        named(scene, kind, value).map_or(Self::Elsewhere(value), Self::Here)
    }

    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Here(exhibit) => exhibit.address.to_string(),
            Self::Elsewhere(value) => document::shown(value),
        }
    }

    /// What a policy calls it. A bucket's name tells its ARN.
    pub(super) fn arn(self, place: &Place) -> String {
        match self {
            Self::Here(exhibit) => exhibit.fact("arn").to_owned(),
            Self::Elsewhere(arn) if arn.starts_with("arn:") => arn.to_owned(),
            Self::Elsewhere(bucket) => format!("arn:{}:s3:::{bucket}", place.partition),
        }
    }

    /// Its ARN as a stack file states it.
    pub(super) fn reference(self, place: &Place) -> String {
        match self {
            Self::Here(exhibit) => super::patch::arn_of(exhibit),
            Self::Elsewhere(_) => self.arn(place),
        }
    }

    /// Whose it is. The ARN of a bucket does not tell; what the stack
    /// configures is taken for the account's own.
    pub(super) fn account(self, place: &Place) -> String {
        let arn = self.arn(place);
        let account = arn.split(':').nth(4).unwrap_or_default();
        if account.is_empty() { place.account.clone() } else { account.to_owned() }
    }
}

/// The resource of a kind that a field names. A function may be named with a version
/// or an alias behind it.
pub(super) fn named<'a>(scene: &'a Scene, kind: &str, value: &str) -> Option<&'a Exhibit> {
    let plain = || unqualified(value).filter(|_| kind == FUNCTION);
    scene.named(kind, value).or_else(|| scene.named(kind, plain()?))
}

/// The same without its version or alias: `NAME:ALIAS`, `arn:…:function:NAME:ALIAS`.
fn unqualified(value: &str) -> Option<&str> {
    let parts = value.split(':').count();
    let is_qualified = if value.starts_with("arn:") { parts > 7 } else { parts == 2 };
    is_qualified.then(|| value.rsplit_once(':')).flatten().map(|(plain, _)| plain)
}

//! What the contract does without on an emulator that has shown that it must.

use std::collections::BTreeSet;

use ccprov::model::CloudError;

use super::super::rights;
use super::{LACKS, Lack, Lacking, MISJUDGED, Misjudged};

/// What is given up for an emulator, once it has shown that it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Concession {
    /// What it has not got is not tried.
    Lack(&'static Lack),
    /// The permission that it asks for is granted.
    Right(&'static Misjudged),
}

/// All that an emulator may need, by its name.
pub(crate) fn concessions(emulator: &str) -> impl Iterator<Item = Concession> {
    let lacks = LACKS.iter().filter(move |lack| emulator.starts_with(lack.emulator));
    let is_enforcing = emulator == "ministack-enforcing";
    let rights = MISJUDGED.iter().filter(move |_| is_enforcing);
    lacks.map(Concession::Lack).chain(rights.map(Concession::Right))
}

impl Concession {
    /// The kind that it is for.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Lack(lack) => lack.kind,
            Self::Right(error) => error.kind,
        }
    }

    /// Whether it leaves out a kind with all of its cases.
    pub(crate) fn is_of_whole_kind(self) -> bool {
        matches!(self, Self::Lack(Lack { what: Lacking::Kind, .. }))
    }

    /// Whether an error shows that there is need of it.
    pub(crate) fn is_behind(self, error: &CloudError) -> bool {
        match self {
            Self::Right(misjudged) => rights::is_behind(misjudged, error),
            Self::Lack(lack) => {
                let is_meant = match lack.what {
                    Lacking::Kind => true,
                    Lacking::Call(call, _) => call == error.operation,
                };
                is_meant && error.code == lack.answer && error.message.contains(lack.saying)
            }
        }
    }
}

/// The fields that these concessions leave out of a kind.
pub(crate) fn left_out<'a>(
    conceded: impl IntoIterator<Item = &'a Concession>,
    kind: &str,
) -> BTreeSet<&'static str> {
    let of_kind = conceded.into_iter().filter(|concession| concession.kind() == kind);
    let fields = of_kind.flat_map(|concession| match concession {
        Concession::Lack(Lack { what: Lacking::Call(_, fields), .. }) => *fields,
        Concession::Lack(Lack { what: Lacking::Kind, .. }) | Concession::Right(_) => &[],
    });
    fields.copied().collect()
}

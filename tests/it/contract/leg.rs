//! One emulator, and as whom it is spoken to.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt as _};

use super::case::{Case, CaseFile};
use super::cloud::{Book, Cloud, Failure};
use super::lies::{self, Concession, Lack};
use crate::stand_in;
use crate::support::emulator::{self, Account, Emulator};

/// How many kinds are tried at a time. The emulator is one thread of Python, and
/// this test another one, so that two cores are busy with few. A guess: other
/// numbers were not compared.
const SIDE_BY_SIDE: usize = 3;

/// An emulator, and whether a user who may do no more than the case needs does
/// all, or the root user.
pub(crate) struct Leg {
    pub(crate) name: &'static str,
    emulator: &'static Emulator,
    pub(crate) as_user: bool,
    /// Whether a server stands in for what no emulator has. It looks at no rights.
    pub(crate) stands_in: bool,
}

/// Policies are stored, not evaluated.
pub(crate) fn ministack() -> Leg {
    Leg { name: "ministack", emulator: emulator::ministack(), as_user: false, stands_in: true }
}

/// Policies are evaluated: those of the case, and those of who carries it out.
pub(crate) fn ministack_enforcing() -> Leg {
    let emulator = emulator::ministack_enforcing_tls();
    Leg { name: "ministack-enforcing", emulator, as_user: true, stands_in: false }
}

/// A second opinion on what reads back.
pub(crate) fn moto() -> Leg {
    Leg { name: "moto", emulator: emulator::moto(), as_user: false, stands_in: false }
}

/// What a leg came to.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) failures: Vec<String>,
    /// What was left out, because the emulator has it not.
    pub(crate) left_out: Vec<String>,
}

impl Leg {
    /// An account through its root user, where no other kind meets this one's
    /// objects: in moto, which has one, they differ by name.
    pub(crate) fn account(&self) -> Account {
        self.emulator.account()
    }

    /// One where nobody has made anything yet. In moto it takes a second.
    pub(crate) async fn empty_account(&self) -> Account {
        self.emulator.empty_account().await
    }

    /// Takes all cases through the emulator, some kinds at a time, each in an
    /// account of its own. What it tells is in the order of the files.
    pub(crate) async fn go_through(&self, files: &[CaseFile]) -> Told {
        let kinds = stream::iter(files).map(|file| self.try_kind(file));
        let all: Vec<Told> = kinds.buffered(SIDE_BY_SIDE).collect().await;
        all.into_iter().fold(Told::default(), |mut all, told| {
            all.failures.extend(told.failures);
            all.left_out.extend(told.left_out);
            all
        })
    }

    /// The cases of a kind, one after the other; then what was not so after all.
    async fn try_kind(&self, file: &CaseFile) -> Told {
        let (mut told, mut book) = (Told::default(), Book::default());
        if !self.stands_in && stand_in::has(&file.kind) {
            let place = format!("{} on {}", file.kind, self.name);
            told.left_out.push(format!("{place}: only a stand-in has it"));
            return told;
        }
        let mut cloud = Cloud::connect(self, &file.kind, self.account()).await;
        for case in &file.cases {
            let place = format!("{} {} on {}", file.kind, case.name, self.name);
            match self.try_case(&file.kind, case, &mut cloud, &mut book).await {
                Ok(None) => {}
                Ok(Some(lack)) => told.left_out.push(format!("{place}: it has no {}", lack.name())),
                Err(failure) => told.failures.push(format!("{place}\n  {failure}")),
            }
        }
        book.lied.extend(cloud.writer.lied());
        if told.failures.is_empty() {
            told.failures = truths(&file.kind, self.name, &book);
        }
        told
    }

    /// One case, from the beginning each time that the emulator shows that
    /// something must be given up. Answers what the case cannot do without.
    async fn try_case(
        &self,
        kind: &str,
        case: &Case,
        cloud: &mut Cloud,
        book: &mut Book,
    ) -> Result<Option<&'static Lack>, Failure> {
        let is_tried =
            |tried: &str| tried == kind || case.needs.0.iter().any(|it| it.1.kind == tried);
        let none = |it: &Concession| it.is_of_whole_kind() && is_tried(it.kind());
        if let Some(Concession::Lack(lack)) = book.conceded.iter().copied().find(none) {
            return Ok(Some(lack));
        }
        // What another case had to do without is tried in this one.
        let mut conceded = BTreeSet::new();
        loop {
            let attempt = case.without(&lies::left_out(&conceded, kind));
            let Err(failure) = cloud.live_through(kind, &attempt, book).await else {
                return Ok(None);
            };
            let Some(refusal) = &failure.refusal else { return Err(failure) };
            let known = lies::concessions(self.name).filter(|it| is_tried(it.kind()));
            let behind: Vec<_> = known.filter(|it| it.is_behind(refusal)).collect();
            // A refusal names several actions, and what helps may be any of them.
            let untried = behind.iter().find(|it| !conceded.contains(*it));
            let Some(&concession) = untried.or(behind.first()) else { return Err(failure) };
            // What was made stays where it is.
            book.lied.extend(cloud.writer.lied());
            *cloud = Cloud::connect(self, kind, self.empty_account().await).await;
            book.conceded.insert(concession);
            let is_in_vain = !conceded.insert(concession);
            match concession {
                Concession::Lack(lack) if is_in_vain || concession.is_of_whole_kind() => {
                    return Ok(Some(lack));
                }
                Concession::Right(_) if is_in_vain => return Err(failure),
                Concession::Lack(_) | Concession::Right(_) => {}
            }
        }
    }
}

/// What is said of a kind in `lies.rs`, and was not seen.
fn truths(kind: &str, emulator: &str, book: &Book) -> Vec<String> {
    let lies = lies::told_by(emulator).filter(|lie| lie.kind == kind);
    let lies = lies.filter(|lie| !book.lied.contains(lie)).map(|lie| format!("{lie:?}"));
    let all = lies::concessions(emulator).filter(|it| it.kind() == kind);
    let needless = all.filter(|it| !book.conceded.contains(it)).map(|it| format!("{it:?}"));
    let told = lies.chain(needless);
    told.map(|it| format!("no longer so on {emulator}, remove it from lies.rs: {it}")).collect()
}

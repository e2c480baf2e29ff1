//! What is known of all kinds, whatever their service.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::behaviours::check_probe;
use super::grant::Grant;
use super::kind::AnyKind;
use super::kind::Kind as _;
use super::landmark::Landmark;
use super::partition;
use super::services::kms::key::KmsKey;
use super::services::{KINDS, LANDMARKS};
use crate::model::{
    Address, Answers, Catalog, Desired, Document, Facts, KindInfo, LandmarkInfo, Live, NameOrigin,
    Naming, Place, Prepared, Probe, Problem, Question, Sight,
};

/// The kind of a name.
pub(crate) fn kind(name: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}

/// The kind of a name that is looked up only.
pub(crate) fn landmark(name: &str) -> Option<&'static dyn Landmark> {
    LANDMARKS.iter().copied().find(|landmark| landmark.name() == name)
}

/// What AWS must allow for looks at what is looked up only, by the kind's name.
pub fn landmark_grants() -> impl Iterator<Item = (&'static str, &'static [Grant])> {
    LANDMARKS.iter().map(|landmark| (landmark.name(), landmark.grants()))
}

/// What AWS must allow of each kind, by the kind's name.
pub fn grants() -> impl Iterator<Item = (&'static str, &'static [Grant])> {
    KINDS.iter().map(|kind| (kind.name(), kind.grants()))
}

/// What is known of every kind, for the rooms that know no AWS.
#[derive(Clone, Debug)]
pub struct AwsCatalog {
    kinds: Vec<KindInfo>,
    landmarks: Vec<LandmarkInfo>,
    sights: Vec<Sight>,
    answers: Answers,
}

impl AwsCatalog {
    /// Asks every registered kind.
    pub fn new() -> Self {
        let mut kinds: Vec<KindInfo> = KINDS.iter().map(|kind| kind.info()).collect();
        let encrypted: Vec<String> = kinds
            .iter()
            .filter(|kind| !kind.keys.is_empty())
            .map(|kind| kind.name.clone())
            .collect();
        // What a key has encrypted is lost with it: it goes last.
        for key in kinds.iter_mut().filter(|kind| kind.name == KmsKey::NAME) {
            key.delete_after.extend(encrypted.clone());
        }
        let landmarks: Vec<LandmarkInfo> = LANDMARKS.iter().map(|it| it.info()).collect();
        let sights = KINDS.iter().map(|kind| kind.sight());
        let sights = sights.chain(landmarks.iter().map(|it| it.sight.clone())).collect();
        Self { kinds, landmarks, sights, answers: Answers::new() }
    }

    /// The same with more answers to what documents ask.
    #[must_use]
    pub fn knowing(mut self, answers: Answers) -> Self {
        self.answers.extend(answers);
        self
    }

    /// Whether nothing was answered.
    pub fn is_told_nothing(&self) -> bool {
        self.answers.is_empty()
    }

    /// What the documents of some resources ask of outside that is not answered yet.
    pub fn questions<'a>(
        &self,
        resources: impl IntoIterator<Item = &'a Desired>,
    ) -> BTreeSet<Question> {
        let asks = |want: &Desired| kind(&want.kind)?.question(&want.document);
        resources.into_iter().filter_map(asks).collect()
    }

    /// A document with what is known in the place of what it asks.
    fn answered<'a>(&self, kind: &dyn AnyKind, document: &'a Document) -> Cow<'a, Document> {
        if self.answers.is_empty() {
            return Cow::Borrowed(document);
        }
        let question = kind.question(document);
        let answer = question.and_then(|asked| Some((self.answers.get(&asked)?, asked.field)));
        let Some((answer, field)) = answer else { return Cow::Borrowed(document) };
        let mut document = document.clone();
        document.insert(field, answer.clone());
        Cow::Owned(document)
    }
}

impl Default for AwsCatalog {
    fn default() -> Self {
        Self::new()
    }
}

impl Catalog for AwsCatalog {
    fn kinds(&self) -> &[KindInfo] {
        &self.kinds
    }

    fn sights(&self) -> &[Sight] {
        &self.sights
    }

    fn landmarks(&self) -> &[LandmarkInfo] {
        &self.landmarks
    }

    fn is_arn_of(&self, name: &str, arn: &str) -> bool {
        match (landmark(name), kind(name)) {
            (Some(landmark), _) => landmark.is_arn(arn),
            (None, Some(kind)) => kind.identify(arn).is_some(),
            (None, None) => false,
        }
    }

    fn regions(&self) -> Vec<&str> {
        partition::regions()
    }

    fn prepare(
        &self,
        name: &str,
        naming: &Naming,
        document: &Document,
    ) -> Option<Result<Prepared, Vec<Problem>>> {
        let kind = kind(name)?;
        Some(kind.prepare(naming, &self.answered(kind, document)))
    }

    fn check_probe(
        &self,
        probe: &Probe,
        _place: &Place,
        resources: &BTreeMap<Address, Desired>,
    ) -> Vec<Problem> {
        check_probe(probe, resources)
    }

    fn predict(&self, name: &str, naming: &Naming, document: &Document) -> Facts {
        let predict = |kind: &dyn AnyKind| kind.predict(naming, &self.answered(kind, document));
        kind(name).map(predict).unwrap_or_default()
    }

    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin {
        kind(&live.kind).map_or(NameOrigin::Stated, |kind| kind.name_origin(live, naming))
    }
}

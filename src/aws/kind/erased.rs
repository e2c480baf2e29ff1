//! Kinds without their types, for everybody who works on any kind.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use futures::future::BoxFuture;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::{Changing, Claim, Kind, Ours, Sent, Wanted};
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::policy::Use;
use crate::aws::stated::typed;
use crate::aws::takes::Takes;
use crate::aws::{partition, policy, takes};
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{
    Along, Anew, CloudError, Document, Emptying, ErrorClass, Examined, FactInfo, Facts, FieldDiff,
    Greeting, Identity, InPart, KindInfo, Length, Live, NameOrigin, Naming, Path, PolicyField,
    Prepared, Problem, Question, Sight, Sought, Stages, Succession, TAGS,
};

/// A kind with its types erased, as the registry holds it.
pub(crate) trait AnyKind: Send + Sync {
    fn name(&self) -> &'static str;
    fn info(&self) -> KindInfo;
    fn is_global(&self) -> bool;
    fn sight(&self) -> Sight;
    fn grants(&self) -> &'static [Grant];
    fn identify(&self, arn: &str) -> Option<String>;
    fn hangs_on(&self) -> Option<&'static str>;
    fn hanging<'a>(
        &'a self,
        aws: &'a Aws,
        on: &'a Sought,
        ours: Ours<'a>,
    ) -> BoxFuture<'a, Answer<Vec<String>>>;
    fn named<'a>(&'a self, aws: &'a Aws, arn: &'a str) -> BoxFuture<'a, Answer<Option<String>>>;
    fn among<'a>(
        &'a self,
        aws: &'a Aws,
        arns: &'a [&'a str],
    ) -> BoxFuture<'a, Answer<BTreeSet<String>>>;
    fn question(&self, document: &Document) -> Option<Question>;
    fn learn<'a>(&'a self, aws: &'a Aws, question: &'a str) -> BoxFuture<'a, Answer<Value>>;
    fn examine<'a>(
        &'a self,
        aws: &'a Aws,
        document: &'a Document,
    ) -> BoxFuture<'a, Answer<Examined>>;
    fn prepare(&self, naming: &Naming, document: &Document) -> Result<Prepared, Vec<Problem>>;
    fn predict(&self, naming: &Naming, document: &Document) -> Facts;
    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin;
    fn find<'a>(&'a self, aws: &'a Aws, sought: &'a Sought) -> BoxFuture<'a, Answer<Option<Live>>>;
    fn create<'a>(&'a self, aws: &'a Aws, claim: Claim<'a>) -> BoxFuture<'a, Answer<Made>>;
    fn complete<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        made: &'a Live,
    ) -> BoxFuture<'a, Answer<Facts>>;
    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        have: &'a Live,
        diff: &'a [FieldDiff],
    ) -> BoxFuture<'a, Answer<Accepted>>;
    fn delete<'a>(
        &'a self,
        aws: &'a Aws,
        have: &'a Live,
        emptying: Emptying,
    ) -> BoxFuture<'a, Answer<()>>;
}

/// [`AnyKind`] over a [`Kind`].
pub(crate) struct Erased<K>(PhantomData<K>);

impl<K> Erased<K> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<K: Kind> AnyKind for Erased<K> {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn info(&self) -> KindInfo {
        let list = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect();
        let schema =
            SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<K::Spec>();
        KindInfo {
            name: K::NAME.into(),
            summary: K::SUMMARY.into(),
            notes: K::NOTES.into(),
            examples: list(&K::EXAMPLES),
            schema: schema.into(),
            fixed: list(K::FIXED),
            courses: K::COURSES.iter().map(|(field, course)| ((*field).into(), *course)).collect(),
            must_exist: list(K::MUST_EXIST),
            facts: facts_of::<K>(),
            patience: K::PATIENCE,
            tagged: K::TAGGED,
            global: K::GLOBAL,
            named_by: K::NAMED_BY.map(str::to_owned),
            holds_data: K::HOLDS_DATA,
            deleted_by: list(K::DELETED_BY),
            revivable: K::REVIVABLE,
            mends: K::MENDS,
            exists_early: K::EXISTS_EARLY,
            made_without: list(K::MADE_WITHOUT),
            name_may_wait: K::NAME_MAY_WAIT,
            delete_after: list(K::DELETE_AFTER),
            keys: keys::<K>(),
            policies: policies::<K>(),
            stages: stages::<K>(),
            one_at_a_time: K::ONE_AT_A_TIME.map(str::to_owned),
            succession: Succession {
                name_moves: K::NAME_MOVES,
                blind_to_case: K::BLIND_TO_CASE,
                bound_to: K::BOUND_TO.map(str::to_owned),
                holds: list(K::HOLDS),
                lets_go: list(K::LETS_GO),
                gap: K::GAP.into(),
                lost: K::LOST.into(),
            },
            artifacts: K::ARTIFACTS.to_vec(),
            detours: K::DETOURS.to_vec(),
            means: list(K::MEANS),
            in_part: in_part::<K>(),
            follows: K::FOLLOWS
                .iter()
                .map(|(field, others)| ((*field).into(), list(others)))
                .collect(),
            greets: greets::<K>(),
        }
    }

    fn is_global(&self) -> bool {
        K::GLOBAL
    }

    fn sight(&self) -> Sight {
        let named_by = K::NAMED_BY.map(|field| (field, None));
        let name = if K::FOUND_BY.is_empty() { named_by.as_slice() } else { K::FOUND_BY };
        let owned = |(field, default): &(&str, Option<&str>)| {
            ((*field).to_owned(), default.map(str::to_owned))
        };
        // IAM is asked for no tags of all, and the tagging API knows no roles.
        let has_tags = K::TAGGED && !K::GLOBAL && K::BY_ARN;
        Sight {
            kind: K::NAME.into(),
            name: name.iter().map(owned).collect(),
            between: K::BETWEEN.into(),
            by_arn: K::BY_ARN,
            signs: has_tags.then(|| TAGS.to_owned()).into_iter().collect(),
            facts: facts_of::<K>(),
        }
    }

    fn grants(&self) -> &'static [Grant] {
        K::GRANTS
    }

    fn identify(&self, arn: &str) -> Option<String> {
        K::identify(arn)
    }

    fn hangs_on(&self) -> Option<&'static str> {
        K::HANGS_ON
    }

    fn hanging<'a>(
        &'a self,
        aws: &'a Aws,
        on: &'a Sought,
        ours: Ours<'a>,
    ) -> BoxFuture<'a, Answer<Vec<String>>> {
        Box::pin(K::hanging(aws, on, ours))
    }

    fn named<'a>(&'a self, aws: &'a Aws, arn: &'a str) -> BoxFuture<'a, Answer<Option<String>>> {
        Box::pin(K::named(aws, arn))
    }

    fn among<'a>(
        &'a self,
        aws: &'a Aws,
        arns: &'a [&'a str],
    ) -> BoxFuture<'a, Answer<BTreeSet<String>>> {
        Box::pin(K::among(aws, arns))
    }

    fn question(&self, document: &Document) -> Option<Question> {
        let (field, text) = K::question(&typed::<K::Spec>(document).ok()?)?;
        Some(Question { kind: K::NAME.into(), field: field.into(), text })
    }

    fn learn<'a>(&'a self, aws: &'a Aws, question: &'a str) -> BoxFuture<'a, Answer<Value>> {
        Box::pin(K::learn(aws, question))
    }

    fn examine<'a>(
        &'a self,
        aws: &'a Aws,
        document: &'a Document,
    ) -> BoxFuture<'a, Answer<Examined>> {
        Box::pin(async move {
            match typed::<K::Spec>(document) {
                Ok(spec) => K::examine(aws, &spec).await,
                // What waits for a fact is no document yet.
                Err(_) => Ok(Examined::default()),
            }
        })
    }

    fn prepare(&self, naming: &Naming, document: &Document) -> Result<Prepared, Vec<Problem>> {
        let spec = typed::<K::Spec>(document).map_err(|error| {
            let message = error.to_string();
            vec![Problem::of("", &message).at(culprit::<K>(document, &message))]
        })?;
        let spec = K::settle(spec, naming);
        let mut problems = K::check(&spec, naming);
        problems.extend(refused::<K>(document, &spec, naming));
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Prepared {
            identity: Identity(K::identity(&spec, naming)),
            predicted: K::predict(&spec, naming),
            document: untyped::<K>(&spec),
        })
    }

    fn predict(&self, naming: &Naming, document: &Document) -> Facts {
        let spec = typed::<K::Spec>(document).map(|spec| K::settle(spec, naming));
        spec.map(|spec| K::predict(&spec, naming)).unwrap_or_default()
    }

    fn name_origin(&self, live: &Live, naming: &Naming) -> NameOrigin {
        let Some(field) = K::NAMED_BY else { return NameOrigin::Default };
        let mut unnamed = live.document.clone();
        unnamed.remove(field);
        match typed::<K::Spec>(&unnamed) {
            Ok(spec) => {
                let default = K::identity(&K::settle(spec, naming), naming);
                K::name_origin(live.identity.as_str(), &default, naming)
            }
            Err(_) => NameOrigin::Stated,
        }
    }

    fn find<'a>(&'a self, aws: &'a Aws, sought: &'a Sought) -> BoxFuture<'a, Answer<Option<Live>>> {
        Box::pin(async move {
            let seen = K::read(aws, sought).await?;
            Ok(seen.map(|seen| Live {
                kind: K::NAME.into(),
                identity: seen.identity.map_or_else(|| sought.identity.clone(), Identity),
                document: untyped::<K>(&seen.spec),
                facts: seen.facts,
                owner: seen.owner,
                status: seen.status,
                holdings: seen.holdings,
                parent: seen.parent,
                held: seen.held,
                remark: seen.remark,
            }))
        })
    }

    fn create<'a>(&'a self, aws: &'a Aws, claim: Claim<'a>) -> BoxFuture<'a, Answer<Made>> {
        Box::pin(async move { K::create(aws, &wanted::<K>(claim)?).await })
    }

    fn complete<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        made: &'a Live,
    ) -> BoxFuture<'a, Answer<Facts>> {
        Box::pin(async move { K::complete(aws, &wanted::<K>(claim)?, made).await })
    }

    fn update<'a>(
        &'a self,
        aws: &'a Aws,
        claim: Claim<'a>,
        have: &'a Live,
        diff: &'a [FieldDiff],
    ) -> BoxFuture<'a, Answer<Accepted>> {
        Box::pin(async move {
            let want = wanted::<K>(claim)?;
            let seen = typed::<K::Spec>(&have.document).map_err(|error| broken::<K>(&error))?;
            K::update(aws, &Changing { want, have: seen, live: have, diff }).await
        })
    }

    fn delete<'a>(
        &'a self,
        aws: &'a Aws,
        have: &'a Live,
        emptying: Emptying,
    ) -> BoxFuture<'a, Answer<()>> {
        Box::pin(K::delete(aws, have, emptying))
    }
}

/// What can be referred to.
fn facts_of<K: Kind>() -> Vec<FactInfo> {
    let fact = |(name, summary, predicted): &(&str, &str, bool)| FactInfo {
        name: (*name).into(),
        summary: (*summary).into(),
        predicted: *predicted,
        moves_with: moves_with::<K>(name),
        late: K::LATE.contains(name),
    };
    K::FACTS.iter().map(fact).collect()
}

/// The fields that take a key.
fn keys<K: Kind>() -> Vec<String> {
    let keys = K::TAKES.iter().filter(|(_, takes)| matches!(takes, Takes::Key));
    keys.map(|(field, _)| (*field).to_owned()).collect()
}

/// The fields that hold policies.
fn policies<K: Kind>() -> Vec<PolicyField> {
    let field =
        |(field, of): &(&str, &Use)| PolicyField { field: (*field).into(), tells: of.tells() };
    K::POLICIES.iter().map(field).collect()
}

/// The fields that change one after the other.
fn stages<K: Kind>() -> Stages {
    let anew = |(field, meanwhile): &(&str, &str)| Anew {
        field: (*field).into(),
        meanwhile: (*meanwhile).into(),
    };
    let along =
        |(field, with): &(&str, &str)| Along { field: (*field).into(), with: (*with).into() };
    let length = |(field, usual): &(&str, _)| Length { field: (*field).into(), usual: *usual };
    Stages {
        order: K::STAGES.iter().map(|field| (*field).to_owned()).collect(),
        anew: K::ANEW.iter().map(anew).collect(),
        along: K::ALONG.iter().map(along).collect(),
        lengths: K::LENGTHS.iter().map(length).collect(),
    }
}

/// The maps of which only the stated entries are compared.
fn in_part<K: Kind>() -> Vec<InPart> {
    let map = |(field, beside): &(&str, _)| InPart { field: (*field).into(), beside: *beside };
    K::IN_PART.iter().map(map).collect()
}

/// The fields that name whom AWS sends something by itself.
fn greets<K: Kind>() -> Vec<Greeting> {
    let greeting =
        |(field, what): &(&str, &str)| Greeting { field: (*field).into(), what: (*what).into() };
    K::GREETS.iter().map(greeting).collect()
}

/// The fields with which a fact moves.
fn moves_with<K: Kind>(fact: &str) -> Vec<String> {
    let fields = K::MOVING.iter().filter(|(moving, _)| *moving == fact);
    fields.flat_map(|(_, fields)| fields.iter().map(|field| (*field).to_owned())).collect()
}

/// What AWS would refuse of the document of any kind, as it was written.
fn refused<K: Kind>(document: &Document, spec: &K::Spec, naming: &Naming) -> Vec<Problem> {
    let facts = K::predict(spec, naming);
    let own = facts.get("arn").map(String::as_str);
    let mut problems = partition::strays(document, &naming.place);
    problems.extend(takes::check(document, K::TAKES));
    problems.extend(K::TAG_TEXTS.check(document));
    for (pattern, of) in K::POLICIES {
        for (path, written) in takes::found(document, pattern) {
            problems.extend(policy::check(written, &path, of, &naming.place, own));
        }
    }
    problems
}

/// The field without which the document would not be refused, or not so.
fn culprit<K: Kind>(document: &Document, message: &str) -> Path {
    let is_to_blame = |field: &&String| {
        let mut others = document.clone();
        others.remove(*field);
        typed::<K::Spec>(&others).err().is_none_or(|error| error.to_string() != message)
    };
    document.keys().find(is_to_blame).map(Path::field).unwrap_or_default()
}

/// A spec as the document that it is compared in.
pub(crate) fn untyped<K: Kind>(spec: &K::Spec) -> Document {
    match serde_json::to_value(spec) {
        Ok(Value::Object(document)) => document,
        // A spec is a struct of plain fields; tidy's contract test would show it.
        Ok(_) | Err(_) => Document::new(),
    }
}

fn wanted<K: Kind>(claim: Claim<'_>) -> Answer<Wanted<K::Spec>> {
    let Claim { want, owner, before, files } = claim;
    let sent = Sent::of(K::ARTIFACTS, want, files);
    let spec = typed::<K::Spec>(&want.document).map_err(|error| broken::<K>(&error))?;
    Ok(Wanted { identity: want.identity.0.clone(), spec, owner, before, sent })
}

/// A document that passed the check and is none: a plan file edited by hand.
fn broken<K: Kind>(error: &serde_json::Error) -> CloudError {
    CloudError {
        attempted: format!("read the document of a {}", K::NAME),
        operation: "the plan".into(),
        class: ErrorClass::Invalid,
        code: "InvalidDocument".into(),
        message: error.to_string(),
        request_id: None,
        hint: Some("make the plan again".into()),
    }
}

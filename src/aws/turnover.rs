//! What comes and what goes at one object: tags, attached policies, inline
//! documents. The two are never under way at the same time. A service that
//! counts would refuse what comes, and one that takes `Team` and `team` for
//! one key would lose it.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use futures::future::{BoxFuture, FutureExt, join_all};

use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// Parts of an object that change together and count against one limit.
pub(crate) struct Turnover<'a> {
    /// Whether there is room for what comes.
    pub(crate) room: Room,
    /// The calls that add.
    pub(crate) comes: BoxFuture<'a, Answer<()>>,
    /// The calls that remove.
    pub(crate) goes: BoxFuture<'a, Answer<()>>,
}

/// Whether a limit admits what comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Also while nothing has gone yet.
    Enough,
    /// Once what goes has gone.
    Made,
    /// Only if AWS raised the limit, which it does not tell.
    Doubtful,
}

impl Room {
    /// With all of both, at the end, and at most.
    pub(crate) fn of(both: usize, end: usize, most: usize) -> Self {
        if both <= most {
            Self::Enough
        } else if end <= most {
            Self::Made
        } else {
            Self::Doubtful
        }
    }
}

/// What comes precedes what goes, so that a right that only moves is never
/// missed. Where both do not fit together, what goes makes room first.
///
/// What fails keeps later calls from being made; those that were made with it
/// run to their end, or they would still be under way when the engine tries
/// again.
pub(crate) async fn turn_over<const N: usize>(parts: [Turnover<'_>; N]) -> Answer<()> {
    let (mut first, mut arrivals, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        match part.room {
            Room::Enough => {
                arrivals.push(part.comes);
                rest.push(part.goes);
            }
            Room::Made => {
                first.push(part.goes);
                arrivals.push(part.comes.map(|made| made.map_err(full)).boxed());
            }
            Room::Doubtful => {
                first.push(part.goes);
                arrivals.push(part.comes);
            }
        }
    }
    for wave in [first, arrivals, rest] {
        all(wave).await?;
    }
    Ok(())
}

/// Calls that are independent of each other.
pub(crate) async fn all<F>(calls: impl IntoIterator<Item = F>) -> Answer<()>
where
    F: Future<Output = Answer<()>>,
{
    join_all(calls).await.into_iter().collect()
}

/// Room was made a moment ago, and is not seen everywhere yet.
fn full(error: CloudError) -> CloudError {
    match error.class {
        ErrorClass::Quota => CloudError { class: ErrorClass::Transient, ..error },
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYet(_)
        | ErrorClass::Denied
        | ErrorClass::Invalid
        | ErrorClass::Credentials
        | ErrorClass::Unexpected => error,
    }
}

/// Tags that one object can have: the quota of IAM, KMS, S3 and SNS. SQS
/// advises against more. Those of AWS itself do not count.
const MOST_TAGS: usize = 50;

/// Whether a service tells the tag keys `Team` and `team` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyCase {
    /// All but the next.
    Told,
    /// IAM, of roles: "Tagging IAM resources" of its user guide. The case is
    /// kept, and a key that comes in another case takes the place of the old.
    Folded,
}

impl KeyCase {
    /// What two keys have in common that are one to the service.
    pub(crate) fn fold(self, key: &str) -> String {
        match self {
            Self::Told => key.to_owned(),
            Self::Folded => key.to_lowercase(),
        }
    }
}

/// What is written and removed of an object's tags.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TagChange {
    put: BTreeMap<String, String>,
    gone: Vec<String>,
    room: Room,
}

impl TagChange {
    /// From what the plan saw to what is wanted: what others did to tags that
    /// are in neither, or alike in both, is left alone.
    pub(crate) fn between(
        have: &BTreeMap<String, String>,
        want: &BTreeMap<String, String>,
        case: KeyCase,
    ) -> Self {
        let folded = |tags: &BTreeMap<String, String>| -> BTreeSet<String> {
            tags.keys().map(|key| case.fold(key)).collect()
        };
        let (had, kept) = (folded(have), folded(want));
        let put = want.iter().filter(|(key, value)| have.get(*key) != Some(*value));
        let gone = have.keys().filter(|key| !kept.contains(&case.fold(key)));
        Self {
            put: put.map(|(key, value)| (key.clone(), value.clone())).collect(),
            gone: gone.cloned().collect(),
            room: Room::of(had.union(&kept).count(), kept.len(), MOST_TAGS),
        }
    }

    /// One call for all that is written, one for all that is removed; none
    /// where there is nothing.
    pub(crate) async fn make<'a, P, R>(
        self,
        put: impl FnOnce(BTreeMap<String, String>) -> P,
        remove: impl FnOnce(Vec<String>) -> R,
    ) -> Answer<()>
    where
        P: Future<Output = Answer<()>> + Send + 'a,
        R: Future<Output = Answer<()>> + Send + 'a,
    {
        let nothing = || async { Ok(()) }.boxed();
        let Self { put: tags, gone, room } = self;
        let comes = if tags.is_empty() { nothing() } else { put(tags).boxed() };
        let goes = if gone.is_empty() { nothing() } else { remove(gone).boxed() };
        turn_over([Turnover { room, comes, goes }]).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// The calls in the order in which they began and ended, each of which
    /// takes a turn of the executor; and what came of them.
    async fn calls(room: [Room; 2], refused: Option<(&str, ErrorClass)>) -> (String, String) {
        let log = Mutex::new(Vec::new());
        let call = |name: &'static str| {
            let log = &log;
            async move {
                log.lock().unwrap().push(format!("{name}("));
                tokio::task::yield_now().await;
                log.lock().unwrap().push(format!("{name})"));
                match refused {
                    Some((refused, class)) if refused == name => Err(refusal(class)),
                    _ => Ok(()),
                }
            }
            .boxed()
        };
        let [one, other] = room;
        let made = turn_over([
            Turnover { room: one, comes: call("+a"), goes: call("-a") },
            Turnover { room: other, comes: call("+b"), goes: call("-b") },
        ]);
        let made = made.await.map_or_else(|error| format!("{:?}", error.class), |()| "ok".into());
        let log = log.lock().unwrap().join(" ");
        (log, made)
    }

    fn refusal(class: ErrorClass) -> CloudError {
        CloudError {
            attempted: String::new(),
            operation: String::new(),
            class,
            code: String::new(),
            message: String::new(),
            request_id: None,
            hint: None,
        }
    }

    #[tokio::test]
    async fn what_comes_and_what_goes_are_never_under_way_together() {
        use Room::{Doubtful, Enough, Made};
        let check = async |room: [Room; 2], expected: &str| {
            assert_eq!(calls(room, None).await, (expected.to_owned(), "ok".to_owned()));
        };
        check([Enough, Enough], "+a( +b( +a) +b) -a( -b( -a) -b)").await;
        check([Made, Doubtful], "-a( -b( -a) -b) +a( +b( +a) +b)").await;
        // Room is made for the one before anything of the other goes.
        check([Made, Enough], "-a( -a) +a( +b( +a) +b) -b( -b)").await;
    }

    #[tokio::test]
    async fn nothing_goes_before_what_takes_its_place_has_come() {
        let (log, made) = calls([Room::Enough; 2], Some(("+a", ErrorClass::Denied))).await;
        assert_eq!((log.as_str(), made.as_str()), ("+a( +b( +a) +b)", "Denied"));
    }

    #[tokio::test]
    async fn room_that_was_just_made_may_not_be_seen_yet() {
        let class = async |room: Room| calls([room; 2], Some(("+a", ErrorClass::Quota))).await.1;
        assert_eq!(class(Room::Made).await, "Transient");
        assert_eq!(class(Room::Enough).await, "Quota");
        assert_eq!(class(Room::Doubtful).await, "Quota");
    }

    fn tags(
        keys: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> BTreeMap<String, String> {
        keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn tags_that_are_alike_are_not_written() {
        let have = tags([("a", "1"), ("b", "1"), ("c", "1")]);
        let change = TagChange::between(&have, &tags([("a", "1"), ("b", "2")]), KeyCase::Told);
        let expected =
            TagChange { put: tags([("b", "2")]), gone: vec!["c".into()], room: Room::Enough };
        assert_eq!(change, expected);
    }

    #[test]
    fn a_key_in_another_case_takes_the_place_of_the_old_where_case_means_nothing() {
        let (have, want) = (tags([("Team", "a")]), tags([("team", "a")]));
        let change = |case| TagChange::between(&have, &want, case);
        assert_eq!(change(KeyCase::Folded).gone, Vec::<String>::new());
        assert_eq!(change(KeyCase::Folded).put, want);
        assert_eq!(change(KeyCase::Told).gone, ["Team"]);
    }

    #[test]
    fn a_full_set_makes_room_first() {
        let many = |letter: &str, count: usize| -> BTreeMap<String, String> {
            (0..count).map(|n| (format!("{letter}{n}"), String::new())).collect()
        };
        let room = |come: usize| {
            let mut want = many("a", 25);
            want.extend(many("b", come));
            TagChange::between(&many("a", 46), &want, KeyCase::Told).room
        };
        assert_eq!(room(4), Room::Enough);
        assert_eq!(room(5), Room::Made);
        assert_eq!(room(26), Room::Doubtful);
    }
}

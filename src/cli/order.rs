//! Several stacks in one command: which of them comes after which.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use futures::future::join_all;
use tokio::sync::watch;

use super::exit::Failure;
use super::written::Written;
use crate::model::{Diagnostic, FormerNames};
use crate::plan::SavedPlans;
use crate::spec::StackFile;

/// The order of the stacks of a command, each known by its place in the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Order {
    /// For each those that it comes after.
    after: Vec<BTreeSet<usize>>,
    /// For each those that it uses by itself, by the names that it has for them.
    uses: Vec<BTreeMap<String, usize>>,
}

impl Order {
    /// One stack alone.
    pub(crate) fn of_one() -> Self {
        Self::of_strangers(1)
    }

    /// Who uses another comes after it, also by way of one that is not of the command.
    pub(crate) fn of(files: &[&Written]) -> Result<Self, Failure> {
        let paths: Vec<PathBuf> = files.iter().map(|it| real(&it.path)).collect();
        let member = |path: &Path, file: &StackFile| {
            let is_it = |(index, known): &(usize, &PathBuf)| {
                known.as_path() == path && files[*index].file.name() == file.name()
            };
            Some(paths.iter().enumerate().find(is_it)?.0)
        };
        let mut order = Self::default();
        for written in files {
            let uses = written.file.uses().iter();
            let uses = uses.filter_map(|(name, used)| {
                Some((name.clone(), member(&real(&used.path), &used.file)?))
            });
            order.uses.push(uses.collect());
            let mut after = BTreeSet::new();
            used_by(&written.file, &member, &mut after);
            order.after.push(after);
        }
        let twice = twice(files, &paths);
        if twice.is_empty() { Ok(order) } else { Err(Failure::input(twice)) }
    }

    /// As a plan file has it.
    pub(crate) fn saved(saved: &SavedPlans) -> Self {
        let members = saved.plans();
        Self {
            after: members.iter().map(|it| it.after.clone()).collect(),
            uses: members.iter().map(|it| it.uses.clone()).collect(),
        }
    }

    /// Some that nobody uses, as far as is known.
    pub(crate) fn of_strangers(count: usize) -> Self {
        Self { after: vec![BTreeSet::new(); count], uses: vec![BTreeMap::new(); count] }
    }

    /// The same where some come after others besides; `None` if one comes after itself by that.
    pub(crate) fn with_after(mut self, besides: Vec<BTreeSet<usize>>) -> Option<Self> {
        self.after.iter_mut().zip(besides).for_each(|(after, others)| after.extend(others));
        (self.in_turn().len() == self.after.len()).then_some(self)
    }

    /// The other way about: who uses another goes before it.
    pub(crate) fn reversed(&self) -> Self {
        let mut after = vec![BTreeSet::new(); self.after.len()];
        for (user, used) in self.after.iter().enumerate() {
            for used in used {
                after[*used].insert(user);
            }
        }
        Self { after, uses: self.uses.clone() }
    }

    /// For each those that it comes after.
    pub(crate) fn after(&self) -> &[BTreeSet<usize>] {
        &self.after
    }

    /// Those of the command that a stack uses, by the names that it has for them.
    pub(crate) fn uses(&self, index: usize) -> &BTreeMap<String, usize> {
        &self.uses[index]
    }

    /// The stacks in an order that tells nobody of what he does not know yet: as they were
    /// named, but who comes after another does so.
    pub(crate) fn in_turn(&self) -> Vec<usize> {
        let mut turn: Vec<usize> = Vec::new();
        while let Some(next) = (0..self.after.len()).find(|index| {
            !turn.contains(index) && self.after[*index].iter().all(|it| turn.contains(it))
        }) {
            turn.push(next);
        }
        turn
    }

    /// Does something for each of them, at once where nothing comes after another: each
    /// hears what came of those before it.
    pub(crate) async fn each<T, K, F>(
        &self,
        work: impl Fn(usize, BTreeMap<usize, K>) -> F,
    ) -> Vec<T>
    where
        K: Clone,
        F: Future<Output = (T, K)>,
    {
        self.each_between(|index, between| work(index, between.before)).await
    }

    /// The same, where one may let those begin that come after it before it is done.
    pub(crate) async fn each_between<T, K, F>(
        &self,
        work: impl Fn(usize, Between<K>) -> F,
    ) -> Vec<T>
    where
        K: Clone,
        F: Future<Output = (T, K)>,
    {
        let told: Vec<watch::Sender<Told<K>>> =
            self.after.iter().map(|_| watch::Sender::new(Told::Nothing)).collect();
        let (told, work, reversed) = (&told, &work, &self.reversed());
        let each = self.after.iter().enumerate().map(|(index, after)| async move {
            let mut before = BTreeMap::new();
            for other in after {
                let enough = heard(&told[*other], |told| !matches!(told, Told::Nothing)).await;
                before.extend(enough.map(|enough| (*other, enough)));
            }
            let after = reversed.after[index].iter().map(|user| told[*user].clone()).collect();
            let between = Between { before, own: told[index].clone(), after };
            let (done, all) = work(index, between).await;
            told[index].send_replace(Told::All(all));
            done
        });
        join_all(each).await
    }
}

/// Where one of several stacks stands among them.
#[derive(Debug)]
pub(crate) struct Between<K> {
    /// What those told that it comes after.
    pub(crate) before: BTreeMap<usize, K>,
    own: watch::Sender<Told<K>>,
    after: Vec<watch::Sender<Told<K>>>,
}

/// What one of several stacks has told the others.
#[derive(Clone, Debug)]
enum Told<K> {
    Nothing,
    /// Enough for those that come after it.
    Enough(K),
    /// What came of all of it.
    All(K),
}

impl<K: Clone> Between<K> {
    /// Whether another comes after it.
    pub(crate) fn is_before_others(&self) -> bool {
        !self.after.is_empty()
    }

    /// Lets those begin that come after it.
    pub(crate) fn hand_on(&self, told: K) {
        self.own.send_replace(Told::Enough(told));
    }

    /// What came of all that come after it, once they are done.
    pub(crate) async fn after(&self) -> Vec<K> {
        let done = self.after.iter().map(|it| heard(it, |told| matches!(told, Told::All(_))));
        join_all(done).await.into_iter().flatten().collect()
    }
}

/// What one tells, when it is what somebody waits for.
async fn heard<K: Clone>(
    told: &watch::Sender<Told<K>>,
    is_it: impl Fn(&Told<K>) -> bool,
) -> Option<K> {
    match told.subscribe().wait_for(is_it).await.as_deref() {
        Ok(Told::Enough(told) | Told::All(told)) => Some(told.clone()),
        // Who tells it lives as long as whoever waits.
        Ok(Told::Nothing) | Err(_) => None,
    }
}

fn used_by(
    file: &StackFile,
    member: &impl Fn(&Path, &StackFile) -> Option<usize>,
    found: &mut BTreeSet<usize>,
) {
    for used in file.uses().values() {
        found.extend(member(&real(&used.path), &used.file));
        used_by(&used.file, member, found);
    }
}

/// Where a file is, whatever leads there.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// A problem for each stack that would be worked on twice at a time.
fn twice(files: &[&Written], paths: &[PathBuf]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (index, file) in files.iter().enumerate() {
        for (other, path) in files.iter().zip(paths).take(index) {
            let is_same_place = file.file.region() == other.file.region()
                && file.file.account() == other.file.account()
                && file.file.role() == other.file.role();
            if *path == paths[index] {
                let problem = format!("{} is named twice", file.path.display());
                problems.push(Diagnostic::error(problem));
            } else if is_same_place {
                let names = [names(file), names(other)];
                problems.extend(of_one_name([&file.path, &other.path], names));
            }
        }
    }
    problems
}

/// The name that a stack has, and those that it had.
type Names<'a> = (&'a str, &'a FormerNames);

fn names(written: &Written) -> Names<'_> {
    (written.file.name(), written.file.was())
}

/// The problem of two files in one place that are, or were, one stack.
pub(super) fn of_one_name(files: [&Path; 2], names: [Names<'_>; 2]) -> Option<Diagnostic> {
    let [one, other] = files.map(Path::display);
    let [(now, was), (other_now, other_was)] = names;
    if now == other_now {
        let problem = Diagnostic::error(format!("{one} and {other} are both stack `{now}`"));
        let problem = problem.because("each would delete what the other declares");
        return Some(problem.hint("give one of them another name, or another region"));
    }
    let told = if was.contains(other_now) {
        format!("{one} was stack `{other_now}`, and {other} is")
    } else if other_was.contains(now) {
        format!("{other} was stack `{now}`, and {one} is")
    } else {
        let shared = was.0.iter().find(|name| other_was.contains(name))?;
        format!("{one} and {other} both were stack `{shared}`")
    };
    let problem =
        Diagnostic::error(told).because("each would take the objects of that name for its own");
    Some(
        problem
            .hint("take the name out of `was` of one that it was not, or give that another name"),
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use super::*;
    use crate::engine::wait::elapse;

    fn order(after: &[&[usize]]) -> Order {
        let after: Vec<BTreeSet<usize>> =
            after.iter().map(|it| it.iter().copied().collect()).collect();
        Order { uses: vec![BTreeMap::new(); after.len()], after }
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_takes_as_long_as_its_longest_chain() {
        // Seven that stand alone, and a chain of three.
        let order = order(&[&[2], &[], &[3], &[], &[], &[], &[], &[], &[], &[]]);
        let began = tokio::time::Instant::now();
        let heard = RefCell::new(Vec::new());
        let all = order
            .each(|index, before| {
                let heard = &heard;
                async move {
                    heard.borrow_mut().push((index, before.keys().copied().collect::<Vec<_>>()));
                    elapse(Duration::from_mins(1)).await;
                    (index, ())
                }
            })
            .await;
        assert_eq!(all, (0..10).collect::<Vec<_>>(), "in the order of the command line");
        assert_eq!(began.elapsed(), Duration::from_mins(3));
        let heard = heard.into_inner();
        assert_eq!(heard.last(), Some(&(0, vec![2])));
    }

    /// The first hands on after a minute and waits for the others; the last takes another.
    #[tokio::test(start_paused = true)]
    async fn who_hands_on_goes_on_when_those_after_it_are_done() {
        let order = order(&[&[], &[0], &[0, 1]]);
        let heard = RefCell::new(Vec::new());
        let work = |index: usize, between: Between<usize>| {
            let heard = &heard;
            async move {
                elapse(Duration::from_mins(1)).await;
                if index == 0 {
                    between.hand_on(10);
                    assert_eq!(between.after().await, [21, 43]);
                }
                heard.borrow_mut().push(index);
                ((), between.before.values().sum::<usize>() + 10 + index)
            }
        };
        order.each_between(work).await;
        assert_eq!(heard.into_inner(), [1, 2, 0]);
    }

    #[test]
    fn who_uses_another_goes_before_it() {
        let order = order(&[&[1], &[2], &[]]);
        assert_eq!(order.in_turn(), [2, 1, 0]);
        assert_eq!(order.reversed().in_turn(), [0, 1, 2]);
    }
}

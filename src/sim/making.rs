//! How objects come into being, and how they get their names: in one call, or
//! in two, as a key and its alias.

use super::calls::Operation;
use super::objects::{Caller, Objects, canonical, error, known_early, not_ours};
use super::rules;
use super::versions::{Eye, Moment, Object};
use crate::engine::port::Answer;
use crate::model::{Desired, ErrorClass, Facts, Identity, KindInfo, Live, Parent, Status};

impl Objects {
    /// Brings an object into being. What gets its name by a second call has its
    /// ARN for a name until then, and there may be any number of it.
    pub(super) fn create(&mut self, caller: Caller<'_>, want: &Desired) -> Answer<Facts> {
        let answer =
            |class, code, text: String| Err(error(Operation::Create, want, class, code, text));
        if let Some(violation) = rules::unfit(want) {
            self.violations.push(violation.clone());
            return answer(ErrorClass::Invalid, "Pending", violation);
        }
        let naming = self.in_two_calls.get(&want.kind).cloned();
        if naming.is_none() && self.get(&want.kind, &want.identity).is_some() {
            return answer(ErrorClass::Exists, "AlreadyExists", "it is there already".into());
        }
        self.insist(Operation::Create, caller, want, &want.document.keys().cloned().collect())?;
        let mut facts = want.predicted.clone();
        self.choose(caller.kind, &mut facts);
        let mut document = canonical(Operation::Create, caller, want, &want.document)?;
        if self.bare.contains(&want.kind) {
            document.retain(|field, _| caller.kind.fixed.contains(field));
        }
        if rules::is_slow(caller.kind) {
            document.retain(|field, _| {
                !caller.kind.stages.order.iter().any(|it| it.trim_end_matches(".*") == field)
            });
        }
        for (field, value) in &mut document {
            *value = self.with_others(caller.kind, field, None, value.take());
        }
        let mut shown = facts.clone();
        let unnamed = naming.map(|field| {
            document.remove(&field);
            shown.retain(|fact, _| !want.predicted.contains_key(fact));
            Identity(facts.get("arn").cloned().unwrap_or_default())
        });
        let live = Live {
            kind: want.kind.clone(),
            identity: unnamed.clone().unwrap_or_else(|| want.identity.clone()),
            document,
            facts: shown,
            owner: caller.kind.tagged.then(|| caller.owner(want)),
            status: Status::Current,
            holdings: None,
            parent: self.parent_of(want),
            held: None,
            remark: None,
        };
        let awaits = self.confirmed_outside.contains(&want.kind);
        let settled = caller.moment.settled;
        self.write(caller.moment, Object { live, settled, contents: 0, awaits, gone: None });
        if unnamed.is_none() {
            self.is_born(want);
        }
        Ok(known_early(caller.kind, facts))
    }

    /// What an earlier attempt to make this may have made: of this ARN, or, if
    /// its answer was lost, with the owner's tags.
    pub(super) fn made(
        &self,
        caller: Caller<'_>,
        want: &Desired,
        arn: Option<&str>,
    ) -> Option<Facts> {
        let owner = caller.owner(want);
        let is_it = |object: &&Object| {
            let live = &object.live;
            let differs = |field: &String| want.document.get(field) != live.document.get(field);
            live.kind == want.kind
                && object.is_there()
                && arn.map_or(live.owner.as_ref() == Some(&owner), |arn| live.arn() == Some(arn))
                && !caller.kind.fixed.iter().any(differs)
                && !want.comes_instead_of(live)
        };
        let made = self.all(Eye::Truth).find(is_it)?;
        Some(want.predicted.clone().into_iter().chain(made.live.facts.clone()).collect())
    }

    /// Gives an object its name, unless another has it; or all that it lacks.
    pub(super) fn finish(
        &mut self,
        caller: Caller<'_>,
        want: &Desired,
        facts: &Facts,
    ) -> Answer<()> {
        let arn = facts.get("arn").map(String::as_str).unwrap_or_default();
        let Some(object) = self.of_arn(Eye::Truth, &want.kind, arn).cloned() else {
            let text = "it is gone before it was finished".to_owned();
            return Err(error(Operation::Finish, want, ErrorClass::Absent, "Absent", text));
        };
        if self.bare.contains(&want.kind) {
            return self.fill_in(caller, want, object);
        }
        self.name(Operation::Finish, caller, want, object)
    }

    /// Gives an object that was made bare the rest of its fields.
    fn fill_in(&mut self, caller: Caller<'_>, want: &Desired, mut object: Object) -> Answer<()> {
        if let Some(violation) = not_ours(caller, &object, false) {
            self.violations.push(violation.clone());
            let class = ErrorClass::Denied;
            return Err(error(Operation::Finish, want, class, "AccessDenied", violation));
        }
        object.live.document = canonical(Operation::Finish, caller, want, &want.document)?;
        self.write(caller.moment, object);
        Ok(())
    }

    /// Takes back what got no name, whatever relies on it by now.
    pub(super) fn discard(&mut self, caller: Caller<'_>, arn: &Identity) {
        if let Some(object) = self.get(&caller.kind.name, arn).cloned() {
            self.leaves(caller, object);
        }
    }

    /// Writes an object under the name that it is to have. What is on its way
    /// out makes room for its successor.
    pub(super) fn name(
        &mut self,
        operation: Operation,
        caller: Caller<'_>,
        want: &Desired,
        mut object: Object,
    ) -> Answer<()> {
        let before = object.live.identity.clone();
        if before == want.identity {
            self.write(caller.moment, object);
            return Ok(());
        }
        let moment = caller.moment;
        if let Some(holder) = self.get(&want.kind, &want.identity).cloned() {
            let gives_way = !holder.is_there()
                || caller.kind.succession.name_moves
                    && (replaces(caller.kind, &object, &holder)
                        || want.comes_instead_of(&holder.live));
            if !gives_way || !is_same(&holder, &object) {
                let text = "another has the name already".to_owned();
                return Err(error(operation, want, ErrorClass::Exists, "AlreadyExists", text));
            }
            self.take_name(moment, holder, want);
        }
        let was_unnamed = object.live.arn() == Some(before.as_str());
        if let Some(field) = self.in_two_calls.get(&want.kind)
            && let Some(name) = want.document.get(field)
        {
            object.live.document.insert(field.clone(), name.clone());
        }
        object.live.facts.extend(want.predicted.clone());
        self.rename(moment, object, want.identity.clone());
        if was_unnamed {
            self.is_born(want);
        }
        Ok(())
    }

    /// Leaves an object without its name: its ARN is all that it has.
    fn take_name(&mut self, moment: Moment, mut object: Object, want: &Desired) {
        let arn = object.live.arn().unwrap_or_default().to_owned();
        object.live.facts.retain(|fact, _| !want.predicted.contains_key(fact));
        if let Some(field) = self.in_two_calls.get(&want.kind) {
            object.live.document.remove(field);
        }
        self.rename(moment, object, Identity(arn));
    }

    fn rename(&mut self, moment: Moment, mut object: Object, identity: Identity) {
        self.erase(moment, &object.live);
        object.live.identity = identity;
        self.write(moment, object);
    }

    fn is_born(&mut self, want: &Desired) {
        *self.births.entry((want.kind.clone(), want.identity.clone())).or_default() += 1;
    }

    /// Chooses the facts that nobody can predict, where they are not chosen yet.
    pub(super) fn choose(&mut self, kind: &KindInfo, facts: &mut Facts) {
        for fact in kind.facts.iter().filter(|fact| !fact.predicted) {
            if !facts.contains_key(&fact.name) {
                self.chosen += 1;
                let chosen = format!("chosen-{}-{:04}", fact.name, self.chosen);
                // Kinds of a real cloud look whether an ARN is one, and a key's.
                let is_arn = fact.name == "arn";
                let text = if is_arn { format!("arn:sim:kms:::key/{chosen}") } else { chosen };
                facts.insert(fact.name.clone(), text);
            }
        }
    }

    fn parent_of(&self, want: &Desired) -> Option<Parent> {
        let named = want.document.get(self.bound.get(&want.kind)?)?;
        let named = named.get(0).unwrap_or(named).as_str()?;
        let is_named = |object: &&Object| object.live.facts.values().any(|fact| fact == named);
        let Live { kind, identity, .. } = &self.all(Eye::Truth).find(is_named)?.live;
        Some(Parent { kind: kind.clone(), identity: identity.clone() })
    }
}

/// Whether two objects are of one resource.
fn is_same(one: &Object, other: &Object) -> bool {
    match (&one.live.owner, &other.live.owner) {
        (Some(one), Some(other)) => one.is_same(other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether two objects differ in what cannot change: one was made in place of the other.
fn replaces(kind: &KindInfo, new: &Object, old: &Object) -> bool {
    let (new, old) = (&new.live.document, &old.live.document);
    kind.fixed.iter().any(|field| new.get(field) != old.get(field))
}

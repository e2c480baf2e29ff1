//! What is done in the name of a role that a function or a state machine goes by:
//! whether the role may do it.
//!
//! Within one account the role's own policies decide; what the policy of the object
//! denies counts all the same, and the policy of a key has to admit the role or leave
//! it to the account (IAM User Guide, "Policy evaluation logic"; KMS Developer Guide,
//! "Key policies in AWS KMS").

use serde_json::{Value, json};

use super::delivery_path::Seen;
use super::keys::{self, KeyOf};
use super::{others, patch, policies};
use crate::model::document::is_pending;
use crate::model::{Address, Exhibit, Finding, Level, Path, Place, Scene};
use crate::verify::holder::{Holder, Right, unclear};
use crate::verify::policy::{Context, Decision, Known, NearMiss, Request, Statement, Who, root_of};

/// A function or a state machine, and the role that it goes by.
pub(super) struct Errand<'a> {
    scene: &'a Scene,
    goer: &'a Exhibit,
    holder: Holder<'a>,
}

/// What is to be done.
pub(super) struct Wish<'a, 'c> {
    /// What is called.
    pub(super) calls: &'c [&'c str],
    /// What it is called on.
    pub(super) on: Object<'a>,
    /// A name for the statement that allows it.
    pub(super) sid: String,
    /// What it is for, to end a message with.
    pub(super) because: String,
    /// Through which service, where a key is used.
    pub(super) via: Option<String>,
    /// How bad it is not to be allowed, where that is milder than the rule's level.
    pub(super) level: Option<Level>,
}

/// What a call is made on.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    /// For people.
    name: String,
    /// The ARNs by which policies may mean it. One that is known after an apply alone
    /// is meant by reference, or by what means all of its sort.
    arns: Vec<String>,
    /// Its ARN as a stack file states it.
    stated: String,
    /// The resource whose policy has a say in it.
    guard: Option<&'a Exhibit>,
    /// Who names it, where it is not of the stack.
    named_by: Option<(&'a Address, Path)>,
}

impl<'a> Object<'a> {
    /// A resource of the stack.
    pub(super) fn of(exhibit: &'a Exhibit, place: &Place) -> Self {
        let arn = exhibit.fact("arn").to_owned();
        let mut arns = vec![arn];
        if exhibit.kind == "kms_key" && is_pending(&arns[0]) {
            arns.push(place.arn("kms", "key/of-this-stack"));
        }
        let (name, stated) = (exhibit.address.to_string(), patch::arn_of(exhibit));
        Self { name, arns, stated, guard: Some(exhibit), named_by: None }
    }

    /// The stream of a table, which has a policy of its own that no stack states.
    pub(super) fn stream_of(table: &Exhibit) -> Self {
        let mut arns = vec![table.fact("stream_arn").to_owned()];
        if is_pending(&arns[0]) {
            arns.push(format!("{}/stream/of-this-stack", table.fact("arn")));
        }
        let name = format!("the stream of {}", table.address);
        let stated = patch::fact_of(table, "stream_arn");
        Self { name, arns, stated, guard: None, named_by: None }
    }

    /// What has this ARN, and no policy that the stack states.
    pub(super) fn by_arn(arn: &str, stated: String, name: String) -> Self {
        Self { name, arns: vec![arn.to_owned()], stated, guard: None, named_by: None }
    }

    /// Something that is not of the stack, with what was seen of it.
    pub(super) fn elsewhere(
        arn: &str,
        guard: Option<&'a Exhibit>,
        by: (&'a Address, Path),
    ) -> Self {
        let object = Self::by_arn(arn, arn.to_owned(), arn.to_owned());
        Self { guard, named_by: Some(by), ..object }
    }

    /// What lies in it: in a bucket, a table or a log group.
    pub(super) fn within(mut self, example: &str, all: &str) -> Self {
        self.arns.iter_mut().for_each(|arn| arn.push_str(example));
        self.stated.push_str(all);
        self
    }

    /// The ARNs by which policies may mean it.
    pub(super) fn arns(&self) -> &[String] {
        &self.arns
    }

    /// Its ARN as a stack file states it.
    pub(super) fn stated(&self) -> &str {
        &self.stated
    }

    /// For people.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same, where policies may mean it by this ARN, too.
    pub(super) fn or(mut self, arn: String) -> Self {
        self.arns.push(arn);
        self
    }
}

/// The role that a function or a state machine goes by, if it is of the stack.
pub(super) fn role_of<'a>(scene: &'a Scene, goer: &Exhibit) -> Option<&'a Exhibit> {
    let named = goer.text("role").or_else(|| goer.text("role_arn"));
    scene.named("iam_role", named.unwrap_or_default())
}

/// What is said to one call.
enum Answer<'a> {
    Yes,
    Open(String),
    No(Barrier),
    Missing(Option<(&'a Exhibit, NearMiss<'a>)>),
    /// The key neither admits the role nor leaves it to the account.
    ShutOut(&'a Exhibit),
}

/// What says no to a call, and to others alike.
#[derive(PartialEq)]
struct Barrier {
    address: Address,
    path: Path,
    /// What stands before the calls, and behind them.
    said: (String, String),
    hint: &'static str,
}

impl Barrier {
    fn told(&self, calls: &[&str]) -> Finding {
        let (before, behind) = &self.said;
        let message = format!("{before} {}{behind}", calls.join(", "));
        Finding::new(&self.address, message).at(self.path.clone()).hint(self.hint)
    }
}

impl<'a> Errand<'a> {
    /// That of a resource of the scene; or why nobody can tell.
    pub(super) fn of(scene: &'a Scene, goer: &'a Exhibit) -> Result<Self, String> {
        let role = role_of(scene, goer);
        let role =
            role.ok_or_else(|| format!("the role of {} is not of this stack", goer.address))?;
        Ok(Self::by(scene, goer, role))
    }

    /// That of a resource which goes by this role.
    pub(super) fn by(scene: &'a Scene, goer: &'a Exhibit, role: &'a Exhibit) -> Self {
        Self { scene, goer, holder: Holder::of(scene, role) }
    }

    /// The role.
    pub(super) fn role(&self) -> &'a Exhibit {
        self.holder.role
    }

    /// What all policies that have a say in it say.
    pub(super) fn ask(&self, wish: &Wish<'a, '_>) -> Seen {
        let (mut seen, mut missing, mut near) = (Seen::default(), Vec::new(), None);
        let (mut shut_out, mut barriers): (_, Vec<(Barrier, Vec<&str>)>) = (None, Vec::new());
        for call in wish.calls {
            match self.answer(call, wish) {
                Answer::Yes => {}
                Answer::Open(why) => seen.open = Some(why),
                Answer::No(barrier) => match barriers.iter_mut().find(|(it, _)| *it == barrier) {
                    Some((_, calls)) => calls.push(call),
                    None => barriers.push((barrier, vec![call])),
                },
                Answer::Missing(nearly) => {
                    missing.push(*call);
                    near = near.or(nearly);
                }
                Answer::ShutOut(key) => shut_out = Some(key),
            }
        }
        seen.findings.extend(barriers.iter().map(|(barrier, calls)| barrier.told(calls)));
        if !missing.is_empty() {
            seen.findings.push(self.lacks(wish, &missing, near));
        }
        seen.findings.extend(shut_out.map(|key| self.shut_out(wish, key)));
        let told = |finding: Finding| {
            let finding = Finding { level: finding.level.or(wish.level), ..finding };
            match &wish.on.named_by {
                Some((by, at)) if !self.scene.exhibits.contains_key(&finding.address) => {
                    others::told(finding, by, at)
                }
                Some(_) | None => finding,
            }
        };
        Seen { findings: seen.findings.into_iter().map(told).collect(), open: seen.open }
    }

    /// Something in a bucket, wherever the role may come to.
    pub(super) fn object_in(&self, bucket: &'a Exhibit) -> Object<'a> {
        let within = format!("{}/", bucket.fact("arn"));
        let known = self.holder.resources().filter(|pattern| pattern.starts_with(&within));
        let known = known.map(|pattern| pattern.replace(['*', '?'], "x"));
        let object = Object::of(bucket, &self.scene.place).within("/any", "/*");
        known.fold(object, Object::or)
    }

    /// Whether one of these calls is allowed for certain, or may be.
    pub(super) fn may_any(&self, calls: &[&str], on: &Object<'a>) -> bool {
        let wish = |call| self.said(call, on, None);
        calls.iter().any(|call| matches!(wish(call), Answer::Yes | Answer::Open(_)))
    }

    /// Whether it may use the key that encrypts a resource.
    pub(super) fn use_key(
        &self,
        encrypted: &'a Exhibit,
        calls: &[&str],
        level: Option<Level>,
    ) -> Seen {
        let (key, path) = keys::key_of(self.scene, encrypted);
        let on = match key {
            // AWS's own admits whoever may use the service.
            KeyOf::Nobody | KeyOf::Aws => return Seen::default(),
            KeyOf::Open(why) => return Seen::open(why),
            KeyOf::Here(key) => match keys::disabled(key) {
                Some(finding) => return finding.into(),
                None => Object::of(key, &self.scene.place),
            },
            KeyOf::There(key) => {
                Object::elsewhere(key.fact("arn"), Some(key), (&encrypted.address, path))
            }
        };
        let service = encrypted.fact("arn").split(':').nth(2).unwrap_or_default();
        let Place { partition, region, .. } = &self.scene.place;
        // How others spell it is documented nowhere.
        let via = (partition == "aws").then(|| format!("{service}.{region}.amazonaws.com"));
        let because = format!("; it encrypts {}", encrypted.address);
        let sid = format!("UseKeyOf{}", camel(&encrypted.address));
        self.ask(&Wish { calls, on, sid, because, via, level })
    }

    fn answer(&self, call: &str, wish: &Wish<'a, '_>) -> Answer<'a> {
        self.said(call, &wish.on, wish.via.as_deref())
    }

    /// By whichever of its ARNs it is meant.
    fn said(&self, call: &str, on: &Object<'a>, via: Option<&str>) -> Answer<'a> {
        let mut best = None;
        for arn in &on.arns {
            let answer = self.said_of(call, arn, on, via);
            best = match (best, answer) {
                (_, no @ Answer::No(_)) => return no,
                (Some(Answer::Yes), _) | (_, Answer::Yes) => Some(Answer::Yes),
                (Some(Answer::Open(why)), _) | (_, Answer::Open(why)) => Some(Answer::Open(why)),
                (Some(first), _) => Some(first),
                (None, answer) => Some(answer),
            };
        }
        best.unwrap_or(Answer::Yes)
    }

    fn said_of(&self, call: &str, arn: &str, on: &Object<'a>, via: Option<&str>) -> Answer<'a> {
        let context = self.context(arn, via);
        let identity = self.role().fact("arn");
        let by = |who| Request {
            who: Who::Identity(who),
            action: call,
            resource: arn,
            context: &context,
        };
        let policy = on.guard.and_then(|guard| policies::of_resource(self.scene, guard));
        let theirs = policy.as_ref().map(|policy| policy.decide(&by(identity)));
        if let (Some(Decision::Denied(statement)), Some(guard)) = (&theirs, on.guard) {
            return Answer::No(self.denied_by(guard, statement));
        }
        let own = match self.holder.may(call, arn, &context) {
            Right::Denied(of, statement) => return Answer::No(self.denied(of, &statement, on)),
            Right::OutOfBounds(arn) => return Answer::No(self.out_of_bounds(arn, on)),
            Right::Allowed => Answer::Yes,
            Right::Unclear(why) => Answer::Open(why),
            Right::Missing(near) => Answer::Missing(near),
        };
        let denial = policy.as_ref().and_then(|policy| policy.may_deny(&by(identity)));
        if let Some((statement, why)) = denial {
            return Answer::Open(unclear(&statement, &why));
        }
        let account = root_of(identity);
        // Who states no policy of a key has AWS's, which leaves it to the account.
        let is_left = || {
            let policy = policy.as_ref();
            policy.is_none_or(|policy| policy.decide(&by(&account)) == Decision::Allowed)
        };
        let key = on.guard.filter(|guard| guard.kind == "kms_key" && !is_left());
        match (theirs, own, key) {
            (Some(Decision::Allowed), _, _) | (_, Answer::Yes, None) => Answer::Yes,
            (Some(Decision::Unclear(statement, why)), _, _) => {
                Answer::Open(unclear(&statement, &why))
            }
            (_, _, Some(key)) => Answer::ShutOut(key),
            (_, own, None) => own,
        }
    }

    fn denied_by(&self, guard: &Exhibit, statement: &Statement<'_>) -> Barrier {
        Barrier {
            address: guard.address.clone(),
            path: statement.path.clone(),
            said: (format!("{} denies {}", statement.name(), self.role().address), String::new()),
            hint: "leave the role out of it: name it in a condition on aws:PrincipalArn",
        }
    }

    fn denied(&self, of: Option<&Exhibit>, statement: &Statement<'_>, on: &Object<'_>) -> Barrier {
        Barrier {
            address: of.unwrap_or(self.role()).address.clone(),
            path: statement.path.clone(),
            said: (format!("{} denies", statement.name()), format!(" on {}", on.name)),
            hint: "narrow it, or take it away",
        }
    }

    fn out_of_bounds(&self, arn: &str, on: &Object<'_>) -> Barrier {
        let boundary = self.scene.named("iam_policy", arn);
        let name = boundary.map_or(arn, |boundary| boundary.address.as_str());
        Barrier {
            address: self.role().address.clone(),
            path: Path::field("permissions_boundary"),
            said: (format!("its boundary {name} does not allow"), format!(" on {}", on.name)),
            hint: "allow it in the boundary, too",
        }
    }

    /// What is known of a call in the name of a role (IAM User Guide, "AWS global condition
    /// context keys"): not from which network it comes.
    fn context<'c>(&'c self, arn: &'c str, via: Option<&'c str>) -> Context<'c> {
        let role = self.role().fact("arn");
        let account = role.split(':').nth(4).unwrap_or_default();
        let mut known = vec![
            ("aws:PrincipalArn", Known::Is(role)),
            ("aws:PrincipalAccount", Known::Is(account)),
            ("aws:PrincipalType", Known::Is("AssumedRole")),
            ("aws:PrincipalIsAWSService", Known::Is("false")),
            ("aws:SecureTransport", Known::Is("true")),
            ("aws:SourceArn", Known::Absent),
            ("aws:SourceAccount", Known::Absent),
            ("kms:CallerAccount", Known::Is(account)),
        ];
        known.extend(via.map(|via| ("kms:ViaService", Known::Is(via))));
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        if let [_, _, _, region, account, _] = parts[..] {
            let told = [("aws:RequestedRegion", region), ("aws:ResourceAccount", account)];
            let told = told.into_iter().filter(|(_, value)| !value.is_empty());
            known.extend(told.map(|(key, value)| (key, Known::Is(value))));
        }
        Context::of(known).at(&self.scene.place)
    }

    fn lacks(
        &self,
        wish: &Wish<'a, '_>,
        missing: &[&str],
        near: Option<(&'a Exhibit, NearMiss<'a>)>,
    ) -> Finding {
        let Wish { on, sid, because, .. } = wish;
        let (role, calls) = (self.role(), missing.join(", "));
        let told = |nearly: &str| {
            let goer = &self.goer.address;
            format!("no policy of it lets {goer} call {calls} on {}{nearly}{because}", on.name)
        };
        let actions = missing.iter().map(|call| (*call).to_owned()).collect();
        let statement = json!({
            "Effect": "Allow", "Action": patch::one_or_several(actions), "Resource": on.stated
        });
        let finding = Finding::new(&role.address, told(""));
        let finding = patch::with_right(finding, role, sid, statement);
        let Some((of, NearMiss { statement, because })) = near else { return finding };
        let name = statement.name();
        let place =
            if of.address == role.address { String::new() } else { format!(" of {}", of.address) };
        let message = told(&format!(" ({name}{place} would, but for its {})", because.what));
        if of.address != role.address {
            return Finding { message, ..finding };
        }
        // What is known after an apply alone is told as a stack file states it.
        let stated = |it: String| if is_pending(&it) { on.stated.clone() } else { it };
        Finding {
            message,
            path: Some(because.path),
            expected: because.expected.map(stated).map(Value::from),
            actual: Some(because.actual),
            hint: Some(format!("correct {name}, or add a statement beside it")),
            ..finding
        }
    }

    fn shut_out(&self, wish: &Wish<'a, '_>, key: &Exhibit) -> Finding {
        let role = self.role();
        let (calls, because) = (wish.calls.join(", "), &wish.because);
        let message = format!(
            "its policy neither lets {} call {calls}, nor leaves that to the account{because}",
            role.address
        );
        let actions = wish.calls.iter().map(|call| (*call).to_owned()).collect();
        let statement = json!({
            "Effect": "Allow",
            // To name the role would be a circle where the role's policies name the key.
            "Principal": { "AWS": "arn:${partition}:iam::${account}:root" },
            "Action": patch::one_or_several(actions),
            // In the policy of a key, everything is that key.
            "Resource": "*"
        });
        patch::with_statement(Finding::new(&key.address, message), key, &wish.sid, statement)
    }
}

/// A name for a statement, which has letters and digits alone.
pub(super) fn camel(address: &Address) -> String {
    let words = address.as_str().split(|one: char| !one.is_ascii_alphanumeric());
    words.filter_map(|word| Some(word.get(..1)?.to_ascii_uppercase() + word.get(1..)?)).collect()
}

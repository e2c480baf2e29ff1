//! What is carried in the name of a function's role: what Lambda reads for it, and
//! what it sends.

use super::Seen;
use crate::model::{Address, Exhibit, Finding, Level, Other, Path, Scene};
use crate::verify::rules::errand::{Errand, Object, Wish, camel};
use crate::verify::rules::hop::{Edge, End};
use crate::verify::rules::{others, patch};

/// What reading asks of a key, and what sending does (SQS and SNS Developer Guides,
/// "Key management").
const TO_READ: &[&str] = &["kms:Decrypt"];
pub(super) const TO_SEND: &[&str] = &["kms:GenerateDataKey", "kms:Decrypt"];

/// Whether Lambda may read the source for the target.
pub(super) fn polled<'a>(scene: &'a Scene, edge: &Edge<'a>, calls: &'a [&'a str]) -> Seen {
    let errand = match sent_by(scene, edge.target) {
        Ok(errand) => errand,
        Err(why) => return Seen::open(why),
    };
    let ask = |on| {
        let sid = format!("Read{}", name_of(edge.source));
        let because = "; Lambda reads it in the name of this role".to_owned();
        errand.ask(&Wish { calls, on, sid, because, via: None, level: None })
    };
    match edge.source {
        End::Here(table) if table.kind == "dynamodb_table" => {
            if table.text("stream_view_type").is_none() {
                return has_no_stream(table).into();
            }
            // Nothing that AWS publishes says that the stream's reader uses the key.
            let key = errand.use_key(table, TO_READ, Some(Level::Warning));
            ask(Object::stream_of(table)).and(key)
        }
        End::Here(queue) => {
            ask(Object::of(queue, &scene.place)).and(errand.use_key(queue, TO_READ, None))
        }
        End::Elsewhere(arn) => {
            let at = Path::field("event_source_arn");
            elsewhere(scene, arn, edge.carrier, &at, |guard, by| {
                let key = guard.map(|it| errand.use_key(it, TO_READ, None)).unwrap_or_default();
                ask(Object::elsewhere(arn, guard, by)).and(key)
            })
        }
    }
}

/// Whether the role of the source may send to the target.
pub(super) fn sent<'a>(scene: &'a Scene, edge: &Edge<'a>, calls: &'a [&'a str]) -> Seen {
    let errand = match sent_by(scene, edge.source) {
        Ok(errand) => errand,
        Err(why) => return Seen::open(why),
    };
    let ask = |on: Object<'a>| {
        // Into a bucket objects are put, whose keys begin so.
        let is_bucket = edge.hop.target_kind() == "s3_bucket";
        let on = if is_bucket { on.within("/aws/lambda/any", "/aws/lambda/*") } else { on };
        let sid = format!("SendTo{}", name_of(edge.target));
        let what = if edge.sets_aside() { "what it fails at" } else { "what it answers" };
        let because = format!("; {what} goes there");
        errand.ask(&Wish { calls, on, sid, because, via: None, level: None })
    };
    let use_key = |target: &'a Exhibit| match target.kind.as_str() {
        "s3_bucket" | "sns_topic" | "sqs_queue" => errand.use_key(target, TO_SEND, None),
        _ => Seen::default(),
    };
    match edge.target {
        End::Here(target) => ask(Object::of(target, &scene.place)).and(use_key(target)),
        End::Elsewhere(arn) => elsewhere(scene, arn, edge.carrier, &edge.path, |guard, by| {
            let key = guard.map(use_key).unwrap_or_default();
            ask(Object::elsewhere(arn, guard, by)).and(key)
        }),
    }
}

/// Who goes: the function at one end, if it is of the stack.
fn sent_by<'a>(scene: &'a Scene, end: End<'a>) -> Result<Errand<'a>, String> {
    match end {
        End::Here(function) => Errand::of(scene, function),
        End::Elsewhere(_) => Err("the function is not of this stack".to_owned()),
    }
}

/// What is seen of something that is not of the stack. What the role itself may do can
/// be told all the same.
pub(super) fn elsewhere<'a>(
    scene: &'a Scene,
    arn: &'a str,
    named_by: &'a Exhibit,
    at: &Path,
    look: impl FnOnce(Option<&'a Exhibit>, (&'a Address, Path)) -> Seen,
) -> Seen {
    let by = (&named_by.address, at.clone());
    match scene.others.get(arn) {
        Some(Other::Seen(guard)) => look(Some(guard), by),
        Some(Other::Gone(how)) => {
            let finding = Finding::new(&Address::new(arn), how.as_str());
            others::told(finding, &named_by.address, at).into()
        }
        Some(Other::Hidden(why)) => look(None, by).and(Seen::open(format!("{arn} is {why}"))),
        None => look(None, by).and(Seen::open(format!("{arn} is not of this stack"))),
    }
}

fn has_no_stream(table: &Exhibit) -> Finding {
    let message = "it has no stream, and a function is to read it";
    let finding = Finding::new(&table.address, message).at(Path::field("stream_view_type"));
    let finding = finding.hint("say what its stream tells of an item that changes");
    finding.patch(patch::field("stream_view_type", &"NEW_AND_OLD_IMAGES".into()))
}

/// For the name of a statement.
pub(super) fn name_of(end: End<'_>) -> String {
    match end {
        End::Here(exhibit) => camel(&exhibit.address),
        End::Elsewhere(arn) => camel(&Address::new(arn.rsplit(':').next().unwrap_or(arn))),
    }
}

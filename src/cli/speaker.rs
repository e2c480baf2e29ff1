//! `--verbose`: each call of AWS in a line of its own.

use super::screen::Screen;
use crate::aws::call_log::Listener;
use crate::model::CallRecord;

/// Says each call as it is answered.
#[derive(Debug)]
pub(crate) struct Speaker(pub(crate) Screen);

impl Listener for Speaker {
    fn sent(&self, _: u64, _: &CallRecord) {}

    fn answered(&self, _: u64, call: &CallRecord) {
        self.0.talk(&line(call));
    }
}

fn line(call: &CallRecord) -> String {
    let object = call.object.as_deref().map(|object| format!(" {object}")).unwrap_or_default();
    let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let took = call.end.saturating_sub(call.start).as_secs_f64();
    let again =
        if call.attempt > 1 { format!(", attempt {}", call.attempt) } else { String::new() };
    format!("  {}:{}{object}: {status} in {took:.2} s{again}", call.service, call.operation)
}

//! An inspection as it happens: views of its notices.
//!
//! [`LiveInspection`] for terminals, [`PlainInspection`] for logs,
//! [`JsonInspection`] for programs. None can stop an inspection, so none of
//! them can fail; what cannot be written is not written.

mod json_lines;
mod live;
mod plain;

pub use json_lines::{JsonInspection, VERIFY_FORMAT};
pub use live::LiveInspection;
pub use plain::PlainInspection;

use crate::model::{CheckKind, Inspected, Verdict};
use crate::verify::Notice;

use super::InspectionRecord;

/// Something that looks on while an inspection runs.
pub trait InspectionView: Send {
    /// One more notice.
    fn show(&mut self, notice: &Notice);

    /// The inspection is over.
    fn finish(&mut self, record: &InspectionRecord<'_>);

    /// The inspection was cut off: nothing more comes, and there are no results.
    fn cut_off(&mut self) {}
}

/// Whether people should hear of a result before the summary: bad news, and
/// whatever they were waiting for. The rest is told at the end.
fn is_news(result: &Inspected) -> bool {
    match result.verdict {
        Verdict::Failed { .. } | Verdict::CouldNotLook { .. } => true,
        Verdict::Passed
        | Verdict::Noted { .. }
        | Verdict::Skipped { .. }
        | Verdict::NotExercised { .. } => result.kind == CheckKind::Behaviour,
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{Paper, inspections};

    use super::*;

    #[test]
    fn inspections_are_told_as_they_happen() {
        let sample = inspections::mixed();
        let (log, lines) = (Paper::default(), Paper::default());
        let mut views: [Box<dyn InspectionView + '_>; 2] = [
            Box::new(PlainInspection::new(Box::new(log.clone()))),
            Box::new(JsonInspection::new(Box::new(lines.clone()), sample.record().origins)),
        ];
        for view in &mut views {
            sample.notices().iter().for_each(|notice| view.show(notice));
            view.finish(&sample.record());
        }
        insta::assert_snapshot!("inspection_plain", log.read());
        insta::assert_snapshot!("inspection_json", lines.read());
    }
}

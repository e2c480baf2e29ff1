//! Which other stacks a plan uses.

use crate::plan::Plan;

use super::page::Page;
use super::style::{STRONG, paint};
use super::value;

/// The stacks that are used, each with its outputs that are; nothing where there are none.
pub(super) fn block(plan: &Plan) -> String {
    let mut page = Page::default();
    for (alias, used) in &plan.uses {
        let elsewhere = if used.place.region == plan.place.region {
            String::new()
        } else {
            format!(", in {}", used.place.region)
        };
        let (stack, file) = (&used.stack, &used.file);
        page.line(0, format!("Uses {} as {alias}, from {file}{elsewhere}", paint(STRONG, stack)));
        value::write_fields(&mut page, 2, &used.outputs.clone().into_iter().collect());
    }
    page.into_text()
}

//! Which other stacks a plan uses.

use crate::model::Place;
use crate::plan::Plan;

use super::page::Page;
use super::style::{STRONG, paint};
use super::value;

/// The stacks that are used, each with its outputs that are; nothing where there are none.
pub(super) fn block(plan: &Plan) -> String {
    let mut page = Page::default();
    for (alias, used) in &plan.uses {
        let elsewhere = elsewhere(&used.place, &plan.place);
        let (stack, file) = (&used.stack, &used.file);
        page.line(0, format!("Uses {} as {alias}, from {file}{elsewhere}", paint(STRONG, stack)));
        value::write_fields(&mut page, 2, &used.outputs.clone().into_iter().collect());
    }
    page.into_text()
}

/// Where a stack is, as far as that is not here.
fn elsewhere(there: &Place, here: &Place) -> String {
    let account = (there.account != here.account).then(|| format!("account {}", there.account));
    let region = (there.region != here.region).then(|| there.region.clone());
    let said: Vec<String> = account.into_iter().chain(region).collect();
    if said.is_empty() { String::new() } else { format!(", in {}", said.join(", ")) }
}

//! A plan for the page of a merge request on GitLab, which calls the report `terraform`.

use serde::Serialize;

use super::json::indented;
use crate::plan::{Plan, Totals};

/// GitLab takes a report that has these keys, in this order, and no others
/// (`Gitlab::Ci::Parsers::Terraform::Tfplan`).
#[derive(Serialize)]
struct Report {
    create: usize,
    update: usize,
    delete: usize,
}

/// How much a plan creates, updates and deletes. What is made anew is created and deleted, as in
/// the last line of a plan.
pub fn plan_gitlab(plans: &[&Plan]) -> String {
    let totals = plans.iter().map(|plan| plan.totals()).fold(Totals::default(), Totals::and);
    let Totals { add, change, destroy } = totals;
    indented(&Report { create: add, update: change, delete: destroy })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Change;
    use crate::report::fixtures;

    #[test]
    fn what_is_made_anew_is_created_and_deleted() {
        let check = |plan: &Plan, expected: [usize; 3]| {
            let [create, update, delete] = expected;
            let text = format!(
                "{{\n  \"create\": {create},\n  \"update\": {update},\n  \"delete\": {delete}\n}}\n"
            );
            assert_eq!(plan_gitlab(&[plan]), text);
        };
        check(&fixtures::nothing_to_do(), [0, 0, 0]);
        let plan = fixtures::mixed();
        let of = |wanted: fn(&Change) -> bool| {
            plan.changes.iter().filter(|it| wanted(&it.change)).count()
        };
        let anew = of(|change| matches!(change, Change::Replace { .. }));
        let new = of(|change| matches!(change, Change::Create { .. }));
        let other = of(|change| matches!(change, Change::Update { .. }));
        let gone = of(|change| matches!(change, Change::Delete { .. }));
        assert!(anew > 0 && other > 0, "the sample has both");
        check(&plan, [new + anew, other, gone + anew]);
    }
}

//! What a plan that is not of the whole stack leaves out.

use crate::plan::{Excerpt, Plan, Purpose};

use super::phrases::{count, enumeration};

/// A line each; none for a plan of the whole stack.
pub(super) fn told(plan: &Plan) -> Vec<String> {
    let Some(excerpt) = &plan.excerpt else { return Vec::new() };
    let Excerpt { only, purpose, left_out, outputs_left_out, .. } = excerpt;
    let with = match (purpose, only.len()) {
        (Purpose::Apply, 1) => "what it needs",
        (Purpose::Apply, _) => "what they need",
        (Purpose::Destroy, 1) => "what needs it",
        (Purpose::Destroy, _) => "what needs them",
    };
    let others = match left_out.len() {
        0 => String::new(),
        many => format!("{} of the stack, and ", count(many, "other resource")),
    };
    let line = format!(
        "Only {}, and {with}. Not looked at: {others}what the stack no longer declares.",
        enumeration(only)
    );
    // A destroy tells none at all.
    let is_told = *purpose == Purpose::Apply && !outputs_left_out.is_empty();
    let outputs = is_told.then(|| {
        let names = enumeration(outputs_left_out);
        format!("Outputs that speak of what is left out are not told: {names}.")
    });
    std::iter::once(line).chain(outputs).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::model::Address;
    use crate::report::fixtures::{nothing_to_do, plain};
    use crate::report::{PlanDetail, PlanRecord, plan_json, plan_md, plan_text};

    use super::*;

    fn plan(only: &[&str], purpose: Purpose, left_out: &[&str], outputs: &[&str]) -> Plan {
        let left_out = left_out.iter().map(|it| Address::new(*it)).collect();
        let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let outputs_left_out: BTreeSet<String> = names(outputs).into_iter().collect();
        let only = names(only);
        let mentioned_by = [].into();
        let excerpt = Excerpt { only, purpose, left_out, outputs_left_out, mentioned_by };
        Plan { excerpt: Some(excerpt), ..nothing_to_do() }
    }

    #[test]
    fn what_is_left_out_is_told() {
        let check = |plan: &Plan, expected: &[&str]| assert_eq!(told(plan), expected);
        check(&nothing_to_do(), &[]);
        check(
            &plan(&["queue"], Purpose::Apply, &["a"], &["url"]),
            &[
                "Only queue, and what it needs. Not looked at: 1 other resource of the stack, and \
                 what the stack no longer declares.",
                "Outputs that speak of what is left out are not told: url.",
            ],
        );
        check(
            &plan(&["queue", "a", "b"], Purpose::Destroy, &[], &[]),
            &["Only queue, a and b, and what needs them. Not looked at: what the stack no longer \
               declares."],
        );
    }

    #[test]
    fn it_is_told_in_every_form() {
        let plan = plan(&["claimcheck.queue"], Purpose::Apply, &["a", "b"], &["url"]);
        let record = PlanRecord::of(&plan);
        insta::assert_snapshot!("excerpt_text", plain(&plan_text(&plan, PlanDetail::CHANGES)));
        insta::assert_snapshot!("excerpt_md", plan_md(record));
        insta::assert_snapshot!("excerpt_json", plan_json(record));
    }
}

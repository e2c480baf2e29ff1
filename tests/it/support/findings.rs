//! What the rules say of a stack file, without its account.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::binary::Ccprov;

/// What the rules find, be it a note: checks, and addresses.
pub(crate) fn found(file: &Path) -> BTreeSet<(String, String)> {
    let file = file.to_str().expect("a path in UTF-8");
    let told = Ccprov::offline().run(&["validate", "--rules", "--json", file]);
    let results: Value = serde_json::from_str(&told.stdout).unwrap_or_default();
    let results = results["results"].as_array().unwrap_or_else(|| panic!("{told}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    results
        .iter()
        .flat_map(|result| {
            // What passed found nothing.
            let findings = result["findings"].as_array().into_iter().flatten();
            findings.map(|finding| (text(&result["check"]), text(&finding["address"])))
        })
        .collect()
}

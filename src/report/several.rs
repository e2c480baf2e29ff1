//! What is told of several stacks, together.

/// The version of the form.
const SEVERAL_FORMAT: &str = "ccprov.several/1";

/// Documents in JSON, each of a stack, as one that holds them as they are. One alone stays what
/// it is.
///
/// ```
/// use ccprov::report::several_json;
///
/// let documents = ["{\n  \"stack\": \"a\"\n}\n".to_owned(), "{}\n".to_owned()];
/// let told = several_json(&documents);
/// assert!(told.contains("[\n    {\n      \"stack\": \"a\"\n    },\n    {}\n  ]"), "{told}");
/// assert_eq!(several_json(&documents[1..]), "{}\n");
/// ```
pub fn several_json(documents: &[String]) -> String {
    if let [one] = documents {
        return one.clone();
    }
    // A text in JSON stays on its line.
    let within = |document: &String| format!("    {}", document.trim_end().replace('\n', "\n    "));
    let stacks: Vec<String> = documents.iter().map(within).collect();
    let stacks = stacks.join(",\n");
    format!("{{\n  \"format\": \"{SEVERAL_FORMAT}\",\n  \"stacks\": [\n{stacks}\n  ]\n}}\n")
}

/// Documents in YAML, each of a stack, as one stream of them.
pub fn several_yaml(documents: &[String]) -> String {
    documents.join("---\n")
}

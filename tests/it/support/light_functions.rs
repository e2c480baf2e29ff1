//! Stacks with functions that are a line each: for who counts calls or kills runs, and
//! need not wait until megabytes are sent.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// `stacks/event_processor.yaml`, word for word.
pub(crate) fn event_processor() -> &'static str {
    static FILE: LazyLock<String> =
        LazyLock::new(|| light("event_processor", &["event_processor", "event_seeder"]));
    &FILE
}

/// `stacks/event_pipeline.yaml`, word for word.
pub(crate) fn event_pipeline() -> &'static str {
    static FILE: LazyLock<String> = LazyLock::new(|| {
        let functions =
            ["payment_trigger", "payment_validator", "payment_processor", "payment_enricher"];
        light("event_pipeline", &functions)
    });
    &FILE
}

/// A stack file of `stacks/` with functions beside it.
fn light(stack: &str, functions: &[&str]) -> String {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("light_functions");
    for name in functions {
        let folder = root.join("target/functions").join(name);
        fs::create_dir_all(&folder).expect("a folder of our own");
        let program = format!("#!/bin/sh\n# {name}\nexit 1\n");
        fs::write(folder.join("bootstrap"), program).expect("a file of our own");
    }
    let stacks = root.join("stacks");
    fs::create_dir_all(&stacks).expect("a folder of our own");
    let file = stacks.join(stack).with_extension("yaml");
    let written = Path::new("stacks").join(stack).with_extension("yaml");
    fs::copy(written, &file).expect("the stack is there");
    file.to_str().expect("a path in UTF-8").to_owned()
}

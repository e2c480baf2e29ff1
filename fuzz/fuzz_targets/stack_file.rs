//! A whole stack file.

#![no_main]

#[path = "../../tests/it/fuzz/targets.rs"]
#[expect(dead_code, reason = "each binary is one of the targets")]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::stack_file(bytes));

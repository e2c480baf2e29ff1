//! Every call that the house makes has a rate limit, every rate limit is of such
//! a call, and the binary keeps to them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::sync::Mutex;

use ccprov::aws::services::rate_limits;
use tokio::time::Instant;

use crate::access::{calls, sources};
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::trace;
use crate::transcripts::Desk;

#[test]
fn every_call_has_a_rate_limit_and_no_other() {
    let texts = sources("");
    let called: BTreeSet<&str> = texts.iter().flat_map(|text| calls(text)).collect();
    let mut limited = BTreeSet::new();
    for limit in rate_limits() {
        for operation in limit.operations() {
            let name = format!("{}:{operation}", limit.service);
            assert!(limited.insert(name.clone()), "{name} has two limits");
            // As the SDK spells it, so that it is the name that the pacer is told.
            let method = format!(".{}()", snake_case(operation));
            assert!(texts.iter().any(|text| text.contains(&method)), "nobody calls {name}");
        }
    }
    // Calls are attempted under the names of IAM's actions, which know no batches.
    let is_limited =
        |name: &str| [name.to_owned(), format!("{name}Batch")].map(|it| limited.contains(&it));
    let missing: Vec<_> =
        called.into_iter().filter(|name| !is_limited(name).contains(&true)).collect();
    assert_eq!(missing, [""; 0], "no service in src/aws/services/ has a limit for these calls");
}

/// What goes at once after a rest covers the stack of the demonstration.
#[test]
fn every_burst_is_that_of_a_second_at_least() {
    for limit in rate_limits() {
        assert!(limit.burst >= limit.per_second, "{limit:?}");
    }
}

/// As many keys as keep the last of them in line for longer than the SDK lets a
/// request stand still (5 s).
const KEYS: usize = 50;

#[test]
fn a_wide_stack_of_keys_is_made_at_the_rate_that_kms_admits() {
    let account = emulator::ministack().account();
    // Five at once, and five a second.
    let bucket = Mutex::new((5.0, Instant::now()));
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        if call.to_string() != "kms:CreateKey" {
            return None;
        }
        let (tokens, as_of) = &mut *bucket.lock().expect("nobody panicked");
        let passed = as_of.elapsed();
        *as_of += passed;
        *tokens = f64::min(*tokens + passed.as_secs_f64() * 5.0, 5.0);
        let is_refused = *tokens < 1.0;
        *tokens -= if is_refused { 0.0 } else { 1.0 };
        is_refused.then_some(Fault::Throttle)
    });
    let mut stack = "stack: keys\nregion: us-east-1\nresources:\n".to_owned();
    for number in 0..KEYS {
        writeln!(stack, "  key{number}: {{ kind: kms_key }}").expect("a string takes all");
    }
    let desk = Desk::with(account.through(&proxy.url()), &stack);
    desk.must("apply -y stack.yaml --trace trace.json", 0);
    let refused = proxy.befallen().len();
    // Without a pace 45 are refused at once, and most of those again and again.
    assert!(refused <= KEYS / 5, "{refused} refusals for {KEYS} keys");
    let calls = trace::calls(&fs::read_to_string(desk.path("trace.json")).expect("a trace"));
    let lost = calls.iter().filter(|call| call.status.is_none()).count();
    assert_eq!(lost, 0, "calls that nobody answered, as those that were given up in line");
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

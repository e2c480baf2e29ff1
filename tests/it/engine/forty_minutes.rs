//! What takes forty minutes, as a Kafka cluster does: it is asked for once, whatever befalls
//! the runs meanwhile, and is there when it is there.

use std::time::Duration;

use ccprov::sim::{Cloud, Weather};
use serde_json::{Value, json};

use super::site::{Orders, applied, carried_out, changes, cloud, planned, stack, times};

const FORTY_MINUTES: Duration = Duration::from_mins(40);

fn slow() -> Cloud<'static> {
    cloud(Weather { settling: FORTY_MINUTES..FORTY_MINUTES, ..Weather::even(1) })
}

fn cluster() -> Value {
    json!({ "t": { "kind": "table", "lifecycle": { "patience": { "create": "1h", "update": "1h" } } } })
}

/// The run that is killed, and the one that goes on: of all calls of a creation those at its
/// beginning, where it is made, and some of the many looks that follow.
#[tokio::test(start_paused = true)]
async fn a_long_creation_is_gone_on_with_wherever_a_run_dies() {
    let mut died = 0;
    for number in (1..10).chain((10..400).step_by(43)) {
        let cloud = slow();
        let plan = planned(&cloud, &stack(&cluster())).await;
        cloud.crash_at(number);
        died += usize::from(carried_out(&cloud, plan, Orders::new()).await.is_none());
        cloud.crash_never();
        let run = applied(&cloud, &stack(&cluster())).await;
        assert_eq!(cloud.violations(), [""; 0], "call {number}: {:?}", run.told());
        assert_eq!(changes(&planned(&cloud, &stack(&cluster())).await), [""; 0], "call {number}");
        assert_eq!(times(&cloud, "Create", "dev-t"), 1, "call {number}");
        let seconds = run.events.last().map(|end| end.elapsed.as_secs()).unwrap_or_default();
        let most = FORTY_MINUTES.as_secs() + 60;
        assert!(seconds <= most, "call {number}: {seconds} s");
    }
    assert!(died > 9, "the calls at its beginning, and some looks");
}

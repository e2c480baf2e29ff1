//! A proxy behind which a replay takes its time: so many looks find it running, or all
//! until somebody cancels it. An emulator's are over at once.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::busy::{Behind, Busy, Slow, answer};
use super::request::Request;

pub(crate) type SlowReplays = Busy<Replays>;

#[derive(Debug)]
pub(crate) struct Replays {
    /// How many looks find it running yet; none for all.
    left: Mutex<Option<usize>>,
    /// What then becomes of it.
    end: &'static str,
}

impl SlowReplays {
    /// A proxy before `url`: after so many looks, if ever, a replay is in this state.
    pub(crate) fn start(url: &str, looks: Option<usize>, end: &'static str) -> Self {
        Self::before(url, Replays { left: Mutex::new(looks), end })
    }
}

impl Slow for Replays {
    const SERVICE: &'static str = "EventBridge";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        match (call.service.as_str(), call.operation.as_str()) {
            ("events", "DescribeReplay") => Ok(self.look(request)),
            ("events", "CancelReplay") => {
                behind.made("CancelReplay");
                Ok(answer("200 OK", "{\"State\":\"CANCELLING\"}"))
            }
            ("events", "StartReplay") => {
                behind.made("StartReplay");
                behind.said(request).await
            }
            _ => behind.said(request).await,
        }
    }
}

impl Replays {
    fn look(&self, request: &Request) -> Vec<u8> {
        let mut left = self.left();
        let state = match left.as_mut() {
            Some(0) => self.end,
            Some(looks) => {
                *looks -= 1;
                "RUNNING"
            }
            None => "RUNNING",
        };
        let told = json!({
            "ReplayName": request.json("ReplayName"),
            "State": state,
            "StateReason": "as the proxy says",
            "EventLastReplayedTime": 1.0
        });
        answer("200 OK", &told.to_string())
    }

    fn left(&self) -> MutexGuard<'_, Option<usize>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

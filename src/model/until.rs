//! What "done" means.

/// How far a run goes with what it writes. What makes others wait until it is ready is seen
/// through in any case, if somebody waits for it and it takes no long time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// The cloud accepted every call. What it takes its time for is left to it, and what
    /// waits for that is left for the next run.
    Accepted,
    /// A read shows what was asked.
    Configured,
    /// And the object is in service.
    #[default]
    Ready,
}

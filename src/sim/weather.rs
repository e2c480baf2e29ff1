//! How slow, late and faulty the cloud is. All of it follows from a seed.

use std::ops::Range;
use std::time::Duration;

use super::calls::Operation;
use crate::model::ErrorClass;

/// The ordinary course of things. Each call draws its own lot from the seed,
/// from what it is and from how often it was made: what happens to one object
/// does not depend on what else is in flight.
#[derive(Clone, Debug)]
pub struct Weather {
    /// Equal seeds, equal weather.
    pub seed: u64,
    /// From a call to its answer.
    pub latency: Range<Duration>,
    /// Until a copy of the object knows what was written. There are three, and
    /// any of them answers a look: until all know, reads flip back and forth.
    pub find_lag: Range<Duration>,
    /// Until the index sees it.
    pub index_lag: Range<Duration>,
    /// Until an object can be named where it must exist, as a fresh principal
    /// in a policy.
    pub propagation: Range<Duration>,
    /// Until an object that was written is in service.
    pub settling: Range<Duration>,
    /// How long the name of a removed object cannot be given again.
    pub cooldown: Duration,
    /// How many of 1000 calls meet a random fault that passes by itself.
    pub faults_per_mille: u32,
    /// How many random faults one operation on one object meets at most.
    pub faults_at_most: u32,
}

impl Weather {
    /// Every call takes 100 ms, everybody sees everything at once, nothing fails.
    pub fn even(seed: u64) -> Self {
        let nothing = Duration::ZERO..Duration::ZERO;
        let latency = Duration::from_millis(100)..Duration::from_millis(100);
        Self {
            seed,
            latency,
            find_lag: nothing.clone(),
            index_lag: nothing.clone(),
            propagation: nothing.clone(),
            settling: nothing,
            cooldown: Duration::ZERO,
            faults_per_mille: 0,
            faults_at_most: 0,
        }
    }

    /// All that AWS is known for, on a bad day. The cool-down of a name is that
    /// of SQS, fresh principals take single-digit seconds, the tagging API lags
    /// by minutes, and reads of IAM, KMS and S3 flip for seconds. That every
    /// seventh call meets a fault is our own exaggeration.
    pub fn foul(seed: u64) -> Self {
        let millis = Duration::from_millis;
        let seconds = Duration::from_secs;
        Self {
            seed,
            latency: millis(20)..millis(2_000),
            find_lag: seconds(0)..seconds(10),
            index_lag: seconds(0)..seconds(300),
            propagation: seconds(0)..seconds(10),
            settling: seconds(0)..seconds(10),
            cooldown: seconds(60),
            faults_per_mille: 140,
            faults_at_most: 3,
        }
    }

    /// The lot of one call: of an operation on an object, for the nth time.
    pub(super) fn lot(&self, operation: Operation, identity: &str, nth: u32) -> fastrand::Rng {
        // FNV-1a, for it is the same everywhere and for ever.
        let bytes = operation.name().bytes().chain(identity.bytes()).chain(nth.to_le_bytes());
        let start = 0xcbf2_9ce4_8422_2325 ^ self.seed;
        let hash =
            bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        fastrand::Rng::with_seed(hash)
    }

    /// The random fault of a call, if it meets one.
    pub(super) fn fault(&self, operation: Operation, lot: &mut fastrand::Rng) -> Option<Fault> {
        if lot.u32(0..1000) >= self.faults_per_mille {
            return None;
        }
        Some(match lot.u32(0..3) {
            0 => Fault::Refused(ErrorClass::Throttled),
            1 => Fault::Refused(ErrorClass::Transient),
            _ if operation.writes() => Fault::AnswerLost,
            _ => Fault::Refused(ErrorClass::Transient),
        })
    }
}

/// A length out of a range.
pub(super) fn length(range: &Range<Duration>, lot: &mut fastrand::Rng) -> Duration {
    range.start + range.end.saturating_sub(range.start).mul_f64(lot.f64())
}

/// What can befall a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is answered with an error, and nothing happened.
    Refused(ErrorClass),
    /// It did happen, and the answer never came.
    AnswerLost,
    /// It happens, and the object it wrote fails to come into service.
    Broken(String),
}

//! Into which partition a record with a key goes: the one into which Kafka's own producer
//! puts it, so that it lies among the records of that key. Pure.

/// The partition of a key, of so many. Those without one stay together in the first, so that
/// they keep their order.
pub(super) fn partition(key: Option<&str>, of: usize) -> usize {
    // The sign is cut off, as `Utils.toPositive` does.
    key.map_or(0, |key| (murmur2(key.as_bytes()) & 0x7fff_ffff) as usize % of.max(1))
}

/// The hash of Kafka's `DefaultPartitioner` (Apache Kafka, `Utils.murmur2`).
fn murmur2(data: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const M: u32 = 0x5bd1_e995;
    const R: u32 = 24;
    let mut hash = SEED ^ u32::try_from(data.len()).unwrap_or(u32::MAX);
    let (words, rest) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> R;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !rest.is_empty() {
        for (at, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * at);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of Apache Kafka's own test, `UtilsTest.testMurmur2`.
    #[test]
    fn keys_go_where_kafkas_own_producer_puts_them() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn a_partition_is_one_of_those_that_there_are() {
        for of in 0..5 {
            let keys = [None, Some("foobar"), Some("21"), Some("")];
            assert!(keys.iter().all(|key| partition(*key, of) < of.max(1)));
        }
        assert_eq!(partition(None, 3), 0);
        assert_eq!(partition(Some("foobar"), 5), 1);
    }
}

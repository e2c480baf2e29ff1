//! Grants are told apart by their names, and none is missing where nothing declares it.

use super::*;
use crate::aws::services::KINDS;

/// They become one statement, whose actions are all allowed on all of it.
#[test]
fn grants_of_one_name_are_for_the_same() {
    let exercises =
        EXERCISES.iter().chain(INVOCATIONS).chain(PROBED).flat_map(|(_, grants)| *grants);
    let all =
        DISCOVERY.iter().chain(LEASE).chain(registry::grants().flat_map(|(_, grants)| grants));
    let mut seen = BTreeMap::new();
    for Grant { sid, on, bound, .. } in all.chain(exercises) {
        assert!(sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{sid}");
        assert_eq!(*seen.entry(sid).or_insert((on, bound)), (on, bound), "{sid}");
    }
}

/// What hangs on an object is found through that, when the file may declare none of its
/// kind any more: what the last of them needs, the kind asks for that it hangs on.
#[test]
fn what_is_no_longer_declared_is_read_and_removed_by_what_it_hung_on() {
    let mut missing = Vec::new();
    for kind in KINDS.iter() {
        let Some(on) = kind.hangs_on().and_then(registry::kind) else { continue };
        let former = kind.grants().iter().filter(|it| it.sid.starts_with("Former"));
        for &Grant { sid, actions, on: arns, bound, need, .. } in former {
            let is_like = |it: &&Grant| (it.on, it.bound, it.need) == (arns, bound, need);
            let like = on.grants().iter().filter(is_like);
            let granted: BTreeSet<&str> = like.flat_map(|it| it.actions).copied().collect();
            let idle = actions.iter().filter(|it| !granted.contains(**it));
            missing.extend(idle.map(|action| format!("{} lacks {sid}: {action}", on.name())));
        }
    }
    assert_eq!(missing, [""; 0]);
}

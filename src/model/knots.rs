//! Who waits for whom in a circle.

/// For each of some things, the number of its knot. Two are in one knot if each
/// waits for the other, directly or through others; whoever waits for nobody
/// that waits for it has a knot of its own.
///
/// `waits[n]` are those that the nth waits for, each less than `waits.len()`.
/// Takes time in proportion to things and waits together.
///
/// ```
/// use ccprov::model::knots;
///
/// let knots = knots(&[vec![1], vec![0, 2], vec![]]);
/// assert_eq!(knots[0], knots[1]);
/// assert_ne!(knots[1], knots[2]);
/// ```
pub fn knots(waits: &[Vec<usize>]) -> Vec<usize> {
    // Tarjan's algorithm. Without recursion: a chain may have thousands of links.
    let mut search = Search {
        waits,
        knot: vec![NONE; waits.len()],
        number: vec![NONE; waits.len()],
        lowest: vec![NONE; waits.len()],
        open: Vec::new(),
        numbered: 0,
        knotted: 0,
    };
    for start in 0..waits.len() {
        if search.number[start] == NONE {
            search.from(start);
        }
    }
    search.knot
}

const NONE: usize = usize::MAX;

struct Search<'a> {
    waits: &'a [Vec<usize>],
    knot: Vec<usize>,
    /// In which order they were met.
    number: Vec<usize>,
    /// The least number that is reached from each without leaving its knot.
    lowest: Vec<usize>,
    /// Met, and of a knot that is not complete.
    open: Vec<usize>,
    numbered: usize,
    knotted: usize,
}

impl Search<'_> {
    fn from(&mut self, start: usize) {
        let mut walk = vec![(start, 0)];
        self.meet(start);
        while let Some((at, next)) = walk.last_mut() {
            let at = *at;
            let Some(&other) = self.waits[at].get(*next) else {
                walk.pop();
                self.leave(at);
                if let Some((before, _)) = walk.last() {
                    self.lowest[*before] = self.lowest[*before].min(self.lowest[at]);
                }
                continue;
            };
            *next += 1;
            if self.number[other] == NONE {
                self.meet(other);
                walk.push((other, 0));
            } else if self.knot[other] == NONE {
                self.lowest[at] = self.lowest[at].min(self.number[other]);
            }
        }
    }

    fn meet(&mut self, at: usize) {
        self.number[at] = self.numbered;
        self.lowest[at] = self.numbered;
        self.numbered += 1;
        self.open.push(at);
    }

    /// The first of a knot that was met is the last that is left: it ties it.
    fn leave(&mut self, at: usize) {
        if self.lowest[at] != self.number[at] {
            return;
        }
        while let Some(member) = self.open.pop() {
            self.knot[member] = self.knotted;
            if member == at {
                break;
            }
        }
        self.knotted += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The knots as sets, in the order of their first members.
    fn check(waits: &[&[usize]], expected: &[&[usize]]) {
        let waits: Vec<Vec<usize>> = waits.iter().map(|waits| waits.to_vec()).collect();
        let knots = knots(&waits);
        let mut found: Vec<Vec<usize>> = Vec::new();
        for (at, knot) in knots.iter().enumerate() {
            match found.iter_mut().find(|members| knots[members[0]] == *knot) {
                Some(members) => members.push(at),
                None => found.push(vec![at]),
            }
        }
        assert_eq!(found, expected, "{waits:?}");
    }

    #[test]
    fn who_waits_for_itself_through_others_is_in_a_knot_with_them() {
        check(&[], &[]);
        check(&[&[1], &[2], &[]], &[&[0], &[1], &[2]]);
        check(&[&[1], &[2], &[0]], &[&[0, 1, 2]]);
        check(&[&[0], &[]], &[&[0], &[1]]);
        check(&[&[1, 3], &[2], &[1], &[4], &[3, 2]], &[&[0], &[1, 2], &[3, 4]]);
        check(&[&[2], &[2], &[3, 0], &[]], &[&[0, 2], &[1], &[3]]);
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let chain: Vec<Vec<usize>> = (1..=100_000).map(|next| vec![next % 100_000]).collect();
        assert!(knots(&chain).iter().all(|knot| *knot == 0));
    }
}

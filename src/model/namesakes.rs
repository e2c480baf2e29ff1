//! Stacks of one name, in several regions or accounts: what each is called where they are
//! told of together.

use super::Place;

/// A name for each of some stacks, by which none is taken for another: its own; where others
/// have that, too, with its region; and where they share both, with its account.
pub fn told_apart<'a>(stacks: impl IntoIterator<Item = (&'a str, &'a Place)>) -> Vec<String> {
    let stacks: Vec<(&str, &Place)> = stacks.into_iter().collect();
    let called = |(name, place): &(&str, &Place)| {
        let (account, region) = (&place.account, &place.region);
        let is_alone = |is_like: &dyn Fn(&Place) -> bool| {
            stacks.iter().filter(|(other, at)| other == name && is_like(at)).count() == 1
        };
        if is_alone(&|_| true) {
            (*name).to_owned()
        } else if is_alone(&|other| other.region == *region) {
            format!("{name}@{region}")
        } else {
            format!("{name}@{region}@{account}")
        }
    };
    stacks.iter().map(called).collect()
}

/// The same for what is told of one of them: one that is alone needs no name there.
pub fn told_beside<'a>(
    stacks: impl IntoIterator<Item = (&'a str, &'a Place)>,
) -> Vec<Option<String>> {
    let names = told_apart(stacks);
    let is_alone = names.len() == 1;
    names.into_iter().map(|name| (!is_alone).then_some(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_of_one_name_are_told_apart() {
        let check = |stacks: &[(&str, &str, &str)], expected: &[&str]| {
            let place = |(_, region, account): &(&str, &str, &str)| Place {
                partition: "aws".into(),
                account: (*account).into(),
                region: (*region).into(),
                endpoint: None,
            };
            let places: Vec<Place> = stacks.iter().map(place).collect();
            let stacks = stacks.iter().map(|(name, ..)| *name).zip(&places);
            assert_eq!(told_apart(stacks), expected);
        };
        let (here, there) = ("eu-west-1", "us-east-1");
        check(&[("keys", here, "1"), ("app", here, "1")], &["keys", "app"]);
        check(
            &[("keys", here, "1"), ("app", here, "1"), ("keys", there, "1")],
            &["keys@eu-west-1", "app", "keys@us-east-1"],
        );
        check(
            &[("keys", here, "1"), ("keys", here, "2"), ("keys", there, "2")],
            &["keys@eu-west-1@1", "keys@eu-west-1@2", "keys@us-east-1"],
        );
    }
}

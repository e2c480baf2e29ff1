//! Who uses a stack that is to go: objects of others that hold outputs of it.

use crate::aws::Provider;
use crate::model::{CloudError, Diagnostic, Owner, Place, Stack};
use crate::report::pane::tame;

/// Everybody who uses a stack, by whichever of its names.
pub(crate) async fn find(provider: &Provider, stack: &Stack) -> Result<Vec<Owner>, CloudError> {
    provider.users(&stack.claimant().stacks()).await
}

/// Whether an object that holds outputs of a stack at a place is of this other one.
pub(crate) fn is_of(user: &Owner, used_at: &Place, other: &Stack) -> bool {
    // An index tells what is of its own account.
    other.place.account == used_at.account && other.claimant().is(user)
}

/// Why a stack stays while somebody uses it.
pub(crate) fn refusal(user: &Owner, stack: &Stack) -> Diagnostic {
    let is_here = user.region.as_ref() == Some(&stack.place.region);
    let other = if is_here { user.stack.clone() } else { user.stack_in_region() };
    let (other, address, stack) = (tame(&other), tame(user.address.as_str()), &stack.name);
    Diagnostic::error(format!("{address} of stack {other} uses outputs of {stack}"))
        .because("it holds what would be gone")
        .hint(format!("destroy {other} first, or take `uses` out of its file and apply it"))
        .hint("--despite-users goes on all the same")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, FormerNames};

    fn place((region, account): (&str, &str)) -> Place {
        Place {
            partition: "aws".into(),
            account: account.into(),
            region: region.into(),
            endpoint: None,
        }
    }

    #[test]
    fn a_user_is_of_the_stack_of_its_name_and_place_alone() {
        let (here, there) = (("eu-west-1", "123456789012"), ("us-east-1", "123456789012"));
        let user = |name: &str, region: &str| Owner {
            region: Some(region.to_owned()),
            ..Owner::new(name, Address::new("queue"))
        };
        let check = |user: Owner, at: (&str, &str), expected: bool| {
            let shop =
                Stack { was: FormerNames(vec!["app".into()]), ..Stack::empty("shop", place(at)) };
            assert_eq!(is_of(&user, &place(here), &shop), expected, "{user:?} {at:?}");
        };
        check(user("shop", here.0), here, true);
        check(user("app", here.0), here, true);
        check(user("shop", there.0), there, true);
        check(user("shop", here.0), there, false);
        check(user("shop", there.0), here, false);
        check(user("shop", here.0), (here.0, "210987654321"), false);
        check(user("other", here.0), here, false);
    }

    #[test]
    fn a_refusal_says_where_its_user_is_if_that_is_elsewhere() {
        let keys = Stack::empty("keys", place(("eu-west-1", "123456789012")));
        let told = |region: &str| {
            let user =
                Owner { region: Some(region.into()), ..Owner::new("app", Address::new("q")) };
            refusal(&user, &keys).summary
        };
        assert_eq!(told("eu-west-1"), "q of stack app uses outputs of keys");
        assert_eq!(told("us-east-1"), "q of stack app in us-east-1 uses outputs of keys");
    }
}

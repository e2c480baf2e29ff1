//! The services of AWS that ccprov calls. Each is a folder: in front what is told
//! of it (`told.rs`) and its kinds (`mod.rs`), behind it each kind.
//!
//! A kind reads top-down: what it is, its spec, its identity and facts, then
//! read, create, update, delete.

mod by_hand;
pub(crate) mod clients;
mod list;
pub mod table;

use std::sync::LazyLock;

use self::list::services;
use super::kind::AnyKind;
use super::landmark::Landmark;

macro_rules! folders {
    (
        by a crate { $($name:ident: $sdk:ident, $module:ident::$operation:ident;)* }
        by hand { $($own:ident;)* }
    ) => {
        $(pub(crate) mod $name;)*
        $(pub(crate) mod $own;)*

        /// Every kind, by name.
        pub(crate) static KINDS: LazyLock<Vec<&dyn AnyKind>> = LazyLock::new(|| {
            let mut all = [$($name::KINDS,)* $($own::KINDS,)*].concat();
            all.sort_by_key(|kind| kind.name());
            all
        });
    };
}

services!(folders);

/// Every kind that is looked up only, by name.
pub(crate) static LANDMARKS: LazyLock<Vec<&dyn Landmark>> = LazyLock::new(|| {
    let mut all = [ec2::LANDMARKS, ssm::LANDMARKS].concat();
    all.sort_by_key(|landmark| landmark.name());
    all
});

//! Where kinds keep their policies, as they say themselves.

use super::hop;
use crate::model::{Exhibit, Path, PolicyTells, Scene};
use crate::verify::policy::Policy;

/// Policies of resources: who may use them.
pub(super) fn of_resources(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    telling(scene, PolicyTells::Users)
}

/// Policies of roles about who may take them on.
pub(super) fn of_trust(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    telling(scene, PolicyTells::Takers)
}

/// Policies of identities: what their holders may do.
pub(super) fn of_identities(scene: &Scene) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    telling(scene, PolicyTells::Holder)
}

/// Who may use one resource, as it says itself.
pub(super) fn of_resource<'a>(scene: &Scene, exhibit: &'a Exhibit) -> Option<Policy<'a>> {
    let mut paths = paths(scene, exhibit, PolicyTells::Users);
    paths.find_map(|path| Policy::of(exhibit, &path))
}

fn telling(scene: &Scene, what: PolicyTells) -> impl Iterator<Item = (&Exhibit, Policy<'_>)> {
    scene.exhibits.values().flat_map(move |exhibit| {
        let paths = paths(scene, exhibit, what);
        paths.filter_map(move |path| Some((exhibit, Policy::of(exhibit, &path)?)))
    })
}

/// Where a resource has policies that tell this.
fn paths(scene: &Scene, exhibit: &Exhibit, what: PolicyTells) -> impl Iterator<Item = Path> {
    let fields = scene.policies.get(&exhibit.kind).into_iter().flatten();
    let fields = fields.filter(move |field| field.tells == what);
    fields.flat_map(|field| hop::paths(&exhibit.document, &field.field))
}

//! Where the way of `verify` turns off: what there is was looked at, and is inspected.

use std::time::Duration;

use futures::future::join;
use tokio::sync::mpsc;

use super::exit::Failure;
use super::looked::Looked;
use super::opened::Opened;
use super::others::with_others;
use super::screen::Screen;
use super::signals::Signals;
use crate::aws::behaviours::{Options, behaviours};
use crate::model::{CloudError, Inspected, Scene};
use crate::plan::Permissions;
use crate::report::InspectionView;
use crate::verify::{Choice, Inspection, inspect};

/// What to inspect, and how.
pub(crate) struct Wish<'a> {
    pub(crate) choice: &'a Choice,
    pub(crate) exercises: Options,
    pub(crate) timeout: Duration,
    pub(crate) json: bool,
}

/// What an inspection came to.
pub(crate) struct Watched {
    pub(crate) opened: Opened,
    pub(crate) results: Vec<Inspected>,
    /// What stood in the way of clearing up.
    pub(crate) left_behind: Vec<CloudError>,
}

impl Looked {
    /// Inspects and clears up. Nothing comes of it if a signal ends it.
    pub(crate) async fn inspect(
        mut self,
        wish: Wish<'_>,
        view: &mut dyn InspectionView,
        mut signals: Signals,
        screen: &Screen,
    ) -> Result<Option<Watched>, Failure> {
        let foreign = self.set_apart();
        let plan = self.difference(Permissions::default())?.shown(&self.opened().catalog);
        let (opened, world) = self.into_parts();
        let scene = Scene::live(&opened.stack, &world.found, &opened.catalog);
        let scene = with_others(&opened, scene, &[]).await;
        let is_live = screen.is_live && !wish.json;
        let _other_lines_move = is_live.then(|| screen.pulse.hush());
        let bench = opened.provider.bench(wish.exercises);
        let behaviours = behaviours(&bench);
        let (sender, mut notices) = mpsc::unbounded_channel();
        let inspection = Inspection {
            plan: &plan,
            foreign: &foreign,
            scene: &scene,
            behaviours: &behaviours,
            choice: wish.choice,
            skips: &opened.stack.skips,
            timeout: wish.timeout,
        };
        let show = async {
            while let Some(notice) = notices.recv().await {
                view.show(&screen.mask.veil_value(notice));
            }
        };
        let results = tokio::select! {
            (results, ()) = join(inspect(inspection, sender), show) => Some(results),
            () = signals.next() => None,
        };
        let left_behind = screen.mask.veil_value(bench.put_away().await);
        let Some(results) = results else {
            for error in &left_behind {
                screen.complain(&format!("warning: what a check made may still be there: {error}"));
            }
            return Ok(None);
        };
        let results = screen.mask.veil_value(results);
        // They borrow the reader.
        drop(behaviours);
        Ok(Some(Watched { opened, results, left_behind }))
    }
}

//! Before the way of several stacks begins: their files as they are written, with everything
//! that is wrong with any of them.

use super::clashes::{self, Member};
use super::environment::Environment;
use super::exit::{Failure, gathered};
use super::options::Whats;
use super::order::Order;
use super::screen::Screen;
use super::written::{Written, note_unheard};
use crate::aws::AwsCatalog;
use crate::model::Diagnostic;
use crate::spec::{self, Checked, StackFile};

/// The stack files of a command, in the order in which they were named, each with what it
/// comes to on paper.
#[derive(Debug)]
pub(crate) struct Together {
    pub(crate) files: Vec<(Written, Checked)>,
    pub(crate) order: Order,
}

impl Together {
    /// Reads and checks all of them, in the region of the command line, if it says one. Nobody
    /// is called.
    pub(crate) fn read(
        what: &Whats,
        region: Option<&str>,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let catalog = AwsCatalog::new();
        let each = what.each();
        let read = each.iter().map(|what| Written::read(what, environment, screen));
        let read: Vec<Result<Written, Failure>> = read.collect();
        // What is said of all of them is not known while one of them cannot be read.
        let among_them = if read.iter().all(Result::is_ok) {
            let files: Vec<&Written> = read.iter().flatten().collect();
            among(&files, environment, screen)
        } else {
            Ok(Order::of_one())
        };
        let checked = read.into_iter().map(|written| {
            let written = written?;
            let checked = written.on_paper(region, &catalog, environment)?;
            Ok((written, checked))
        });
        match (gathered(checked), among_them) {
            (Ok(files), Ok(order)) => {
                let members: Vec<Member<'_>> = files.iter().map(member).collect();
                clashes::on_paper(&members, &order, &catalog)?;
                Ok(Self { files, order })
            }
            (Err(one), Err(other)) => Err(one.and(other).once()),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure.once()),
        }
    }
}

fn member((written, checked): &(Written, Checked)) -> Member<'_> {
    let Checked { stack, origins, lenders, .. } = checked;
    Member { file: &written.path, stack, origins, lenders }
}

/// The order of the files, unless something is wrong among them.
fn among(files: &[&Written], environment: &Environment, screen: &Screen) -> Result<Order, Failure> {
    let stacks: Vec<&StackFile> = files.iter().map(|it| &*it.file).collect();
    if files.len() > 1 {
        note_unheard(&stacks, environment, screen);
    }
    let strays: Vec<Diagnostic> = spec::strays(&stacks);
    match Order::of(files) {
        Ok(order) if strays.is_empty() => Ok(order),
        Ok(_) => Err(Failure::input(strays)),
        Err(twice) => Err(Failure::input(strays).and(twice)),
    }
}

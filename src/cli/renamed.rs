//! Whether what would go and what would come are one and the same, for who can be asked.

use super::planned::Planned;
use super::screen::Screen;
use crate::plan::Rename;

impl Planned {
    /// Asks of all that may have been renamed; tells what to write, where it was. Whether
    /// something was.
    pub(crate) async fn was_renamed(&self, screen: &Screen) -> bool {
        let mut kept = Vec::new();
        for rename in self.renames() {
            if screen.confirms(&question(&rename)).await {
                kept.push(rename);
            }
        }
        if !kept.is_empty() {
            screen.talk(&answer(&kept));
        }
        !kept.is_empty()
    }
}

fn question(Rename { old, new }: &Rename) -> String {
    format!(
        "\n{old} would go, and {new} would come. Are they the same, renamed? Type yes to keep \
         what is there, or return to go on: "
    )
}

fn answer(kept: &[Rename]) -> String {
    let lines = kept.iter().map(|Rename { old, new }| format!("  {old}: {new}\n"));
    let lines: String = lines.collect();
    format!(
        "\nWrite this at the top of the stack file, and run the same command again:\n\nmoved:\n\
         {lines}"
    )
}

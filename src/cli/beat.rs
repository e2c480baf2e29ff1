//! Says what the [`pulse`](super::pulse) finds due, beside every command
//! (`cli/mod.rs`). No command asks for it, so none can forget it.

use std::convert::Infallible;

use super::pulse::TICK;
use super::screen::Screen;
use crate::engine::wait::elapse;

/// Beats for ever.
pub(crate) async fn beat(screen: &Screen) -> Infallible {
    loop {
        elapse(TICK).await;
        if let Some(text) = screen.pulse.due(screen.is_live) {
            say(&text, screen);
        }
    }
}

fn say(text: &str, screen: &Screen) {
    if screen.is_live {
        screen.pulse.show(&screen.mask.veil(text), Screen::terminal);
    } else {
        screen.talk(&format!("{text}."));
    }
}

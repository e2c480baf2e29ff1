//! The colours of the house.
//!
//! Codes are written always, and taken out at the pane by `anstream` where
//! `NO_COLOR`, a pipe or a dumb terminal asks for it. Nothing may be told by
//! colour alone.

use std::fmt::Display;

use anstyle::{AnsiColor, Effects, Style};

use crate::plan::{Action, Change};

pub(super) const STRONG: Style = Style::new().effects(Effects::BOLD);
pub(super) const FAINT: Style = Style::new().effects(Effects::DIMMED);
pub(super) const ADD: Style = AnsiColor::Green.on_default();
pub(super) const CHANGE: Style = AnsiColor::Yellow.on_default();
pub(super) const REPLACE: Style = AnsiColor::Magenta.on_default();
pub(super) const REMOVE: Style = AnsiColor::Red.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(super) const HINT: Style = AnsiColor::Cyan.on_default();

/// The text between the codes that switch a style on and off.
pub(super) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The colour of a change's sign.
pub(super) fn of_change(change: &Change) -> Style {
    match change {
        Change::NoOp => FAINT,
        Change::Create { .. } => ADD,
        Change::Update { .. } => CHANGE,
        Change::Replace { .. } => REPLACE,
        Change::Delete { .. } => REMOVE,
    }
}

/// The sign of a step's verb, in its colour.
pub(super) fn sign_of(action: Action) -> String {
    match action {
        Action::Create => paint(ADD, "+"),
        Action::Update => paint(CHANGE, "~"),
        Action::Delete => paint(REMOVE, "-"),
    }
}

//! What of a stack a command is about, where that is not all of it.

use clap::Args;

use super::exit::Failure;
use super::written::Written;
use crate::model::Stack;
use crate::plan::{Asked, AskedFor, Purpose};
use crate::spec::Checked;

/// Options of the commands that may change AWS.
#[derive(Args, Clone, Debug)]
pub(crate) struct Only {
    /// Only these resources, with what they need (to destroy: what needs them): an address of a
    /// resource, of a use of a pattern or of a `for_each`; several with commas
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    only: Vec<String>,
}

/// Options of the commands that may make something anew.
#[derive(Args, Clone, Debug)]
pub(crate) struct Anew {
    /// Make the object of this resource anew, though nothing asks for it; several with commas
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    replace: Vec<String>,
}

impl Only {
    /// Whether no part is asked for.
    pub(crate) fn is_all(&self) -> bool {
        self.only.is_empty()
    }

    /// What this asks of a destroy.
    pub(crate) fn to_destroy(&self) -> AskedFor {
        AskedFor { only: self.only.clone(), replace: Vec::new(), purpose: Purpose::Destroy }
    }

    /// What both ask of an apply.
    pub(crate) fn to_apply(&self, anew: &Anew) -> AskedFor {
        let (only, replace) = (self.only.clone(), anew.replace.clone());
        AskedFor { only, replace, purpose: Purpose::Apply }
    }
}

/// A stack as it was checked, and what is asked for of it.
pub(crate) struct Narrowed {
    /// Its stack is no more than what is asked for.
    pub(crate) checked: Checked,
    pub(crate) asked: Asked,
    /// The stack as it is declared, where less is asked for.
    pub(crate) whole: Option<Box<Stack>>,
}

impl Narrowed {
    /// The stack as it is declared.
    pub(crate) fn declared(&self) -> &Stack {
        self.whole.as_deref().unwrap_or(&self.checked.stack)
    }
}

impl Written {
    /// Leaves no more of a stack than what is asked for, and of others no more than that needs.
    pub(crate) fn narrowed(&self, mut checked: Checked) -> Result<Narrowed, Failure> {
        let whole = (!self.asked_for.only.is_empty()).then(|| Box::new(checked.stack.clone()));
        let told_of = &checked.told_of;
        let mut asked = self.asked_for.of(&mut checked.stack, told_of).map_err(Failure::input)?;
        if let Some(excerpt) = &mut asked.excerpt {
            excerpt.outputs_left_out.extend(checked.leave_others_out());
        }
        Ok(Narrowed { checked, asked, whole })
    }
}

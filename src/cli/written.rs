//! Before the way begins: a stack file as it is written, and what can be known of
//! it without asking anybody.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::environment::Environment;
use super::exit::Failure;
use super::options::{Variables, What};
use super::screen::Screen;
use super::stack_path;
use crate::aws::{AwsCatalog, partition};
use crate::model::{Diagnostic, Place, Rendered};
use crate::plan::AskedFor;
use crate::spec::{self, Checked, Evaluated, Inputs, Learned, StackFile};

/// A stack file, read, with all that its check needs.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    pub(crate) file: Box<StackFile>,
    variables: Variables,
    /// What lies beside it, and was not taken for a stack file.
    passed_over: Vec<Diagnostic>,
    /// What of it a command is about.
    pub(crate) asked_for: AskedFor,
    /// Which of the stacks that it uses have yet to tell what they lend, because the same command
    /// plans them, by the names that it has for them.
    pub(crate) beside: BTreeSet<String>,
}

impl Written {
    /// Finds the stack file that is meant, and reads it and what it extends.
    pub(crate) fn read(
        what: &What,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let (path, passed_over) = stack_path::find(what.stack.as_deref(), environment)?;
        let env = what.variables.env(environment);
        let inputs = what.variables.inputs(environment, &env);
        let named = &what.variables.named;
        let file = spec::load_among(&path, &inputs, named).map_err(Failure::input)?;
        if named.len() < 2 {
            note_unheard(&[&file], environment, screen);
        }
        let (file, variables) = (Box::new(file), what.variables.clone());
        let (asked_for, beside) = (AskedFor::default(), BTreeSet::new());
        Ok(Self { path, file, variables, passed_over, asked_for, beside })
    }

    /// The same for a command that is about no more than this.
    pub(crate) fn asking(self, asked_for: AskedFor) -> Self {
        Self { asked_for, ..self }
    }

    /// The same for a command that plans these, too.
    pub(crate) fn beside(self, beside: BTreeSet<String>) -> Self {
        Self { beside, ..self }
    }

    /// Another stack, which this one uses, with what was learned by looking.
    pub(crate) fn check_other(
        &self,
        file: &StackFile,
        place: &Place,
        learned: &Learned,
        (catalog, environment): (&AwsCatalog, &Environment),
    ) -> Result<Checked, Vec<Diagnostic>> {
        let env = self.variables.env(environment);
        let inputs = self.variables.inputs(environment, &env);
        spec::check_knowing(file, place, catalog, &inputs, learned)
    }

    /// The stack as far as it is known without AWS: in the region of the command
    /// line, if it says one.
    pub(crate) fn on_paper(
        &self,
        region: Option<&str>,
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<Checked, Failure> {
        let anywhere = self.anywhere(region, environment);
        self.check(&anywhere, &Learned::default(), catalog, environment)
    }

    /// Where the stack is as far as it is known without AWS.
    fn anywhere(&self, region: Option<&str>, environment: &Environment) -> Place {
        let region = region.or(self.file.region()).or(environment.region.as_deref());
        let region = region.unwrap_or(Place::NO_REGION);
        Place {
            partition: partition::of_region(region).into(),
            account: self.file.account().unwrap_or(Place::NO_ACCOUNT).to_owned(),
            region: region.to_owned(),
            endpoint: None,
        }
    }

    /// The stack on paper, as one file with nothing left to work out.
    pub(crate) fn rendered(
        &self,
        region: Option<&str>,
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<(Checked, Rendered), Failure> {
        let place = self.anywhere(region, environment);
        self.under(environment, |inputs| spec::render(&self.file, &place, catalog, inputs))
    }

    /// What an expression comes to in the stack on paper, and where that is.
    pub(crate) fn evaluated(
        &self,
        expression: &str,
        region: Option<&str>,
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<(Place, Evaluated), Failure> {
        let place = self.anywhere(region, environment);
        let found = self.under(environment, |inputs| {
            spec::evaluate(&self.file, &place, catalog, inputs, expression)
        })?;
        Ok((place, found))
    }

    /// The stack in this place, with what was learned by looking.
    pub(crate) fn check(
        &self,
        place: &Place,
        learned: &Learned,
        catalog: &AwsCatalog,
        environment: &Environment,
    ) -> Result<Checked, Failure> {
        let checked = self.under(environment, |inputs| {
            spec::check_knowing(&self.file, place, catalog, inputs, learned)
        })?;
        let warnings = [self.passed_over.clone(), checked.warnings].concat();
        Ok(Checked { warnings, ..checked })
    }

    /// Works with what the command line and the environment give the file.
    fn under<T>(
        &self,
        environment: &Environment,
        work: impl FnOnce(&Inputs<'_>) -> Result<T, Vec<Diagnostic>>,
    ) -> Result<T, Failure> {
        let env = self.variables.env(environment);
        work(&self.variables.inputs(environment, &env)).map_err(Failure::input)
    }
}

/// Notes variables of the environment that are set for other stacks, or mistyped.
pub(crate) fn note_unheard(files: &[&StackFile], environment: &Environment, screen: &Screen) {
    let unheard = spec::unheard(files, &environment.variables);
    for sentence in &unheard {
        screen.note(sentence);
    }
}

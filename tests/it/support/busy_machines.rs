//! A proxy behind which state machines behave as Step Functions' do: looks tell what was
//! before a change for a while, and one that is deleted is on its way out for as long. An
//! emulator's are what was asked at once, and gone.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::busy::{Behind, Busy, LOOKS, Slow, answer, body, refusal};
use super::request::Request;

pub(crate) type BusyMachines = Busy<Machines>;

#[derive(Debug, Default)]
pub(crate) struct Machines {
    /// What the last look told of each, and what looks tell yet, for so many of them.
    state: Mutex<BTreeMap<String, Machine>>,
    /// What is said of definitions that are asked about: grave, code, message, place.
    said: Mutex<Vec<[&'static str; 4]>>,
}

#[derive(Debug, Default)]
struct Machine {
    last: Vec<u8>,
    old: Option<(Vec<u8>, usize)>,
    /// It is on its way out, for so many looks.
    leaving: Option<usize>,
}

impl BusyMachines {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::before(url, Machines::default())
    }

    /// From now on Step Functions says this of every definition that it is asked about; the
    /// emulator finds all of them sound.
    pub(crate) fn say(&self, said: &[[&'static str; 4]]) {
        *self.slow().said.lock().unwrap_or_else(PoisonError::into_inner) = said.to_vec();
    }
}

impl Slow for Machines {
    const SERVICE: &'static str = "Step Functions";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        let named = request.json("stateMachineArn").filter(|_| call.service == "states");
        match (named, call.operation.as_str()) {
            (Some(arn), "DescribeStateMachine") => self.look(request, behind, &arn).await,
            (Some(arn), "UpdateStateMachine") => self.change(request, behind, &arn).await,
            (Some(arn), "DeleteStateMachine") => {
                behind.made("DeleteStateMachine");
                self.state().entry(arn).or_default().leaving = Some(LOOKS);
                Ok(answer("200 OK", "{}"))
            }
            (None, "CreateStateMachine") => self.create(request, behind).await,
            (None, "ValidateStateMachineDefinition") => Ok(self.judge()),
            (_, operation) => {
                let said = behind.said(request).await?;
                if operation.ends_with("Alias") && !operation.starts_with("Describe") {
                    behind.made(operation);
                }
                Ok(said)
            }
        }
    }
}

impl Machines {
    fn state(&self) -> MutexGuard<'_, BTreeMap<String, Machine>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn judge(&self) -> Vec<u8> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_grave = said.iter().any(|[severity, ..]| *severity == "ERROR");
        let told = said.iter().map(|[severity, code, message, location]| {
            json!({ "severity": severity, "code": code, "message": message, "location": location })
        });
        let told: Vec<_> = told.collect();
        let result = if is_grave { "FAIL" } else { "OK" };
        let judged = json!({ "result": result, "diagnostics": told, "truncated": false });
        answer("200 OK", &judged.to_string())
    }

    /// Nobody gets the name of one that is on its way out.
    async fn create(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let name = request.json("name").unwrap_or_default();
        let end = format!(":{name}");
        let is_leaving = |(arn, machine): (&String, &mut Machine)| {
            let looks = machine.leaving.as_mut().filter(|_| arn.ends_with(&end))?;
            *looks = looks.saturating_sub(1);
            Some(*looks > 0)
        };
        if self.state().iter_mut().find_map(is_leaving) == Some(true) {
            let why = "State machine is being deleted";
            return Ok(refusal("400 Bad Request", "StateMachineDeleting", why));
        }
        // Behind the proxy it is there yet, and a creation of the same is answered alike.
        self.state().retain(|arn, _| !arn.ends_with(&end));
        behind.made("CreateStateMachine");
        behind.said(request).await
    }

    async fn change(&self, request: &Request, behind: &Behind, arn: &str) -> io::Result<Vec<u8>> {
        let said = behind.said(request).await?;
        if said.starts_with(b"HTTP/1.1 20") {
            behind.made("UpdateStateMachine");
            let mut state = self.state();
            let machine = state.entry(arn.to_owned()).or_default();
            machine.old = Some((machine.last.clone(), LOOKS));
        }
        Ok(said)
    }

    async fn look(&self, request: &Request, behind: &Behind, arn: &str) -> io::Result<Vec<u8>> {
        let leaving = self.state().get_mut(arn).and_then(|machine| {
            let looks = machine.leaving.as_mut()?;
            *looks = looks.saturating_sub(1);
            Some(*looks)
        });
        if leaving == Some(0) {
            self.state().remove(arn);
            // Now it is gone behind the proxy, too.
            behind.said(&request.renamed("DescribeStateMachine", "DeleteStateMachine")).await?;
        }
        let said = behind.said(request).await?;
        let Some(mut told) = body(&said) else { return Ok(said) };
        if leaving.is_some() {
            told["status"] = json!("DELETING");
            return Ok(answer("200 OK", &told.to_string()));
        }
        let mut state = self.state();
        let machine = state.entry(arn.to_owned()).or_default();
        match &mut machine.old {
            Some((old, looks)) if *looks > 0 && !old.is_empty() => {
                *looks -= 1;
                Ok(old.clone())
            }
            Some(_) | None => {
                machine.old = None;
                machine.last.clone_from(&said);
                Ok(said)
            }
        }
    }
}

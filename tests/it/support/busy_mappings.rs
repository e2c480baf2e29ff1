//! A proxy behind which mappings take their time, as Lambda's do: after each call one is
//! at work for some looks, and refuses what is asked of it meanwhile; a deletion takes as
//! long. A source and a function have one. An emulator's is there at once, and a second
//! one beside it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::busy::{Behind, Busy, LOOKS, Slow, answer, body, refusal};
use super::request::Request;

pub(crate) type BusyMappings = Busy<Mappings>;

#[derive(Debug)]
pub(crate) struct Mappings {
    /// What every look is told besides.
    told: Value,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is at work, at what, and for how many looks.
    at_work: BTreeMap<String, (&'static str, usize)>,
    /// The mapping of each source and function.
    made: BTreeMap<(String, String), String>,
}

impl BusyMappings {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::telling(url, json!({}))
    }

    /// One behind which every mapping is said to be so.
    pub(crate) fn telling(url: &str, told: Value) -> Self {
        Self::before(url, Mappings { told, state: Mutex::default() })
    }
}

impl Slow for Mappings {
    const SERVICE: &'static str = "Lambda";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        match (request.mapping(), call.operation.as_str()) {
            (None, "CreateEventSourceMapping") => self.create(request, behind).await,
            (Some(id), "GetEventSourceMapping") => self.look(request, behind, &id).await,
            (Some(id), "UpdateEventSourceMapping" | "DeleteEventSourceMapping") => {
                self.change((request, &call.operation), behind, &id).await
            }
            (_, _) => behind.said(request).await,
        }
    }
}

impl Mappings {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, id: &str) {
        let mut state = self.state();
        state.at_work.remove(id);
        state.made.retain(|_, made| made != id);
    }

    async fn create(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let key = ["EventSourceArn", "FunctionName"].map(|field| request.json(field));
        let key = key.map(Option::unwrap_or_default).into();
        if let Some(id) = self.state().made.get(&key) {
            let why = format!(
                "An event source mapping with SQS arn (\" {} \") and function (\" {} \") already \
                 exists. Please update or delete the existing mapping with UUID {id}",
                key.0, key.1
            );
            return Ok(refusal("409 Conflict", "ResourceConflictException", &why));
        }
        let said = behind.said(request).await?;
        if let Some(made) = body(&said) {
            let id = made["UUID"].as_str().unwrap_or_default().to_owned();
            behind.made("CreateEventSourceMapping");
            let mut state = self.state();
            state.made.insert(key, id.clone());
            state.at_work.insert(id, ("Creating", LOOKS));
        }
        Ok(said)
    }

    /// A change, which a mapping that is at work refuses.
    async fn change(
        &self,
        (request, operation): (&Request, &str),
        behind: &Behind,
        id: &str,
    ) -> io::Result<Vec<u8>> {
        if self.state().at_work.contains_key(id) {
            behind.refused(operation);
            let why = "Cannot update the event source mapping because it is in use.";
            return Ok(refusal("400 Bad Request", "ResourceInUseException", why));
        }
        let (doing, said) = if operation == "DeleteEventSourceMapping" {
            // It goes when it was looked at often enough.
            ("Deleting", answer("202 Accepted", "{}"))
        } else {
            ("Updating", behind.said(request).await?)
        };
        if body(&said).is_some() {
            behind.made(operation);
            self.state().at_work.insert(id.to_owned(), (doing, LOOKS));
        }
        Ok(said)
    }

    /// A look, which finds a mapping at work some times.
    async fn look(&self, request: &Request, behind: &Behind, id: &str) -> io::Result<Vec<u8>> {
        let work = self.state().at_work.get(id).copied();
        match work {
            Some(("Deleting", 0)) => {
                self.forget(id);
                // The emulator never heard of the deletion.
                behind.said(&request.renamed("GET ", "DELETE ")).await?;
                let why = "The resource you requested does not exist.";
                return Ok(refusal("404 Not Found", "ResourceNotFoundException", why));
            }
            Some((_, 0)) => drop(self.state().at_work.remove(id)),
            Some((doing, left)) => {
                self.state().at_work.insert(id.to_owned(), (doing, left - 1));
            }
            None => {}
        }
        let said = behind.said(request).await?;
        let Some(mut body) = body(&said) else { return Ok(said) };
        for (field, value) in self.told.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        if let Some((doing, _)) = work.filter(|(_, left)| *left > 0) {
            body["State"] = json!(doing);
        }
        Ok(answer("200 OK", &body.to_string()))
    }
}

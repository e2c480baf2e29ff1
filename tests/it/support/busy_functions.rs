//! A proxy behind which functions take their time, as Lambda's do: after each call that
//! changes one it is at work for some looks, and refuses what is asked of it meanwhile.
//! An emulator's is at work for half a second, and refuses nothing.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::busy::{Behind, Busy, LOOKS, Slow, answer, body, refusal};
use super::request::Request;

pub(crate) type BusyFunctions = Busy<Functions>;

#[derive(Debug, Default)]
pub(crate) struct Functions {
    /// What every look is told of a function at rest, for good.
    told: Value,
    /// What every look is told beside it.
    beside: Value,
    /// The call after which a function at rest is told as the emulator has it.
    mended_by: Option<&'static str>,
    is_mended: AtomicBool,
    /// When the runtime changes: no emulator knows it.
    runtimes: Mutex<BTreeMap<String, Value>>,
    /// What is at work, what that is told as, and for how many looks.
    at_work: Mutex<BTreeMap<String, (Value, usize)>>,
}

impl BusyFunctions {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::telling(url, json!({ "State": "Active", "LastUpdateStatus": "Successful" }))
    }

    /// One behind which every function that is not at work is in this state.
    pub(crate) fn telling(url: &str, told: Value) -> Self {
        Self::before(url, Functions { told, ..Functions::default() })
    }

    /// One behind which every function that is not at work has failed so, until this is called.
    pub(crate) fn failing(url: &str, told: Value, mended_by: &'static str) -> Self {
        Self::before(url, Functions { told, mended_by: Some(mended_by), ..Functions::default() })
    }

    /// One whose answers to looks have this at their top.
    pub(crate) fn with_beside(url: &str, beside: Value) -> Self {
        Self::before(url, Functions { beside, ..Functions::default() })
    }
}

impl Slow for Functions {
    const SERVICE: &'static str = "Lambda";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        let function = request.function().filter(|_| call.service == "lambda");
        match (function, call.operation.as_str()) {
            (Some(function), "GetFunction") => self.look(request, behind, &function).await,
            (
                Some(function),
                "CreateFunction"
                | "DeleteFunction"
                | "UpdateFunctionCode"
                | "UpdateFunctionConfiguration",
            ) => self.change((request, &call.operation), behind, &function).await,
            (Some(function), "GetRuntimeManagementConfig") => {
                let told = self.runtimes().get(&function).cloned();
                let told = told.unwrap_or_else(|| json!({ "UpdateRuntimeOn": "Auto" }));
                Ok(answer("200 OK", &told.to_string()))
            }
            (Some(function), "PutRuntimeManagementConfig") => {
                Ok(self.choose_runtime(request, behind, function))
            }
            (_, _) => behind.said(request).await,
        }
    }
}

impl Functions {
    fn at_work(&self) -> MutexGuard<'_, BTreeMap<String, (Value, usize)>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runtimes(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        self.runtimes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refused while the function is at work, too; a runtime is told of one that stays alone.
    fn choose_runtime(&self, request: &Request, behind: &Behind, function: String) -> Vec<u8> {
        let operation = "PutRuntimeManagementConfig";
        if self.at_work().contains_key(&function) {
            behind.refused(operation);
            return refusal(
                "409 Conflict",
                "ResourceConflictException",
                "an update is in progress",
            );
        }
        behind.made(operation);
        let told = json!({
            "UpdateRuntimeOn": request.value("UpdateRuntimeOn"),
            "RuntimeVersionArn": request.value("RuntimeVersionArn"),
        });
        let said = answer("200 OK", &told.to_string());
        self.runtimes().insert(function, told);
        said
    }

    /// A change, which a function that is at work refuses.
    async fn change(
        &self,
        (request, operation): (&Request, &str),
        behind: &Behind,
        name: &str,
    ) -> io::Result<Vec<u8>> {
        if self.at_work().contains_key(name) {
            behind.refused(operation);
            let why = "The operation cannot be performed at this time. An update is in progress \
                       for resource";
            return Ok(refusal("409 Conflict", "ResourceConflictException", why));
        }
        let said = behind.said(request).await?;
        if said.starts_with(b"HTTP/1.1 20") {
            let told = match operation {
                "CreateFunction" => json!({ "State": "Pending" }),
                _ => json!({ "State": "Active", "LastUpdateStatus": "InProgress" }),
            };
            behind.made(operation);
            if self.mended_by == Some(operation) {
                self.is_mended.store(true, Ordering::Relaxed);
            }
            if operation != "DeleteFunction" {
                self.at_work().insert(name.to_owned(), (told, LOOKS));
            }
        }
        Ok(said)
    }

    async fn look(&self, request: &Request, behind: &Behind, name: &str) -> io::Result<Vec<u8>> {
        let said = behind.said(request).await?;
        let Some(mut body) = body(&said) else { return Ok(said) };
        let is_mended = self.is_mended.load(Ordering::Relaxed);
        let mut told = if is_mended { json!({}) } else { self.told.clone() };
        let mut working = self.at_work();
        match working.get_mut(name) {
            Some((at_work, left)) if *left > 0 => {
                *left -= 1;
                told = at_work.clone();
            }
            Some(_) => drop(working.remove(name)),
            None => {}
        }
        for (field, value) in told.as_object().into_iter().flatten() {
            body["Configuration"][field] = value.clone();
        }
        for (field, value) in self.beside.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        Ok(answer("200 OK", &body.to_string()))
    }
}

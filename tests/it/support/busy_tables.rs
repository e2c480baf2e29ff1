//! A proxy behind which tables take their time, as DynamoDB's do: no emulator has
//! one that is not at rest. After each change a table is at work for some looks,
//! and refuses what is asked of it meanwhile; a deletion takes as long. A change of
//! TTL takes an hour, in which DynamoDB takes all other calls, and no second one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::busy::{Behind, Busy, LOOKS, Slow, answer};
use super::request::Request;

pub(crate) type BusyTables = Busy<Tables>;

#[derive(Debug)]
pub(crate) struct Tables {
    /// What every table is said to be instead of at rest, for good.
    stuck: Option<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is at work, what at, and for how many looks.
    at_work: BTreeMap<String, (&'static str, usize)>,
    /// Whose TTL was changed within the hour.
    ttl_changed: BTreeSet<String>,
}

impl BusyTables {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::before(url, Tables { stuck: None, state: Mutex::default() })
    }

    /// One behind which every table is in this state, and stays there.
    pub(crate) fn stuck(url: &str, status: &'static str) -> Self {
        Self::before(url, Tables { stuck: Some(status), state: Mutex::default() })
    }

    /// The TTL of all tables is as it was set, and may be changed again.
    pub(crate) fn an_hour_passes(&self) {
        self.slow().state().ttl_changed.clear();
    }
}

impl Slow for Tables {
    const SERVICE: &'static str = "DynamoDB";

    async fn answer(&self, request: &Request, behind: &Behind) -> io::Result<Vec<u8>> {
        let call = request.call();
        let table = request.json("TableName").filter(|_| call.service == "dynamodb");
        match (table, call.operation.as_str()) {
            (Some(table), "DescribeTable") => self.look(request, behind, &table).await,
            (Some(table), "DescribeTimeToLive") => self.look_at_ttl(request, behind, &table).await,
            (
                Some(table),
                "CreateTable"
                | "DeleteTable"
                | "UpdateContinuousBackups"
                | "UpdateTable"
                | "UpdateTimeToLive",
            ) => self.change((request, &call.operation), behind, &table).await,
            (_, _) => behind.said(request).await,
        }
    }
}

impl Tables {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A change, which a table that is at work refuses.
    async fn change(
        &self,
        (request, operation): (&Request, &str),
        behind: &Behind,
        table: &str,
    ) -> io::Result<Vec<u8>> {
        if self.state().at_work.contains_key(table) {
            behind.refused(operation);
            let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"Table is being updated"}"#;
            return Ok(answer("400 Bad Request", body));
        }
        if operation == "UpdateTimeToLive" && self.state().ttl_changed.contains(table) {
            let body = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"Time to live has been modified multiple times within a fixed interval"}"#;
            return Ok(answer("400 Bad Request", body));
        }
        let said = if operation == "DeleteTable" {
            // It goes when it was looked at often enough.
            answer("200 OK", "{}")
        } else {
            behind.said(request).await?
        };
        if said.starts_with(b"HTTP/1.1 200") {
            let status = match operation {
                "CreateTable" => "CREATING",
                "DeleteTable" => "DELETING",
                _ => "UPDATING",
            };
            behind.made(operation);
            let mut state = self.state();
            if operation == "UpdateTimeToLive" {
                state.ttl_changed.insert(table.to_owned());
            }
            state.at_work.insert(table.to_owned(), (status, LOOKS));
        }
        Ok(said)
    }

    /// A look, which finds a table at work some times: the last time only its indexes.
    async fn look(&self, request: &Request, behind: &Behind, table: &str) -> io::Result<Vec<u8>> {
        let work = self.state().at_work.get(table).copied();
        match work {
            Some(("DELETING", 0)) => {
                self.state().at_work.remove(table);
                let gone = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
                // The emulator never heard of the deletion.
                behind.said(&request.renamed("DescribeTable", "DeleteTable")).await?;
                return Ok(answer("400 Bad Request", gone));
            }
            Some((_, 0)) => drop(self.state().at_work.remove(table)),
            Some((status, left)) => {
                self.state().at_work.insert(table.to_owned(), (status, left - 1));
            }
            None => {}
        }
        let said = String::from_utf8_lossy(&behind.said(request).await?).into_owned();
        let Some((_, body)) =
            said.split_once("\r\n\r\n").filter(|_| said.starts_with("HTTP/1.1 200"))
        else {
            return Ok(said.into_bytes());
        };
        let status = self.stuck.or(work.filter(|(_, left)| *left > 1).map(|(status, _)| status));
        let mut body = body.to_owned();
        if let Some(status) = status {
            body = replaced(&body, "TableStatus", status);
        } else if let Some((status, _)) = work.filter(|(_, left)| *left > 0) {
            let has_index = status != "DELETING" && body.contains("\"IndexStatus\"");
            body = if has_index {
                replaced(&body, "IndexStatus", "CREATING")
            } else {
                replaced(&body, "TableStatus", status)
            };
        }
        Ok(answer("200 OK", &body))
    }

    /// A look at the TTL, which is on its way for an hour.
    async fn look_at_ttl(
        &self,
        request: &Request,
        behind: &Behind,
        table: &str,
    ) -> io::Result<Vec<u8>> {
        let said = behind.said(request).await?;
        if !self.state().ttl_changed.contains(table) {
            return Ok(said);
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        let Some((_, body)) = said.split_once("\r\n\r\n") else { return Ok(said.into_bytes()) };
        let body = body.replace("\"ENABLED\"", "\"ENABLING\"");
        Ok(answer("200 OK", &body.replace("\"DISABLED\"", "\"DISABLING\"")))
    }
}

/// The same body with another state than `ACTIVE`.
fn replaced(body: &str, field: &str, status: &str) -> String {
    let tight =
        body.replace(&format!("\"{field}\":\"ACTIVE\""), &format!("\"{field}\":\"{status}\""));
    tight.replace(&format!("\"{field}\": \"ACTIVE\""), &format!("\"{field}\":\"{status}\""))
}

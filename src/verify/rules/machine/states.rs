//! The States Language, as far as it takes to find what a definition calls.

use serde_json::{Map, Value};

/// A state of a definition, however deep.
pub(super) struct State<'a> {
    name: &'a str,
    body: &'a Map<String, Value>,
}

/// Something that a state has done.
pub(super) struct Task<'a> {
    /// The state.
    pub(super) state: &'a str,
    /// What is done.
    pub(super) doing: Doing<'a>,
}

/// What a state has done.
pub(super) enum Doing<'a> {
    /// A call, with what it is handed: a function's ARN, or an integration.
    Called {
        /// `Resource`.
        resource: &'a str,
        /// `Parameters` of `JSONPath` or `Arguments` of `JSONata`.
        arguments: Option<&'a Value>,
    },
    /// A call in the name of another role, which has the right to it: by its ARN, unless
    /// that is known when it runs.
    AsAnother {
        /// `Credentials.RoleArn`.
        role: Option<&'a str>,
    },
    /// Executions of the state machine itself, one for each batch of items.
    Distributed,
}

/// All states of a definition, those within others behind them.
pub(super) fn of(definition: &Map<String, Value>) -> Vec<State<'_>> {
    let states = definition.get("States").and_then(Value::as_object).into_iter().flatten();
    let states = states.filter_map(|(name, body)| Some(State { name, body: body.as_object()? }));
    let with_inner = states.flat_map(|state| {
        let within = state.within();
        std::iter::once(state).chain(within)
    });
    with_inner.collect()
}

impl<'a> State<'a> {
    /// The states of its branches, or of what it does to each item.
    fn within(&self) -> Vec<Self> {
        let branches = self.body.get("Branches").and_then(Value::as_array).into_iter().flatten();
        let processors = ["ItemProcessor", "Iterator"].into_iter();
        let processors = processors.filter_map(|field| self.body.get(field));
        branches.chain(processors).filter_map(Value::as_object).flat_map(of).collect()
    }

    /// What it has done.
    pub(super) fn tasks(&self) -> Vec<Task<'a>> {
        let is = |sort: &str| self.body.get("Type").and_then(Value::as_str) == Some(sort);
        let itself = is("Task").then_some(self.body);
        let beside = ["ItemReader", "ResultWriter"].into_iter().filter(|_| is("Map"));
        let beside = beside.filter_map(|field| self.body.get(field)?.as_object());
        let called = itself.into_iter().chain(beside).filter_map(|body| {
            let resource = body.get("Resource")?.as_str()?;
            if let Some(credentials) = body.get("Credentials") {
                let role = credentials.get("RoleArn").and_then(Value::as_str);
                return Some(Doing::AsAnother { role: role.filter(|it| !it.starts_with("{%")) });
            }
            let arguments = body.get("Arguments").or_else(|| body.get("Parameters"));
            Some(Doing::Called { resource, arguments })
        });
        let mode = self.body.get("ItemProcessor").map(|it| &it["ProcessorConfig"]["Mode"]);
        let is_distributed = mode.and_then(Value::as_str) == Some("DISTRIBUTED");
        let doings = called.chain(is_distributed.then_some(Doing::Distributed));
        doings.map(|doing| Task { state: self.name, doing }).collect()
    }
}

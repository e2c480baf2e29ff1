//! Calls in REST and JSON: which request is which operation, and how it is answered.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::support::busy::answer;
use crate::support::request::Request;

/// Tags, as most services have them in JSON.
pub(crate) type Tags = BTreeMap<String, String>;

/// What a call comes to: the body of the answer, or a refusal.
pub(crate) type Said = Result<Value, Refusal>;

/// One operation of a service: how it is asked for, and what does it.
pub(crate) struct Route<S> {
    operation: &'static str,
    method: &'static str,
    /// `{NAME}` is one segment, which is told decoded.
    path: &'static str,
    run: fn(&mut S, &Asked) -> Said,
}

/// A line of a table of routes.
pub(crate) const fn route<S>(
    operation: &'static str,
    method: &'static str,
    path: &'static str,
    run: fn(&mut S, &Asked) -> Said,
) -> Route<S> {
    Route { operation, method, path, run }
}

/// What a request says.
#[derive(Debug)]
pub(crate) struct Asked {
    segments: BTreeMap<&'static str, String>,
    query: Vec<(String, String)>,
    pub(crate) body: Value,
}

impl Asked {
    /// The segment of the path that stands where the route has `{NAME}`.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map(String::as_str).expect("the route has such a segment")
    }

    /// The first value of a parameter.
    pub(crate) fn query<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.queries(name).next()
    }

    /// All values of a parameter that may be repeated.
    pub(crate) fn queries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A text of the body; empty where there is none.
    pub(crate) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// The tags of the body.
    pub(crate) fn tags(&self) -> Tags {
        serde_json::from_value(self.body["tags"].clone()).unwrap_or_default()
    }
}

/// A call that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// As it goes over the wire.
    pub(crate) fn answer(&self) -> Vec<u8> {
        // REST-JSON has the code in a header too; the SDK takes either.
        let body = json!({ "__type": self.code, "message": self.message });
        answer(&format!("{} Refused", self.status), &body.to_string())
    }
}

/// As an answer goes over the wire.
pub(crate) fn success(body: &Value) -> Vec<u8> {
    answer("200 OK", &body.to_string())
}

/// The answer to a request, by the table of its service.
pub(crate) fn take<S>(service: &mut S, tables: &[&[Route<S>]], request: &Request) -> Said {
    let (path, query) = request.target();
    let Some((route, segments)) = find(tables, request.method(), path) else {
        let what = format!("{} {path}", request.method());
        return Err(Refusal::new(404, "UnknownOperationException", what));
    };
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    (route.run)(service, &Asked { segments, query: query.collect(), body: request.body() })
}

/// The operation that a request asks for.
pub(crate) fn named<S>(tables: &[&[Route<S>]], method: &str, path: &str) -> Option<&'static str> {
    find(tables, method, path).map(|(route, _)| route.operation)
}

fn find<'a, S>(
    tables: &[&'a [Route<S>]],
    method: &str,
    path: &str,
) -> Option<(&'a Route<S>, BTreeMap<&'static str, String>)> {
    let routes = tables.iter().flat_map(|table| table.iter());
    let mut routes = routes.filter(|route| route.method == method);
    routes.find_map(|route| Some((route, segments(route.path, path)?)))
}

fn segments(pattern: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut found = BTreeMap::new();
    let (mut parts, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), path.next()) {
            (None, None) => return Some(found),
            (Some(part), Some(said)) => {
                match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => drop(found.insert(name, decoded(said))),
                    None if part == said => {}
                    None => return None,
                }
            }
            (_, _) => return None,
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_in_its_segments() {
        let found = segments("/v1/clusters/{ClusterArn}/nodes", "/v1/clusters/arn%3Aaws%2Fa/nodes");
        assert_eq!(found, Some(BTreeMap::from([("ClusterArn", "arn:aws/a".to_owned())])));
        assert_eq!(segments("/v1/clusters/{ClusterArn}", "/v1/clusters/a/nodes"), None);
        assert_eq!(segments("/v1/clusters", "/v1/configurations"), None);
    }
}

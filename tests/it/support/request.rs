//! Requests to AWS, as a proxy reads and hands them on: each over a connection
//! of its own, which ends with the answer.

use std::fmt::{self, Write as _};
use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stand_in;

/// One request, as far as anybody wants to tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// As credentials are scoped: `sqs`, `s3`.
    pub(crate) service: String,
    /// For example `CreateQueue`; for S3 the method and what of the bucket:
    /// `PUT ?versioning`.
    pub(crate) operation: String,
}

impl Call {
    /// Whether it is this one.
    pub(crate) fn is(&self, service: &str, operation: &str) -> bool {
        self.service == service && self.operation == operation
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

const RUNTIME: &str = "runtime-management-config";
const SIGNING: &str = "code-signing-config";

/// A request as it came, and what rules want to know of it.
#[derive(Debug)]
pub(crate) struct Request {
    /// Up to the blank line, with a header that ends the connection.
    head: Vec<u8>,
    body: Vec<u8>,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// `None` where the client hung up instead.
    pub(crate) async fn read(client: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let length = loop {
            if client.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let mut body = bytes.split_off(length);
        let mut this = Self::parse(&bytes)?;
        if this.header("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let size = this.header("content-length").and_then(|size| size.parse().ok()).unwrap_or(0);
        while body.len() < size {
            if client.read_buf(&mut body).await? == 0 {
                return Ok(None);
            }
        }
        this.body = body;
        Ok(Some(this))
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(bytes).map_err(io::Error::other)?;
        let method = request.method.unwrap_or_default().to_owned();
        let path = request.path.unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in
            headers.iter().filter(|(name, _)| name != "connection" && name != "expect")
        {
            write!(head, "{name}: {value}\r\n").map_err(io::Error::other)?;
        }
        head.push_str("\r\n");
        Ok(Self { head: head.into_bytes(), body: Vec::new(), method, path, headers })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the target says to it, to the end of the connection.
    pub(crate) async fn answer(&self, target: SocketAddr) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(target).await?;
        server.write_all(&self.head).await?;
        server.write_all(&self.body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// The same with another operation, for who does not check what was signed.
    pub(crate) fn renamed(&self, from: &str, to: &str) -> Self {
        let head = String::from_utf8_lossy(&self.head).replace(from, to).into_bytes();
        let (method, path) = (self.method.clone(), self.path.clone());
        Self { head, body: self.body.clone(), method, path, headers: self.headers.clone() }
    }

    /// Credentials are scoped `KEY/DATE/REGION/SERVICE/aws4_request`.
    pub(crate) fn call(&self) -> Call {
        let scope = self.header("authorization").and_then(|text| text.split("Credential=").nth(1));
        let service = scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or("nobody");
        let form = || {
            let body = std::str::from_utf8(&self.body).ok()?;
            body.split('&').find_map(|pair| pair.strip_prefix("Action="))
        };
        let target = self.header("x-amz-target").and_then(|it| it.split('.').next_back());
        // Over CBOR the path names it.
        let target = target.or_else(|| Some(self.path.split_once("/operation/")?.1));
        let target = target.or_else(|| stand_in::operation(service, &self.method, self.target().0));
        let operation = match target {
            Some(target) => target.to_owned(),
            None if service == "lambda" => self.of_lambda().unwrap_or_else(|| self.of_s3()),
            None => form().map_or_else(|| self.of_s3(), str::to_owned),
        };
        Call { service: service.to_owned(), operation }
    }

    fn of_s3(&self) -> String {
        let (_, query) = self.target();
        let what: Vec<&str> = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .filter(|name| !name.is_empty() && *name != "x-id")
            .collect();
        format!("{} ?{}", self.method, what.join("&"))
    }

    /// Lambda's calls are methods and paths: `PUT /2015-03-31/functions/NAME/code`.
    fn of_lambda(&self) -> Option<String> {
        let path = self.target().0.trim_end_matches('/');
        let path: Vec<&str> = path.split('/').skip(2).collect();
        let name = match (self.method.as_str(), &path[..]) {
            ("POST", ["functions"]) => "CreateFunction",
            ("GET", ["functions", _]) => "GetFunction",
            ("DELETE", ["functions", _]) => "DeleteFunction",
            ("PUT", ["functions", _, "code"]) => "UpdateFunctionCode",
            ("PUT", ["functions", _, "configuration"]) => "UpdateFunctionConfiguration",
            ("PUT", ["functions", _, "concurrency"]) => "PutFunctionConcurrency",
            ("DELETE", ["functions", _, "concurrency"]) => "DeleteFunctionConcurrency",
            ("POST", ["functions", _, "versions"]) => "PublishVersion",
            ("POST", ["functions", _, "aliases"]) => "CreateAlias",
            ("PUT", ["functions", _, "aliases", _]) => "UpdateAlias",
            ("GET", ["functions", _, "recursion-config"]) => "GetFunctionRecursionConfig",
            ("PUT", ["functions", _, "recursion-config"]) => "PutFunctionRecursionConfig",
            ("GET", ["functions", _, RUNTIME]) => "GetRuntimeManagementConfig",
            ("PUT", ["functions", _, RUNTIME]) => "PutRuntimeManagementConfig",
            ("GET", ["functions", _, SIGNING]) => "GetFunctionCodeSigningConfig",
            ("PUT", ["functions", _, SIGNING]) => "PutFunctionCodeSigningConfig",
            ("DELETE", ["functions", _, SIGNING]) => "DeleteFunctionCodeSigningConfig",
            ("GET", ["functions", _, "policy"]) => "GetPolicy",
            ("POST", ["functions", _, "policy"]) => "AddPermission",
            ("DELETE", ["functions", _, "policy", _]) => "RemovePermission",
            ("PUT", ["functions", _, "event-invoke-config"]) => "PutFunctionEventInvokeConfig",
            ("POST", ["event-source-mappings"]) => "CreateEventSourceMapping",
            ("GET", ["event-source-mappings"]) => "ListEventSourceMappings",
            ("GET", ["event-source-mappings", _]) => "GetEventSourceMapping",
            ("PUT", ["event-source-mappings", _]) => "UpdateEventSourceMapping",
            ("DELETE", ["event-source-mappings", _]) => "DeleteEventSourceMapping",
            ("GET", ["tags", ..]) => "ListTags",
            ("POST", ["tags", ..]) => "TagResource",
            ("DELETE", ["tags", ..]) => "UntagResource",
            _ => return None,
        };
        Some(name.to_owned())
    }

    /// The mapping that a call of Lambda names.
    pub(crate) fn mapping(&self) -> Option<String> {
        let mut path = self.target().0.split('/').skip(2);
        let named = path.next() == Some("event-source-mappings");
        path.next().filter(|id| named && !id.is_empty()).map(str::to_owned)
    }

    /// The function that a call of Lambda names.
    pub(crate) fn function(&self) -> Option<String> {
        let named = self.target().0.split('/').nth(3).filter(|name| !name.is_empty());
        named.map(str::to_owned).or_else(|| self.json("FunctionName"))
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// The body in JSON; null where there is none.
    pub(crate) fn body(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> (&str, &str) {
        self.path.split_once('?').unwrap_or((&self.path, ""))
    }

    /// A field of a body in JSON.
    pub(crate) fn value(&self, field: &str) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body[field].clone()
    }

    /// A field of a body in JSON, where it is a text that is not empty.
    pub(crate) fn json(&self, field: &str) -> Option<String> {
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        body[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Whether a field of a body in JSON is true.
    pub(crate) fn is_true(&self, field: &str) -> bool {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body[field] == Value::Bool(true)
    }

    /// A field of a form.
    pub(crate) fn form(&self, field: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok()?;
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.filter(|(name, _)| *name == field).map(|(_, value)| value).next()?;
        // In a form a blank is a plus.
        let value = value.replace('+', " ");
        Some(percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    /// The fields of a form that are numbered from 1, where `#` stands.
    pub(crate) fn forms(&self, field: &str) -> Vec<String> {
        (1..)
            .map_while(|number: usize| self.form(&field.replace('#', &number.to_string())))
            .collect()
    }

    /// The texts of all elements of this name in a body in XML.
    pub(crate) fn elements(&self, name: &str) -> Vec<String> {
        let body = String::from_utf8_lossy(&self.body);
        let Ok(document) = roxmltree::Document::parse(&body) else { return Vec::new() };
        let named = document.descendants().filter(|node| node.tag_name().name() == name);
        named.filter_map(|node| node.text().map(str::to_owned)).collect()
    }

    /// For S3: the bucket, and the object's key where there is one.
    pub(crate) fn bucket_and_key(&self) -> (String, Option<String>) {
        let path = self.target().0.trim_start_matches('/');
        let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
        let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
        (bucket.to_owned(), (!key.is_empty()).then(|| key.to_owned()))
    }

    /// What is asked, without who asks and when: equal for equal questions.
    pub(crate) fn question(&self) -> String {
        format!("{} {} {} {}", self.call(), self.method, self.path, self.text())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

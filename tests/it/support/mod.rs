//! What tests run on: emulators of AWS, clients for changes behind ccprov's
//! back, the binary with its transcripts, proxies that make calls slow, let
//! them fail or hold them to AWS's rules, a collector of spans, and documents
//! that must match the code.

pub(crate) mod aws;
pub(crate) mod aws_rules;
pub(crate) mod binary;
pub(crate) mod busy;
pub(crate) mod busy_functions;
pub(crate) mod busy_machines;
pub(crate) mod busy_mappings;
pub(crate) mod busy_tables;
pub(crate) mod collector;
pub(crate) mod delay_proxy;
pub(crate) mod emulator;
pub(crate) mod fault_proxy;
pub(crate) mod findings;
pub(crate) mod kafka;
pub(crate) mod killed;
pub(crate) mod light_functions;
pub(crate) mod local_server;
pub(crate) mod page;
pub(crate) mod registry;
pub(crate) mod request;
pub(crate) mod slow_replays;
pub(crate) mod trace;
pub(crate) mod writing;
pub(crate) mod zip;

//! A kind of operation in Rust, with nothing but the standard library: `tcp_wait` waits for a port to answer.
//!
//! A request is one line of JSON on standard input, its answer one on standard output: docs/programs.md says which.
//! It tries once and says when to ask again; the engine does the waiting.

mod json;

use json::{parse, quoted, Value};
use std::io::{stdin, stdout, BufRead, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

const KINDS: &str = r#"[{
    "name": "tcp_wait",
    "summary": "wait until something accepts connections at an address",
    "on_doubt": "retry",
    "parameters": {
        "type": "object",
        "additionalProperties": false,
        "required": ["host", "port"],
        "properties": {
            "host": {"type": "string", "minLength": 1, "description": "The host's name or address."},
            "port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "The port."},
            "every": {"type": "number", "minimum": 0.05, "maximum": 60, "default": 1,
                      "description": "The seconds between two tries."}
        }
    },
    "result": {"type": "object", "properties": {"address": {"type": "string", "description": "Who answered."}}}
}]"#;

fn main() {
    for line in stdin().lock().lines() {
        let Ok(line) = line else { return };
        let answer = match parse(&line) {
            Ok(request) => answer(&request),
            Err(problem) => failure("", "InvalidRequest", &problem),
        };
        let mut out = stdout().lock();
        if writeln!(out, "{}", answer.replace('\n', "")).and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}

fn answer(request: &Value) -> String {
    let id = request.at(&["id"]).text();
    let operation = request.at(&["operation"]).text();
    match operation {
        "describe" => {
            let metadata = format!(r#"{{"protocols": [1], "hooks": ["run_operation"], "kinds": {KINDS}}}"#);
            success(id, operation, &metadata)
        }
        "run_operation" => success(id, operation, &wait(request.at(&["parameters", "operation", "parameters"]))),
        _ => failure(id, "Unsupported", &format!("there is no operation {operation}")),
    }
}

/// Try the address once: done, or to be asked again.
fn wait(parameters: &Value) -> String {
    let host = parameters.at(&["host"]).text();
    let port = parameters.at(&["port"]).number().unwrap_or(0.0) as u16;
    let every = parameters.at(&["every"]).number().unwrap_or(1.0);
    for address in (host, port).to_socket_addrs().into_iter().flatten() {
        if TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_ok() {
            return format!(r#"{{"result": {{"address": {}}}}}"#, quoted(&address.to_string()));
        }
    }
    format!(r#"{{"outcome": "pending", "after": {every}}}"#)
}

fn success(id: &str, operation: &str, metadata: &str) -> String {
    let (id, operation) = (quoted(id), quoted(operation));
    format!(r#"{{"id": {id}, "status": "success", "result": {{"operation": {operation}, "metadata": {metadata}}}}}"#)
}

fn failure(id: &str, code: &str, message: &str) -> String {
    let (id, code, message) = (quoted(id), quoted(code), quoted(message));
    format!(r#"{{"id": {id}, "status": "error", "error": {{"code": {code}, "message": {message}}}}}"#)
}

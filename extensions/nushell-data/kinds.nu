# A kind of operation in Nushell: `data_read` opens a file and answers with what stands in it.
# A request is one line of JSON on standard input, its answer one on standard output: docs/programs.md says which.

const DATA_READ = {
    name: data_read
    summary: "read a value out of a data file (CSV, JSON, TOML, YAML, XML, ...)"
    on_doubt: retry
    parameters: {
        type: object
        additionalProperties: false
        required: [path]
        properties: {
            path: {type: string, description: "The file, relative to the workspace."}
            keys: {type: array, items: {type: [string integer]}, description: "The way to the value; all of the file without it."}
        }
    }
    result: {type: object, properties: {value: {description: "What stands there."}}}
}

def main [] {
    lines | each {|line| print (answer ($line | from json) | to json --raw) } | ignore
}

def answer [request: record]: nothing -> record {
    try {
        let metadata = (carry-out $request)
        {id: $request.id, status: "success", result: {operation: $request.operation, metadata: $metadata}}
    } catch {|error|
        {id: $request.id, status: "error", error: {code: "CannotRead", message: $error.msg}}
    }
}

def carry-out [request: record]: nothing -> record {
    match $request.operation {
        "describe" => {protocols: [1], hooks: [run-operation], kinds: [$DATA_READ]}
        "run-operation" => {result: (data-read $request.parameters.operation.parameters $request.context.directory)}
        _ => { error make --unspanned {msg: $"there is no operation ($request.operation)"} }
    }
}

def data-read [parameters: record, directory: path]: nothing -> record {
    let path = ($directory | path join $parameters.path)
    if not ($path | path exists) { error make --unspanned {msg: $"there is no file ($path)"} }
    let value = ($parameters.keys? | default [] | reduce --fold (open $path) {|key, found| step $found $key $path })
    {value: $value}
}

def step [found: any, key: any, path: path]: nothing -> any {
    try { $found | get $key } catch { error make --unspanned {msg: $"there is no ($key) in ($path)"} }
}

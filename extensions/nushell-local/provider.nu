# A provider in Nushell: each server is a process of this machine, and a directory with its record.
#
# A request is one line of JSON on standard input, its answer one on standard output: docs/programs.md says which.
# A server's id is made from its client token, so that the same token is the same server. Its directory holds
#   record.json   what was asked for
#   pid.1, pid.2  its processes, one for each start; the highest number is the one that counts
#   stopped.1     that this one was stopped on purpose

const PATIENCE = 10sec
const SERVER = path self server.sh

def main [] {
    lines | each {|line| print (answer ($line | from json) | to json --raw) } | ignore
}

def answer [request: record]: nothing -> record {
    try {
        let done = (carry-out $request)
        {id: $request.id, status: "success", result: ({operation: $request.operation} | merge $done)}
    } catch {|error|
        let told = ($error.msg | parse --regex '^(?<code>[A-Z]\w+): (?s)(?<message>.*)$')
        let problem = if ($told | is-empty) { {code: "ServiceInternalError", message: $error.msg} } else { $told | first }
        {id: $request.id, status: "error", error: $problem}
    }
}

def fail [code: string, message: string] {
    error make --unspanned {msg: $"($code): ($message)"}
}

def carry-out [request: record]: nothing -> record {
    let root = (root-of $request)
    let given = $request.parameters
    match $request.operation {
        "describe" => {metadata: (description)}
        "check-connection" => {metadata: (check-connection $root)}
        "list-servers" => {resources: (list-servers $root ($given.labels? | default {}))}
        "get-server" => {resources: [(get-server $root $given.server_id)]}
        "create-server" => {resources: [(create-server $root $given)]}
        "find-server" => {resources: (find-server $root $given.client_token)}
        "delete-server" => { delete-server $root $given.server_id; {} }
        "start-server" => { start-server $root $given.server_id; {} }
        "stop-server" => { stop-server $root $given.server_id; {} }
        "reboot-server" => { reboot-server $root $given.server_id; {} }
        "list-sizes" => {resources: [{name: "nominal"}]}
        "list-images" => {resources: [{name: "idle", description: "a process that does nothing"}]}
        "list-zones" => {resources: [{name: "here"}]}
        _ => { fail "Unsupported" $"there is no operation ($request.operation)" }
    }
}

def description []: nothing -> record {
    {
        protocols: [1]
        capabilities: [start_stop reboot catalog]
        hooks: [
            check-connection list-servers get-server create-server find-server delete-server
            start-server stop-server reboot-server list-sizes list-images list-zones
        ]
        info: {language: $"Nushell (version | get version)"}
    }
}

def root-of [request: record]: nothing -> path {
    let context = $request.context
    let own = ($context.state_directory | path join ($context.instance? | default "unnamed" | url encode --all))
    let root = ($request.config.directory? | default $own)
    $context.directory | path join $root | path expand --no-symlink
}

# -- the hooks ------------------------------------------------------------------------------------------------------

def check-connection [root: path]: nothing -> record {
    try {
        mkdir $root
        let probe = (mktemp --tmpdir-path $root ".check-XXXXXX")
        rm $probe
        {reachable: true, message: $"servers live in ($root)"}
    } catch {|error|
        {reachable: false, message: $"servers cannot be kept in ($root): ($error.msg)"}
    }
}

def list-servers [root: path, labels: record]: nothing -> list<record> {
    ids-in $root
    | each {|id| see $root $id }
    | where {|server| $labels | items {|key, value| ($server.labels | get --optional $key) == $value } | all {|same| $same } }
}

def get-server [root: path, id: string]: nothing -> record {
    let server = (see $root $id)
    if $server == null { fail "NotFound" $"there is no server ($id)" }
    $server
}

def find-server [root: path, token: string]: nothing -> list<record> {
    [(see $root (id-from $token))] | compact
}

def create-server [root: path, given: record]: nothing -> record {
    let spec = $given.spec
    let id = (id-from $given.client_token)
    check-spec $spec
    let home = (home-of $root $id)
    if not ($home | path exists) {
        mkdir $root
        let new = (mktemp --directory --tmpdir-path $root ".new-XXXXXX")
        {
            name: $spec.name, size: ($spec.size? | default "nominal"), labels: $given.labels
            client_token: $given.client_token, created_at: (date now | date to-timezone utc | format date "%FT%TZ")
        } | save ($new | path join "record.json")
        launch ["create" $new $home]
        wait-until {|| $home | path exists } $"server ($id) did not start"
    }
    get-server $root $id
}

def delete-server [root: path, id: string]: nothing -> nothing {
    if (see $root $id) == null { return }
    end-process $root $id
    let gone = (mktemp --directory --tmpdir-path $root ".gone-XXXXXX")
    try { ^mv -T (home-of $root $id) $gone }  # at once out of everybody's sight, or another one was faster
    rm --recursive $gone
}

def start-server [root: path, id: string]: nothing -> nothing {
    if (get-server $root $id).state == "running" { return }
    let next = (last-number $root $id) + 1
    launch ["start" (home-of $root $id) $next]
    wait-until {|| (last-number $root $id) >= $next } $"server ($id) did not start"
}

def stop-server [root: path, id: string]: nothing -> nothing {
    if (get-server $root $id).state != "running" { return }
    touch (home-of $root $id | path join $"stopped.(last-number $root $id)")
    end-process $root $id
}

def reboot-server [root: path, id: string]: nothing -> nothing {
    if (get-server $root $id).state != "running" { fail "ResourceConflict" $"server ($id) does not run" }
    end-process $root $id
    start-server $root $id
}

# -- servers --------------------------------------------------------------------------------------------------------

def id-from [token: string]: nothing -> string {
    $"nu-($token | hash sha256 | str substring 0..15)"
}

def home-of [root: path, id: string]: nothing -> path {
    $root | path join $id
}

def ids-in [root: path]: nothing -> list<string> {
    if not ($root | path exists) { return [] }
    ls --short-names $root | get name | where {|name| $name =~ '^nu-[0-9a-f]{16}$' } | sort
}

# Return a server as it is now, or null where there is none.
def see [root: path, id: string] {
    if $id !~ '^nu-[0-9a-f]{16}$' { return null }
    let record = try { open (home-of $root $id | path join "record.json") } catch { return null }
    $record | insert id $id | insert state (state-of $root $id)
}

def state-of [root: path, id: string]: nothing -> string {
    let number = (last-number $root $id)
    if (pid-of $root $id) != null { return "running" }
    if (home-of $root $id | path join $"stopped.($number)" | path exists) { "stopped" } else { "error" }
}

# Return the number of a server's last start.
def last-number [root: path, id: string]: nothing -> int {
    let pids = try { ls --short-names (home-of $root $id) | get name } catch { [] }
    $pids | parse "pid.{number}" | get number | into int | append 0 | math max
}

# Return the process of a server while it lives, or null: a number alone may be somebody else's by now.
def pid-of [root: path, id: string] {
    let home = (home-of $root $id)
    try {
        let pid = (open --raw ($home | path join $"pid.(last-number $root $id)") | str trim | into int)
        let words = (open --raw $"/proc/($pid)/cmdline" | decode utf-8 | split row (char nul))
        if ($home in $words) { $pid } else { null }
    } catch { null }
}

def launch [words: list]: nothing -> nothing {
    ^setsid --fork sh $SERVER ...($words | each {|word| $"($word)" })
}

def end-process [root: path, id: string]: nothing -> nothing {
    let pid = (pid-of $root $id)
    if $pid == null { return }
    try { ^sh -c 'kill -s KILL -- "-$1"' sh $"($pid)" }
    wait-until {|| (pid-of $root $id) == null } $"server ($id) does not end"
}

def wait-until [is_so: closure, problem: string]: nothing -> nothing {
    let last = (date now) + $PATIENCE
    while not (do $is_so) {
        if (date now) > $last { fail "NotStabilized" $problem }
        sleep 10ms
    }
}

def check-spec [spec: record]: nothing -> nothing {
    if $spec.name !~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' {
        fail "InvalidRequest" $"($spec.name | to json) is no name of a server: use letters, digits, dots and hyphens"
    }
    if ($spec.size? | default "nominal") != "nominal" { fail "InvalidRequest" $"there is no size ($spec.size)" }
    if ($spec.image? | default "idle") != "idle" { fail "InvalidRequest" $"there is no image ($spec.image)" }
    if ($spec.zone? | default "here") != "here" { fail "InvalidRequest" $"there is no zone ($spec.zone)" }
}

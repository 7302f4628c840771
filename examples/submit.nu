# Submits a workflow to a server of this machine (`provisioning serve`), and shows how it stands.
#   nu examples/submit.nu
#   nu examples/submit.nu http://localhost:9090
def main [server: string = "http://localhost:9090"] {
    let document = {
        workflow_id: "from-nushell",
        name: "from Nushell",
        operations: [{ id: "hello", kind: "command", parameters: { command: ["echo", "hello"] } }],
    }
    let reply = http post --content-type application/json $"($server)/workflows/submit" $document
    print $"($reply.status): ($reply.data.workflow_id)"
}

"""The tree of commands: every name with its one line of help, known without importing any of them.

A command lives in the module of its own path: `provisioning workflow run` is `commands/workflow/run.py`, and its
object there is called `command`. So `--help` needs this table and nothing else.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["TREE", "Noun", "leaves"]


@dataclass(frozen=True, slots=True)
class Noun:
    """A group of commands about one thing: its help, and its verbs with theirs."""

    help: str
    verbs: Mapping[str, str]


TREE: Mapping[str, str | Noun] = {
    "init": "Write a starter configuration and a first workflow into the workspace.",
    "config": Noun(
        "Look at the configuration, and at where each value comes from.",
        {
            "show": "Show every setting, secrets hidden.",
            "get": "Print the value of one setting.",
            "explain": "Show what each layer says about one setting, and which one wins.",
            "validate": "Check the whole configuration and list every problem.",
        },
    ),
    "provider": Noun(
        "Look at the configured providers.",
        {
            "list": "List the providers and whether they can be used.",
            "check": "Ask providers whether their clouds answer.",
            "show": "Show one provider: what it can do, and its sizes, images and zones.",
        },
    ),
    "extension": Noun(
        "List, examine, install and switch extensions; nothing of their code is imported for that.",
        {
            "list": "List all extensions, with what is wrong with each.",
            "info": "Show everything that is known of one extension.",
            "why": "Show how an extension came to its status, step by step.",
            "validate": "Check extensions and what is configured of them.",
            "new": "Begin an extension: write a package or a folder that passes its own tests.",
            "enable": "Use an extension, from the next command on.",
            "disable": "Do not use an extension, from the next command on.",
            "install": "Install extensions, and show what was brought.",
            "uninstall": "Uninstall an extension, for good.",
            "freeze": "Print which extensions there are, in which versions.",
            "restore": "Bring back the extensions that were frozen.",
        },
    ),
    "server": Noun(
        "List, create and change servers, each change journaled and as safe to kill as a workflow.",
        {
            "list": "List the servers of all providers, or of one.",
            "get": "Show one server.",
            "create": "Create one server.",
            "delete": "Delete one server, for good.",
            "start": "Start a stopped server.",
            "stop": "Stop a running server.",
            "reboot": "Reboot a running server.",
            "sizes": "List the sizes that clouds offer, the cheapest first.",
            "images": "List the images that clouds offer.",
            "zones": "List the zones in which clouds have servers.",
            "orphans": "List what is ours and no run knows, or delete it.",
        },
    ),
    "workflow": Noun(
        "Plan, run, watch, resume and undo workflows.",
        {
            "plan": "Show what a workflow would do and how it would be undone; change nothing.",
            "run": "Run a workflow and watch it until it ends.",
            "list": "List the runs of this workspace, the newest first.",
            "status": "Show how far a run is, operation by operation.",
            "logs": "Print what happened in a run.",
            "resume": "Go on with a run that was killed, interrupted or failed.",
            "rollback": "Undo what a run did, the newest first.",
            "cancel": "Ask a run to stop, wherever it is driven from.",
            "graph": "Print the graph of a workflow for Mermaid or Graphviz.",
            "templates": "List the workflow templates that extensions bring.",
        },
    ),
    "doctor": "Look for what is wrong with the machine, the workspace and the extensions, and mend it.",
    "journal": Noun(
        "Check, export, prune and repair the record of all runs.",
        {
            "check": "Check the whole journal and list every problem.",
            "export": "Write everything that the journal holds as JSON lines.",
            "prune": "Forget old runs that are over and hold nothing.",
            "vacuum": "Give back the room that nothing is in any more.",
            "move": "Put everything that the journal holds into another one, and go on there.",
            "salvage": "Put what can be read of a damaged journal into a new one.",
        },
    ),
    "worker": "Carry out operations of some pools until a signal comes.",
    "cluster": Noun(
        "Look at the workers of this workspace, and at what waits for them.",
        {"status": "Show workers, pools, versions, queues and leases."},
    ),
    "events": "Print the events of all runs, or of one.",
    "serve": "Serve this workspace over HTTP until a signal comes.",
    "token": Noun(
        "Say who may come in over HTTP.",
        {
            "create": "Make a token, and print it: it is kept nowhere, and cannot be shown again.",
            "list": "List the tokens of this workspace; what they are is kept nowhere.",
            "revoke": "Let nobody in with a token any more, from the next request on.",
        },
    ),
    "schema": "List the JSON Schemas of all documents, or print one.",
    "completion": "Print the completion script of a shell.",
}


def leaves() -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of every command (`("workflow", "run")`) with its line of help, in the order of the help."""
    for name, entry in TREE.items():
        if isinstance(entry, Noun):
            yield from (((name, verb), line) for verb, line in entry.verbs.items())
        else:
            yield (name,), entry

"""The hook interface as it was last published: `python -m tests.contract.snapshot` writes it anew."""

import json
from pathlib import Path
from typing import Any

from provisioning.contract import HOOK_API, HOOK_API_FLOOR
from provisioning.dispatch import all_hooks

__all__ = ["FILE", "interface", "text_of"]

FILE = Path(__file__).with_name("hook_interface.json")


def interface() -> dict[str, Any]:
    """Return the interface that the specification classes declare now."""
    hooks = [
        {
            "name": hook.name,
            "spec": hook.spec.__name__,
            "parameters": list(hook.parameters),
            "firstresult": hook.firstresult,
            "summary": hook.summary,
        }
        for hook in all_hooks().values()
    ]
    return {"hook_api": HOOK_API, "hook_api_floor": HOOK_API_FLOOR, "hooks": hooks}


def text_of(document: dict[str, Any]) -> str:
    """Return the text of the file."""
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(text_of(interface()), encoding="utf-8")

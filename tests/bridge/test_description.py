"""What a program says of itself, and how it is held to its manifest."""

import re
from typing import Any

import pytest

from provisioning.bridge import Mode, check_description, describe
from provisioning.errors import ExtensionBroken, HookRejected
from tests.bridge.workshop import Workshop, described


def test_a_program_describes_itself_in_a_process_of_its_own(workshop: Workshop) -> None:
    """Without any configuration: what it offers does not depend on a secret."""
    code = "say(answer(request, protocols=[1, 2], hooks=['list-servers', 'get_server'], info=request['config']))"
    found = describe(workshop.program(code))
    assert (found.protocols, found.names) == ([1, 2], {"list_servers": "list-servers", "get_server": "get_server"})
    assert found.info == {}


def test_one_that_is_kept_open_ends_with_its_input(workshop: Workshop) -> None:
    """So that it can be ended politely; one that does not is found out at once."""
    code = "for request in requests(): say(answer(request, protocols=[1]))\n"
    assert describe(workshop.program(code, Mode.SERVE)).protocols == [1]
    with pytest.raises(ExtensionBroken, match="did not end after its answer within 1 seconds"):
        describe(workshop.program(code + "time.sleep(600)", Mode.SERVE, timeout=1.0))


def test_another_protocol_is_refused(workshop: Workshop) -> None:
    """Before anything else is asked."""
    with pytest.raises(HookRejected) as caught:
        describe(workshop.program("say(answer(request, protocols=[2, 3]))"))
    assert caught.value.message.endswith(
        "(extension box) speaks the protocol 2, 3, and this version of provisioning speaks 1"
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "say(answer(request))",
            "gave an answer that is no description: protocols: Field required, asked for describe",
        ),
        ("say(answer(request, protocols=['1']))", "is no description: protocols.0: Input should be a valid integer"),
        ("say(answer(request, protocols=[1], hook=[]))", "is no description: hook: Extra inputs are not permitted"),
        ("say({'resource': {}})\nsay(answer(request, protocols=[1]))", "is a stream, and there is one description"),
        ("sys.exit('no such module')", "ended without an answer, asked for describe; exit status 1;"),
    ],
)
def test_what_is_no_description_breaks_the_extension(workshop: Workshop, code: str, expected: str) -> None:
    """Said as of any other answer."""
    with pytest.raises(ExtensionBroken, match=re.escape(expected)):
        describe(workshop.program(code))


def test_an_error_breaks_the_extension_too(workshop: Workshop) -> None:
    """In its own words, and whatever they are: no command is taken down that does not need it."""
    program = workshop.program("say(failure(request, 'InvalidCredentials', 'pay first', hint='now'))")
    with pytest.raises(ExtensionBroken) as caught:
        describe(program)
    assert caught.value.message == f"{program} answered describe with InvalidCredentials: pay first"
    assert caught.value.hint == "now"


def check(description: Any, **more: Any) -> str:
    from pathlib import Path

    from provisioning.bridge import Program

    with pytest.raises(HookRejected) as caught:
        check_description(description, Program("box", ("box",), Path("/")), **more)
    return caught.value.message


def test_it_is_held_to_its_manifest(workshop: Workshop) -> None:
    """Everything that one of the two says and the other does not, at once."""
    found = described("get-server", "fly", capabilities=["catalog"])
    assert check(found, hooks=["get_server", "list_servers"], capabilities=["reboot"]) == (
        "program `box` (extension box) does not describe what its manifest says: its hooks lack list_servers;"
        " its hooks name fly, which the manifest does not; its capabilities lack reboot;"
        " its capabilities name catalog, which the manifest does not"
    )
    check_description(found, workshop.program(""), hooks=["get_server", "fly"], capabilities=["catalog"])

"""Secrets that extensions resolve: read when they are needed, known to nobody else, and never written down."""

import threading
from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.config import REFERENCE_ROOTS
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError, ProvisioningError
from provisioning.workflow.sight import RUN_ROOTS
from tests.app.services import EXAMPLES, opened, vault
from tests.app.test_hooks import command, flow, write_extension


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What a vault was asked for."""
    return tmp_path / "asked"


def write(workspace: Path, text: str) -> Path:
    place = workspace / "config.user.toml"
    place.write_text(text)
    return place


def test_a_secret_is_resolved_when_it_is_read_and_only_once(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Steps of a reference are joined by slashes; quoted text is the path itself."""
    vault(workspace, log)
    write(
        workspace,
        '[vars]\none = "{{vault.db.password}}"\ntwo = \'{{vault["db/password"]}}\'\nthree = \'{{vault["a.b#c"]}}!\'\n',
    )
    with opened(workspace, tmp_path) as app:
        assert not log.exists()
        assert [app.configuration.get(f"vars.{name}") for name in ("one", "two", "three")] == [
            "hunter22",
            "hunter22",
            "swordfish!",
        ]
    assert log.read_text().splitlines() == ["vault db/password []", "vault a.b#c []"]


def test_it_is_a_secret_wherever_it_is_shown(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Whatever the key is called that holds it."""
    vault(workspace, log)
    write(workspace, '[vars]\nzone = "{{vault.cloud.zone}}"\nmore = "zone {{vars.zone}}"\n')
    with opened(workspace, tmp_path) as app:
        assert app.configuration.show()["vars"] == {"zone": "***", "more": "***"}
        assert app.configuration.explain("vars.zone").is_secret
        assert app.configuration.explain("vars.zone").settings[0].value == "{{vault.cloud.zone}}"
        assert app.configuration.redactor.redact_text("in eu-north-9") == "in ***"


def test_a_workflow_reads_it_and_the_journal_never_holds_it(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Not in the document, a parameter, an output, an event or an error, and in no file of the workspace."""
    vault(workspace, log)
    print_it = ["sh", "-c", "echo {{vault.db.password}}"]
    operations = [
        {"id": "a", "kind": "command", "parameters": {"command": print_it}},
        {"id": "b", "kind": "command", "for_each": {"x": "{{vault.cloud.zone}}"}, "parameters": {"command": ["true"]}},
        {
            "id": "c",
            "kind": "command",
            "parameters": {"command": ["sh", "-c", "echo {{vault.cloud.zone}} >&2; exit 1"]},
        },
    ]
    document = flow(
        *operations, inputs={"word": "{{vault.cloud.zone}}"}, outputs={"said": "{{operations.a.result.stdout}}"}
    )
    with opened(workspace, tmp_path) as app:
        report = app.run(document, on_failure="continue")
        assert report.state is RunState.PARTIAL
        told = str(
            [
                *app.events(report.workflow_id),
                *app.operations(report.workflow_id),
                app.run_plan(report.workflow_id).canonical,
            ]
        )
        assert "***" in told
    kept = b"".join(path.read_bytes() for path in (workspace / ".provisioning").rglob("*") if path.is_file())
    assert [secret for secret in ("hunter22", "eu-north-9") if secret in told or secret.encode() in kept] == []
    assert len(log.read_text().splitlines()) == 2


def test_a_secret_names_no_operation(workspace: Path, tmp_path: Path, log: Path) -> None:
    """The keys of a `for_each` are names that everybody sees, so a list of secrets is refused; of files, too."""
    vault(workspace, log)
    (workspace / "pin").write_text("1234-5678")
    with opened(workspace, tmp_path) as app:
        for secret in ("{{vault.cloud.zone}}", "{{file.pin}}"):
            with pytest.raises(ConfigurationError) as caught:
                app.plan(flow({**command("a", "true"), "for_each": ["fine", secret]}))
            assert str(caught.value) == (
                "document: operations[0].for_each: key 2 of for_each is a secret, and names an operation in the"
                " journal and for people; use a table, whose values may be secrets"
            )


def test_what_is_missing_is_told_with_key_file_and_line(workspace: Path, tmp_path: Path, log: Path) -> None:
    """By what the extension says, for the configuration and for a workflow, before anything is done."""
    vault(workspace, log)
    place = write(workspace, '[vars]\nx = "{{vault.no.such}}"\n')
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ConfigurationError) as caught:
            app.configuration.get("vars.x")
        assert str(caught.value) == f"{place}:2: vars.x: {{{{vault.no.such}}}}: there is no secret no/such"
        assert caught.value.hint == "write one"
        with pytest.raises(
            ConfigurationError, match=r"operations\[0\].parameters: {{vault.nothing}}: there is no secret"
        ):
            app.run(flow(command("a", "echo", "{{vault.nothing}}")))
        assert list(app.runs()) == []


def test_a_name_that_nobody_resolves_is_told_at_once(workspace: Path, tmp_path: Path, log: Path) -> None:
    """With what was probably meant."""
    vault(workspace, log)
    place = write(workspace, '[vars]\nx = "{{vautl.db}}"\n')
    with pytest.raises(ConfigurationError) as caught:
        opened(workspace, tmp_path)
    assert str(caught.value) == f"{place}:2: vars.x: {{{{vautl.db}}}}: there is no vautl"
    assert caught.value.hint == "did you mean vault?"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{{vault}}", "{{vault}} names no secret"),
        (
            "{{vault.a[*]}}",
            "{{vault.a[*]}}: [*] cannot stand here, as there is no list of all that vault can be asked for",
        ),
    ],
)
def test_a_reference_names_one_secret(workspace: Path, tmp_path: Path, log: Path, reference: str, message: str) -> None:
    """There is no list of them."""
    vault(workspace, log)
    place = write(workspace, f'[vars]\nx = "{reference}"\n')
    with opened(workspace, tmp_path) as app, pytest.raises(ConfigurationError) as caught:
        app.configuration.get("vars.x")
    assert str(caught.value) == f"{place}:2: vars.x: {message}"


BROKEN = {
    "raise SystemExit(3)": "could not be imported: SystemExit: 3",
    "class Plugin: pass": "[secrets] needs resolve_secret, which the plugin lacks",
    "from provisioning import hookimpl\nclass Plugin:\n    @hookimpl\n    def resolve_secret(self): return 1 / 0": (
        "resolve_secret of extension hashi failed with ZeroDivisionError: division by zero"
    ),
    "from provisioning import hookimpl\nclass Plugin:\n    @hookimpl\n    def resolve_secret(self): return b'x'": (
        "resolve_secret of extension hashi returned an object of type bytes, not text"
    ),
}


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_resolver_is_an_error_of_who_needs_it(workspace: Path, tmp_path: Path, log: Path, code: str) -> None:
    """It names the extension and what is wrong with it; who needs no secret goes on."""
    vault(workspace, log, code=code)
    place = write(workspace, '[vars]\nx = "{{vault.db}}"\ny = 1\n')
    with opened(workspace, tmp_path) as app:
        assert app.configuration.get("vars.y") == 1
        with pytest.raises(ConfigurationError) as caught:
            app.configuration.get("vars.x")
    message = str(caught.value)
    assert message.startswith(f"{place}:2: vars.x: {{{{vault.db}}}}: ")
    assert "extension hashi" in message
    assert BROKEN[code] in message


def test_an_error_of_a_resolver_holds_no_secret(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Its own token is known by then, whatever it puts into its words."""
    code = """
    from provisioning import hookimpl
    class Plugin:
        @hookimpl
        def resolve_secret(self, context):
            raise ValueError("the token " + context.options["token"] + " is refused")
    """
    vault(workspace, log, code=code)
    write(workspace, '[vars]\nx = "{{vault.db}}"\n[extensions.options.hashi]\ntoken = "hunter22"\n')
    with opened(workspace, tmp_path) as app, pytest.raises(ConfigurationError) as caught:
        app.configuration.get("vars.x")
    assert "failed with ValueError: the token *** is refused" in str(caught.value)
    assert "hunter22" not in str(caught.value.info())


def test_a_disabled_resolver_says_that_it_is_disabled(workspace: Path, tmp_path: Path, log: Path) -> None:
    """The name is known still, so that the hint is to enable it; and nothing else is wrong meanwhile."""
    folder = vault(workspace, log)
    place = write(workspace, '[vars]\nx = "{{vault.db}}"\n[extensions]\ndisabled = ["hashi"]\n')
    with opened(workspace, tmp_path) as app, pytest.raises(ConfigurationError) as caught:
        app.configuration.get("vars.x")
    assert str(caught.value) == (
        f"{place}:2: vars.x: {{{{vault.db}}}}: extension hashi 1.0 (project folder {folder}) is disabled:"
        " the configuration disables it"
    )
    assert caught.value.hint == "provisioning extension enable hashi"


def test_what_finds_extensions_cannot_come_from_one(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Refused where it is written, also behind another key."""
    vault(workspace, log)
    place = write(workspace, '[extensions]\npaths = ["{{vars.x}}"]\n[vars]\nx = "{{vault.db}}"\n')
    with pytest.raises(ConfigurationError) as caught:
        opened(workspace, tmp_path)
    assert str(caught.value) == (
        f"{place}:4: vars.x: there is no vault before extensions are found, and this is read to find them"
    )
    assert caught.value.hint == (
        "it can name store, engine, workflow, paths, extensions, providers, vars, env, file, now, git,"
        " and no secret that an extension resolves"
    )


def test_a_resolver_may_use_another_ones_secret_and_not_its_own(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Its options are resolved when it gets ready; a circle is told as one."""
    vault(workspace, log)
    code = """
    from provisioning import hookimpl
    class Plugin:
        @hookimpl
        def resolve_secret(self, context):
            return context.options["pin"]
    """
    write_extension(workspace / "extensions", "second", code, more='[secrets]\nnames = ["second"]')
    text = '[vars]\nx = "{{second.a}}"\n[extensions.options.second]\npin = "{{%s}}"\n'
    write(workspace, text % "vault.db.password")
    with opened(workspace, tmp_path) as app:
        assert app.configuration.get("vars.x") == "hunter22"
    place = write(workspace, text % "second.b")
    with opened(workspace, tmp_path) as app, pytest.raises(ConfigurationError) as caught:
        app.configuration.get("vars.x")
    assert f"{place}:4: extensions.options.second.pin: {{{{second.b}}}}: extension second 1.0" in str(caught.value)
    assert "needs this secret to get ready, and resolves it itself" in str(caught.value)


def test_two_of_one_name_conflict_until_one_is_preferred(workspace: Path, tmp_path: Path, log: Path) -> None:
    """Like two of one kind."""
    first, second = vault(workspace, log, name="one"), vault(workspace, log, name="two")
    write(workspace, '[vars]\nx = "{{vault.db.password}}"\n')
    with opened(workspace, tmp_path) as app:
        record = app.registry.get("one")
        assert [(str(one.code), one.message, one.hint) for one in record.problems] == [
            (
                "secrets_conflict",
                (
                    f"the secret resolver vault is brought by one 1.0 (project folder {first})"
                    f" and two 1.0 (project folder {second})"
                ),
                'say which one is used under [extensions.prefer]: vault = "EXTENSION", or disable one',
            )
        ]
        with pytest.raises(ConfigurationError, match="is conflicted: the secret resolver vault is brought by"):
            app.configuration.get("vars.x")
    with opened(workspace, tmp_path, overrides={"extensions.prefer": {"vault": "two"}}) as app:
        assert app.configuration.get("vars.x") == "hunter22"
        assert app.registry.get("one").status == "ready"


def test_no_resolver_can_take_a_name_that_means_something(workspace: Path) -> None:
    """Sections, what is outside, and what a run knows are taken for good."""
    assert REFERENCE_ROOTS >= {*RUN_ROOTS, "env", "file", "git", "now", "vars", "providers", "extensions", "not"}


def test_many_threads_ask_once(workspace: Path, tmp_path: Path, log: Path) -> None:
    """And none of them waits for another for ever."""
    vault(workspace, log)
    found: list[str] = []
    with opened(workspace, tmp_path) as app:
        lookup = app.configuration.lookup

        def read() -> None:
            found.append(lookup("vault").read(["db", "password"], "vault.db.password"))

        threads = [threading.Thread(target=read) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert found == ["hunter22"] * 20
    assert len(log.read_text().splitlines()) == 1


def test_the_example_reads_a_folder(workspace: Path, tmp_path: Path) -> None:
    """And nothing outside it."""
    (workspace / "secrets" / "db").mkdir(parents=True)
    (workspace / "secrets" / "db" / "password").write_text("correct horse\n")
    (workspace / "outside").write_text("no secret")
    write(
        workspace,
        '[extensions.options.secret-folder]\nfolder = "secrets"\n'
        '[vars]\na = "{{secret.db.password}}"\nb = \'{{secret["../outside"]}}\'\nc = "{{secret.db}}"\n',
    )
    with App.open(workspace, extension_paths=[EXAMPLES / "secret-folder"], environ={"HOME": str(tmp_path)}) as app:
        assert app.configuration.get("vars.a") == "correct horse"
        with pytest.raises(ProvisioningError, match=r"'../outside' leads out of"):
            app.configuration.get("vars.b")
        with pytest.raises(ProvisioningError, match="there is no secret to read in"):
            app.configuration.get("vars.c")

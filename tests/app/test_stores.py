"""Stores that extensions open: chosen by the scheme of a URL, held to the journal's interface, passwords hidden."""

from pathlib import Path

import pytest

from provisioning.app import App
from provisioning.contract import RunState
from provisioning.errors import ConfigurationError, ExtensionBroken, JournalError
from tests.app.services import EXAMPLES, opened
from tests.app.test_hooks import command, flow, write_extension


def store(workspace: Path, body: str, *, name: str = "own") -> Path:
    """Write an extension that opens stores of the scheme `own`."""
    code = f"""
    from pathlib import Path
    from provisioning import JournalError, hookimpl
    from provisioning.store import open_journal
    class Plugin:
        @hookimpl
        def open_store(self, url, context):
            {body}
    """
    return write_extension(workspace / "extensions", name, code, more='[store]\nschemes = ["own"]')


def using(workspace: Path, tmp_path: Path, url: str, **options) -> App:
    return opened(workspace, tmp_path, overrides={"store.url": url}, **options)


def test_a_store_of_an_extension_keeps_the_runs(workspace: Path, tmp_path: Path) -> None:
    """It is opened by the scheme of the URL, in any case of letters, and everything works on it."""
    store(workspace, "return open_journal(Path(url.partition('://')[2]))")
    url = f"OWN://{tmp_path}/elsewhere.db"
    with using(workspace, tmp_path, url) as app:
        report = app.run(flow(command("a", "true")), workflow_id="wf")
        assert report.state is RunState.SUCCEEDED
        assert [one.operation_id for one in app.operations("wf")] == ["a"]
        assert app.journal_file is None
    assert (tmp_path / "elsewhere.db").exists()
    assert not (workspace / ".provisioning").exists()
    with using(workspace, tmp_path, url) as app:
        assert [run.workflow_id for run in app.runs()] == ["wf"]
        assert app.rollback("wf").wait().state is RunState.ROLLED_BACK


def test_a_scheme_that_nobody_knows_is_refused_without_its_password(workspace: Path, tmp_path: Path) -> None:
    """With those there are, in `config validate` as well."""
    store(workspace, "pass")
    place = workspace / "config.user.toml"
    place.write_text('[store]\nurl = "oown://me:hunter22@host/db"\n')
    with opened(workspace, tmp_path) as app:
        with pytest.raises(ConfigurationError) as caught:
            app.runs()
        assert [str(problem) for problem in app.problems()] == [str(caught.value)]
    assert (
        str(caught.value)
        == f"{place}:2: store.url: there is no store 'oown'; there is: sqlite, own, postgres, postgresql"
    )
    place.write_text('[store]\nurl = "sqlite://me:hunter22@host/db"\n')
    with opened(workspace, tmp_path) as app, pytest.raises(ConfigurationError) as caught:
        app.runs()
    assert str(caught.value) == (
        f"{place}:2: store.url: 'sqlite://me:***@host/db' names no file that a journal could be"
    )


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (
            "raise ValueError(url)",
            ExtensionBroken,
            "open_store of extension own failed with ValueError: own://me:***@h",
        ),
        ("raise JournalError(f'no {url}', path=url)", JournalError, "no own://me:***@h"),
        ("raise JournalError('bad hunter22', path='x')", JournalError, "bad ***"),
        ("return 3", ExtensionBroken, "open_store of extension own returned an object of type int without acquire, "),
    ],
)
def test_what_cannot_be_opened_is_told_without_its_password(
    workspace: Path, tmp_path: Path, body: str, error: type[Exception], message: str
) -> None:
    """Whatever the extension puts into its error."""
    store(workspace, body)
    with using(workspace, tmp_path, "own://me:hunter22@h") as app, pytest.raises(error) as caught:
        app.runs()
    assert str(caught.value).startswith(message)
    assert "hunter22" not in f"{caught.value} {caught.value.details}"  # type: ignore[attr-defined]


def test_a_store_that_fails_is_named(workspace: Path, tmp_path: Path) -> None:
    """A call, a list that is read bit by bit, and what writes a run."""
    store(
        workspace,
        """
            real = open_journal(Path(url.partition('://')[2]))
            class Journal:
                def __getattr__(self, name):
                    return getattr(real, name)
                def list_runs(self, **wanted):
                    raise OSError("the wire is cut")
                def list_operations(self, *arguments, **options):
                    yield from real.list_operations(*arguments, **options)
                    raise OSError("the wire is cut")
                def acquire(self, *arguments):
                    writer = real.acquire(*arguments)
                    class Writer:
                        workflow_id, fence = writer.workflow_id, writer.fence
                        renew, hold, release = writer.renew, writer.hold, writer.release
                        def commit(self, batch):
                            raise OSError("the wire is cut")
                    return Writer()
            return Journal()
        """,
    )
    words = "of extension own failed with OSError: the wire is cut"
    with using(workspace, tmp_path, f"own://{tmp_path}/x.db") as app:
        with pytest.raises(ExtensionBroken, match=f"list_runs of the journal {words}"):
            app.runs()
        with pytest.raises(
            ExtensionBroken, match=f"commit of what acquire of the journal of extension own returned {words[17:]}"
        ):
            app.run(flow(command("a", "true")), workflow_id="wf")
        with pytest.raises(ExtensionBroken, match=f"list_operations of the journal {words}"):
            list(app.operations("wf"))


def test_the_example_keeps_the_journal_elsewhere(workspace: Path, tmp_path: Path) -> None:
    """With another mode, and refuses what it does not understand."""
    options = {"extension_paths": [EXAMPLES / "tuned-store"]}
    with using(workspace, tmp_path, "sqlite-tuned:///journals/team.db?synchronous=NORMAL", **options) as app:
        assert app.run(flow(command("a", "true"))).state is RunState.SUCCEEDED
    assert (workspace / "journals" / "team.db").exists()
    for url in ("sqlite-tuned:///x?mode=1", "sqlite-tuned://host/x", "sqlite-tuned:///x?synchronous=SOON"):
        with using(workspace, tmp_path, url, **options) as app, pytest.raises(ConfigurationError):
            app.runs()

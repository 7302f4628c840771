"""https, with a real handshake: who may vouch for a server, and what is told when it cannot be."""

import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import trustme

from provisioning.api import ApiSettings
from provisioning.api.server import serve
from provisioning.app import App, Scope, Tokens
from provisioning.client import Client
from provisioning.errors import ConfigurationError, NetworkFailure
from provisioning.testing import IsolatedWorkspace, run_command
from tests.api.serving import serving
from tests.api.test_killing import Program


@dataclass(frozen=True)
class Papers:
    """The files of a server and of whoever vouches for it."""

    certificate: Path
    key: Path
    authority: Path


def papers(folder: Path) -> Papers:
    folder.mkdir(exist_ok=True)
    authority = trustme.CA()
    found = authority.issue_cert("127.0.0.1", "localhost")
    mine = Papers(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    found.cert_chain_pems[0].write_to_path(mine.certificate)
    found.private_key_pem.write_to_path(mine.key)
    authority.cert_pem.write_to_path(mine.authority)
    return mine


@pytest.fixture
def mine(tmp_path: Path) -> Papers:
    return papers(tmp_path / "mine")


@pytest.fixture
def url(app: App, mine: Papers) -> Iterator[str]:
    """Where a server of https is."""
    with serving(app, tls_certificate=mine.certificate, tls_key=mine.key) as asking:
        yield asking.url.replace("http:", "https:")


def test_a_client_that_knows_the_authority_is_served(url: str, mine: Papers) -> None:
    """By the client for Python, and by the command line, whose file stands in the environment."""
    assert list(Client(url, certificates=mine.authority).runs()) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROVISIONING_CA_FILE", str(mine.authority))
        shown = run_command("--server", url, "workflow", "list", "-o", "json")
    assert (shown.exit_code, shown.data) == (0, [])


def test_a_server_that_nobody_vouches_for_is_told_nothing(url: str, tmp_path: Path) -> None:
    """Neither by the system's authorities nor by another one; the token is not sent."""
    for certificates in (None, papers(tmp_path / "other").authority):
        with pytest.raises(NetworkFailure, match="certificate verify failed"):
            Client(url, certificates=certificates, token="prov_x_y").runs()


def test_a_file_that_holds_no_certificate_is_told_of(url: str, tmp_path: Path) -> None:
    """In one error, before anything is asked."""
    (tmp_path / "text").write_text("no certificate", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        Client(url, certificates=tmp_path / "text")
    assert caught.value.message == f"certificates: {tmp_path / 'text'} cannot be used: it holds no certificate in PEM"
    with pytest.raises(ConfigurationError, match="No such file or directory"):
        Client(url, certificates=tmp_path / "nowhere")


def test_a_server_does_not_start_with_files_that_do_not_fit(app: App, mine: Papers, tmp_path: Path) -> None:
    """The key of another certificate, a text, a file that is not there: one error each."""
    (tmp_path / "text").write_text("no key", encoding="utf-8")
    for key, reason in (
        (papers(tmp_path / "other").key, "the key is not its own"),
        (tmp_path / "text", "it is no certificate in PEM"),
        (tmp_path / "nowhere", "No such file or directory"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            serve(app, ApiSettings(port=0, tls_certificate=mine.certificate, tls_key=key), print)
        assert reason in caught.value.message
    with pytest.raises(ConfigurationError, match="TLS needs both files"):
        ApiSettings(tls_certificate=mine.certificate)


def test_old_versions_of_tls_are_refused(url: str, mine: Papers) -> None:
    """Nothing older than 1.2 is spoken."""
    context = ssl.create_default_context(cafile=mine.authority)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    connection = HTTPSConnection(urlsplit(url).netloc, context=context, timeout=20)
    with pytest.raises(ssl.SSLError):
        connection.request("GET", "/health")
    connection.close()


def test_over_https_the_cookie_of_the_page_never_travels_in_the_clear(url: str, app: App, mine: Papers) -> None:
    """And the browser is told to come back by https only."""
    _, token = Tokens(app.workspace).create("me", Scope.READ, lifetime=None)
    context = ssl.create_default_context(cafile=mine.authority)
    connection = HTTPSConnection(urlsplit(url).netloc, context=context, timeout=20)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": url}
    connection.request("POST", "/ui/sign-in", urlencode({"token": token}), headers)
    answer = connection.getresponse()
    assert (answer.status, "; Secure" in (answer.headers["Set-Cookie"] or "")) == (303, True)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    connection.close()


def test_the_command_serves_https(isolated_workspace: IsolatedWorkspace, mine: Papers) -> None:
    """`serve --tls-cert FILE --tls-key FILE`, in a process of its own."""
    program = Program(isolated_workspace.folder)
    try:
        asking = program.start("--tls-cert", str(mine.certificate), "--tls-key", str(mine.key))
        assert asking.url.startswith("https://localhost:")
        assert list(Client(asking.url, certificates=mine.authority).runs()) == []
    finally:
        program.end(signal.SIGKILL)

"""Contracts of the connection: cheap to ask, and an answer whatever is wrong."""

from provisioning.contract import ConnectionStatus
from provisioning.testing.conformance.trial import Trial

__all__ = ["ConnectionContracts"]


class ConnectionContracts:
    """What `check_connection` promises."""

    def test_check_connection_answers(self, trial: Trial) -> None:
        """check_connection says that the cloud is reachable and the credentials are not refused, with one cheap call.

        It is asked of every provider at once, by people who wait.
        """
        begin = trial.setup.clock()
        status = trial.hooks.call("check_connection", context=trial.context)
        took = trial.setup.clock() - begin
        assert isinstance(status, ConnectionStatus), f"it returns {status!r}, which is no ConnectionStatus"
        assert status.reachable, f"the cloud cannot be reached: {status.message}"
        assert status.authenticated is not False, f"the credentials are refused: {status.message}"
        assert took <= trial.setup.call_time, f"it took {took:g} s, more than {trial.setup.call_time:g} s"

    def test_an_unreachable_cloud_is_an_answer(self, trial: Trial) -> None:
        """check_connection never raises: of a cloud that cannot be reached it says so, and why.

        Turn what the SDK raises into ConnectionStatus(reachable=False, message=...).
        """
        status = trial.unreachable().call("check_connection", context=trial.context)
        assert isinstance(status, ConnectionStatus), f"it returns {status!r}, which is no ConnectionStatus"
        assert not status.reachable, "it says that a cloud is reachable which is not"
        assert status.message, "it does not say why the cloud cannot be reached"

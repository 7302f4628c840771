"""`workflow`: the join that is left of a nested workflow, once its operations stand in the graph themselves."""

from provisioning.contract import Done, Operation, OperationKind, hookimpl
from provisioning_kinds.shape import document, of_type

__all__ = ["WORKFLOW"]


class _Workflow:
    """Answers with the outputs, which were resolved when everything nested had ended; leaves nothing to undo."""

    @hookimpl
    def run_operation(self, operation: Operation) -> Done:
        """Hand on what the nested workflow answers with."""
        return Done(operation.parameters.get("outputs", {}))


WORKFLOW = OperationKind(
    name="workflow",
    summary="run a nested workflow",
    parameters=document({"outputs": of_type("object", "The outputs of the nested workflow.")}),
    handler=_Workflow(),
    result=of_type("object", "The outputs of the nested workflow."),
)

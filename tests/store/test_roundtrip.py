"""Whatever a driver writes comes back as it was, and events only ever rise."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioning.contract import (
    Batch,
    Compensation,
    CompensationAction,
    EventKind,
    NewEvent,
    NewRun,
    OperationRecord,
    OperationState,
    Resource,
)
from provisioning.errors import ErrorInfo
from tests.store.scene import Fresh, driven

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = texts.filter(bool)
plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
"""What stands in columns of its own: ids and names, in which a zero character is refused long before."""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
documents: st.SearchStrategy[dict[str, Any]] = st.dictionaries(texts, values, max_size=4)
times = st.floats(min_value=0, max_value=1e11)
errors = st.builds(
    ErrorInfo, code=names, message=texts, hint=st.none() | names, retryable=st.booleans(), details=documents
)
compensations = st.builds(Compensation, action=st.sampled_from(CompensationAction), summary=texts, data=documents)
resources = st.builds(Resource, type=texts, id=texts, provider=st.none() | texts, name=st.none() | texts)
records = st.builds(
    OperationRecord,
    operation_id=plain.filter(bool),
    kind=plain,
    state=st.sampled_from(OperationState),
    position=st.integers(0, 2**40),
    provider=st.none() | plain,
    attempt=st.integers(0, 1000),
    generation=st.integers(0, 1000),
    client_token=plain,
    digest=plain,
    compensation=st.none() | compensations,
    progress=st.none() | documents,
    result=st.none() | documents,
    resources=st.lists(resources, max_size=3).map(tuple),
    error=st.none() | errors,
    started_at=st.none() | times,
    ended_at=st.none() | times,
)
some_records = st.lists(
    records, max_size=5, unique_by=(lambda record: record.position, lambda record: record.operation_id)
)
events = st.builds(NewEvent, kind=st.sampled_from(EventKind), operation_id=st.none() | plain, data=documents)


@settings(max_examples=60, deadline=None)
@given(written=some_records)
def test_records_come_back_as_they_were(fresh: Fresh, written: list[OperationRecord]) -> None:
    """Every field of every record survives, None apart from empty, in the order of positions."""
    with fresh() as journal:
        driven(journal).commit(Batch(written))

        expected = sorted(written, key=lambda record: record.position)
        assert expected == list(journal.list_operations("wf-1"))
        assert expected == [journal.get_operation("wf-1", record.operation_id) for record in expected]


@settings(max_examples=60, deadline=None)
@given(batches=st.lists(st.tuples(st.booleans(), st.lists(events, max_size=4)), max_size=6))
def test_events_come_back_as_they_were(fresh: Fresh, batches: list[tuple[bool, list[NewEvent]]]) -> None:
    """However two runs take turns, their events come back in the order of commits, at places that rise by one."""
    with fresh() as journal:
        writers = (driven(journal, "wf-0"), driven(journal, "wf-1"))
        for which, batch in batches:
            writers[which].commit(Batch(events=list(batch)))

        kept = journal.list_events()
        assert [event.sequence for event in kept] == list(range(1, len(kept) + 1))
        expected = [(f"wf-{which:d}", event) for which, batch in batches for event in batch]
        assert expected == [(event.workflow_id, NewEvent(event.kind, event.operation_id, event.data)) for event in kept]


@settings(max_examples=40, deadline=None)
@given(document=documents, error=errors)
def test_documents_and_errors_come_back_as_they_were(fresh: Fresh, document: dict[str, Any], error: ErrorInfo) -> None:
    """A run's document and its error survive, whatever is in them."""
    with fresh() as journal:
        journal.create_run(NewRun("wf-1", "n", document, "d", 0))
        journal.acquire("wf-1", "a").commit(Batch(state=journal.get_run("wf-1").state, error=error))

        assert document == journal.get_document("wf-1")
        assert error == journal.get_run("wf-1").error

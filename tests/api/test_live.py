"""Events as they come: replayed, then live, by one cursor; nothing lost, nothing twice."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from provisioning.api.feed import Feed
from provisioning.api.stream import JsonLines, ServerSentEvents, Stream
from provisioning.app import App
from provisioning.contract import Batch, EventKind, Journal, NewEvent, NewRun, RunState, RunWriter
from tests.api.serving import Asking, serving
from tests.api.test_workflows import echo, waits


def told(stream: Any) -> Iterator[dict[str, str]]:
    """Read server-sent events: the fields of each one; a comment is one with the field `comment`."""
    fields: dict[str, str] = {}
    for raw in stream:
        line = raw.decode().rstrip("\n")
        if not line:
            if fields:
                yield fields
            fields = {}
            continue
        name, _, value = line.partition(": ")
        fields[name or "comment"] = value


def sequences(events: list[dict[str, str]]) -> list[int]:
    return [int(event["id"]) for event in events if "id" in event]


def test_a_run_is_told_from_its_first_event_to_its_last(ask: Asking) -> None:
    """Replay and live are one stream, and it says when it is over."""
    ask("POST", "/workflows", echo(workflow_id="wf-1"))
    with ask.open("GET", "/workflows/wf-1/events") as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        events = list(told(stream))
    kinds = [event.get("event") for event in events]
    assert (kinds[0], kinds[-2:]) == ("WorkflowStarted", ["WorkflowCompleted", "end"])
    assert sequences(events) == [event["sequence"] for event in ask.get("/workflows/wf-1/logs").data]
    assert [json.loads(event["data"])["kind"] for event in events[:-1]] == kinds[:-1]


def test_a_client_that_comes_back_misses_nothing_and_reads_nothing_twice(ask: Asking) -> None:
    """Its `Last-Event-ID` is where it goes on; when there is nothing more, 204 tells it to stay away."""
    ask("POST", "/workflows", echo(workflow_id="wf-1"))
    ask.wait("wf-1")
    whole = [event["sequence"] for event in ask.get("/workflows/wf-1/logs").data]
    for seen in range(1, len(whole)):
        with ask.open("GET", "/workflows/wf-1/events", headers={"Last-Event-ID": str(whole[seen - 1])}) as stream:
            assert sequences(list(told(stream))) == whole[seen:]
    assert ask.get("/workflows/wf-1/events", Last_Event_ID=str(whole[-1])).status == 204


def test_events_come_while_the_run_goes_on(ask: Asking, app: App) -> None:
    """The stream is not held back until it is full."""
    ask("POST", "/workflows", waits(workflow_id="wf-w"))
    with ask.open("GET", "/workflows/wf-w/events") as stream:
        for event in told(stream):
            if event.get("event") == "OperationStarted" and '"waits"' in event["data"]:
                break
        assert ask.get("/workflows/wf-w").data["state"] == "running"
        (app.workspace / "go-on").touch()
        assert [event["event"] for event in told(stream)][-1] == "end"


def test_all_runs_are_told_whoever_drives_them(ask: Asking, app: App) -> None:
    """`/events` has no end; a run of another process is in it as well."""
    with ask.open("GET", "/events") as stream:
        events = told(stream)
        app.run(echo(), workflow_id="by-hand")
        ask("POST", "/workflows", echo(workflow_id="by-http"))
        ended: set[str] = set()
        for event in events:
            if event.get("event") == "WorkflowCompleted":
                ended.add(json.loads(event["data"])["workflow_id"])
            if ended == {"by-hand", "by-http"}:
                break


def test_a_page_of_events_has_a_cursor(ask: Asking) -> None:
    """Read page by page they are the same."""
    ask("POST", "/workflows", echo(workflow_id="wf-1"))
    ask.wait("wf-1")
    found, cursor = [], "0"
    while cursor is not None:
        answer = ask.get(f"/events?limit=2&after={cursor}", Accept="application/json")
        found += answer.data
        cursor = answer.body["metadata"]["next_cursor"]
    assert found == ask.get("/workflows/wf-1/logs").data


def test_heart_beats_come_while_nothing_happens(app: App) -> None:
    """Each form has its own: proxies keep the connection, and clients ignore it."""
    with serving(app, heartbeat=0.05) as asking:
        with asking.open("GET", "/events") as stream:
            assert next(told(stream)) == {"comment": "nothing new"}
        with asking.open("GET", "/events", headers={"Accept": "application/jsonl"}) as stream:
            assert next(stream) == b"\n"


def test_followers_are_let_go_when_the_server_stops(app: App) -> None:
    """Nobody who only listens holds it up."""
    with serving(app) as asking:
        stream = asking.open("GET", "/events")
    assert stream.read() == b""
    stream.close()


@contextmanager
def written(journal: Journal, workflow_id: str = "wf-1") -> Iterator[RunWriter]:
    """A run that events can be written to."""
    journal.create_run(NewRun(workflow_id, "run", {"name": "run"}, workflow_id, 1))
    writer = journal.acquire(workflow_id, "test")
    yield writer
    writer.release()


def add(writer: RunWriter, count: int) -> None:
    writer.commit(Batch(events=[NewEvent(EventKind.OPERATION_OUTPUT) for _ in range(count)]))


def stream_of(feed: Feed, **more: Any) -> Stream:
    given = {"workflow_id": None, "after": 0, "is_over": lambda: False, "heartbeat": 30.0, "max_lag": 2000, **more}
    return Stream(feed=feed, form=JsonLines(), **given)


def numbers(chunk: str) -> list[int]:
    return [json.loads(line)["sequence"] for line in chunk.splitlines() if line]


def test_thousands_of_idle_followers_cost_no_thread(app: App) -> None:
    """Each waits as a future; one event wakes all who follow its run, and none of the others."""

    async def check() -> None:
        feed = Feed(app.journal)
        with written(app.journal) as writer:
            before = threading.active_count()
            mine = [stream_of(feed, workflow_id="wf-1").chunks() for _ in range(1000)]
            others = [stream_of(feed, workflow_id="wf-other").chunks() for _ in range(1000)]
            tasks = [asyncio.ensure_future(anext(chunks)) for chunks in (*mine, *others)]
            while feed.followers < 2000:
                await asyncio.sleep(0)
            assert threading.active_count() - before <= 40
            await asyncio.to_thread(add, writer, 1)
            found = await asyncio.wait_for(asyncio.gather(*tasks[:1000]), 30)
            assert {tuple(numbers(chunk)) for chunk in found} == {(1,)}
            assert not any(task.done() for task in tasks[1000:])
            for task in tasks[1000:]:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for chunks in mine:
                await chunks.aclose()
            async with asyncio.timeout(30):
                while feed.followers:  # none of them is left behind
                    await asyncio.sleep(0)
        feed.close()
        feed.join()

    asyncio.run(check())


@pytest.mark.parametrize("size", [3, 2500, 4000])
def test_nothing_is_lost_between_replay_and_live(size: int, app: App) -> None:
    """Whatever is written while one reads, each event comes once, in order."""

    async def check() -> None:
        with written(app.journal) as writer:
            await asyncio.to_thread(add, writer, 10)
            feed = Feed(app.journal)
            found: list[int] = []
            writing = asyncio.ensure_future(
                asyncio.to_thread(lambda: [add(writer, count) for count in (1, size, 1)] and None)
            )
            async for chunk in stream_of(feed, max_lag=10**9).chunks():
                found += numbers(chunk)
                if len(found) >= size + 12:
                    break
            await writing
            assert found == list(range(1, size + 13))
        feed.close()
        feed.join()

    asyncio.run(check())


def test_a_slow_follower_is_told_how_many_it_missed(app: App) -> None:
    """It goes on with what is new, and can read the rest by the numbers that it is told."""

    async def check() -> None:
        with written(app.journal) as writer:
            await asyncio.to_thread(add, writer, 3)
            feed = Feed(app.journal)
            chunks = stream_of(feed, max_lag=2000).chunks()
            assert numbers(await anext(chunks)) == [1, 2, 3]
            waiting = asyncio.ensure_future(anext(chunks))
            while not feed.followers:
                await asyncio.sleep(0)
            await asyncio.to_thread(add, writer, 1)
            assert numbers(await waiting) == [4]
            await asyncio.to_thread(add, writer, 2500)
            assert json.loads(await anext(chunks)) == {"missed": 2500, "after": 4, "newest": 2504}
            await asyncio.to_thread(add, writer, 1)
            assert numbers(await anext(chunks)) == [2505]
            await chunks.aclose()
        feed.close()
        feed.join()

    asyncio.run(check())


def test_what_was_missed_has_its_form_in_each_stream() -> None:
    """A browser that comes back after it goes on behind what it missed."""
    assert ServerSentEvents().missed(2, 3, 5) == ('id: 5\nevent: missed\ndata: {"missed":2,"after":3,"newest":5}\n\n')
    assert JsonLines().missed(2, 3, 5) == '{"missed":2,"after":3,"newest":5}\n'


def test_a_stream_of_one_run_ends_with_it(app: App) -> None:
    """Its end is seen by its last event, not by a time-out."""

    async def check() -> None:
        with written(app.journal) as writer:
            feed = Feed(app.journal)

            def is_over() -> bool:
                return not app.journal.get_run("wf-1").state.is_active

            stream = stream_of(feed, workflow_id="wf-1", is_over=is_over)
            end = Batch(events=[NewEvent(EventKind.WORKFLOW_COMPLETED)], state=RunState.SUCCEEDED)

            async def read() -> str:
                return "".join([chunk async for chunk in stream.chunks()])

            reading = asyncio.ensure_future(read())
            while not feed.followers:
                await asyncio.sleep(0)
            began = time.monotonic()
            await asyncio.to_thread(writer.commit, end)
            assert numbers(await asyncio.wait_for(reading, 20)) == [1]
            assert time.monotonic() - began < 20
        feed.close()
        feed.join()

    asyncio.run(check())


def test_the_last_event_is_told_though_the_feed_has_not_seen_it(app: App) -> None:
    """The memory of the feed may be behind the journal when the run is over: the journal has the last word."""

    async def check() -> None:
        with written(app.journal) as writer:
            feed = Feed(app.journal)
            feed.close()  # it reads nothing any more
            await asyncio.to_thread(feed.join)
            await asyncio.to_thread(writer.commit, Batch(events=[NewEvent(EventKind.WORKFLOW_COMPLETED)]))
            chunks = [chunk async for chunk in stream_of(feed, workflow_id="wf-1", is_over=lambda: True).chunks()]
        assert numbers("".join(chunks)) == [1]

    asyncio.run(check())

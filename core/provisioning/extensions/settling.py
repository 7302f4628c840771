"""Which of the extensions that were found may be used together: the passes over all records, in their order."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from packaging.requirements import Requirement

from provisioning.extensions.compatibility import Surroundings, compatibility_problems, satisfies
from provisioning.extensions.offer import OFFERS, Offer
from provisioning.extensions.ordering import order_graph
from provisioning.extensions.problem import ExtensionProblem, ProblemCode
from provisioning.extensions.record import ExtensionRecord, Status
from provisioning.extensions.selection import Selection

__all__ = ["settle"]

_PREFER = 'say which one is used under [extensions.prefer]: {} = "ORIGIN" (package, folder, a distribution or a path)'


def settle(
    records: Sequence[ExtensionRecord],
    *,
    selection: Selection,
    prefer: Mapping[str, str],
    here: Surroundings,
) -> None:
    """Note on each record what keeps it out of use; what is disabled stands in nobody's way."""
    for record in records:
        for problem in selection.refusals(record):
            record.refuse(problem)
    for record in records:
        if record.is_ready and record.location is not None:
            for problem in compatibility_problems(record.manifest, record.location, here):
                record.refuse(problem)
    _settle_names(records, prefer)
    for offer in OFFERS:
        _settle_offer(offer, records, prefer)
    _settle_enemies(records)
    _settle_needs(records)
    if _settle_circles(records):
        _settle_needs(records)


def _in_use(records: Sequence[ExtensionRecord]) -> list[ExtensionRecord]:
    return [record for record in records if record.status is not Status.DISABLED]


def _settle_names(records: Sequence[ExtensionRecord], prefer: Mapping[str, str]) -> None:
    """Of several with one name, the preferred one stays; without a preference, none does."""
    ordered = sorted(_in_use(records), key=lambda record: record.name)
    for name, found in groupby(ordered, key=lambda record: record.name):
        group = list(found)
        if len(group) > 1:
            _settle_name(name, group, prefer.get(name))


def _settle_name(name: str, group: Sequence[ExtensionRecord], preference: str | None) -> None:
    meant = [record for record in group if preference is not None and record.origin.is_meant_by(preference)]
    if len(meant) == 1:
        for record in group:
            if record is not meant[0]:
                why = f"the configuration prefers {meant[0].origin}"
                record.refuse(ExtensionProblem(ProblemCode.NOT_PREFERRED, why, f"change extensions.prefer.{name}"))
        return
    places = " and ".join(str(record.origin) for record in group)
    why = f"the name {name} is taken by {places}"
    if preference is not None:
        why += f", and the preference {preference!r} names {'none' if not meant else 'more than one'} of them"
    for record in group:
        record.refuse(ExtensionProblem(ProblemCode.NAME_CONFLICT, why, _PREFER.format(name)))


def _settle_offer(offer: Offer, records: Sequence[ExtensionRecord], prefer: Mapping[str, str]) -> None:
    """Of several extensions that offer one thing, the preferred one brings it; else none does."""
    owners: dict[str, list[ExtensionRecord]] = {}
    for record in records:
        if record.is_ready:
            for name in offer.names(record):
                owners.setdefault(name, []).append(record)
    for name, group in owners.items():
        if len(group) > 1 and prefer.get(name) not in [record.name for record in group]:
            names = " and ".join(map(str, group))
            hint = f'say which one is used under [extensions.prefer]: {name} = "EXTENSION", or disable one'
            for record in group:
                why = f"the {offer.noun} {name} is brought by {names}"
                record.refuse(ExtensionProblem(offer.conflict, why, hint))


def _settle_enemies(records: Sequence[ExtensionRecord]) -> None:
    """An extension that says it cannot stand beside another one gives way to it."""
    for record in records:
        if record.is_ready:
            for written in record.manifest.compatibility.conflicts:
                enemy = Requirement(written)
                for other in _in_use(records):
                    if other is not record and other.name == enemy.name and _fits(other, enemy):
                        why = f"it cannot stand beside {written}, and you have {other}"
                        record.refuse(
                            ExtensionProblem(ProblemCode.CONFLICTS_WITH, why, "disable or uninstall one of the two")
                        )


def _settle_needs(records: Sequence[ExtensionRecord]) -> None:
    """Take out what needs something that is not there, until nothing more falls."""
    has_fallen = True
    while has_fallen:
        has_fallen = False
        for record in records:
            if record.is_ready:
                for problem in _missing(record, records):
                    record.refuse(problem)
                    has_fallen = True


def _settle_circles(records: Sequence[ExtensionRecord]) -> bool:
    """Take out whatever comes after itself, each with the way round to it; return whether there is any."""
    graph = order_graph(records)
    if graph.find_cycle() is None:
        return False
    ready = [record for record in records if record.is_ready]
    for record in ready:
        circle = graph.cycle_through(record.name)
        if circle is not None:
            why = f"it comes after itself: {' -> '.join(circle)}"
            hint = "take one of these names out of `after` or `requires`, or disable one of the extensions"
            record.refuse(ExtensionProblem(ProblemCode.ORDER_CIRCLE, why, hint))
    return True


def _missing(record: ExtensionRecord, records: Sequence[ExtensionRecord]) -> list[ExtensionProblem]:
    problems = []
    for written in record.manifest.compatibility.requires:
        need = Requirement(written)
        found = [other for other in records if other.name == need.name and other is not record]
        if not any(other.is_ready and _fits(other, need) for other in found):
            why = f"you have {_have(found)}, it needs {written}"
            hint = f"install or enable the extension {need.name} in a version that fits"
            problems.append(ExtensionProblem(ProblemCode.REQUIRES_MISSING, why, hint))
    return problems


def _have(found: Sequence[ExtensionRecord]) -> str:
    words = [str(other) if other.is_ready else f"{other}, which is {_words(other.status)}" for other in found]
    return " and ".join(words) or "no such extension"


def _words(status: Status) -> str:
    return status.replace("_", " ")


def _fits(other: ExtensionRecord, need: Requirement) -> bool:
    return other.version is not None and satisfies(other.version, str(need.specifier))

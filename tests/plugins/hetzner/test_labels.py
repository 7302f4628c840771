"""Labels in Hetzner's alphabet come back as they were given."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.errors import InvalidRequest
from provisioning_hetzner.labels import as_labels, as_selector, from_labels

FITS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=200) | st.from_regex(r"u-.{0,20}-u(\.[0-9])?", fullmatch=True)
LABELS = st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=4), TEXTS, max_size=5)


@given(LABELS)
def test_any_label_goes_there_and_back(labels: dict[str, str]) -> None:
    """Whatever it holds and however long its value is; what is sent is in Hetzner's alphabet."""
    sent = as_labels(labels)
    assert from_labels(sent) == labels
    assert [text for pair in sent.items() for text in pair if not FITS.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"provisioning-workflow": "wf-1.2_b"}, {"provisioning-workflow": "wf-1.2_b"}),
        ({"tier": "a b/ü"}, {"tier": "u-a_20b_2F_C3_BC-u"}),
        ({"a_b/c": "x"}, {"u-a_5Fb_2Fc-u": "x"}),
        ({"empty": ""}, {"empty": "u--u"}),
        ({"_": "u-x-u"}, {"u-_5F-u": "u-u-x-u-u"}),
        ({"id": "x" * 64}, {"id": f"u-{'x' * 59}-u", "u-id-u.1": "u-xxxxx-u"}),
    ],
)
def test_what_fits_is_written_as_it_is(given: dict[str, str], sent: dict[str, str]) -> None:
    """People find their labels in Hetzner's console; what does not fit is still readable."""
    assert as_labels(given) == sent


def test_labels_of_strangers_are_shown_as_they_are() -> None:
    """Also those that only look like ours."""
    strangers = {"env": "prod", "u-": "-u", "long": "u-a_zz", "example.com/role": "db"}
    assert from_labels(strangers) == strangers


def test_a_key_that_is_too_long_is_refused() -> None:
    """A key has one label only."""
    with pytest.raises(InvalidRequest) as caught:
        as_labels({"k" * 64: "x"})
    assert caught.value.message == f"label {'k' * 64!r} is too long for Hetzner, or its value is"


def test_a_selector_asks_for_all_of_them() -> None:
    """In the alphabet of labels, so that nothing in it can be taken for an operator."""
    assert as_selector({"tier": "web", "note": "a,b!=c"}) == "tier==web,note==u-a_2Cb_21_3Dc-u"

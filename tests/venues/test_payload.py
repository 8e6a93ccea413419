"""How a payload is asked: by name, and every answer of the wrong form is an error that says where."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from marginrules.account.state import StateError
from marginrules.venues.figures import check_figure
from marginrules.venues.payload import Part, each_once, last_place, optional_decimal

REQUESTS = {"state": "the `state` request"}


def part(value: object) -> Part:
    return Part({"state": {"a/b": [{"x": value}]}}, "file.json", REQUESTS).member("state").member("a/b").items()[0]


def test_a_part_knows_its_json_pointer_and_its_name() -> None:
    found = part("1").member("x")
    assert found.pointer == "/state/a~1b/0/x"
    assert found.name == "state.a/b[0].x"


def test_what_is_absent_is_asked_for_by_name_with_the_request_that_answers_it() -> None:
    with pytest.raises(StateError) as raised:
        Part({}, "file.json", REQUESTS).member("state")
    assert str(raised.value) == (
        "file.json: /state: the payload lacks state\nhelp: add the answer of the `state` request as `state`"
    )


def test_a_null_is_absent() -> None:
    with pytest.raises(StateError, match=r"lacks state\.a/b\[0\]\.x"):
        part(None).member("x")


@pytest.mark.parametrize("written", ["12.50", Decimal("12.50")])
def test_a_number_keeps_its_digits_as_text_or_as_a_decimal(written: object) -> None:
    assert str(part(written).member("x").decimal()) == "12.50"


@pytest.mark.parametrize(
    "written", ["", "1,5", "NaN", "Infinity", "٣", "0x10", True, [], {}, Decimal("NaN"), "1" * 61, "1e999"]
)
def test_what_is_no_number_of_at_most_sixty_digits_is_refused(written: object) -> None:
    with pytest.raises(StateError) as raised:
        part(written).member("x").decimal()
    assert raised.value.pointer == "/state/a~1b/0/x"


def test_a_binary_float_is_refused_because_its_digits_are_lost() -> None:
    with pytest.raises(StateError, match="parse_float=Decimal"):
        part(0.1).member("x").decimal()


@pytest.mark.parametrize(
    ("written", "ask", "problem"),
    [
        ("0", Part.positive, "must be greater than zero"),
        ("1.5", Part.integer, "a whole number is due"),
        ("maybe", Part.flag, "true or false is due"),
        (Decimal(1), Part.text, "a text is due"),
        (Decimal(1), Part.items, "a list is due"),
        (Decimal("1e30"), Part.moment, "no time in milliseconds"),
        ("sideways", lambda found: found.choice({"up": "up", "down": "down"}), "`sideways`"),
        (Decimal(1), lambda found: found.member("y"), "an object is due"),
    ],
)
def test_a_value_of_the_wrong_form_is_an_error_at_its_place(
    written: object, ask: Callable[[Part], object], problem: str
) -> None:
    with pytest.raises(StateError) as raised:
        ask(part(written).member("x"))
    assert problem in raised.value.problem
    assert raised.value.pointer == "/state/a~1b/0/x"
    assert raised.value.remedy


def test_milliseconds_are_a_time_in_utc() -> None:
    assert part("1764506145684").member("x").moment() == datetime(2025, 11, 30, 12, 35, 45, 684000, UTC)


@pytest.mark.parametrize(("written", "meant"), [(True, True), ("false", False)])
def test_a_flag_may_be_written_as_text(written: object, meant: object) -> None:
    assert part(written).member("x").flag() is meant


def test_an_answer_for_one_symbol_is_one_row() -> None:
    assert [row.pointer for row in Part({"symbol": "A"}, "file", REQUESTS, ("rows",)).rows()] == ["/rows"]


def test_an_optional_number_that_is_absent_is_none() -> None:
    assert optional_decimal(part("1"), "y") is None


def test_a_key_that_comes_twice_is_refused_at_its_second_place() -> None:
    rows = Part([{"k": "a"}, {"k": "a"}], "file", REQUESTS).items()
    with pytest.raises(StateError, match="a is listed twice") as raised:
        dict(each_once((row.member("k").text(), row) for row in rows))
    assert raised.value.pointer == "/1"


def test_the_last_place_counts_the_zeros_that_are_printed() -> None:
    assert last_place(Decimal("12.30")) == Decimal("0.01")


@pytest.mark.parametrize("printed", ["0.11", "0.12"])
def test_a_figure_may_be_rounded_or_cut_off_within_its_last_digit(printed: str) -> None:
    shown = Part({"upl": printed}, "payload", REQUESTS).member("upl")
    check_figure(shown, Decimal("0.115"), Decimal(0), "what it is", "mend it")


@pytest.mark.parametrize("printed", ["0.10", "0.12"])
def test_a_figure_that_is_a_whole_unit_of_its_last_digit_away_is_refused(printed: str) -> None:
    shown = Part({"upl": printed}, "payload", REQUESTS).member("upl")
    with pytest.raises(StateError, match=r"what it is is 0\.11"):
        check_figure(shown, Decimal("0.11"), Decimal(0), "what it is", "mend it")

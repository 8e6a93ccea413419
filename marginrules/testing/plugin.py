"""The pytest plugin with the steps: accounts, moves and answers in the words of a margin policy's documentation.

Installed with the extra `testing`, pytest finds it by itself; a feature file then needs no Python of its own but the
line that binds it. Amounts may have thousands separators and are in the account's settlement asset; shares are written in percent.
"""

import os
import re
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when
from pytest_bdd.parser import Feature, Scenario, Step

import marginrules.account.documents as account_documents
from marginrules.arithmetic import plain_text
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.report import PoolReport, PositionReport
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.testing.steps import no_such_step
from marginrules.testing.world import Document, World, number

_AMOUNT = r"-?[\d,_]+(?:\.\d+)?"
_ID = r"[\w./:\-]+"

_FIGURES = {
    "equity": "equity",
    "initial margin": "initial_margin",
    "maintenance margin": "maintenance_margin",
    "margin ratio": "margin_ratio",
    "notional": "notional",
    "unrealized PnL": "unrealized_pnl",
    "liquidation price": "liquidation_price",
    "bankruptcy price": "bankruptcy_price",
}
_FIGURE = "|".join(_FIGURES) + r"|[a-z]\w*(?: (?!of\b)[a-z]\w*){0,5}"
"""A figure that every report has, or one that the policy publishes: its name, with `_` or with spaces."""
_MOVES = r"(?P<moves>[A-Z]\w* (?:falls|rises) by .+)"
_WALLET = r"(?: (?:in|to|from) wallet (?P<wallet>[\w./:\-]+))?"

_READABLE = {_AMOUNT: "AMOUNT", _ID: "ID", _FIGURE: "FIGURE", _MOVES: "BASE falls|rises by AMOUNT%"}
"""How the parts of patterns are shown to people."""

_FEATURE = pytest.StashKey[Path]()


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Feature, scenario: Scenario) -> None:
    """Note where the feature file lies: rule files are looked for beside it."""
    del scenario
    request.node.stash[_FEATURE] = Path(feature.filename).parent


def pytest_bdd_step_func_lookup_error(feature: Feature, step: Step) -> None:
    """A step that there is not ends the scenario with one message, in place of a traceback."""
    # Not public: where another release of pytest-bdd has none, nothing near is proposed.
    known = getattr(import_module("pytest_bdd.steps"), "step_function_context_registry", {})
    place = f"{os.path.relpath(feature.filename)}:{step.line_number}"
    pytest.fail(no_such_step(place, step.type, step.name, known.values(), _READABLE), pytrace=False)


def pytest_bdd_step_error(feature: Feature, step: Step, step_func: Callable[..., object], exception: Exception) -> None:
    """A step of this package that fails says where it stands and why, without the inside of the program."""
    if step_func.__module__ == __name__ and isinstance(exception, AssertionError | MarginRulesError):
        place = f"{os.path.relpath(feature.filename)}:{step.line_number}"
        # Where pytest rewrites assertions it adds the comparison to what they say.
        reason = str(exception).split("\nassert ")[0]
        failure = pytest.fail.Exception(f"{place}: `{step.type.capitalize()} {step.name}`\n{reason}", pytrace=False)
        raise failure from None


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """The scenario's account."""
    return World(request.node.stash.get(_FEATURE, request.path.parent))


# ---------------------------------------------------------------- given


@given(parsers.parse('the policy "{name}"'))
@when(parsers.parse('the policy is "{name}"'))
def use_policy(world: World, name: str) -> None:
    """The policy to evaluate under: a shipped one by name, or a rule file beside the feature."""
    world.use(name)


@given(parsers.re(rf"an account with (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*){_WALLET}"))
def account_with(world: World, amount: str, asset: str, wallet: str | None) -> None:
    """An account whose whole cash is this balance."""
    world.start(amount, asset, wallet)


@given("the account document:")
def account_document(world: World, docstring: str) -> None:
    """An account as its JSON document."""
    parsed = account_documents.load_json(docstring)
    assert isinstance(parsed, dict), "the document is not an object"
    world.document = parsed
    world.changed()


@given(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) (?P<side>long|short) (?P<name>\w+) of (?P<quantity>{_AMOUNT}) (?P<base>[A-Z]\w*)"
        rf" at (?P<price>{_AMOUNT}) with (?P<leverage>{_AMOUNT})x leverage"
    )
)
def position_at(
    world: World, mode: str, side: str, name: str, quantity: str, base: str, price: str, leverage: str
) -> None:
    """A position entered at the present mark; an isolated one is assigned its notional over its leverage."""
    world.add_position(mode, side, name, quantity, base, price, leverage)


@given(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*) (?:is|are) assigned to (?P<name>\w+)"))
def assigned(world: World, amount: str, asset: str, name: str) -> None:
    """The margin assigned to an isolated position."""
    _settles(world, name, asset)
    world.position(name)["assigned_margin"] = plain_text(number(amount))
    world.changed()


def _settles(world: World, name: str, asset: str) -> None:
    settle = world.contract_of(name)["settle"]
    assert settle == asset, f"{name} settles in {settle}, not in {asset}"


@given(parsers.re(rf"(?P<name>\w+) has accrued funding of (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*)"))
def accrued_funding(world: World, name: str, amount: str, asset: str) -> None:
    """Funding not yet settled; positive is due to the trader."""
    _settles(world, name, asset)
    world.position(name)["accrued_funding"] = plain_text(number(amount))
    world.changed()


@given(parsers.re(r"account (?P<name>\w+) is (?P<value>\S+)"))
def account_input(world: World, name: str, value: str) -> None:
    """A setting of the account, or a parameter of the policy that accounts carry."""
    world.document["account"][name] = _input(value)
    world.changed()


@given(
    parsers.re(
        rf"an? (?P<base>[A-Z]\w*) contract at (?P<price>{_AMOUNT})(?: (?P<quote>[A-Z]\w*))?(?P<inverse> settled in its base)?"
    )
)
def contract_at(world: World, base: str, price: str, quote: str | None, inverse: str | None) -> None:
    """A contract on an underlying at this mark, without a position; in the account's asset if no other is named."""
    world.add_contract(base, price, quote, inverse=inverse is not None)


@given(parsers.re(r"the (?P<base>[A-Z]\w*) contract has:"))
def instrument_fields(world: World, base: str, datatable: list[list[str]]) -> None:
    """Fields of the contract on an underlying, a row a field."""
    fields: Document = {}
    _fill_in(fields, datatable)
    world.say_of_contract(base, fields)


@given(parsers.re(r"the asset (?P<asset>[A-Z]\w*) has:"))
def asset_fields(world: World, asset: str, datatable: list[list[str]]) -> None:
    """Fields of an asset, a row a field: its index price, its collateral rate, what the policy declares."""
    _fill_in(world.asset(asset), datatable)
    world.changed()


@given(parsers.re(r"the asset (?P<asset>[A-Z]\w*) has (?P<name>\w+) (?P<value>\S+)"))
def asset_field(world: World, asset: str, name: str, value: str) -> None:
    """A field of an asset."""
    world.asset(asset)[name] = _input(value)
    world.changed()


@given(parsers.re(r"the (?P<base>[A-Z]\w*) contract has (?P<name>\w+) (?P<value>\S+)"))
def instrument_field(world: World, base: str, name: str, value: str) -> None:
    """A field of the contract on an underlying."""
    world.say_of_contract(base, {name: _input(value)})


@given(parsers.re(r"the (?P<base>[A-Z]\w*) contract is inverse, quoted in (?P<quote>[A-Z]\w*)"))
def inverse_contract(world: World, base: str, quote: str) -> None:
    """The contract settles in its base; an isolated position on it is assigned its value over its leverage again."""
    world.make_inverse(base, quote)


@given(parsers.re(r"the account is as of (?P<day>\d{4}-\d{2}-\d{2})"))
def as_of(world: World, day: str) -> None:
    """The day whose rules apply."""
    world.document["account"]["as_of"] = f"{day}T00:00:00Z"
    world.changed()


@given(parsers.re(r"the (?P<base>[A-Z]\w*) contract has the tiers:"))
def tiers(world: World, base: str, datatable: list[list[str]]) -> None:
    """The tier table of the contract on an underlying, a row a tier, columns by name."""
    columns, *rows = datatable
    world.instrument(base)["tiers"] = [
        {column: plain_text(number(cell)) for column, cell in zip(columns, row, strict=True) if cell.strip()}
        for row in rows
    ]
    world.changed()


@given(parsers.re(r"the (?P<base>[A-Z]\w*) contract has no mark price"))
def no_mark_price(world: World, base: str) -> None:
    """The mark is not known."""
    del world.instrument(base)["mark_price"]
    world.changed()


@given(
    parsers.re(
        rf"an? (?:resting|(?P<mode>isolated) resting) order to (?P<side>buy|sell) (?P<quantity>{_AMOUNT}) (?P<base>[A-Z]\w*) at (?P<price>{_AMOUNT}) with (?P<leverage>{_AMOUNT})x leverage"
    )
)
def resting_order(
    world: World, side: str, quantity: str, base: str, price: str, leverage: str, mode: str | None
) -> None:
    """An order in the book, in cross mode where it does not say isolated."""
    world.section("orders").append(
        {
            "symbol": world.instrument(base)["symbol"],
            "side": side,
            "quantity": plain_text(number(quantity)),
            "price": plain_text(number(price)),
            "reduce_only": False,
            "margin_mode": mode or "cross",
            "leverage": plain_text(number(leverage)),
        }
    )
    world.changed()


@given(parsers.re(rf"a balance of (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*){_WALLET}"))
def further_balance(world: World, amount: str, asset: str, wallet: str | None) -> None:
    """Cash of a further asset, or in a further wallet."""
    world.balance(asset, wallet)["wallet_balance"] = plain_text(number(amount))
    world.changed()


@given(
    parsers.re(rf"(?P<asset>[A-Z]\w*) is worth (?P<price>{_AMOUNT}) USD and counts (?P<share>{_AMOUNT}%) as collateral")
)
def collateral_asset(world: World, asset: str, price: str, share: str) -> None:
    """The index price of an asset, and the part of its value that counts."""
    record = world.asset(asset)
    record["index_price"] = plain_text(number(price))
    record["collateral_rate"] = plain_text(number(share))
    world.changed()


@given(parsers.re(rf"a cross pool with equity of (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*)"))
def pool_with_equity(world: World, amount: str, asset: str) -> None:
    """An account whose cross pool has this equity."""
    world.start(amount, asset)


@given(parsers.re(rf"a combined maintenance margin of (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*)"))
def combined_maintenance(world: World, amount: str, asset: str) -> None:
    """Two cross positions, long and short of one value, that together must maintain this amount at a rate of 5 %."""
    half = number(amount) * 10
    for name, side, base in (("A", "long", "BTC"), ("B", "short", "ETH")):
        world.add_position("cross", side, name, "1", base, plain_text(half), "10")
    del asset
    world.document["account"]["maintenance_rate"] = "0.05"
    world.changed()


# ---------------------------------------------------------------- when


@given(parsers.re(r"(?P<name>\w+) is (?P<mode>cross|isolated) instead"))
@when(parsers.re(r"(?P<name>\w+) is (?P<mode>cross|isolated) instead"))
def mode_instead(world: World, name: str, mode: str) -> None:
    """The same account with a position in the other mode."""
    world.set_mode(name, mode)


@given(parsers.re(r"every position is (?P<mode>cross|isolated) instead"))
@when(parsers.re(r"every position is (?P<mode>cross|isolated) instead"))
def every_mode(world: World, mode: str) -> None:
    """The same account with all positions in one mode."""
    for record in world.section("positions"):
        world.set_mode(record["id"], mode)


@given(parsers.re(rf"the leverage of (?P<name>\w+) is (?P<leverage>{_AMOUNT}) instead"))
@when(parsers.re(rf"the leverage of (?P<name>\w+) is (?P<leverage>{_AMOUNT}) instead"))
def leverage_instead(world: World, name: str, leverage: str) -> None:
    """The same account with another leverage chosen for a position."""
    world.position(name)["leverage"] = plain_text(number(leverage))
    world.changed()


@when(parsers.re(_MOVES))
def prices_move(world: World, moves: str) -> None:
    """Marks move by a share: `BTC falls by 8% and ETH rises by 8%`."""
    parts = re.findall(rf"([A-Z]\w*) (falls|rises) by ({_AMOUNT}%)", moves)
    assert parts, f"{moves!r} names no move"
    for base, direction, share in parts:
        assert any(record["base"] == base for record in world.section("instruments")) or any(
            record["asset"] == base for record in world.section("assets")
        ), f"nothing in the account moves with {base}"
        world.move(base, -number(share) if direction == "falls" else number(share))


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*) more (?:is|are) in the account"))
def more_cash(world: World, amount: str, asset: str) -> None:
    """The account after a deposit, as a state."""
    record = world.balance(asset)
    record["wallet_balance"] = plain_text(number(record["wallet_balance"]) + number(amount))
    world.changed()


@when(parsers.re(rf"(?P<base>[A-Z]\w*) is at (?P<price>{_AMOUNT})"))
def price_at(world: World, base: str, price: str) -> None:
    """The mark of the contract on an underlying."""
    world.instrument(base)["mark_price"] = plain_text(number(price))
    world.changed()


@when("the account is evaluated")
def evaluate_now(world: World) -> None:
    """Evaluate the account; the steps that follow ask about the report."""
    world.evaluated()


@given(parsers.parse('this account is remembered as "{name}"'))
@when(parsers.parse('this account is remembered as "{name}"'))
def remember(world: World, name: str) -> None:
    """Keep the account as it is now, to compare with."""
    world.remembered[name] = world.copy()


_ACTION = "is added to|are added to|is removed from|are removed from"


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*) (?P<way>{_ACTION}) (?P<name>\w+)"))
def change_margin(world: World, amount: str, asset: str, way: str, name: str) -> None:
    """Ask to add margin to an isolated position, or to remove it; the account changes if that is allowed."""
    del asset
    kind = "add_margin" if "added" in way else "remove_margin"
    world.act({"action": kind, "position": name, "amount": plain_text(number(amount))})


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*) (?:is|are) (?P<way>deposited|withdrawn){_WALLET}"))
def move_cash(world: World, amount: str, asset: str, way: str, wallet: str | None) -> None:
    """Ask to deposit or to withdraw; the account changes if that is allowed."""
    kind = "deposit" if way == "deposited" else "withdraw"
    document = {"action": kind, "asset": asset, "amount": plain_text(number(amount))}
    world.act(document if wallet is None else {**document, "wallet": wallet})


@when(parsers.re(r"(?P<name>\w+) is switched to (?P<mode>cross|isolated)"))
def switch_mode(world: World, name: str, mode: str) -> None:
    """Ask to switch the margin mode of a position."""
    world.act({"action": "switch_mode", "position": name, "margin_mode": mode})


@when(parsers.re(rf"the leverage of the (?P<base>[A-Z]\w*) contract is set to (?P<leverage>{_AMOUNT})"))
def set_leverage(world: World, base: str, leverage: str) -> None:
    """Ask to set the leverage."""
    symbol = world.instrument(base)["symbol"]
    world.act({"action": "set_leverage", "symbol": symbol, "leverage": plain_text(number(leverage))})


@when(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) order (?P<side>buys|sells) (?P<quantity>{_AMOUNT}) (?P<base>[A-Z]\w*) at (?P<price>{_AMOUNT})"
        rf" with (?P<leverage>{_AMOUNT})x leverage"
    )
)
def fill(world: World, mode: str, side: str, quantity: str, base: str, price: str, leverage: str) -> None:
    """Ask for a fill at a price."""
    world.act(
        {
            "action": "open",
            "symbol": world.instrument(base)["symbol"],
            "side": side.removesuffix("s"),
            "quantity": plain_text(number(quantity)),
            "price": plain_text(number(price)),
            "margin_mode": mode,
            "leverage": plain_text(number(leverage)),
        }
    )


@when(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) order to (?P<side>buy|sell) (?P<quantity>{_AMOUNT}) (?P<base>[A-Z]\w*)"
        rf" at (?P<price>{_AMOUNT})(?: with (?P<leverage>{_AMOUNT})x leverage)? is placed"
    )
)
def place(world: World, mode: str, side: str, quantity: str, base: str, price: str, leverage: str | None) -> None:
    """Ask to place an order in the book."""
    document = {
        "action": "place_order",
        "symbol": world.instrument(base)["symbol"],
        "side": side,
        "quantity": plain_text(number(quantity)),
        "price": plain_text(number(price)),
        "margin_mode": mode,
    }
    world.act(document if leverage is None else {**document, "leverage": plain_text(number(leverage))})


@when("this action is asked for:")
def any_action(world: World, docstring: str) -> None:
    """Ask for an action by its document."""
    parsed = account_documents.load_json(docstring)
    assert isinstance(parsed, dict), "the document is not an object"
    world.act(parsed)


@given(parsers.re(r"(?P<name>\w+) has (?P<field>\w+) (?P<value>\S+)"))
def position_field(world: World, name: str, field: str, value: str) -> None:
    """A field of a position."""
    world.position(name)[field] = _input(value)
    world.changed()


@when("the venue acts by itself")
def venue_acts(world: World) -> None:
    """Run the policy's procedures: replenishing, and liquidation of what is liquidatable."""
    world.run_procedures()


# ---------------------------------------------------------------- then


@then("it is allowed")
def is_allowed(world: World) -> None:
    """The last action was allowed."""
    decision = world.decided()
    assert decision.allowed, f"it is refused: {decision.because} ({decision.rule})\n{decision.values}"


@then(parsers.re(r'it is refused, because (?P<because>[^"]+)'))
def is_refused(world: World, because: str) -> None:
    """The last action was refused, with this reason."""
    decision = world.decided()
    assert not decision.allowed, f"it is allowed by {decision.rule}: {decision.text}\n{decision.values}"
    assert because in decision.because, f"it is refused because {decision.because!r}, expected {because!r}"


@then(parsers.re(r'there is no such account, because (?P<because>[^"]+)'))
def is_impossible(world: World, because: str) -> None:
    """The policy says that no account, position or order is like that, with this reason."""
    found = None
    try:
        world.evaluated()
    except ImpossibleError as error:
        found = error.rule.because
    assert found is not None, f"policy {world.checked_policy().name} takes such an account"
    assert because in found, f"there is none because {found!r}, expected {because!r}"


@then(parsers.re(r'the venue says "(?P<refusal>[^"]+)"'))
def venue_says(world: World, refusal: str) -> None:
    """The venue's own name for the refusal."""
    decision = world.decided()
    assert decision.refusal == refusal, f"the venue says {decision.refusal!r}"


@then(parsers.re(r'the account is as in "(?P<name>[^"]+)"'))
def account_as(world: World, name: str) -> None:
    """Nothing changed."""
    assert world.state() == world.remembered[name].state()


@then(
    parsers.re(
        rf'(?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*) went to (?:the )?"(?P<place>[^"]+)"(?: to (?P<places>\d+) (?:decimal )?places?)?'
    )
)
def went_to(world: World, amount: str, asset: str, place: str, places: str | None) -> None:
    """What the venue's procedures moved to a place outside the account: exactly, or rounded to some places."""
    found = world.transfers().get((place, asset), Decimal(0))
    wanted = number(amount)
    holds = found == wanted if places is None else _rounds_to(found, wanted, places)
    assert holds, f"{found} {asset} went to {place}; transfers: {world.transfers()}"


@then(parsers.re(r"(?P<name>\w+) is closed"))
def is_closed(world: World, name: str) -> None:
    """The position is gone."""
    assert name not in [record["id"] for record in world.section("positions")], f"{name} is still open"


@then(parsers.re(r"(?P<count>no|\d+) orders? rests?"))
def orders_rest(world: World, count: str) -> None:
    """So many orders are in the book."""
    found = world.section("orders")
    assert len(found) == (0 if count == "no" else int(count)), f"{len(found)} orders rest: {found}"


def _record(world: World, identity: str) -> PoolReport | PositionReport:
    report = world.report()
    records: list[PoolReport | PositionReport] = [*report.pools, *report.positions]
    for found in records:
        if found.id == identity:
            return found
    message = f"nothing in the report is called {identity}; there are {', '.join(found.id for found in records)}"
    raise AssertionError(message)


def _figure(world: World, words: str, identity: str) -> object:
    record = _record(world, identity)
    if (published := words.replace(" ", "_")) in record.figures:
        return record.figures[published]
    name = _FIGURES.get(words)
    known = [*(entry for entry, attribute in _FIGURES.items() if hasattr(record, attribute)), *record.figures]
    near = did_you_mean(words, known)
    assert name is not None and hasattr(record, name), f"{identity} has no {words}; {near}it has {', '.join(known)}"  # noqa: PT018 - one question
    return getattr(record, name)


def _name_of(words: str) -> str:
    return _FIGURES.get(words, words.replace(" ", "_"))


def _asset_of(world: World, words: str, identity: str) -> str | None:
    """The asset that a figure is in; None of one that the policy publishes of a position: it may be in any."""
    record = _record(world, identity)
    if isinstance(record, PoolReport):
        return record.asset
    if words not in _FIGURES or words == "margin ratio":
        return None
    return str(world.contract_of(identity)["quote" if words.endswith("price") else "settle"])


def _rounds_to(found: object, wanted: Decimal, places: str) -> bool:
    """Whether a number is the wanted one as a source prints it, rounded to its places."""
    return isinstance(found, Decimal) and abs(found - wanted) <= Decimal(1).scaleb(-int(places)) / 2


@then(
    parsers.re(
        rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}%?)(?: (?P<asset>[A-Z]\w*))?"
    )
)
def figure_is(world: World, words: str, identity: str, amount: str, asset: str | None) -> None:
    """A figure, exactly."""
    found, wanted = _figure(world, words, identity), number(amount)
    known = None if asset is None else _asset_of(world, words, identity)
    assert known in {None, asset}, f"the {words} of {identity} is in {known}, not in {asset}"
    world.expect(_name_of(words), identity, found, wanted, holds=lambda: found == wanted)


@then(
    parsers.re(
        rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}) to (?P<places>\d+) (?:decimal )?places?"
    )
)
def figure_is_about(world: World, words: str, identity: str, amount: str, places: str) -> None:
    """A figure, as a source prints it: rounded to its places."""
    found, wanted = _figure(world, words, identity), number(amount)
    world.expect(_name_of(words), identity, found, wanted, holds=lambda: _rounds_to(found, wanted, places))


@then(parsers.re(rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<answer>yes|no)"))
def flag_is(world: World, words: str, identity: str, answer: str) -> None:
    """A threshold of a pool, or a flag that the policy publishes."""
    found, wanted = _figure(world, words, identity), answer == "yes"
    world.expect(_name_of(words), identity, found, wanted, holds=lambda: found is wanted)


@then(parsers.re(rf"(?P<identity>{_ID}) has no (?P<words>liquidation price|bankruptcy price)"))
def no_price(world: World, identity: str, words: str) -> None:
    """There is no such price, and the report says so with the reason `none`."""
    found = _figure(world, words, identity)
    world.expect(_name_of(words), identity, found, "none", holds=lambda: found is None)
    _reason(world, words, identity, "none")


@then(
    parsers.re(
        rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is unknown, because (?P<because>.+)"
    )
)
def figure_unknown(world: World, words: str, identity: str, because: str) -> None:
    """A figure that cannot be had, and why."""
    found = _figure(world, words, identity)
    world.expect(_name_of(words), identity, found, "unknown", holds=lambda: found is None)
    _reason(world, words, identity, because)


def _reason(world: World, words: str, identity: str, because: str) -> None:
    report = world.report()
    ids = {
        "pools": [pool.id for pool in report.pools],
        "positions": [position.id for position in report.positions],
    }
    place = next(
        f"/{section}/{found.index(identity)}/{_name_of(words)}" for section, found in ids.items() if identity in found
    )
    reasons = [entry.reason for entry in report.unknown if entry.at == place]
    assert any(because in reason for reason in reasons), f"{place} is unknown because {reasons}, expected {because!r}"


@then(parsers.re(rf"(?:the )?pool (?P<identity>{_ID}) is (?P<negated>not )?liquidatable"))
def liquidatable(world: World, identity: str, negated: str | None) -> None:
    """Whether a pool is liquidatable by the policy's own boundary."""
    found = world.report().pool(identity).liquidatable
    wanted = negated is None
    world.expect("liquidatable", identity, found, wanted, holds=lambda: found is wanted)


@then(parsers.re(rf"whether pool (?P<identity>{_ID}) is liquidatable is unknown, because (?P<because>.+)"))
def liquidatable_unknown(world: World, identity: str, because: str) -> None:
    """A pool with an unknown member is unknown, not safe."""
    found = world.report().pool(identity).liquidatable
    world.expect("liquidatable", identity, found, None, holds=lambda: found is None)
    _reason(world, "liquidatable", identity, because)


@then("the pool is liquidatable")
def the_pool_liquidatable(world: World) -> None:
    """The only pool with positions."""
    pools = [pool for pool in world.report().pools if pool.positions]
    assert len(pools) == 1, f"there are several pools: {[pool.id for pool in pools]}"
    world.expect("liquidatable", pools[0].id, pools[0].liquidatable, True, holds=lambda: pools[0].liquidatable is True)


@then("the pool is not liquidatable")
def the_pool_safe(world: World) -> None:
    """The only pool with positions."""
    pools = [pool for pool in world.report().pools if pool.positions]
    assert len(pools) == 1, f"there are several pools: {[pool.id for pool in pools]}"
    world.expect(
        "liquidatable", pools[0].id, pools[0].liquidatable, False, holds=lambda: pools[0].liquidatable is False
    )


@then(
    parsers.re(
        rf"the idle equity is (?P<amount>{_AMOUNT}) (?P<asset>[A-Z]\w*)(?: to (?P<places>\d+) (?:decimal )?places?)?"
    )
)
def idle_equity(world: World, amount: str, asset: str, places: str | None) -> None:
    """What the policy calls free, in an asset."""
    found = {idle.asset: idle.amount for idle in world.report().idle_equity}.get(asset)
    wanted = number(amount)
    holds = found == wanted if places is None else _rounds_to(found, wanted, places)
    world.expect("idle_equity", asset, found, wanted, holds=lambda: holds)


@then(parsers.re(rf"(?P<name>\w+) is backed by pool (?P<pool>{_ID})"))
def backed_by(world: World, name: str, pool: str) -> None:
    """The one pool that stands behind a position."""
    holding = [found.id for found in world.report().pools if name in found.positions]
    assert holding == [pool], f"{name} is in {holding}, expected {pool}"


@then("no collateral stands behind two pools")
def no_collateral_twice(world: World) -> None:
    """What the pools draw on adds up to the balances, to the last digit."""
    drawn: dict[str, Decimal] = {}
    for pool in world.evaluated().pools:
        if isinstance(pool.instance.collateral, Decimal) and pool.instance.asset is not None:
            drawn[pool.instance.asset] = drawn.get(pool.instance.asset, Decimal(0)) + pool.instance.collateral
    held = {record["asset"]: number(str(record["wallet_balance"])) for record in world.section("balances")}
    for asset, amount in drawn.items():
        assert amount == held[asset], f"pools draw on {amount} {asset}, the account has {held[asset]}"


@then(parsers.re(rf'the explanation of (?P<figure>\w+):(?P<identity>{_ID}) mentions "(?P<text>[^"]+)"'))
def explained(world: World, figure: str, identity: str, text: str) -> None:
    """The derivation of a figure names a rule, a field or a source."""
    derivation = world.derivation(figure, identity)
    assert text in derivation, f"{text!r} is not in the derivation:\n{derivation}"


@then(parsers.re(rf'the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is as in "(?P<name>[^"]+)"'))
def as_remembered(world: World, words: str, identity: str, name: str) -> None:
    """A figure that a change of the account leaves as it was."""
    found, wanted = _figure(world, words, identity), _figure(world.remembered[name], words, identity)
    assert found is not None, f"{words} of {identity} is unknown"
    world.expect(_name_of(words), identity, found, wanted, holds=lambda: found == wanted)


@then(
    parsers.re(
        rf'the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}) (?P<way>more|less) than in "(?P<name>[^"]+)"'
    )
)
def moved_from_remembered(world: World, words: str, identity: str, amount: str, way: str, name: str) -> None:
    """How far a figure moved when the account changed."""
    found, before = _figure(world, words, identity), _figure(world.remembered[name], words, identity)
    assert isinstance(found, Decimal), f"{words} of {identity} is {found}"
    assert isinstance(before, Decimal), f"{words} of {identity} was {before}"
    wanted = before + number(amount) if way == "more" else before - number(amount)
    world.expect(_name_of(words), identity, found, wanted, holds=lambda: found == wanted)


@then(
    parsers.re(
        rf"the (?P<words>liquidation price|bankruptcy price) of (?P<identity>{_ID}) is (?P<way>below|above) (?P<amount>{_AMOUNT})"
    )
)
def price_beyond(world: World, words: str, identity: str, way: str, amount: str) -> None:
    """On which side of a price a boundary lies."""
    found, limit = _figure(world, words, identity), number(amount)
    world.expect(
        _name_of(words),
        identity,
        found,
        f"{way} {amount}",
        holds=lambda: isinstance(found, Decimal) and (found < limit if way == "below" else found > limit),
    )


@then(parsers.re(r"the comparison has the row \"(?P<row>[^\"]+)\" for (?P<pool>\w+): (?P<text>.+)"))
def described(world: World, row: str, pool: str, text: str) -> None:
    """A row of the five-row comparison, derived from the policy."""
    from marginrules.engine.describe import describe  # noqa: PLC0415 - only this step needs it

    found = describe(world.checked_policy()).text(row, pool)
    assert text.lower() in found.lower(), f"{row} for {pool} says {found!r}"


def _fill_in(record: Document, rows: list[list[str]]) -> None:
    for row in rows:
        assert len(row) == len(("field", "value")), f"a row has a field and its value, here is {' | '.join(row)}"
        record[row[0]] = _input(row[1])


def _input(value: str) -> object:
    if value in {"true", "false"}:
        return value == "true"
    try:
        return plain_text(number(value))
    except AssertionError:
        return value

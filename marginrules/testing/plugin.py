"""The pytest plugin with the steps: accounts, moves and answers in the words of a margin policy's documentation.

Installed with the extra `testing`, pytest finds it by itself; a feature file then needs no Python of its own but the
line that binds it. Amounts may have thousands separators and are in the account's settlement asset; shares are written in percent.
"""

import os
import re
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when
from pytest_bdd.parser import Feature, Scenario, Step

import marginrules.account.documents as account_documents
from marginrules.arithmetic import plain_text
from marginrules.engine.arrange import ImpossibleError
from marginrules.engine.explain import figures_of
from marginrules.engine.report import PoolReport, PositionReport
from marginrules.errors import MarginRulesError
from marginrules.language.diagnostics import did_you_mean
from marginrules.testing.steps import no_such_step
from marginrules.testing.world import Document, World, number, stated

_AMOUNT = r"-?(?:\d{1,3}(?:[,_]\d{3})+|\d+)(?:\.\d+)?"
_ID = r"[\w./:\-]+"
_ASSET = r"[\w.:]*[A-Z][\w.:]*"
"""An asset or a base, such as `BTC`, `1000PEPE` or `kBONK`: what has no capital in it is a word of the step."""

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
_FIELDS = {
    "assigned margin": "assigned_margin",
    "accrued funding": "accrued_funding",
    "entry price": "entry_price",
    "leverage": "leverage",
    "quantity": "quantity",
}
"""What the account's document says of a position, as actions and the venue left it."""
_MOVE = rf"(?:{_ASSET} (?:falls|rises) by {_AMOUNT}%|{_ASSET} is at {_AMOUNT})"
_MOVES = rf"(?P<moves>{_MOVE}(?:(?: and|,| ,) {_MOVE})*)"
_REASON = r"""(?P<quote>["']?)(?P<because>.+)(?P=quote)"""
_WALLET = rf"(?: (?:in|to|from) wallet (?P<wallet>{_ID}))?"

_READABLE = {
    _MOVES: "BASE falls|rises by AMOUNT%[ and BASE is at AMOUNT]",
    _REASON: "REASON",
    f"(?P<identity>{_ID})": "ID",
    f"(?P<wallet>{_ID})": "ID",
    _AMOUNT: "AMOUNT",
    _FIGURE: "FIGURE",
}
"""How the parts of patterns are shown to people."""

_FEATURE = pytest.StashKey[Path]()


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Feature, scenario: Scenario) -> None:
    """Note where the feature file lies: rule files are looked for beside it."""
    del scenario
    request.node.stash[_FEATURE] = Path(feature.filename).parent


def pytest_bdd_before_step(feature: Feature, step: Step, step_func: Callable[..., object]) -> None:
    """A step that goes on below its line, and does not, says so in place of naming what pytest has."""
    if step_func.__module__ != __name__:
        return
    wanted = {
        "datatable": (step.datatable, "a table, a row a line: `| … | … |`"),
        "docstring": (step.docstring, 'a text between lines of `"""`'),
    }
    for name in signature(step_func).parameters:
        given_, what = wanted.get(name, ("", ""))
        if given_ is None:
            place = f"{os.path.relpath(feature.filename)}:{step.line_number}"
            pytest.fail(
                f"{place}: `{step.type.capitalize()} {step.name}` has nothing below it\nhelp: write {what}",
                pytrace=False,
            )


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


@given(parsers.re(rf"an account with (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}){_WALLET}"))
def account_with(world: World, amount: str, asset: str, wallet: str | None) -> None:
    """An account whose whole cash is this balance; it begins anew where a background had begun one."""
    world.start(amount, asset, wallet)


@given("the account document:")
def account_document(world: World, docstring: str) -> None:
    """An account as its JSON document."""
    parsed = account_documents.load_json(docstring)
    assert isinstance(parsed, dict), "the document is not an object"
    world.document = parsed
    world.changed()
    if world.policy is not None:
        # What is wrong in the document is told here, and not by the first step that looks for something in it.
        world.state()


@given(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) (?P<side>long|short) (?P<name>{_ID}) of (?P<quantity>{_AMOUNT}) (?P<base>{_ASSET})"
        rf" at (?P<price>{_AMOUNT}) with (?P<leverage>{_AMOUNT})x leverage"
    )
)
def position_at(
    world: World, mode: str, side: str, name: str, quantity: str, base: str, price: str, leverage: str
) -> None:
    """A position entered at the present mark; an isolated one is assigned its notional over its leverage."""
    world.add_position(mode, side, name, quantity, base, price, leverage)


@given(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) (?:is|are) assigned to (?P<name>{_ID})"))
def assigned(world: World, amount: str, asset: str, name: str) -> None:
    """The margin assigned to an isolated position."""
    _settles(world, name, asset)
    world.position(name)["assigned_margin"] = plain_text(number(amount))
    world.changed()


def _settles(world: World, name: str, asset: str) -> None:
    settle = world.contract_of(name)["settle"]
    assert settle == asset, f"{name} settles in {settle}, not in {asset}"


@given(parsers.re(rf"(?P<name>{_ID}) has accrued funding of (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET})"))
def accrued_funding(world: World, name: str, amount: str, asset: str) -> None:
    """Funding not yet settled; positive is due to the trader."""
    _settles(world, name, asset)
    world.position(name)["accrued_funding"] = plain_text(number(amount))
    world.changed()


@given(parsers.re(r"account (?P<name>\w+) is (?P<value>\S+)"))
def account_input(world: World, name: str, value: str) -> None:
    """A setting of the account, or a parameter of the policy that accounts carry."""
    world.account()[name] = _input(value)
    world.changed()


@given(
    parsers.re(
        rf"an? (?P<base>{_ASSET}) contract at (?P<price>{_AMOUNT})(?: (?P<quote>{_ASSET}))?(?P<inverse> settled in its base)?"
    )
)
def contract_at(world: World, base: str, price: str, quote: str | None, inverse: str | None) -> None:
    """A contract on an underlying at this mark, without a position; in the account's asset if no other is named."""
    world.add_contract(base, price, quote, inverse=inverse is not None)


@given(parsers.re(rf"the (?P<base>{_ASSET}) contract has:"))
def instrument_fields(world: World, base: str, datatable: list[list[str]]) -> None:
    """Fields of the contract on an underlying, a row a field."""
    fields: Document = {}
    _fill_in(fields, datatable)
    world.say_of_contract(base, fields)


@given(parsers.re(rf"the asset (?P<asset>{_ASSET}) has:"))
def asset_fields(world: World, asset: str, datatable: list[list[str]]) -> None:
    """Fields of an asset, a row a field: its index price, its collateral rate, what the policy declares."""
    _fill_in(world.asset(asset), datatable)
    world.changed()


@given(parsers.re(rf"the asset (?P<asset>{_ASSET}) has (?P<name>\w+) (?P<value>\S+)"))
def asset_field(world: World, asset: str, name: str, value: str) -> None:
    """A field of an asset."""
    world.asset(asset)[name] = _input(value)
    world.changed()


@given(parsers.re(rf"the (?P<base>{_ASSET}) contract has (?P<name>\w+) (?P<value>\S+)"))
def instrument_field(world: World, base: str, name: str, value: str) -> None:
    """A field of the contract on an underlying."""
    world.say_of_contract(base, {name: _input(value)})


@given(parsers.re(rf"the (?P<base>{_ASSET}) contract is inverse, quoted in (?P<quote>{_ASSET})"))
def inverse_contract(world: World, base: str, quote: str) -> None:
    """The contract settles in its base; an isolated position on it is assigned its value over its leverage again."""
    world.make_inverse(base, quote)


@given(parsers.re(r"the account is as of (?P<day>\d{4}-\d{2}-\d{2})"))
def as_of(world: World, day: str) -> None:
    """The day whose rules apply."""
    world.account()["as_of"] = f"{day}T00:00:00Z"
    world.changed()


@given(parsers.re(rf"the (?P<base>{_ASSET}) contract has the tiers:"))
def tiers(world: World, base: str, datatable: list[list[str]]) -> None:
    """The tier table of the contract on an underlying, a row a tier, columns by name."""
    columns, *rows = datatable
    for row in rows:
        assert len(row) == len(columns), f"the table has the columns {' | '.join(columns)}, here is {' | '.join(row)}"
    world.instrument(base)["tiers"] = [
        {column: plain_text(number(cell)) for column, cell in zip(columns, row, strict=True) if cell.strip()}
        for row in rows
    ]
    world.changed()


@given(parsers.re(rf"the (?P<base>{_ASSET}) contract has no mark price"))
def no_mark_price(world: World, base: str) -> None:
    """The mark is not known."""
    world.instrument(base).pop("mark_price", None)
    world.changed()


@given(
    parsers.re(
        rf"an? (?:resting|(?P<mode>isolated) resting) order to (?P<side>buy|sell) (?P<quantity>{_AMOUNT}) (?P<base>{_ASSET}) at (?P<price>{_AMOUNT}) with (?P<leverage>{_AMOUNT})x leverage"
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


@given(parsers.re(rf"a balance of (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}){_WALLET}"))
def further_balance(world: World, amount: str, asset: str, wallet: str | None) -> None:
    """Cash of a further asset, or in a further wallet."""
    world.balance(asset, wallet)["wallet_balance"] = plain_text(number(amount))
    world.changed()


@given(
    parsers.re(rf"(?P<asset>{_ASSET}) is worth (?P<price>{_AMOUNT}) USD and counts (?P<share>{_AMOUNT}%) as collateral")
)
def collateral_asset(world: World, asset: str, price: str, share: str) -> None:
    """The index price of an asset, and the part of its value that counts."""
    record = world.asset(asset)
    record["index_price"] = plain_text(number(price))
    record["collateral_rate"] = plain_text(number(share))
    world.changed()


@given(parsers.re(rf"a cross pool with equity of (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET})"))
def pool_with_equity(world: World, amount: str, asset: str) -> None:
    """An account whose cross pool has this equity."""
    world.start(amount, asset)


@given(parsers.re(rf"a combined maintenance margin of (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET})"))
def combined_maintenance(world: World, amount: str, asset: str) -> None:
    """Two cross positions, long and short of one value, that together must maintain this amount at a rate of 5 %."""
    half = number(amount) * 10
    for name, side, base in (("A", "long", "BTC"), ("B", "short", "ETH")):
        world.add_position("cross", side, name, "1", base, plain_text(half), "10")
    del asset
    world.account()["maintenance_rate"] = "0.05"
    world.changed()


# ---------------------------------------------------------------- when


@given(parsers.re(rf"(?P<name>{_ID}) is (?P<mode>cross|isolated) instead"))
@when(parsers.re(rf"(?P<name>{_ID}) is (?P<mode>cross|isolated) instead"))
def mode_instead(world: World, name: str, mode: str) -> None:
    """The same account with a position in the other mode."""
    world.set_mode(name, mode)


@given(parsers.re(r"every position is (?P<mode>cross|isolated) instead"))
@when(parsers.re(r"every position is (?P<mode>cross|isolated) instead"))
def every_mode(world: World, mode: str) -> None:
    """The same account with all positions in one mode."""
    for record in world.section("positions"):
        world.set_mode(record["id"], mode)


@given(parsers.re(rf"the leverage of (?P<name>{_ID}) is (?P<leverage>{_AMOUNT}) instead"))
@when(parsers.re(rf"the leverage of (?P<name>{_ID}) is (?P<leverage>{_AMOUNT}) instead"))
def leverage_instead(world: World, name: str, leverage: str) -> None:
    """The same account with another leverage chosen for a position."""
    world.position(name)["leverage"] = plain_text(number(leverage))
    world.changed()


@when(parsers.re(_MOVES))
def prices_move(world: World, moves: str) -> None:
    """Marks move by a share, or to a price: `BTC falls by 8% and ETH is at 2,100`."""
    for base, way, amount in re.findall(rf"({_ASSET}) (falls by|rises by|is at) ({_AMOUNT}%?)", moves):
        if way == "is at":
            world.instrument(base)["mark_price"] = plain_text(number(amount))
            world.changed()
            continue
        assert any(record["base"] == base for record in world.section("instruments")) or any(
            record["asset"] == base for record in world.section("assets")
        ), f"nothing in the account moves with {base}"
        world.move(base, -number(amount) if way == "falls by" else number(amount))


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) more (?:is|are) in the account"))
def more_cash(world: World, amount: str, asset: str) -> None:
    """The account after a deposit, as a state."""
    record = world.balance(asset)
    record["wallet_balance"] = plain_text(stated(record, "wallet_balance") + number(amount))
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


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) (?P<way>{_ACTION}) (?P<name>{_ID})"))
def change_margin(world: World, amount: str, asset: str, way: str, name: str) -> None:
    """Ask to add margin to an isolated position, or to remove it; the account changes if that is allowed."""
    del asset
    kind = "add_margin" if "added" in way else "remove_margin"
    world.act({"action": kind, "position": name, "amount": plain_text(number(amount))})


@when(parsers.re(rf"(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) (?:is|are) (?P<way>deposited|withdrawn){_WALLET}"))
def move_cash(world: World, amount: str, asset: str, way: str, wallet: str | None) -> None:
    """Ask to deposit or to withdraw; the account changes if that is allowed."""
    kind = "deposit" if way == "deposited" else "withdraw"
    document = {"action": kind, "asset": asset, "amount": plain_text(number(amount))}
    world.act(document if wallet is None else {**document, "wallet": wallet})


@when(
    parsers.re(
        rf"(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) (?:is|are) transferred{_WALLET} to (?P<quote>[\"']?)(?P<place>[^\"']+)(?P=quote)"
    )
)
def transfer(world: World, amount: str, asset: str, wallet: str | None, place: str) -> None:
    """Ask to take cash to another wallet, or out of the account; the account changes if that is allowed."""
    document = {"action": "transfer", "asset": asset, "amount": plain_text(number(amount)), "to": place}
    world.act(document if wallet is None else {**document, "wallet": wallet})


@when(parsers.re(rf"(?:(?P<quantity>{_AMOUNT}) of )?(?P<name>{_ID}) is closed(?: at (?P<price>{_AMOUNT}))?"))
def close(world: World, quantity: str | None, name: str, price: str | None) -> None:
    """Ask to close a position, or a part of it, at the mark if no price is said."""
    document: Document = {"action": "close" if quantity is None else "reduce", "position": name}
    said = {"quantity": quantity, "price": price}
    world.act(document | {field: plain_text(number(text)) for field, text in said.items() if text is not None})


@when(parsers.re(rf"(?P<name>{_ID}) is switched to (?P<mode>cross|isolated)"))
def switch_mode(world: World, name: str, mode: str) -> None:
    """Ask to switch the margin mode of a position."""
    world.act({"action": "switch_mode", "position": name, "margin_mode": mode})


@when(parsers.re(rf"the leverage of the (?P<base>{_ASSET}) contract is set to (?P<leverage>{_AMOUNT})"))
def set_leverage(world: World, base: str, leverage: str) -> None:
    """Ask to set the leverage."""
    symbol = world.instrument(base)["symbol"]
    world.act({"action": "set_leverage", "symbol": symbol, "leverage": plain_text(number(leverage))})


@when(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) order (?P<side>buys|sells) (?P<quantity>{_AMOUNT}) (?P<base>{_ASSET}) at (?P<price>{_AMOUNT})"
        rf" with (?P<leverage>{_AMOUNT})x leverage(?: and (?P<margin>{_AMOUNT}) (?P<asset>{_ASSET}) assigned)?"
    )
)
def fill(
    world: World,
    mode: str,
    side: str,
    quantity: str,
    base: str,
    price: str,
    leverage: str,
    margin: str | None,
    asset: str | None,
) -> None:
    """Ask for a fill at a price; an isolated one is assigned its notional over its leverage unless it says how much."""
    contract = world.instrument(base)
    document = {
        "action": "open",
        "symbol": contract["symbol"],
        "side": side.removesuffix("s"),
        "quantity": plain_text(number(quantity)),
        "price": plain_text(number(price)),
        "margin_mode": mode,
        "leverage": plain_text(number(leverage)),
    }
    if margin is not None:
        assert contract["settle"] == asset, f"{contract['symbol']} settles in {contract['settle']}, not in {asset}"
        document["assigned_margin"] = plain_text(number(margin))
    world.act(document)


@when(
    parsers.re(
        rf"an? (?P<mode>cross|isolated) order to (?P<side>buy|sell) (?P<quantity>{_AMOUNT}) (?P<base>{_ASSET})"
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


@given(parsers.re(rf"(?P<name>{_ID}) has (?P<field>\w+) (?P<value>\S+)"))
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


@then(parsers.re(rf"it is refused(?:, because {_REASON})?"))
def is_refused(world: World, because: str | None) -> None:
    """The last action was refused, for this reason if one is said."""
    decision = world.decided()
    assert not decision.allowed, f"it is allowed by {decision.rule}: {decision.text}\n{decision.values}"
    if because is not None:
        assert because in decision.because, f"it is refused because {decision.because!r}, expected {because!r}"


@then(parsers.re(rf"there is no such account, because {_REASON}"))
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
    assert world.state() == world.recalled(name).state(), f'the account is not as in "{name}"'


@then(
    parsers.re(
        rf'(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) went to (?:the )?"(?P<place>[^"]+)"(?: to (?P<places>\d+) (?:decimal )?places?)?'
    )
)
def went_to(world: World, amount: str, asset: str, place: str, places: str | None) -> None:
    """What the venue's procedures moved to a place outside the account: exactly, or rounded to some places."""
    found = world.transfers().get((place, asset), Decimal(0))
    wanted = number(amount)
    holds = found == wanted if places is None else _rounds_to(found, wanted, places)
    assert holds, f"{found} {asset} went to {place}; transfers: {world.transfers()}"


@then(parsers.re(rf"(?P<name>{_ID}) is closed"))
def is_closed(world: World, name: str) -> None:
    """The position is gone."""
    assert name not in [record["id"] for record in world.section("positions")], f"{name} is still open"


@then(parsers.re(rf"(?P<name>{_ID}) is open"))
def is_open(world: World, name: str) -> None:
    """The position is there."""
    world.position(name)


@then(parsers.re(rf"(?P<name>{_ID}) is (?P<mode>cross|isolated)"))
def is_in_mode(world: World, name: str, mode: str) -> None:
    """The margin mode of a position."""
    found = world.position(name).get("margin_mode")
    assert found == mode, f"{name} is {found}, expected {mode}"


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
    """A figure of the report, a field of a position, or a definition of the policy that it does not publish."""
    if words == "balance" and any(record["asset"] == identity for record in world.section("balances")):
        return world.cash(identity)
    record, name = _record(world, identity), _name_of(words)
    if name in record.figures:
        return record.figures[name]
    if name in _FIGURES.values() and hasattr(record, name):
        return getattr(record, name)
    if isinstance(record, PoolReport) and name == "collateral":
        return world.collateral(identity)
    if isinstance(record, PositionReport) and name in _FIELDS.values():
        position = world.position(identity)
        return stated(position, name) if name in position else None
    defined = figures_of(world.evaluated(), identity)
    if name in defined:
        return world.derived(name, identity).value
    words_of = {attribute: entry for entry, attribute in _FIGURES.items()}
    known = [entry for entry, attribute in _FIGURES.items() if hasattr(record, attribute)]
    known += [*(_FIELDS if isinstance(record, PositionReport) else ["collateral"]), *record.figures]
    known += [entry for entry in defined if entry not in record.figures and entry not in words_of]
    message = f"{identity} has no {words}; {did_you_mean(words, known)}it has {', '.join(known)}"
    raise AssertionError(message)


def _name_of(words: str) -> str:
    return {**_FIGURES, **_FIELDS}.get(words, words.replace(" ", "_"))


def _asset_of(world: World, words: str, identity: str) -> str | None:
    """The asset that a figure is in; None of one that the policy defines for a position: it may be in any."""
    if words == "balance" and any(record["asset"] == identity for record in world.section("balances")):
        return identity
    record = _record(world, identity)
    if isinstance(record, PoolReport):
        return record.asset
    words = words.replace("_", " ")
    if words in {"assigned margin", "accrued funding", "entry price", "quantity"}:
        unit = {"entry price": "quote", "quantity": "base"}.get(words, "settle")
        return str(world.contract_of(identity)[unit])
    if words not in _FIGURES:
        return None
    return str(world.contract_of(identity)["quote" if words.endswith("price") else "settle"])


def _rounds_to(found: object, wanted: Decimal, places: str) -> bool:
    """Whether a number is the wanted one as a source prints it, rounded to its places."""
    return isinstance(found, Decimal) and abs(found - wanted) <= Decimal(1).scaleb(-int(places)) / 2


def _in_asset(world: World, words: str, identity: str, asset: str | None) -> None:
    if asset is None:
        return
    assert words not in {"margin ratio", "leverage"}, f"the {words} of {identity} is a number, and not in {asset}"
    known = _asset_of(world, words, identity)
    assert known in {None, asset}, f"the {words} of {identity} is in {known}, not in {asset}"


@then(
    parsers.re(
        rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}%?)(?: (?P<asset>{_ASSET}))?"
    )
)
def figure_is(world: World, words: str, identity: str, amount: str, asset: str | None) -> None:
    """A figure, exactly."""
    found, wanted = _figure(world, words, identity), number(amount)
    _in_asset(world, words, identity, asset)
    world.expect(_name_of(words), identity, found, wanted, holds=found == wanted)


@then(
    parsers.re(
        rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}%?)(?: (?P<asset>{_ASSET}))? to (?P<places>\d+) (?:decimal )?places?"
    )
)
def figure_is_about(world: World, words: str, identity: str, amount: str, asset: str | None, places: str) -> None:
    """A figure, as a source prints it: rounded to its places, those of the percentage where it is one."""
    found, wanted = _figure(world, words, identity), number(amount)
    _in_asset(world, words, identity, asset)
    of_one = str(int(places) + 2) if amount.endswith("%") else places
    world.expect(_name_of(words), identity, found, wanted, holds=_rounds_to(found, wanted, of_one))


@then(parsers.re(rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<answer>yes|no)"))
def flag_is(world: World, words: str, identity: str, answer: str) -> None:
    """A threshold of a pool, or a flag that the policy publishes."""
    found, wanted = _figure(world, words, identity), answer == "yes"
    world.expect(_name_of(words), identity, found, wanted, holds=found is wanted)


@then(parsers.re(rf"(?P<identity>{_ID}) has no (?P<words>liquidation price|bankruptcy price)"))
def no_price(world: World, identity: str, words: str) -> None:
    """There is no such price, and the report says so with the reason `none`."""
    found = _figure(world, words, identity)
    world.expect(_name_of(words), identity, found, "none", holds=found is None)
    _reason(world, words, identity, "none")


@then(parsers.re(rf"the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is unknown, because {_REASON}"))
def figure_unknown(world: World, words: str, identity: str, because: str) -> None:
    """A figure that cannot be had, and why."""
    found = _figure(world, words, identity)
    world.expect(_name_of(words), identity, found, "unknown", holds=found is None)
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
    if not reasons and _name_of(words) in figures_of(world.evaluated(), identity):
        # A definition that the policy does not publish is in no report.
        reasons = [world.derived(_name_of(words), identity).note]
    assert any(because in reason for reason in reasons), f"{place} is unknown because {reasons}, expected {because!r}"


@then(parsers.re(rf"(?:the )?pool (?P<identity>{_ID}) is (?P<negated>not )?liquidatable"))
@then(parsers.re(rf"(?P<identity>{_ID}) is (?P<negated>not )?liquidatable"))
def liquidatable(world: World, identity: str, negated: str | None) -> None:
    """Whether a pool is liquidatable by the policy's own boundary; of a position, the pool that it is in."""
    record = _record(world, identity)
    pool = record if isinstance(record, PoolReport) else world.report().pool(record.pool)
    wanted = negated is None
    world.expect("liquidatable", pool.id, pool.liquidatable, wanted, holds=pool.liquidatable is wanted)


@then("no pool is liquidatable")
def none_liquidatable(world: World) -> None:
    """Of every pool it is known that it is not."""
    for pool in world.report().pools:
        world.expect("liquidatable", pool.id, pool.liquidatable, False, holds=pool.liquidatable is False)


@then(parsers.re(rf"whether pool (?P<identity>{_ID}) is liquidatable is unknown, because {_REASON}"))
def liquidatable_unknown(world: World, identity: str, because: str) -> None:
    """A pool with an unknown member is unknown, not safe."""
    found = world.report().pool(identity).liquidatable
    world.expect("liquidatable", identity, found, None, holds=found is None)
    _reason(world, "liquidatable", identity, because)


@then("the pool is liquidatable")
def the_pool_liquidatable(world: World) -> None:
    """The only pool with positions."""
    pools = [pool for pool in world.report().pools if pool.positions]
    assert len(pools) == 1, f"there are several pools: {[pool.id for pool in pools]}"
    world.expect("liquidatable", pools[0].id, pools[0].liquidatable, True, holds=pools[0].liquidatable is True)


@then("the pool is not liquidatable")
def the_pool_safe(world: World) -> None:
    """The only pool with positions."""
    pools = [pool for pool in world.report().pools if pool.positions]
    assert len(pools) == 1, f"there are several pools: {[pool.id for pool in pools]}"
    world.expect("liquidatable", pools[0].id, pools[0].liquidatable, False, holds=pools[0].liquidatable is False)


@then(
    parsers.re(
        rf"the idle equity is (?P<amount>{_AMOUNT}) (?P<asset>{_ASSET})(?: to (?P<places>\d+) (?:decimal )?places?)?"
    )
)
def idle_equity(world: World, amount: str, asset: str, places: str | None) -> None:
    """What the policy calls free, in an asset."""
    found = {idle.asset: idle.amount for idle in world.report().idle_equity}.get(asset)
    wanted = number(amount)
    holds = found == wanted if places is None else _rounds_to(found, wanted, places)
    world.expect("idle_equity", asset, found, wanted, holds=holds)


@then(
    parsers.re(
        rf'the idle equity is (?:as|(?P<amount>{_AMOUNT}) (?P<asset>{_ASSET}) (?P<way>more|less) than) in "(?P<name>[^"]+)"'
    )
)
def idle_equity_moved(world: World, amount: str | None, asset: str | None, way: str | None, name: str) -> None:
    """How far what is free moved when the account changed: in one asset, or not at all in any."""
    found, before = (
        {idle.asset: idle.amount for idle in entry.report().idle_equity} for entry in (world, world.recalled(name))
    )
    for each in sorted({*found, *before}, key=str) if asset is None else [asset]:
        now, then_ = found.get(each), before.get(each)
        assert now is not None, f"the idle equity in {each} is unknown"
        assert then_ is not None, f"the idle equity in {each} was unknown"
        wanted = then_ if amount is None else then_ + (number(amount) if way == "more" else -number(amount))
        world.expect("idle_equity", str(each), now, wanted, holds=now == wanted)


@then(parsers.re(rf"(?P<name>{_ID}) is backed by pool (?P<pool>{_ID})"))
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
    held = {record["asset"]: stated(record, "wallet_balance") for record in world.section("balances")}
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
    found, wanted = _figure(world, words, identity), _figure(world.recalled(name), words, identity)
    assert found is not None, f"{words} of {identity} is unknown"
    world.expect(_name_of(words), identity, found, wanted, holds=found == wanted)


@then(
    parsers.re(
        rf'the (?P<words>{_FIGURE}) of (?:the )?(?:pool )?(?P<identity>{_ID}) is (?P<amount>{_AMOUNT}%?)(?: (?P<asset>{_ASSET}))? (?P<way>more|less) than in "(?P<name>[^"]+)"'
    )
)
def moved_from_remembered(
    world: World, words: str, identity: str, amount: str, asset: str | None, way: str, name: str
) -> None:
    """How far a figure moved when the account changed."""
    _in_asset(world, words, identity, asset)
    found, before = _figure(world, words, identity), _figure(world.recalled(name), words, identity)
    assert isinstance(found, Decimal), f"{words} of {identity} is {found}"
    assert isinstance(before, Decimal), f"{words} of {identity} was {before}"
    wanted = before + number(amount) if way == "more" else before - number(amount)
    world.expect(_name_of(words), identity, found, wanted, holds=found == wanted)


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
        holds=isinstance(found, Decimal) and (found < limit if way == "below" else found > limit),
    )


@then(parsers.re(r"the comparison has the row \"(?P<row>[^\"]+)\" for (?P<pool>\w+): (?P<text>.+)"))
def described(world: World, row: str, pool: str, text: str) -> None:
    """A row of the five-row comparison, derived from the policy."""
    from marginrules.engine.describe import ROWS, describe  # noqa: PLC0415 - only this step needs it

    description = describe(world.checked_policy())
    kinds = list(dict.fromkeys(entry.pool for entry in description.pools))
    assert row in ROWS, f"there is no row {row!r}; {did_you_mean(row, ROWS)}there are {', '.join(ROWS)}"
    assert pool in kinds, f"there is no pool {pool!r}; {did_you_mean(pool, kinds)}there are {', '.join(kinds)}"
    found = description.text(row, pool)
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

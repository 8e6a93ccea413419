"""What a scenario builds up and asks about: an account in the making, a policy, and its report."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from attrs import define, field

import marginrules.account.documents as account_documents
from marginrules.account.state import AccountState
from marginrules.arithmetic import exact_context, plain_text
from marginrules.engine import documents as report_documents
from marginrules.engine.decide import Decision, decide
from marginrules.engine.evaluate import Evaluation, evaluation
from marginrules.engine.explain import Derivation, explain_evaluation
from marginrules.engine.procedures import Outcome, run_procedures, totals
from marginrules.engine.report import Report
from marginrules.errors import MarginRulesError
from marginrules.policy.catalogue import load_policy
from marginrules.policy.policy import Policy

Document = dict[str, Any]


def number(text: str) -> Decimal:
    """A number as people write it: `1,800`, `-0.5`, `8%`."""
    plain, share = text.strip().removesuffix("%"), text.strip().endswith("%")
    if re.fullmatch(r"-?\d{1,3}(?:[,_]\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "").replace("_", "")
    # Elsewhere a comma is no separator of thousands: `0,05` is not five.
    found = None if "," in plain or "_" in plain else _decimal(plain)
    if found is None or not found.is_finite():
        message = f"{text!r} is no number\nhelp: write it with a decimal point, thousands apart if you like: 1,800.5"
        raise AssertionError(message)
    return found / 100 if share else found


def stated(record: Document, name: str) -> Decimal:
    """A number of a record of the document, which may be a text or a JSON number."""
    found = _decimal(str(record.get(name)))
    if found is None:
        message = f"{name} is {record.get(name)!r}, which is no number"
        raise AssertionError(message)
    return found


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


@define
class World:
    """One scenario's account and answers.

    Attributes:
        directory: folder of the feature file, where rule files are looked for.
        document: the account document so far.
        settlement: the asset that amounts are in unless a step says otherwise.
    """

    directory: Path
    policy: Policy | None = None
    settlement: str = "USDC"
    document: Document = field(factory=dict)
    remembered: dict[str, "World"] = field(factory=dict)
    _evaluation: Evaluation | None = None
    _decision: Decision | None = None
    _outcome: Outcome | None = None

    def section(self, name: str) -> list[Document]:
        """The records of a section of the document."""
        found: list[Document] = self._begun().setdefault(name, [])
        return found

    def account(self) -> Document:
        """What the document says of the account itself."""
        found: Document = self._begun().setdefault("account", {})
        return found

    def _begun(self) -> Document:
        if not self.document:
            message = "there is no account yet\nhelp: say `Given an account with AMOUNT ASSET` before this step"
            raise AssertionError(message)
        return self.document

    def recalled(self, name: str) -> "World":
        """The account that was remembered by a name."""
        found = self.remembered.get(name)
        if found is None:
            known = ", ".join(f'"{entry}"' for entry in self.remembered) or "none"
            message = f'no account is remembered as "{name}"; there is {known}'
            raise AssertionError(message)
        return found

    def cash(self, asset: str) -> Decimal:
        """All cash of an asset, whichever wallets it is in."""
        with exact_context():
            return sum(
                (stated(record, "wallet_balance") for record in self.section("balances") if record["asset"] == asset),
                Decimal(0),
            )

    def changed(self) -> None:
        """Forget the answers: the account is another one now."""
        self._evaluation = None

    def act(self, document: Document) -> None:
        """Ask for an action; the account changes if it is allowed."""
        action = report_documents.read_action(document)
        self._decision = decide(self.checked_policy(), self.state(), action)
        if self._decision.state is not None:
            self.document = account_documents.write(self._decision.state)
            self.changed()

    def decided(self) -> Decision:
        """The decision on the last action."""
        if self._decision is None:
            message = "no action was asked for"
            raise AssertionError(message)
        return self._decision

    def run_procedures(self) -> None:
        """Let the venue act by itself."""
        self._outcome = run_procedures(self.checked_policy(), self.state())
        self.document = account_documents.write(self._outcome.state)
        self.changed()

    def transfers(self) -> Mapping[tuple[str, str], Decimal]:
        """What the venue's procedures moved out of the account, by place and asset."""
        if self._outcome is None:
            message = "the venue did not act"
            raise AssertionError(message)
        return totals(self._outcome.entries)

    def use(self, name: str) -> None:
        """Choose the policy, by name or by the path of a rule file beside the feature."""
        beside = self.directory / name
        self.policy = load_policy(beside if beside.is_file() else name)
        self.changed()

    def copy(self) -> "World":
        """The same account under the same policy, to be changed on its own."""
        import copy  # noqa: PLC0415 - a name that would hide this method at the top of the module

        return World(self.directory, self.policy, self.settlement, copy.deepcopy(self.document))

    # ------------------------------------------------------------ building

    def start(self, balance: str, asset: str, wallet: str | None = None) -> None:
        """An account with a balance and nothing else."""
        self.settlement = asset
        self.document = {
            "schema": account_documents.SCHEMA,
            "account": {"id": "scenario"},
            "balances": [
                {"asset": asset, "wallet_balance": plain_text(number(balance))}
                | ({} if wallet is None else {"wallet": wallet})
            ],
            "positions": [],
            "orders": [],
            "instruments": [],
            "assets": [{"asset": asset, "index_price": "1"}],
        }
        self.changed()

    def asset(self, name: str) -> Document:
        """The record of an asset, made where there is none."""
        for record in self.section("assets"):
            if record["asset"] == name:
                return record
        record = {"asset": name}
        self.section("assets").append(record)
        return record

    def balance(self, asset: str, wallet: str | None = None) -> Document:
        """The record of a balance, made where there is none; in a wallet, where one is named."""
        for record in self.section("balances"):
            if record["asset"] == asset and (wallet is None or record.get("wallet") == wallet):
                return record
        record = {"asset": asset, "wallet_balance": "0"} | ({} if wallet is None else {"wallet": wallet})
        self.section("balances").append(record)
        return record

    def instrument(self, base: str) -> Document:
        """The record of the contract on an underlying."""
        for record in self.section("instruments"):
            if record["base"] == base:
                return record
        known = [record["base"] for record in self.section("instruments")]
        message = (
            f"no contract on {base} in this account; it has {', '.join(known) if known else 'none yet'}\n"
            f"help: say `Given a {base} contract at PRICE` before this step"
        )
        raise AssertionError(message)

    def say_of_contract(self, base: str, fields: Document) -> None:
        """Fields of the contract on an underlying; what is held and ordered of it follows where its symbol changes."""
        record = self.instrument(base)
        before = record["symbol"]
        record.update(fields)
        for held in (*self.section("positions"), *self.section("orders")):
            if held["symbol"] == before:
                held["symbol"] = record["symbol"]
        self.changed()

    def make_inverse(self, base: str, quote: str) -> None:
        """Let the contract on an underlying be inverse."""
        record = self.instrument(base)
        record.update({"contract": "inverse", "quote": quote, "settle": base})
        for position in self.section("positions"):
            if position["symbol"] == record["symbol"] and "assigned_margin" in position:
                with exact_context():
                    value = abs(Decimal(position["quantity"])) / Decimal(position["entry_price"])
                    position["assigned_margin"] = plain_text(value / Decimal(position["leverage"]))
        self.changed()

    def position(self, name: str) -> Document:
        """The record of a position."""
        for record in self.section("positions"):
            if record["id"] == name:
                return record
        known = ", ".join(record["id"] for record in self.section("positions"))
        message = f"no position {name} in this account; it has {known or 'none'}"
        raise AssertionError(message)

    def contract_of(self, name: str) -> Document:
        """The record of the contract that a position is in."""
        symbol = self.position(name)["symbol"]
        found = next((record for record in self.section("instruments") if record["symbol"] == symbol), None)
        if found is None:
            message = f"{name} is in {symbol}, which is no contract of this account"
            raise AssertionError(message)
        return found

    def add_contract(self, base: str, price: str, quote: str | None = None, *, inverse: bool = False) -> None:
        """A contract on an underlying at a mark price, linear unless it settles in its base."""
        asset = self.settlement if quote is None else quote
        record = {
            "symbol": f"{base}-PERP",
            "contract": "inverse" if inverse else "linear",
            "base": base,
            "quote": asset,
            "settle": base if inverse else asset,
            "contract_size": "1",
            "mark_price": plain_text(number(price)),
        }
        self.document["instruments"] = [entry for entry in self.section("instruments") if entry["base"] != base]
        self.section("instruments").append(record)
        self.changed()

    def add_position(
        self, mode: str, side: str, name: str, quantity: str, base: str, price: str, leverage: str
    ) -> None:
        """A position entered at the mark price; an isolated one is assigned its notional over its leverage."""
        entry = number(price)
        if not any(record["base"] == base for record in self.section("instruments")):
            self.add_contract(base, price)
        size = number(quantity)
        record: Document = {
            "id": name,
            "symbol": self.instrument(base)["symbol"],
            "quantity": plain_text(size if side == "long" else -size),
            "entry_price": plain_text(entry),
            "margin_mode": mode,
            "leverage": plain_text(number(leverage)),
        }
        if mode == "isolated":
            record["assigned_margin"] = _initial(size, entry, number(leverage))
        self.section("positions").append(record)
        self.changed()

    def set_mode(self, name: str, mode: str) -> None:
        """The position in the other mode: isolated with the margin that its entry asks for, cross with none."""
        record = self.position(name)
        record["margin_mode"] = mode
        record.pop("assigned_margin", None)
        if mode == "isolated":
            record["assigned_margin"] = _initial(
                abs(stated(record, "quantity")), stated(record, "entry_price"), stated(record, "leverage")
            )
        self.changed()

    def move(self, base: str, share: Decimal) -> None:
        """Move the mark of the contracts on an underlying by a share of it."""
        with exact_context():
            for record in self.section("instruments"):
                if record["base"] == base:
                    if "mark_price" not in record:
                        message = f"the {base} contract has no mark price that could move"
                        raise AssertionError(message)
                    record["mark_price"] = plain_text(stated(record, "mark_price") * (1 + share))
            for record in self.section("assets"):
                if record["asset"] == base and "index_price" in record:
                    record["index_price"] = plain_text(stated(record, "index_price") * (1 + share))
        self.changed()

    # ------------------------------------------------------------ answers

    def state(self) -> AccountState:
        """The account as the engine sees it."""
        return account_documents.read(self.document, self.checked_policy().inputs)

    def checked_policy(self) -> Policy:
        """The policy that a step chose."""
        if self.policy is None:
            message = 'no policy is chosen: begin with `Given the policy "…"`'
            raise AssertionError(message)
        return self.policy

    def evaluated(self) -> Evaluation:
        """The account under the policy, evaluated once."""
        if self._evaluation is None:
            self._evaluation = evaluation(self.checked_policy(), self.state())
        return self._evaluation

    def report(self) -> Report:
        """Its report."""
        return self.evaluated().report()

    def collateral(self, identity: str) -> Decimal | None:
        """What a pool draws on, in its asset, where that is one and known."""
        found = next(pool.instance.collateral for pool in self.evaluated().pools if pool.instance.id == identity)
        return found if isinstance(found, Decimal) else None

    def derived(self, figure: str, identity: str) -> Derivation:
        """Why a figure is what it is."""
        return explain_evaluation(self.evaluated(), f"{figure}:{identity}")

    def derivation(self, figure: str, identity: str) -> str:
        """Why a figure is what it is, as text; empty where it cannot be had."""
        try:
            return self.derived(figure, identity).render()
        except MarginRulesError as error:
            return str(error)

    def expect(self, figure: str, identity: str, found: object, wanted: object, *, holds: bool) -> None:
        """Fail with both values and the derivation unless a condition holds."""
        if not holds:
            shown = plain_text(found) if isinstance(found, Decimal) else found
            asked = plain_text(wanted) if isinstance(wanted, Decimal) else wanted
            message = f"{figure} of {identity} is {shown}, expected {asked}\n\n{self.derivation(figure, identity)}"
            raise AssertionError(message)


def _initial(size: Decimal, entry: Decimal, leverage: Decimal) -> str:
    if leverage <= 0:
        message = f"a leverage of {plain_text(leverage)} leaves no margin to assign"
        raise AssertionError(message)
    with exact_context():
        return plain_text(size * entry / leverage)

"""Reads a pack from parsed TOML and collects all its problems."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET, Struct, ValidationError, convert, structs

from zr4lint.model.finding import Origin
from zr4lint.model.grep import compile_pattern
from zr4lint.packs import pack_tables
from zr4lint.packs.model import (
    Amendment,
    ConflictRule,
    CriterionRule,
    Pack,
    PackRule,
    Section,
    Setting,
    Specification,
    TracedDocument,
)
from zr4lint.packs.problems import PackError, Problem, did_you_mean, misfit_messages, value_words

if TYPE_CHECKING:
    from zr4lint.checks.registry import Kind, Kinds

RESERVED = "ZL"
"""The prefix of the linter's own rules."""

COMMON: Mapping[str, Any] = {"stages": pack_tables.Stages, "stage": pack_tables.StageName}
"""The keys that every rule may have besides those of its kind; the engine handles them."""

_T = TypeVar("_T", bound=pack_tables.Table)
_LABELS = {
    "image": "name",
    "setting": "name",
    "section": "number",
    "rule": "code",
    "criterion": "name",
    "conflict": "requirement",
    "amendment": "requirement",
}
"""The arrays of tables of a pack, each with the key that identifies a table in messages."""

_OF_RULES = frozenset(pack_tables.RuleTable.__struct_fields__)
_OF_AMENDMENTS = frozenset(pack_tables.AmendmentTable.__struct_fields__)
_TRACE = "trace"
_MOST_HINTS = 20
_OF_SPECIFICATIONS = ("stage", "criterion", "conflict", "amendment")


class Taken(Struct, frozen=True):
    """The names and codes that other packs use; `keys` are names that a configuration uses for something else."""

    names: Collection[str] = ()
    codes: Collection[str] = ()
    keys: Collection[str] = ()


def read_pack(
    document: Mapping[str, Any],
    kinds: Kinds,
    shown: str,
    text: str = "",
    taken: Taken | None = None,
) -> Pack:
    """Read a pack from its parsed TOML, without filling its settings.

    `shown` is the name of the file in messages. `text` is the TOML, which gives the line numbers. Raises PackError with
    all problems.
    """
    reader = _Reader(document, kinds, taken or Taken())
    pack = reader.pack()
    if reader.problems or pack is None:
        raise PackError(shown, reader.problems, text)
    return pack


class _Place(Struct, frozen=True):
    """A table of a pack: its array, its index there, and its name in messages."""

    array: str = ""
    index: int = 0
    label: str = ""


_TOP = _Place()
_Values = Mapping[str, Any]


class _Reader:
    """Reads one pack; `problems` collects the errors, and invalid parts are dropped."""

    def __init__(self, document: _Values, kinds: Kinds, taken: Taken) -> None:
        self.document = document
        self.kinds = kinds
        self.taken = taken
        self.problems: list[Problem] = []
        self.seen: set[tuple[str, str, Hashable]] = set()
        self.codes = self.given("rule", "code")
        self.numbers = self.given("section", "number")
        self.settings: dict[str, Setting] = {}
        self._hints = _MOST_HINTS

    def given(self, array: str, key: str) -> list[str] | None:
        """Return the values of a key in all tables of an array, or None if one of them is not a string."""
        tables = self.document.get(array, [])
        values = [t.get(key) if isinstance(t, dict) else None for t in tables] if isinstance(tables, list) else [None]
        texts = [value for value in values if isinstance(value, str)]
        return texts if len(texts) == len(values) else None

    def error(self, place: _Place, key: str, message: str) -> None:
        self.problems.append(Problem(message, key, place.array, place.index, place.label))

    def pack(self) -> Pack | None:
        """Return the pack; if there are problems, it is None or incomplete."""
        own = {key: value for key, value in self.document.items() if key not in _LABELS and key != _TRACE}
        top = self.table(own, pack_tables.PackTable, _TOP)
        if top is not None and top.name in self.taken.names:
            self.error(_TOP, "name", f"`name` is `{top.name}`, the name of a pack that comes with zr4lint")
        if top is not None and top.name in self.taken.keys:
            self.error(_TOP, "name", f"`name` is `{top.name}`, a key of the configuration")
        specified = self.is_specification()
        traced = self.read_trace()
        images = {image.name: image.variables for _, image in self.those("image", pack_tables.ImageTable)}
        self.settings = {setting.name: setting for setting in self.read_settings()}
        sections = {section.number: section for section in self.read_sections(specified)}
        rules = self.read_rules(sections, specified)
        criteria = tuple(self.read_criteria())
        conflicts = tuple(self.read_conflicts())
        amendments = tuple(self.read_amendments(rules))
        if top is None:
            return None
        specification = Specification(top.document, top.stage or None, criteria, conflicts, amendments, top.build)
        return Pack(
            top.name,
            top.title,
            top.files,
            tuple(rules.values()),
            tuple(sections.values()),
            images,
            tuple(self.settings.values()),
            specification if specified else None,
            traced,
        )

    def is_specification(self) -> bool:
        """Return whether the pack implements a document; its other keys must agree."""
        said = self.document.get("specification")
        if said is True and "document" not in self.document:
            self.error(_TOP, "document", "`document` is missing")
        if said is not False and (said is True or "document" in self.document):
            return True
        for key in _OF_SPECIFICATIONS:
            if key in self.document:
                self.error(_TOP, key, f"`{key}` is for a specification, which needs a `document`")
        return False

    def table(self, values: _Values, kind: type[_T], place: _Place) -> _T | None:
        """Return a table as a struct; on problems, record them and return None."""
        try:
            return convert(values, kind)
        except ValidationError as error:
            before = len(self.problems)
            for field in structs.fields(kind):
                if field.name in values:
                    for message in misfit_messages(field.name, values[field.name], field.type):
                        self.error(place, field.name, message)
                elif field.required and field.name not in _LABELS:
                    self.error(place, field.name, f"`{field.name}` is missing")
            self.unknown(values, kind.__struct_fields__, place)
            if len(self.problems) == before:
                self.error(place, "", str(error))
            return None

    def unknown(self, values: _Values, known: Collection[str], place: _Place) -> None:
        for key in values:
            if key not in known:
                near = self.near(key, known) or f"; the keys are {', '.join(sorted(known))}"
                self.error(place, key, f"`{key}` is not a key of this table{near}")

    def near(self, word: str, known: Collection[str]) -> str:
        """Return a "did you mean" suffix; after many hints return "", since searching takes time."""
        self._hints -= 1
        return did_you_mean(word, known) if self._hints >= 0 else ""

    def arrays(self, array: str) -> Iterator[tuple[_Place, dict[str, Any]]]:
        """Yield the tables of an array, with their places."""
        values = self.document.get(array, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            self.error(_TOP, array, f"`{array}` is {value_words(values)}, not [[{array}]] tables")
            return
        for index, value in enumerate(values):
            name = value.get(_LABELS[array])
            yield _Place(array, index, f"{array} {name if isinstance(name, str) and name else index + 1}"), value

    def those(self, array: str, kind: type[_T]) -> Iterator[tuple[_Place, _T]]:
        """Yield the valid tables of an array."""
        for place, values in self.arrays(array):
            table = self.table(values, kind, place)
            if table is not None:
                yield place, table

    def once(self, place: _Place, key: str, value: Hashable) -> None:
        """Refuse a value that an earlier table has."""
        if (place.array, key, value) in self.seen:
            self.error(place, key, f"`{key}` is `{value}`, which another [[{place.array}]] has")
        self.seen.add((place.array, key, value))

    def one_of(self, place: _Place, key: str, value: str, known: Collection[str] | None, what: str) -> bool:
        """Return whether a value is in `known`, where None accepts any value; if not, record a problem."""
        if known is None or value in known:
            return True
        self.error(place, key, f"`{key}` names `{value}`, not {what}{self.near(value, known)}")
        return False

    def read_trace(self) -> TracedDocument | None:
        """Return the document whose lines the rules name, or None if the pack names none."""
        values = self.document.get(_TRACE)
        if values is None:
            return None
        if not isinstance(values, dict):
            self.error(_TOP, _TRACE, f"`{_TRACE}` is {value_words(values)}, not a [{_TRACE}] table")
            return None
        table = self.table(values, pack_tables.TraceTable, _Place(_TRACE, 0, _TRACE))
        return TracedDocument(table.file, table.sha256) if table is not None else None

    def read_settings(self) -> Iterator[Setting]:
        for place, table in self.those("setting", pack_tables.SettingTable):
            self.once(place, "name", table.name)
            default = None if table.default is UNSET else table.default
            if default is not None:
                for message in misfit_messages("default", default, pack_tables.SETTING_TYPES[table.type]):
                    self.error(place, "default", message)
            yield Setting(table.name, table.type, table.summary, default)

    def read_sections(self, specified: bool) -> Iterator[Section]:
        for place, table in self.those("section", pack_tables.SectionTable):
            self.once(place, "number", table.number)
            if table.layer is not None:
                self.once(place, "layer", table.layer)
                if not specified:
                    self.error(place, "layer", "`layer` is for a specification, which needs a `document`")
            if (table.layer is None) != (table.lines is None):
                missing = "layer" if table.layer is None else "lines"
                self.error(place, missing, f"`{missing}` is missing: a layer has a number and lines")
            if table.lines is not None and table.lines[0] > table.lines[1]:
                self.error(place, "lines", f"`lines` are {table.lines[0]} to {table.lines[1]}, not in order")
            yield Section(table.number, table.title, table.layer, table.lines, table.build, table.size)

    def read_rules(self, sections: Mapping[str, Section], specified: bool) -> dict[str, PackRule]:
        if not self.document.get("rule"):
            self.error(_TOP, "rule", "`rule` is missing: a pack has at least one [[rule]]")
        origin = str(self.document.get("document" if specified else "title"))
        found: dict[str, PackRule] = {}
        for place, values in self.arrays("rule"):
            own = {key: value for key, value in values.items() if key in _OF_RULES}
            table = self.table(own, pack_tables.RuleTable, place)
            rest = {key: value for key, value in values.items() if key not in own}
            kind = self.kind(values.get("check"), place)
            given, settings = self.parameters(rest, kind, place) if kind is not None else ({}, {})
            if "check" not in values:
                for key in (key for key in rest if self.near(key, ["check"])):
                    self.error(place, key, f"`{key}` is not a key of this table; did you mean `check`?")
            if table is None or kind is None:
                continue
            self.check_rule(table, specified, place)
            stages, stage = (given.pop(key, None) if key not in kind.names else None for key in COMMON)
            rule = pack_tables.rule_of(table, sections.get(table.section), origin, self.traced(table, place))
            checked = (given, table.greps, settings, bool(settings), stages, stage, table.mentions)
            found[table.code] = PackRule(rule, table.check, *checked)
        return found

    def traced(self, table: pack_tables.RuleTable, place: _Place) -> Origin | None:
        """Return the line of the document that a rule comes from, or None if it names none."""
        document = self.document.get(_TRACE)
        if table.trace is None:
            return None
        if document is None:
            self.error(place, _TRACE, f"`{_TRACE}` is a line of the document, which a [{_TRACE}] table has to name")
        file = document.get("file") if isinstance(document, dict) else None
        return (
            Origin(file, table.trace, fingerprint=table.fingerprint, lines=table.extent)
            if isinstance(file, str)
            else None
        )

    def kind(self, name: Any, place: _Place) -> Kind | None:
        """Return the kind of check with a name; if there is none, record a problem and return None."""
        if not isinstance(name, str):
            return None  # the table check reports it
        if name in self.kinds:
            return self.kinds[name]
        self.one_of(place, "check", name, self.kinds.every(), "a kind of check")
        return None

    def parameters(
        self, values: _Values, kind: Kind, place: _Place, missing: bool = True
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the parameters that a rule gives to its kind, and the settings that fill other parameters."""
        from zr4lint.checks.parameters import listed  # only a pack that is validated needs it

        types = {**COMMON, **{name: parameter.type for name, parameter in kind.parameters.items()}}
        given: dict[str, Any] = {}
        settings: dict[str, str] = {}
        for key, written in values.items():
            if key not in types:
                continue
            value = listed(written, types[key])
            if setting := self.setting(key, value, types[key], place):
                settings[key] = setting
                continue
            for message in misfit_messages(key, value, types[key]):
                self.error(place, key, message)
            given[key] = value
        for key, parameter in kind.parameters.items():
            if missing and key not in values and not parameter.optional:
                self.error(place, key, f"`{key}` is missing: the kind of check `{kind.name}` needs it")
        if missing and kind.needs and values.keys().isdisjoint(kind.needs):
            names = " or ".join(f"`{name}`" for name in kind.needs)
            self.error(place, "check", f"`{kind.name}` checks nothing without {names}")
        keys = {key: value for key, value in values.items() if key not in types}
        known = {*types, *(_OF_RULES if missing else _OF_AMENDMENTS)}
        self.unknown(keys, known, place)
        return given, settings

    def setting(self, key: str, value: Any, type_: Any, place: _Place) -> str | None:
        """Return the setting that a value refers to, as in `{ setting = "name" }`; None for any other value."""
        if not _refers(value):
            return None
        name: str = value["setting"]
        if name not in self.settings:
            if next(misfit_messages(key, value, type_), None) is None:
                return None  # a table that only has a key of this name
            self.one_of(place, key, name, self.settings, "a setting of this pack")
            return name
        default = self.settings[name].default
        for message in misfit_messages(name, default, type_) if default is not None else ():
            self.error(place, key, message)
        return name

    def check_rule(self, table: pack_tables.RuleTable, specified: bool, place: _Place) -> None:
        """Check that a rule is consistent with the rest of the pack."""
        self.once(place, "code", table.code)
        self.once(place, "name", table.name)
        if table.code in self.taken.codes:
            self.error(place, "code", f"`code` is `{table.code}`, the code of a rule that comes with zr4lint")
        if table.code.startswith(RESERVED) and table.code[len(RESERVED) :].isdigit():
            self.error(place, "code", f"`code` is `{table.code}`: {RESERVED} is for zr4lint's own rules")
        if table.section:
            self.one_of(place, "section", table.section, self.numbers, "a section of this pack")
        elif specified and self.numbers:
            self.error(place, "section", "`section` is missing")
        for pattern in table.greps:
            try:
                compile_pattern(pattern)
            except ValueError as error:
                self.error(place, "greps", f"`greps` has {value_words(pattern)}: {error}")

    def read_criteria(self) -> Iterator[CriterionRule]:
        for place, table in self.those("criterion", pack_tables.CriterionTable):
            for code in table.rules:
                self.one_of(place, "rules", code, self.codes, "a rule of this pack")
            if table.by == "rules" and not table.rules:
                self.error(place, "rules", "`rules` is missing: `by` counts them")
            yield CriterionRule(table.name, table.by, table.points, table.rules)

    def read_conflicts(self) -> Iterator[ConflictRule]:
        for place, table in self.those("conflict", pack_tables.ConflictTable):
            self.one_of(place, "requirement", table.requirement, self.codes, "a rule of this pack")
            yield ConflictRule(table.requirement, table.rules, table.accepted)

    def read_amendments(self, rules: Mapping[str, PackRule]) -> Iterator[Amendment]:
        for place, values in self.arrays("amendment"):
            own = {key: value for key, value in values.items() if key in _OF_AMENDMENTS}
            rest = {key: value for key, value in values.items() if key not in own}
            table = self.table(own, pack_tables.AmendmentTable, place)
            if table is None or not self.one_of(
                place, "requirement", table.requirement, self.codes, "a rule of this pack"
            ):
                continue
            self.once(place, "requirement", table.requirement)
            rule = rules.get(table.requirement)
            if rule is None:
                continue  # the problems of the rule come first
            given, _ = self.parameters(rest, self.kinds[rule.check], place, missing=False)
            for key in given.keys() & rule.settings.keys():
                self.error(place, key, f"`{key}` is filled by the setting `{rule.settings[key]}`")
            if table.waived and rest:
                self.error(place, "waived", "`waived` is `true`, and there are parameters beside it")
            parameters = None if table.waived else {**rule.parameters, **given}
            yield Amendment(table.requirement, parameters, table.add, table.reason, table.source)


def _refers(value: Any) -> bool:
    """Return whether the value of a parameter refers to a setting, as in `{ setting = "name" }`."""
    return isinstance(value, dict) and value.keys() == {"setting"} and isinstance(value["setting"], str)

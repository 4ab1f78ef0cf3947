"""The forms of demands on the parts of a build: stages, arguments, packages of any manager, ignored files."""

from __future__ import annotations

from collections.abc import Sequence

from zr4lint.documents.demanding import meanings, software_demands
from zr4lint.documents.demanding.sentence_parts import (
    ARTICLE,
    BE,
    BUILD,
    LIST,
    LIST_OR,
    MODAL,
    NOT,
    OPENING,
    OPENING_NOT,
    SUBJECT,
    THE,
    THING,
    Form,
    form,
)
from zr4lint.documents.demanding.statement import CODE

_MULTI_STAGE = r"(?:multi|two)[- ]?stage(?:\s+(?:docker|container))?"
_PROJECT = rf"(?:{SUBJECT}|(?:{ARTICLE}\s+)?(?:project|repository|repo)\s+)"
_INTO = (
    rf"(?:in)?to\s+{ARTICLE}\s+(?:(?:final|runtime|runner|production|docker|container)\s+)*(?:image|stage|container)"
)
_IGNORES = r"(?:list|exclude|ignore|contain|include|cover)"
BUILD_FORMS: Sequence[Form] = (
    form(
        rf"(?:{OPENING}|{_PROJECT}{MODAL})(?:use|be|have|provide|include|contain|employ)\s+(?:an?\s+)?{_MULTI_STAGE}"
        rf"(?:\s+(?:builds?|dockerfiles?|build\s+pattern))?"
        rf"|(?:an?\s+)?{_MULTI_STAGE}\s+builds?\s+{MODAL}be\s+used",
        False,
        meanings.multi_stage,
    ),
    form(
        rf"{OPENING}(?:accept|declare|define|have|support)\s+(?:an?\s+|the\s+)?{CODE}\s+build[- ]arg(?:ument)?",
        False,
        meanings.arguments,
    ),
    form(
        rf"{OPENING}(?:expose|use)\s+{THE}ports?\s+(?:\d{{2,5}}|{CODE})\s+and\s+(?:port\s+)?(?:\d{{2,5}}|{CODE})",
        False,
        meanings.ports,
    ),
    form(rf"{OPENING_NOT}expose\s+any\s+(?:network\s+)?ports?", True, meanings.no_port),
    form(
        rf"{OPENING}(?:have|include|define|use)\s+{THE}{CODE}\s+(?:instruction\s+)?with\s+{LIST}",
        False,
        meanings.health_options,
    ),
    form(
        rf"{OPENING_NOT}use\s+(?:the\s+)?shell\s+form\s+for\s+{CODE}(?:(?:\s+(?:and|or)\s+|/){CODE})?",
        True,
        meanings.exec_form,
    ),
    form(
        rf"{OPENING}(?:install|include|contain|have)\s+{THE}{LIST}\s+(?:[a-z]+\s+)?packages?",
        False,
        software_demands.packages_of_any,
    ),
    form(
        rf"{OPENING}(?:install|include|contain|have)\s+{THE}(?:(?:system|os)\s+)?packages?:?\s+{LIST}"
        rf"|{THE}(?:{LIST}\s+packages?|packages?\s+{LIST})\s+{MODAL}be\s+installed",
        False,
        software_demands.packages_of_any,
    ),
    form(
        rf"{OPENING_NOT}(?:contain|include|have|install|ship)\s+{THE}(?:packages?\s+)?{LIST_OR}(?:\s+packages?)?"
        rf"|{THE}(?:packages?\s+)?{LIST_OR}\s+{MODAL}{NOT}be\s+installed(?:\s+in\s+{ARTICLE}\s+{THING})?",
        True,
        software_demands.no_packages,
    ),
    form(
        rf"(?:always\s+)?(?:use|pass)\s+{CODE}\s+(?:for|to|with)\s+(?:every\s+|each\s+|all\s+)?(?:pip|apt|apt-get)"
        rf"(?:\s+installs?)?",
        False,
        software_demands.options_of_manager,
    ),
    form(rf"{OPENING}copy\s+{CODE}\s+{_INTO}\s+at\s+{CODE}", False, software_demands.copied),
    form(
        rf"(?:{_PROJECT}{MODAL}|always\s+)(?:have|include|provide|contain)\s+(?:an?\s+)?{CODE}(?:\s+file)?"
        rf"(?:\s+(?:that|which)\s+excludes\s+{LIST})?"
        rf"|(?:an?\s+|the\s+)?{CODE}(?:\s+file)?\s+{MODAL}(?:{_IGNORES}\s+{LIST}|be\s+present|exist)",
        False,
        software_demands.ignored,
    ),
    form(
        rf"(?:the\s+)?(?:build\s+)?context\s+{MODAL}(?:exclude|leave\s+out)\s+{LIST}\s+(?:via|by|with|using|in)\s+{CODE}",
        False,
        software_demands.ignored,
    ),
    form(
        rf"do not use or have {CODE}",
        True,
        software_demands.banned,
        meanings.absent,
        meanings.not_exposed,
        meanings.latest,
    ),
    form(rf"{SUBJECT}{MODAL}{CODE}", False, meanings.instructions),
    form(
        rf"(?:{OPENING}|{BUILD}{MODAL})(?:use|have|contain)\s+(?:an?\s+)?(?:build\s+)?cache\s+mount\s+(?:at|for|on)\s+{CODE}",
        False,
        software_demands.cache_mounted,
    ),
    form(rf"{THE}label\s+{CODE}\s+{MODAL}(?:be\s+(?:set|present)|exist)", False, meanings.labels),
    form(rf"{OPENING}pin\s+(?:the\s+)?base\s+image\s+to\s+{CODE}", False, meanings.image),
    form(
        rf"{OPENING}{BE}(?:built|based)\s+on\s+{THE}{CODE}\s+(?:base\s+)?image",
        False,
        meanings.image,
    ),
)
"""The forms that are tried after FORMS."""

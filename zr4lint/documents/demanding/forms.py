"""The forms of demands: a sentence compiles where one of these fits it from end to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from zr4lint.documents.demanding import meanings, software_demands
from zr4lint.documents.demanding.statement import CODE, Statement
from zr4lint.documents.deriving.demand import Demand

_ARTICLE = r"(?:the|this|an?|each|every|all|any|our|der|die|das|ein|eine|jedes|jede|alle)"
_THING = (
    r"(?:(?:(?:docker|container)[ _])?images?|dockerfiles?|containerfiles?|containers?|container-?images?"
    r"|(?:final|runtime|runner|production)[ _]stage|system)"
)
SUBJECT = (
    rf"(?:(?:{_ARTICLE}\s+)?(?:(?:final|resulting|docker|production|application|custom|new|built|target|runtime|runner)\s+)*"
    rf"{_THING}\s+)"
)
MODAL = (
    r"(?:must|shall|should|has to|have to|needs to|need to|is required to|are required to|muss|m\u00fcssen|soll|sollte"
    r"|sollten|darf|d\u00fcrfen)(?:\s+(?:only|always|explicitly))?\s+"
)
_BUILD = r"(?:the\s+(?:(?:image|docker)\s+)?build\s+)"
OPENING = rf"(?:{SUBJECT}{MODAL}|(?:always\s+)?)"
NOT = r"(?:not\s+|never\s+|nicht\s+)"
RUNNER = rf"(?:{SUBJECT}|(?:{_ARTICLE}\s+)?(?:process(?:es)?|applications?|apps?|programs?|services?|servers?)\s+)"
_PROCESS = r"(?:the\s+)?(?:process|program|application|app|container)"
OPENING_NOT = (
    rf"(?:(?:{SUBJECT}|{_BUILD}){MODAL}{NOT}"
    rf"|{SUBJECT}(?:should |must |shall )?never\s+|do not\s+|don't\s+|never\s+|avoid\s+)"
)
LIST = rf"{CODE}(?:\s*,\s*{CODE})*(?:\s*,?\s*(?:and|und|&)\s+{CODE})?"
LIST_OR = rf"{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and)\s+){CODE})*"

Reader = Callable[[Statement], Iterator[Demand]]
Form = tuple[str, bool | None, tuple[Reader, ...]]


def _form(pattern: str, negative: bool | None, *readers: Reader) -> Form:
    """A form, whether it forbids (None where both do), and what reads a statement that has it, tried in this order."""
    return pattern, negative, readers


_MANAGER = r"(?:apt|apt-get|apk|dnf|microdnf|pip|pypi)"
_BE = r"(?:be\s+|is\s+|are\s+)?"
_THE = r"(?:(?:the|an?|its|following|these|this|all|required|official)\s+)*"
_AS_BASE = (
    rf"as\s+{_THE}(?:base|(?:base|parent)\s+image|basis-?image)"
    rf"(?:\s+(?:of|for|in)\s+{_THE}(?:(?:final|runtime|production)\s+)?(?:image|stage|dockerfile))?"
)
_NAMED = rf"an?\s+(?:build\s+)?stage\s+(?:named|called)\s+{CODE}"
FORMS: Sequence[Form] = (
    _form(
        rf"{OPENING}{_BE}(?:built|based|derived|built up)\s+(?:from|on|upon|on top of)\s+{_THE}"
        rf"(?:base\s+)?(?:image\s+)?{CODE}",
        False,
        meanings.image,
    ),
    _form(
        rf"{OPENING}(?:use|keep|start from|extend|inherit from|build on|verwenden)\s+{_THE}"
        rf"(?:base\s+image\s+{CODE}|(?:base\s+image\s+)?{CODE}\s+{_AS_BASE})",
        False,
        meanings.image,
    ),
    _form(
        rf"(?:(?:use\s+)?{_THE}(?:base[ -]image|(?:final|runtime)\s+stage)\s+{MODAL}be"
        rf"|(?:das |als )?basis-?image\s+(?:muss|soll))\s+{CODE}"
        rf"(?:\s+(?:sein|verwendet werden))?",
        False,
        meanings.image,
    ),
    _form(
        rf"(?:the\s+)?{CODE}\s+stage\s+{MODAL}(?:use\s+{CODE}\s+{_AS_BASE}|be\s+(?:based|built)\s+(?:on|from)\s+{CODE})",
        False,
        meanings.stage_image,
    ),
    _form(
        rf"{OPENING}(?:use|define|have|implement|contain)\s+(?:(?:an?|the)\s+)?(?:(?:minimum of|at least)\s+)?(?:"
        rf"(?:(?:two|three|four|\d)\s+)?named\s+stages(?:\s+in\s+{_ARTICLE}\s+dockerfile)?\s*:?\s+{LIST}"
        rf"|(?:multi-?stage\s+build\s+with\s+)?{_THE}(?:(?:stages?\s+)(?:named\s+|called\s+)?{LIST}|{LIST}\s+stages?)|{_NAMED}(?:\s+and\s+{_NAMED})*)",
        False,
        meanings.stages,
    ),
    _form(
        rf"{OPENING}(?:set|define|declare|export|include|have|contain)\s+{_THE}(?:environment variables?"
        rf"\s+|env variables?\s+|variables?\s+)?{LIST}",
        False,
        meanings.variables,
    ),
    _form(
        rf"{OPENING}(?:set|define)\s+{_THE}(?:environment variable\s+)?{CODE}\s+to\s+{CODE}", False, meanings.variable
    ),
    _form(rf"{_THE}environment variable\s+{CODE}\s+{MODAL}be\s+(?:set\s+to\s+)?{CODE}", False, meanings.variable),
    _form(
        rf"{_THE}(?:environment variables?\s+)?{LIST}\s+{MODAL}be\s+(?:set|defined|present)",
        False,
        meanings.variables,
    ),
    _form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|set|specify|end with|be configured with)"
        rf"\s+{_THE}{LIST}(?:\s+instructions?)?",
        False,
        meanings.instructions,
    ),
    _form(
        rf"{OPENING_NOT}(?:use|using|contain|include|have|define|declare|add)\s+{_THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)"
        rf"\s+){CODE})*(?:\s+instructions?)?(?:\s+in\s+{_ARTICLE}\s+{_THING})?",
        True,
        meanings.absent,
    ),
    _form(
        rf"{_THE}{CODE}(?:\s+instructions?)?\s+{MODAL}{NOT}be\s+(?:used|present|changed)",
        True,
        meanings.absent,
        meanings.not_exposed,
    ),
    _form(rf"{_THE}{CODE}\s+{MODAL}be\s+(?:present|defined|included)", False, meanings.present, meanings.instructions),
    _form(
        rf"{OPENING}(?:have|define|use|contain)\s+{_THE}(?:entry[ -]?point|(?:default\s+|start\s+)?command)\s+{CODE}",
        False,
        meanings.started,
    ),
    _form(rf"{OPENING}(?:use|be)\s+{CODE}", False, meanings.image_used),
    _form(rf"{_THE}label\s+{CODE}\s+{MODAL}(?:be|have\s+the\s+value)\s+(?:set\s+to\s+)?{CODE}", False, meanings.label),
    _form(
        rf"after\s+{CODE},\s+{CODE}\s+{MODAL}be\s+(?:removed|deleted)\s+in\s+the\s+same\s+(?:{CODE}|layer|RUN)",
        False,
        software_demands.lists_removed,
    ),
    _form(
        rf"(?:the\s+)?(?:last|final)\s+{CODE}(?:\s+instruction)?\s+{MODAL}{NOT}be\s+{CODE}"
        rf"|(?:the\s+)?user\s+{CODE}\s+must\s+not\s+be\s+used(?:\s+at\s+the\s+end)?",
        True,
        meanings.not_root,
    ),
    _form(rf"{_THE}{CODE}\s+{MODAL}{NOT}use\s+{_THE}{CODE}(?:\s+tag)?", True, meanings.latest),
    _form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|specify)\s+{_THE}(?:valid\s+)?"
        rf"{LIST}(?:\s+instructions?)?",
        False,
        meanings.present,
    ),
    _form(
        rf"{OPENING_NOT}run\s+(?:(?:your|the|an?|any)\s+)?(?:applications?|processes|containers?)\s+as\s+{_THE}"
        rf"(?:root|{CODE})(?:\s+user)?(?:\s+(?:inside|in)\s+{_ARTICLE}\s+{_THING})?",
        True,
        meanings.not_root,
    ),
    _form(
        rf"create(?:\s+and\s+switch\s+to)?\s+{_THE}(?:dedicated\s+)?(?:non-?root|unprivileged)\s+user"
        rf"(?:\s+and\s+switch\s+to\s+it\b.*|\s+before\s+(?:the\s+)?{CODE}(?:/{CODE})?)?",
        False,
        meanings.not_root_by_user,
    ),
    _form(
        rf"{OPENING}use\s+{CODE}\s+\(exec form\)\s+instead\s+of\s+(?:the\s+)?shell\s+form", None, meanings.exec_form_of
    ),
    _form(
        rf"{OPENING}(?:define|declare|include)\s+{_THE}{CODE}(?:\s+instruction)?\s+in\s+{_ARTICLE}\s+"
        rf"(?:production\s+)?dockerfiles?",
        False,
        meanings.present,
    ),
    _form(
        rf"(?:{RUNNER}{MODAL}|)run(?:\s+(?:processes|{_PROCESS}))?\s+as\s+{_THE}(?:dedicated |unprivileged )*"
        rf"(?:non-?root|unprivileged)\s+(?:numeric\s+)?user(?:\s+by default)?",
        False,
        meanings.not_root,
    ),
    _form(
        rf"(?:{OPENING_NOT}|{RUNNER}{MODAL}{NOT})run(?:ning)?(?:\s+processes)?\s+as\s+{_THE}(?:root|{CODE})(?:\s+user)?",
        True,
        meanings.not_root,
    ),
    _form(
        rf"(?:der |die )?container\s+(?:darf|d\u00fcrfen|muss|m\u00fcssen)\s+nicht\s+als\s+(?:root|"
        rf"{CODE})\s+(?:laufen|ausgef\u00fchrt werden)",
        True,
        meanings.not_root,
    ),
    _form(
        rf"(?:{RUNNER}{MODAL}|)run\s+as\s+{_THE}(?:non-root |unprivileged |dedicated )*(?:user"
        rf"\s+|uid\s+)?{CODE}(?:\s+user)?",
        False,
        meanings.user,
    ),
    _form(rf"{OPENING}expose\s+(?:only\s+)?{_THE}(?:tcp\s+)?(?:ports?\s+)?(?:\d{{2,5}}|{LIST})", False, meanings.ports),
    _form(
        rf"{OPENING}(?:declare|define|include|have|contain|specify)\s+{_THE}{CODE}(?:\s+instruction)?\s+(?:that|which)\b.*",
        False,
        meanings.health,
    ),
    _form(rf"{OPENING}use\s+{CODE}(?:\s+\([^)]*\))?,?\s+(?:instead of|rather than)\s+{CODE}", None, meanings.instead),
    _form(
        rf"{_THE}(?:(?:final|runtime|container|container's|image)\s+)*user\s+{MODAL}be\s+{CODE}", False, meanings.user
    ),
    _form(rf"(?:the\s+)?(?:exposed\s+)?port\s+(?:{CODE}|\d{{2,5}})\s+{MODAL}be\s+exposed", False, meanings.ports),
    _form(rf"{_THE}exposed\s+port\s+{MODAL}be\s+(?:{CODE}|\d{{2,5}})", False, meanings.ports),
    _form(
        rf"{_THE}working directory\s+(?:of\s+{_ARTICLE}\s+{_THING}\s+)?{MODAL}be\s+(?:set\s+to"
        rf"\s+)?{CODE}",
        False,
        meanings.workdir,
    ),
    _form(rf"{OPENING}(?:set|use)\s+{_THE}working directory\s+(?:to\s+)?{CODE}", False, meanings.workdir),
    _form(
        rf"{OPENING}(?:install|pin|include|have|contain)\s+{_THE}(?:(?:system|apt|debian|python|pip|os)"
        rf"\s+)*(?:packages?\s+)?{LIST}(?:\s+(?:packages?|(?:by|via|from|using|with) {_MANAGER}))*",
        False,
        software_demands.packages,
    ),
    _form(
        rf"{_THE}(?:(?:[a-z]+\s+)?packages?\s+)?{LIST}\s+{MODAL}be\s+installed(?:\s+(?:by|via|with|using|through) "
        rf"{_MANAGER})?",
        False,
        software_demands.packages,
    ),
    _form(
        rf"{_THE}{CODE}(?:\s+(?:calls?|commands?|invocations?|instructions?))?\s+{MODAL}(?:use|include|have|pass|specify|"
        rf"{_BE}(?:run|called|used|invoked)\s+with)\s+{_THE}(?:(?:flag|option)s?\s+)?{LIST}(?:\s+(?:flag|option)s?)?",
        False,
        software_demands.options,
    ),
    _form(
        rf"(?:{OPENING}|{_BUILD}{MODAL})(?:run|use|call|pass)\s+{_THE}{CODE}\s+(?:with|for|to)\s+{_THE}(?:flag"
        rf"\s+|option\s+)?{CODE}",
        False,
        software_demands.options,
    ),
    _form(
        rf"{OPENING_NOT}(?:use|using|run|running|call|contain|execute|install)\s+{_THE}{CODE}(?:"
        rf"\s+or\s+{CODE})*",
        True,
        software_demands.forbidden,
    ),
    _form(rf"{_THE}{CODE}\s+{MODAL}{NOT}be\s+(?:used|called|run|executed)", True, software_demands.forbidden),
    _form(rf"avoid\s+{_THE}{CODE}", True, software_demands.forbidden),
    _form(
        rf"{CODE}\s+(?:darf|soll|sollte)\s+nicht\s+(?:verwendet|benutzt|aufgerufen)\s+werden",
        True,
        meanings.absent,
        software_demands.forbidden,
    ),
    _form(rf"{SUBJECT}(?:muss|soll|sollte)\s+auf\s+(?:dem\s+image\s+)?{CODE}\s+basieren", False, meanings.image),
    _form(
        rf"{SUBJECT}(?:muss|soll|sollte)\s+(?:eine?n?\s+)?{LIST}\s+(?:definieren|setzen|enthalten)",
        False,
        meanings.variables,
        meanings.present,
    ),
    _form(rf"das\s+arbeitsverzeichnis\s+(?:muss|soll|sollte)\s+{CODE}\s+sein", False, meanings.workdir),
    _form(rf"{OPENING_NOT}use\s+{CODE}", True, meanings.latest),
    _form(rf"{_THE}{CODE}\s+instruction\s+{MODAL}be\s+(?:used|present)", False, meanings.present),
    _form(rf"{OPENING_NOT}(?:use|using|have)\s+{_THE}{CODE}\s+(?:image\s+)?tags?", True, meanings.latest),
    _form(rf"{_THE}{CODE}\s+tag\s+{MODAL}{NOT}be\s+used", True, meanings.latest),
    _form(rf"(?:{OPENING}use\s+)?(?:the\s+)?exec(?:utable)? form\s+for\s+{_THE}{LIST}", False, meanings.exec_form),
    _form(
        rf"{LIST}\s+{MODAL}(?:use|{_BE}(?:written\s+)?in)\s+(?:the\s+)?(?:json\s+)?exec(?:utable)?[ -]form",
        False,
        meanings.exec_form,
    ),
    _form(
        rf"{OPENING}(?:have|define|contain|use)\s+{_THE}(?:two |three |build )*stages?\s+(?:named"
        rf"\s+|called\s+)?{LIST}",
        False,
        meanings.stages,
    ),
    _form(
        rf"{OPENING_NOT}copy(?:ing)?\s+{_THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)\s+){CODE})*"
        rf"(?:\s+(?:files?|folders?))?(?:\s+(?:in)?to\s+{_ARTICLE}\s+{_THING})?",
        True,
        software_demands.not_copied,
    ),
    _form(
        rf"{OPENING}(?:have|include|carry|define|set|contain)\s+{_THE}(?:oci\s+)?labels?\s+{LIST}",
        False,
        meanings.labels,
    ),
    _form(rf"{OPENING}clone\s+{_THE}(?:repository\s+)?{CODE}\s+(?:in)?to\s+{CODE}", False, software_demands.clone),
    _form(rf"{CODE}\s+{MODAL}be\s+copied\s+(?:in)?to\s+{CODE}", False, software_demands.copied),
    _form(rf"{OPENING}copy\s+{_THE}{CODE}\s+(?:in)?to\s+{CODE}", False, software_demands.copied),
    _form(
        rf"{OPENING}(?:remove|delete|clean up|clean)\s+{_THE}(?:apt lists?\s+(?:in\s+)?)?{CODE}"
        rf"\s+(?:in\s+the\s+same\s+(?:layer|{CODE}|RUN)(?:\s+(?:instruction|layer|statement))?"
        rf"|after\s+(?:(?:each|every|the|an)\s+)?(?:install\w*(?:\s+{_THE}packages)?|apt\s+install))",
        False,
        software_demands.lists_removed,
    ),
    _form(
        rf"{_THE}(?:entry[ -]?point|(?:(?:default|start)\s+)?command|{CODE})\s+{MODAL}be\s+(?:set\s+to\s+)?{CODE}",
        False,
        meanings.started,
        meanings.thing,
    ),
    _form(rf"{OPENING}(?:run|execute)\s+{CODE}", False, software_demands.run_with),
    _form(
        rf"(?:pip|apt|apt-get)(?:\s+install)?\s+{MODAL}(?:use|{_BE}(?:run|called|used|invoked)\s+with)\s+{_THE}{LIST}",
        False,
        software_demands.options_of_install,
    ),
    _form(
        rf"{OPENING}(?:declare|define|have|accept|support|provide|use)\s+{_THE}"
        rf"build(?:[- ]time)?[ -]?arg(?:ument)?s?\s+{LIST}",
        False,
        meanings.arguments,
    ),
    _form(
        rf"(?:{OPENING_NOT}(?:set|define|declare)\s+{_THE}(?:environment\s+)?(?:variables?\s+)?{LIST_OR}"
        rf"|{_THE}(?:environment\s+)?(?:variables?\s+)?{LIST_OR}\s+{MODAL}{NOT}be\s+(?:set|defined)\s+in\s+{_ARTICLE}"
        rf"\s+{_THING})",
        True,
        meanings.unset,
    ),
    _form(
        rf"{OPENING}(?:have|include|carry|define|set|contain)\s+{_THE}label\s+{CODE}\s+(?:with\s+(?:the\s+)?value|to)"
        rf"\s+{CODE}",
        False,
        meanings.label,
    ),
    _form(
        rf"{OPENING}(?:have|include|define|contain|use)\s+{_THE}(?:{CODE}|health ?check)(?:\s+instruction)?\s+"
        rf"(?:that\s+runs\s+)?(?:every|with\s+{_THE}interval\s+of)\s+\d+\s*(?:s|seconds?|m|minutes?)",
        False,
        meanings.interval,
    ),
    _form(rf"{OPENING}(?:set|add)\s+{_THE}{CODE}", False, meanings.present),
    _form(
        rf"{OPENING}set\s+{_THE}{CODE}\s+to\s+(?:an\s+)?absolute\s+paths?"
        rf"|{CODE}\s+{MODAL}(?:use|be)\s+(?:an\s+)?absolute(?:\s+paths?)?",
        False,
        meanings.absolute,
    ),
    _form(
        rf"{OPENING}(?:combine|run|chain|put)\s+{CODE}\s+and\s+{CODE}\s+in\s+(?:one|a\s+single|the\s+same)\s+"
        rf"(?:{CODE}|RUN|layer)(?:\s+(?:instruction|statement|layer))?",
        False,
        software_demands.updated,
    ),
    _form(rf"prefer\s+{CODE}\s+(?:over|to)\s+{CODE}", None, meanings.instead),
    _form(rf"(?:the\s+)?last\s+instruction\s+{MODAL}be\s+{CODE}", False, meanings.started),
    _form(rf"(?:the\s+)?(?:last|final)\s+{CODE}(?:\s+instruction)?\s+{MODAL}be\s+{CODE}", False, meanings.thing),
    _form(rf"{OPENING}(?:start|be\s+started)\s+(?:with|by|via|using)\s+{CODE}", False, meanings.started),
    _form(
        rf"{_THE}(?:python\s+)?(?:dependencies|packages|requirements)\s+{MODAL}be\s+installed\s+"
        rf"(?:with|using|via|by)\s+{CODE}",
        False,
        software_demands.installed_with,
    ),
    _form(rf"{OPENING}(?:have|be|contain)\s+exactly\s+\d+\s+lines(?:\s+long)?", False, meanings.lines),
)
LABELLED: Sequence[Form] = (
    _form(rf"base[ -]?image:\s*{CODE}|basis-?image:\s*{CODE}", False, meanings.image),
    _form(rf"(?:working directory|workdir|arbeitsverzeichnis):\s*{CODE}", False, meanings.workdir),
    _form(rf"(?:exposed )?ports?:\s*{CODE}|expose:\s*{CODE}", False, meanings.ports),
    _form(rf"(?:run(?:time)? )?user:\s*{CODE}|benutzer:\s*{CODE}", False, meanings.user),
    _form(rf"(?:entry[ -]?point|cmd|(?:start )?command):\s*{CODE}", False, meanings.started),
    _form(rf"(?:environment|environment variables?|env):\s*{LIST}", False, meanings.variables),
    _form(
        rf"(?!(?:build|secret|label|default|test|compose)\b)(?![^:]*\barg)[\w /-]+:\s*{CODE}",
        False,
        meanings.setting,
    ),
)
"""The forms of a name with a value, such as `Port: 80`; no other form fits these."""

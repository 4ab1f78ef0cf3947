"""The closed grammar of demands: a sentence compiles if one of these forms matches all of it."""

from __future__ import annotations

from collections.abc import Sequence

from zr4lint.documents.demanding import meanings, software_demands
from zr4lint.documents.demanding.sentence_parts import (
    ARTICLE,
    AS_BASE,
    BE,
    BUILD,
    LIST,
    LIST_OR,
    MANAGER,
    MODAL,
    NAMED,
    NOT,
    OPENING,
    OPENING_NOT,
    PROCESS,
    RUNNER,
    SUBJECT,
    THE,
    THING,
    Form,
    form,
)
from zr4lint.documents.demanding.statement import CODE

FORMS: Sequence[Form] = (
    form(
        rf"{OPENING}{BE}(?:built|based|derived|built up)\s+(?:from|on|upon|on top of)\s+{THE}"
        rf"(?:base\s+)?(?:image\s+)?{CODE}",
        False,
        meanings.image,
    ),
    form(
        rf"{OPENING}(?:use|keep|start from|extend|inherit from|build on|verwenden)\s+{THE}"
        rf"(?:base\s+image\s+{CODE}|(?:base\s+image\s+)?{CODE}\s+{AS_BASE})",
        False,
        meanings.image,
    ),
    form(
        rf"(?:(?:use\s+)?{THE}(?:base[ -]image|(?:final|runtime)\s+stage)\s+{MODAL}be"
        rf"|(?:das |als )?basis-?image\s+(?:muss|soll))\s+{CODE}"
        rf"(?:\s+(?:sein|verwendet werden))?",
        False,
        meanings.image,
    ),
    form(
        rf"(?:the\s+)?{CODE}\s+stage\s+{MODAL}(?:use\s+{CODE}\s+{AS_BASE}|be\s+(?:based|built)\s+(?:on|from)\s+{CODE})",
        False,
        meanings.stage_image,
    ),
    form(
        rf"{OPENING}(?:use|define|have|implement|contain)\s+(?:(?:an?|the)\s+)?(?:(?:minimum of|at least)\s+)?(?:"
        rf"(?:(?:two|three|four|\d)\s+)?named\s+stages(?:\s+in\s+{ARTICLE}\s+dockerfile)?\s*:?\s+{LIST}"
        rf"|(?:multi-?stage\s+build\s+with\s+)?{THE}(?:(?:stages?\s+)(?:named\s+|called\s+)?{LIST}|{LIST}\s+stages?)|{NAMED}(?:\s+and\s+{NAMED})*)",
        False,
        meanings.stages,
    ),
    form(
        rf"{OPENING}(?:set|define|declare|export|include|have|contain)\s+{THE}(?:environment variables?"
        rf"\s+|env variables?\s+|variables?\s+)?{LIST}",
        False,
        meanings.variables,
    ),
    form(rf"{OPENING}(?:set|define)\s+{THE}(?:environment variable\s+)?{CODE}\s+to\s+{CODE}", False, meanings.variable),
    form(rf"{THE}environment variable\s+{CODE}\s+{MODAL}be\s+(?:set\s+to\s+)?{CODE}", False, meanings.variable),
    form(
        rf"{THE}(?:environment variables?\s+)?{LIST}\s+{MODAL}be\s+(?:set|defined|present)",
        False,
        meanings.variables,
    ),
    form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|set|specify|end with|be configured with)"
        rf"\s+{THE}{LIST}(?:\s+instructions?)?",
        False,
        meanings.instructions,
    ),
    form(
        rf"{OPENING_NOT}(?:use|using|contain|include|have|define|declare|add)\s+{THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)"
        rf"\s+){CODE})*(?:\s+instructions?)?(?:\s+in\s+{ARTICLE}\s+{THING})?",
        True,
        meanings.absent,
    ),
    form(
        rf"{THE}{CODE}(?:\s+instructions?)?\s+{MODAL}{NOT}be\s+(?:used|present|changed)",
        True,
        meanings.absent,
        meanings.not_exposed,
    ),
    form(rf"{THE}{CODE}\s+{MODAL}be\s+(?:present|defined|included)", False, meanings.present, meanings.instructions),
    form(
        rf"{OPENING}(?:have|define|use|contain)\s+{THE}(?:entry[ -]?point|(?:default\s+|start\s+)?command)\s+{CODE}",
        False,
        meanings.started,
    ),
    form(rf"{OPENING}(?:use|be)\s+{CODE}", False, meanings.image_used),
    form(rf"{THE}label\s+{CODE}\s+{MODAL}(?:be|have\s+the\s+value)\s+(?:set\s+to\s+)?{CODE}", False, meanings.label),
    form(
        rf"after\s+{CODE},\s+{CODE}\s+{MODAL}be\s+(?:removed|deleted)\s+in\s+the\s+same\s+(?:{CODE}|layer|RUN)",
        False,
        software_demands.lists_removed,
    ),
    form(
        rf"(?:the\s+)?(?:last|final)\s+{CODE}(?:\s+instruction)?\s+{MODAL}{NOT}be\s+{CODE}"
        rf"|{THE}(?:(?:final|container|runtime)\s+)?user\s+{MODAL}{NOT}be\s+(?:root|{CODE})"
        rf"|(?:the\s+)?user\s+{CODE}\s+must\s+not\s+be\s+used(?:\s+at\s+the\s+end)?",
        True,
        meanings.not_root,
    ),
    form(rf"{THE}{CODE}\s+{MODAL}{NOT}use\s+{THE}{CODE}(?:\s+tag)?", True, meanings.latest),
    form(
        rf"{OPENING}(?:use|contain|include|have|declare|define|specify)\s+{THE}(?:valid\s+)?"
        rf"{LIST}(?:\s+instructions?)?",
        False,
        meanings.present,
    ),
    form(
        rf"{OPENING_NOT}run\s+(?:(?:your|the|an?|any)\s+)?(?:applications?|processes|containers?)\s+as\s+{THE}"
        rf"(?:root|{CODE})(?:\s+user)?(?:\s+(?:inside|in)\s+{ARTICLE}\s+{THING})?",
        True,
        meanings.not_root,
    ),
    form(
        rf"create(?:\s+and\s+switch\s+to)?\s+{THE}(?:dedicated\s+)?(?:non-?root|unprivileged)\s+user"
        rf"(?:\s+and\s+switch\s+to\s+it\b.*|\s+before\s+(?:the\s+)?{CODE}(?:/{CODE})?)?",
        False,
        meanings.not_root_by_user,
    ),
    form(
        rf"{OPENING}use\s+{CODE}\s+\(exec form\)\s+instead\s+of\s+(?:the\s+)?shell\s+form", None, meanings.exec_form_of
    ),
    form(
        rf"{OPENING}(?:define|declare|include)\s+{THE}{CODE}(?:\s+instruction)?\s+in\s+{ARTICLE}\s+"
        rf"(?:production\s+)?dockerfiles?",
        False,
        meanings.present,
    ),
    form(
        rf"(?:{RUNNER}{MODAL}|)run(?:\s+(?:processes|{PROCESS}))?\s+as\s+{THE}(?:dedicated |unprivileged )*"
        rf"(?:non-?root|unprivileged)\s+(?:numeric\s+)?user(?:\s+by default)?",
        False,
        meanings.not_root,
    ),
    form(
        rf"(?:{OPENING_NOT}|{RUNNER}{MODAL}{NOT})run(?:ning)?(?:\s+processes)?\s+as\s+{THE}(?:root|{CODE})(?:\s+user)?",
        True,
        meanings.not_root,
    ),
    form(
        rf"(?:der |die )?container\s+(?:darf|d\u00fcrfen|muss|m\u00fcssen)\s+nicht\s+als\s+(?:root|"
        rf"{CODE})\s+(?:laufen|ausgef\u00fchrt werden)",
        True,
        meanings.not_root,
    ),
    form(
        rf"(?:{RUNNER}{MODAL}|)run(?:\s+{PROCESS})?\s+as\s+{THE}(?:non-root |unprivileged |dedicated )*(?:user"
        rf"\s+|uid\s+)?{CODE}(?:\s+user)?",
        False,
        meanings.user,
    ),
    form(
        rf"{OPENING}expose\s+(?:only\s+)?{THE}(?:tcp\s+)?(?:ports?\s+)?(?:\d{{2,5}}|{LIST})"
        rf"(?:\s+for\s+(?:the\s+)?(?!debug|develop|test)[\w/-]+(?:\s+(?:api|server|traffic|requests|metrics))?)?",
        False,
        meanings.ports,
    ),
    form(
        rf"{OPENING}(?:declare|define|include|have|contain|specify)\s+{THE}{CODE}(?:\s+instruction)?\s+(?:that|which)\b.*",
        False,
        meanings.health,
    ),
    form(rf"{OPENING}use\s+{CODE}(?:\s+\([^)]*\))?,?\s+(?:instead of|rather than)\s+{CODE}", None, meanings.instead),
    form(rf"{THE}(?:(?:final|runtime|container|container's|image)\s+)*user\s+{MODAL}be\s+{CODE}", False, meanings.user),
    form(rf"(?:the\s+)?(?:exposed\s+)?port\s+(?:{CODE}|\d{{2,5}})\s+{MODAL}be\s+exposed", False, meanings.ports),
    form(rf"{THE}exposed\s+port\s+{MODAL}be\s+(?:{CODE}|\d{{2,5}})", False, meanings.ports),
    form(
        rf"{THE}working directory\s+(?:of\s+{ARTICLE}\s+{THING}\s+)?{MODAL}be\s+(?:set\s+to"
        rf"\s+)?{CODE}",
        False,
        meanings.workdir,
    ),
    form(rf"{OPENING}(?:set|use)\s+{THE}working directory\s+(?:to\s+)?{CODE}", False, meanings.workdir),
    form(
        rf"{OPENING}(?:install|pin|include|have|contain)\s+{THE}(?:(?:system|apt|debian|python|pip|os)"
        rf"\s+)*(?:packages?\s+)?{LIST}(?:\s+(?:packages?|(?:by|via|from|using|with) {MANAGER}))*",
        False,
        software_demands.packages,
    ),
    form(
        rf"{THE}(?:(?:[a-z]+\s+)?packages?\s+)?{LIST}\s+{MODAL}be\s+installed(?:\s+(?:by|via|with|using|through) "
        rf"{MANAGER})?",
        False,
        software_demands.packages,
    ),
    form(
        rf"{THE}{CODE}(?:\s+(?:calls?|commands?|invocations?|instructions?))?\s+{MODAL}(?:use|include|have|pass|specify|"
        rf"{BE}(?:run|called|used|invoked)\s+with)\s+{THE}(?:(?:flag|option)s?\s+)?{LIST}(?:\s+(?:flag|option)s?)?",
        False,
        software_demands.options,
    ),
    form(
        rf"(?:{OPENING}|{BUILD}{MODAL})(?:run|use|call|pass)\s+{THE}{CODE}\s+(?:with|for|to)\s+{THE}(?:flag"
        rf"\s+|option\s+)?{CODE}",
        False,
        software_demands.options,
    ),
    form(
        rf"{OPENING_NOT}(?:use|using|run|running|call|contain|execute|install)\s+{THE}{CODE}(?:"
        rf"\s+or\s+{CODE})*",
        True,
        software_demands.forbidden,
    ),
    form(rf"{THE}{CODE}\s+{MODAL}{NOT}be\s+(?:used|called|run|executed)", True, software_demands.forbidden),
    form(rf"avoid\s+{THE}{CODE}", True, software_demands.forbidden),
    form(
        rf"{CODE}\s+(?:darf|soll|sollte)\s+nicht\s+(?:verwendet|benutzt|aufgerufen)\s+werden",
        True,
        meanings.absent,
        software_demands.forbidden,
    ),
    form(rf"{SUBJECT}(?:muss|soll|sollte)\s+auf\s+(?:dem\s+image\s+)?{CODE}\s+basieren", False, meanings.image),
    form(
        rf"{SUBJECT}(?:muss|soll|sollte)\s+(?:eine?n?\s+)?{LIST}\s+(?:definieren|setzen|enthalten)",
        False,
        meanings.variables,
        meanings.present,
    ),
    form(rf"das\s+arbeitsverzeichnis\s+(?:muss|soll|sollte)\s+{CODE}\s+sein", False, meanings.workdir),
    form(rf"{OPENING_NOT}use\s+{CODE}", True, meanings.latest),
    form(rf"{THE}{CODE}\s+instruction\s+{MODAL}be\s+(?:used|present)", False, meanings.present),
    form(rf"{OPENING_NOT}(?:use|using|have)\s+{THE}{CODE}\s+(?:image\s+)?tags?", True, meanings.latest),
    form(rf"{THE}{CODE}\s+tag\s+{MODAL}{NOT}be\s+used", True, meanings.latest),
    form(rf"(?:{OPENING}use\s+)?(?:the\s+)?exec(?:utable)? form\s+for\s+{THE}{LIST}", False, meanings.exec_form),
    form(
        rf"{LIST}\s+{MODAL}(?:use|{BE}(?:written\s+)?in)\s+(?:the\s+)?(?:json\s+)?exec(?:utable)?[ -]form",
        False,
        meanings.exec_form,
    ),
    form(
        rf"{OPENING}(?:have|define|contain|use)\s+{THE}(?:two |three |build )*stages?\s+(?:named"
        rf"\s+|called\s+)?{LIST}",
        False,
        meanings.stages,
    ),
    form(
        rf"{OPENING_NOT}copy(?:ing)?\s+{THE}{CODE}(?:(?:\s*,\s*|,?\s+(?:or|and|oder)\s+){CODE})*"
        rf"(?:\s+(?:files?|folders?))?(?:\s+(?:in)?to\s+{ARTICLE}\s+{THING})?",
        True,
        software_demands.not_copied,
    ),
    form(
        rf"{OPENING}(?:have|include|carry|define|set|contain)\s+{THE}(?:oci\s+)?labels?\s+{LIST}",
        False,
        meanings.labels,
    ),
    form(rf"{OPENING}clone\s+{THE}(?:repository\s+)?{CODE}\s+(?:in)?to\s+{CODE}", False, software_demands.clone),
    form(rf"{CODE}\s+{MODAL}be\s+copied\s+(?:in)?to\s+{CODE}", False, software_demands.copied),
    form(rf"{OPENING}copy\s+{THE}{CODE}\s+(?:in)?to\s+{CODE}", False, software_demands.copied),
    form(
        rf"{OPENING}(?:remove|delete|clean up|clean)\s+{THE}(?:apt lists?\s+(?:in\s+)?)?{CODE}"
        rf"\s+(?:in\s+the\s+same\s+(?:layer|{CODE}|RUN)(?:\s+(?:instruction|layer|statement))?"
        rf"|after\s+(?:(?:each|every|the|an)\s+)?(?:install\w*(?:\s+{THE}packages)?|apt\s+install))",
        False,
        software_demands.lists_removed,
    ),
    form(
        rf"{THE}(?:entry[ -]?point|(?:(?:default|start)\s+)?command|{CODE})\s+{MODAL}be\s+(?:set\s+to\s+)?{CODE}",
        False,
        meanings.started,
        meanings.thing,
    ),
    form(
        rf"{OPENING}(?:(?:run|execute)|install\s+(?:\w+\s+)?(?:packages|dependencies)\s+(?:with|using|via))\s+{CODE}",
        False,
        software_demands.run_with,
    ),
    form(
        rf"(?:pip|apt|apt-get)(?:\s+install)?\s+{MODAL}(?:use|{BE}(?:run|called|used|invoked)\s+with)\s+{THE}{LIST}",
        False,
        software_demands.options_of_install,
    ),
    form(
        rf"{OPENING}(?:declare|define|have|accept|support|provide|use)\s+{THE}"
        rf"build(?:[- ]time)?[ -]?arg(?:ument)?s?\s+{LIST}",
        False,
        meanings.arguments,
    ),
    form(
        rf"(?:{OPENING_NOT}(?:set|define|declare)\s+{THE}(?:environment\s+)?(?:variables?\s+)?{LIST_OR}"
        rf"|{THE}(?:environment\s+)?(?:variables?\s+)?{LIST_OR}\s+{MODAL}{NOT}be\s+(?:set|defined)\s+in\s+{ARTICLE}"
        rf"\s+{THING})",
        True,
        meanings.unset,
    ),
    form(
        rf"{OPENING}(?:have|include|carry|define|set|contain)\s+{THE}label\s+{CODE}\s+(?:with\s+(?:the\s+)?value|to)"
        rf"\s+{CODE}",
        False,
        meanings.label,
    ),
    form(
        rf"{OPENING}(?:have|include|define|contain|use)\s+{THE}(?:{CODE}|health ?check)(?:\s+instruction)?\s+"
        rf"(?:that\s+runs\s+)?(?:every|with\s+{THE}interval\s+of)\s+\d+\s*(?:s|seconds?|m|minutes?)",
        False,
        meanings.interval,
    ),
    form(rf"{OPENING}(?:set|add)\s+{THE}{CODE}", False, meanings.present),
    form(
        rf"{OPENING}set\s+{THE}{CODE}\s+to\s+(?:an\s+)?absolute\s+paths?"
        rf"|{CODE}\s+{MODAL}(?:use|be)\s+(?:an\s+)?absolute(?:\s+paths?)?",
        False,
        meanings.absolute,
    ),
    form(
        rf"{OPENING}(?:combine|run|chain|put)\s+{CODE}\s+and\s+{CODE}\s+in\s+(?:one|a\s+single|the\s+same)\s+"
        rf"(?:{CODE}|RUN|layer)(?:\s+(?:instruction|statement|layer))?",
        False,
        software_demands.updated,
    ),
    form(rf"prefer\s+{CODE}\s+(?:over|to)\s+{CODE}", None, meanings.instead),
    form(rf"(?:the\s+)?last\s+instruction\s+{MODAL}be\s+{CODE}", False, meanings.started),
    form(rf"(?:the\s+)?(?:last|final)\s+{CODE}(?:\s+instruction)?\s+{MODAL}be\s+{CODE}", False, meanings.thing),
    form(rf"{OPENING}(?:start|be\s+started)\s+(?:with|by|via|using)\s+{CODE}", False, meanings.started),
    form(
        rf"{THE}(?:python\s+)?(?:dependencies|packages|requirements)\s+{MODAL}be\s+installed\s+"
        rf"(?:with|using|via|by)\s+{CODE}",
        False,
        software_demands.installed_with,
    ),
    form(rf"{OPENING}(?:have|be|contain)\s+exactly\s+\d+\s+lines(?:\s+long)?", False, meanings.lines),
)
LABELLED: Sequence[Form] = (
    form(rf"base[ -]?image:\s*{CODE}|basis-?image:\s*{CODE}", False, meanings.image),
    form(rf"(?:working directory|workdir|arbeitsverzeichnis):\s*{CODE}", False, meanings.workdir),
    form(rf"(?:exposed )?ports?:\s*{CODE}|expose:\s*{CODE}", False, meanings.ports),
    form(rf"(?:run(?:time)? )?user:\s*{CODE}|benutzer:\s*{CODE}", False, meanings.user),
    form(rf"(?:entry[ -]?point|cmd|(?:start )?command):\s*{CODE}", False, meanings.started),
    form(rf"(?:environment|environment variables?|env):\s*{LIST}", False, meanings.variables),
    form(
        rf"(?!(?:build|secret|label|default|test|compose)\b)(?![^:]*\barg)[\w /-]+:\s*{CODE}",
        False,
        meanings.setting,
    ),
)
"""The forms of a name with a value, such as `Port: 80`; no other form is tried on such a statement."""

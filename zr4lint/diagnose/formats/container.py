"""The start of a container: what docker, podman, compose, RunPod and the started program say of a failure."""

from __future__ import annotations

import re

from zr4lint.diagnose.events import Event, Served, Started, Stopped

SIGN = re.compile(
    r"docker: Error response from daemon|OCI runtime create failed|OCI permission denied|OCI runtime attempted"
    r"|^exec \.{0,2}/\S+: |^exec container process|error starting container|standard_init_linux\.go"
    r"|^\[FATAL tini|^Traceback \(most recent call last\):|exited with code [1-9]|^exec: \"",
    re.MULTILINE,
)
COMPOSE_SIGN = re.compile(
    r"^ ?\S* ?Container \S+ +(?:Starting|Started|Creating|Error)|exited with code \d+$|^\[\+\] Running \d", re.MULTILINE
)

OUTPUT_SIGN = re.compile(
    r"^\W{0,3}(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d[ ,.\]]|\d{1,2}/\d{1,2}/\d{4}, \d)"
    r"|^\[?(?:INFO|WARN|WARNING|DEBUG|ERROR|FATAL|TRACE|NOTICE|CRITICAL|info|warn|error|debug)\b\]?[: ]"
    r"|\blevel=(?:info|warn|error|debug)|^(?:Get|Hit|Ign|Err):\d+ |^Reading package lists|^Setting up \S"
    r"|^(?:Collecting|Cloning into|Downloading|Unpacking|Installing|Loading|Compiling|Requirement already) "
    r"|^Successfully (?:built|installed|tagged) |^added \d+ packages|^npm |^> \S+@\S+ |\d%\||^\++ \w"
    r"|^make(?:\[\d+\])?: |^(?:Digest|Status): |^[a-z][\w.-]* +\| |^(?:E|W|N): |exited with code \d+$"
    r"|^(?:Starting|Started|Listening|Running|Serving) "
    r"|^\s*(?:=> )?=> (?:exporting|naming|writing|importing|loading|sending) "
    r"|^(?:\.{0,2}/\S+: |docker: |\"docker )|^[a-z][\w.-]{1,40}: (?:\[\w+\]|error|fatal|ERROR|FATAL|cannot)[ :]"
    r"|^(?:\[rank\d+\]: )?(?:[A-Za-z_]\w*\.)*[A-Z]\w+(?:Error|Exception): \S"
    r"|^\s{0,4}\d+ warnings? found \(use docker|^\s*\S+\.py:\d+: \w*Warning: |^== [A-Z]\w+ ==$",
    re.MULTILINE,
)
"""Lines as programs print them while they run; a text without any is no log."""

_STARTS = re.compile(
    r"docker: Error response from daemon|^Error response from daemon|OCI runtime create failed|OCI permission denied"
    r"|OCI runtime attempted|^exec \.{0,2}/\S+: |^exec container process|error starting container"
    r"|standard_init_linux\.go|^\[FATAL tini|^Traceback \(most recent call last\):|exited with code [1-9]|^exec: \""
    r"|^Error: (?:crun|runc|unable to start container|cannot find module)|^nvidia-container-cli: "
    r"|/usr/bin/env: |failed to create shim|Back-off restarting|CrashLoopBackOff"
)
_PULLS = re.compile(
    r"manifest (?:for|unknown)|pull access denied|toomanyrequests|no matching manifest|Error: initializing source"
    r"|ErrImagePull|ImagePullBackOff"
)
_STOPS = re.compile(
    r"(?:^|: )The operation was canceled\.|has exceeded the maximum execution time|execution took longer than"
    r"|Build timed out|Cancelling nested steps due to timeout|^TIMEOUT$|The job running on runner .* has exceeded"
    r"|^ERROR: context deadline exceeded"
)
_SERVES = re.compile(
    r"(?:Uvicorn running|Running|Hypercorn running) on (?:all addresses|https?://|local URL|public URL)"
    r"|To see the GUI go to: |Listening at: https?://|You can now view your Streamlit app|Serving HTTP on "
    r"|Jupyter Server .* is running at"
)
_QUICK = (
    "rror",
    "xec",
    "Traceback",
    "tini",
    "exited",
    "anceled",
    "timed out",
    "OCI",
    "longer than",
    "exceeded",
    "shim",
    "nvidia-",
    "timeout",
    "manifest",
    "denied",
    "toomany",
    "ackOff",
    "TIMEOUT",
    "env: ",
    "init_linux",
    "Back-off",
    "unning ",
    "GUI go",
    "Listening at",
    "now view",
    "Serving HTTP",
)
SPECIAL = re.compile("|".join(map(re.escape, _QUICK)))
"""A line without any of these words is no event."""


def container_event(line: int, text: str) -> Event | None:
    """The event of a line outside of the steps; None for one that only belongs to what a program prints."""
    if not SPECIAL.search(text):
        return None
    if _STOPS.search(text):
        return Stopped(line, text.strip())
    if _STARTS.search(text):
        return Started(line, text.strip(), pull=_PULLS.search(text) is not None)
    return Served(line) if _SERVES.search(text) else None

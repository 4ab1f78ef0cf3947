"""Reads the errors of docker, podman, compose, RunPod and the program itself when a container starts."""

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

SUCCESS_SIGN = re.compile(
    r"^(?:Successfully \w+|Digest: sha256|Status: (?:Downloaded|Image is)|added \d+ packages|up to date|Complete!$)"
    r"|^(?:\[INFO\] )?BUILD SUCCESS|^Setting up \S|^Processing triggers for |^Built target |^\[100%\] Built"
    r"|exited with code 0$|^(?:✨ +)?Done(?: in |\.?$)|^✓ |^\W*\d+ passed\b(?!.*\bfailed\b)|^Finished |^Pushed "
    r"|Job succeeded|ompiled successfully|Accepting connections|^\s*(?:=> )?=> (?:exporting|naming|writing) "
    r"|\b(?:[Ss]tarted|[Rr]eady|[Ll]istening|[Ss]erving|[Rr]unning on|startup complete|waiting for requests)\b",
    re.MULTILINE,
)
"""Matches last lines that show success: a command that finished, or a service that runs."""

JOB_FAILED = ("Process completed with exit code ", "ERROR: Job failed: exit ")
"""The words of GitHub and GitLab on a failed command of a job."""

_STARTS = re.compile(
    r"docker: Error response from daemon|^Error response from daemon|OCI runtime create failed|OCI permission denied"
    r"|OCI runtime attempted|^exec \.{0,2}/\S+: |^exec container process|error starting container"
    r"|standard_init_linux\.go|^\[FATAL tini|^Traceback \(most recent call last\):|exited with code [1-9]|^exec: \""
    r"|^Error: (?:crun|runc|unable to start container|cannot find module)|^nvidia-container-cli: "
    r"|/usr/bin/env: |failed to create shim|Back-off restarting|CrashLoopBackOff"
    r"|^Process completed with exit code [1-9]|^ERROR: Job failed: exit (?:code|status) [1-9]"
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
    r"|Jupyter Server .* is running at|\b[Ll]istening (?:on|at) (?:port )?\S*\d"
)
_QUICK = (
    "rror",
    "Process completed",
    "Job failed",
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
    "istening ",
    "now view",
    "Serving HTTP",
)
SPECIAL = re.compile("|".join(map(re.escape, _QUICK)))
"""Matches a line that may be an event; other lines are skipped."""


def container_event(line: int, text: str) -> Event | None:
    """Return the event of a line outside of the steps; None if the line is only output of a program."""
    if not SPECIAL.search(text):
        return None
    if _STOPS.search(text):
        return Stopped(line, text.strip())
    if _STARTS.search(text):
        return Started(line, text.strip(), pull=_PULLS.search(text) is not None)
    return Served(line) if _SERVES.search(text) else None

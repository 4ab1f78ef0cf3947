#!/usr/bin/env bash
# What the step of action.yml runs: installs zr4lint beside the job's own Python, and lints. The findings become
# annotations, the summary goes below the job, the SARIF report to a file.
set -euo pipefail

environment="$RUNNER_TEMP/zr4lint-${ZR4LINT_VERSION:-action}"
if [[ ! -x "$environment/bin/zr4lint" ]]; then
  wanted="$GITHUB_ACTION_PATH"
  if [[ -n "$ZR4LINT_VERSION" ]]; then
    wanted="zr4lint==$ZR4LINT_VERSION"
  fi
  python3 -m venv --clear "$environment"
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$wanted"
fi

summary="$RUNNER_TEMP/zr4lint-summary.md"
rm -f "$summary" "$ZR4LINT_SARIF"
arguments=(--fail-on "$ZR4LINT_FAIL_ON")
arguments+=(--format sarif --output "$ZR4LINT_SARIF" --format markdown --output "$summary" --format github)
while IFS= read -r pack; do
  if [[ -n "$pack" ]]; then arguments+=(--pack "$pack"); fi
done <<<"$ZR4LINT_PACK"
arguments+=(--)
while IFS= read -r path; do
  if [[ -n "$path" ]]; then arguments+=("$path"); fi
done <<<"$ZR4LINT_PATHS"

code=0
"$environment/bin/zr4lint" "${arguments[@]}" || code=$?
if [[ -f "$summary" ]]; then
  cat "$summary" >>"$GITHUB_STEP_SUMMARY"
fi
{
  echo "sarif=$ZR4LINT_SARIF"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
exit "$code"

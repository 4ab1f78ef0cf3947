#!/usr/bin/env bash
# The step of action.yml runs this script. It installs zr4lint into a separate environment and lints. The findings become
# annotations, the summary appears below the job, and the SARIF report goes to a file.
#
# The working folder is the linted repository, which may be untrusted. Python therefore runs isolated (-I), so that
# it imports nothing from there.
set -euo pipefail

if [[ "$INPUT_SARIF" == *[[:cntrl:]]* ]]; then
  echo "zr4lint: the input sarif is no file name" >&2
  exit 2
fi

python=""
for name in python3 python; do
  if "$name" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python="$name"
    break
  fi
done
if [[ -z "$python" ]]; then
  echo "zr4lint: Python 3.11 or later is needed; use actions/setup-python before this action" >&2
  exit 2
fi

environment="$RUNNER_TEMP/zr4lint-${INPUT_VERSION:-action}"
if [[ ! -x "$environment/bin/zr4lint" ]]; then
  "$python" -I -m venv --clear "$environment"
  install=("$environment/bin/python" -I -m pip install --quiet --disable-pip-version-check)
  if [[ -n "$INPUT_VERSION" ]]; then
    "${install[@]}" "zr4lint==$INPUT_VERSION"
  else
    "${install[@]}" --require-hashes --requirement "$GITHUB_ACTION_PATH/ci/action-requirements.txt"
    "${install[@]}" --no-deps --no-build-isolation "$GITHUB_ACTION_PATH"
  fi
fi

# Print the lines of an input, one for each argument, without empty lines.
lines() {
  local line
  arguments_of=()
  while IFS= read -r line; do
    if [[ -n "$line" ]]; then arguments_of+=("$line"); fi
  done <<<"$1"
}

summary="$RUNNER_TEMP/zr4lint-summary.md"
rm -f -- "$summary" "$INPUT_SARIF"
arguments=(--fail-on "$INPUT_FAIL_ON")
if [[ "$INPUT_ISOLATED" == true ]]; then arguments+=(--isolated --no-suppressions); fi
if [[ "$INPUT_NO_CONFIG" == true ]]; then arguments+=(--no-config); fi
if [[ -n "$INPUT_CONFIG" ]]; then arguments+=(--config "$INPUT_CONFIG"); fi
if [[ -n "$INPUT_CONTEXT" ]]; then arguments+=(--context "$INPUT_CONTEXT"); fi
lines "$INPUT_PACK"
for pack in "${arguments_of[@]}"; do arguments+=(--pack "$pack"); done
lines "$INPUT_ARGS"
arguments+=("${arguments_of[@]}")
arguments+=(--format sarif --output "$INPUT_SARIF" --format markdown --output "$summary")
if [[ "$INPUT_ANNOTATIONS" == true ]]; then arguments+=(--format github); else arguments+=(--format concise); fi
lines "$INPUT_PATHS"
arguments+=(-- "${arguments_of[@]}")

code=0
"$environment/bin/zr4lint" "${arguments[@]}" || code=$?
if [[ -f "$summary" ]]; then
  cat "$summary" >>"$GITHUB_STEP_SUMMARY"
fi
{
  echo "sarif=$INPUT_SARIF"
  echo "exit-code=$code"
} >>"$GITHUB_OUTPUT"
exit "$code"

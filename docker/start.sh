#!/usr/bin/env bash
# Starts ComfyUI in the place of this shell, so that it receives the container's signals itself.
# All arguments go to ComfyUI; where two contradict each other, ComfyUI takes the last.
#
#   COMFYUI_PORT     port to listen on (8188)
#   COMFYUI_ARGS     further arguments, split at white space; quotes have no meaning here
#   DOWNLOAD_MODELS  what to download first: 1 for all, or names of sets (download_models.sh --help)
#   ZR4_ROOT         folder that holds ComfyUI (/workspace)
set -euo pipefail

here=$(dirname -- "${BASH_SOURCE[0]}")
main=${ZR4_ROOT:-/workspace}/ComfyUI/main.py
port=${COMFYUI_PORT:-8188}

die() {
    printf 'start.sh: %s\n' "$1" >&2
    exit "$2"
}

if ! [[ ${port} =~ ^[1-9][0-9]{0,4}$ ]] || ((port > 65535)); then
    die "COMFYUI_PORT is '${port}', not a port (1 to 65535)" 2
fi
[[ -f ${main} ]] || die "${main} does not exist: is ComfyUI installed there, or hidden by a volume?" 1
command -v python >/dev/null || die "there is no python on PATH: the image has it in /opt/venv/bin" 1

# read ends with 1 at the end of its input; it splits at spaces, tabs and newlines and expands nothing.
IFS=$' \t\n' read -r -d '' -a extra <<<"${COMFYUI_ARGS:-}" || true
IFS=$' \t\n' read -r -d '' -a sets <<<"${DOWNLOAD_MODELS:-}" || true

case "${sets[*]}" in
    '' | 0) ;;
    *)
        if [[ ${sets[*]} == 1 ]]; then sets=(); fi
        # In the background, for bash answers a signal during wait, but not during a command.
        "${here}/download_models.sh" "${sets[@]}" &
        trap 'kill "$!"; exit 143' TERM INT
        wait "$!" || die "the models are not complete, so ComfyUI was not started" "$?"
        trap - TERM INT
        ;;
esac

# The image sets TRANSFORMERS_CACHE. transformers 5 does not read it any more; HF_HUB_CACHE names the same folder.
if [[ -n ${TRANSFORMERS_CACHE:-} && -z ${HF_HUB_CACHE:-}${HF_HOME:-} ]]; then
    export HF_HUB_CACHE=${TRANSFORMERS_CACHE}
fi

exec python "${main}" --listen 0.0.0.0 --port "${port}" "${extra[@]}" "$@"

#!/usr/bin/env bash
# Downloads the models that ComfyUI and SteadyDancer read; --help says how.
set -euo pipefail

root=${ZR4_ROOT:-/workspace}
attempts=${DOWNLOAD_ATTEMPTS:-3}
pause=${DOWNLOAD_PAUSE:-10}

usage() {
    cat <<'END'
Usage: download_models.sh [--help | --list] [SET]...

Downloads the models of the named sets; of all sets when none is named. What is complete is left alone and needs
neither client nor network; what was interrupted is resumed.

  --list             print the table of models and stop
  MODELS_TABLE       a file to read instead of that table, in the same form
  ZR4_ROOT           folder that the table's folders lie in (/workspace)
  DOWNLOAD_ATTEMPTS  how often to try each model (3); DOWNLOAD_PAUSE seconds lie between two attempts (10)
  HF_TOKEN, HF_...   are read by the Hugging Face client itself

Exit: 0 all is there; 1 a check failed; 2 wrong usage or table; else the code of the client, which has said why.
END
}

# comfyui: what SteadyDancer's own workflows name (workflows/ in its repository), where ComfyUI looks for it. They need
# the custom nodes ComfyUI-WanVideoWrapper and ComfyUI-WanAnimatePreprocess, which the image does not bring.
# steadydancer: what its README downloads, to where its scripts and commands look by default.
table() {
    cat <<'END'
# set: any name. GB: free space asked for before the download. source: a repository on Hugging Face, or a URL.
# file: the path in the repository, * for all of it; for a URL the name to save it by. folder: below ZR4_ROOT.
comfyui 17 Kijai/WanVideo_comfy_fp8_scaled SteadyDancer/Wan21_SteadyDancer_fp8_e4m3fn_scaled_KJ.safetensors ComfyUI/models/diffusion_models/WanVideo/SteadyDancer
comfyui 12 Kijai/WanVideo_comfy umt5-xxl-enc-bf16.safetensors ComfyUI/models/text_encoders
comfyui 1 Kijai/WanVideo_comfy Wan2_1_VAE_bf16.safetensors ComfyUI/models/vae/wanvideo
comfyui 1 Kijai/WanVideo_comfy Lightx2v/lightx2v_I2V_14B_480p_cfg_step_distill_rank64_bf16.safetensors ComfyUI/models/loras/WanVideo/Lightx2v
comfyui 2 Comfy-Org/Wan_2.1_ComfyUI_repackaged split_files/clip_vision/clip_vision_h.safetensors ComfyUI/models/clip_vision
comfyui 3 Kijai/vitpose_comfy onnx/vitpose_h_wholebody_data.bin ComfyUI/models/detection/onnx
comfyui 1 Kijai/vitpose_comfy onnx/vitpose_h_wholebody_model.onnx ComfyUI/models/detection/onnx
comfyui 1 Wan-AI/Wan2.2-Animate-14B process_checkpoint/det/yolov10m.onnx ComfyUI/models/detection/onnx
steadydancer 50 MCG-NJU/SteadyDancer-14B * steady-dancer/SteadyDancer-14B
steadydancer 1 yzd-v/DWPose dw-ll_ucoco_384.pth steady-dancer/preprocess/pretrained_weights/dwpose
steadydancer 1 https://download.openmmlab.com/mmdetection/v2.0/yolox/yolox_l_8x8_300e_coco/yolox_l_8x8_300e_coco_20211126_140236-d3bd2b23.pth yolox_l_8x8_300e_coco.pth steady-dancer/preprocess/pretrained_weights/dwpose
END
}

say() { printf 'download_models.sh: %s\n' "$1"; }
die() { say "$1" >&2; exit "$2"; }

# get GB SOURCE FILE FOLDER: a file is downloaded beside its place and moved there when whole; a repository is marked.
get() {
    local gb=$1 source=$2 file=$3 folder=${root}/$4 tool=${client} free left attempt=1 code
    local target=${folder}/${file##*/} part=${folder}/.${file##*/}.download
    local run=("${client}" download "${source}" "${file}" --local-dir "${part}")
    if [[ ${file} == '*' ]]; then
        target=${folder}/.complete part=${folder}
        run=("${client}" download "${source}" --local-dir "${part}")
    elif [[ ${source} == https://* ]]; then
        tool=wget run=(wget --continue --no-verbose --output-document="${part}/${file}" "${source}")
    fi

    if [[ -s ${target} ]]; then say "complete: ${target}"; return; fi
    command -v "${tool}" >/dev/null || die "${tool} is not on PATH, and ${source} is to be downloaded with it" 1
    mkdir -p -- "${part}"
    free=$(df --output=avail --block-size=1000000000 -- "${part}")
    left=$(du --summarize --block-size=1000000000 -- "${part}")
    ((${free##*[!0-9]} + ${left%%[!0-9]*} >= gb)) ||
        die "${source} ${file} needs ${gb} GB, and ${folder} has ${free##*[!0-9]} GB free" 1

    say "downloading ${source} ${file}"
    until "${run[@]}"; do
        code=$?
        ((attempt++ < attempts)) || die "giving up on ${source} ${file}: ${tool} ended with ${code}" "${code}"
        say "${tool} ended with ${code}; attempt ${attempt} of ${attempts} in ${pause} s" >&2
        sleep "${pause}"
    done

    if [[ ${file} == '*' ]]; then
        printf '%s\n' "${source}" >"${target}"
    else
        [[ -s ${part}/${file} ]] || die "${tool} reported success, but ${part}/${file} is missing or empty" 1
        mv -- "${part}/${file}" "${target}"
        rm -rf -- "${part}"
    fi
}

case ${1:-} in
    --help) usage; exit ;;
    --list) table; exit ;;
    -*) die "no such option: $1 (see --help)" 2 ;;
    *) ;;
esac
[[ "${attempts} ${pause}" =~ ^[1-9][0-9]*\ [0-9]+$ ]] ||
    die "DOWNLOAD_ATTEMPTS '${attempts}' and DOWNLOAD_PAUSE '${pause}' must be whole numbers, from 1 and from 0 on" 2
rows=$(table)
if [[ -n ${MODELS_TABLE:-} ]]; then rows=$(cat -- "${MODELS_TABLE}") || die "MODELS_TABLE can't be read" 2; fi
sets=' ' plan=()
while read -r set gb source file folder more; do
    if [[ -z ${set} || ${set} == '#'* ]]; then continue; fi
    if [[ -z ${folder} || -n ${more} || ! ${gb} =~ ^(0|[1-9][0-9]*)$ ]]; then
        die "a row of the table is not 'set GB source file folder': ${set} ${gb} ${source} ${file} ${folder} ${more}" 2
    fi
    sets+="${set} "
    if (($# == 0)) || [[ " $* " == *" ${set} "* ]]; then plan+=("${gb} ${source} ${file} ${folder}"); fi
done <<<"${rows}"
for set in "$@"; do
    [[ ${sets} == *" ${set} "* ]] || die "the table has no set '${set}' (see --list)" 2
done

# huggingface_hub brings hf since 0.34; until 1.0 it brought huggingface-cli.
client=hf
if ! command -v hf >/dev/null && command -v huggingface-cli >/dev/null; then client=huggingface-cli; fi
# A client may turn a signal into an exit code of its own; without these, that would count as a failed attempt.
trap 'exit 130' INT; trap 'exit 143' TERM
for row in "${plan[@]}"; do
    read -r gb source file folder <<<"${row}"
    get "${gb}" "${source}" "${file}" "${folder}"
done
say "all models are in place"

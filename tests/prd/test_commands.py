"""The PRD's own commands: all pass on the shipped file, and each of them can fail."""

import subprocess
from pathlib import Path

import pytest

from tests.prd.judge import CHECKS, run_commands, run_on_all

REPOSITORY = Path(__file__).parents[2]
SHIPPED = (REPOSITORY / "docker" / "Dockerfile.zr4").read_bytes()

# The words that a check searches for, and all checks that fail without them.
WORDS = {
    b"FROM nvidia/cuda:12.4-devel-ubuntu22.04": {"2.1-base", "final-3-base"},
    b"nvidia/cuda:12.4": {"2.1-base", "final-3-base"},
    b" AS base": {"final-3-base"},
    b"libgl1-mesa-glx": {"3.1-packages"},
    b"libglib2.0-0": {"3.1-packages"},
    b"libsm6": {"3.1-packages"},
    b"libxrender1": {"3.1-packages"},
    b"build-essential": {"3.1-packages"},
    b"software-properties-common": {"3.1-packages"},
    b"rm -rf /var/lib/apt/lists": {"3.1-apt-lists"},
    b"add-apt-repository ppa:deadsnakes/": {"4.1-ppa"},
    b"-m venv": {"4.1-venv"},
    b":$PATH": {"4.1-path"},
    b"torch==2.5.1": {"5.1-torch", "final-4-torch"},
    b"torchvision": {"5.1-torchvision"},
    b"torchaudio": {"5.1-torchaudio"},
    b"cu124": {"5.1-cu124"},
    b"--upgrade pip setuptools wheel": {"5.1-pip-upgrade"},
    b"flash-attn==2.7.4.post1": {"6.1-flash-attn", "final-5-flash-attn"},
    b"--no-build-isolation": {"6.1-no-build-isolation", "final-5-no-build-isolation"},
    b"--force-reinstall": {"6.1-force-reinstall"},
    b"CUDA toolkit": {"6.1-comment"},
    b"mmcv>=2.1.0": {"7.1-mmcv", "final-6-mmcv"},
    b"<2.2.0": {"7.1-mmcv-upper"},
    b"mmpose": {"7.1-mmpose"},
    b"wheels.mmengine.ai": {"7.1-index"},
    b"/ComfyUI.git": {"8.1-clone", "8.1-repository", "final-7-comfyui"},
    b"comfyanonymous": {"8.1-repository"},
    b"WORKDIR /workspace": {"8.1-workdir", "9.1-workdir"},
    b"-r requirements.txt": {"8.1-requirements"},
    b"git clone": {"8.1-clone", "9.1-clone", "final-7-comfyui", "final-8-steadydancer"},
    b"steady-dancer": {"9.1-clone", "9.1-workdir", "9.1-requirements", "final-8-steadydancer"},
    b"-r /workspace/steady-dancer/": {"9.1-requirements"},
    b"COPY download_models.sh": {"10.1-download-copy", "final-9-download"},
    b"chmod +x /workspace/download_models.sh": {"10.1-download-chmod"},
    b"COPY start.sh": {"10.1-start-copy", "final-9-start"},
    b"chmod +x /workspace/start.sh": {"10.1-start-chmod"},
    b"CUDA_VISIBLE_DEVICES=0": {"11.1-cuda-visible-devices"},
    b"TRANSFORMERS_CACHE=/workspace/models": {"11.1-transformers-cache"},
    b"CMD [": {"11.1-cmd-form", "11.1-cmd-path"},
    b'"/workspace/start.sh"': {"11.1-cmd-path"},
}
# These do not fail for missing words; each has its own test below.
NO_WORDS = {"final-1-exists", "final-2-lines", "10.1-download-exists", "10.1-start-exists"}


def failing(text: bytes, scripts: bool = True) -> set[str]:
    return {check for check, passed in run_commands(text, scripts).items() if not passed}


def test_all_pass_on_the_shipped_file() -> None:
    assert failing(SHIPPED) == set()


def test_every_check_is_seen_to_fail() -> None:
    assert set().union(NO_WORDS, *WORDS.values()) == {check.id for check in CHECKS}


def test_ids_are_unique_and_named_by_their_section() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.id.startswith(check.section.replace(" ", "-") + "-") for check in CHECKS)
    assert {check.severity for check in CHECKS} == {"fail", "warning"}


@pytest.mark.slow
@pytest.mark.parametrize("words", WORDS, ids=lambda words: words.decode())
def test_deleted_words_are_missed(words: bytes) -> None:
    assert words in SHIPPED
    assert failing(SHIPPED.replace(words, b"")) == WORDS[words]


@pytest.mark.slow
def test_many_texts_at_once_are_judged_as_each_by_itself() -> None:
    texts = [SHIPPED, b"", *(SHIPPED.replace(words, b"") for words in WORDS), b"\n" + SHIPPED]
    assert run_on_all(texts) == [run_commands(text) for text in texts]


def test_line_count_is_that_of_wc() -> None:
    assert failing(SHIPPED.removesuffix(b"\n")) == {"final-2-lines"}
    assert failing(SHIPPED + b"\n") == {"final-2-lines"}


def test_missing_scripts() -> None:
    assert failing(SHIPPED, scripts=False) == {"10.1-download-exists", "10.1-start-exists"}


def test_empty_file() -> None:
    exist = {"final-1-exists", "10.1-download-exists", "10.1-start-exists"}
    assert failing(b"") == {check.id for check in CHECKS} - exist


def test_missing_file_is_what_the_first_final_check_finds(tmp_path: Path) -> None:
    (check,) = (check for check in CHECKS if check.id == "final-1-exists")
    assert subprocess.run(["bash", "-c", check.run], cwd=tmp_path).returncode == 1


def test_from_below_line_one() -> None:
    """2.1 looks for "1:" anywhere in the number of the line and in its text, so line 2 fails and line 21 passes."""
    assert failing(b"\n" + SHIPPED) == {"2.1-base", "final-2-lines"}
    assert failing(b"\n" * 20 + SHIPPED) == {"final-2-lines"}


def test_commands_look_at_text_only() -> None:
    """Words in comments satisfy them, which is why the requirements have their own checks."""
    lines = SHIPPED.splitlines(keepends=True)
    comments = b"".join(b"#" + line for line in lines)
    assert failing(comments) == {"2.1-base", "11.1-cmd-form"}


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_bytes_that_are_no_text_do_no_harm(newline: bytes) -> None:
    accents = SHIPPED.replace(b"# Everything", b"# \xe9\xff").replace(b"\n", newline)
    assert failing(accents) == set()

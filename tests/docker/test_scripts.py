"""The image's scripts, run by the real bash in a separate folder.

Small programs replace those that the image has on PATH (python, hf, wget), and record their calls.
"""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ending import PATIENCE, until

DOCKER = Path(__file__).parents[2] / "docker"
SCRIPTS = ("download_models.sh", "start.sh")

# Each argument goes on a separate line, to show where it ends.
RECORD = """#!/usr/bin/env bash
printf '%s\\n' "${0##*/}" "$@" -- >>"${LOG}"
"""
PYTHON = RECORD + 'printf "%s %s\\n" "$$" "${HF_HUB_CACHE:-}"\n'
# download REPOSITORY [FILE] --local-dir FOLDER: fails FAILURES times, and keeps the data downloaded so far.
CLIENT = (
    RECORD
    + """
if [[ -n ${SLEEP:-} ]]; then sleep "${SLEEP}"; fi
folder=${*: -1} file=weights.bin
if (($# == 5)); then file=$3; fi
mkdir -p "${folder}/.cache" "$(dirname "${folder}/${file}")"
echo started >>"${folder}/.cache/incomplete"
if (($(wc -l <"${folder}/.cache/incomplete") <= ${FAILURES:-0})); then exit 7; fi
printf '%s' "${CONTENT-weights}" >"${folder}/${file}"
"""
)
# --continue --no-verbose --output-document=FILE URL
WGET = RECORD + 'printf weights >"${3#*=}"\n'

TABLE = """\
# set GB source file folder
small 0 owner/small part/small.bin ComfyUI/models/vae
whole 0 owner/whole * steady-dancer/Whole
web 0 https://example.org/a/long-name.pth short.pth steady-dancer/weights
"""


class Image:
    """A folder like the image's /workspace, and a PATH with the system's programs and the given stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "workspace"
        self.bin = folder / "bin"
        self.log = folder / "log"
        for directory in (self.root / "ComfyUI", self.bin):
            directory.mkdir(parents=True)
        (self.root / "ComfyUI" / "main.py").touch()
        for name in SCRIPTS:
            shutil.copy(DOCKER / name, self.root)
        (folder / "table").write_text(TABLE)
        self.environment = {
            "PATH": str(self.bin),
            "LOG": str(self.log),
            "ZR4_ROOT": str(self.root),
            "MODELS_TABLE": str(folder / "table"),
            "DOWNLOAD_PAUSE": "0",
        }
        for name in ("bash", "cat", "df", "dirname", "du", "env", "mkdir", "mv", "rm", "sleep", "wc"):
            self.bin.joinpath(name).symlink_to(shutil.which(name) or name)

    def add(self, name: str, text: str) -> None:
        self.bin.joinpath(name).write_text(text)
        self.bin.joinpath(name).chmod(0o755)

    def start(self, script: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.root / script, *arguments],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, script: str, *arguments: str, **environment: str) -> tuple[int, str, str]:
        process = self.start(script, *arguments, **environment)
        stdout, stderr = process.communicate(timeout=PATIENCE)
        return process.returncode, stdout, stderr

    def wait_for_call(self) -> None:
        until(lambda: bool(self.calls))

    @property
    def calls(self) -> list[list[str]]:
        """Return the calls with their arguments."""
        if not self.log.exists():
            return []
        return [call.splitlines() for call in self.log.read_text().split("--\n")[:-1]]


@pytest.fixture
def image(tmp_path: Path) -> Image:
    image = Image(tmp_path)
    image.add("python", PYTHON)
    image.add("hf", CLIENT)
    image.add("wget", WGET)
    return image


@pytest.fixture
def serve(image: Image) -> list[str]:
    """Return the call that starts ComfyUI without any configuration."""
    return ["python", str(image.root / "ComfyUI" / "main.py"), "--listen", "0.0.0.0", "--port", "8188"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_has_nothing_to_say(name: str) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([shellcheck, "-x", "--enable=all", DOCKER / name], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_executable_and_short(name: str) -> None:
    assert stat.S_IMODE((DOCKER / name).stat().st_mode) & 0o111 == 0o111
    assert len((DOCKER / name).read_text().splitlines()) < 120


class TestStart:
    def test_default(self, image: Image, serve: list[str]) -> None:
        code, _, stderr = image.run("start.sh")
        assert (code, stderr) == (0, "")
        assert image.calls == [serve]

    def test_the_server_takes_the_place_of_the_shell(self, image: Image) -> None:
        process = image.start("start.sh")
        stdout, _ = process.communicate(timeout=PATIENCE)
        assert stdout.split()[0] == str(process.pid)

    def test_exit_code_is_the_server_s(self, image: Image) -> None:
        image.add("python", "#!/usr/bin/env bash\nexit 42\n")
        assert image.run("start.sh")[0] == 42

    @pytest.mark.parametrize("port", ["1", "3000", "65535"])
    def test_port(self, image: Image, serve: list[str], port: str) -> None:
        assert image.run("start.sh", COMFYUI_PORT=port)[0] == 0
        assert image.calls == [[*serve[:-1], port]]

    @pytest.mark.parametrize("port", ["0", "65536", "99999", "100000", "-1", "080", "80 80", "http", "1+1", "8188\n"])
    def test_port_refused(self, image: Image, port: str) -> None:
        code, stdout, stderr = image.run("start.sh", COMFYUI_PORT=port)
        assert (code, stdout) == (2, "")
        assert stderr == f"start.sh: COMFYUI_PORT is '{port}', not a port (1 to 65535)\n"
        assert image.calls == []

    def test_arguments(self, image: Image, serve: list[str]) -> None:
        image.run("start.sh", "--output-directory", "/my pictures", "", COMFYUI_ARGS=" --lowvram\t--verbose\n DEBUG ")
        added = ["--lowvram", "--verbose", "DEBUG", "--output-directory", "/my pictures", ""]
        assert image.calls == [serve + added]

    def test_arguments_from_the_environment_are_words_only(self, image: Image, serve: list[str]) -> None:
        image.run("start.sh", COMFYUI_ARGS="$(touch hacked) `id` * ~ $HOME ; \\ 'a b'")
        added = ["$(touch", "hacked)", "`id`", "*", "~", "$HOME", ";", "\\", "'a", "b'"]
        assert image.calls == [serve + added]

    def test_missing_comfyui(self, image: Image) -> None:
        main = image.root / "ComfyUI" / "main.py"
        main.unlink()
        code, _, stderr = image.run("start.sh")
        assert code == 1
        assert stderr == f"start.sh: {main} does not exist: is ComfyUI installed there, or hidden by a volume?\n"
        assert image.calls == []

    def test_missing_python(self, image: Image) -> None:
        (image.bin / "python").unlink()
        code, _, stderr = image.run("start.sh")
        assert code == 1
        assert stderr == "start.sh: there is no python on PATH: the image has it in /opt/venv/bin\n"

    @pytest.mark.parametrize(
        ("environment", "cache"),
        [
            ({}, ""),
            ({"TRANSFORMERS_CACHE": "/models"}, "/models"),
            ({"TRANSFORMERS_CACHE": "/models", "HF_HUB_CACHE": "/hub"}, "/hub"),
            ({"TRANSFORMERS_CACHE": "/models", "HF_HOME": "/home"}, ""),
        ],
    )
    def test_model_cache(self, image: Image, environment: dict[str, str], cache: str) -> None:
        _, stdout, _ = image.run("start.sh", **environment)
        assert stdout.split(" ", 1)[1] == cache + "\n"

    @pytest.mark.parametrize(
        ("wish", "repositories"),
        [
            ("", []),
            ("0", []),
            ("1", ["owner/small", "owner/whole", "https://example.org/a/long-name.pth"]),
            ("small", ["owner/small"]),
            (" web  small ", ["owner/small", "https://example.org/a/long-name.pth"]),
        ],
    )
    def test_models_first(self, image: Image, serve: list[str], wish: str, repositories: list[str]) -> None:
        assert image.run("start.sh", DOWNLOAD_MODELS=wish)[0] == 0
        *downloads, last = image.calls
        assert [call[2] if call[0] == "hf" else call[-1] for call in downloads] == repositories
        assert last == serve

    def test_no_server_without_the_models(self, image: Image) -> None:
        code, _, stderr = image.run("start.sh", DOWNLOAD_MODELS="small", DOWNLOAD_ATTEMPTS="1", FAILURES="9")
        assert code == 7
        assert stderr.endswith("start.sh: the models are not complete, so ComfyUI was not started\n")
        assert [call[0] for call in image.calls] == ["hf"]

    def test_unknown_set_of_models(self, image: Image) -> None:
        code, _, stderr = image.run("start.sh", DOWNLOAD_MODELS="yes")
        assert code == 2
        assert "the table has no set 'yes'" in stderr
        assert image.calls == []

    @pytest.fixture
    def downloading(self, image: Image) -> Iterator[subprocess.Popen[str]]:
        process = image.start("start.sh", DOWNLOAD_MODELS="small", SLEEP="600")
        image.wait_for_call()
        yield process
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_during_the_download(
        self, image: Image, downloading: subprocess.Popen[str], number: signal.Signals
    ) -> None:
        assert [call[0] for call in image.calls] == ["hf"]
        downloading.send_signal(number)
        assert downloading.wait(timeout=PATIENCE) == 143
        assert [call[0] for call in image.calls] == ["hf"]


class TestDownload:
    def test_one_file(self, image: Image) -> None:
        code, stdout, stderr = image.run("download_models.sh", "small")
        assert (code, stderr) == (0, "")
        folder = image.root / "ComfyUI" / "models" / "vae"
        part = str(folder / ".small.bin.download")
        assert image.calls == [["hf", "download", "owner/small", "part/small.bin", "--local-dir", part]]
        assert [path.name for path in folder.iterdir()] == ["small.bin"]
        assert (folder / "small.bin").read_text() == "weights"
        assert stdout.splitlines()[-1] == "download_models.sh: all models are in place"

    def test_whole_repository(self, image: Image) -> None:
        assert image.run("download_models.sh", "whole")[0] == 0
        folder = image.root / "steady-dancer" / "Whole"
        assert image.calls == [["hf", "download", "owner/whole", "--local-dir", str(folder)]]
        assert (folder / "weights.bin").read_text() == "weights"

    def test_url(self, image: Image) -> None:
        assert image.run("download_models.sh", "web")[0] == 0
        folder = image.root / "steady-dancer" / "weights"
        part = folder / ".short.pth.download" / "short.pth"
        url = "https://example.org/a/long-name.pth"
        assert image.calls == [["wget", "--continue", "--no-verbose", f"--output-document={part}", url]]
        assert [path.name for path in folder.iterdir()] == ["short.pth"]

    def test_complete_models_need_neither_client_nor_network(self, image: Image) -> None:
        assert image.run("download_models.sh")[0] == 0
        image.log.unlink()
        (image.bin / "hf").unlink()
        (image.bin / "wget").unlink()
        code, stdout, stderr = image.run("download_models.sh")
        assert (code, stderr) == (0, "")
        assert stdout.count("download_models.sh: complete: ") == 3
        assert image.calls == []

    @pytest.mark.parametrize("size", [0, 7])
    def test_an_empty_file_is_not_complete(self, image: Image, size: int) -> None:
        folder = image.root / "ComfyUI" / "models" / "vae"
        folder.mkdir(parents=True)
        (folder / "small.bin").write_bytes(b"x" * size)
        assert image.run("download_models.sh", "small")[0] == 0
        assert len(image.calls) == (size == 0)
        assert (folder / "small.bin").read_bytes() == (b"weights" if size == 0 else b"x" * size)

    @pytest.mark.parametrize(("name", "place"), [("small", "ComfyUI/models/vae"), ("whole", "steady-dancer/Whole")])
    def test_resumes_where_an_earlier_run_stopped(self, image: Image, name: str, place: str) -> None:
        image.environment |= {"DOWNLOAD_ATTEMPTS": "2", "FAILURES": "3"}
        code, _, stderr = image.run("download_models.sh", name)
        assert code == 7
        assert stderr.splitlines()[-1].endswith("hf ended with 7")
        assert len(image.calls) == 2
        incomplete = list((image.root / place).rglob("incomplete"))
        assert [path.read_text() for path in incomplete] == ["started\n" * 2]

        code, stdout, _ = image.run("download_models.sh", name)
        assert (code, stdout.splitlines()[-1]) == (0, "download_models.sh: all models are in place")
        assert len(image.calls) == 4
        assert len({tuple(call) for call in image.calls}) == 1

    def test_attempts_are_bounded_and_told(self, image: Image) -> None:
        code, _, stderr = image.run("download_models.sh", "small", FAILURES="9")
        assert code == 7
        assert stderr.splitlines() == [
            "download_models.sh: hf ended with 7; attempt 2 of 3 in 0 s",
            "download_models.sh: hf ended with 7; attempt 3 of 3 in 0 s",
            "download_models.sh: giving up on owner/small part/small.bin: hf ended with 7",
        ]
        assert len(image.calls) == 3
        assert not (image.root / "ComfyUI" / "models" / "vae" / "small.bin").exists()

    def test_first_failure_ends_the_run(self, image: Image) -> None:
        assert image.run("download_models.sh", DOWNLOAD_ATTEMPTS="1", FAILURES="1")[0] == 7
        assert len(image.calls) == 1

    def test_success_without_a_file_is_not_believed(self, image: Image) -> None:
        code, _, stderr = image.run("download_models.sh", "small", CONTENT="")
        assert code == 1
        assert "hf reported success, but" in stderr
        assert "is missing or empty" in stderr

    def test_old_client(self, image: Image) -> None:
        (image.bin / "hf").rename(image.bin / "huggingface-cli")
        assert image.run("download_models.sh", "whole")[0] == 0
        folder = image.root / "steady-dancer" / "Whole"
        assert image.calls == [["huggingface-cli", "download", "owner/whole", "--local-dir", str(folder)]]

    @pytest.mark.parametrize(("name", "tool", "source"), [("small", "hf", "owner/small"), ("web", "wget", "https://")])
    def test_missing_client(self, image: Image, name: str, tool: str, source: str) -> None:
        (image.bin / tool).unlink()
        code, _, stderr = image.run("download_models.sh", name)
        assert code == 1
        assert stderr.startswith(f"download_models.sh: {tool} is not on PATH, and {source}")

    def test_disk_too_small(self, image: Image, tmp_path: Path) -> None:
        (tmp_path / "table").write_text("huge 999999999 owner/huge huge.bin models\n")
        code, _, stderr = image.run("download_models.sh")
        assert code == 1
        assert stderr.startswith("download_models.sh: owner/huge huge.bin needs 999999999 GB, and ")
        assert image.calls == []

    @pytest.mark.parametrize(("free", "gb", "code"), [(5, 5, 0), (5, 6, 1)])
    def test_disk_just_enough(self, image: Image, tmp_path: Path, free: int, gb: int, code: int) -> None:
        (image.bin / "df").unlink()
        image.add("df", f"#!/usr/bin/env bash\nprintf 'Avail\\n   %s\\n' {free}\n")
        (image.bin / "du").unlink()
        image.add("du", "#!/usr/bin/env bash\nprintf '0\\t%s\\n' \"${*: -1}\"\n")
        (tmp_path / "table").write_text(f"big {gb} owner/big big.bin models\n")
        assert image.run("download_models.sh")[0] == code

    @pytest.mark.parametrize(
        "row",
        ["one 1 owner/one one.bin", "one 1 owner/one one.bin models more", "one 1GB owner/one one.bin models", "one"],
    )
    def test_wrong_row(self, image: Image, tmp_path: Path, row: str) -> None:
        (tmp_path / "table").write_text(f"{TABLE}{row}\n")
        code, _, stderr = image.run("download_models.sh", "small")
        assert code == 2
        assert stderr.startswith("download_models.sh: a row of the table is not 'set GB source file folder': one")
        assert image.calls == []

    def test_unreadable_table(self, image: Image, tmp_path: Path) -> None:
        (tmp_path / "table").unlink()
        code, _, stderr = image.run("download_models.sh")
        assert code == 2
        assert stderr.endswith("download_models.sh: MODELS_TABLE can't be read\n")

    @pytest.mark.parametrize(
        ("arguments", "environment"),
        [
            (["--force"], {}),
            (["small", "large"], {}),
            (["small web"], {}),
            ([""], {}),
            ([], {"DOWNLOAD_ATTEMPTS": "0"}),
            ([], {"DOWNLOAD_ATTEMPTS": "many"}),
            ([], {"DOWNLOAD_PAUSE": "-1"}),
        ],
    )
    def test_wrong_usage(self, image: Image, arguments: list[str], environment: dict[str, str]) -> None:
        code, stdout, stderr = image.run("download_models.sh", *arguments, **environment)
        assert (code, stdout, len(stderr.splitlines())) == (2, "", 1)
        assert image.calls == []

    def test_help_names_every_variable(self, image: Image) -> None:
        code, stdout, _ = image.run("download_models.sh", "--help")
        assert code == 0
        assert stdout.startswith("Usage: download_models.sh")
        for variable in ("MODELS_TABLE", "ZR4_ROOT", "DOWNLOAD_ATTEMPTS", "DOWNLOAD_PAUSE"):
            assert variable in stdout
        assert max(map(len, stdout.splitlines())) <= 120

    def test_own_table(self, image: Image, tmp_path: Path) -> None:
        """--list prints a table whose models go to the folders that the two programs read."""
        _, table, _ = image.run("download_models.sh", "--list")
        assert image.calls == []
        rows = [row.split() for row in table.splitlines() if not row.startswith("#")]
        tops = {("comfyui", "ComfyUI/models"), ("steadydancer", "steady-dancer")}
        assert {(row[0], top) for row in rows for top in ("ComfyUI/models", "steady-dancer") if top in row[4]} == tops

        (tmp_path / "table").write_text("\n".join(" ".join([row[0], "0", *row[2:]]) for row in rows))
        assert image.run("download_models.sh")[0] == 0
        assert len(image.calls) == len(rows)
        for _, _, _, file, folder in rows:
            place = image.root / folder / (".complete" if file == "*" else Path(file).name)
            assert place.stat().st_size > 0

    def test_interrupted_download_is_not_tried_again(self, image: Image) -> None:
        """The client turns the signal into its own exit code."""
        process = image.start("download_models.sh", "small", SLEEP="0.3", FAILURES="9", DOWNLOAD_PAUSE="600")
        image.wait_for_call()
        process.terminate()
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 143
        assert len(image.calls) == 1

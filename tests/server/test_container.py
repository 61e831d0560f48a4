"""The image of deploy/: what a linter would ask of it, and its steps run without Docker."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOKEN = "0123456789abcdef"
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
"""Root without its powers: to it, too, a folder that is closed is closed."""


def instructions() -> list[tuple[str, str]]:
    """Every instruction of the Dockerfile with its arguments, lines joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest.strip()) for name, rest in re.findall(r"^([A-Z]+) (.*)$", joined, re.M)]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def all_of(name: str, among: list[tuple[str, str]]) -> list[str]:
    return [rest for kind, rest in among if kind == name]


def health_command() -> list[str]:
    (check,) = all_of("HEALTHCHECK", last_stage())
    command: list[str] = json.loads(check.partition("CMD ")[2])
    return command


def start_command() -> list[str]:
    (command,) = all_of("CMD", last_stage())
    words: list[str] = json.loads(command)
    return words


def test_the_base_is_pinned_and_supported() -> None:
    bases = all_of("FROM", instructions())
    assert len(bases) == 2
    for base in bases:
        found = re.match(r"python:(\d+\.\d+)\.\d+-slim-\w+( AS \w+)?$", base)
        assert found, f"{base}: a version, slim, and never latest"
        project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        assert f"Programming Language :: Python :: {found[1]}" in project


def test_the_image_is_nobodys_and_tells_of_its_health() -> None:
    stage = last_stage()
    (user,) = all_of("USER", stage)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "a number that is not root's"
    assert not all_of("ADD", instructions())
    assert not re.search("token|secret", " ".join(all_of("ENV", stage)), re.I)
    assert not all_of("RUN", stage), "what builds it stays in its own stage"
    assert "/healthz" in health_command()[-1]
    assert start_command()[:2] == ["aesmap", "serve"], "no shell that would keep SIGTERM"
    port = start_command()[start_command().index("--port") + 1]
    assert all_of("EXPOSE", stage) == [port]
    assert f":{port}/" in health_command()[-1]


def test_every_file_that_is_copied_is_there_and_not_ignored() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for copied in all_of("COPY", instructions()):
        if copied.startswith("--from="):
            continue
        for name in copied.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert f"!{name}" in ignored, name


def test_compose_keeps_the_service_in() -> None:
    yaml = pytest.importorskip("yaml")
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    service: dict[str, Any] = composed["services"]["aesmap"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert not service["image"].endswith(":latest")
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["command"][: len(start_command())] == start_command()
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    from aesmap.server.settings import Settings

    settings = Settings(workers=1)
    grace_s = int(service["stop_grace_period"].removesuffix("s"))
    assert grace_s > settings.body_timeout_s + settings.timeout_s


@pytest.fixture
def image(tmp_path: Path) -> Iterator[Path]:
    """What the build stage makes, in a folder that stands for /."""
    folder = Path(tempfile.mkdtemp(prefix="aesmap-image-"))
    folder.chmod(0o755)
    source = folder / "src"
    source.mkdir()
    for copied in all_of("COPY", instructions())[:2]:
        for name in copied.split()[:-1]:
            kept_out = shutil.ignore_patterns("__pycache__")
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / name, ignore=kept_out)
            else:
                shutil.copy(ROOT / name, source)
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for step in all_of("RUN", instructions()):
        command = re.sub(r"(?<=\s)/(wheels|opt)|^/(opt)", rf"{folder}/\1\2", step)
        assert f"{folder}/" in command, step
        done = subprocess.run(
            ["sh", "-c", command], cwd=source, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{step}: {done.stderr}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="no setpriv (util-linux) here")
def test_its_steps_make_a_service_that_writes_nothing(image: Path, photo_files: Path) -> None:
    scratch = image / "tmp"
    scratch.mkdir()
    scratch.chmod(0o555)
    environment = {
        "PATH": f"{image}/opt/aesmap/bin:/usr/bin:/bin",
        "HOME": str(scratch),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(scratch),
    }
    words = [word if word != "8765" else "0" for word in start_command()]
    words[:1] = [*(POWERLESS if os.geteuid() == 0 else ()), f"{image}/opt/aesmap/bin/aesmap"]
    options: dict[str, Any] = {"cwd": scratch}
    refused = subprocess.run(words, env=environment, capture_output=True, text=True, **options)
    assert (refused.returncode, refused.stdout) == (2, ""), refused.stderr
    assert "AESMAP_TOKEN" in refused.stderr
    touch = [*words[: words.index(f"{image}/opt/aesmap/bin/aesmap")], "touch", "a"]
    assert subprocess.run(touch, capture_output=True, **options).returncode != 0, "it is closed"
    process = subprocess.Popen(
        words,
        env=environment | {"AESMAP_TOKEN": TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )
    try:
        assert process.stdout is not None
        found = re.search(r":(\d+)/", process.stdout.readline())
        assert found is not None, process.communicate()[1]
        check = [word.replace("8765", found[1]) for word in health_command()]
        check[0] = f"{image}/opt/aesmap/bin/{check[0]}"
        deadline = time.monotonic() + 60
        while subprocess.run(check, env=environment, **options).returncode != 0:
            assert time.monotonic() < deadline
        headers = {"Authorization": f"Bearer {TOKEN}"}
        address = f"http://127.0.0.1:{found[1]}/v1"
        for path in ("assess?crops=1:1", "explain", "crop?format=jpeg&aspect=1:1"):
            photo = (photo_files / "china.jpg").read_bytes()
            answer = httpx.post(f"{address}/{path}", content=photo, headers=headers, timeout=60)
            assert answer.status_code == 200, answer.text
        process.terminate()
        _, log = process.communicate(timeout=60)
        assert process.returncode == 0, log
        assert log.count("\n") == log.count('{"time"'), "only its own lines"
        assert "fault" not in log
        assert list(scratch.iterdir()) == []
    finally:
        process.kill()
        process.communicate()
    assert subprocess.run(check, env=environment, capture_output=True, **options).returncode != 0

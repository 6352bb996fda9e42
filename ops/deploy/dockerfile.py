"""The Dockerfile as steps that can be taken without Docker: in folders that stand for images."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ops.deploy.debian import say, to_registries


@dataclass
class Stage:
    """One `FROM`, with all that follows it; `root` is the folder of what it makes."""

    root: Path
    name: str
    environment: dict[str, str] = field(default_factory=dict[str, str])
    folder: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list[str])
    command: list[str] = field(default_factory=list[str])
    health: list[str] = field(default_factory=list[str])


class NotUnderstood(Exception):
    """The Dockerfile has an instruction that is not known here."""


def instructions(text: str) -> list[tuple[str, str]]:
    """What the Dockerfile says, line by line, with continued lines put together."""
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [
        (first, rest.strip())
        for first, _, rest in (line.partition(" ") for line in joined.splitlines())
    ]


def build(dockerfile: Path, context: Path, base: Path, workspace: Path) -> Stage:
    """The last stage, made from copies of `base`, whatever image the Dockerfile begins with."""
    stages: list[Stage] = []
    ignored = _ignored(context)
    for instruction, rest in instructions(dockerfile.read_text("utf-8")):
        if instruction == "FROM":
            image, _, name = rest.partition(" AS ")
            say(f"FROM {image}: {base}")
            root = workspace / f"stage-{len(stages)}"
            subprocess.run(["cp", "-a", str(base), str(root)], check=True)
            stages.append(Stage(root, name or str(len(stages)), {"PATH": _PATH}))
            continue
        say(f"{instruction} {rest[:90]}")
        _take(instruction, rest, stages, context, ignored)
    return stages[-1]


_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _take(
    instruction: str, rest: str, stages: list[Stage], context: Path, ignored: list[tuple[bool, str]]
) -> None:
    stage = stages[-1]
    match instruction:
        case "RUN":
            run(stage, ["/bin/sh", "-c", rest])
        case "COPY" if rest.startswith("--from="):
            name, source, target = rest.removeprefix("--from=").split()
            (other,) = [one for one in stages if one.name == name]
            _copy(other.root / source.lstrip("/"), _inside(stage, target))
        case "COPY":
            *sources, target = rest.split()
            into = _inside(stage, target)
            for source in sources:
                whole = target.endswith("/") or len(sources) > 1
                _copy(context / source, into / source if whole else into, context, ignored)
        case "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", rest):
                stage.environment[name] = value.replace("$PATH", stage.environment["PATH"])
        case "WORKDIR":
            stage.folder = rest
            _inside(stage, rest).mkdir(parents=True, exist_ok=True)
        case "USER":
            stage.user = rest
        case "ENTRYPOINT":
            stage.entrypoint = json.loads(rest)
        case "CMD":
            stage.command = json.loads(rest)
        case "HEALTHCHECK":
            stage.health = json.loads(rest[rest.index("CMD ") + 4 :])
        case "EXPOSE":
            pass
        case _:
            raise NotUnderstood(instruction)


def run(stage: Stage, command: list[str]) -> None:
    """In the stage's folder as its root; with this machine's way to the package registries."""
    to_registries(stage.root)
    inside = ["bwrap", "--bind", str(stage.root), "/", "--dev", "/dev", "--proc", "/proc"]
    inside += ["--unshare-pid", "--die-with-parent", "--chdir", stage.folder, *_variables(stage)]
    subprocess.run([*inside, *command], check=True, stdout=subprocess.DEVNULL)


def _variables(stage: Stage) -> list[str]:
    given = [
        word for name, value in stage.environment.items() for word in ("--setenv", name, value)
    ]
    return [*given, "--setenv", "PIP_ROOT_USER_ACTION", "ignore"]


def _inside(stage: Stage, path: str) -> Path:
    """A path of the stage, as seen from here."""
    return stage.root / str(PurePosixPath(stage.folder) / path).lstrip("/")


def _copy(
    source: Path,
    target: Path,
    context: Path | None = None,
    ignored: list[tuple[bool, str]] | None = None,
) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)

    def left_out(folder: str, names: list[str]) -> list[str]:
        if context is None:
            return []
        inside = Path(folder).relative_to(context)
        return [name for name in names if _is_ignored(str(inside / name), ignored or [])]

    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, ignore=left_out, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def _ignored(context: Path) -> list[tuple[bool, str]]:
    """The patterns of .dockerignore, each with whether it leaves out or takes in again."""
    lines = (context / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and line[0] != "#"]
    return [(not each.startswith("!"), each.lstrip("!")) for each in patterns]


def _is_ignored(path: str, patterns: list[tuple[bool, str]]) -> bool:
    out = False
    for leaves_out, pattern in patterns:
        parents = [path, *map(str, PurePosixPath(path).parents)][:-1]
        names = [pattern, pattern.removeprefix("**/")]
        if any(fnmatchcase(one, each) for one in parents for each in names):
            out = leaves_out
    return out

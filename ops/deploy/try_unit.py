"""Tries the systemd unit for real: `python -m ops.deploy.try_unit`, as root on Debian.

The commands of `systemd/README.md` are run as they stand in a bare Debian (`debootstrap`) whose
systemd is the first process of namespaces of its own: network, mounts, processes, control groups.
Then the unit is killed, and must come back; ended, and must leave in order. Needs debootstrap.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ops.deploy.debian import debian, lacking, say, to_registries

ROOT = Path(__file__).parents[2]
PACKAGES = "python3,python3-venv,ca-certificates,systemd,dbus,postgresql,curl,openssl"
CODE = ("command_side", "query_side", "projections", "engine", "config", "ops")
FILES = ("LICENSE", "README.md", "sla_config.yaml")
BOOT = """
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
cd "$1"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
for node in null zero full random urandom tty; do
    touch dev/$node
    mount --bind /dev/$node dev/$node
done
mkdir dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ip link set lo up
mkdir -p before
pivot_root . before
umount -l /before
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="Keep the bare Debian here, for the next time.")
    chosen = parser.parse_args()
    if lacking(("debootstrap", "bwrap", "unshare", "nsenter", "ip")):
        return 2
    with tempfile.TemporaryDirectory(prefix="sla-unit-") as folder:
        root = Path(folder, "root")
        subprocess.run(
            ["cp", "-a", debian(chosen.keep or Path(folder), PACKAGES), root], check=True
        )
        commands = prepared(root)
        with booted(root) as inside:
            up = "for _ in $(seq 60); do systemctl start postgresql@17-main && exit; sleep 1; done"
            say(output(inside, "bash", "-c", f"{up}; exit 1"))  # as installing it would have done
            script = [*inside, "bash", "-e", "-c", f"cd /src\n{commands}"]
            done = subprocess.run(script, text=True, stdout=subprocess.PIPE, timeout=300)
            said = done.stdout.splitlines()
            say("\n".join(line for line in said if not line.startswith("Requirement already")))
            if done.returncode:
                say(output(inside, "journalctl", "--no-pager", "--lines", "40"))
                return 1
            tried(inside)
    return 0


def prepared(root: Path) -> str:
    """The repository in /src, and what comes from outside in its place; the README's commands."""
    for name in CODE:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / "src" / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, root / "src" / name)
    readme = (ROOT / "ops" / "deploy" / "systemd" / "README.md").read_text("utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    # With the network of this machine; inside, the same commands find that it is done.
    outside = [line for line in commands.splitlines() if "/venv" in line and "python" in line]
    to_registries(root)
    chroot = ["bwrap", "--bind", str(root), "/", "--dev", "/dev", "--proc", "/proc"]
    script = "\n".join(["set -e", "cd /src", "mkdir -p /opt/sla-tracker", *outside])
    subprocess.run([*chroot, "sh", "-c", script], check=True, stdout=subprocess.DEVNULL)
    return commands


@contextmanager
def booted(root: Path) -> Generator[list[str]]:
    """A machine in namespaces; gives what a command begins with to run in it."""
    spaces = ["--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup"]
    machine = subprocess.Popen(
        ["unshare", "--fork", *spaces, "sh", "-c", BOOT, "sh", str(root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        first = first_process(machine)
        try:
            yield ["nsenter", "--target", str(first), "--all"]
        finally:
            os.kill(first, signal.SIGKILL)  # and with it all that it has started
    finally:
        machine.kill()
        machine.wait(timeout=60)


def first_process(machine: "subprocess.Popen[bytes]") -> int:
    """The machine's systemd, once it is that."""
    children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children")
    for _ in range(300):
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                return int(child)
        if machine.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("systemd does not start in namespaces on this machine")


def tried(inside: list[str]) -> None:
    """What the README promises of a unit that runs."""
    unit = "sla-tracker@all"
    say(f"ready: {ready(inside)}")
    said = output(inside, "journalctl", "--unit", unit, "--no-pager", "--output", "cat")
    say(f"migrations in the journal: {len(re.findall('^applied', said, re.MULTILINE))}")
    first = output(inside, "systemctl", "show", "--property", "MainPID", "--value", unit)
    status = output(inside, "grep", "-E", "NoNewPrivs|Seccomp:|CapEff", f"/proc/{first}/status")
    say(f"as the kernel has it: {' '.join(status.split())}")
    subprocess.run([*inside, "kill", "-9", first], check=True)
    say(f"killed, and again ready: {ready(inside)}")
    second = output(inside, "systemctl", "show", "--property", "MainPID", "--value", unit)
    assert second != first, "it did not come back"
    subprocess.run([*inside, "systemctl", "stop", unit], check=True)
    result = output(inside, "systemctl", "show", "--property", "Result,ExecMainStatus", unit)
    assert "Result=success" in result, result
    say(f"stopped: {result.split()}")
    exposed = output(inside, "systemd-analyze", "security", "--no-pager", f"{unit}.service")
    say(exposed.strip().splitlines()[-1])


def ready(inside: list[str]) -> str:
    # All errors: who is killed resets the connections that it had taken.
    patient = ["curl", "-s", "--fail", "--retry", "60", "--retry-delay", "1", "--retry-all-errors"]
    answer = output(inside, *patient, "http://127.0.0.1:8000/ready")
    if not answer:
        raise SystemExit("it is not ready within a minute")
    return answer


def output(inside: list[str], *command: str) -> str:
    return subprocess.run([*inside, *command], text=True, capture_output=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

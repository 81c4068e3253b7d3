"""Free a stack whose CLI was killed: take its lock away, then drop the operations that were pending.

`python tools/recover.py [STACK]`, in the checkout's project. Without a name: the only stack there is. Works on the
stacks of `make demo`, and on the user's own when PULUMI_BACKEND_URL, PULUMI_HOME or PULUMI_ACCESS_TOKEN is set.
Source: a killed CLI leaves the stack locked until `pulumi cancel`, and warns of pending operations until
`pulumi refresh --clear-pending-creates`; seen with the CLI 3.253.
"""

import json
import os
import subprocess
import sys

from pulumi_cli import WRAPPER
from pulumi_env import CHECKOUT, WORK, environment

DEMO = "demo"
USERS_OWN = ("PULUMI_BACKEND_URL", "PULUMI_HOME", "PULUMI_ACCESS_TOKEN")


def choose_environment(stack: str | None = None) -> dict[str, str]:
    """Give the user's own environment if it names a backend or the stack is not the demo's, else our own runs'."""
    if any(os.environ.get(name) for name in USERS_OWN) or stack not in (None, DEMO):
        return dict(os.environ)
    return {**os.environ, **environment(WORK)}


def choose_stack(names: list[str]) -> str:
    """Give the only name. Raises `LookupError` with what to type when there is none, or more than one."""
    if len(names) == 1:
        return names[0]
    where = "there are " + ", ".join(sorted(names)) if names else "there is none in this backend"
    own = "" if names else f" (for stacks of your own set one of {', '.join(USERS_OWN)})"
    raise LookupError(f"Which stack? {where}{own}: make recover STACK=name")


def list_stacks(settings: dict[str, str]) -> list[str]:
    """Give the names of the project's stacks. Raises `subprocess.CalledProcessError`; the CLI has said why."""
    command = [str(WRAPPER), "stack", "ls", "--json", "--non-interactive"]
    done = subprocess.run(command, cwd=CHECKOUT, env=settings, text=True, stdout=subprocess.PIPE, check=True)
    return [each["name"] for each in json.loads(done.stdout)]


def recover(stack: str, settings: dict[str, str]) -> None:
    """Cancel, then refresh. Raises `subprocess.CalledProcessError`; the CLI has said why.

    The refresh asks Azure, so the stack's credentials must be there. Without Azure the lock is gone all the same.
    """
    for command in (["cancel"], ["refresh", "--clear-pending-creates", "--skip-preview"]):
        command += ["--yes", "--non-interactive", "--stack", stack]
        print(f"pulumi {' '.join(command)}", flush=True)
        subprocess.run([str(WRAPPER), *command], cwd=CHECKOUT, env=settings, check=True)


def main(arguments: list[str]) -> int:
    """Recover the stack that was named, or the only one."""
    chosen = choose_environment(arguments[0] if arguments else None)
    try:
        recover(arguments[0] if arguments else choose_stack(list_stacks(chosen)), chosen)
    except LookupError as question:
        print(question.args[0], file=sys.stderr)
        return 2
    except subprocess.CalledProcessError as failure:
        return failure.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A language host for Python: what the engine starts as `pulumi-language-python` to run a program.

The vendor's own host is a Go binary that ships only in the vendor's bundle. Beside a CLI that was built from its
Go modules this file takes its place: it prints a port, speaks the engine's language protocol on it, and runs the
program in this very process, so the Python that runs the host is the Python that runs the program.
Source: the protocol is `pulumi/language.proto` of Pulumi 3.253; the SDK's own inline host (`pulumi.automation._server`)
does the larger part of it.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import distributions, version
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pulumi
from pulumi.automation import _server
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

PARENT_CHECK_SECONDS = 0.5
_sdk: Any = _server  # its names are private; the end-to-end tests notice when they change
_run_in_stack, _reset_options = _sdk.run_in_stack, _sdk.reset_options


class PythonLanguageHost(_server.LanguageServer):
    """Answers the engine: the handshake, what is installed, run this program, run this policy pack."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(lambda: None)
        self._engine_address = engine_address

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002 - the protocol's names
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802, ARG002
        # The environment is uv's business, not the engine's: nothing is installed behind the lock file's back.
        yield language_pb2.InstallDependenciesResponse(stdout=b"Dependencies come from uv.lock: run `make setup`.\n")

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        found = {str(each.metadata["Name"]): each.version for each in distributions()}
        dependencies = [language_pb2.DependencyInfo(name=name, version=found[name]) for name in sorted(found)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        entry = (Path(request.info.program_directory) / request.info.entry_point).resolve()
        folder, script = (entry, entry / "__main__.py") if entry.is_dir() else (entry.parent, entry)
        if not script.is_file():
            return language_pb2.RunResponse(error=f"the program {script} does not exist")
        os.chdir(request.pwd or folder)
        sys.path.insert(0, str(folder))
        sys.argv = [str(script)]
        run_path: Any = partial(runpy.run_path, str(script), run_name="__main__")
        self.program = run_path
        _sdk.reset_options = partial(_reset_options, root_directory=request.info.root_directory)
        # Where the SDK's inline host looks for the engine, without which a program's log would go to standard error.
        request.args[:] = [self._engine_address]
        response = super().Run(request, context)  # type: ignore[no-untyped-call]
        # The error went to the engine's log already, with a traceback. A second copy would only repeat it.
        return language_pb2.RunResponse(bail=True) if response.error else response

    def RunPlugin(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: N802
        start = ["-m", "pulumi.policy", *request.args[:1]] if request.kind == "analyzer" else []
        rest = request.args[1:] if start else request.args
        command = [sys.executable, "-u", *start, request.info.program_directory, *rest]
        environment = dict(pair.split("=", 1) for pair in request.env) if request.env else None
        process = subprocess.Popen(
            command, cwd=request.pwd or None, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        context.add_callback(process.kill)
        yield from _stream(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())


def _stream(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Pass on both pipes as they fill, until both are closed."""
    queue: SimpleQueue[Any] = SimpleQueue()

    def pump(pipe: Any, wrap: Callable[[bytes], Any]) -> None:
        while data := pipe.read1(65536):
            queue.put(wrap(data))
        queue.put(None)

    responses: tuple[Callable[[bytes], Any], ...] = (
        lambda data: language_pb2.RunPluginResponse(stdout=data),
        lambda data: language_pb2.RunPluginResponse(stderr=data),
    )
    for pipe, wrap in zip((process.stdout, process.stderr), responses, strict=True):
        threading.Thread(target=pump, args=(pipe, wrap), daemon=True).start()
    still_open = len(responses)
    while still_open:
        if (response := queue.get()) is None:
            still_open -= 1
        else:
            yield response


async def run_in_stack_with_user_traceback(program: Callable[[], Any]) -> None:
    """Run the program; what it raises becomes a `RunError` whose text shows the user's frames only."""
    try:
        await _run_in_stack(program)
    except (pulumi.RunError, grpc.RpcError):
        raise  # expected by the host: a message for people, and the engine going away
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            raise pulumi.RunError(f"Program exited with code {exit_.code}") from None
    except BaseException as error:
        text = user_traceback(error, Path(sys.argv[0]).parent)
        raise pulumi.RunError(f"Program failed with an unhandled exception:\n{text}") from None


def user_traceback(error: BaseException, folder: Path) -> str:
    """Format an exception from the program's own first frame on, without the machinery that called it.

    A syntax error in the program has no frame of its own and needs none. What has none for another reason (an
    error inside the SDK) keeps all its frames.
    """
    whole = traceback.TracebackException.from_exception(error)
    each: traceback.TracebackException | None = whole
    while each is not None:
        own = [i for i, frame in enumerate(each.stack) if _belongs_to_program(frame.filename, folder)]
        in_source = issubclass(each.exc_type or Exception, SyntaxError) and _belongs_to_program(each.filename, folder)
        del each.stack[: own[0] if own else len(each.stack) if in_source else 0]
        each = each.__cause__ or each.__context__
    return "".join(whole.format())


def _belongs_to_program(filename: str | None, folder: Path) -> bool:
    # An environment often lies inside the project's own folder.
    path = Path(filename or "<unknown>")
    return path.is_relative_to(folder) and not path.is_relative_to(sys.prefix)


def end_with_parent(parent: int) -> None:
    """End this process when the engine that started it is gone: nobody would ever ask it anything again."""
    while os.getppid() == parent:
        threading.Event().wait(PARENT_CHECK_SECONDS)
    os._exit(0)


def serve() -> None:
    """Serve on a free loopback port, print the port for the engine, and go at the first signal."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    engine_address = sys.argv[-1] if len(sys.argv) > 1 else ""  # running a program replaces the arguments
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    _sdk.run_in_stack = run_in_stack_with_user_traceback
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=_GRPC_CHANNEL_OPTIONS)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(PythonLanguageHost(engine_address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve()

"""The HTTPS server as a process, and in a thread."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from azure.core.exceptions import ClientAuthenticationError, ServiceResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.compute import ComputeManagementClient

from azure_patch_simulator import SUBSCRIPTION_ID, Drop, Simulator, World, match
from azure_patch_simulator.launch import launched
from azure_patch_simulator.server import ServerError, serve_in_thread
from tests.simulator.asking import HOTPATCH_FLAG, START, update


def credential(info: Mapping[str, str], secret: str | None = None) -> ClientSecretCredential:
    return ClientSecretCredential(
        info["tenant_id"],
        info["client_id"],
        secret or info["client_secret"],
        authority=info["url"],
        disable_instance_discovery=True,
        connection_verify=info["ca_file"],
    )


def compute(info: Mapping[str, str], secret: str | None = None) -> ComputeManagementClient:
    return ComputeManagementClient(
        credential(info, secret),
        info["subscription_id"],
        base_url=info["url"],
        credential_scopes=[f"{info['url']}/.default"],
        connection_verify=info["ca_file"],
        retry_total=0,
    )


def plain(info: Mapping[str, str]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = info["ca_file"]
    return session


def test_the_real_identity_and_compute_clients_work_over_https_until_sigterm(tmp_path: Path) -> None:
    trusted = tmp_path / "ca.pem"
    with launched("--time", "x600", "--operation-seconds", "60", "--ca-file", str(trusted)) as running:
        info = running.info
        assert set(info) == {"url", "ca_file", "tenant_id", "subscription_id", "client_id", "client_secret"}
        assert info["ca_file"] == str(trusted)
        with compute(info) as sdk:
            machine = sdk.virtual_machines.begin_update("rg-contoso", "vm-web-1", update({"tags": {"a": "b"}})).result()
        assert machine.tags == {"a": "b"}
        with compute(info, "wrong") as sdk, pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
            sdk.virtual_machines.get("rg-contoso", "vm-web-1")
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(timeout=10) == 0
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", int(info["url"].rsplit(":", 1)[1]))) != 0


def test_state_and_trust_survive_a_kill(tmp_path: Path) -> None:
    state, trusted = tmp_path / "state.json", tmp_path / "ca.pem"
    arguments = ("--state", str(state), "--ca-file", str(trusted), "--time", "manual", "--start", START.isoformat())
    with launched(*arguments, "--registration-seconds", "600") as running, plain(running.info) as session:
        token = credential(running.info).get_token(f"{running.info['url']}/.default").token
        bearer = {"authorization": f"Bearer {token}"}
        url = f"{running.info['url']}{HOTPATCH_FLAG}"
        assert session.post(f"{url}/register", headers=bearer).json()["properties"]["state"] == "Registering"
        port = running.info["url"].rsplit(":", 1)[1]
        running.process.kill()
        running.process.wait(timeout=10)
    authority = trusted.read_bytes()
    with launched(*arguments, "--port", port) as running, plain(running.info) as session:
        assert trusted.read_bytes() == authority
        assert session.get(url, headers=bearer).json()["properties"]["state"] == "Registering"
        clock = f"{running.info['url']}/simulator/clock"
        assert session.post(clock, json={"advance_seconds": 600}).json()["now"] == "2026-11-02T08:10:00+00:00"
        assert session.get(url, headers=bearer).json()["properties"]["state"] == "Registered"


def test_clients_that_move_the_clock_at_once_move_it_to_the_latest_instant_asked_for() -> None:
    simulator = Simulator(World.default(), start=START)
    with serve_in_thread(simulator) as server:
        clock = f"{server.url}/simulator/clock"
        seen: list[datetime] = []

        def move(minute: int) -> None:
            with plain(server.to_json()) as session:
                target = (START + timedelta(minutes=minute)).isoformat()
                seen.append(datetime.fromisoformat(session.post(clock, json={"advance_to": target}).json()["now"]))

        threads = [threading.Thread(target=move, args=(minute,)) for minute in (5, 30, 1, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert max(seen) == START + timedelta(minutes=30) == simulator.clock.now()
        with plain(server.to_json()) as session:
            assert session.get(clock).json() == {"now": "2026-11-02T08:30:00+00:00", "pace": 0.0}
            for bad in ({}, {"advance_to": "soon"}, {"advance_seconds": -1}, {"advance_to": "9999-12-31T00:00:00Z"}):
                assert session.post(clock, json=bad).status_code == 400
            assert session.get(f"{server.url}/simulator/world").json()["world"]["tenant_id"] == server.tenant_id


def test_a_dropped_answer_is_a_broken_connection_and_odd_requests_are_arm_errors() -> None:
    simulator = Simulator(World.default(), start=START)
    with serve_in_thread(simulator) as server, compute(server.to_json()) as sdk, plain(server.to_json()) as session:
        sdk.virtual_machines.get("rg-contoso", "vm-web-1")
        simulator.faults.add(match("GET", "vm-web-1"), response=Drop())
        with pytest.raises(ServiceResponseError):
            sdk.virtual_machines.get("rg-contoso", "vm-web-1")
        sdk.virtual_machines.get("rg-contoso", "vm-web-1")
        for path in ("//subscriptions//", "/%ff%00", f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/%2e%2e"):
            answer = session.get(server.url + path)
            assert answer.status_code == 401
            assert answer.json()["error"]["code"] == "AuthenticationFailed"


def test_a_taken_port_and_bad_files_are_said_in_one_line(tmp_path: Path) -> None:
    with serve_in_thread(Simulator(World.default(), start=datetime(2026, 1, 1, tzinfo=UTC))) as server:
        port = server.url.rsplit(":", 1)[1]
        with (
            pytest.raises(ServerError, match="cannot be used"),
            serve_in_thread(Simulator(start=START), port=int(port)),
        ):
            raise AssertionError("not reached")
        bad = tmp_path / "bad.json"
        bad.write_text("not json", encoding="utf-8")
        for arguments in (["--port", port], ["--inventory", str(bad)], ["--state", str(bad)], ["--time", "x0"]):
            command = [sys.executable, "-m", "azure_patch_simulator", "serve", *arguments]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 2
            assert done.stdout == ""
            assert done.stderr.strip().splitlines()[-1].startswith("azure-patch-simulator")


def test_a_server_whose_launcher_was_killed_ends_by_itself() -> None:
    script = (
        "import json, os, signal\n"
        "from azure_patch_simulator.launch import launched\n"
        "with launched() as running:\n"
        "    print(json.dumps(dict(running.info)), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, timeout=30, check=False)
    assert done.returncode == -signal.SIGKILL
    port = int(json.loads(done.stdout)["url"].rsplit(":", 1)[1])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                break
        time.sleep(0.05)
    else:
        raise AssertionError("the server is still there")


def test_a_server_that_cannot_start_says_why() -> None:
    with pytest.raises(RuntimeError, match="is not a port"), launched("--port", "70000"):
        raise AssertionError("not reached")

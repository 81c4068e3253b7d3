"""Append blobs as the storage SDK sees them: made once, appended to at a position, read in part, refused by code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobClient, BlobServiceClient

from azure_patch_simulator import Simulator
from tests.simulator.asking import Client
from tests.simulator.guests import windows, world

ACCOUNT = "https://contoso.blob.core.windows.net"


@pytest.fixture
def azure() -> Client:
    return world(windows("vm"))


def service(azure: Client) -> BlobServiceClient:
    return BlobServiceClient(ACCOUNT, azure.simulator.credential(), transport=azure.simulator.transport())


@pytest.fixture
def blob(azure: Client) -> BlobClient:
    service(azure).create_container("patching")
    return service(azure).get_blob_client("patching", "a/b.jsonl")


def refusal(ask: Any, *arguments: Any, **options: Any) -> tuple[int | None, str]:
    with pytest.raises(HttpResponseError) as refused:
        ask(*arguments, **options)
    error: Any = refused.value
    return error.status_code, str(getattr(error.error_code, "value", error.error_code))


def test_blocks_are_appended_at_the_end_and_positions_are_checked(blob: BlobClient) -> None:
    made = blob.create_append_blob()
    first = blob.append_block(b"one\n", appendpos_condition=0)
    second = blob.append_block(b"two\n", appendpos_condition=4)
    assert (first["blob_append_offset"], second["blob_append_offset"]) == ("0", "4")
    assert second["blob_committed_block_count"] == 2
    assert len({made["etag"], first["etag"], second["etag"]}) == 3
    assert refusal(blob.append_block, b"three\n", appendpos_condition=4) == (412, "AppendPositionConditionNotMet")
    assert blob.download_blob().readall() == b"one\ntwo\n"
    assert blob.download_blob(offset=4, length=3).readall() == b"two"


def test_what_is_there_is_not_made_again(blob: BlobClient, azure: Client) -> None:
    blob.create_append_blob(match_condition=MatchConditions.IfMissing)
    assert refusal(blob.create_append_blob, match_condition=MatchConditions.IfMissing) == (409, "BlobAlreadyExists")
    assert refusal(service(azure).create_container, "patching") == (409, "ContainerAlreadyExists")


def test_what_is_not_there_is_not_found(blob: BlobClient, azure: Client) -> None:
    assert refusal(blob.download_blob) == (404, "BlobNotFound")
    assert refusal(blob.append_block, b"x") == (404, "BlobNotFound")
    nowhere = service(azure).get_blob_client("elsewhere", "b.jsonl")
    assert refusal(nowhere.create_append_blob) == (404, "ContainerNotFound")


def test_an_empty_blob_is_empty(blob: BlobClient) -> None:
    blob.create_append_blob()
    assert blob.download_blob().readall() == b""


def test_another_kind_of_blob_takes_no_blocks(blob: BlobClient) -> None:
    blob.upload_blob(b"\x00\xff", blob_type="BlockBlob")
    assert blob.download_blob().readall() == b"\x00\xff"
    assert refusal(blob.append_block, b"x") == (409, "InvalidBlobType")


def test_a_token_for_another_service_is_refused(azure: Client) -> None:
    refused = azure.ask("GET", f"{ACCOUNT}/patching/b.jsonl")
    assert refused.status == 401
    assert refused.headers["x-ms-error-code"] == "InvalidAuthenticationInfo"


def test_blobs_outlive_a_restart(blob: BlobClient, azure: Client, tmp_path: Path) -> None:
    blob.create_append_blob()
    blob.append_block("größer\n".encode())
    file = tmp_path / "world.json"
    azure.simulator.save(file)
    assert Simulator.load(file, save=False).world.containers == azure.simulator.world.containers

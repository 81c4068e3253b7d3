"""A ledger in an append blob: made when it is missing, each activity once, whoever writes at the same time."""

import json
import sys
import threading
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from azure_patch_simulator.blob_storage import MOST_BLOCKS, BlobContainer
from azure_patch_simulator.faults import Drop, match
from pulumi_azure_hotpatch.arm.ledger_blob import LedgerBlob
from pulumi_azure_hotpatch.errors import ArmError, ConfigurationError, InvalidInput
from pulumi_azure_hotpatch.observing import ledger
from pulumi_azure_hotpatch.observing.ledger_file import LedgerFile
from pulumi_azure_hotpatch.observing.ledger_places import ledger_at
from tests.status.observed import Heard
from tests.status.test_ledger import NOW, installation, within_a_character
from tests.support.simulated import Azure

CONTAINER = "contoso/patching"
URL = "https://contoso.blob.core.windows.net/patching/prod/fleet.jsonl"


@pytest.fixture
def azure() -> Azure:
    made = Azure()
    made.simulator.world.containers[CONTAINER] = BlobContainer(CONTAINER)
    return made


def blob(azure: Azure) -> LedgerBlob:
    return azure.runtime.azure.ledger(URL)


def content(azure: Azure) -> str:
    return azure.simulator.world.containers[CONTAINER].blobs["prod/fleet.jsonl"].content


def activities(azure: Azure) -> list[str]:
    return [json.loads(line)["activity_id"] for line in content(azure).splitlines()]


def record(azure: Azure, *rows: Any) -> int:
    return ledger.record(blob(azure), (), rows, NOW, tell=Heard())


def test_a_blob_that_is_not_there_is_an_empty_ledger_and_is_made_as_an_append_blob(azure: Azure) -> None:
    assert ledger.remembered(blob(azure), tell=Heard()) == []
    assert azure.simulator.world.containers[CONTAINER].blobs == {}
    assert record(azure, installation("a-1"), installation("a-2")) == 2
    assert azure.simulator.world.containers[CONTAINER].blobs["prod/fleet.jsonl"].kind == "AppendBlob"
    assert [row["activity_id"] for row in ledger.remembered(blob(azure), tell=Heard())] == ["a-1", "a-2"]


def test_recording_twice_records_once_and_what_was_written_is_never_rewritten(azure: Azure) -> None:
    record(azure, installation("a-1"))
    before = content(azure)
    assert record(azure, installation("a-1")) == 0
    assert content(azure) == before
    assert record(azure, installation("a-1"), installation("a-2")) == 1
    assert content(azure).startswith(before)
    assert activities(azure) == ["a-1", "a-2"]


def test_nothing_to_record_makes_no_blob(azure: Azure) -> None:
    assert record(azure) == 0
    assert azure.simulator.world.containers[CONTAINER].blobs == {}


def test_a_writer_that_was_overtaken_reads_again_and_writes_the_rest(azure: Azure) -> None:
    overtaken = iter([True, False])

    class Slow:
        name = URL

        def read(self) -> bytes:
            return blob(azure).read()

        def extend(self, more: Any) -> None:
            def after_somebody_else(known: bytes) -> bytes:
                added: bytes = more(known)
                if next(overtaken, False):
                    record(azure, installation("a-1"), installation("a-2"))
                return added

            blob(azure).extend(after_somebody_else)

    assert ledger.record(Slow(), (), [installation("a-2"), installation("a-3")], NOW, tell=Heard()) == 1
    assert activities(azure) == ["a-1", "a-2", "a-3"]


def test_many_writers_write_each_activity_once(azure: Azure) -> None:
    rows = [installation(f"a-{number}") for number in range(6)]

    def write() -> None:
        for row in rows:
            record(azure, row)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(activities(azure)) == sorted(row["activity_id"] for row in rows)


def test_a_line_that_was_broken_off_within_a_character_harms_no_other(azure: Azure) -> None:
    record(azure, installation("a-1"), installation("a-2", error="Zugriff verweigert: Schlüssel"))
    kept = azure.simulator.world.containers[CONTAINER].blobs["prod/fleet.jsonl"]
    kept.content = kept.content[: within_a_character(kept.content.encode("latin-1"))]
    assert [row["activity_id"] for row in ledger.remembered(blob(azure), tell=Heard())] == ["a-1"]
    assert record(azure, installation("a-2"), installation("a-3")) == 2
    assert [row["activity_id"] for row in ledger.remembered(blob(azure), tell=Heard())] == ["a-1", "a-2", "a-3"]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("path", ["comp=appendblock", "fleet.jsonl$"])
def test_a_lost_answer_neither_doubles_nor_loses_anything(azure: Azure, path: str, before: bool) -> None:
    record(azure, installation("a-1"))
    azure.simulator.faults.add(match("PUT" if "append" in path else "GET", "fleet.jsonl"), response=Drop(before=before))
    record(azure, installation("a-2"))
    assert activities(azure) == ["a-1", "a-2"]


def test_much_at_once_is_appended_in_blocks_of_whole_lines(azure: Azure) -> None:
    rows = [installation(f"a-{number}", error="x" * 50_000) for number in range(100)]
    assert record(azure, *rows) == 100
    assert azure.simulator.world.containers[CONTAINER].blobs["prod/fleet.jsonl"].blocks == 2
    assert activities(azure) == [row["activity_id"] for row in rows]
    assert len(ledger.remembered(blob(azure), tell=Heard())) == 100


def test_what_cannot_be_a_ledger_is_said_in_one_line(azure: Azure) -> None:
    simulator = azure.simulator
    storage = BlobServiceClient(
        "https://contoso.blob.core.windows.net", simulator.credential(), transport=simulator.transport()
    )
    storage.get_blob_client("patching", "prod/fleet.jsonl").upload_blob(b"", blob_type="BlockBlob")
    with pytest.raises(ArmError, match=r"fleet.jsonl: could not append to it: it is no append blob; name another one"):
        record(azure, installation())
    del simulator.world.containers[CONTAINER]
    with pytest.raises(ArmError, match=r"could not read it: its container does not exist; create it first$"):
        record(azure, installation())


def test_a_blob_that_is_full_says_to_go_on_in_another_one(azure: Azure) -> None:
    record(azure, installation("a-1"))
    azure.simulator.world.containers[CONTAINER].blobs["prod/fleet.jsonl"].blocks = MOST_BLOCKS
    with pytest.raises(ArmError, match=r"it has 50,000 blocks, the most that an append blob takes; go on in another"):
        record(azure, installation("a-2"))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (URL + "?sv=2024&sig=secret", "a signature is a secret"),
        ("https://contoso.example.com/patching/fleet.jsonl", "is not the address of a blob"),
        ("https://contoso.blob.core.windows.net.example.com/patching/fleet.jsonl", "is not the address of a blob"),
        ("https://contoso.blob.core.windows.net/patching", "is not the address of a blob"),
        ("s3://contoso/patching.jsonl", "is neither the path of a file nor the address of a blob"),
    ],
)
def test_the_token_goes_to_azure_storage_only(azure: Azure, url: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ledger_at(url, azure.runtime.azure.ledger)
    assert says in str(refused.value)
    assert "secret" not in str(refused.value).replace("is a secret", "")
    assert list(azure.simulator.journal) == []


def test_a_path_is_a_file(azure: Azure) -> None:
    assert isinstance(ledger_at("patching.jsonl", azure.runtime.azure.ledger), LedgerFile)


def test_without_the_extra_one_line_says_what_to_install(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)
    with pytest.raises(ConfigurationError) as missing:
        blob(azure)
    assert str(missing.value) == (
        "A ledger in a blob needs azure.storage.blob, which is not installed: "
        "pip install 'pulumi-azure-hotpatch[ledger]'"
    )
